"""``manage.py sweep``: does, every few seconds, what a lost doorbell left undone."""

import signal
import threading
from argparse import ArgumentParser
from itertools import count
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from config.sweeper import WIDE_EVERY, sweep_once


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
            raise SystemExit(1 if sweep_once(now=timezone.now(), wide=True) else 0)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        for lap in count():
            if stop.is_set():
                return
            close_old_connections()
            sweep_once(now=timezone.now(), wide=lap % WIDE_EVERY == 0)
            stop.wait(every)
