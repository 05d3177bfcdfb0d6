"""What was signed, where it was filed, and every act upon its status."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer, SigningKey, in_language

from .achievements import Achievement
from .awards import AddressKind, Award
from .lists import StatusList


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
