"""A log event can be read afterwards: when, what, about what; and nothing in it can pass for another."""

import logging
from typing import Any

import pytest
from django.conf import settings

from config.logs import Line


def line(phrase: str, **data: Any) -> str:
    record = logging.getLogger("credentials.outbox").makeRecord(
        "credentials.outbox", logging.WARNING, __file__, 1, phrase, (), None, extra=data
    )
    record.created = 1_795_687_200.25
    return Line().format(record)


def test_the_data_stand_beside_the_phrase() -> None:
    assert line("message not sent", message_id="abc", attempts=3) == (
        '2026-11-26T10:00:00.250Z WARNING credentials.outbox: message not sent message_id="abc" attempts=3'
    )


def test_nothing_begins_a_line_of_its_own() -> None:
    written = line("odd\nphrase", error='two\nlines\r and a "quote"')
    assert len(written.splitlines()) == 1
    assert written.endswith(r'odd\nphrase error="two\nlines\r and a \"quote\""')


def test_what_is_neither_text_nor_number_is_left_out() -> None:
    assert line("refused", request=object(), status_code=404).endswith("refused status_code=404")


def test_a_trace_follows_its_event() -> None:
    why = ValueError("why")
    record = logging.getLogger("x").makeRecord(
        "x", logging.ERROR, __file__, 1, "failed", (), (type(why), why, None)
    )
    written = Line().format(record).splitlines()
    assert written[0].endswith("ERROR x: failed")
    assert written[-1] == "ValueError: why"


CODE = "3917" * 120


@pytest.mark.parametrize(
    "address",
    [f"/v#{CODE}", f"/v%23{CODE}", f"/v%2523{CODE}", f"/v/{CODE}", f"/v/{CODE}/x?y", f"/v?{CODE}", CODE],
)
def test_a_printed_code_is_in_no_line_whichever_way_it_came(address: str) -> None:
    error = ValueError(f"cannot read {address}")
    record = logging.getLogger("django.request").makeRecord(
        "django.request",
        logging.ERROR,
        __file__,
        1,
        "Internal Server Error: %s",
        (address,),
        (type(error), error, None),
        extra={"path": address},
    )
    written = Line().format(record)
    assert "391739" not in written
    assert written.count("…") == 3
    assert "Internal Server Error: " in written


def test_what_is_no_code_stays() -> None:
    kept = 'failed: /verify /v/ /api/v1/verify /c/3917391739173917 path="/v"'
    assert line(kept).endswith(kept)


def test_every_process_writes_so() -> None:
    formatters: Any = settings.LOGGING["formatters"]
    assert formatters["line"] == {"()": "config.logs.Line"}
