"""Django's handle on this app."""

from django.apps import AppConfig


class IssuersConfig(AppConfig):
    """The ``issuers`` app."""

    name = "issuers"
    default_auto_field = "django.db.models.BigAutoField"
