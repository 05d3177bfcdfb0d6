"""Pure. A checkpoint of the audit log as the world writes one: C2SP tlog-checkpoint in a signed-note.

Three lines of text (origin, size, root in base64), an empty line, and signatures; the log's own is Ed25519.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = b"\x01"  # signed-note: the byte that names the kind of signature
MAX_NOTE = 16_384  # room for the signatures of sixteen witnesses
_TEXT = re.compile(r"([^\s+]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


class NoteError(ValueError):
    """This is no checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a checkpoint says: which log, how many leaves, their root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text that is signed, byte for byte."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A checkpoint with its signatures: who, which key, the bytes."""

    head: Head
    signatures: tuple[tuple[str, bytes, bytes], ...]


def origin(base_url: str) -> str:
    """The log's name: its address without a scheme, as tlog-checkpoint recommends."""
    parts = urlsplit(base_url)
    return f"{parts.netloc}{parts.path.rstrip('/')}/audit"


def key_id(name: str, public: bytes) -> bytes:
    """The four bytes by which a signature line names its key."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def signed(head: Head, *, public: bytes, signature: bytes) -> str:
    """The whole note, with the log's own signature."""
    line = b64encode(key_id(head.origin, public) + signature).decode()
    return f"{head.text()}\n— {head.origin} {line}\n"


def verifier_key(name: str, public: bytes) -> str:
    """The public key as witnesses configure it (``vkey``): name, key id, kind and key."""
    return f"{name}+{key_id(name, public).hex()}+{b64encode(ED25519 + public).decode()}"


def read_head(text: str) -> Head:
    """The three lines, strictly: no extension lines, one spelling. Raises NoteError."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise NoteError("not the three lines of a checkpoint")
    head = Head(origin=found[1], size=int(found[2]), root=b64decode(found[3]))
    if head.text() != text:
        raise NoteError("a root in another spelling")
    return head


def read(note: str) -> Note:
    """A signed checkpoint; nothing is verified yet. Raises NoteError."""
    text, parted, lines = note.partition("\n\n")
    if not parted or len(note) > MAX_NOTE or not lines.endswith("\n"):
        raise NoteError("not a signed note")
    signatures = []
    for line in lines[:-1].split("\n"):
        found = _SIGNATURE.fullmatch(line)
        try:
            data = b64decode(found[2], validate=True) if found else b""
        except Base64Error:
            data = b""
        if found is None or len(data) < 5:
            raise NoteError("not a signature line")
        signatures.append((found[1], data[:4], data[4:]))
    return Note(head=read_head(f"{text}\n"), signatures=tuple(signatures))


def is_signed(note: Note, *, public: bytes) -> bool:
    """Whether the log's key signed it. Others' signatures are passed over; a wrong one of ours is not."""
    name, wanted = note.head.origin, key_id(note.head.origin, public)
    ours = [signature for who, key, signature in note.signatures if (who, key) == (name, wanted)]
    try:
        for signature in ours:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, note.head.text().encode())
    except InvalidSignature:
        return False
    return bool(ours)
