"""The audit log: acts, their places in the tree, and the signed heads."""

from django.db import models
from django.db.models import Q

from .keys import SigningKey
from .register import Issuer


class AuditEvent(models.Model):
    """One act in the audit log: written in the act's own transaction, never changed (triggers hold that).

    ``detail`` is canonical JSON of ids, hashes, counts and codes, never of names. The salt keeps a leaf's
    hash from telling to whoever guesses what it is about.
    """

    at = models.DateTimeField()
    event = models.CharField(max_length=40)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    by = models.CharField(max_length=40, blank=True, help_text="learner/<id> or client/<id>")
    about = models.CharField(max_length=64, blank=True, help_text="The id by which it is found again")
    detail = models.TextField()
    salt = models.BinaryField(max_length=16)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("about", "event"), name="audit_event_by_about"),)

    def __str__(self) -> str:
        return self.event


class AuditWaiting(models.Model):
    """An event that has no number yet; it goes when it gets one."""

    event = models.OneToOneField(
        AuditEvent, on_delete=models.PROTECT, primary_key=True, related_name="waiting"
    )

    def __str__(self) -> str:
        return str(self.event_id)


class AuditLeaf(models.Model):
    """An event's place in the tree: numbers begin at 0 and have no gaps; insert-only.

    ``tile`` is the root over 256 leaves, in the last one of them.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="leaf")
    hash = models.BinaryField(max_length=32)
    tile = models.BinaryField(max_length=32, null=True)

    class Meta:
        ordering = ("number",)
        indexes = (
            models.Index(fields=("number",), condition=Q(tile__isnull=False), name="audit_leaf_tiles"),
        )

    def __str__(self) -> str:
        return str(self.number)


class AuditCheckpoint(models.Model):
    """The signed head of the log at one size (C2SP tlog-checkpoint); insert-only, numbered from 1."""

    number = models.PositiveBigIntegerField(primary_key=True)
    size = models.PositiveBigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    body = models.TextField()
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return str(self.number)


class AuditMail(models.Model):
    """A checkpoint that went to the witnesses, so that they hear once an hour."""

    checkpoint = models.OneToOneField(AuditCheckpoint, on_delete=models.PROTECT, related_name="mail")
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.checkpoint_id)
