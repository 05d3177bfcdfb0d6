"""What a learner agreed to: one record a purpose, with the words she was shown."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer

from .people import Learner


class Consent(models.Model):
    """One purpose that a learner agreed to, from a moment on, and until when if she has taken it back.

    A record is never edited, apart from being withdrawn; agreeing again makes another.
    """

    class Purpose(models.TextChoices):
        PASSPORT = "passport", _("Keeping my passport")
        SHOWING = "showing", _("Showing entries that I choose to employers")
        MESSAGES = "messages", _("Messages about courses near me")
        STATISTICS = "statistics", _("Counting me in the city's statistics")
        RESEARCH = "research", _("Research on learning in the city")

    class Channel(models.TextChoices):
        SELF = "self", _("On my own phone or computer")
        DESK = "desk", _("At a desk, by word of mouth")
        PAPER = "paper", _("On paper")

    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    text_version = models.CharField(max_length=10, help_text="Of the words that were shown: consents.TEXTS")
    language = models.CharField(max_length=2, help_text="In which the words were shown or read out")
    channel = models.CharField(max_length=5, choices=Channel.choices)
    by = models.ForeignKey(
        Learner,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The clerk or guardian who recorded it, if not she herself",
    )
    house = models.ForeignKey(
        Issuer, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Whose desk"
    )
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("purpose", "-given_at")
        constraints = (
            models.UniqueConstraint(
                fields=("learner", "purpose"),
                condition=Q(withdrawn_at__isnull=True),
                name="one_living_consent_a_purpose",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
                name="consent_withdrawn_after_given",
            ),
        )

    def __str__(self) -> str:
        return self.purpose
