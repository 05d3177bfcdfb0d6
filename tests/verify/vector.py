"""Makes ``docs/examples/sp1-vector.json``: a code and all that vouches for it, from fixed test strings.

``python -m tests.verify.vector`` writes it anew. ES256 is deterministic here (RFC 6979), so that the same
strings give the same bytes.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import bitstring, bundle, linting, openbadges, paper
from issuers import cose, jose, profiles
from issuers.profiles import PublicIssuer, PublicKey
from issuers.signable import Form, header

FILE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "sp1-vector.json"
BASE_URL = "https://v.skills.example"
CITY = profiles.did_for_city(base_url=BASE_URL)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
LIST, BIT = 3, 94_567


def key(name: str) -> ec.EllipticCurvePrivateKey:
    """The key that a test string gives: its SHA-256 as the private number."""
    number = int.from_bytes(hashlib.sha256(f"SP1 test vector: {name}".encode()).digest(), "big")
    return ec.derive_private_key(number % (ORDER - 1) + 1, ec.SECP256R1())


def jwk(name: str) -> dict[str, str]:
    """Its public half."""
    return jose.jwk_of(key(name).public_key())


def thumbprint(name: str) -> str:
    return jose.thumbprint(jwk(name))


def jws(document: dict[str, Any], *, typ: str, kid: str, by: str) -> str:
    payload = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return jose.compact({"typ": typ, "alg": "ES256", "kid": kid}, payload, key(by))


def sealed(document: dict[str, Any]) -> str:
    """A bundle that says this, signed by the directory key."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    kid = f"{CITY}#{thumbprint('directory')}"
    return jose.compact(header(Form.BUNDLE, kid), bundle.packed(text), key("directory"))


def issuers() -> list[PublicIssuer]:
    """The one issuer of the vector, with a key in use."""
    return [
        PublicIssuer(
            slug="ennour",
            name_fr="Médiathèque Ennour",
            name_ar="الخزانة الوسائطية النور",
            keys=[
                PublicKey(
                    thumbprint=thumbprint("issuer"),
                    kid8=jose.kid8(thumbprint("issuer")),
                    algorithm="ES256",
                    jwk=jwk("issuer"),
                    state="active",
                    not_before=AT - timedelta(days=90),
                )
            ],
            accredited={"languages": [((AT - YEAR).date(), None)]},
        )
    ]


def delegation() -> str:
    """The root's word for the directory key."""
    begins = int((AT - timedelta(days=30)).timestamp())
    said = {
        "iss": CITY,
        "sub": f"{CITY}#{thumbprint('directory')}",
        "jwk": jwk("directory"),
        "nbf": begins,
        "exp": begins + int(YEAR.total_seconds()),
        "seq": begins,
    }
    return jws(said, typ="delegation+jwt", kid=thumbprint("root"), by="root")


def status_lists() -> dict[str, str]:
    """The three lists of the code's number: one stranger in each."""
    did = profiles.did_for_issuer(base_url=BASE_URL, slug="ennour")
    lists = {}
    for place, purpose in enumerate(bundle.PURPOSES):
        document = openbadges.status_list(
            base_url=BASE_URL,
            number=LIST,
            purpose=purpose,
            issuer_id=did,
            packed=bitstring.encode([1000 + place]),
            version=int(AT.timestamp()),
            valid_from=AT,
            valid_until=AT + timedelta(days=2),
            ttl_seconds=300,
        )
        lists[purpose] = jws(document, typ="vc+jwt", kid=f"{did}#{thumbprint('issuer')}", by="issuer")
    return lists


def bundled(lists: dict[str, str]) -> str:
    """The bundle of this city."""
    document = bundle.compose(
        city=CITY,
        issuers=[profiles.directory_entry(each, base_url=BASE_URL) for each in issuers()],
        lists=[
            bundle.Listed(
                number=LIST,
                issuer=profiles.did_for_issuer(base_url=BASE_URL, slug="ennour"),
                issued_at=int(AT.timestamp()),
                expires_at=int((AT + timedelta(days=2)).timestamp()),
                marks={purpose: frozenset({1000 + place}) for place, purpose in enumerate(lists)},
            )
        ],
        delegation=delegation(),
        version=int(AT.timestamp()),
        issued_at=AT,
    )
    return sealed(document)


def make() -> dict[str, Any]:
    """The vector with every step between."""
    signing_input = "eyJhbGciOiJFUzI1NiJ9.eyJub3RlIjoiYSBWQy1KV1QncyBoZWFkZXIgYW5kIHBheWxvYWQifQ"
    cti = hashlib.sha256(signing_input.encode()).digest()[:16]
    claim = paper.Claim(
        name="Fatima-Zahra El Idrissi",
        second_name="فاطمة الزهراء الإدريسي",
        title="Accueil et relation client – niveau 2",
        level="B1",
        hours=24,
        status=LIST * bitstring.SIZE + BIT,
        issued_at=int(AT.timestamp()),
        expires_at=int((AT + 3 * YEAR).timestamp()),
        cti=cti,
    )
    body = linting.lint_paper(claim, issuer_id=1, prefix=len(BASE_URL) + len("/v#")).payload
    protected = cose.protected_header(jose.kid8(thumbprint("issuer")))
    to_sign = cose.to_be_signed(protected, body)
    signature = jose.raw_signature(key("issuer"), to_sign)
    message = cose.sealed(protected, body, signature)
    lists = status_lists()
    directory = profiles.key_directory(
        base_url=BASE_URL,
        name="keys",
        issuers=issuers(),
        delegation=delegation(),
        version=int(AT.timestamp()),
        issued_at=AT,
    )
    return {
        "note": "Keys: SHA-256 of 'SP1 test vector: NAME' modulo (order of P-256 - 1), plus 1.",
        "now": int(AT.timestamp()) + 60,
        "verdict": "valid",
        "city": CITY,
        "roots": {"keys": [{**jwk("root"), "alg": "ES256", "kid": thumbprint("root")}]},
        "issuer_jwk": jwk("issuer"),
        "issuer_thumbprint": thumbprint("issuer"),
        "kid": jose.kid8(thumbprint("issuer")),
        "vc_jwt_signing_input": signing_input,
        "cti": cti.hex(),
        "short_code": paper.group_code(paper.short_code(cti)),
        "claims": {
            "4": claim.expires_at,
            "6": claim.issued_at,
            "-65537": {
                "1": claim.name,
                "2": claim.title,
                "3": claim.level,
                "4": claim.hours,
                "5": claim.status,
                "6": claim.second_name,
            },
        },
        "status_list": LIST,
        "status_index": BIT,
        "payload": body.hex(),
        "protected": protected.hex(),
        "sig_structure": to_sign.hex(),
        "signature": signature.hex(),
        "cose": message.hex(),
        "digits": paper.digits(message),
        "qr_text": paper.qr_text(base_url=BASE_URL, cose=message),
        "keys.jwt": jws(directory, typ="keys+jwt", kid=f"{CITY}#{thumbprint('directory')}", by="directory"),
        **{f"{purpose}-{LIST}.jwt": token for purpose, token in lists.items()},
        "bundle.jwt": bundled(lists),
    }


def text() -> str:
    """As it is written to the file."""
    return json.dumps(make(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
