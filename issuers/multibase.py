"""Pure. Multibase and Multikey (CID 1.0, 2.2.2 and 2.4): keys and signatures as text that begins with z."""

from typing import Final

BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
#: Algorithm → the two bytes before a public key (multicodec), and how many bytes the key has.
PREFIXES: Final[dict[str, tuple[bytes, int]]] = {"Ed25519": (b"\xed\x01", 32), "P-256": (b"\x80\x24", 33)}
LONGEST: Final = 200


class NotMultibase(ValueError):
    """Not base58btc behind a z, too long, or no key that we know."""


def base58(data: bytes) -> str:
    """base58btc: a number in base 58, each leading zero byte as a ``1``."""
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        digits = BASE58[rest] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def encode(data: bytes) -> str:
    """The bytes as multibase text."""
    return "z" + base58(data)


def decode(text: object) -> bytes:
    """The bytes of multibase text. Raises NotMultibase."""
    if not isinstance(text, str) or not 1 < len(text) <= LONGEST or text[0] != "z":
        raise NotMultibase
    number = 0
    for sign in text[1:]:
        digit = BASE58.find(sign)
        if digit < 0:
            raise NotMultibase
        number = number * 58 + digit
    zeros = len(text) - 1 - len(text[1:].lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_key(algorithm: str, public: bytes) -> str:
    """A public key (Ed25519 raw, P-256 as a compressed point) as a Multikey's ``publicKeyMultibase``."""
    return encode(PREFIXES[algorithm][0] + public)


def decode_key(text: object) -> tuple[str, bytes]:
    """Algorithm and bytes of a ``publicKeyMultibase``. Raises NotMultibase."""
    data = decode(text)
    for algorithm, (prefix, length) in PREFIXES.items():
        if data.startswith(prefix) and len(data) == len(prefix) + length:
            return algorithm, data[len(prefix) :]
    raise NotMultibase
