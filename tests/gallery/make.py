"""Writes this folder: files broken in one place each, named ``<fault>.<variant>.<kind>`` for what they break.

Run it as ``python -m tests.gallery.make`` after a change; it writes the same bytes each time.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from pypdf import PdfWriter

from issuers.jose import b64
from tests.verify.tokens import HEADER, JWK, KID, payload, token, token_of

FOLDER = Path(__file__).parent
BODY = json.dumps(payload(), ensure_ascii=False)
HEAD = json.dumps(HEADER)
WHOLE = token()


def headers() -> Iterator[tuple[str, str]]:
    """Tokens whose header says what it may not."""
    members: dict[str, Any] = {
        "jwk": JWK,
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/chain",
        "x5c": ["MIIB"],
        "crit": ["exp"],
        "b64": False,
        "zip": "DEF",
        "nonce": "n",
    }
    for name, value in members.items():
        yield f"header-member.{name}", token(header=HEADER | {name: value})
    for name, alg in {
        "none": "none",
        "nOnE": "nOnE",
        "HS256": "HS256",
        "RS256": "RS256",
        "ES384": "ES384",
        "EdDSA": "EdDSA",
        "empty": "",
        "list": ["ES256"],
        "null": None,
    }.items():
        yield f"alg.{name}", token(header=HEADER | {"alg": alg})
    yield "alg.missing", token(header={"typ": "JWT", "kid": KID})
    types: dict[str, Any] = {
        "at": "at+jwt",
        "keys": "keys+jwt",
        "list": [],
        "null": None,
        "number": 7,
        "lower": "jwt",
        "presentation": "vp+jwt",
    }
    for name, typ in types.items():
        yield f"typ.{name}", token(header=HEADER | {"typ": typ})
    yield "cty.presentation", token(header=HEADER | {"cty": "vp"})
    yield "cty.null", token(header=HEADER | {"cty": None})
    for name, kid in {
        "path": "../../etc/passwd",
        "url": "https://evil.example/key",
        "no-fragment": KID.partition("#")[0],
        "long": KID + "a" * 300,
        "number": 1,
        "line-break": KID + "\n",
        "two-fragments": KID + "#x",
    }.items():
        yield f"kid.{name}", token(header=HEADER | {"kid": kid})
    yield "kid.missing", token(header={"alg": "ES256", "typ": "JWT"})
    yield "header-too-large.spaces", token_of(HEAD + " " * 2100, BODY)


def encodings() -> Iterator[tuple[str, str]]:
    """Tokens whose parts are encoded in another way than the one allowed."""
    first, second, third = WHOLE.split(".")
    yield "base64url.padding", f"{WHOLE}=="
    yield "base64url.space", f"{first}.{second[:40]} {second[40:]}.{third}"
    yield "base64url.plus", f"{first}.{second}.+{third[1:]}"
    yield "base64url.loose-bits", f"{first}.{second}.{third[:-1]}{_next(third[-1])}"
    yield "base64url.empty-signature", f"{first}.{second}."
    yield "base64url.empty-payload", f"{first}..{third}"
    yield "base64url.cut-off", WHOLE[:-1]
    yield "not-three-segments.two", f"{first}.{second}"
    yield "not-three-segments.five", f"{first}.{second}.{third}.{third}.{third}"
    yield "signature-length.short", f"{first}.{second}.{b64(bytes(63))}"
    yield "signature-length.der", f"{first}.{second}.{b64(bytes(70))}"
    yield "utf-8.latin", token_of(HEAD, BODY.encode("latin-1", "replace"))
    yield "utf-8.header", token_of(b'{"alg":"ES256\xff"}', BODY)


def _next(letter: str) -> str:
    """The neighbour in the alphabet that decodes to the same bytes at the end of a 64-byte signature."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(letter) + 1]


def documents() -> Iterator[tuple[str, str]]:
    """Tokens whose JSON means different things to different readers, or nothing."""
    yield "json-duplicate-member.top", token_of(HEAD, BODY[:-1] + ', "id": "urn:other"}')
    yield "json-duplicate-member.deep", token_of(HEAD, BODY[:-1] + ', "x": {"a": {"b": 1, "b": 2}}}')
    yield "json-duplicate-member.header", token_of(HEAD[:-1] + ', "alg": "ES256"}', BODY)
    yield "json-lone-surrogate.value", token_of(HEAD, BODY[:-1] + ', "x": "\\ud800"}')
    yield "json-lone-surrogate.name", token_of(HEAD, BODY[:-1] + ', "\\udfff": 1}')
    yield "json-not-a-number.nan", token_of(HEAD, BODY[:-1] + ', "x": NaN}')
    yield "json-not-a-number.infinity", token_of(HEAD, BODY[:-1] + ', "x": -Infinity}')
    yield "json-number-range.large", token_of(HEAD, BODY[:-1] + ', "x": 9007199254740992}')
    yield "json-number-range.long", token_of(HEAD, BODY[:-1] + ', "x": 1' + "0" * 5000 + "}")
    yield "json-number-range.float", token_of(HEAD, BODY[:-1] + ', "x": 1e999}')
    yield "json-depth.objects", token_of(HEAD, BODY[:-1] + ', "x": ' + '{"a":' * 20 + "1" + "}" * 21)
    yield "json-depth.lists", token_of(HEAD, BODY[:-1] + ', "x": ' + "[" * 3000 + "]" * 3000 + "}")
    yield "json-not-an-object.list", token_of(HEAD, f"[{BODY}]")
    yield "json-not-an-object.text", token_of(HEAD, '"certificate"')
    yield "json.cut-off", token_of(HEAD, BODY[:-1])
    yield "json.two", token_of(HEAD, BODY + BODY)
    yield "json.comment", token_of(HEAD, "/* */" + BODY)
    yield "json.byte-order-mark", token_of(HEAD, "\ufeff" + BODY)
    yield "token-too-large.payload", token(body=payload(x="x" * 13_000))


def png(*chunks: bytes) -> bytes:
    """A PNG of one pixel with these chunks before its end."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixel + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk of a PNG, with its check sum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def itxt(text: str, *, compressed: bool = False, keyword: bytes = b"openbadgecredential") -> bytes:
    """An iTXt chunk with a credential."""
    body = zlib.compress(text.encode()) if compressed else text.encode()
    return chunk(b"iTXt", keyword + b"\0" + bytes([compressed, 0]) + b"\0\0" + body)


def svg(inside: str, *, before: str = "") -> str:
    """An SVG with this inside."""
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"'
    return f'{before}<svg {space} viewBox="0 0 1 1">{inside}<path d="M0 0h1v1z"/></svg>'


def pdf(**attachments: str) -> bytes:
    """A PDF of one empty page with these attachments."""
    writer = PdfWriter()
    writer.add_blank_page(width=100, height=100)
    for name, text in attachments.items():
        writer.add_attachment(name.replace("_", "."), text.encode())
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


def carriers() -> Iterator[tuple[str, bytes]]:
    """Pictures and PDFs that carry nothing, too much, or a trap."""
    yield "image-without-credential.plain.png", png()
    yield "image-without-credential.other-keyword.png", png(itxt(WHOLE, keyword=b"openbadge"))
    yield "more-than-one-credential.twice.png", png(itxt(WHOLE), itxt(WHOLE))
    yield "png-compressed-text.bomb.png", png(itxt("A" * 1_000_000, compressed=True))
    yield "png-broken.length.png", png(struct.pack(">I4s", 2**31, b"iTXt") + b"openbadgecredential")
    yield "unknown-form.words.png", png(itxt("https://evil.example/c/1"))
    yield "image-without-credential.plain.svg", svg("").encode()
    yield "more-than-one-credential.twice.svg", svg(f'<openbadges:credential verify="{WHOLE}"/>' * 2).encode()
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    yield "svg-doctype.bomb.svg", svg("<text>&b;</text>", before=bomb).encode()
    outside = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    stolen = "<openbadges:credential>&x;</openbadges:credential>"
    yield "svg-doctype.outside.svg", svg(stolen, before=outside).encode()
    yield "svg-broken.open.svg", svg("<g>").encode()
    yield "pdf-without-credential.plain.pdf", pdf()
    yield "pdf-without-credential.other-name.pdf", pdf(other_jwt=WHOLE)
    yield "pdf-unreadable.cut-off.pdf", pdf(certificate_jwt=WHOLE)[:400]
    yield "unknown-form.binary.bin", bytes(range(256))
    yield "empty.spaces.txt", b" \n\t "
    yield "foreign-link.other-site.txt", b"https://evil.example/c/AAAAAAAAAAAAAAAAAAAAAA"
    yield "unknown-form.words.txt", b"please check this certificate for me"
    yield "unknown-form.other.json", b'{"hello": "world"}'
    envelope = {"type": "EnvelopedVerifiableCredential", "id": "data:text/plain,hello"}
    yield "envelope.other-type.json", json.dumps(envelope).encode()
    yield "json.cut-off.json", b'{"type": ["VerifiableCredential"'


def main() -> None:
    """Write every file."""
    for name, text in [*headers(), *encodings(), *documents()]:
        (FOLDER / f"{name}.jwt").write_text(text)
    for name, data in carriers():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
