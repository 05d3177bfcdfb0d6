"""The generic SMS gateway: what leaves for it, and what each of its answers means; a real HTTPS server."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from credentials.messengers import HttpSmsBackend, Refused
from tests.hosts import Host, answers, host

SENT = {"to": "+212612345678", "text": "جواز المتعلّم: 1 شهادة", "reference": "0123456789abcdefghijkl"}


@pytest.fixture
def gateway(tmp_path: Path, settings: Any) -> Iterator[Host]:
    with host(tmp_path, manner=answers(202)) as running:
        settings.SMS_GATEWAY_URL = running.url
        settings.SMS_GATEWAY_TOKEN = "s3cret"  # of this test's gateway
        settings.SMS_GATEWAY_SENDER = "Passeport"
        yield running


def test_a_message_is_one_post_of_json_with_the_token(gateway: Host) -> None:
    HttpSmsBackend(gateway.client()).send(**SENT)
    (asked,) = gateway.asked
    assert (asked.method, asked.path) == ("POST", "/hook")
    assert asked.headers["authorization"] == "Bearer s3cret"
    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.body) == SENT | {"from": "Passeport"}


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_two_hundred_is_taken(gateway: Host, status: int) -> None:
    gateway.manner = answers(status)
    HttpSmsBackend(gateway.client()).send(**SENT)
    assert len(gateway.asked) == 1


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_number_that_will_never_take_it_is_not_tried_again(gateway: Host, status: int) -> None:
    gateway.manner = answers(status)
    with pytest.raises(Refused):
        HttpSmsBackend(gateway.client()).send(**SENT)


@pytest.mark.parametrize("status", [302, 401, 403, 429, 500, 503])
def test_what_may_pass_is_tried_again_and_the_token_follows_no_redirect(gateway: Host, status: int) -> None:
    gateway.manner = answers(status, Location="https://elsewhere.example/")
    with pytest.raises(OSError) as told:  # the class itself is what matters below
        HttpSmsBackend(gateway.client()).send(**SENT)
    assert not isinstance(told.value, Refused)
    assert len(gateway.asked) == 1
    assert "s3cret" not in str(told.value)
    assert SENT["to"] not in str(told.value)


def test_a_gateway_that_hangs_up_or_is_away_may_be_tried_again(gateway: Host) -> None:
    def hang_up(connection: socket.socket, asked: object) -> None:
        connection.close()

    gateway.manner = hang_up
    for client in (gateway.client(), gateway.client(resolve=lambda name: [])):
        with pytest.raises(OSError) as told:  # as above
            HttpSmsBackend(client).send(**SENT)
        assert not isinstance(told.value, Refused)
