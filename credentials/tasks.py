"""Doorbells: each calls one verb and carries no work."""

from celery import shared_task

from issuers import clock

from . import issuance, outbox, printing, securing, statuslists, webhooks
from .models import Batch


@shared_task(name="credentials.issue_interactive")
def issue_interactive() -> None:
    """Issue single awards."""
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=clock.now())


@shared_task(name="credentials.issue_batches")
def issue_batches() -> None:
    """Issue rosters, for some seconds; the bell rings again for the rest."""
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=clock.now(), limit=issuance.CHUNKS_A_BELL)


@shared_task(name="credentials.issue_anew")
def issue_anew() -> None:
    """Issue what takes the place of certificates of a withdrawn key, for some seconds at a time."""
    issuance.issue_ready(kind=Batch.Kind.REISSUE, now=clock.now(), limit=issuance.CHUNKS_A_BELL)


@shared_task(name="credentials.secure_documents")
def secure_documents() -> None:
    """Secure new certificates as files, for about a second; the bell rings again for the rest."""
    securing.secure_new(now=clock.now())


@shared_task(name="credentials.publish_lists")
def publish_lists() -> None:
    """Sign the status lists that changed."""
    statuslists.publish_changed(now=clock.now())


@shared_task(name="credentials.deliver_messages")
def deliver_messages() -> None:
    """Send what waits in the outbox."""
    outbox.deliver_due(now=clock.now())


@shared_task(name="credentials.deliver_webhooks")
def deliver_webhooks() -> None:
    """Tell programs what happened."""
    webhooks.deliver_due(now=clock.now())


@shared_task(name="credentials.prepare_prints")
def prepare_prints() -> None:
    """Make what was ordered for the print shop, for some seconds; the bell rings again for the rest."""
    printing.prepare(now=clock.now(), limit=printing.PARTS_A_BELL)
