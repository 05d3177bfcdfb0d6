"""Doorbells: each calls one verb and carries no work."""

from celery import shared_task

from . import clock, publications


@shared_task(name="issuers.tend")
def tend() -> None:
    """Make missing keys and sign what the register says."""
    publications.tend(now=clock.now())
