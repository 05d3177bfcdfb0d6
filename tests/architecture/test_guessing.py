"""Guessing: whoever tries ids of certificates, lists and codes learns nothing, not even that one is near.

Some guesses of each kind go through the whole product and must all be answered alike, byte for byte. The rest
go to the verb behind the page, whose one refusal becomes that one answer.
"""

import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from credentials import paper, reading, teaching
from credentials.errors import NotYours
from issuers.models import Issuer
from passport import holding
from passport.errors import NotYourPassport
from tests.furnished import House, furnished
from verify import gate, verifier
from verify.errors import NotKnown

from .test_matrix import ALL, told

pytestmark = pytest.mark.django_db
#: Ids that by themselves let their reader see something, those behind a door, and how many go all the way
#: through the product; ``GUESSES=10000`` for a night's worth.
OPEN = int(os.environ.get("GUESSES", "1000"))
BEHIND_A_DOOR, WHOLE = OPEN // 4, 48
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

#: Route → who guesses there.
GUESSED = {
    "credential": "nobody",
    "credential-jwt": "nobody",
    "credential-pdf": "nobody",
    "credential-card": "nobody",
    "achievement": "nobody",
    "shared": "nobody",
    "me-share-one": "learner",
    "me-entry": "learner",
    "me-pdf": "learner",
    "me-card": "learner",
    "me-proposal": "learner",
    "teach-certificate": "signer",
    "teach-list": "trainer",
    "teach-batch": "trainer",
    "teach-achievement": "trainer",
    "teach-member-edit": "owner",
    "teach-api-client-withdraw": "owner",
    "api-credential": "all",
    "api-batch": "all",
    "api-achievement": "all",
    "api-message-receipt": "gateway",
}


@pytest.fixture(scope="module")
def house(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with django_db_blocker.unblock(), furnished(tmp_path_factory.mktemp("house")) as house:
        yield house


def near(real: str) -> Iterator[str]:
    """Neighbours of a real id: one letter other, another case, cut, longer, turned."""
    for place in range(len(real)):
        other = LETTERS[(LETTERS.index(real[place]) + 1) % len(LETTERS)]
        yield real[:place] + other + real[place + 1 :]
    yield from (real.swapcase(), real.lower(), real.upper(), real[:-1], real + "A", real[::-1])


def guesses(real: Any, number: int) -> list[Any]:
    """So many ids that nothing has; those beside a real one first."""
    if isinstance(real, int):
        return [real + 1_000_000 + step for step in range(number)]
    beside = [guess for guess in near(str(real)) if guess != real]
    return (beside + [secrets.token_urlsafe(16) for _ in range(number)])[:number]


@pytest.mark.parametrize("route", GUESSED)
def test_guesses_and_others_things_are_answered_with_the_same_bytes(
    house: House, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = ALL[route]
    (kind,) = door.kinds().values()
    three, client = house.things[kind], house.visitor(GUESSED[route])
    given = guesses(three.foreign, WHOLE)
    if GUESSED[route] not in ("nobody", "gateway"):
        given.append(three.foreign)
    answers = set()
    for guess in given:
        monkeypatch.setitem(house.things, kind, three._replace(unknown=guess))
        path = door.path(house, "unknown")
        if route.startswith("api-message"):
            answer = client.post(path, {"state": "delivered"}, content_type="application/json")
        elif route in ("me-proposal", "teach-api-client-withdraw"):
            answer = client.post(path)
        else:
            answer = client.get(path)
        status, body, headers, _cookies = told(answer, path)
        answers.add((status, body, tuple(sorted(headers.items()))))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404


def refused(verb: Callable[[str], object], error: type[Exception], given: list[str]) -> int:
    """How many of these the verb refused, each with the one sentence."""
    sentences = Counter[str]()
    for guess in given:
        try:
            verb(guess)
        except error as refusal:
            sentences[str(refusal)] += 1
    assert len(sentences) == 1
    return sentences.total()


def test_guesses_find_no_certificate(house: House) -> None:
    given = guesses(house.things["certificate"].own, OPEN)
    assert refused(reading.open_to_all, NotYours, given) == OPEN


def test_guessed_short_codes_find_no_certificate(house: House) -> None:
    real = reading.by_id(house.things["certificate"].own).short_code
    beside = [
        real[:n] + paper.CROCKFORD[(paper.CROCKFORD.index(c) + 1) % 32] + real[n + 1 :]
        for n, c in enumerate(real)
    ]
    given = beside + [paper.short_code(secrets.token_bytes(16)) for _ in range(OPEN - len(beside))]
    assert refused(reading.by_short_code, NotYours, given) == OPEN
    with pytest.raises(NotKnown):
        verifier.verify(
            source=gate.Source(kind=gate.Kind.SHORT_CODE, text=beside[0]), now=timezone.now(), door="page"
        )


@pytest.mark.parametrize(
    ("kind", "verb", "error"),
    [
        ("entry", lambda who, _, guess: holding.entry_of(learner=who, credential_id=guess), NotYourPassport),
        (
            "certificate",
            lambda _, mine, guess: teaching.own_credential(issuers=mine, credential_id=guess),
            NotYours,
        ),
        ("award", lambda _, mine, guess: teaching.own_batch(issuers=mine, batch_id=guess), NotYours),
        (
            "achievement",
            lambda _, mine, guess: teaching.own_achievement(issuers=mine, achievement_id=guess),
            NotYours,
        ),
    ],
)
def test_guesses_find_nothing_behind_a_door(
    house: House, kind: str, verb: Callable[[Any, Any, str], object], error: type[Exception]
) -> None:
    who, mine = house.people["learner"], [Issuer.objects.get(slug=house.things["provider"].own)]
    given = [*guesses(house.things[kind].own, BEHIND_A_DOOR - 1), house.things[kind].foreign]
    assert refused(lambda guess: verb(who, mine, guess), error, given) == BEHIND_A_DOOR
