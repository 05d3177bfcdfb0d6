"""Doorbells: each calls one verb and carries no work."""

from celery import shared_task

from issuers import clock

from . import filing


@shared_task(name="passport.file_certificates")
def file_certificates() -> None:
    """File what nobody has looked at yet."""
    filing.consider_unfiled(now=clock.now())
