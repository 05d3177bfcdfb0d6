"""Who looked: each time somebody else saw a passport, or acted in it, as its learner reads it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer

from .people import Learner


class Look(models.Model):
    """Somebody else saw this passport or did something in it. Insert-only; the learner reads every line.

    ``by`` is empty where nobody knows who it was: whoever has a link opens it without saying a name.
    """

    class Act(models.TextChoices):
        DESK_OPENED = "desk-opened", _("A clerk opened your passport at a desk")
        DESK_ACTED = "desk-acted", _("A clerk did something for you")
        DESK_FOUND = "desk-found", _("A clerk looked you up at a desk")
        DESK_VOUCHED = "desk-vouched", _("A clerk opened your passport without your card or PIN")
        GUARDIAN_OPENED = "guardian-opened", _("Your guardian opened your passport")
        GUARDIAN_ACTED = "guardian-acted", _("Your guardian did something for you")
        SHOWN = "shown", _("Somebody opened what you share")
        MERGED = "merged", _("Two passports became one")

    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="looks")
    act = models.CharField(max_length=16, choices=Act.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(Learner, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    house = models.ForeignKey(
        Issuer, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Whose desk"
    )
    what = models.CharField(max_length=60, blank=True, help_text="The name of an act or a page")
    about = models.CharField(max_length=22, blank=True, help_text="Id of what it was about, if any")

    class Meta:
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=("learner", "-at"), name="look_by_learner"),
            models.Index(fields=("house", "-at"), name="look_by_house"),
        )

    def __str__(self) -> str:
        return self.act
