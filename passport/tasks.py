"""Doorbells: each calls one verb and carries no work."""

from celery import shared_task

from issuers import clock

from . import filing, import_queue


@shared_task(name="passport.file_certificates")
def file_certificates() -> None:
    """File what nobody has looked at yet."""
    filing.consider_unfiled(now=clock.now())


@shared_task(name="passport.look_at_imports")
def look_at_imports() -> None:
    """Look at what learners brought from elsewhere."""
    import_queue.look_at_waiting(now=clock.now())
