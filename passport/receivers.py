"""Hears that certificates were issued and files them; the sweeper does what was missed."""

import logging
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from credentials.signals import credentials_issued

from . import filing

log = logging.getLogger(__name__)


@receiver(credentials_issued)
def file_what_was_issued(sender: Any, *, credential_ids: list[str], now: datetime, **rest: Any) -> None:
    """File a chunk; a failure is logged and never reaches the one who issued."""
    try:
        filing.consider(credential_ids=credential_ids, now=now)
    except Exception as error:  # noqa: BLE001  # whatever it is: they are issued, and the sweeper files them
        # the class alone: a database's message can name an address
        log.error("filing after issue failed", extra={"error": type(error).__name__})  # noqa: TRY400
