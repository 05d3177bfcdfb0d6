"""The queue's shell: which queues there are. Work lives in the database; tasks are doorbells."""

import os

from celery import Celery
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

#: Queue name → the worker that listens to it, as the launcher and the systemd units start them.
QUEUES = {"interactive": "quick", "upkeep": "quick", "batches": "bulk", "messages": "bulk"}

app = Celery("passport")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name) for name in QUEUES]
app.autodiscover_tasks()
