"""The lines of a passport, the questions about them, and when somebody looked."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credentials.models import Credential

from .people import Learner


class Entry(models.Model):
    """One line of a passport: a credential that is this learner's."""

    class How(models.TextChoices):
        MATCH = "match", _("Address and name agreed")
        CONFIRMED = "confirmed", _("The learner said yes")
        NUMBER = "number", _("By passport number and name")
        SUCCESSION = "succession", _("It replaces one that was here")
        SLIP = "slip", _("By the slip of paper that came with it")
        DESK = "desk", _("A clerk at a desk saw the person")

    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="entries")
    credential = models.OneToOneField(Credential, on_delete=models.CASCADE, related_name="entry")
    how = models.CharField(max_length=10, choices=How.choices)
    filed_at = models.DateTimeField()
    hidden_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-credential__awarded_on", "-filed_at", "pk")
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
