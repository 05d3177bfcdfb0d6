"""Pure. How long a text message is as phones count it: GSM 03.38 letters, or UCS-2 as soon as one is none."""

from dataclasses import dataclass

#: The letters of the default alphabet (3GPP TS 23.038, section 6.2.1), and those that take two places.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
#: Places in a message of one part, and in each part of a longer one, which carries a header.
ONE_GSM, MORE_GSM = 160, 153
ONE_UCS2, MORE_UCS2 = 70, 67


@dataclass(frozen=True, slots=True)
class Size:
    """How a text travels."""

    gsm: bool
    places: int
    parts: int


def size(text: str) -> Size:
    """How many places and parts this text takes."""
    gsm = all(letter in GSM or letter in EXTENDED for letter in text)
    if gsm:
        places = sum(2 if letter in EXTENDED else 1 for letter in text)
        one, more = ONE_GSM, MORE_GSM
    else:
        places = len(text.encode("utf-16-be")) // 2
        one, more = ONE_UCS2, MORE_UCS2
    return Size(gsm=gsm, places=places, parts=1 if places <= one else -(-places // more))
