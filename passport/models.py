"""The learner and her passport: accounts, proven addresses, entries, proposals."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credentials.models import AddressKind, Credential, Filing
from issuers.models import Arrondissement, in_language, random_token

from .numbers import new_passport_number


class LearnerManager(BaseUserManager["Learner"]):
    """Makes learners; nobody signs in by password."""

    def create_user(self, **fields: Any) -> "Learner":
        learner = self.model(**fields)
        learner.set_unusable_password()
        learner.save(using=self._db)
        return learner

    def create_superuser(self, **fields: Any) -> "Learner":
        return self.create_user(**fields | {"is_superuser": True, "is_staff": True})


class Learner(AbstractBaseUser, PermissionsMixin):
    """A person with a passport; staff are learners with a membership."""

    passport_number = models.CharField(
        max_length=12, unique=True, default=new_passport_number, editable=False
    )
    name_latin = models.CharField(max_length=120, blank=True)
    name_arabic = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=2, default="fr")
    arrondissement = models.ForeignKey(
        Arrondissement, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    gender = models.CharField(
        max_length=1,
        blank=True,
        choices=[("f", _("Woman")), ("m", _("Man"))],
        help_text="For statistics, if given",
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[LearnerManager] = LearnerManager()

    USERNAME_FIELD = "passport_number"

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.passport_number

    @property
    def name(self) -> str:
        return in_language(fr=self.name_latin, ar=self.name_arabic)


class Address(models.Model):
    """A phone or e-mail through which a learner is reached; several over a life, and phones are shared."""

    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=8, choices=[("email", _("E-mail")), ("phone", _("Phone"))])
    value = models.CharField(max_length=254, help_text="E.164, or lower-case e-mail")
    verified_at = models.DateTimeField(null=True, blank=True)
    primary = models.BooleanField(default=False)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ("-primary", "added_at")
        constraints = (
            models.UniqueConstraint(fields=("learner", "kind", "value"), name="address_once_a_learner"),
            models.UniqueConstraint(
                fields=("learner", "kind"), condition=Q(primary=True), name="one_primary_address_a_kind"
            ),
        )
        indexes = (models.Index(fields=("kind", "value"), name="address_by_value"),)
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return self.kind


class Code(models.Model):
    """Six digits on their way to an address; whoever types them back reads what is sent there.

    Kept for a day, so that codes can be counted by address and by place.
    """

    MAX_TRIES = 5

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    kind = models.CharField(max_length=8, choices=[("email", _("E-mail")), ("phone", _("Phone"))])
    value = models.CharField(max_length=254, help_text="As in an address")
    place = models.CharField(max_length=64, help_text="Keyed hash of the network address that asked")
    digest = models.CharField(max_length=64, help_text="Keyed hash of the digits")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    proved_at = models.DateTimeField(null=True, blank=True, help_text="When the right digits were typed")
    used_at = models.DateTimeField(null=True, blank=True, help_text="When that led into a passport")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(tries__lte=5), name="code_tried_five_times"),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(proved_at__isnull=False), name="code_proved_before_used"
            ),
        )
        indexes = (
            models.Index(fields=("kind", "value", "sent_at"), name="code_by_address"),
            models.Index(fields=("place", "sent_at"), name="code_by_place"),
            models.Index(fields=("sent_at",), name="code_by_age"),
        )

    def __str__(self) -> str:
        return self.kind


class Entry(models.Model):
    """One line of a passport: a credential that is this learner's."""

    class How(models.TextChoices):
        MATCH = "match", _("Address and name agreed")
        CONFIRMED = "confirmed", _("The learner said yes")
        NUMBER = "number", _("By passport number and name")
        SUCCESSION = "succession", _("It replaces one that was here")

    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="entries")
    credential = models.OneToOneField(Credential, on_delete=models.CASCADE, related_name="entry")
    how = models.CharField(max_length=10, choices=How.choices)
    filed_at = models.DateTimeField()
    hidden_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-credential__awarded_on", "-filed_at")
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.learner_id} {self.credential_id}"


class Proposal(models.Model):
    """A question to a learner: is this certificate yours? Made when only the address agrees."""

    class Answer(models.TextChoices):
        OPEN = "", _("Not answered")
        MINE = "mine", _("Mine")
        NOT_MINE = "not-mine", _("Not mine")

    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="proposals")
    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="proposals")
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)
    made_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-made_at",)
        constraints = (
            models.UniqueConstraint(fields=("learner", "credential"), name="proposal_once"),
            models.UniqueConstraint(
                fields=("credential",), condition=Q(answer="mine"), name="credential_claimed_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.learner_id} {self.credential_id}"


class Opening(models.Model):
    """A time when somebody else opened a certificate's page: when, never who."""

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="openings")
    on = models.DateField()
    times = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("credential", "on"), name="opening_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.credential_id} {self.on}"


__all__ = ["Address", "AddressKind", "Code", "Entry", "Filing", "Learner", "Opening", "Proposal"]
