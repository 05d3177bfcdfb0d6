"""Pure. The codes of a roll-call: they change every 15 seconds, so that a photo of the screen does not help.

The code in the picture names the session and proves the moment; the code that is typed proves the moment
alone and changes more slowly, since it is read and typed by hand.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode

STEP = 15
#: A scanned code is taken for 45 seconds at most: the present step and two before it.
SCANNED_STEPS = 3
TYPED_STEP = 60
#: A typed one for two minutes at most.
TYPED_STEPS = 2
_ID = 22
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans("OILU", "011V", " -–·")


def token(*, session: str, secret: bytes, at: int) -> str:
    """What stands behind ``/join/`` in the picture, at this second."""
    return session + _proof(secret, f"{session} {at // STEP}")


def session_of(token: str) -> str:
    """The session that a token names, genuine or not."""
    return token[:_ID]


def holds(token: str, *, session: str, secret: bytes, at: int) -> bool:
    """Whether the token was on the screen within the last three steps."""
    now = at // STEP
    right = [session + _proof(secret, f"{session} {now - back}") for back in range(SCANNED_STEPS)]
    return any(hmac.compare_digest(token.encode(), each.encode()) for each in right)


def typed_code(*, session: str, secret: bytes, at: int) -> str:
    """Six characters to be typed, such as ``K7M2PX``."""
    return _typed(session, secret, at // TYPED_STEP)


def typed_codes(*, session: str, secret: bytes, at: int) -> list[str]:
    """Those that are taken at this second."""
    return [_typed(session, secret, at // TYPED_STEP - back) for back in range(TYPED_STEPS)]


def read_typed(text: str) -> str:
    """What was typed, in its one form; nothing for what is no such code."""
    bare = text.upper().translate(_MEANT)
    return bare if len(bare) == 6 and all(c in _ALPHABET for c in bare) else ""


def left(*, at: int) -> int:
    """For how many seconds the picture stays as it is."""
    return STEP - at % STEP


def _proof(secret: bytes, text: str) -> str:
    return urlsafe_b64encode(hmac.digest(secret, f"scan {text}".encode(), "sha256")[:12]).decode()


def _typed(session: str, secret: bytes, step: int) -> str:
    value = int.from_bytes(
        hashlib.sha256(hmac.digest(secret, f"type {session} {step}".encode(), "sha256")).digest()
    )
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in range(6))
