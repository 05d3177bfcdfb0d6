"""Doorbells: each calls one verb and carries no work."""

from celery import shared_task

from . import clock, orders, publications


@shared_task(name="issuers.tend")
def tend() -> None:
    """Make missing keys and sign what the register says."""
    publications.tend(now=clock.now())


@shared_task(name="issuers.fulfil_orders")
def fulfil_orders() -> None:
    """Make what somebody waits for."""
    orders.fulfil(now=clock.now())
