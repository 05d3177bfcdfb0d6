"""Pure. How a log event is written: its moment in UTC, its level, its phrase, and the data beside it."""

import json
import logging
import re
from datetime import UTC, datetime

#: A printed code in an address of the verifier, as camera apps mangle it, or anywhere else by its length.
_CODE = re.compile(r"(?<=/v)(?:%(?:25)?23|[#/?])[^\s\"'<>\\]+|[0-9]{40,}")
#: What every record has by itself.
_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


class Line(logging.Formatter):
    """``2026-11-26T10:00:00.123Z WARNING credentials.outbox: message not sent message_id="…"``

    Data are numbers and short texts, quoted as JSON is, so that none of them can begin a line of its own.
    What a printed code says about somebody is taken out, wherever it stands.
    """

    def format(self, record: logging.LogRecord) -> str:
        return _CODE.sub("…", super().format(record))  # with its traceback, if there is one

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
