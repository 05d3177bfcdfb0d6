"""Counts of verifications, and benches: what somebody has checked at once, for an hour and no longer."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from issuers.models import random_token


class VerificationCount(models.Model):
    """How many verdicts of one kind were given on one day through one door."""

    on = models.DateField()
    door = models.CharField(max_length=8, help_text="page, upload, api, command or bench")
    verdict = models.CharField(max_length=16)
    times = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("on", "door", "verdict"), name="verification_count_once"),
        )

    def __str__(self) -> str:
        return f"{self.on} {self.door} {self.verdict}"


class Bench(models.Model):
    """What was handed over together, under an address that nobody can guess: whoever has it sees all."""

    id = models.CharField(max_length=22, primary_key=True, default=random_token, editable=False)
    made_at = models.DateTimeField(db_index=True)
    receipt = models.TextField(blank=True, help_text="A JWS, typ receipt+jwt, until it is handed over")

    class Meta:
        ordering = ("-made_at",)
        verbose_name_plural = "benches"

    def __str__(self) -> str:
        return self.id


class BenchItem(models.Model):
    """One file, link or code of a bench. Its content goes as soon as it is checked; the row is the queue."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        CHECKED = "checked", _("checked")

    bench = models.ForeignKey(Bench, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120, help_text="Of the file, or how the text begins")
    sha256 = models.BinaryField(max_length=32)
    content = models.BinaryField(null=True, help_text="Until it is checked")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    outcome = models.CharField(max_length=16, blank=True, help_text="A verdict, print-differs or not-read")
    finding = models.JSONField(default=dict, help_text="What bench_examining found")
    attempts = models.PositiveSmallIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(default=0, help_text="How often a child died of it")
    lease_token = models.CharField(max_length=22, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(help_text="Not to be taken before: backoff")

    class Meta:
        ordering = ("bench", "number")
        constraints = (
            models.UniqueConstraint(fields=("bench", "number"), name="bench_item_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", content__isnull=False)
                | Q(state="checked", content__isnull=True),
                name="bench_content_goes_when_checked",
            ),
        )
        indexes = (
            models.Index(fields=("number", "id"), condition=Q(state="waiting"), name="bench_items_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.bench_id} {self.number}"
