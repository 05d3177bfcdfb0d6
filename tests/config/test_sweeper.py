"""The sweeper's rounds: one room's trouble stops no other, and is not said every three seconds."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from config.sweeper import SAY_AGAIN, sweep_once
from tests.factories import NOW, key_room_open, make_issuer, publish_keys

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1000)  # no other test of this process swept then


def said(caplog: pytest.LogCaptureFixture) -> int:
    return sum(getattr(record, "round", "") == "publish keys" for record in caplog.records)


def test_a_trouble_that_lasts_is_said_once_and_again_after_a_while(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    for round_number in range(3):  # this process has no key room
        assert "publish keys" in sweep_once(now=LATER + timedelta(seconds=3 * round_number))
    assert said(caplog) == 1
    assert "publish keys" in sweep_once(now=LATER + SAY_AGAIN)
    assert said(caplog) == 2


def test_a_trouble_that_comes_back_is_said_again(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.ERROR)
    moment = LATER + timedelta(days=1)
    assert "publish keys" in sweep_once(now=moment)
    with key_room_open(tmp_path):
        make_issuer(now=moment)
        publish_keys(now=moment)
        assert "publish keys" not in sweep_once(now=moment)
    assert "publish keys" in sweep_once(now=moment)
    assert said(caplog) == 2
