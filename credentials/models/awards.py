"""A provider's instructions: batches, the chunks that workers take, one award a row."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from issuers.models import ApiClient, Issuer, random_token

from .achievements import Achievement


class Batch(models.Model):
    """A provider's instruction to award, of one row or ten thousand; the unit of acceptance.

    ``kind`` chooses the queue: a single badge never waits behind a class. A draft is a list that was read and
    checked; nothing of it is signed before somebody accepts it. One that is held has been ordered, and waits
    for another person to release it.
    """

    class Kind(models.TextChoices):
        INTERACTIVE = "interactive", _("One person")
        ROSTER = "roster", _("A list of people")
        REISSUE = "reissue", _("Signed anew after a key was withdrawn")

    class State(models.TextChoices):
        DRAFT = "draft", _("To be looked through")
        HELD = "held", _("Waits for a second person")
        ACCEPTED = "accepted", _("Accepted")
        COMPLETE = "complete", _("Complete")
        CANCELLED = "cancelled", _("Cancelled")

    class Held(models.TextChoices):
        UNUSUAL_SIZE = "unusual-size", _("Much longer than the provider's lists usually are")
        ABOVE_CAP = "above-cap", _("More than the city allows the provider in a day")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="batches", db_index=False)
    achievement = models.ForeignKey(Achievement, on_delete=models.PROTECT, related_name="batches")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACCEPTED)
    awarded_on = models.DateField(help_text="For rows that name no day of their own")
    session = models.CharField(
        max_length=80, blank=True, help_text="The provider's name for the group, if any"
    )
    file_name = models.CharField(max_length=120, blank=True, help_text="Of the list, as it was called")
    reading = models.JSONField(
        default=dict, blank=True, help_text="How the file was read: encoding, what was left out"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    client = models.ForeignKey(
        ApiClient, on_delete=models.PROTECT, related_name="batches", null=True, blank=True
    )
    idempotency_key = models.CharField(max_length=128)
    request_hash = models.CharField(
        max_length=64, help_text="SHA-256 of what was asked, to tell a repeat from another"
    )
    row_count = models.PositiveIntegerField()
    notify = models.BooleanField(default=True, help_text="Whether people get a message when it is issued")
    accepted_at = models.DateTimeField(
        help_text="Of a draft: when it came in; of one that is held: when it was ordered"
    )
    completed_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    held_because = models.CharField(
        max_length=12, choices=Held.choices, blank=True, help_text="Stays when it is released"
    )
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    released_at = models.DateTimeField(null=True, blank=True)
    turned_down_because = models.CharField(
        max_length=300, blank=True, help_text="Said to those who ordered it"
    )

    class Meta:
        ordering = ("-accepted_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("issuer", "idempotency_key"), name="one_batch_an_idempotency_key"
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True) | ~Q(released_by=F("requested_by")),
                name="batch_released_by_another",
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | (Q(released_by__isnull=False, released_at__isnull=False) & ~Q(held_because="")),
                name="batch_release_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | (~Q(held_because="") & Q(released_at__isnull=True)),
                name="held_batch_says_why",
            ),
        )
        indexes = (
            models.Index(fields=("issuer", "-accepted_at"), name="batch_by_issuer"),
            models.Index(fields=("accepted_at",), condition=Q(state="held"), name="batch_held"),
        )

    def __str__(self) -> str:
        return self.id


class Chunk(models.Model):
    """A run of rows of one batch that one worker takes, signs and stores in one transaction.

    Its rows have consecutive slots of one status list, from ``first_slot`` on, whether they use them or not.
    """

    class State(models.TextChoices):
        READY = "ready", _("Ready")
        DONE = "done", _("Done")

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    kind = models.CharField(max_length=12, choices=Batch.Kind.choices, help_text="The batch's, for the queue")
    first_row = models.PositiveIntegerField()
    last_row = models.PositiveIntegerField()
    status_list = models.ForeignKey(
        "StatusList", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    first_slot = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=6, choices=State.choices, default=State.READY)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.CharField(max_length=22, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(help_text="Not to be taken before: backoff")
    last_error = models.CharField(max_length=200, blank=True, help_text="Class of the last failure; no data")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("batch", "first_row", "last_row"), name="chunk_once"),
            models.CheckConstraint(condition=Q(last_row__gte=F("first_row")), name="chunk_has_rows"),
            models.CheckConstraint(
                condition=Q(state="done") | Q(status_list__isnull=False), name="ready_chunk_has_slots"
            ),
        )
        indexes = (
            models.Index(fields=("kind", "not_before", "id"), condition=Q(state="ready"), name="chunk_ready"),
        )

    def __str__(self) -> str:
        return f"{self.batch_id} {self.first_row}-{self.last_row}"


class AddressKind(models.TextChoices):
    """How a person is reached or recognised when a certificate is filed."""

    NONE = "", _("None: a printed certificate")
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    PASSPORT = "passport", _("Passport number")


class Award(models.Model):
    """One row of a batch: this achievement, to this person; it ends issued, failed, duplicate or cancelled.

    A row that was wrong when it came keeps what was typed, cell by cell, until somebody mends it.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Being prepared")
        ISSUED = "issued", _("Issued")
        FAILED = "failed", _("Not issued")
        DUPLICATE = "duplicate", _("Already issued")
        CANCELLED = "cancelled", _("Cancelled")

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="awards", db_index=False)
    row = models.PositiveIntegerField(help_text="1, 2, 3 … within the batch")
    line = models.PositiveIntegerField(default=0, help_text="The row's number in the list that came")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    name_latin = models.CharField(max_length=120, blank=True)
    name_arabic = models.CharField(max_length=120, blank=True)
    address_kind = models.CharField(max_length=8, choices=AddressKind.choices, blank=True)
    address = models.CharField(
        max_length=254, blank=True, help_text="E.164, lower-case e-mail or passport number"
    )
    language = models.CharField(max_length=2, default="fr", help_text="In which messages are written")
    awarded_on = models.DateField()
    result = models.CharField(max_length=12, blank=True, help_text="As the course counts: see results.py")
    replaces = models.ForeignKey(
        "Credential",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replacement_awards",
        db_index=False,
    )
    reason = models.CharField(max_length=20, blank=True, help_text="Why it replaces: a StatusChange.Reason")
    note = models.CharField(max_length=300, blank=True, help_text="For colleagues; never published")
    credential_id = models.CharField(max_length=22, default=random_token, editable=False)
    subject_id = models.UUIDField(
        default=uuid4, editable=False, help_text="urn:uuid of the subject, of this credential alone"
    )
    person_hash = models.CharField(
        max_length=64, blank=True, help_text="Who, for telling a repeat: see awards.person_hash"
    )
    error_code = models.CharField(max_length=40, blank=True)
    error_field = models.CharField(max_length=40, blank=True)
    typed = models.JSONField(
        null=True, blank=True, help_text="field → text, as it came, while the row is wrong"
    )
    problems = models.JSONField(default=list, blank=True, help_text="[{field, code, value, …}]")

    class Meta:
        ordering = ("batch", "row")
        constraints = (
            models.UniqueConstraint(fields=("batch", "row"), name="award_row_once"),
            models.CheckConstraint(
                condition=~Q(name_latin="")
                | ~Q(name_arabic="")
                | Q(state="failed")
                | (Q(person_hash__startswith="erased-") & ~Q(state="pending")),
                name="award_names_a_person",
            ),
            models.CheckConstraint(
                condition=Q(state="failed") | Q(error_code=""), name="only_failed_awards_have_errors"
            ),
        )
        indexes = (
            models.Index(fields=("replaces",), condition=Q(replaces__isnull=False), name="award_by_replaced"),
        )

    def __str__(self) -> str:
        return f"{self.batch_id} {self.row}"
