"""Who works where: people by role, programs by scope."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .register import Issuer
from .words import random_token


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
