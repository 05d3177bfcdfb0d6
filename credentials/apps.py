"""Django's handle on this app."""

from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    """The ``credentials`` app."""

    name = "credentials"
    default_auto_field = "django.db.models.BigAutoField"
