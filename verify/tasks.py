"""Doorbells: each calls one verb and carries no work."""

from celery import shared_task

from issuers import clock

from . import bench_queue


@shared_task(name="verify.check_benches")
def check_benches() -> None:
    """Examine what was handed over at the bench, a portion at a time."""
    bench_queue.check_waiting(now=clock.now())
