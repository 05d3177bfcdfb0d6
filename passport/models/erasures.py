"""What stays of an erasure: a receipt that names nobody; and who was told that hers will be closed."""

from django.db import models

from issuers.models import random_token

from .people import Learner


class Erasure(models.Model):
    """The receipt of one erasure, under an address that nobody can guess; it knows no learner.

    ``said`` is the record, byte for byte: its SHA-256 stands in the audit log. It carries the consents of a
    closed passport too, which are kept without saying whose they were.
    """

    class Kind(models.TextChoices):
        CERTIFICATES = "certificates"
        PASSPORT = "passport"
        IDLE = "idle"

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    said = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("-at",)
        indexes = (models.Index(fields=("at",), name="erasure_by_age"),)

    def __str__(self) -> str:
        return self.id


class IdleNotice(models.Model):
    """A learner who has not used her passport for years was told that it will be closed."""

    learner = models.OneToOneField(Learner, on_delete=models.CASCADE, related_name="idle_notice")
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.learner_id)
