"""Pure. Takes a foreign credential out of whatever form it came in, as text to keep and to check again.

Open Badges 3.0, section 5; envelopes of VCDM 2.0, section 4.13. Nothing is verified here.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from verify import carriers, gate
from verify.errors import Malformed, TooLarge

ENVELOPE = re.compile(r"data:application/vc(?:\+ld)?(?:\+json)?\+jwt,")
WRAPPERS = ("credential", "verifiableCredential")
MAX_URL = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What came: ``raw`` is a compact JWS, or the JSON whose object is ``document``, or an address."""

    raw: str
    document: dict[str, Any] | None = None
    url: str = ""


def read(data: bytes | str) -> Form:
    """Tell what came by its content. Raises Malformed, TooLarge."""
    if len(data) > gate.MAX_UPLOAD:
        raise TooLarge("upload-too-large")
    if isinstance(data, bytes):
        if carriers.is_png(data):
            return _text(carriers.from_png(data, keywords=carriers.PNG_KEYWORDS), inside=True, baked=True)
        if carriers.is_pdf(data):
            return _text(carriers.from_pdf(data), inside=True)
        try:
            data = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Malformed("unknown-form") from None
    return _text(data)


def _text(text: str, *, inside: bool = False, baked: bool = False) -> Form:
    """``inside`` says that something carried the text; a picture may carry an address (Open Badges 2.0)."""
    text = text.strip().lstrip("\ufeff")
    if not text:
        raise Malformed("empty")
    if carriers.is_svg(text) and not inside:
        return _text(carriers.from_svg(text, elements=carriers.SVG_ELEMENTS), inside=True, baked=True)
    if len(text) > gate.MAX_DOCUMENT:
        raise TooLarge("document-too-large")
    if text[0] == "{":
        return _document(text)
    if text.startswith(("https://", "http://")) and (baked or not inside):
        if len(text) > MAX_URL or len(text.split()) > 1:
            raise Malformed("unknown-form")
        return Form(raw=text, url=text)
    compact = re.sub(r"[\r\n]+[\t ]*", "", text)
    if compact.count(".") == 2 and not set(compact) & set("/ #"):
        return Form(raw=compact)
    raise Malformed("unknown-form")


def _document(text: str) -> Form:
    document = gate.strict_json(text)
    for wrapper in WRAPPERS:
        if set(document) == {wrapper}:
            inner = document[wrapper]
            if isinstance(inner, str):
                return _text(inner, inside=True)
            if not isinstance(inner, dict):
                raise Malformed("unknown-form")
            return of_object(inner)
    return of_object(document, raw=text)


def of_object(document: dict[str, Any], *, raw: str = "") -> Form:
    """The form of a JSON credential, or of the token that it envelops. Raises Malformed, TooLarge."""
    if "EnvelopedVerifiableCredential" in _types(document):
        address = document.get("id")
        found = ENVELOPE.match(address) if isinstance(address, str) else None
        if not found or not isinstance(address, str):
            raise Malformed("envelope")
        return _text(address[found.end() :], inside=True)
    require_credential(document)
    return Form(raw=raw or json.dumps(document, ensure_ascii=False), document=document)


def require_credential(document: dict[str, Any]) -> None:
    """It says that it is a credential of some kind. Raises Malformed."""
    if not any(kind.endswith(("Credential", "Assertion")) for kind in _types(document)):
        raise Malformed("unknown-form")


def within(value: Any) -> Form:
    """The form of what stands in another document. Raises Malformed, TooLarge."""
    if isinstance(value, dict):
        return of_object(value)
    if isinstance(value, str):
        return without_link(_text(value, inside=True))
    raise Malformed("unknown-form")


def without_link(form: Form) -> Form:
    """The form, if it is no address that leads on. Raises Malformed."""
    if form.url:
        raise Malformed("unknown-form")
    return form


def _types(document: dict[str, Any]) -> list[str]:
    given = document.get("type")
    return [kind for kind in (given if isinstance(given, list) else [given]) if isinstance(kind, str)]
