"""Documents of others that a learner brings: looked at by a worker, then kept as they are, or answered."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from issuers.models import random_token

from .people import Learner


class Import(models.Model):
    """A certificate that somebody else than the city's providers gave her, exactly as she brought it.

    While it is looked at, ``content`` holds what she handed over. What is kept stands in ``raw``, with the
    report of its last check; what is not hers or cannot be kept has an ``answer``, and goes after some days.
    """

    class State(models.TextChoices):
        LOOKING = "looking", _("Being looked at")
        KEPT = "kept", _("In the passport")
        ANSWERED = "answered", _("Not kept")

    class Standing(models.TextChoices):
        GENUINE = "genuine", _("Genuine")
        EARLY = "not-yet-valid", _("Not valid yet")
        EXPIRED = "expired", _("Genuine, expired")
        SUSPENDED = "suspended", _("Genuine, suspended by its issuer")
        REVOKED = "revoked", _("Revoked by its issuer")
        UNCHECKED = "unchecked", _("Could not be checked")
        BROKEN = "broken", _("Not what its issuer signed")

    class Hers(models.TextChoices):
        ADDRESS = "address", _("By a phone or e-mail that you proved")
        NAME = "name", _("By name alone")

    #: Attempts after which whatever happens to it is said to her.
    MAX_ATTEMPTS: ClassVar[int] = 3

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="imports")
    state = models.CharField(max_length=8, choices=State.choices, default=State.LOOKING)
    brought_at = models.DateTimeField()
    content = models.BinaryField(null=True, help_text="What she handed over, until it is kept or goes")
    typed = models.BooleanField(default=False, help_text="Typed, pasted or scanned: a text, no file")
    size = models.PositiveIntegerField(help_text="In bytes")

    wanted_at = models.DateTimeField(null=True, blank=True, help_text="Since when a look is due")
    not_before = models.DateTimeField(db_default=Now())
    lease_token = models.CharField(max_length=22, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    answer = models.CharField(max_length=24, blank=True, help_text="Why it is not kept: importing.Answer")
    finding = models.CharField(max_length=60, blank=True, help_text="The fault, as the report names it")
    leads_to = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    certificate_id = models.CharField(max_length=40, blank=True, help_text="Of the city's, if it is one")

    raw = models.TextField(blank=True, help_text="Exactly what can be verified again")
    key = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the issuer's id and its own")
    standard = models.CharField(max_length=8, blank=True)
    securing = models.CharField(max_length=40, blank=True)
    issuer_id = models.TextField(blank=True)
    issuer_name = models.CharField(max_length=200, blank=True)
    titles = models.JSONField(default=list, help_text="[{text, language}]")
    names = models.JSONField(default=list, help_text="Whom it names")
    skills = models.JSONField(default=list, help_text="ESCO, as in an achievement")
    happened_on = models.DateField(null=True, blank=True)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    hers = models.CharField(max_length=8, choices=Hers.choices, blank=True)
    standing = models.CharField(max_length=16, choices=Standing.choices, blank=True)
    report = models.JSONField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    genuine_at = models.DateTimeField(null=True, blank=True, help_text="When all of it held last")
    kept_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-brought_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=~Q(state="looking") | Q(content__isnull=False, wanted_at__isnull=False),
                name="import_looks_at_something",
            ),
            models.CheckConstraint(
                condition=~Q(state="kept")
                | Q(content__isnull=True, checked_at__isnull=False, kept_at__isnull=False)
                & ~Q(raw="")
                & ~Q(key="")
                & ~Q(standing="")
                & ~Q(hers="")
                & Q(answer=""),
                name="import_kept_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(wanted_at__isnull=True) & ~Q(answer=""),
                name="import_answered_with_a_word",
            ),
            models.CheckConstraint(
                condition=Q(genuine_at__isnull=True) | Q(genuine_at__lte=F("checked_at")),
                name="import_genuine_when_checked",
            ),
            models.UniqueConstraint(
                fields=("learner", "key"), condition=Q(state="kept"), name="import_kept_once_a_learner"
            ),
        )
        indexes = (
            models.Index(
                fields=("wanted_at",), condition=Q(wanted_at__isnull=False), name="import_by_waiting"
            ),
        )

    def __str__(self) -> str:
        return self.id

    @property
    def looking(self) -> bool:
        """Whether it is looked at just now, for the first time or again."""
        return self.wanted_at is not None

    @property
    def title(self) -> str:
        """Its title in the reader's language, else the first that it has."""
        return self.title_shown["text"] if self.title_shown else ""

    @property
    def title_shown(self) -> dict[str, Any] | None:
        """The same with the language that the document says it is in."""
        language = (get_language() or "fr")[:2]
        found: list[dict[str, Any]] = self.titles
        mine = [title for title in found if title["language"][:2] == language]
        return next(iter(mine or found), None)

    def standing_at(self, now: datetime) -> str:
        """What the last check found, with the day that has come since."""
        if (
            self.standing == self.Standing.GENUINE
            and self.valid_until is not None
            and self.valid_until <= now
        ):
            return self.Standing.EXPIRED.value
        return self.standing
