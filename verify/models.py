"""Counts of verifications; who asked and about which certificate is never kept."""

from django.db import models


class VerificationCount(models.Model):
    """How many verdicts of one kind were given on one day through one door."""

    on = models.DateField()
    door = models.CharField(max_length=8, help_text="page, upload, api or command")
    verdict = models.CharField(max_length=16)
    times = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("on", "door", "verdict"), name="verification_count_once"),
        )

    def __str__(self) -> str:
        return f"{self.on} {self.door} {self.verdict}"
