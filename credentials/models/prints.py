"""Orders for a print shop, and their portions."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer, random_token

from .awards import Batch


class PrintOrder(models.Model):
    """Certificates that a provider wants on paper, for a print shop: made in portions, kept for a day.

    The order stays when its files are gone, so that its page can say so.
    """

    class Layout(models.TextChoices):
        PAGES = "pages", _("Pages, A4")
        CARDS = "cards", _("Cards, ten to a sheet")

    class State(models.TextChoices):
        PREPARING = "preparing", _("Being prepared")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Not prepared")
        EXPIRED = "expired", _("No longer kept")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="print_orders", db_index=False)
    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, related_name="print_orders", null=True, blank=True
    )
    layout = models.CharField(max_length=5, choices=Layout.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PREPARING)
    total = models.PositiveIntegerField(help_text="Certificates that were chosen")
    digest = models.CharField(max_length=43, help_text="What was chosen, to tell a repeat")
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-ordered_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("issuer", "layout", "digest"),
                condition=Q(state__in=("preparing", "ready")),
                name="one_living_print_a_choice",
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(ready_at__isnull=False), name="ready_print_says_since_when"
            ),
        )
        indexes = (models.Index(fields=("state", "ordered_at"), name="print_order_by_state"),)

    def __str__(self) -> str:
        return self.id


class PrintPart(models.Model):
    """A portion of a print order: which certificates, and their files once they are made."""

    order = models.ForeignKey(PrintOrder, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField(help_text="0, 1, 2 … within the order")
    first = models.PositiveIntegerField(help_text="Place of its first certificate in the order, from 1 on")
    credentials = models.JSONField(help_text="Their ids, in order")
    files = models.JSONField(default=list, blank=True, help_text="[[name, length, [ids]], …]")
    data = models.BinaryField(null=True, blank=True, help_text="The files, one after the other")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.CharField(max_length=22, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("order", "number")
        constraints = (
            models.UniqueConstraint(fields=("order", "number"), name="print_part_once"),
            models.CheckConstraint(
                condition=Q(made_at__isnull=True, data__isnull=True)
                | Q(made_at__isnull=False, data__isnull=False),
                name="made_print_part_has_files",
            ),
        )
        indexes = (
            models.Index(
                fields=("number", "id"), condition=Q(made_at__isnull=True), name="print_part_to_make"
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_id} {self.number}"
