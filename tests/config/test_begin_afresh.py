"""A worker that starts throws away what lies in its queues and begins with one bell for each of its tasks."""

import json
from collections.abc import Mapping
from types import SimpleNamespace

import pytest
from django.conf import settings
from redis import Redis

from config.celery import ROUTES, app, begin_afresh

MINE = {"batches": None, "messages": None}


def starting_bulk() -> None:
    """What Celery tells of a worker that listens to the queues of lists."""
    queues = {name: app.amqp.queues[name] for name in MINE}
    begin_afresh(sender=SimpleNamespace(app=SimpleNamespace(amqp=SimpleNamespace(queues=_only(queues)))))


def _only(queues: Mapping[str, object]) -> SimpleNamespace:
    return SimpleNamespace(consume_from=queues)


def tasks(client: "Redis", queue: str) -> list[str]:
    return sorted(json.loads(message)["headers"]["task"] for message in client.lrange(queue, 0, -1))


def test_what_would_end_it_is_gone_and_each_task_rings_once(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        client.lpush("batches", "{}", "no message", "{}")
        starting_bulk()
        for queue in MINE:
            assert tasks(client, queue) == sorted(task for task, name in ROUTES.items() if name == queue)


def test_other_workers_queues_stay_as_they_are(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        client.lpush("interactive", "somebody's bell")
        starting_bulk()
        assert client.lrange("interactive", 0, -1) == [b"somebody's bell"]


def test_a_broker_that_is_away_does_not_stop_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = settings.CELERY_BROKER_URL.replace("redis.sock", "nobody.sock")
    monkeypatch.setattr(app.conf, "broker_write_url", nowhere)
    monkeypatch.setattr(app.conf, "broker_url", nowhere)
    starting_bulk()
    assert "queues not begun afresh" in caplog.text
