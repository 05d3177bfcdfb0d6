"""``/metrics``: who may read it, what it says, and that it says so as Prometheus reads."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from config import metrics
from credentials import issuance
from credentials.models import Award, Batch, Chunk, Message
from credentials.people import Person
from tests.factories import award, key_room_open, make_achievement, make_issuer, publish_keys
from verify import counting
from verify.report import Verdict

pytestmark = pytest.mark.django_db

TOKEN = "a-long-token-that-prometheus-shows"


@pytest.fixture(autouse=True)
def counted_anew() -> Iterator[None]:
    metrics.newest.forget()
    yield
    metrics.newest.forget()


@pytest.fixture
def busy(tmp_path: Path) -> None:
    """Three certificates just now, a row that failed, and a list of two that has waited for two minutes."""
    now = timezone.now()
    with key_room_open(tmp_path):
        course = make_achievement(make_issuer(now=now))
        people = [
            Person(name_latin=f"Omar {letter}azi", address_kind="phone", address="0683000001")
            for letter in "ABCD"
        ]
        batch = award(course, *people, now=now, kind=Batch.Kind.ROSTER)
        Award.objects.filter(batch=batch, row=4).update(state="failed", error_code="phone")
        issuance.issue_ready(kind=Batch.Kind.ROSTER, now=now)
        award(course, *[Person(name_latin=f"Salma {letter}azi") for letter in "AB"], now=now)
    Chunk.objects.filter(state="ready").update(not_before=now - timedelta(minutes=2))
    Message.objects.filter(credential__award__row=1).update(state="bounced")
    for verdict in (Verdict.VALID, Verdict.VALID, Verdict.REVOKED):
        counting.count(verdict=verdict, door="page", now=now)
    counting.count(verdict=Verdict.VALID, door="api", now=now)
    counting.count(verdict=Verdict.VALID, door="api", now=now - timedelta(days=1))


def ask(client: Client, token: str = "", accept: str = "") -> Any:
    headers = {"accept": accept} | ({"authorization": f"Bearer {token}"} if token else {})
    return client.get("/metrics", headers=headers)


def samples(text: str, parse: Any = plain) -> dict[str, float]:
    """Every sample by its name and labels, as a client of Prometheus reads them."""
    found = {}
    for family in parse(text):
        assert family.documentation, family.name
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


# -- Who may read ---------------------------------------------------------------------------------
def test_whoever_shows_the_token_reads(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN, settings.DEMO = TOKEN, False
    answer = ask(client, TOKEN)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], "é"])
@pytest.mark.parametrize("demo", [True, False])
def test_where_a_token_is_set_nobody_reads_without_it(
    client: Client, settings: Any, token: str, demo: bool
) -> None:
    settings.METRICS_TOKEN, settings.DEMO = TOKEN, demo
    answer = ask(client, token)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"')
    assert b"passport_" not in answer.content


def test_without_a_token_a_demo_is_open(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN, settings.DEMO = "", True
    assert ask(client).status_code == 200


@pytest.mark.parametrize("token", ["", "anything"])
def test_without_a_token_there_is_nothing_here(client: Client, settings: Any, token: str) -> None:
    settings.METRICS_TOKEN, settings.DEMO = "", False
    answer = ask(client, token)
    assert answer.status_code == 404
    assert b"<h1" in answer.content


def test_nothing_is_written_here(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


# -- What it says ---------------------------------------------------------------------------------
def test_the_figures_are_those_of_the_city(client: Client, busy: None) -> None:
    found = samples(ask(client).content.decode())
    assert found["passport_rows_waiting"] == 2
    assert 120 <= found["passport_oldest_waiting_seconds"] < 180
    assert (found["passport_rows_accepted_today"], found["passport_rows_issued_today"]) == (6, 3)
    assert found["passport_rows_failed_today{reason=phone}"] == 1
    assert found["passport_chunks{state=ready}"] == 1
    assert found["passport_chunks{state=stalled}"] == 0
    assert found["passport_messages{state=pending}"] == 2
    assert found["passport_messages{state=bounced}"] == 1
    assert found["passport_issue_rate{window=1m}"] == pytest.approx(3 / 60)
    assert found["passport_certificates_unfiled"] == 0
    assert found["passport_queue{passport_queue=late}"] == 1
    assert found["passport_queue{passport_queue=stuck}"] == 0


def test_verifications_of_today_are_told_by_verdict_over_all_doors(client: Client, busy: None) -> None:
    found = samples(ask(client).content.decode())
    assert found["passport_verifications_today{verdict=valid}"] == 3
    assert found["passport_verifications_today{verdict=revoked}"] == 1
    assert found["passport_verifications_today{verdict=tampered}"] == 0


def test_the_build_says_its_versions(client: Client) -> None:
    found = samples(ask(client).content.decode())
    (name,) = [name for name in found if name.startswith("passport_build_info")]
    assert "version=" in name
    assert found[name] == 1


def test_a_city_without_certificates_has_figures_too(client: Client) -> None:
    found = samples(ask(client).content.decode())
    assert (found["passport_rows_waiting"], found["passport_credentials"]) == (0, 0)
    assert "passport_last_issued_timestamp_seconds" not in found


def test_the_delegations_end_is_told_and_a_chain_that_does_not_hold(client: Client, tmp_path: Path) -> None:
    now = timezone.now()
    with key_room_open(tmp_path):
        make_issuer(now=now)
        publish_keys(now=now)
        found = samples(ask(client).content.decode())
        ends = (now.replace(microsecond=0) + timedelta(days=365)).timestamp()
        assert found["passport_delegation_ends_timestamp_seconds"] == ends
        assert found["passport_trust_broken"] == 0
    metrics.newest.forget()
    found = samples(ask(client).content.decode())
    assert found["passport_trust_broken"] == 1
    assert "passport_delegation_ends_timestamp_seconds" not in found


def test_no_figure_names_a_person_or_a_provider(client: Client, busy: None) -> None:
    text = ask(client).content.decode()
    assert "azi" not in text
    assert "0683000001" not in text
    assert "ennour" not in text


# -- How it says it -------------------------------------------------------------------------------
OPENMETRICS = "application/openmetrics-text"


@pytest.mark.parametrize(
    ("accept", "media_type", "parse"),
    [
        ("", "text/plain", plain),
        ("*/*", "text/plain", plain),
        (f"{OPENMETRICS};version=1.0.0,text/plain;q=0.5", OPENMETRICS, openmetrics),
        (OPENMETRICS, OPENMETRICS, openmetrics),
        (f"{OPENMETRICS};version=none", "text/plain", plain),
    ],
)
def test_it_answers_in_the_form_that_is_asked_for(
    client: Client, busy: None, accept: str, media_type: str, parse: Any
) -> None:
    answer = ask(client, accept=accept)
    assert answer["Content-Type"].split(";")[0] == media_type
    assert samples(answer.content.decode(), parse)["passport_rows_waiting"] == 2


# -- What it costs --------------------------------------------------------------------------------
def test_a_second_scraper_within_five_seconds_asks_the_database_nothing(busy: None) -> None:
    now = timezone.now()
    first = metrics.exposition(accept="", now=now)
    with CaptureQueriesContext(connection) as asked:
        assert metrics.exposition(accept="", now=now + timedelta(seconds=4)) == first
    assert len(asked) == 0


@pytest.mark.parametrize("later", [timedelta(seconds=5), timedelta(seconds=-1)])
def test_older_figures_are_counted_anew_also_when_the_clock_was_set_back(
    busy: None, later: timedelta
) -> None:
    now = timezone.now()
    metrics.exposition(accept="", now=now)
    Award.objects.filter(state="pending").update(state="failed", error_code="phone")
    text, _ = metrics.exposition(accept="", now=now + later)
    assert samples(text.decode())["passport_rows_waiting"] == 0


def test_while_the_database_does_not_answer_it_says_so(client: Client) -> None:
    def silent(*_: Any) -> None:
        raise OperationalError

    with connection.execute_wrapper(silent):
        answer = ask(client)
    assert (answer.status_code, answer.content) == (503, b"the database does not answer\n")
    assert ask(client).status_code == 200
