"""Checks the code of a certificate with cbor2 and cryptography alone, as ../paper-format.md says.

python check_paper.py CODE CITY ROOTS FOLDER: the text of the code, the city's DID, a JWK set of its roots,
and where keys.jwt and the three lists (revocation-N.jwt, …) were saved. It prints what was signed, or ends
with what is wrong.
"""

import json
import sys
import time
import zlib
from base64 import urlsafe_b64decode
from contextlib import suppress
from pathlib import Path

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils


def unb64(text):
    return urlsafe_b64decode(text + "==")


def need(holds, verdict):
    return holds or sys.exit(verdict)


def is_signed(jwk, message, signature):
    x, y, r, s = map(int.from_bytes, (unb64(jwk["x"]), unb64(jwk["y"]), signature[:32], signature[32:]))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    with suppress(InvalidSignature):
        return key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256())) is None


def opened(token, typ, jwks):
    text, _, sig = token.strip().rpartition(".")
    header, payload = (json.loads(unb64(segment)) for segment in text.split("."))
    need(header["typ"] == typ and any(is_signed(k, text.encode(), unb64(sig)) for k in jwks), "not trusted")
    return payload


(code, city), (roots, folder), now = sys.argv[1:3], map(Path, sys.argv[3:5]), time.time()
raw = (number := int(code.rpartition("#")[2])).to_bytes((number.bit_length() + 7) // 8)
protected, unprotected, body, signature = (message := cbor2.loads(raw[1:])).value
header, claims, exact = cbor2.loads(protected), cbor2.loads(body), cbor2.dumps(message, canonical=True)
need((raw, message.tag, header[1], len(unprotected)) == (b"\1" + exact, 18, -7, 0), "malformed")
directory = (folder / "keys.jwt").read_text()
inside = json.loads(unb64(directory.split(".")[1]))["delegation"]
root = opened(inside, "delegation+jwt", json.loads(roots.read_text())["keys"])
keys = opened(directory, "keys+jwt", [root["jwk"]])
need((root["iss"], keys["iss"], keys["sub"]) == (city, city, "keys"), "not trusted: another city or document")
need(root["nbf"] <= min(keys["iat"], now) and max(keys["iat"], now) < root["exp"], "not trusted: period")
to_sign = cbor2.dumps(["Signature1", protected, b"", body])
named = [(i, k) for i in keys["issuers"] for k in i["keys"] if k["kid"] == header[4].hex()]
signers = [(issuer, key) for issuer, key in named if is_signed(key["jwk"], to_sign, signature)]
[(issuer, key)] = need(signers, "tampered" if named else "unknown issuer")
need(not key["compromised"], "key withdrawn")
need(key["nbf"] <= claims[6] < (key["until"] or claims[6] + 1), "outside the key's period")
number, index = divmod(claims[-65537][5], 131_072)
for purpose, verdict in ("replacement", "replaced"), ("revocation", "revoked"), ("suspension", "suspended"):
    own = [each["jwk"] for each in issuer["keys"] if not each["compromised"]]
    listed = opened((folder / f"{purpose}-{number}.jwt").read_text(), "vc+jwt", own)
    need(listed["sub"].endswith(f"/s/{purpose}/{number}") and listed["exp"] > now, "status unknown")
    bits = zlib.decompressobj(31).decompress(unb64(listed["credentialSubject"]["encodedList"][1:]), 2**20)
    need(not bits[index >> 3] & 0x80 >> (index & 7), verdict)
need(claims.get(4, now + 1) > now, "expired")
print(issuer["names"], claims)
