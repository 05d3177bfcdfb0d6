"""What an intruder, or a broken program, may leave in the broker."""

import base64
import json
import pickle
from typing import Any
from uuid import uuid4

WITNESS = "/tmp/passport-pickle-was-read"  # noqa: S108  # it must never come to be


class Exploit:
    """Unpickled it would leave a file behind."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (WITNESS, "w"))


def forged() -> dict[str, bytes]:
    """Messages in the form that kombu takes for its own, each with something wrong."""
    return {
        "unknown task": envelope(task="os.system", body=[["true"], {}, {}]),
        "known task with arguments": envelope(task="credentials.issue_batches", body=[[1, 2], {"x": 3}, {}]),
        "pickle": envelope(
            task="credentials.issue_batches",
            raw=pickle.dumps(Exploit()),
            content_type="application/x-python-serialize",
            encoding="binary",
        ),
        "json that is none": envelope(task="credentials.issue_batches", raw=b"{not json"),
        "body of another shape": envelope(task="credentials.issue_batches", body={"a": 1}),
    }


def garbage() -> dict[str, bytes]:
    """What is no message at all, or half of one."""
    whole = json.loads(envelope(task="credentials.issue_batches", body=[[], {}, {}]))
    return {
        "bytes": b"\x00\xff garbage",
        "a number": b"42",
        "a list": b"[]",
        "an empty object": b"{}",
        "no properties": json.dumps({k: v for k, v in whole.items() if k != "properties"}).encode(),
        "no headers": json.dumps({k: v for k, v in whole.items() if k != "headers"}).encode(),
    }


def envelope(
    *,
    task: str,
    body: Any = None,
    raw: bytes | None = None,
    content_type: str = "application/json",
    encoding: str = "utf-8",
) -> bytes:
    """A message of Celery's protocol 2 as kombu lays it into a Redis list."""
    number = str(uuid4())
    data = raw if raw is not None else json.dumps(body).encode()
    return json.dumps(
        {
            "body": base64.b64encode(data).decode(),
            "content-encoding": encoding,
            "content-type": content_type,
            "headers": {"lang": "py", "task": task, "id": number, "root_id": number, "retries": 0},
            "properties": {
                "correlation_id": number,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "batches", "routing_key": "batches"},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": str(uuid4()),
            },
        }
    ).encode()
