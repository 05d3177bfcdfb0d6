"""What somebody makes of one genuine certificate and keys of her own: a name, and what she hands in.

Nothing here needs the issuer's private key. Each is worth trying because a library, or a verifier of
somebody's, once took it (RFC 8725; RFC 7515; RFC 9052; the advisories of JWT libraries).
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cbor2
from cryptography.hazmat.primitives import serialization

from credentials import paper
from issuers.cose import to_be_signed
from issuers.jose import b64, p256_key, unb64

from .tokens import DID, JWK, KID, ORDER, payload, signature, token

Attack = tuple[str, str | bytes]
DID_KEY = "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"


@dataclass(frozen=True, kw_only=True)
class Loot:
    """What anybody may have: a genuine certificate and its paper, and what the city publishes."""

    jwt: str
    digits: str
    jwk: dict[str, str]
    ed25519_kid: str
    stranger_jwt: str
    list_jwt: str
    directory_jwt: str

    @property
    def header(self) -> dict[str, Any]:
        header: dict[str, Any] = json.loads(unb64(self.jwt.split(".")[0]))
        return header

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(unb64(self.jwt.split(".")[1]))
        return body


def every(loot: Loot) -> Iterator[Attack]:
    """All of them."""
    yield from algorithms(loot)
    yield from keys_of_her_own(loot)
    yield from headers(loot)
    yield from signatures(loot)
    yield from contents(loot)
    yield from encodings(loot)
    yield from other_documents(loot)
    yield from papers(loot)


# -- The algorithm --------------------------------------------------------------------------------
def algorithms(loot: Loot) -> Iterator[Attack]:
    """Another algorithm than the key's; the public key as a shared secret."""
    _, second, third = loot.jwt.split(".")
    for alg in ("none", "None", "NONE", "nOnE", "", None, ["ES256"], {"ES256": 1}, 7, True):
        head = b64(json.dumps(loot.header | {"alg": alg}).encode())
        yield f"alg {alg!r} without a signature", f"{head}.{second}."
        yield f"alg {alg!r} with the old signature", f"{head}.{second}.{third}"
    names = (
        "es256",
        "ES256 ",
        " ES256",
        "ЕS256",
        "ES256K",
        "ES384",
        "ES512",
        "RS256",
        "PS256",
        "EdDSA",
        "A128KW",
    )
    for alg in names:
        head = b64(json.dumps(loot.header | {"alg": alg}).encode())
        yield f"alg {alg!r} with the old signature", f"{head}.{second}.{third}"
    for name, secret in _published_secrets(loot.jwk).items():
        for alg, hashed in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
            signed = f"{b64(json.dumps(loot.header | {'alg': alg}).encode())}.{second}"
            yield (
                f"{alg} under the public key as {name}",
                f"{signed}.{b64(hmac.new(secret, signed.encode(), hashed).digest())}",
            )


def _published_secrets(jwk: dict[str, str]) -> dict[str, bytes]:
    key = p256_key(jwk["x"], jwk["y"])
    spki, point = (
        serialization.PublicFormat.SubjectPublicKeyInfo,
        serialization.PublicFormat.UncompressedPoint,
    )
    return {
        "PEM": key.public_bytes(serialization.Encoding.PEM, spki),
        "DER": key.public_bytes(serialization.Encoding.DER, spki),
        "point": key.public_bytes(serialization.Encoding.X962, point),
        "JWK": json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode(),
        "x": unb64(jwk["x"]),
        "nothing": b"",
    }


# -- Keys of her own ------------------------------------------------------------------------------
def keys_of_her_own(loot: Loot) -> Iterator[Attack]:
    """Signed by herself, with the token telling where her key is."""
    members: dict[str, Any] = {
        "jwk": JWK,
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/chain",
        "x5c": ["MIIB"],
        "x5t": "AAAA",
        "x5t#S256": "AAAA",
        "trust_chain": ["eyJ"],
        "iss": DID,
        "vct": "badge",
    }
    for name, value in members.items():
        yield f"her signature and {name}", token(header=loot.header | {name: value}, body=loot.body)
    for name, kid in {
        "hers": KID,
        "the issuer's name and her key": f"{loot.header['kid'].partition('#')[0]}#{KID.partition('#')[2]}",
        "her name and the issuer's key": f"{DID}#{loot.header['kid'].partition('#')[2]}",
        "none": None,
        "empty": "",
        "a path": "../../keys/mine",
        "a null byte": f"{loot.header['kid']}\0",
        "SQL": "did:web:localhost%3A8000:issuers:x#' OR '1'='1",
        "an address": "https://evil.example/key.json",
        "a megabyte": "did:web:a#" + "k" * 1_000_000,
        "did:key": f"did:key:{DID_KEY}#{DID_KEY}",
        "did:jwk": f"did:jwk:{b64(json.dumps(JWK).encode())}#0",
        "the issuer's other key": loot.ed25519_kid,
        "two": [loot.header["kid"], KID],
    }.items():
        yield f"her signature, kid: {name}", token(header=loot.header | {"kid": kid}, body=loot.body)
    yield "her signature, nothing else changed", token(header=loot.header, body=loot.body)
    yield "her own certificate", token()
    yield (
        "her own certificate in the issuer's name",
        token(body=payload(issuer=loot.body["issuer"], iss=loot.body["iss"])),
    )


# -- The rest of the header -----------------------------------------------------------------------
def headers(loot: Loot) -> Iterator[Attack]:
    """Members that change what is signed or how it is read, with the old signature."""
    _, second, third = loot.jwt.split(".")
    for name, value in (
        ("crit", ["exp"]),
        ("crit", []),
        ("crit", ["b64"]),
        ("b64", False),
        ("zip", "DEF"),
        ("enc", "A256GCM"),
        ("typ", []),
        ("typ", "at+jwt"),
        ("typ", "keys+jwt"),
        ("typ", "vp+jwt"),
        ("typ", "dpop+jwt"),
        ("cty", "JWT"),
        ("cty", None),
        ("nonce", "1"),
    ):
        head = b64(json.dumps(loot.header | {name: value}).encode())
        yield f"header {name} = {value!r}", f"{head}.{second}.{third}"
    text = json.dumps(loot.header)
    for name, head in {
        "two algs, the last one ours": '{"alg":"none",' + text[1:],
        "two algs, the first one ours": text[:-1] + ',"alg":"none"}',
        "two kids": text[:-1] + f',"kid":"{KID}"}}',
        "a list": f"[{text}]",
        "a lone surrogate": text[:-1] + ',"kid\\ud800":1}',
        "a comment": "/**/" + text,
        "not a number": text[:-1] + ',"typ":NaN}',
    }.items():
        yield f"header: {name}", f"{b64(head.encode())}.{second}.{third}"


# -- The signature --------------------------------------------------------------------------------
def signatures(loot: Loot) -> Iterator[Attack]:
    """Signatures that some verifier took for any message, or in another coding."""
    signed, _, third = loot.jwt.rpartition(".")
    raw = unb64(third)
    numbers = {
        "zeros": (0, 0),
        "r = 0": (0, int.from_bytes(raw[32:], "big")),
        "s = 0": (int.from_bytes(raw[:32], "big"), 0),
        "ones": (1, 1),
        "r = order": (ORDER, 1),
        "s = order": (1, ORDER),
        "r and s at the top": (2**256 - 1, 2**256 - 1),
        "r and s exchanged": (int.from_bytes(raw[32:], "big"), int.from_bytes(raw[:32], "big")),
    }
    for name, (r, s) in numbers.items():
        yield f"signature: {name}", f"{signed}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    for name, other in {
        "none": b"",
        "cut off": raw[:63],
        "one byte more": raw + b"\0",
        "doubled": raw + raw,
        "DER": bytes.fromhex("3006020101020101"),
        "hers": signature(signed),
    }.items():
        yield f"signature: {name}", f"{signed}.{b64(other)}"
    yield "signature: another certificate's", f"{signed}.{loot.stranger_jwt.rpartition('.')[2]}"


# -- What it says ---------------------------------------------------------------------------------
def contents(loot: Loot) -> Iterator[Attack]:
    """Another name, another course, another time, under the old signature."""
    first, _, third = loot.jwt.split(".")
    body = loot.body
    subject = body["credentialSubject"]
    for name, change in {
        "another name": {
            "credentialSubject": subject | {"identifier": [{"identityHash": "Personne d’Autre"}]}
        },
        "no status": {"credentialStatus": None},
        "another slot": {"credentialStatus": body["credentialStatus"] | {"statusListIndex": "0"}},
        "never ends": {"validUntil": "2099-01-01T00:00:00Z"},
        "began before": {"validFrom": "2020-01-01T00:00:00Z"},
        "another id": {"id": "http://localhost:8000/c/AAAAAAAAAAAAAAAAAAAAAA"},
        "another issuer": {"issuer": {"id": DID, "type": ["Profile"]}},
        "exp as text": {"exp": "4102444800"},
        "nbf far away": {"nbf": -1},
        "one member more": {"evidence": []},
        "nothing changed but the spaces": {},
    }.items():
        yield (
            f"says: {name}",
            f"{first}.{b64(json.dumps(body | change, ensure_ascii=False).encode())}.{third}",
        )
    text = unb64(loot.jwt.split(".")[1]).decode()
    yield (
        "says: two ids",
        f"{first}.{b64((text[:-1] + ',' + json.dumps({'id': 'urn:x'})[1:]).encode())}.{third}",
    )
    yield "says: another certificate's", ".".join((first, loot.stranger_jwt.split(".")[1], third))


# -- How it is written ----------------------------------------------------------------------------
def encodings(loot: Loot) -> Iterator[Attack]:
    """The same bytes or nearly, spelt otherwise."""
    first, second, third = loot.jwt.split(".")
    yield "padded", f"{loot.jwt}=="
    yield "padded head", f"{first}={'.'}{second}.{third}"
    yield "standard alphabet", in_the_standard_alphabet(loot)
    yield "a space", f"{first}.{second} .{third}"
    yield "a null byte", f"{first}.{second}\0.{third}"
    yield "a full-width letter", f"{first}.{second}.{third[:-1]}Ａ"
    yield "loose bits", f"{first}.{second}.{third[:-1]}{chr(ord(third[-1]) + 1)}"
    yield "two segments", f"{first}.{second}"
    yield "four segments", f"{loot.jwt}.{third}"
    yield "five segments", f"{first}.{second}.{third}.{first}.{third}"
    yield "SD-JWT", f"{loot.jwt}~WyJzYWx0IiwgIm5hbWUiLCAieCJd~"
    yield "two tokens", f"{loot.jwt} {loot.stranger_jwt}"
    flat = {"protected": first, "payload": second, "signature": third}
    yield "JSON serialisation, flattened", json.dumps(flat)
    yield "JSON serialisation, unprotected key", json.dumps(flat | {"header": {"jwk": JWK}})
    yield "JSON serialisation, general", json.dumps({"payload": second, "signatures": [flat]})
    yield "her token inside a genuine one's head", f"{first}.{b64(token().encode())}.{third}"
    yield "UTF-16", loot.jwt.encode("utf-16")
    yield "too long", token(header=loot.header, body=loot.body | {"x": "x" * 20_000})


def in_the_standard_alphabet(loot: Loot) -> str:
    """A genuine token spelt with ``+`` and ``/``: the first of those at hand that has either."""
    tokens = (loot.jwt, loot.stranger_jwt, loot.list_jwt, loot.directory_jwt)
    spelt = next(token for token in tokens if "-" in token or "_" in token)
    return spelt.translate(str.maketrans("-_", "+/"))


# -- Genuine, but no certificate ------------------------------------------------------------------
def other_documents(loot: Loot) -> Iterator[Attack]:
    """What the city really signed, handed in as something else; documents with no signature of ours."""
    yield "a status list", loot.list_jwt
    yield "the key directory", loot.directory_jwt
    body = loot.body
    yield "no signature", json.dumps(body)
    proof = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofValue": "z1"}
    yield "a proof that proves nothing", json.dumps(body | {"proof": proof})
    yield (
        "a proof and a context of hers",
        json.dumps(body | {"proof": proof, "@context": [*body["@context"], "https://evil.example/context"]}),
    )
    yield (
        "OB 2.0, hosted elsewhere",
        json.dumps(
            {
                "@context": "https://w3id.org/openbadges/v2",
                "type": "Assertion",
                "id": "https://evil.example/1",
            }
        ),
    )
    for name, address in {
        "of another type": f"data:application/jwt,{loot.jwt}",
        "in base64": f"data:application/vc+jwt;base64,{b64(loot.jwt.encode())}",
        "elsewhere": "https://evil.example/token",
        "with her token": f"data:application/vc+jwt,{token(header=loot.header, body=body)}",
    }.items():
        yield f"an envelope {name}", json.dumps({"type": "EnvelopedVerifiableCredential", "id": address})
    yield "a presentation", json.dumps({"type": "VerifiablePresentation", "verifiableCredential": [loot.jwt]})


# -- On paper -------------------------------------------------------------------------------------
def papers(loot: Loot) -> Iterator[Attack]:
    """A printed code that was edited, or signed by herself."""
    message = cbor2.loads(paper.cose_of(loot.digits)).value
    protected, _, body, raw = message
    claims = cbor2.loads(body)
    private = claims[paper.PRIVATE_CLAIM]
    header = cbor2.loads(protected)

    def sealed(*parts: Any, tag: int = 18) -> str:
        return paper.digits(cbor2.dumps(cbor2.CBORTag(tag, list(parts)), canonical=True))

    def hers(head: bytes, content: bytes) -> bytes:
        return signature(to_be_signed(head, content))

    for name, change in {
        "another name": {paper.PRIVATE_CLAIM: private | {1: "Personne d’Autre"}},
        "another course": {paper.PRIVATE_CLAIM: private | {2: "Doctorat"}},
        "another slot": {paper.PRIVATE_CLAIM: private | {5: 1}},
        "never ends": {4: 2**33},
        "another cti": {7: bytes(16)},
        "another issuer": {1: DID},
    }.items():
        changed = cbor2.dumps(claims | change, canonical=True)
        yield f"paper: {name}", sealed(protected, {}, changed, raw)
        yield f"paper: {name}, her signature", sealed(protected, {}, changed, hers(protected, changed))
    for name, other in {
        "HMAC": header | {1: 5},
        "EdDSA": header | {1: -8},
        "no algorithm": {4: header[4]},
        "no key": {1: -7},
        "her key": {1: -7, 4: bytes(8)},
        "crit": header | {2: [1]},
        "x5chain": header | {33: b"her certificate"},
    }.items():
        head = cbor2.dumps(other, canonical=True)
        yield f"paper, header: {name}", sealed(head, {}, body, raw)
        yield f"paper, header: {name}, her signature", sealed(head, {}, body, hers(head, body))
    yield "paper: an unprotected key", sealed(protected, {4: bytes(8)}, body, raw)
    yield "paper: MAC0", sealed(protected, {}, body, raw, tag=17)
    yield "paper: untagged", paper.digits(cbor2.dumps([protected, {}, body, raw], canonical=True))
    yield "paper: signature of zeros", sealed(protected, {}, body, bytes(64))
    yield "paper: no signature", sealed(protected, {}, body, b"")
    yield "paper: trailing bytes", paper.digits(paper.cose_of(loot.digits) + b"\0")
    yield "paper: format 2", str(int.from_bytes(b"\x02" + paper.cose_of(loot.digits), "big"))
    yield "paper: an indefinite length", paper.digits(b"\xd2\x9f" + paper.cose_of(loot.digits)[2:] + b"\xff")
    yield (
        "paper: digits of another script",
        loot.digits.translate({ord("0") + n: 0x0660 + n for n in range(10)}),
    )
    yield "paper: a digit less", loot.digits[:-1]
