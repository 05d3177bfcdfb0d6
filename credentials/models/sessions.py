"""What happens in a room: sessions of a course, who sits there, and slips for those without a phone."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from issuers.models import Arrondissement, Issuer, random_token

from .achievements import Achievement
from .awards import AddressKind, Award, Batch
from .credentials import Credential


def new_secret() -> bytes:
    """What a session's roll-call codes are made with."""
    return secrets.token_bytes(32)


class Session(models.Model):
    """A course given once: where, when, by whom, for how many."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        RUNNING = "running", _("Under way")
        ENDED = "ended", _("Ended")
        ISSUED = "issued", _("Certificates issued")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="sessions", db_index=False)
    achievement = models.ForeignKey(Achievement, on_delete=models.PROTECT, related_name="sessions")
    group = models.CharField(max_length=80, help_text="The provider's name for it, unique to its provider")
    place = models.CharField(max_length=120)
    arrondissement = models.ForeignKey(Arrondissement, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    seats = models.PositiveSmallIntegerField(null=True, blank=True, help_text="How many fit in, if limited")
    language = models.CharField(max_length=2, default="fr")
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.PLANNED)
    secret = models.BinaryField(max_length=32, default=new_secret)
    called_at = models.DateTimeField(
        null=True, blank=True, help_text="When its roll-call was last on a screen, to the minute"
    )
    batch = models.OneToOneField(
        Batch, on_delete=models.PROTECT, null=True, blank=True, related_name="held_session"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("starts_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("issuer", "group"), name="session_group_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_start"),
            models.CheckConstraint(condition=~Q(group="") & ~Q(place=""), name="session_is_named"),
            models.CheckConstraint(
                condition=Q(state="issued", batch__isnull=False)
                | (~Q(state="issued") & Q(batch__isnull=True)),
                name="issued_session_has_its_batch",
            ),
        )
        indexes = (
            models.Index(fields=("issuer", "-starts_at"), name="session_by_issuer"),
            models.Index(fields=("state", "starts_at"), name="session_by_state"),
        )

    def __str__(self) -> str:
        return self.id

    @property
    def open(self) -> bool:
        """Whether people may still be written down."""
        return self.state in (self.State.PLANNED, self.State.RUNNING, self.State.ENDED)


class Enrolment(models.Model):
    """One seat of a session: who, how she is reached, on which days she was there, how it ended."""

    class How(models.TextChoices):
        TRAINER = "trainer", _("Written down by the trainer")
        CALL = "call", _("By the roll-call code")
        SLIP = "slip", _("By a slip of paper")

    class Outcome(models.TextChoices):
        OPEN = "", _("Not decided")
        COMPLETED = "completed", _("Completed")
        NOT_COMPLETED = "not", _("Not completed")
        ABSENT = "absent", _("Absent")

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="enrolments", db_index=False)
    seat = models.PositiveIntegerField(help_text="1, 2, 3 … within the session")
    name_latin = models.CharField(max_length=120, blank=True)
    name_arabic = models.CharField(max_length=120, blank=True)
    address_kind = models.CharField(max_length=8, choices=AddressKind.choices, blank=True)
    address = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=2, default="fr")
    how = models.CharField(max_length=7, choices=How.choices)
    joined_at = models.DateTimeField()
    days = models.JSONField(default=list, blank=True, help_text="ISO dates on which she was there")
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True)
    result = models.CharField(max_length=12, blank=True, help_text="As the course counts: see results.py")
    award = models.OneToOneField(
        Award, on_delete=models.PROTECT, null=True, blank=True, related_name="enrolment"
    )
    forgotten_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("session", "seat")
        constraints = (
            models.UniqueConstraint(fields=("session", "seat"), name="seat_once"),
            models.UniqueConstraint(
                fields=("session", "address_kind", "address", "name_latin", "name_arabic"),
                condition=Q(forgotten_at__isnull=True),
                name="person_once_a_session",
            ),
            models.UniqueConstraint(
                fields=("session", "address"),
                condition=Q(address_kind="passport"),
                name="passport_once_a_session",
            ),
            models.CheckConstraint(
                condition=~Q(name_latin="") | ~Q(name_arabic="") | Q(forgotten_at__isnull=False),
                name="seat_names_a_person",
            ),
            models.CheckConstraint(
                condition=Q(outcome="completed") | Q(result=""), name="result_needs_completion"
            ),
        )
        indexes = (models.Index(fields=("address_kind", "address"), name="seat_by_address"),)

    def __str__(self) -> str:
        return f"{self.session_id} {self.seat}"


class PaperSlip(models.Model):
    """A slip with a one-time code: whoever brings it takes a seat, or a certificate, into her passport.

    The code itself is kept nowhere: it is made anew from the id and the secret key when the slip is printed.
    """

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    enrolment = models.OneToOneField(
        Enrolment, on_delete=models.CASCADE, null=True, blank=True, related_name="slip"
    )
    credential = models.OneToOneField(
        Credential, on_delete=models.CASCADE, null=True, blank=True, related_name="slip"
    )
    digest = models.CharField(max_length=64, unique=True, help_text="Of the code in its QR")
    short_digest = models.CharField(max_length=64, unique=True, help_text="Of the code that is typed")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.CharField(max_length=12, blank=True, help_text="Passport number of whoever brought it")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(enrolment__isnull=True, credential__isnull=False)
                | Q(enrolment__isnull=False, credential__isnull=True),
                name="slip_is_for_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, used_by="") | (Q(used_at__isnull=False) & ~Q(used_by="")),
                name="slip_use_is_whole",
            ),
        )

    def __str__(self) -> str:
        return self.id
