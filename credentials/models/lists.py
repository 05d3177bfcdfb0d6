"""Status lists: the bits that say what still holds, and their newest signed form."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer, SigningKey

LIST_SIZE = 131_072  # Bitstring Status List 1.0, section 6.1: at least 16 KB


class StatusList(models.Model):
    """131,072 status bits of one issuer; ``number`` runs city-wide, its bits are given out in a keyed order.

    ``next_index`` moves once a batch; the n-th slot is at ``bitstring.slot(permutation_key, n)``. A list
    that was restored from a backup is closed: slots beyond its counter may have been given out already.
    """

    number = models.AutoField(primary_key=True)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="status_lists")
    permutation_key = models.BinaryField(max_length=16)
    next_index = models.PositiveIntegerField(default=0)
    changes = models.PositiveBigIntegerField(default=0, help_text="How often a bit changed")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="From then on no slot is given out")

    class Meta:
        ordering = ("number",)
        constraints = (
            models.CheckConstraint(condition=Q(next_index__lte=LIST_SIZE), name="status_list_not_overfull"),
            models.CheckConstraint(condition=Q(number__lte=32767), name="status_number_fits_paper"),
        )

    def __str__(self) -> str:
        return str(self.number)


class StatusListVersion(models.Model):
    """The newest signed form of one list for one purpose; the web hands it out as it is."""

    class Purpose(models.TextChoices):
        REVOCATION = "revocation", _("Revocation")
        SUSPENSION = "suspension", _("Suspension")
        REPLACEMENT = "replacement", _("Replacement")

    status_list = models.ForeignKey(StatusList, on_delete=models.PROTECT, related_name="versions")
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    version = models.PositiveBigIntegerField()
    body = models.TextField(help_text="VC-JWT of the BitstringStatusListCredential")
    document = models.TextField(
        blank=True, default="", help_text="The same with an embedded proof; empty while no key can prove it"
    )
    proof_key = models.ForeignKey(
        SigningKey, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    bits = models.BinaryField(help_text="gzip of the bits, as signed")
    changes = models.PositiveBigIntegerField(help_text="The list's changes that it holds, at least")
    etag = models.CharField(max_length=43)
    signed_at = models.DateTimeField()
    stale_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("status_list", "purpose"), name="one_newest_list_a_purpose"),
        )

    def __str__(self) -> str:
        return f"{self.purpose}/{self.status_list_id}"
