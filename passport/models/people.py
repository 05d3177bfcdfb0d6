"""The learner, the addresses that reach her, and the codes that prove them."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from issuers.models import Arrondissement, in_language, random_token
from passport.numbers import new_passport_number


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
    doubts = models.PositiveSmallIntegerField(
        default=0, help_text="Wrong answers of somebody who came in by it after a long time"
    )

    class Meta:
        ordering = ("-primary", "added_at")
        constraints = (
            models.CheckConstraint(condition=Q(doubts__lte=3), name="address_doubted_three_times"),
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
