"""The queue's shell: which queues there are. Work lives in the database; tasks are doorbells."""

import gc
import os

from celery import Celery
from celery.signals import worker_process_init
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

#: Queue name → the worker that listens to it, as the launcher and the systemd units start them.
QUEUES = {"interactive": "quick", "upkeep": "quick", "batches": "bulk", "messages": "bulk"}

#: Task → its queue. Celery 6 drops the `queue` a task could name for itself, so all stand here.
ROUTES = {
    "issuers.tend": "upkeep",
    "issuers.fulfil_orders": "interactive",
    "credentials.issue_interactive": "interactive",
    "credentials.issue_batches": "batches",
    "credentials.issue_anew": "batches",
    "credentials.publish_lists": "upkeep",
    "credentials.deliver_messages": "messages",
    "credentials.deliver_webhooks": "messages",
    "passport.file_certificates": "upkeep",
}

app = Celery("passport")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in QUEUES]
app.conf.task_routes = {task: {"queue": queue} for task, queue in ROUTES.items()}
app.autodiscover_tasks()


@worker_process_init.connect
def keep_what_was_loaded(**_: object) -> None:
    """Spare the garbage collector what a worker has loaded: it lives as long as the worker does."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
