"""The queue's shell: which queues there are. Work lives in the database; tasks are doorbells."""

import gc
import logging
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import task_prerun, worker_init, worker_process_init
from django.db import close_old_connections
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

log = logging.getLogger(__name__)

#: Queue name → the worker that listens to it, as the launcher and the systemd units start them.
QUEUES = {"interactive": "quick", "upkeep": "quick", "batches": "bulk", "messages": "bulk", "benches": "bulk"}

#: Task → its queue. Celery 6 drops the `queue` a task could name for itself, so all stand here.
ROUTES = {
    "issuers.tend": "upkeep",
    "issuers.fulfil_orders": "interactive",
    "credentials.issue_interactive": "interactive",
    "credentials.issue_batches": "batches",
    "credentials.issue_anew": "batches",
    "credentials.secure_documents": "batches",
    "credentials.publish_lists": "upkeep",
    "credentials.deliver_messages": "messages",
    "credentials.deliver_webhooks": "messages",
    "credentials.prepare_prints": "messages",
    "verify.check_benches": "benches",
    "passport.file_certificates": "upkeep",
    "passport.look_at_imports": "benches",
}

app = Celery("passport")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Otherwise every task opens a new connection, which takes longer than signing. How old one may get, and what
# becomes of one that broke, is Django's to say, as for the web (``look_at_connections``).
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in QUEUES]
app.conf.task_routes = {task: {"queue": queue} for task, queue in ROUTES.items()}
app.autodiscover_tasks()


@task_prerun.connect
def look_at_connections(task: Any, **_: object) -> None:
    """Let go of a database connection that broke or is older than ``CONN_MAX_AGE`` before a task uses it."""
    if not task.request.is_eager:
        close_old_connections()


@worker_process_init.connect
def keep_what_was_loaded(**_: object) -> None:
    """Spare the garbage collector what a worker has loaded: it lives as long as the worker does.

    What is left is little and soon looked through, so it is done often enough that memory stays flat.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 5, 2)


@worker_init.connect
def begin_afresh(sender: Any, **_: object) -> None:
    """Throw away what lies in this worker's queues, and ring once for each of its tasks.

    Messages carry no work, so nothing is lost; and one that ends whoever reads it is put back by the broker's
    library as he ends: it would be read again at each new start. A broker that is away is waited for later.
    """
    queues = sender.app.amqp.queues.consume_from
    try:
        with app.connection_for_write(connect_timeout=2) as connection:
            for queue in queues.values():
                queue.bind(connection.default_channel).purge()
            producer = app.amqp.Producer(connection, auto_declare=False)
            for task in (task for task, name in ROUTES.items() if name in queues):
                app.send_task(task, producer=producer, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001  # whatever a broker's library raises; the sweeper works on
        log.warning("queues not begun afresh", extra={"error": type(error).__name__})
