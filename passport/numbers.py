"""Pure. Passport numbers: ten digits of which two check the others, so that a slip of the pen is noticed."""

import secrets

from credentials import people
from credentials.people import check_digits


def new_passport_number() -> str:
    """A random number such as ``4821903657``; uniqueness is the database's to say."""
    body = str(secrets.randbelow(90_000_000) + 10_000_000)
    return body + check_digits(body)


def normalise(text: str) -> str | None:
    """The ten digits of a number typed with spaces or dashes, or ``None`` if they do not check."""
    try:
        return people.passport_number(text)
    except people.Slip:
        return None


def grouped(number: str) -> str:
    """The number as cards print it: ``4821 9036 57``."""
    return " ".join((number[:4], number[4:8], number[8:]))
