"""What was awarded and signed: achievements, awards in their batches, credentials, status lists, messages."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from issuers.models import ApiClient, Issuer, SigningKey, Theme, in_language, random_token

LIST_SIZE = 131_072  # Bitstring Status List 1.0, section 6.1: at least 16 KB


class Achievement(models.Model):
    """What can be awarded, with criteria, workload, level and outcomes; immutable once awarded.

    A change is a new version that ``supersedes`` the old one.
    """

    class Kind(models.TextChoices):
        MICRO_CREDENTIAL = "MicroCredential", _("Micro-credential (assessed)")
        COMPLETION = "CertificateOfCompletion", _("Certificate of attendance")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Assessment(models.TextChoices):
        CONTINUOUS = "continuous", _("Continuous assessment")
        ORAL = "oral", _("Oral examination")
        WRITTEN = "written", _("Written examination")
        PRACTICAL = "practical", _("Practical examination")
        QUIZ = "quiz", _("Questionnaire")
        PROJECT = "project", _("Project")
        PORTFOLIO = "portfolio", _("Portfolio")
        ATTENDANCE = "attendance", _("Attendance, not assessed")

    class Mode(models.TextChoices):
        ONSITE = "onsite", _("On site")
        BLENDED = "blended", _("On site and online")
        ONLINE = "online", _("Online")
        WORK = "work", _("At the workplace")

    class IdentityCheck(models.TextChoices):
        NONE = "none", _("Unsupervised")
        SUPERVISED = "supervised", _("Supervised, identity not checked")
        SUPERVISED_ID = "supervised_id", _("Supervised on site, identity checked")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="achievements")
    code = models.CharField(max_length=20, help_text="The provider's own code, such as C08")
    version = models.PositiveSmallIntegerField(default=1)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="successor"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    theme = models.CharField(max_length=12, choices=Theme.choices)
    title_fr = models.CharField(max_length=120, blank=True)
    title_ar = models.CharField(max_length=120, blank=True)
    description_fr = models.TextField(max_length=1000, blank=True)
    description_ar = models.TextField(max_length=1000, blank=True)
    criteria_fr = models.TextField(max_length=2000, blank=True)
    criteria_ar = models.TextField(max_length=2000, blank=True)
    hours = models.PositiveSmallIntegerField(help_text="Notional workload in hours")
    cnc_level = models.PositiveSmallIntegerField(help_text="Level 1 to 8 of the Moroccan framework (CNC)")
    cefr_level = models.CharField(max_length=6, blank=True, help_text="A1 … C2, for languages")
    digcomp = models.JSONField(default=list, blank=True, help_text='[{"code": "2.1", "level": "basic"}]')
    skills = models.JSONField(
        default=list, blank=True, help_text="ESCO: [{uri, label_en, label_fr, label_ar}]"
    )
    assessment = models.CharField(max_length=12, choices=Assessment.choices)
    assessment_uri = models.URLField(blank=True, help_text="European Learning Model, controlled list")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    mode_uri = models.URLField(blank=True, help_text="European Learning Model, controlled list")
    identity_check = models.CharField(
        max_length=14, choices=IdentityCheck.choices, default=IdentityCheck.SUPERVISED
    )
    prerequisites_fr = models.CharField(max_length=300, blank=True)
    prerequisites_ar = models.CharField(max_length=300, blank=True)
    valid_months = models.PositiveSmallIntegerField(default=0, help_text="0: does not expire")
    min_age = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("issuer", "code", "-version")
        constraints = (
            models.UniqueConstraint(fields=("issuer", "code", "version"), name="achievement_version_once"),
            models.CheckConstraint(condition=Q(hours__gte=1, hours__lte=2000), name="achievement_hours_sane"),
            models.CheckConstraint(
                condition=Q(cnc_level__gte=1, cnc_level__lte=8), name="achievement_cnc_level"
            ),
            models.CheckConstraint(
                condition=~Q(title_fr="") | ~Q(title_ar=""), name="achievement_has_a_title"
            ),
            models.CheckConstraint(
                condition=Q(kind="CertificateOfCompletion", assessment="attendance")
                | (Q(kind="MicroCredential") & ~Q(assessment="attendance")),
                name="micro_credential_is_assessed",
            ),
        )

    def __str__(self) -> str:
        return self.title_fr or self.title_ar

    @property
    def title(self) -> str:
        return in_language(fr=self.title_fr, ar=self.title_ar)

    @property
    def description(self) -> str:
        return in_language(fr=self.description_fr, ar=self.description_ar)

    @property
    def criteria(self) -> str:
        return in_language(fr=self.criteria_fr, ar=self.criteria_ar)

    @property
    def prerequisites(self) -> str:
        return in_language(fr=self.prerequisites_fr, ar=self.prerequisites_ar)

    @property
    def level_label(self) -> str:
        """The level as a certificate prints it, such as ``B1 · CNC 3``."""
        parts = [self.cefr_level] if self.cefr_level else []
        return " · ".join([*parts, f"CNC {self.cnc_level}"])

    @property
    def assessed(self) -> bool:
        return self.kind == self.Kind.MICRO_CREDENTIAL


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


class StatusList(models.Model):
    """131,072 status bits of one issuer; ``number`` runs city-wide, its bits are given out in a keyed order.

    ``next_index`` moves once a batch; the n-th slot is at ``bitstring.slot(permutation_key, n)``. A list
    that was restored from a backup is closed: slots beyond its counter may have been given out already.
    """

    number = models.AutoField(primary_key=True)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="status_lists")
    permutation_key = models.BinaryField(max_length=16)
    next_index = models.PositiveIntegerField(default=0)
    changes = models.PositiveBigIntegerField(default=0, help_text="How often a bit changed")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="From then on no slot is given out")

    class Meta:
        ordering = ("number",)
        constraints = (
            models.CheckConstraint(condition=Q(next_index__lte=LIST_SIZE), name="status_list_not_overfull"),
            models.CheckConstraint(condition=Q(number__lte=32767), name="status_number_fits_paper"),
        )

    def __str__(self) -> str:
        return str(self.number)


class StatusListVersion(models.Model):
    """The newest signed form of one list for one purpose; the web hands it out as it is."""

    class Purpose(models.TextChoices):
        REVOCATION = "revocation", _("Revocation")
        SUSPENSION = "suspension", _("Suspension")
        REPLACEMENT = "replacement", _("Replacement")

    status_list = models.ForeignKey(StatusList, on_delete=models.PROTECT, related_name="versions")
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    version = models.PositiveBigIntegerField()
    body = models.TextField(help_text="VC-JWT of the BitstringStatusListCredential")
    bits = models.BinaryField(help_text="gzip of the bits, as signed")
    changes = models.PositiveBigIntegerField(help_text="The list's changes that it holds, at least")
    etag = models.CharField(max_length=43)
    signed_at = models.DateTimeField()
    stale_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("status_list", "purpose"), name="one_newest_list_a_purpose"),
        )

    def __str__(self) -> str:
        return f"{self.purpose}/{self.status_list_id}"


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
                condition=~Q(name_latin="") | ~Q(name_arabic="") | Q(state="failed"),
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


class Credential(models.Model):
    """The signed statement that an award was made. Its documents are never edited.

    ``jwt`` is the credential of record (VC-JWT, ES256), ``paper`` the SP1 COSE claim that its QR code
    carries, ``cti`` the first 16 bytes of SHA-256 over the VC-JWT's signing input. ``short_code`` is the
    first 60 bits of ``cti`` in Crockford base32, printed for typing.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        REVOKED = "revoked", _("Revoked")
        REPLACED = "replaced", _("Replaced")

    class Visibility(models.TextChoices):
        LINK = "link", _("Whoever has the paper or the link sees it")
        PRIVATE = "private", _("Others see only whether it is valid")
        PUBLIC = "public", _("Also on my public page")

    id = models.CharField(primary_key=True, max_length=22, editable=False)
    award = models.OneToOneField(Award, on_delete=models.PROTECT, related_name="credential")
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="credentials", db_index=False)
    achievement = models.ForeignKey(
        Achievement, on_delete=models.PROTECT, related_name="credentials", db_index=False
    )
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject_id = models.UUIDField()
    name_latin = models.CharField(max_length=120, blank=True)
    name_arabic = models.CharField(max_length=120, blank=True)
    address_kind = models.CharField(max_length=8, choices=AddressKind.choices, blank=True)
    address = models.CharField(max_length=254, blank=True)
    person_hash = models.CharField(max_length=64)
    session = models.CharField(max_length=80, blank=True)
    awarded_on = models.DateField()
    issued_at = models.DateTimeField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    jwt = models.TextField()
    paper = models.BinaryField()
    cti = models.BinaryField(max_length=16, unique=True)
    short_code = models.CharField(max_length=12)
    sha256 = models.BinaryField(max_length=32, help_text="SHA-256 of the VC-JWT's signing input")
    status_list = models.ForeignKey(
        StatusList, on_delete=models.PROTECT, related_name="credentials", db_index=False
    )
    status_index = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    status_changed_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaces", db_index=False
    )
    visibility = models.CharField(max_length=8, choices=Visibility.choices, default=Visibility.LINK)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-issued_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("status_list", "status_index"), name="credential_slot_once"),
            models.UniqueConstraint(fields=("short_code",), name="credential_short_code_once"),
            models.UniqueConstraint(
                fields=("replaced_by",),
                condition=Q(replaced_by__isnull=False),
                name="credential_replaces_one",
            ),
            models.UniqueConstraint(
                fields=("achievement", "awarded_on", "session", "person_hash"),
                condition=Q(status__in=("active", "suspended")),
                name="one_living_credential_an_award",
            ),
            models.CheckConstraint(
                condition=Q(status="replaced", replaced_by__isnull=False)
                | (~Q(status="replaced") & Q(replaced_by__isnull=True)),
                name="replaced_names_its_successor",
            ),
        )
        indexes = (
            models.Index(fields=("address", "address_kind"), name="credential_by_address"),
            models.Index(fields=("issuer", "-issued_at"), name="credential_by_issuer"),
            models.Index(
                fields=("status_list",),
                condition=Q(status__in=("suspended", "revoked", "replaced")),
                name="credential_changed",
            ),
        )

    def __str__(self) -> str:
        return self.id

    @property
    def name(self) -> str:
        return in_language(fr=self.name_latin, ar=self.name_arabic)


class Filing(models.Model):
    """Where a credential went when passports were looked through: into one, into a question, or nowhere yet.

    Written from above, where passports are; here it says whether a certificate was claimed, never by whom.
    """

    class Outcome(models.TextChoices):
        FILED = "filed", _("In a passport")
        PROPOSED = "proposed", _("Waiting for the learner's word")
        UNCLAIMED = "unclaimed", _("Nobody found yet")

    credential = models.OneToOneField(
        Credential, on_delete=models.CASCADE, related_name="filing", primary_key=True
    )
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    considered_at = models.DateTimeField()

    class Meta:
        db_table = "passport_filing"

    def __str__(self) -> str:
        return self.outcome


class StatusChange(models.Model):
    """One act upon a credential's status, with its reason; insert-only."""

    class Act(models.TextChoices):
        REVOKE = "revoke", _("Revoked")
        SUSPEND = "suspend", _("Suspended")
        REINSTATE = "reinstate", _("Reinstated")
        REPLACE = "replace", _("Replaced")

    class Reason(models.TextChoices):
        ISSUED_IN_ERROR = "issued-in-error", _("Issued in error")
        CORRECTED = "corrected", _("Corrected: a name, a date or a result was wrong")
        NOT_ACHIEVED = "not-achieved", _("The criteria were not met")
        FRAUD = "fraud", _("Fraud")
        HOLDER_REQUEST = "holder-request", _("At the holder's request")
        UNDER_REVIEW = "under-review", _("Under review")
        REVIEW_CLOSED = "review-closed", _("Review closed, the certificate stands")
        KEY_COMPROMISED = "key-compromised", _("Signed anew after a key was withdrawn")

    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="status_changes")
    act = models.CharField(max_length=10, choices=Act.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    note = models.CharField(max_length=300, blank=True, help_text="For colleagues; never published")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.credential_id} {self.act}"


class PrintOrder(models.Model):
    """Certificates that a provider wants on paper, for a print shop: made in portions, kept for a day.

    The order stays when its files are gone, so that its page can say so.
    """

    class Layout(models.TextChoices):
        PAGES = "pages", _("Pages, A4")
        CARDS = "cards", _("Cards, ten to a sheet")

    class State(models.TextChoices):
        PREPARING = "preparing", _("Being prepared")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Not prepared")
        EXPIRED = "expired", _("No longer kept")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="print_orders", db_index=False)
    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, related_name="print_orders", null=True, blank=True
    )
    layout = models.CharField(max_length=5, choices=Layout.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PREPARING)
    total = models.PositiveIntegerField(help_text="Certificates that were chosen")
    digest = models.CharField(max_length=43, help_text="What was chosen, to tell a repeat")
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-ordered_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("issuer", "layout", "digest"),
                condition=Q(state__in=("preparing", "ready")),
                name="one_living_print_a_choice",
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(ready_at__isnull=False), name="ready_print_says_since_when"
            ),
        )
        indexes = (models.Index(fields=("state", "ordered_at"), name="print_order_by_state"),)

    def __str__(self) -> str:
        return self.id


class PrintPart(models.Model):
    """A portion of a print order: which certificates, and their files once they are made."""

    order = models.ForeignKey(PrintOrder, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField(help_text="0, 1, 2 … within the order")
    first = models.PositiveIntegerField(help_text="Place of its first certificate in the order, from 1 on")
    credentials = models.JSONField(help_text="Their ids, in order")
    files = models.JSONField(default=list, blank=True, help_text="[[name, length, [ids]], …]")
    data = models.BinaryField(null=True, blank=True, help_text="The files, one after the other")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.CharField(max_length=22, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("order", "number")
        constraints = (
            models.UniqueConstraint(fields=("order", "number"), name="print_part_once"),
            models.CheckConstraint(
                condition=Q(made_at__isnull=True, data__isnull=True)
                | Q(made_at__isnull=False, data__isnull=False),
                name="made_print_part_has_files",
            ),
        )
        indexes = (
            models.Index(
                fields=("number", "id"), condition=Q(made_at__isnull=True), name="print_part_to_make"
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_id} {self.number}"


class Endpoint(models.Model):
    """An address of a provider's own program that is told what happens: a webhook.

    Its secret is needed in clear whenever something is signed for it, so it is sealed and not hashed; for a
    day after it was changed the one before signs too. ``rests_until`` keeps it to one worker at a time, and
    gives it peace while it does not answer; ``stopped_at`` says that it did not for days.
    """

    class Event(models.TextChoices):
        BATCH_COMPLETED = "batch.completed", _("An award or a list is complete")
        BATCH_HELD = "batch.held", _("A list waits for a second person")
        CREDENTIAL_ISSUED = "credential.issued", _("Certificates were issued")
        STATUS_CHANGED = "credential.status_changed", _("A certificate's status changed")

    class Why(models.TextChoices):
        SILENT = "silent", _("It has not taken anything for five days")
        GONE = "gone", _("It said that it wants nothing more")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="endpoints")
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list)
    sealed = models.BinaryField(null=True, blank=True, help_text="The secret; see credentials/endpoints.py")
    sealed_before = models.BinaryField(null=True, blank=True)
    before_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True, help_text="Whoever waited longest comes first")
    rests_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row without any answer")
    failing_since = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_why = models.CharField(max_length=8, choices=Why.choices, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("issuer", "url"), condition=Q(removed_at__isnull=True), name="one_endpoint_an_address"
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, sealed__isnull=False)
                | Q(removed_at__isnull=False, sealed__isnull=True, sealed_before__isnull=True),
                name="endpoint_has_a_secret_while_it_lives",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True, stopped_why="")
                | (Q(stopped_at__isnull=False) & ~Q(stopped_why="")),
                name="endpoint_stopped_for_a_reason",
            ),
        )

    def __str__(self) -> str:
        return self.id

    @property
    def host(self) -> str:
        """Of its address what may be shown to everybody who works there: the rest may be a secret."""
        return self.url.removeprefix("https://").partition("/")[0].partition("?")[0]

    @property
    def event_labels(self) -> list[str]:
        return [str(self.Event(event).label) for event in self.events]


class Outgoing(models.Model):
    """What must leave the house: at least once, under one id however often it is tried."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        BOUNCED = "bounced", _("Refused by the address")
        FAILED = "failed", _("Not sent")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When the gateway said that it was delivered or refused"
    )
    last_error = models.CharField(max_length=200, blank=True)
    let_go_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody decided that it need not arrive any more"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.id


class Message(Outgoing):
    """A message to a person about a certificate, or to a provider about one of its endpoints."""

    class Kind(models.TextChoices):
        ISSUED = "issued", _("A certificate is there")
        STATUS = "status", _("A certificate's status changed")
        RENEWED = "renewed", _("A certificate was signed anew")
        ENDPOINT = "endpoint", _("A webhook was switched off")

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("SMS")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    credential = models.ForeignKey(
        Credential, on_delete=models.PROTECT, related_name="messages", db_index=False, null=True, blank=True
    )
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="messages", db_index=False, null=True, blank=True
    )
    dedupe = models.CharField(max_length=40, help_text="What this message is about, once")
    channel = models.CharField(max_length=5, choices=Channel.choices)
    to = models.CharField(max_length=254)
    language = models.CharField(max_length=2)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("credential", "kind", "dedupe"), name="message_once"),
            models.UniqueConstraint(
                fields=("endpoint", "kind", "dedupe"),
                condition=Q(endpoint__isnull=False),
                name="message_about_an_endpoint_once",
            ),
            models.CheckConstraint(
                condition=Q(credential__isnull=False, endpoint__isnull=True)
                | Q(credential__isnull=True, endpoint__isnull=False),
                name="message_is_about_one_thing",
            ),
        )
        indexes = (
            models.Index(fields=("not_before",), condition=Q(state="pending"), name="message_pending"),
            models.Index(
                fields=("-created_at",),
                condition=Q(state__in=("bounced", "failed"), let_go_at__isnull=True),
                name="message_undelivered",
            ),
        )


class Delivery(Outgoing):
    """One event for one endpoint; ``body`` is sent as it is, so that every try has the same bytes."""

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    event = models.CharField(max_length=40)
    subject = models.CharField(max_length=60, help_text="What the event is about, once")
    body = models.TextField()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(fields=("endpoint", "event", "subject"), name="delivery_once"),
        )
        indexes = (
            models.Index(
                fields=("endpoint", "not_before"), condition=Q(state="pending"), name="delivery_pending"
            ),
            models.Index(fields=("endpoint", "-created_at"), name="delivery_by_endpoint"),
            models.Index(
                fields=("-created_at",),
                condition=Q(state__in=("bounced", "failed"), let_go_at__isnull=True),
                name="delivery_undelivered",
            ),
        )


class LocalMessage(models.Model):
    """What the local outbox received instead of a mail server or an SMS gateway (demo and development)."""

    channel = models.CharField(max_length=5, choices=Message.Channel.choices)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-received_at", "-id")

    def __str__(self) -> str:
        return f"{self.channel} {self.to}"
