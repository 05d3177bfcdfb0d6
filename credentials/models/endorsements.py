"""Endorsements: what one body says for a course, a provider or a certificate, under its own signature."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from issuers.models import Issuer, SigningKey, in_language, random_token

from .achievements import Achievement
from .credentials import Credential
from .lists import LIST_SIZE

MAX_COMMENT = 500


class Endorsement(models.Model):
    """One body's word for a course, a provider or a certificate of others: signed, kept, withdrawn perhaps.

    ``endorser`` is empty for the city. ``owner`` is whose thing it is: the provider of the course or of the
    certificate, or the provider itself. A refused one still holds; it is not shown. One about a certificate
    is shown to nobody before its holder agrees, and says nothing any more once the certificate was erased.
    """

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    endorser = models.ForeignKey(
        Issuer, on_delete=models.PROTECT, related_name="endorsements_given", null=True, blank=True
    )
    owner = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="endorsements_received")
    achievement = models.ForeignKey(
        Achievement,
        on_delete=models.PROTECT,
        related_name="endorsements",
        null=True,
        blank=True,
        help_text="Empty where the owner itself is endorsed",
    )
    credential = models.ForeignKey(
        Credential,
        on_delete=models.PROTECT,
        related_name="endorsements",
        null=True,
        blank=True,
        help_text="The one person's certificate that it is about",
    )
    comment_fr = models.CharField(max_length=MAX_COMMENT, blank=True)
    comment_ar = models.CharField(max_length=MAX_COMMENT, blank=True)
    slot = models.PositiveIntegerField(help_text="Its bit in the endorser's list, by lot")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    endorsed_at = models.DateTimeField()
    body = models.TextField(blank=True, default="", help_text="The EndorsementCredential, once signed")
    key = models.ForeignKey(
        SigningKey, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    refused_at = models.DateTimeField(null=True, blank=True, help_text="Since when its owner shows it not")
    shown_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when the holder of the certificate shows it"
    )
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text="When the certificate was erased, and with it what this says"
    )

    class Meta:
        ordering = ("endorsed_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(endorser__isnull=True) | ~Q(endorser=F("owner")), name="nobody_endorses_herself"
            ),
            models.UniqueConstraint(
                Coalesce("endorser_id", Value(0)),
                "achievement_id",
                condition=Q(withdrawn_at__isnull=True, achievement__isnull=False),
                name="one_endorsement_a_course",
            ),
            models.UniqueConstraint(
                Coalesce("endorser_id", Value(0)),
                "owner_id",
                condition=Q(withdrawn_at__isnull=True, achievement__isnull=True, credential__isnull=True),
                name="one_endorsement_a_provider",
            ),
            models.UniqueConstraint(
                Coalesce("endorser_id", Value(0)),
                "credential_id",
                condition=Q(withdrawn_at__isnull=True, credential__isnull=False),
                name="one_endorsement_a_certificate",
            ),
            models.CheckConstraint(
                condition=Q(achievement__isnull=True) | Q(credential__isnull=True),
                name="endorsement_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(shown_at__isnull=True) | Q(credential__isnull=False, refused_at__isnull=True),
                name="endorsement_shown_by_a_holder",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True)
                | Q(credential__isnull=False, comment_fr="", comment_ar="", body="", shown_at__isnull=True),
                name="endorsement_erased_says_nothing",
            ),
            models.UniqueConstraint(Coalesce("endorser_id", Value(0)), "slot", name="one_endorsement_a_slot"),
            models.CheckConstraint(condition=Q(slot__lt=LIST_SIZE), name="endorsement_slot_in_list"),
            models.CheckConstraint(
                condition=~Q(comment_fr="") | ~Q(comment_ar="") | Q(erased_at__isnull=False),
                name="endorsement_says_something",
            ),
            models.CheckConstraint(
                condition=Q(body="", key__isnull=True) | (~Q(body="") & Q(key__isnull=False)),
                name="endorsement_signed_by_a_key",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                | Q(withdrawn_at__isnull=False, erased_at__isnull=False),
                name="endorsement_withdrawn_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return self.id

    @property
    def comment(self) -> str:
        return in_language(fr=self.comment_fr, ar=self.comment_ar)

    @property
    def title(self) -> str:
        """What is endorsed, in the reader's script."""
        course = self.credential.achievement if self.credential else self.achievement
        return course.title if course else self.owner.name


class EndorsementList(models.Model):
    """The newest signed list of which of its endorsements one body has withdrawn."""

    endorser = models.OneToOneField(
        Issuer, on_delete=models.PROTECT, related_name="endorsement_list", null=True, blank=True
    )
    changes = models.PositiveBigIntegerField(default=0, help_text="How often a bit changed")
    signed_changes = models.PositiveBigIntegerField(
        default=0, help_text="The changes that it holds, at least"
    )
    body = models.TextField(blank=True, default="")
    key = models.ForeignKey(
        SigningKey, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    etag = models.CharField(max_length=43, blank=True, default="")
    stale_at = models.DateTimeField(null=True, blank=True, help_text="To be signed anew from this moment on")

    class Meta:
        constraints = (
            models.UniqueConstraint(Coalesce("endorser_id", Value(0)), name="one_list_an_endorser"),
        )

    def __str__(self) -> str:
        return str(self.endorser_id or "city")
