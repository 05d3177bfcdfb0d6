"""Pure. The envelope of a paper claim: COSE_Sign1 (RFC 9052) with ES256 and an 8-byte key id."""

import cbor2

TAG_SIGN1 = 18
ALG_ES256 = -7
ALG_ESP256 = -9  # RFC 9864's fully specified name of the same algorithm


def protected_header(kid8: str) -> bytes:
    """The serialised protected header: ES256 and the first 8 bytes of the key's thumbprint."""
    return cbor2.dumps({1: ALG_ES256, 4: bytes.fromhex(kid8)}, canonical=True)


def to_be_signed(protected: bytes, body: bytes) -> bytes:
    """The Sig_structure of RFC 9052, section 4.4."""
    return cbor2.dumps(["Signature1", protected, b"", body], canonical=True)


def signature_of(message: bytes, *, protected: bytes, body: bytes) -> bytes | None:
    """The signature of a tagged COSE_Sign1 message of exactly this header and body, or ``None``."""
    found = cbor2.loads(message)
    if not isinstance(found, cbor2.CBORTag) or found.tag != TAG_SIGN1:
        return None
    header, unprotected, payload, signature = found.value
    return bytes(signature) if (header, unprotected, payload) == (protected, {}, body) else None


def sealed(protected: bytes, body: bytes, signature: bytes) -> bytes:
    """The COSE_Sign1 message, tagged."""
    return cbor2.dumps(cbor2.CBORTag(TAG_SIGN1, [protected, {}, body, signature]), canonical=True)
