"""Pure. Refuses what we would regret having signed; only what passes here can be signed at all.

A document is held against the issuing profile in ``schemas/issuing-profile.json`` (stricter than Open
Badges 3.0's own schema) and against rules that no schema states. The result is the one thing that the
key room accepts.
"""

import json
import re
import unicodedata
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from issuers import notes
from issuers.errors import NotTrusted
from issuers.signable import Form, Signable

from . import bundle, dataintegrity, endorsements, linkeddata, ownterms, paper

_PROFILE = jsonschema_rs.validator_for(
    json.loads((Path(__file__).parent / "schemas" / "issuing-profile.json").read_text(encoding="utf-8"))
)
#: A number with a fraction, as a member or in a list; by itself each pattern is found at the speed of C.
_FRACTIONS = tuple(re.compile(rf"{before}-?[0-9]+[.eE]") for before in ('":', ",", r"\["))
#: Where the day begins first; in Casablanca it begins an hour before it does in UTC.
AHEAD = timedelta(hours=14)
MAX_DOCUMENT = 12_000  # bytes of JSON, so that the compact JWT stays below the verifier's 16 KB


class LintError(ValueError):
    """The document breaks a rule: ``rule`` names it, ``where`` says at which member."""

    def __init__(self, rule: str, where: str = "") -> None:
        super().__init__(f"{rule}: {where}" if where else rule)
        self.rule = rule
        self.where = where


def lint_credential(document: dict[str, Any], *, issuer_id: int) -> Signable:
    """The VC-JWT payload as bytes to be signed, if it keeps every rule. Raises LintError."""
    try:
        _PROFILE.validate(document)
    except jsonschema_rs.ValidationError as error:
        where = "/".join(str(part) for part in error.instance_path)
        raise LintError("schema", where or error.message[:120]) from error
    _check_claims(document)
    data = _bytes(document)
    # What all certificates of a course share is most of the text, and is looked at once.
    rest, plain = data, True
    for part in (document["credentialSubject"]["achievement"], document["issuer"], document["@context"]):
        shared = orjson.dumps(part)
        rest, plain = rest.replace(shared, b"{}", 1), plain and _is_plain(shared)
    if not (plain and _keeps_rules(rest)):
        check_text(document, "")
    return Signable(Form.CREDENTIAL, issuer_id, data)


def lint_proof(document: dict[str, Any], proof: dict[str, Any], *, issuer_id: int) -> Signable:
    """What a Data Integrity proof of this credential covers, as bytes to be signed. Raises LintError.

    The credential is one that passes as a VC-JWT too, every term of it is defined, and nothing in it is left
    out of what is signed.
    """
    lint_credential(document | _claims(document), issuer_id=issuer_id)
    spelled = ownterms.spelled_out(document)
    return _provable(spelled, proof, did=document["issuer"]["id"], issuer_id=issuer_id)


def lint_list_proof(document: dict[str, Any], proof: dict[str, Any], *, issuer_id: int | None) -> Signable:
    """The same of a status list, as it stands without the claims of its VC-JWT. Raises LintError."""
    lint_status_list(document | {"iss": document["issuer"], "sub": document["id"]}, issuer_id=issuer_id)
    return _provable(document, proof, did=document["issuer"], issuer_id=issuer_id)


def lint_endorsement(document: dict[str, Any], proof: dict[str, Any], *, issuer_id: int | None) -> Signable:
    """The same of an endorsement; ``issuer_id`` is empty for the city's. Raises LintError."""
    subject, did = document["credentialSubject"], document["issuer"]["id"]
    if document["type"] != endorsements.TYPES or subject["type"] != [endorsements.SUBJECT]:
        raise LintError("an endorsement", "type")
    if set(subject) != {"id", "type", "endorsementComment"} or not subject["endorsementComment"]:
        raise LintError("the members of an endorsement", "credentialSubject")
    if not subject["id"] or subject["id"] == did:
        raise LintError("somebody else's", "credentialSubject/id")
    status = document["credentialStatus"]
    if status["id"] != f"{status['statusListCredential']}#{status['statusListIndex']}":
        raise LintError("claims repeat the document", "credentialStatus/id")
    check_text(document, "")
    _bytes(document)
    return _provable(document, proof, did=did, issuer_id=issuer_id)


def _provable(
    document: dict[str, Any], proof: dict[str, Any], *, did: str, issuer_id: int | None
) -> Signable:
    if "proof" in document:
        raise LintError("one proof", "proof")
    if proof.get("verificationMethod", "").partition("#")[0] != did:
        raise LintError("a key of the issuer", "proof/verificationMethod")
    try:
        return Signable(Form.PROOF, issuer_id, dataintegrity.hash_data(document, proof))
    except linkeddata.LinkedDataError as error:
        raise LintError(f"linked data: {type(error).__name__}", error.where) from error
    except dataintegrity.DataIntegrityError as error:
        raise LintError("proof", error.what) from error


def _claims(document: dict[str, Any]) -> dict[str, Any]:
    """The JWT claims that repeat a credential (Open Badges 3.0, 8.2.4.1)."""
    claims = {
        "iss": document["issuer"]["id"],
        "jti": document["id"],
        "nbf": _numeric(document["validFrom"]),
        "sub": document["credentialSubject"]["id"],
    }
    return claims | ({"exp": _numeric(document["validUntil"])} if "validUntil" in document else {})


def _numeric(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def lint_status_list(document: dict[str, Any], *, issuer_id: int | None) -> Signable:
    """A status list credential as bytes to be signed. Raises LintError."""
    subject = document["credentialSubject"]
    if document["issuer"] != document["iss"] or document["id"] != document["sub"]:
        raise LintError("claims repeat the document", "iss")
    if subject["type"] != "BitstringStatusList" or not subject["encodedList"].startswith("u"):
        raise LintError("status list", "credentialSubject")
    if document["validFrom"] >= document["validUntil"]:
        raise LintError("validFrom before validUntil", "validUntil")
    _check_checkpoint(document)
    return Signable(Form.STATUS_LIST, issuer_id, _bytes(document, limit=400_000))


def lint_bundle(document: dict[str, Any]) -> Signable:
    """A bundle as bytes to be signed, if its own reader takes it within every limit. Raises LintError."""
    if set(document) != bundle.MEMBERS:
        raise LintError("the members of a bundle", "")
    try:
        bundle.parts(document)
    except NotTrusted as error:
        raise LintError(f"bundle: {error.reason}", "") from error
    packed = bundle.packed(_bytes(document, limit=bundle.MAX_CONTENT))
    # Two segments in base64url, a header of some hundred characters, the signature.
    if len(packed) > (bundle.MAX_FILE - 1_000) * 3 // 4:
        raise LintError("too long", "")
    return Signable(Form.BUNDLE, None, packed)


def lint_paper(claim: paper.Claim, *, issuer_id: int, prefix: int) -> Signable:
    """The payload of a paper claim, within the limits of SP1 behind a link of ``prefix`` characters."""
    for member in ("name", "title", "level", "second_name"):
        _check_string(getattr(claim, member) or "", member)
    if not claim.name or not claim.title:
        raise LintError("name and title needed", "name")
    if claim.expires_at is not None and claim.expires_at <= claim.issued_at:
        raise LintError("expires after issue", "exp")
    if len(claim.cti) != 16:
        raise LintError("cti is 16 bytes", "cti")
    for member, value, limit in (
        ("hours", claim.hours, paper.MAX_HOURS),
        ("status", claim.status, paper.MAX_STATUS),
        ("iat", claim.issued_at, paper.MAX_MOMENT),
        ("exp", claim.expires_at or 0, paper.MAX_MOMENT),
    ):
        if not 0 <= value < limit:
            raise LintError("a number within its limits", member)
    body = paper.payload(claim)
    if len(body) + paper.OVERHEAD > paper.max_cose(prefix):
        raise LintError("paper claim too long", "name")
    return Signable(Form.PAPER, issuer_id, body)


def _check_checkpoint(document: dict[str, Any]) -> None:
    """The member that is ours is a checkpoint, and stands there together with its term."""
    own = {name for part in document["@context"] if isinstance(part, dict) for name in part}
    if own != {"auditCheckpoint"} & document.keys():
        raise LintError("a term for each member of ours", "@context")
    try:
        if own:
            notes.read(document["auditCheckpoint"])
    except notes.NoteError as error:
        raise LintError("audit checkpoint", "auditCheckpoint") from error


def _bytes(document: dict[str, Any], *, limit: int = MAX_DOCUMENT) -> bytes:
    data = orjson.dumps(document)
    if len(data) > limit:
        raise LintError("document too long", str(len(data)))
    return data


def _check_claims(document: dict[str, Any]) -> None:
    """JWT claims say what the credential says (Open Badges 3.0, 8.2.4.1); dates run forward."""
    subject, status = document["credentialSubject"], document["credentialStatus"]
    achievement = subject["achievement"]
    same = {
        "iss": (document["iss"], document["issuer"]["id"]),
        "jti": (document["jti"], document["id"]),
        "sub": (document["sub"], subject["id"]),
        "creator": (achievement["creator"]["id"], document["issuer"]["id"]),
        "name": (document["name"], achievement["name"]),
        "credentialStatus/id": (
            status["id"],
            f"{status['statusListCredential']}#{status['statusListIndex']}",
        ),
    }
    for where, (one, other) in same.items():
        if one != other:
            raise LintError("claims repeat the document", where)
    described = [each["id"] for each in achievement.get("resultDescription", ())]
    if any(each["resultDescription"] not in described for each in subject.get("result", ())):
        raise LintError("a result as the course counts", "credentialSubject/result")
    if ("exp" in document) != ("validUntil" in document):
        raise LintError("exp if and only if validUntil", "exp")
    if "validUntil" in document and document["validUntil"] <= document["validFrom"]:
        raise LintError("validFrom before validUntil", "validUntil")
    latest = datetime.fromisoformat(document["validFrom"]) + AHEAD
    if document["awardedDate"][:10] > latest.date().isoformat():
        raise LintError("awarded before it is valid", "awardedDate")
    if int(status["statusListIndex"]) >= 131_072:
        raise LintError("status index in range", "credentialStatus")


@lru_cache(maxsize=64)
def _is_plain(shared: bytes) -> bool:
    return _keeps_rules(shared)


def _keeps_rules(data: bytes) -> bool:
    """Whether the text of a compact JSON document keeps every rule of text, seen as a whole.

    Without a backslash nothing is escaped, so each quote opens or closes a string. What this does not see
    at once (a line break, a number that may have a fraction) is looked at string by string.
    """
    text = data.decode()
    return (
        "\\" not in text
        and text.isprintable()
        and unicodedata.is_normalized("NFC", text)
        and '" ' not in text
        and ' "' not in text
        and not any(fraction.search(text) for fraction in _FRACTIONS)
    )


def check_text(value: Any, where: str) -> None:
    """Whether every text in this part of a document may be signed. Raises LintError."""
    if isinstance(value, str):
        _check_string(value, where)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(item, f"{where}/{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            check_text(item, f"{where}/{number}")
    elif isinstance(value, float):
        raise LintError("no floating-point numbers", where)


def _check_string(text: str, where: str) -> None:
    """Text that every canonicaliser writes alike: NFC, no control or direction-override characters.

    Canonicalisers differ in how they escape U+0000 to U+001F and U+007F (RDFC-1.0, 4.2); an override can
    make a name read as another.
    """
    if not unicodedata.is_normalized("NFC", text):
        raise LintError("text is not NFC", where)
    if text != text.strip():
        raise LintError("text begins or ends with space", where)
    if text.isprintable():  # none of what follows
        return
    for character in text:
        category = unicodedata.category(character)
        if (
            category in ("Cc", "Cs", "Co", "Cn") and character != "\n"
        ) or character in "\u202a\u202b\u202d\u202e\u202c":
            raise LintError("a character that may not be signed", where)
