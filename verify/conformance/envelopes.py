"""Opens credentials and presentations in envelopes (VCDM 2.0, 4.13.2 and 4.13.3) by their signature.

Besides VC-JOSE-COSE, where the payload is the document, the older form is read, in which it stands in a claim
``vc`` or ``vp`` under the type ``JWT``: the suite of the data model uses it. That is minded aloud.
"""

from collections.abc import Callable, Mapping
from typing import Any

from verify.foreign import proofs, secured, tokens
from verify.foreign.fetching import Fetch
from verify.foreign.proofs import ProofError, Secured

from . import datamodel
from .datamodel import ENVELOPED, ENVELOPED_PRESENTATION, V2, NotConforming

Warn = Callable[[str], None]
CREDENTIALS = frozenset({"application/vc+jwt", "application/jwt"})
PRESENTATIONS = frozenset({"application/vp+jwt", "application/jwt"})
_TYPES = frozenset({"JWT", "vp+jwt", "application/vp+jwt"})
_CONTENT_TYPES = frozenset({"vp", "application/vp"})
OLDER = "an older form: the document stands in a claim of its own"


def credential(envelope: Mapping[str, Any], *, fetch: Fetch, warn: Warn) -> tuple[dict[str, Any], Secured]:
    """The credential and who signed it. Raises NotConforming, ProofError."""
    token = _token(envelope, ENVELOPED, CREDENTIALS)
    opened = tokens.open_jws(token)
    claimed = opened.payload.get("vc")
    if isinstance(claimed, dict) and V2 in _contexts(claimed):
        warn(OLDER)
        return claimed, _signed(opened, claimed, fetch=fetch)
    found = proofs.verify_token(token, fetch=fetch)
    return found.credential, found


def presentation(
    envelope: Mapping[str, Any], *, challenge: str, domain: str, fetch: Fetch, warn: Warn
) -> tuple[dict[str, Any], Secured]:
    """The presentation and who signed it, for this nonce and audience. Raises NotConforming, ProofError."""
    token = _token(envelope, ENVELOPED_PRESENTATION, PRESENTATIONS)
    opened = tokens.open_jws(token, types=_TYPES, content_types=_CONTENT_TYPES)
    if challenge and opened.payload.get("nonce") != challenge:
        raise ProofError("proof-challenge", "nonce")
    meant = opened.payload.get("aud")
    if domain and domain not in (meant if isinstance(meant, list) else [meant]):
        raise ProofError("proof-domain", "aud")
    document = opened.payload
    if isinstance(document.get("vp"), dict):
        warn(OLDER)
        document = document["vp"]
    return document, _signed(opened, document, fetch=fetch, purpose="authentication")


def _token(envelope: Mapping[str, Any], kind: str, media: frozenset[str]) -> str:
    media_type, content = datamodel.enveloped(envelope, kind)
    if media_type not in media:
        raise NotConforming("id", f"not one of {', '.join(sorted(media))}")
    return content


def _contexts(document: Mapping[str, Any]) -> list[Any]:
    given = document.get("@context")
    return given if isinstance(given, list) else [given]


def _signed(
    opened: tokens.Opened, document: dict[str, Any], *, fetch: Fetch, purpose: str = secured.ASSERTION
) -> Secured:
    """Who signed: the key that ``kid`` names, and it is that of whoever ``iss`` names."""
    method = secured.find(opened.header.get("kid"), fetch=fetch)
    tokens.require_signature(opened, method)
    if opened.payload.get("iss", method.controller) != method.controller:
        raise ProofError("token-claim", "iss")
    found = Secured(
        suite=tokens.SUITE,
        method=method,
        created=None,
        purpose=purpose,
        credential=document,
        proof=opened.header,
    )
    secured.require_authorised(found, now=None)
    return found
