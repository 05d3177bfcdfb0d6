"""Badges that refer to something: status lists and keys of their issuers, with what those hosts answer."""

import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from credentials import bitstring
from tests.verify.foreign import signers
from tests.verify.foreign.signers import ED25519, OTHER, V2, badge, signed

JCS = "eddsa-jcs-2022"
HOST = "https://listes.example"
NAMES = f"{HOST}/revoked.json"


def packed(data: bytes) -> str:
    return "u" + urlsafe_b64encode(data).decode().rstrip("=")


def bits(*indexes: int, size: int = bitstring.SIZE) -> str:
    return packed(bitstring.encode(indexes, size=size))


def bomb() -> str:
    """Sixty-four megabytes of nothing in as many kilobytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packed(packer.compress(bytes(64 * 1024 * 1024)) + packer.flush())


def listing(address: str, key: Any = ED25519, **changes: Any) -> dict[str, Any]:
    """A signed list on which the bit at 7 is set; ``changes`` are members of its subject."""
    subject = {
        "id": f"{address}#list",
        "type": "BitstringStatusList",
        "statusPurpose": "revocation",
        "encodedList": bits(7),
    }
    document = {
        "@context": [V2],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": signers.did_key(key),
        "validFrom": "2026-11-24T00:00:00Z",
        "credentialSubject": subject | changes,
    }
    return signed(document, key=key, suite=JCS)


def address_of(name: str) -> str:
    return f"{HOST}/{name}"


def entry(address: str, **changes: Any) -> dict[str, Any]:
    """An entry for a bit that is not set."""
    return {
        "id": f"{address}#8",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "8",
        "statusListCredential": address,
    } | changes


#: Name → what the entry says otherwise, and what the list says otherwise.
LISTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "whole.status-list": ({}, {}),
    "status-revoked.bit": ({"statusListIndex": "7"}, {}),
    "status-suspended.bit": (
        {"statusListIndex": "7", "statusPurpose": "suspension"},
        {"statusPurpose": "suspension"},
    ),
    "status-purpose.other": ({"statusPurpose": "suspension"}, {}),
    "status-index.beyond": ({"statusListIndex": "131072"}, {}),
    "status-entry.index": ({"statusListIndex": "eight"}, {}),
    "status-entry.negative": ({"statusListIndex": "-8"}, {}),
    "status-type.unknown": ({"type": "OtherStatusEntry"}, {}),
    "status-list-length.short": ({}, {"encodedList": bits(size=131_064)}),
    "status-list-encoding.not-gzip": ({}, {"encodedList": "uAAAA"}),
    "status-list-encoding.not-multibase": ({}, {"encodedList": bits()[1:]}),
    "status-list-encoding.bomb": ({}, {"encodedList": bomb()}),
    "status-list-form.type": ({}, {"type": "SomethingElse"}),
    "status-list-form.ttl": ({}, {"ttl": "soon"}),
}


def _listed() -> dict[str, Any]:
    """The pages of lists that are broken otherwise than in their subject."""
    made: dict[str, Any] = {
        name: listing(address_of(name), **subject) for name, (_entry, subject) in LISTS.items()
    }
    unsigned = "status-list-proof.none"
    made[unsigned] = {k: v for k, v in listing(address_of(unsigned)).items() if k != "proof"}
    name = "status-list-proof.tampered"
    made[name] = listing(address_of(name)) | {"validFrom": "2026-11-23T00:00:00Z"}
    name = "status-list-issuer.other"
    made[name] = listing(address_of(name), OTHER)
    name = "status-list-issuer.signed-by-other"
    theirs = {k: v for k, v in listing(address_of(name)).items() if k != "proof"}
    made[name] = signed(theirs, key=OTHER, suite=JCS)
    name = "status-list-dates.past"
    past = {k: v for k, v in listing(address_of(name)).items() if k != "proof"}
    made[name] = signed(past | {"validUntil": "2026-11-24T11:59:59Z"}, suite=JCS)
    made["status-list-form.not-a-credential"] = b"\xff\xfe"
    return made


#: An issuer's own document, by the fault of its key: what it says of ``#key-1``.
KEYS: dict[str, Any] = {
    "whole.did-web": {},
    "method-not-authorised.other-relation": {"assertionMethod": [], "authentication": ["{did}#key-1"]},
    "method-not-found.other-key": {"verificationMethod": [], "assertionMethod": ["{did}#key-1"]},
    "method-document.other-id": {"id": "did:web:somebody.example"},
    "method-key.unreadable": {"kty": "none"},
    "method-private-key.published": {"d": "AAAA"},
    "method-revoked.before": {"revoked": "2025-01-01T00:00:00Z"},
    "method-expired.before": {"expires": "2025-01-01T00:00:00Z"},
    "method-unreachable.nobody": None,
}


def _did(name: str) -> str:
    return f"did:web:{name.replace('.', '-')}.example"


def _document(name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    did = _did(name)
    made = signers.controller(did, ED25519)
    method = made["verificationMethod"][0]
    for member, value in changes.items():
        if member in ("kty", "d"):
            method["publicKeyJwk"][member] = value
        elif member in ("revoked", "expires"):
            method[member] = value
        else:
            made[member] = json.loads(json.dumps(value).replace("{did}", did))
    return made


def files() -> Iterator[tuple[str, bytes]]:
    """Badges, each of which refers to one thing elsewhere."""
    for name in (*_listed(), "status-unreachable.nobody"):
        changes = LISTS.get(name, ({}, {}))[0]
        yield _file(name, badge(credentialStatus=entry(address_of(name), **changes)), suite=JCS)
    for name, issuer in (("whole.names", signers.DID), ("status-revoked.names", signers.did_key(OTHER))):
        key = ED25519 if issuer == signers.DID else OTHER
        status = {"id": f"{NAMES}?{name}", "type": "1EdTechRevocationList"}
        yield _file(name, badge(issuer, credentialStatus=status), suite=JCS, key=key)
    for name in KEYS:
        yield _file(name, badge(_did(name)), method=f"{_did(name)}#key-1")


def _file(name: str, document: dict[str, Any], **options: Any) -> tuple[str, bytes]:
    sealed = signed(document, **options)
    return f"{name}.json", json.dumps(sealed, ensure_ascii=False, separators=(",", ":")).encode()


def pages() -> dict[str, Any]:
    """What the hosts of all these answer."""
    lists = {address_of(name): page for name, page in _listed().items()}
    documents = {
        f"https://{_did(name).removeprefix('did:web:')}/.well-known/did.json": _document(name, changes)
        for name, changes in KEYS.items()
        if changes is not None
    }
    names = {
        f"{NAMES}?whole.names": {
            "id": NAMES,
            "issuer": signers.DID,
            "revokedCredential": [{"id": "urn:other"}],
        },
        f"{NAMES}?status-revoked.names": {
            "id": NAMES,
            "issuer": signers.did_key(OTHER),
            "revokedCredential": [{"id": badge()["id"]}],
        },
    }
    return {**lists, **documents, **names}
