"""Ids that nobody can guess, and texts in the reader's script."""

import secrets

from django.utils import translation


def random_token() -> str:
    """128 random bits, as 22 characters that fit a URL: an id that nobody can guess."""
    return secrets.token_urlsafe(16)


def in_language(*, fr: str, ar: str) -> str:
    """The text in the reader's script, or in the other one if it is missing."""
    return (ar or fr) if (translation.get_language() or "fr").startswith("ar") else (fr or ar)
