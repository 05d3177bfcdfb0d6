"""The shell: settings, addresses, queue and base pages."""

from .celery import app as celery_app

__all__ = ["celery_app"]
