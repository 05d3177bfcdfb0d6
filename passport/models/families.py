"""Who answers for a minor: guardianships, a minor's request for one, and the minor's own yes or no."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer, random_token

from .consents import Consent
from .people import Learner


class Relationship(models.TextChoices):
    """What a guardian is to the minor."""

    MOTHER = "mother", _("Mother")
    FATHER = "father", _("Father")
    GUARDIAN = "guardian", _("Legal guardian")
    INSTITUTION = "institution", _("For an institution that looks after the child")


class Guardianship(models.Model):
    """An adult answers for a minor, from a moment on, and until she is of age or somebody decides so."""

    class How(models.TextChoices):
        OPENED = "opened", _("opened by the guardian")
        DESK = "desk", _("linked at a desk by a clerk who saw both")
        ASKED = "asked", _("asked by the minor, accepted by the guardian")

    class Reason(models.TextChoices):
        OF_AGE = "of-age", _("of age")
        DESK = "desk", _("ended at a desk")
        COURT = "court", _("by a judge’s decision")

    guardian = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="wardships")
    ward = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="guardianships")
    relationship = models.CharField(max_length=11, choices=Relationship.choices)
    how = models.CharField(max_length=6, choices=How.choices)
    since = models.DateTimeField()
    by = models.ForeignKey(
        Learner, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="A clerk"
    )
    house = models.ForeignKey(
        Issuer, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Whose desk"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=6, choices=Reason.choices, blank=True)
    ended_by = models.ForeignKey(
        Learner, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="A clerk"
    )
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the young adult was written to")
    read_at = models.DateTimeField(null=True, blank=True, help_text="When she signed in and was told")

    class Meta:
        ordering = ("since", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(guardian=F("ward")), name="nobody_guards_herself"),
            models.UniqueConstraint(
                fields=("guardian", "ward"),
                condition=Q(ended_at__isnull=True),
                name="one_living_guardianship_a_pair",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_reason="")
                | Q(ended_at__gte=F("since"), end_reason__in=("of-age", "desk", "court")),
                name="guardianship_ends_with_a_reason",
            ),
        )
        indexes = (models.Index(fields=("ended_at", "told_at"), name="guardianship_by_end"),)

    def __str__(self) -> str:
        return self.relationship


class GuardianRequest(models.Model):
    """A minor asks whoever proves this address to answer for her."""

    class Answer(models.TextChoices):
        OPEN = "", _("Not answered")
        YES = "yes", _("Accepted")
        NO = "no", _("Declined")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    ward = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="guardian_requests")
    kind = models.CharField(max_length=8, choices=[("email", _("E-mail")), ("phone", _("Phone"))])
    value = models.CharField(max_length=254, help_text="As in an address")
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=3, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        Learner, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("-asked_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("ward", "kind", "value"), condition=Q(answer=""), name="one_open_request_an_address"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | Q(answered_at__isnull=False) & ~Q(answer=""),
                name="request_answered_with_an_answer",
            ),
        )
        indexes = (models.Index(fields=("kind", "value"), name="request_by_address"),)

    def __str__(self) -> str:
        return self.kind


class Assent(models.Model):
    """A minor of 12 or more said yes or no herself to what her guardian agreed to.

    Insert-only: the newest counts.
    """

    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="assents")
    purpose = models.CharField(max_length=10, choices=Consent.Purpose.choices)
    text_version = models.CharField(max_length=10, help_text="Of the words that were shown: consents.TEXTS")
    language = models.CharField(max_length=2, help_text="In which the words were shown")
    yes = models.BooleanField()
    said_at = models.DateTimeField()

    class Meta:
        ordering = ("-said_at", "-id")
        indexes = (models.Index(fields=("learner", "purpose", "-said_at"), name="assent_by_learner"),)

    def __str__(self) -> str:
        return self.purpose


class MergedPassport(models.Model):
    """A passport number that leads to another passport since two of one person became one."""

    number = models.CharField(primary_key=True, max_length=12)
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="merged")
    merged_at = models.DateTimeField()
    by = models.ForeignKey(
        Learner,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Guardian or clerk, if not she herself",
    )

    def __str__(self) -> str:
        return self.number
