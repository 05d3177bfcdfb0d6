"""Django's handle on this app."""

from django.apps import AppConfig


class VerifyConfig(AppConfig):
    """The ``verify`` app."""

    name = "verify"
    default_auto_field = "django.db.models.BigAutoField"
