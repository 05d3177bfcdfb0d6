"""The paper card of a learner without a phone: a secret in its QR code, and a PIN that she alone knows."""

from django.db import models
from django.db.models import F, Q

from issuers.models import Issuer, random_token

from .people import Learner


class Card(models.Model):
    """One printed card. Neither its secret nor its PIN is here, only what they are compared with.

    A learner has one that holds; whoever has another of hers has paper. Rows stay, so that an old card is
    told from one that never was.
    """

    MAX_TRIES = 5

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="cards")
    secret_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of what its QR code holds")
    pin_hash = models.CharField(max_length=64, help_text="Slow hash of the PIN, keyed")
    language = models.CharField(max_length=2)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(
        Learner, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="The clerk"
    )
    house = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="+", help_text="Whose desk")
    pin_set_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0, help_text="Wrong PINs since the last right one")
    locks = models.PositiveSmallIntegerField(default=0, help_text="How often it was locked since then")
    locked_until = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-issued_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("learner",), condition=Q(replaced_at__isnull=True), name="one_living_card_a_learner"
            ),
            models.CheckConstraint(condition=Q(tries__lt=5), name="card_tried_five_times_is_locked"),
            models.CheckConstraint(
                condition=Q(replaced_at__isnull=True) | Q(replaced_at__gte=F("issued_at")),
                name="card_replaced_after_issued",
            ),
        )

    def __str__(self) -> str:
        return self.pk
