"""The same credentials as files with an embedded proof, kept once they were made."""

from django.db import models

from issuers.models import SigningKey

from .credentials import Credential


class SecuredDocument(models.Model):
    """A credential as JSON with a Data Integrity proof; ``body`` is handed out and baked byte for byte."""

    credential = models.OneToOneField(
        Credential, on_delete=models.CASCADE, primary_key=True, related_name="document"
    )
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    body = models.TextField()
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.credential_id
