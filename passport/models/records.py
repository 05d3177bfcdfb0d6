"""A passport, or what a link shows of it, as one signed file: kept until it would say something else."""

from django.db import models
from django.db.models import Q

from credentials.models import Credential
from issuers.models import SigningKey, random_token

from .people import Learner
from .presentations import Presentation


class Record(models.Model):
    """A Comprehensive Learner Record with its proof; ``body`` is handed out byte for byte.

    Without a presentation it is of the whole passport. ``content`` is the digest of what it says: once the
    passport would give another one, nobody is given this record any more.
    """

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="records")
    presentation = models.OneToOneField(
        Presentation, on_delete=models.CASCADE, null=True, blank=True, related_name="record"
    )
    content = models.CharField(max_length=64)
    credentials = models.ManyToManyField(Credential, related_name="records")
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    body = models.TextField()
    signed_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-signed_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("learner",), condition=Q(presentation__isnull=True), name="one_whole_record_a_learner"
            ),
        )

    def __str__(self) -> str:
        return self.id
