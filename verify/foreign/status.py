"""Whether the issuer took a foreign credential back: by a list of bits, or by a list of names.

Bitstring Status List 1.0, its forerunner Status List 2021, and 1EdTech's revocation list. A list counts only
when it is signed by the issuer of the credential; what cannot be found out is unknown, and a kind of status
that we do not know is never passed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from credentials import dataintegrity
from verify import gate
from verify.errors import Malformed
from verify.report import Outcome

from . import bits, stamps
from .bits import ListError
from .fetching import Fetch, FetchError
from .proofs import Hashing, ProofError, verify_document, verify_token
from .report import Finding, Step, failed, passed, unknown
from .secured import Secured

#: Checks the proof of a list credential, given as JSON or as a token. Raises ProofError.
Prove = Callable[[str], Secured]
MOST_ENTRIES = 8
_BITSTRING, _LIST_2021, _1EDTECH = "BitstringStatusListEntry", "StatusList2021Entry", "1EdTechRevocationList"
#: What a list's proof may have without being wrong: we cannot tell.
_UNDECIDED = frozenset(
    {"context-unknown", "proof-suite", "method-unsupported", "method-unreachable", "too-complex", "too-slow"}
)
_SUBJECTS = {
    _BITSTRING: ("BitstringStatusListCredential", "BitstringStatusList"),
    _LIST_2021: ("StatusList2021Credential", "StatusList2021"),
}
#: What a bit that is set says by its list's purpose (Bitstring Status List, 2.1).
_SET = {
    "revocation": failed(Step.STATUS, "status-revoked"),
    "suspension": failed(Step.STATUS, "status-suspended"),
    "refresh": passed(Step.STATUS, "status-refresh"),
    "message": passed(Step.STATUS, "status-message"),
}


class _StatusError(Exception):
    """The check ends here, with this finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def proving(*, fetch: Fetch, now: datetime, hashing: Hashing = dataintegrity.hash_data) -> Prove:
    """Checks the proof of a list as that of any document of others, hashed where ``hashing`` does it."""

    def prove(text: str) -> Secured:
        if not text.lstrip().startswith("{"):
            return verify_token(text.strip(), fetch=fetch)
        try:
            document = gate.strict_json(text)
        except Malformed as refused:
            raise ProofError("not-json", refused.fault) from None
        found = verify_document(document, fetch=fetch, now=now, hashing=hashing)
        own = (each for each in found if each.controller == _issuer_of(document))
        return next(own, found[0])

    return prove


def check(document: Mapping[str, Any], *, fetch: Fetch, prove: Prove, now: datetime) -> Finding:
    """What the lists that the credential names say of it: the worst, where it names several."""
    given = document.get("credentialStatus")
    entries = given if isinstance(given, list) else [] if given is None else [given]
    if not entries:
        return passed(Step.STATUS, "no-status")
    if len(entries) > MOST_ENTRIES:
        return failed(Step.STATUS, "status-entry", "too many")
    found = [_entry(document, entry, fetch=fetch, prove=prove, now=now) for entry in entries]
    return min(found, key=lambda each: list(_WORST).index(each.outcome))


_WORST = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.PASSED)


def _entry(document: Mapping[str, Any], entry: Any, *, fetch: Fetch, prove: Prove, now: datetime) -> Finding:
    if not isinstance(entry, dict):
        return failed(Step.STATUS, "status-entry")
    types = entry.get("type")
    types = types if isinstance(types, list) else [types]
    try:
        for kind in (_BITSTRING, _LIST_2021):
            if kind in types:
                return _by_bits(document, entry, kind, fetch=fetch, prove=prove, now=now)
        if _1EDTECH in types:
            return _by_names(document, entry, fetch)
    except _StatusError as error:
        return error.finding
    return unknown(Step.STATUS, "status-type", str(entry.get("type"))[:80])


# -- By bits --------------------------------------------------------------------------------------
def _by_bits(
    document: Mapping[str, Any],
    entry: Mapping[str, Any],
    kind: str,
    *,
    fetch: Fetch,
    prove: Prove,
    now: datetime,
) -> Finding:
    """Bitstring Status List 1.0, section 3.2, in its order."""
    address, purpose = entry.get("statusListCredential"), entry.get("statusPurpose")
    index, size = bits.index_of(entry.get("statusListIndex")), entry.get("statusSize", 1)
    if not isinstance(address, str) or not isinstance(purpose, str) or index is None:
        return failed(Step.STATUS, "status-entry")
    if entry.get("id") == address or type(size) is not int or not 1 <= size <= bits.MOST_BITS:
        return failed(Step.STATUS, "status-entry", "id" if entry.get("id") == address else "statusSize")
    listed = _list_of(document, _text(address, fetch), kind, prove, now)
    purposes = listed.get("statusPurpose")
    if purpose not in (purposes if isinstance(purposes, list) else [purposes]):
        return failed(Step.STATUS, "status-purpose", purpose[:40])
    try:
        packed = listed.get("encodedList")
        expanded = bits.expanded(packed, multibase=kind == _BITSTRING, size=size)
        value = bits.value_at(expanded, index, size)
    except ListError as error:
        return failed(Step.STATUS, error.code, error.detail)
    if not value:
        return passed(Step.STATUS, detail=purpose[:40])
    return _SET.get(purpose, unknown(Step.STATUS, "status-unknown-purpose", purpose[:40]))


def _list_of(
    document: Mapping[str, Any], text: str, kind: str, prove: Prove, now: datetime
) -> Mapping[str, Any]:
    """The subject of a list credential that is whole, current and the issuer's own. Raises _StatusError."""
    try:
        secured = prove(text)
    except ProofError as error:
        told = unknown if error.code in _UNDECIDED else failed
        raise _StatusError(told(Step.STATUS, "status-list-proof", error.code)) from None
    credential = secured.credential
    issuer = _issuer_of(credential)
    if issuer != _issuer_of(document) or secured.controller != issuer:
        raise _StatusError(failed(Step.STATUS, "status-list-issuer", issuer[:200]))
    credential_type, subject_type = _SUBJECTS[kind]
    subject, types = credential.get("credentialSubject"), credential.get("type")
    if not (
        isinstance(subject, dict)
        and isinstance(types, list)
        and credential_type in types
        and subject.get("type") in (subject_type, [subject_type])
        and _is_ttl(subject.get("ttl", credential.get("ttl")))
    ):
        raise _StatusError(failed(Step.STATUS, "status-list-form"))
    starts = credential.get("validFrom", credential.get("issuanceDate"))
    ends = credential.get("validUntil", credential.get("expirationDate"))
    first, last = stamps.read(starts), stamps.read(ends)
    if (starts is not None and first is None) or (ends is not None and last is None):
        raise _StatusError(failed(Step.STATUS, "status-list-form", "dates"))
    if (first and first > now) or (last and last <= now):
        raise _StatusError(unknown(Step.STATUS, "status-list-dates", stamps.written(last or now)))
    return subject


def _is_ttl(value: Any) -> bool:
    """Milliseconds for which a copy may be kept (section 2.2); we keep none."""
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


# -- By names -------------------------------------------------------------------------------------
def _by_names(document: Mapping[str, Any], entry: Mapping[str, Any], fetch: Fetch) -> Finding:
    """1EdTech's revocation list: named in ``revokedCredential``, and not said to be unrevoked there."""
    address = entry.get("id")
    if not isinstance(address, str):
        return failed(Step.STATUS, "status-entry", "id")
    text = _text(address, fetch)
    try:
        listed = gate.strict_json(text)
    except Malformed as refused:
        return failed(Step.STATUS, "status-list-form", refused.fault)
    names = listed.get("revokedCredential", [])
    if not isinstance(names, list) or not all(isinstance(each, dict) for each in names):
        return failed(Step.STATUS, "status-list-form", "revokedCredential")
    if _issuer_of(listed) != _issuer_of(document):
        return failed(Step.STATUS, "status-list-issuer", _issuer_of(listed)[:200])
    own = _same(document.get("id"))
    if any(_same(each.get("id")) == own and each.get("revoked", True) is not False for each in names):
        return failed(Step.STATUS, "status-revoked")
    return passed(Step.STATUS, detail="revocation list")


def _same(identifier: Any) -> str:
    """An identifier as Open Badges 3.0 compares it (section 10)."""
    return unquote(identifier).strip() if isinstance(identifier, str) else ""


# -- Both -----------------------------------------------------------------------------------------
def _text(address: str, fetch: Fetch) -> str:
    """What the address answers. Raises _StatusError."""
    try:
        return fetch(address).body.decode()
    except FetchError as error:
        raise _StatusError(unknown(Step.STATUS, "status-unreachable", error.code)) from None
    except UnicodeDecodeError:
        raise _StatusError(failed(Step.STATUS, "status-list-form", "utf-8")) from None


def _issuer_of(document: Mapping[str, Any]) -> str:
    issuer = document.get("issuer")
    found = issuer.get("id") if isinstance(issuer, dict) else issuer
    return found if isinstance(found, str) else ""
