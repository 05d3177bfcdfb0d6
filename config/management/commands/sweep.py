"""``manage.py sweep``: does, every few seconds, what a lost doorbell left undone."""

import logging
import signal
import threading
from argparse import ArgumentParser
from itertools import count
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections

from config.sweeper import WIDE_EVERY, sweep_once
from issuers import clock

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Runs until it is told to stop; needs the database alone, and the key-encryption key."""

    help = "Does what a lost doorbell left undone; needs the database alone, not the broker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=3.0, help="seconds between rounds (default 3)")
        parser.add_argument(
            "--once", action="store_true", help="one round, then end (exit 1 if a part failed)"
        )

    def handle(self, *args: Any, every: float, once: bool, **options: Any) -> None:
        if once:
            raise SystemExit(1 if sweep_once(now=clock.now(), wide=True) else 0)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        for lap in count():
            if stop.is_set():
                return
            close_old_connections()
            try:
                sweep_once(now=clock.now(), wide=lap % WIDE_EVERY == 0)
            except Error as error:  # it is away: nothing can be done until it is back
                log.warning("database away", extra={"error": type(error).__name__})
            stop.wait(every)
