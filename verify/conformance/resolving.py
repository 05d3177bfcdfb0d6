"""Answers of a DID resolver, in the two forms that are asked for: DID Resolution 1.0, and did:key's of 2022.

The first says the kind of error by a URL and an HTTP status of its own; the second by a word. Which one is
meant is said by ``Accept``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from issuers import multibase
from verify.foreign import dids
from verify.foreign.fetching import Fetch

RESOLUTION = "application/did-resolution"
DEREFERENCING = "application/did-url-dereferencing"
DOCUMENTS = ("application/did", "application/did+json", "application/did+ld+json", "application/json")
OF_2022 = 'application/ld+json;profile="https://w3id.org/did-resolution"'
_NS = "https://www.w3.org/ns/did#"
#: DID Resolution 1.0, section 10.1: kind of error → HTTP status.
STATUSES = {
    "INVALID_DID": 400,
    "INVALID_DID_URL": 400,
    "INVALID_OPTIONS": 400,
    "NOT_FOUND": 404,
    "REPRESENTATION_NOT_SUPPORTED": 406,
    "METHOD_NOT_SUPPORTED": 501,
    "FEATURE_NOT_SUPPORTED": 501,
}
#: The forms of a key that did:key (2022, section 3.1.3) does not call experimental.
_FORMATS = ("Multikey", "JsonWebKey2020", "Ed25519VerificationKey2020", "X25519KeyAgreementKey2020")
_EXPERIMENTAL = ("Ed25519VerificationKey2018", "X25519KeyAgreementKey2019")
_WORDS = {
    "INVALID_DID": "invalidDid",
    "METHOD_NOT_SUPPORTED": "methodNotSupported",
    "NOT_FOUND": "notFound",
}
_FRAGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")
#: A server hands the path on decoded, so a port's %3A has become a colon (did:web, section 3.1).
_LOST_PORT = re.compile(r"(did:web:[^:/?#]+):(\d{1,5})(?=$|[:/?#])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the resolver answers over HTTP."""

    status: int
    content_type: str
    body: dict[str, Any]


def answer(*, did: str, accept: str, options: Mapping[str, str], fetch: Fetch) -> Answer:
    """The answer to ``GET …/identifiers/<did>``; ``did`` is the path as the server handed it on."""
    asked = _LOST_PORT.sub(r"\1%3A\2", did)
    wanted = [part.strip() for part in accept.replace(" ", "").split(",")]
    if any(part.startswith("application/ld+json") and "did-resolution" in part for part in wanted):
        return _of_2022(asked, options, fetch)
    types = [part.partition(";")[0] for part in wanted]
    if DEREFERENCING in types:
        return _dereferenced(asked, fetch)
    if RESOLUTION in types or "*/*" in types or not accept:
        return _resolved(asked, fetch)
    representation = next((each for each in types if each in DOCUMENTS), None)
    if representation is None:
        return _refused("REPRESENTATION_NOT_SUPPORTED")
    if "#" in asked:
        found = _dereferenced(asked, fetch)
        return found if found.status != 200 else _as(representation, found.body["contentStream"])
    found = _resolved(asked, fetch)
    return found if found.status != 200 else _as(representation, found.body["didDocument"])


# -- DID Resolution 1.0 -----------------------------------------------------------------------------
def _resolved(did: str, fetch: Fetch) -> Answer:
    resolution = dids.resolve(did, fetch=fetch)
    if resolution.document is None:
        return _refused(resolution.error)
    body = {
        "@context": "https://w3id.org/did-resolution/v1",
        "didDocument": resolution.document,
        "didResolutionMetadata": {"contentType": RESOLUTION},
        "didDocumentMetadata": {},
    }
    return Answer(status=200, content_type=RESOLUTION, body=body)


def _refused(error: str) -> Answer:
    """Section 4.4: no document, an empty document metadata, the error by its URL."""
    body = {
        "@context": "https://w3id.org/did-resolution/v1",
        "didDocument": None,
        "didResolutionMetadata": {"contentType": RESOLUTION, "error": _error(error)},
        "didDocumentMetadata": {},
    }
    return Answer(status=STATUSES.get(error, 500), content_type=RESOLUTION, body=body)


def _error(error: str) -> dict[str, str]:
    return {"type": f"{_NS}{error}", "title": error.replace("_", " ").capitalize()}


def _dereferenced(url: str, fetch: Fetch) -> Answer:
    """Section 5: the whole document, or what its fragment names in it."""
    did, _hash, fragment = url.partition("#")
    error, stream = "", None
    if "/" in did or "?" in did:
        error = "INVALID_DID_URL"
    else:
        resolution = dids.resolve(did, fetch=fetch)
        error, stream = resolution.error, resolution.document
        if stream is not None and fragment:
            stream = named(stream, url)
            error = "" if stream is not None else "NOT_FOUND"
    metadata = {"error": _error(error)} if error else {"contentType": "application/did"}
    body = {
        "@context": "https://w3id.org/did-resolution/v1",
        "dereferencingMetadata": metadata,
        "contentStream": stream,
        "contentMetadata": {},
    }
    return Answer(status=STATUSES.get(error, 500) if error else 200, content_type=DEREFERENCING, body=body)


def named(document: Mapping[str, Any], url: str) -> dict[str, Any] | None:
    """The method or service of this id in a DID document."""
    for member in ("verificationMethod", "service"):
        for each in document.get(member, []):
            if isinstance(each, dict) and each.get("id") in (url, url[url.find("#") :]):
                return dict(each)
    return None


def _as(representation: str, document: dict[str, Any]) -> Answer:
    return Answer(status=200, content_type=representation, body=document)


# -- did:key as of 2022 -------------------------------------------------------------------------------
def _of_2022(url: str, options: Mapping[str, str], fetch: Fetch) -> Answer:
    """did:key's own algorithms (draft of 2022, 3.1): errors by a word, always with a document."""
    did, mark, fragment = url.partition("#")
    outside = "/" in did or "?" in did
    if mark or outside:
        error, found = _method_of_2022(url, did, fragment, outside, options, fetch)
        metadata = "didDereferencingMetadata"
    else:
        error, found = _document_of_2022(did, options, fetch)
        metadata = "didResolutionMetadata"
    body = {
        "@context": "https://w3id.org/did-resolution/v1",
        "didDocument": found or {},
        "didDocumentMetadata": {},
        metadata: {"error": error} if error else {"contentType": "application/did+ld+json"},
    }
    return Answer(status=400 if error else 200, content_type=OF_2022, body=body)


def _document_of_2022(
    did: str, options: Mapping[str, str], fetch: Fetch
) -> tuple[str, dict[str, Any] | None]:
    if error := _format(options):
        return error, None
    resolution = dids.resolve(did, fetch=fetch)
    if resolution.error == "INVALID_DID" and _has_wrong_length(did):
        return "invalidPublicKeyLength", None
    return _WORDS.get(resolution.error, "internalError") if resolution.error else "", resolution.document


def _method_of_2022(
    url: str, did: str, fragment: str, outside: bool, options: Mapping[str, str], fetch: Fetch
) -> tuple[str, dict[str, Any] | None]:
    if outside or not _FRAGMENT.fullmatch(fragment):
        return "invalidDidUrl", None
    if error := _format(options):
        return error, None
    resolution = dids.resolve(did, fetch=fetch)
    if resolution.document is None:
        return "invalidDid", None
    found = named(resolution.document, url)
    return ("", found) if found is not None else ("notFound", None)


def _format(options: Mapping[str, str]) -> str:
    """Which error the wanted form of the key is: unknown to us, or experimental and not asked for as such."""
    wanted = options.get("publicKeyFormat", "Multikey")
    if wanted in _FORMATS:
        return ""
    if wanted in _EXPERIMENTAL and options.get("enableExperimentalPublicKeyTypes", "false") == "false":
        return "invalidPublicKeyType"
    return "unsupportedPublicKeyType"


def _has_wrong_length(did: str) -> bool:
    """Whether a did:key holds a key that we know by its prefix, longer or shorter than such keys are."""
    try:
        data = multibase.decode(did.removeprefix("did:key:"))
    except multibase.NotMultibase:
        return False
    return any(
        data.startswith(prefix) and len(data) != len(prefix) + length
        for prefix, length in multibase.PREFIXES.values()
    )
