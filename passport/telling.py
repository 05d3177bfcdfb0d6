"""Tells somebody something short at an address of hers, at once: it may get lost; the pages say the same."""

import logging
from collections.abc import Callable

from django.utils import translation

from credentials import messengers
from credentials.letters import Letter
from issuers.models import random_token

log = logging.getLogger(__name__)


def tell(*, kind: str, value: str, language: str, letter: Callable[[], Letter]) -> bool:
    """Send the letter there in this language; whether it left. Nothing is tried again."""
    try:
        deliver(kind=kind, value=value, language=language, letter=letter)
    except OSError as error:  # the mail server or the gateway
        log.warning("a short message was not sent", extra={"error": type(error).__name__})
        return False
    return True


def deliver(*, kind: str, value: str, language: str, letter: Callable[[], Letter]) -> None:
    """The same for whoever must know: raises OSError when it did not leave."""
    # a reference of its own: nobody waits for this receipt
    reference = random_token()
    with translation.override(language), messengers.Post() as post:
        written = letter()
        if kind == "email":
            post.send_email(to=value, letter=written, reference=reference)
        else:
            post.send_sms(to=value, text=written.short, reference=reference)
