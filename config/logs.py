"""Pure. How a log event is written: its moment in UTC, its level, its phrase, and the data beside it."""

import json
import logging
from datetime import UTC, datetime

#: What every record has by itself.
_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


class Line(logging.Formatter):
    """``2026-11-26T10:00:00.123Z WARNING credentials.outbox: message not sent message_id="…"``

    Data are numbers and short texts, quoted as JSON is, so that none of them can begin a line of its own.
    """

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # logging's
        moment = datetime.fromtimestamp(record.created, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # as above
        phrase = record.message.replace("\n", "\\n").replace("\r", "\\r")
        data = [
            f" {name}={json.dumps(value, ensure_ascii=False)}"
            for name, value in vars(record).items()
            if name not in _OWN and isinstance(value, str | int | float | bool)
        ]
        return f"{self.formatTime(record)} {record.levelname} {record.name}: {phrase}{''.join(data)}"
