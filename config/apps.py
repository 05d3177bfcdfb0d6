"""Django's handle on the shell: its templates, tags and commands."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The ``config`` app; it has no models."""

    name = "config"
