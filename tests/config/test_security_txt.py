"""Whoever finds a hole finds whom to tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
ADDRESS = "/.well-known/security.txt"


def fields(text: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (line.partition(": ") for line in text.splitlines())]


def test_contacts_are_told_in_their_order_and_addresses_become_uris(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT = ["securite@casablanca.example", "https://casablanca.example/securite"]
    answer = client.get(ADDRESS)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    told = fields(answer.content.decode())
    assert [value for name, value in told if name == "Contact"] == [
        "mailto:securite@casablanca.example",
        "https://casablanca.example/securite",
    ]
    assert ("Canonical", f"{settings.BASE_URL}{ADDRESS}") in told
    assert ("Preferred-Languages", "fr, ar, en") in told


def test_it_says_once_until_when_it_holds_within_a_year(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT = ["securite@casablanca.example"]
    told = fields(client.get(ADDRESS).content.decode())
    (until,) = [value for name, value in told if name == "Expires"]
    left = datetime.strptime(until, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=365)


def test_without_a_contact_there_is_nothing(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT = []
    assert client.get(ADDRESS).status_code == 404


def test_nothing_is_written_there(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT = ["securite@casablanca.example"]
    assert client.post(ADDRESS).status_code == 405
