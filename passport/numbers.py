"""Pure. Passport numbers: ten digits of which two check the others, so that a slip of the pen is noticed."""

import secrets


def check_digits(body: str) -> str:
    """The two check digits of an eight-digit body, by ISO/IEC 7064 MOD 97-10."""
    return f"{98 - int(body) * 100 % 97:02d}"


def new_passport_number() -> str:
    """A random number such as ``4821903657``; uniqueness is the database's to say."""
    body = str(secrets.randbelow(90_000_000) + 10_000_000)
    return body + check_digits(body)


def normalise(text: str) -> str | None:
    """The ten digits of a number typed with spaces or dashes, or ``None`` if they do not check."""
    digits = "".join(str(int(c)) for c in text if c.isdecimal())
    if len(digits) != 10 or digits[0] == "0" or check_digits(digits[:8]) != digits[8:]:
        return None
    return digits


def grouped(number: str) -> str:
    """The number as cards print it: ``4821 9036 57``."""
    return " ".join((number[:4], number[4:8], number[8:]))
