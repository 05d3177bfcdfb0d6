"""Learning that a learner declares herself: school, work, a library circle. Nobody else vouches for it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from issuers.models import Arrondissement, random_token

from .people import Learner


class Declaration(models.Model):
    """One line of a passport without a certificate: what she learned, where and when, in her own words.

    Days are exact to the month, or to the year where ``year_only``; without an end it goes on.
    """

    class Kind(models.TextChoices):
        SCHOOL = "school", _("School")
        TRAINING = "training", _("Training")
        WORK = "work", _("Work")
        CIRCLE = "circle", _("Library circle or club")
        VOLUNTEERING = "volunteering", _("Volunteering")
        FAMILY = "family", _("At home, with the family")
        OTHER = "other", _("Something else")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="declarations")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    title = models.CharField(max_length=120)
    place = models.CharField(max_length=120, blank=True, help_text="School, employer, library …")
    arrondissement = models.ForeignKey(
        Arrondissement, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    began_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    year_only = models.BooleanField(default=False)
    about = models.TextField(max_length=1000, blank=True, help_text="What she learned there, in her words")
    skills = models.JSONField(default=list, blank=True, help_text="ESCO, as in an achievement")
    evidence = models.URLField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    hidden_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-began_on", "-made_at")
        constraints = (
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("began_on")),
                name="declaration_ends_after_it_began",
            ),
        )

    def __str__(self) -> str:
        return self.kind
