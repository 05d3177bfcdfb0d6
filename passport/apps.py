"""Django's handle on this app."""

from django.apps import AppConfig


class PassportConfig(AppConfig):
    """The ``passport`` app."""

    name = "passport"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import reached, receivers, records  # noqa: F401, PLC0415  # Django's own hook: they connect on import
