"""Figures for Prometheus, from the same counts as the health pages; every web process tells the same."""

import platform
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import Lock

import django
from django.conf import settings
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    StateSetMetricFamily,
)
from prometheus_client.registry import Collector

from credentials import counting
from issuers import chain
from verify.counting import given

#: Counts are kept so long in each process: many scrapers cost no more than one.
FRESH_FOR = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was counted at one moment, and how long that took."""

    health: counting.Health
    certificates: int
    verifications: dict[str, int]
    chain: chain.Chain
    seconds: float


class Newest:
    """The newest facts of this process; whoever comes while they are counted waits for them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._facts: Facts | None = None

    def at(self, now: datetime) -> Facts:
        """The facts, at most five seconds old."""
        with self._lock:
            held = self._facts
            if held is None or not timedelta() <= now - held.health.at < FRESH_FOR:
                held = self._facts = _count(now=now)
            return held

    def forget(self) -> None:
        """Count anew the next time."""
        with self._lock:
            self._facts = None


newest = Newest()


def _count(*, now: datetime) -> Facts:
    began = time.perf_counter()
    health = counting.health(issuers=None, now=now)
    certificates = counting.certificates()
    verifications = given(on=timezone.localdate(now))
    links = chain.look(now=now)
    return Facts(
        health=health,
        certificates=certificates,
        verifications=verifications,
        chain=links,
        seconds=time.perf_counter() - began,
    )


def exposition(*, accept: str, now: datetime) -> tuple[bytes, str]:
    """The figures as text and its media type: OpenMetrics or Prometheus' own, as ``accept`` asks.

    Raises a database error when there is nothing to count with.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(newest.at(now)))
    try:
        encode, media_type = choose_encoder(accept)
    except (TypeError, ValueError):  # what the client asked for has a version that is none
        encode, media_type = choose_encoder("")
    return encode(registry), media_type


class Figures(Collector):
    """The facts under the names that Prometheus knows them by; ``docs/operations.md`` lists them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def collect(self) -> Iterator[Metric]:
        health, total = self.facts.health, self.facts.health.total
        yield InfoMetricFamily("passport_build", "What runs here", value=build())
        yield from self._queue(health, total)
        yield from self._today(health, total)
        yield from self._messages(health, total)
        yield gauge(
            "passport_certificates_unfiled", "Of the last seven days, in no passport yet", total.unfiled
        )
        yield gauge("passport_status_lists_stale", "Lists of bits to be signed anew", total.lists_stale)
        yield gauge(
            "passport_status_lists_overdue", "Lists of bits that are signed too late", total.lists_overdue
        )
        yield gauge(
            "passport_trust_broken", "1 if the root vouches for no directory", self.facts.chain.broken
        )
        if self.facts.chain.delegation:
            yield gauge(
                "passport_delegation_ends_timestamp_seconds",
                "When the root's delegation to the directory key runs out",
                self.facts.chain.delegation.not_after.timestamp(),
            )
        yield gauge("passport_credentials", "Certificates, about", self.facts.certificates)
        yield gauge("passport_counting_seconds", "How long counting all this took", self.facts.seconds)

    def _queue(self, health: counting.Health, total: counting.Counts) -> Iterator[Metric]:
        yield gauge("passport_rows_waiting", "Accepted rows that are not signed yet", total.waiting)
        yield gauge(
            "passport_oldest_waiting_seconds", "How long the oldest row has waited", health.oldest_seconds
        )
        yield labelled(
            "passport_chunks",
            "Runs of rows that wait, by who holds them",
            "state",
            {
                "ready": total.ready,
                "resting": total.resting,
                "working": total.working,
                "stalled": total.stalled,
            },
        )
        yield StateSetMetricFamily(
            "passport_queue",
            "How the slowest provider's rows move",
            value={pace.value: pace == health.pace for pace in counting.Pace},
        )

    def _today(self, health: counting.Health, total: counting.Counts) -> Iterator[Metric]:
        yield gauge("passport_rows_accepted_today", "Rows accepted since midnight", total.accepted)
        yield gauge("passport_rows_issued_today", "Certificates issued since midnight", total.issued)
        yield labelled(
            "passport_rows_failed_today",
            "Rows of today's lists that failed, by reason",
            "reason",
            dict(health.reasons),
        )
        yield gauge(
            "passport_rows_duplicate_today", "Rows of today's lists that were repeats", total.duplicate
        )
        yield labelled(
            "passport_issue_rate",
            "Certificates a second",
            "window",
            {"1m": total.last_minute / 60, "5m": total.per_second},
        )
        if total.last_issued_at:
            yield gauge(
                "passport_last_issued_timestamp_seconds",
                "When the newest certificate was issued",
                total.last_issued_at.timestamp(),
            )
        yield labelled(
            "passport_verifications_today",
            "Verifications since midnight, by verdict",
            "verdict",
            self.facts.verifications,
        )

    def _messages(self, health: counting.Health, total: counting.Counts) -> Iterator[Metric]:
        yield labelled(
            "passport_messages",
            "Messages: pending are all that wait, the others are about certificates of the last seven days",
            "state",
            {
                "pending": total.messages_waiting,
                "sent": total.messages_sent,
                "delivered": total.messages_delivered,
                "bounced": total.messages_bounced,
                "failed": total.messages_failed,
            },
        )
        yield gauge(
            "passport_oldest_message_seconds",
            "How long a message has been due without being sent",
            health.oldest_message_seconds,
        )


def gauge(name: str, documentation: str, value: float) -> Metric:
    """A figure that goes up and down."""
    return GaugeMetricFamily(name, documentation, value=value)


def labelled(name: str, documentation: str, label: str, values: dict[str, float] | dict[str, int]) -> Metric:
    """One such figure for each value of a label."""
    family = GaugeMetricFamily(name, documentation, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


@cache
def build() -> dict[str, str]:
    """The versions of the product and of what it runs on."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return {
        "version": str(project["version"]),
        "python": platform.python_version(),
        "django": django.get_version(),
    }
