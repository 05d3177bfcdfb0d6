"""Keys: what signs, what was signed with them for all to read, and what is on order."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from .register import Issuer


class SigningKey(models.Model):
    """A key pair: the public part for ever, the private part sealed and only while it may sign.

    ``issuer`` is empty for the city's own keys. ``thumbprint`` is the RFC 7638 thumbprint (SHA-256,
    base64url) of the public JWK; ``kid8`` its first 8 bytes in hex, as paper and ``/k/`` use it.
    """

    class Purpose(models.TextChoices):
        ISSUER = "issuer", _("Certificates and lists of an issuer")
        DIRECTORY = "directory", _("The city's key directory")
        SERVICE = "service", _("The city's own documents")
        AUDIT = "audit", _("The audit log")

    class Algorithm(models.TextChoices):
        ES256 = "ES256", "ES256"
        ED25519 = "Ed25519", "Ed25519"

    class State(models.TextChoices):
        PENDING = "pending", _("Published, does not sign yet")
        ACTIVE = "active", _("Active")
        RETIRED = "retired", _("Retired")
        COMPROMISED = "compromised", _("Compromised")

    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="keys", null=True, blank=True)
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.ISSUER)
    algorithm = models.CharField(max_length=8, choices=Algorithm.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    thumbprint = models.CharField(max_length=43, unique=True)
    kid8 = models.CharField(max_length=16, db_index=True)
    public_jwk = models.JSONField()
    sealed = models.BinaryField(
        null=True, blank=True, help_text="Private part, AES-256-GCM; see issuers/keys.py"
    )
    kek_id = models.CharField(max_length=16, blank=True)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(help_text="Start of the period in which signatures count.")
    not_after = models.DateTimeField(null=True, blank=True, help_text="End of that period, once retired.")
    compromised_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("issuer", "algorithm"),
                condition=Q(state="active", issuer__isnull=False),
                name="one_active_key_an_algorithm",
            ),
            models.UniqueConstraint(
                fields=("purpose", "algorithm"),
                condition=Q(state="active", issuer__isnull=True),
                name="one_active_city_key_a_purpose",
            ),
            models.UniqueConstraint(
                fields=("issuer", "algorithm"),
                condition=Q(state="pending", issuer__isnull=False),
                name="one_pending_key_an_algorithm",
            ),
            models.UniqueConstraint(
                fields=("purpose", "algorithm"),
                condition=Q(state="pending", issuer__isnull=True),
                name="one_pending_city_key_a_purpose",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("pending", "active")) | Q(sealed__isnull=True),
                name="private_part_destroyed_at_retirement",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("retired", "compromised")) | Q(sealed__isnull=False),
                name="private_part_until_its_end",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("retired", "compromised"), not_after__isnull=False)
                | Q(state__in=("pending", "active"), not_after__isnull=True),
                name="ended_key_has_its_end",
            ),
            models.CheckConstraint(
                condition=Q(state="compromised", compromised_at__isnull=False)
                | (~Q(state="compromised") & Q(compromised_at__isnull=True)),
                name="compromise_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(purpose="issuer", issuer__isnull=False)
                | (~Q(purpose="issuer") & Q(issuer__isnull=True)),
                name="key_has_one_kind_of_owner",
            ),
        )

    def __str__(self) -> str:
        return self.thumbprint


class KeyWithdrawal(models.Model):
    """The proposal that a key be called compromised, and how it ended: confirmed by another person, by nobody
    else in time (``alone``), or declined.
    """

    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="withdrawals")
    reason = models.CharField(max_length=300)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    alone_from = models.DateTimeField(help_text="From then on whoever proposed it may act without a second.")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    alone = models.BooleanField(default=False)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    declined_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-proposed_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("key",), condition=Q(declined_at__isnull=True), name="one_withdrawal_a_key"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")),
                name="withdrawal_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True, alone=False)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False, alone=False)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=True, alone=True),
                name="withdrawal_says_who_stands_for_it",
            ),
            models.CheckConstraint(
                condition=Q(alone=False) | Q(confirmed_at__gte=F("alone_from")),
                name="nobody_withdraws_alone_too_early",
            ),
            models.CheckConstraint(
                condition=Q(alone_from__gt=F("proposed_at")), name="the_second_person_has_time"
            ),
            models.CheckConstraint(
                condition=Q(declined_at__isnull=True, declined_by__isnull=True)
                | Q(declined_at__isnull=False, declined_by__isnull=False, confirmed_at__isnull=True),
                name="withdrawal_declined_or_confirmed",
            ),
        )

    def __str__(self) -> str:
        return f"{self.key_id} {self.proposed_at:%Y-%m-%d}"


class Publication(models.Model):
    """A signed document that the web hands out as it is: key directory, one signed key, bundle of all.

    Written by the signer alone; ``version`` only rises.
    """

    name = models.CharField(max_length=80, primary_key=True, help_text="keys, k/<kid8>, or bundle")
    version = models.PositiveBigIntegerField()
    body = models.TextField()
    etag = models.CharField(max_length=43)
    signed_at = models.DateTimeField()
    stale_at = models.DateTimeField(help_text="To be signed anew from this moment on.")
    source = models.CharField(max_length=120, blank=True, default="", help_text="What a bundle was made of")

    def __str__(self) -> str:
        return self.name


class SigningOrder(models.Model):
    """Something that somebody waits for and only the signer can make; it goes once that is there."""

    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=80, help_text="Which one: an id, or a name")
    ordered_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.CharField(max_length=22, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(help_text="Not to be taken before: backoff")

    class Meta:
        ordering = ("ordered_at", "id")
        constraints = (models.UniqueConstraint(fields=("kind", "subject"), name="ordered_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Delegation(models.Model):
    """What the city's offline root signed: this directory key signs the directory for a year.

    Each follows the one before it, so ``seq`` rises from row to row, and no row but the last can go.
    The columns repeat what ``body`` says; ``issuers/trust.py`` refuses a row where they differ.
    """

    seq = models.PositiveBigIntegerField(primary_key=True)
    follows = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    thumbprint = models.CharField(max_length=43, db_index=True, help_text="Of the directory key.")
    body = models.TextField(help_text="A compact JWS, typ delegation+jwt")
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    installed_at = models.DateTimeField()

    class Meta:
        ordering = ("-seq",)
        constraints = (
            models.UniqueConstraint(Coalesce("follows_id", Value(0)), name="delegations_form_one_row"),
            models.CheckConstraint(
                condition=Q(follows__isnull=True) | Q(seq__gt=F("follows")), name="delegation_seq_rises"
            ),
            models.CheckConstraint(
                condition=Q(not_after__gt=F("not_before")), name="delegation_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return str(self.seq)
