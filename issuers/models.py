"""The register: the city's districts, who may award what, with which keys, and who works where."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext_lazy as _


def random_token() -> str:
    """128 random bits, as 22 characters that fit a URL: an id that nobody can guess."""
    return secrets.token_urlsafe(16)


def in_language(*, fr: str, ar: str) -> str:
    """The text in the reader's script, or in the other one if it is missing."""
    return (ar or fr) if (translation.get_language() or "fr").startswith("ar") else (fr or ar)


class Theme(models.TextChoices):
    """The families of achievements for which a mandate is given."""

    LANGUAGES = "languages", _("Languages")
    DIGITAL = "digital", _("Digital skills")
    FINANCIAL = "financial", _("Financial education")
    HEALTH = "health", _("Preventive health")
    TRADES = "trades", _("Trades")


class City(models.Model):
    """The one row that says which city this is and under which address its documents were signed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name_fr = models.CharField(max_length=120)
    name_ar = models.CharField(max_length=120)
    base_url = models.URLField(blank=True, help_text="Signed into documents; written at the first issue.")
    census = models.JSONField(default=dict, help_text="City totals of the census, as published.")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="city_is_one_row"),)
        verbose_name_plural = "cities"

    def __str__(self) -> str:
        return self.name_fr


class Arrondissement(models.Model):
    """One of the city's districts, with the census figures that rates are computed from."""

    code = models.CharField(max_length=16, primary_key=True, help_text="HCP code, such as 06.141.01.53")
    name_fr = models.CharField(max_length=80)
    name_ar = models.CharField(max_length=80)
    prefecture_code = models.CharField(max_length=16)
    prefecture_fr = models.CharField(max_length=120)
    prefecture_ar = models.CharField(max_length=120)
    population = models.PositiveIntegerField(help_text="Legal population, 2024.")
    population_15plus = models.PositiveIntegerField()
    census = models.JSONField(default=dict, help_text="Further figures, as published.")

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name_fr

    @property
    def name(self) -> str:
        return in_language(fr=self.name_fr, ar=self.name_ar)


class IssuerKind(models.TextChoices):
    """What sort of body teaches."""

    LIBRARY = "library", _("Library")
    YOUTH_HOUSE = "youth_house", _("Youth house")
    CULTURAL_CENTRE = "cultural_centre", _("Cultural centre")
    ASSOCIATION = "association", _("Association")
    VOCATIONAL = "vocational", _("Vocational training institute")
    SECOND_CHANCE = "second_chance", _("Second-chance school")
    UNIVERSITY = "university", _("University, continuing education")
    COMPANY = "company", _("Company")
    MUNICIPAL = "municipal", _("Municipal service")


class Issuer(models.Model):
    """A provider that the city has entered, or is about to enter, in its register.

    Only an ``active`` issuer awards; a suspended or closed one keeps its lists and keys published, so that
    what it awarded goes on verifying.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        CLOSED = "closed", _("Closed")

    slug = models.SlugField(max_length=60, unique=True)
    name_fr = models.CharField(max_length=160)
    name_ar = models.CharField(max_length=160)
    kind = models.CharField(max_length=20, choices=IssuerKind.choices)
    arrondissement = models.ForeignKey(Arrondissement, on_delete=models.PROTECT, related_name="issuers")
    email = models.EmailField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    state_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("name_fr",)
        constraints = (
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")),
                name="issuer_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed") | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="issuer_active_only_if_approved",
            ),
        )

    def __str__(self) -> str:
        return self.name_fr

    @property
    def name(self) -> str:
        return in_language(fr=self.name_fr, ar=self.name_ar)


class Mandate(models.Model):
    """What an issuer is accredited for: a theme, from a date, until a date, so many a day.

    Holds on a day when approved, ``starts_on <= day``, ``day < ends_on`` if it ends, and not suspended then.
    """

    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="mandates")
    theme = models.CharField(max_length=12, choices=Theme.choices)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    daily_cap = models.PositiveIntegerField(default=500)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    state_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("issuer", "theme", "starts_on")
        constraints = (
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")),
                name="mandate_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="mandate_approval_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="mandate_ends_after_start",
            ),
            models.UniqueConstraint(fields=("issuer", "theme", "starts_on"), name="mandate_once_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.issuer_id} {self.theme}"


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


class Whereabouts(models.Model):
    """The one row that says where this database lives, so that one restored from a backup is noticed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    place = models.CharField(max_length=120, help_text="See issuers/whereabouts.py")
    restored_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last looked after, once restored from a backup"
    )

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="whereabouts_is_one_row"),)
        verbose_name_plural = "whereabouts"

    def __str__(self) -> str:
        return self.place


class RegisterChange(models.Model):
    """One line of the register's history: who did what to which issuer, mandate, key or role."""

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="history", null=True)
    event = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return self.event


class AuditEvent(models.Model):
    """One act in the audit log: written in the act's own transaction, never changed (triggers hold that).

    ``detail`` is canonical JSON of ids, hashes, counts and codes, never of names. The salt keeps a leaf's
    hash from telling to whoever guesses what it is about.
    """

    at = models.DateTimeField()
    event = models.CharField(max_length=40)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    by = models.CharField(max_length=40, blank=True, help_text="learner/<id> or client/<id>")
    about = models.CharField(max_length=64, blank=True, help_text="The id by which it is found again")
    detail = models.TextField()
    salt = models.BinaryField(max_length=16)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("about", "event"), name="audit_event_by_about"),)

    def __str__(self) -> str:
        return self.event


class AuditWaiting(models.Model):
    """An event that has no number yet; it goes when it gets one."""

    event = models.OneToOneField(
        AuditEvent, on_delete=models.PROTECT, primary_key=True, related_name="waiting"
    )

    def __str__(self) -> str:
        return str(self.event_id)


class AuditLeaf(models.Model):
    """An event's place in the tree: numbers begin at 0 and have no gaps; insert-only.

    ``tile`` is the root over 256 leaves, in the last one of them.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="leaf")
    hash = models.BinaryField(max_length=32)
    tile = models.BinaryField(max_length=32, null=True)

    class Meta:
        ordering = ("number",)
        indexes = (
            models.Index(fields=("number",), condition=Q(tile__isnull=False), name="audit_leaf_tiles"),
        )

    def __str__(self) -> str:
        return str(self.number)


class AuditCheckpoint(models.Model):
    """The signed head of the log at one size (C2SP tlog-checkpoint); insert-only, numbered from 1."""

    number = models.PositiveBigIntegerField(primary_key=True)
    size = models.PositiveBigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    body = models.TextField()
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return str(self.number)


class AuditMail(models.Model):
    """A checkpoint that went to the witnesses, so that they hear once an hour."""

    checkpoint = models.OneToOneField(AuditCheckpoint, on_delete=models.PROTECT, related_name="mail")
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.checkpoint_id)


class Role(models.TextChoices):
    """What a member of staff may do; provider roles come with an issuer, city roles without."""

    OWNER = "owner", _("Owner: members and API clients")
    SIGNER = "signer", _("Signer: issues and revokes")
    TRAINER = "trainer", _("Trainer: issues for own courses")
    CLERK = "clerk", _("Clerk: serves people at the desk")
    OFFICER = "officer", _("City officer: proposes")
    APPROVER = "approver", _("City approver: approves")
    AUDITOR = "auditor", _("Auditor: reads")


PROVIDER_ROLES = (Role.OWNER, Role.SIGNER, Role.TRAINER, Role.CLERK)
CITY_ROLES = (Role.OFFICER, Role.APPROVER, Role.AUDITOR)


class Membership(models.Model):
    """A person's role at an issuer, or at the city (then without an issuer)."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    issuer = models.ForeignKey(
        Issuer, on_delete=models.PROTECT, related_name="members", null=True, blank=True
    )
    role = models.CharField(max_length=10, choices=Role.choices)
    since = models.DateTimeField()

    class Meta:
        ordering = ("issuer", "role", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("person", "issuer", "role"),
                condition=Q(issuer__isnull=False),
                name="one_membership_a_role",
            ),
            models.UniqueConstraint(
                fields=("person", "role"), condition=Q(issuer__isnull=True), name="one_city_membership_a_role"
            ),
            models.CheckConstraint(
                condition=Q(issuer__isnull=False, role__in=[r.value for r in PROVIDER_ROLES])
                | Q(issuer__isnull=True, role__in=[r.value for r in CITY_ROLES]),
                name="role_fits_its_house",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.role}"


class ApiClient(models.Model):
    """A program that acts for an issuer through the API, within its scopes; its secret is kept hashed."""

    class Scope(models.TextChoices):
        READ = "read", _("Read achievements and certificates")
        ISSUE = "issue", _("Issue certificates")
        REVOKE = "revoke", _("Suspend, reinstate and revoke certificates")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="api_clients")
    name = models.CharField(max_length=80)
    scopes = models.JSONField(default=list)
    secret_hash = models.CharField(
        max_length=64, help_text="SHA-256 of the secret, hex; the secret is 256 random bits"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name
