"""Badges as tokens, and pictures that carry badges: whole, and broken in one place each."""

import json
from collections.abc import Iterator
from typing import Any

from issuers.jose import b64
from tests.gallery.make import chunk, itxt, png, svg
from tests.verify.foreign import badges2, signers
from tests.verify.foreign.signers import ED25519, P256, badge, claims, signed, token

from . import badges

DID = signers.did_key(P256)
WEAK = "did:web:weak.example"
KID = signers.method_of(DID)


def made(payload: Any = None, *, key: Any = P256, **header: Any) -> str:
    """A token of a badge, ES256 unless told otherwise."""
    return token(
        claims(badge(DID)) if payload is None else payload, key=key, **{"alg": "ES256", "kid": KID} | header
    )


def whole() -> Iterator[tuple[str, str]]:
    """Nothing is wrong with these."""
    yield "whole.ES256", made()
    yield "whole.no-typ", made(typ=None)
    yield "whole.vc-jwt", made(typ="vc+jwt", cty="vc")
    mine = claims(badge(signers.DID))
    yield "whole.EdDSA", made(mine, key=ED25519, alg="EdDSA", kid=signers.method_of(signers.DID))
    rsa = signers.did_jwk(badges2.RSA)
    yield "whole.RS256", made(claims(badge(rsa)), key=badges2.RSA, alg="RS256", kid=f"{rsa}#0")
    old = {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"name": "x"},
    }
    yield "whole.model-1", made({"iss": DID, "sub": "urn:uuid:1", "nbf": 1714644000, "vc": old})


def contradictions() -> Iterator[tuple[str, str]]:
    """Claims that say something else than the credential."""
    for name, value in {
        "iss": "did:web:somebody.example",
        "jti": "urn:uuid:00000000-0000-4000-8000-000000000000",
        "sub": "urn:uuid:00000000-0000-4000-8000-000000000000",
        "nbf": 1714644001,
        "exp": 1893456000,
    }.items():
        yield f"token-claim.{name}", made(claims(badge(DID), **{name: value}))
    for name in ("iss", "jti", "sub", "nbf"):
        yield f"token-claim.no-{name}", made(claims(badge(DID), **{name: None}))
    ends = badge(DID, validUntil="2030-01-01T00:00:00Z")
    yield "token-claim.no-exp", made(claims(ends))
    yield "token-claim.presentation", made(claims(badge(DID), vp={"type": "VerifiablePresentation"}))


def headers() -> Iterator[tuple[str, str]]:
    """Headers that say what they may not."""
    for name, typ in {"presentation": "vp+jwt", "other": "at+jwt", "list": ["JWT"], "lower": "jwt"}.items():
        yield f"token-type.{name}", made(typ=typ)
    yield "token-type.content", made(cty="vp")
    for name, alg in {"none": "none", "HS256": "HS256", "missing": None, "other-kind": "RS256"}.items():
        yield f"token-alg.{name}", made(alg=alg)
    for name, value in {
        "crit": ["exp"],
        "b64": False,
        "jku": "https://evil.example/k",
        "x5c": ["MIIB"],
    }.items():
        yield f"token-header.{name}", made(**{name: value})
    yield "token-key.none", made(kid=None)
    yield "method-url.kid", made(kid="did:key:zzz#zzz")
    yield "method-private-key.jwk", made(kid=None, jwk=signers.jwk(P256) | {"d": "AAAA"})
    yield (
        "method-weak-key.RS256",
        made(claims(badge(WEAK)), key=badges2.WEAK, alg="RS256", kid=f"{WEAK}#key-1"),
    )
    yield "issuer-not-controller.token", made(claims(badge(signers.DID)))
    yield "expired.token", made(claims(badge(DID, validUntil="2025-01-01T00:00:00Z"), exp=1735689600))


def bent() -> Iterator[tuple[str, str]]:
    """Tokens that were changed or damaged after they were signed."""
    head, body, signature = made().split(".")
    other = made(claims(badge(DID, name="autre"))).split(".")
    yield "proof-tampered.payload", f"{head}.{other[1]}.{signature}"
    yield "proof-tampered.signature", f"{head}.{body}.{other[2]}"
    other_head = b64(json.dumps({"typ": "vc+jwt", "alg": "ES256", "kid": KID}).encode())
    yield "proof-tampered.header", f"{other_head}.{body}.{signature}"
    yield "proof-tampered.cut", f"{head}.{body}.{signature[:80]}"
    yield "token-form.padding", f"{head}.{body}.{signature}=="
    yield "token-form.loose-bits", f"{head}.{body}.{signature[:-1]}{_next(signature[-1])}"


def _next(letter: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(letter) + 1]


def pictures() -> Iterator[tuple[str, bytes]]:
    """Pictures that carry a badge, none, or two."""
    sealed = json.dumps(signed(badge()), ensure_ascii=False)
    yield "whole.baked.png", png(itxt(sealed))
    yield "whole.baked-token.png", png(itxt(made()))
    yield (
        "whole.baked.svg",
        svg(f"<openbadges:credential><![CDATA[{sealed}]]></openbadges:credential>").encode(),
    )
    yield "whole.baked-token.svg", svg(f'<openbadges:credential verify="{made()}"/>').encode()
    record = json.dumps(badges.record(signed(badge())), ensure_ascii=False)
    yield "whole.record-baked.png", png(itxt(record, keyword=b"clrcredential"))
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:clr="https://purl.imsglobal.org/clr/v2p0"'
    inside = f"<clr:credential><![CDATA[{record}]]></clr:credential>"
    yield "whole.record-baked.svg", f"<svg {space}>{inside}</svg>".encode()
    yield "proof-tampered.baked.png", png(itxt(sealed.replace("Ailleurs", "Ici")))
    arabic = sealed.replace("الترجمة", "الترجمه", 1)
    yield (
        "proof-tampered.baked.svg",
        svg(f"<openbadges:credential><![CDATA[{arabic}]]></openbadges:credential>").encode(),
    )
    yield "more-than-one-credential.twice.png", png(itxt(sealed), itxt(sealed))
    yield (
        "more-than-one-credential.two-keywords.png",
        png(itxt(sealed), itxt(sealed, keyword=b"clrcredential")),
    )
    yield (
        "more-than-one-credential.twice.svg",
        svg(f'<openbadges:credential verify="{made()}"/>' * 2).encode(),
    )
    yield "png-compressed-text.whole.png", png(itxt(sealed, compressed=True))
    yield "image-without-credential.plain.png", png()
    plain = chunk(b"tEXt", b"openbadgecredential\0" + made().encode())
    yield "image-without-credential.other-chunk.png", png(plain)
    yield "image-without-credential.other-name.svg", svg(f'<openbadges:badge verify="{made()}"/>').encode()
    entity = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">]>'
    yield (
        "svg-doctype.entity.svg",
        svg("<openbadges:credential>&a;</openbadges:credential>", before=entity).encode(),
    )
    twice = sealed[:-1] + ',"name":"autre"}'
    yield "json-duplicate-member.name.json", twice.encode()
    deep = sealed[:-1] + ',"x":' + '{"a":' * 24 + "1" + "}" * 25
    yield "json-depth.objects.json", deep.encode()
    yield "json.cut-off.json", sealed[:-40].encode()
    yield "json-number-range.large.json", (sealed[:-1] + ',"x":9007199254740993}').encode()
    envelope = {"type": "EnvelopedVerifiableCredential", "id": "data:text/plain,hello"}
    yield "envelope.other-type.json", json.dumps(envelope).encode()
    enveloped = envelope | {"id": f"data:application/vc+jwt,{made()}"}
    yield "whole.envelope.json", json.dumps(enveloped).encode()


def files() -> Iterator[tuple[str, bytes]]:
    """Every token and picture."""
    for part in (whole, contradictions, headers, bent):
        for name, text in part():
            yield f"{name}.jwt", text.encode()
    yield from pictures()


def pages() -> dict[str, Any]:
    """What the one host answers that these name."""
    return {"https://weak.example/.well-known/did.json": signers.controller(WEAK, badges2.WEAK)}
