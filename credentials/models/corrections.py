"""What a holder says is wrong on a certificate, and what its provider answers."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from issuers.models import random_token

from .credentials import Credential


class CorrectionRequest(models.Model):
    """One wish about one certificate, from its holder to its provider; open until it is answered.

    It names the certificate, never the person: who holds it is known above.
    """

    class What(models.TextChoices):
        NAME = "name", _("My name")
        DATE = "date", _("The date")
        RESULT = "result", _("The result, the level or the hours")
        OTHER = "other", _("Something else on it")
        REVOKE = "revoke", _("I want it to end for good")

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for the provider")
        ANSWERED = "answered", _("Done")
        DECLINED = "declined", _("Declined")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="corrections")
    what = models.CharField(max_length=6, choices=What.choices)
    should_be = models.CharField(max_length=300, blank=True, help_text="In the holder's words")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="By when the provider answers: ten days")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was declined, for the holder")

    class Meta:
        ordering = ("due_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("credential",), condition=Q(state="open"), name="one_open_correction_a_credential"
            ),
            models.CheckConstraint(
                condition=Q(state="open", answered_at__isnull=True)
                | (~Q(state="open") & Q(answered_at__isnull=False)),
                name="correction_answered_at_a_moment",
            ),
        )

    def __str__(self) -> str:
        return self.id
