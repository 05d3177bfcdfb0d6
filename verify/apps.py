"""Django's handle on this app."""

from importlib import import_module

from django.apps import AppConfig


class VerifyConfig(AppConfig):
    """The ``verify`` app."""

    name = "verify"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("verify.bench_receipts")  # worker and sweeper make what is on order
