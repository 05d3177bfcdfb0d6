"""Every text message, in three languages: one part, in the alphabet that its language is cheapest in."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from credentials import letters, smstext
from credentials.letters import Letter
from credentials.models import Batch, Credential, Message
from issuers.models import Issuer
from passport import desk, handover, secondfactors

ROOT = Path(__file__).resolve().parents[2]
ISSUER = Issuer(name_fr="Association Tiwizi", name_ar="جمعية تيويزي")
CREDENTIAL = Credential(issuer=ISSUER)


def _batch(why: str) -> Batch:
    return Batch(issuer=ISSUER, row_count=300, held_because=why)


#: Where a text is written, ``module.function`` → each way in which it is written.
TEXTS: dict[str, list[Callable[[], Letter]]] = {
    "credentials.letters.of_code": [lambda: letters.of_code("482913")],
    "credentials.letters._certificate": [
        lambda: letters.about(Message(kind=Message.Kind.ISSUED, credential=CREDENTIAL)),
        lambda: letters.about(Message(kind=Message.Kind.RENEWED, credential=CREDENTIAL)),
        lambda: letters.about(Message(kind=Message.Kind.STATUS, credential=CREDENTIAL)),
    ],
    "credentials.letters._held": [
        lambda: letters.about(Message(kind=Message.Kind.HELD, batch=_batch(Batch.Held.ABOVE_CAP))),
        lambda: letters.about(Message(kind=Message.Kind.HELD, batch=_batch(Batch.Held.UNUSUAL_SIZE))),
    ],
    "credentials.letters._idle": [lambda: letters.about(Message(kind=Message.Kind.IDLE))],
    "passport.handover._of_age": [handover._of_age],
    "passport.handover._asked": [handover._asked],
    "passport.desk._card_letter": [desk._card_letter],
    "passport.secondfactors._new_passkey": [secondfactors._new_passkey],
}


def written() -> set[str]:
    """Every function of the product that writes a text message."""
    found = set()
    for path in (
        file
        for app in ("issuers", "credentials", "verify", "passport")
        for file in ROOT.glob(f"{app}/**/*.py")
    ):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for each in ast.walk(ast.parse(path.read_text())):
            if isinstance(each, ast.FunctionDef) and any(map(_is_text, ast.walk(each))):
                found.add(f"{module}.{each.name}")
    return found


def _is_text(node: ast.AST) -> bool:
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Letter"
    return named and any(word.arg == "short" for word in node.keywords)  # type: ignore[attr-defined]  # a Call


def test_every_text_of_the_product_is_measured_here() -> None:
    assert written() == set(TEXTS)


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_fits_into_one_part(name: str, language: str, settings: Any) -> None:
    settings.BASE_URL = "https://passeport.casablanca.ma"
    for write in TEXTS[name]:
        with translation.override(language):
            short = write().short
        size = smstext.size(short)
        assert size.gsm is (language != "ar"), [letter for letter in short if letter not in smstext.GSM]
        assert size.parts == 1, (size.places, short)
