"""Webhooks: registered by an owner, written with what they tell of, signed, delivered at least once."""

import json
import logging
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from credentials import (
    batches,
    endpoints,
    issuance,
    outbox,
    portions,
    revocation,
    standardwebhooks,
    tasks,
    webhooks,
)
from credentials.errors import (
    BadEndpoint,
    EndpointExists,
    EndpointStopped,
    NotUndelivered,
    NotYours,
    SecretUnreadable,
    TooManyEndpoints,
)
from credentials.models import Achievement, Award, Batch, Chunk, Credential, Delivery, Endpoint, Message
from credentials.people import Person
from issuers import outbound
from issuers.errors import AddressNotPublic, AddressRefused, NotAllowed
from issuers.models import RegisterChange, Role
from issuers.outbound import Client
from passport.models import Learner
from tests.factories import (
    award,
    key_room_open,
    make_achievement,
    make_credential,
    make_issuer,
    make_member,
)
from tests.hosts import NAME, Asked, Host, answers, host

pytestmark = pytest.mark.django_db

ALL = list(Endpoint.Event.values)
State = Delivery.State
PEOPLE = [
    Person(name_latin=f"Omar T{x}", address_kind="phone", address=f"06830000{n:02d}")
    for n, x in enumerate("abcdefgh")
]


@dataclass
class House:
    """A provider, its owner and its course; and a host where its program listens."""

    achievement: Achievement
    owner: Learner
    there: Host

    def register(self, url: str = "", events: Sequence[str] = ALL) -> endpoints.Secret:
        return endpoints.register(
            issuer=self.achievement.issuer,
            url=url or self.there.url,
            events=events,
            by=self.owner,
            now=timezone.now(),
            client=self.there.client(),
        )

    def deliver(self, *, now: datetime | None = None) -> int:
        return webhooks.deliver_due(now=now or timezone.now(), client=self.there.client(seconds=1.0))

    def test_event(self, endpoint: Endpoint) -> Delivery:
        return webhooks.send_test(endpoint=endpoint, by=self.owner, now=timezone.now())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    now = timezone.now()
    with key_room_open(tmp_path), host(tmp_path) as there:
        issuer = make_issuer(now=now, email="direction@ennour.example")
        yield House(make_achievement(issuer), make_member(issuer, Role.OWNER), there)


def read(asked: Asked, secret: str) -> Any:
    """The event, as a receiver reads it with the library of the specification."""
    return Webhook(secret).verify(asked.body, asked.headers)


def told(event: str) -> list[dict[str, Any]]:
    """The events of this kind that wait, as they will be sent."""
    return [
        json.loads(each.body) for each in Delivery.objects.filter(event=event).order_by("created_at", "pk")
    ]


# -- Registering ----------------------------------------------------------------------------------
def test_an_owner_registers_an_address_and_sees_its_secret_once(house: House) -> None:
    made = house.register(events=["credential.issued", "batch.completed"])
    assert made.secret.startswith("whsec_")
    assert len(b64decode(made.secret[6:])) == 32
    assert made.endpoint.events == ["batch.completed", "credential.issued"]
    assert made.secret not in repr(made)
    line = RegisterChange.objects.get(event="webhook-registered")
    assert line.detail["endpoint"] == made.endpoint.pk
    assert NAME not in json.dumps(line.detail)


@pytest.mark.parametrize("role", [Role.SIGNER, Role.TRAINER, Role.CLERK])
def test_nobody_else_registers_rotates_tries_switches_or_removes(house: House, role: Role) -> None:
    endpoint = house.register().endpoint
    house.owner = make_member(house.achievement.issuer, role)
    now = timezone.now()
    with pytest.raises(NotAllowed):
        house.register("https://other.provider.example/")
    for act in (endpoints.rotate, endpoints.remove, endpoints.resume, webhooks.send_test):
        with pytest.raises(NotAllowed):
            act(endpoint=endpoint, by=house.owner, now=now)


@pytest.mark.parametrize("events", [[], ["batch.lost"], ["batch.completed", "webhook.test"]])
def test_events_that_there_are_not_are_refused(house: House, events: list[str]) -> None:
    with pytest.raises(BadEndpoint):
        house.register(events=events)


@pytest.mark.parametrize("url", ["http://hooks.example/", "https://127.0.0.1/", "https://hooks.example:22/"])
def test_an_address_that_is_never_asked_is_not_registered(house: House, url: str) -> None:
    with pytest.raises(AddressRefused):
        house.register(url)
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1"])
def test_a_name_that_leads_into_a_private_network_is_not_registered(house: House, address: str) -> None:
    with pytest.raises(AddressNotPublic):
        endpoints.register(
            issuer=house.achievement.issuer,
            url="https://hooks.provider.example/",
            events=ALL,
            by=house.owner,
            now=timezone.now(),
            client=Client(resolve=lambda name: [address]),
        )
    assert not Endpoint.objects.exists()


def test_the_same_address_is_registered_once_and_again_after_its_removal(house: House) -> None:
    first = house.register()
    with pytest.raises(EndpointExists):
        house.register(house.there.url.replace("hooks", "HOOKS"))
    endpoints.remove(endpoint=first.endpoint, by=house.owner, now=timezone.now())
    assert house.register().secret != first.secret


def test_a_provider_registers_ten_addresses_at_most(house: House) -> None:
    for number in range(endpoints.MOST):
        house.register(f"{house.there.url}/{number}")
    with pytest.raises(TooManyEndpoints):
        house.register()


def test_what_is_anothers_is_not_there(house: House) -> None:
    endpoint = house.register().endpoint
    assert endpoints.own(issuers=[house.achievement.issuer], endpoint_id=endpoint.pk) == endpoint
    with pytest.raises(NotYours):
        endpoints.own(issuers=[make_issuer()], endpoint_id=endpoint.pk)


# -- The secret -----------------------------------------------------------------------------------
def test_the_database_holds_no_secret_in_clear_and_a_moved_one_does_not_open(house: House) -> None:
    one, other = house.register(), house.register(f"{house.there.url}/other")
    raw = b64decode(one.secret[6:])
    assert raw not in bytes(one.endpoint.sealed or b"")
    assert endpoints.keys(one.endpoint, now=timezone.now()) == [raw]
    other.endpoint.sealed = one.endpoint.sealed
    with pytest.raises(SecretUnreadable):
        endpoints.keys(other.endpoint, now=timezone.now())


def test_under_another_secret_key_it_opens_only_while_the_old_one_is_known(
    house: House, settings: Any
) -> None:
    endpoint = house.register().endpoint
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    with pytest.raises(SecretUnreadable):
        endpoints.keys(endpoint, now=timezone.now())
    settings.SECRET_KEY_FALLBACKS = [old]
    assert len(endpoints.keys(endpoint, now=timezone.now())) == 1


def test_what_cannot_be_signed_waits_and_says_why(house: House, settings: Any) -> None:
    delivery = house.test_event(house.register().endpoint)
    settings.SECRET_KEY = "another"
    assert house.deliver() == 0
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == ("pending", "SecretUnreadable")
    assert house.there.asked == []


def test_for_a_day_both_secrets_sign_and_then_the_new_one_alone(house: House) -> None:
    first = house.register()
    second = endpoints.rotate(endpoint=first.endpoint, by=house.owner, now=timezone.now())
    house.test_event(first.endpoint)
    assert house.deliver() == 1
    asked = house.there.asked[0]
    assert asked.headers["webhook-signature"].count("v1,") == 2
    assert read(asked, first.secret) == read(asked, second.secret)
    second.endpoint.refresh_from_db()
    assert len(endpoints.keys(second.endpoint, now=timezone.now() + endpoints.BOTH_HOLD)) == 1


def test_a_removed_endpoint_keeps_no_secret(house: House) -> None:
    endpoint = house.register().endpoint
    endpoints.rotate(endpoint=endpoint, by=house.owner, now=timezone.now())
    endpoints.remove(endpoint=endpoint, by=house.owner, now=timezone.now())
    endpoint.refresh_from_db()
    assert (endpoint.sealed, endpoint.sealed_before) == (None, None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Endpoint.objects.filter(pk=endpoint.pk).update(sealed=b"x")
    for act in (endpoints.rotate, endpoints.remove, endpoints.resume, webhooks.send_test):
        with pytest.raises(EndpointStopped):
            act(endpoint=endpoint, by=house.owner, now=timezone.now())


# -- The signature --------------------------------------------------------------------------------
def test_a_receiver_verifies_what_we_signed_with_the_specifications_own_library(house: House) -> None:
    made = house.register()
    delivery = house.test_event(made.endpoint)
    assert house.deliver() == 1
    asked = house.there.asked[0]
    assert (asked.method, asked.path, asked.headers["content-type"]) == ("POST", "/hook", "application/json")
    assert asked.headers["webhook-id"] == delivery.pk
    assert abs(int(asked.headers["webhook-timestamp"]) - time.time()) < 60
    event = read(asked, made.secret)
    assert (event["type"], event["data"]) == ("webhook.test", {"endpoint": made.endpoint.pk})
    assert datetime.fromisoformat(event["timestamp"]) == delivery.created_at


@pytest.mark.parametrize("part", ["body", "webhook-id", "webhook-timestamp", "secret"])
def test_what_was_changed_on_its_way_is_not_verified(house: House, part: str) -> None:
    made = house.register()
    house.test_event(made.endpoint)
    house.deliver()
    asked, secret = house.there.asked[0], made.secret
    headers, body = dict(asked.headers), asked.body
    if part == "body":
        body = body.replace(b"webhook.test", b"webhook.best")
    elif part == "secret":
        secret = standardwebhooks.shown(standardwebhooks.new_secret())
    else:
        headers[part] = headers[part][:-1] + ("1" if headers[part][-1] != "1" else "2")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_the_signature_is_the_specifications_example() -> None:
    # standard-webhooks/spec, "Signature scheme": the libraries' own test vector
    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    given = standardwebhooks.headers(
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
        keys=[key],
    )
    assert given["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


DOCS = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()


def test_the_event_in_the_docs_carries_the_signature_of_the_secret_in_the_docs() -> None:
    message = re.search(r"^```http\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)
    secret = re.search(r"`(whsec_[^`]+)`", DOCS)
    assert message is not None
    assert secret is not None
    head, body = message[1].rstrip("\n").split("\n\n")
    shown = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line.startswith("webhook-"))
    assert shown == standardwebhooks.headers(
        message_id=shown["webhook-id"],
        timestamp=int(shown["webhook-timestamp"]),
        body=body.encode(),
        keys=[b64decode(secret[1].removeprefix("whsec_"))],
    )


def test_the_programs_in_the_docs_verify_what_we_sent(house: House) -> None:
    made = house.register()
    house.test_event(made.endpoint)
    house.deliver()
    asked, kept = house.there.asked[0], list[Any]()
    world: dict[str, Any] = {"SECRET": made.secret, "remember": lambda pk: True, "queue": kept.append}
    for program in re.findall(r"^```py\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL):
        exec(program, world)  # noqa: S102  # our own docs
    assert world["on_post"](asked.headers, asked.body) == 204
    assert kept[0]["type"] == "webhook.test"
    assert world["is_ours"](made.secret, asked.headers, asked.body)
    for forged in (asked.body + b" ", asked.body.replace(b"test", b"best")):
        assert world["on_post"](asked.headers, forged) == 400
        assert not world["is_ours"](made.secret, asked.headers, forged)


# -- What happened --------------------------------------------------------------------------------
def test_a_list_that_is_complete_is_told_with_its_counts_and_no_names(house: House) -> None:
    house.register(events=["batch.completed"])
    batch = award(house.achievement, *PEOPLE[:3], kind=Batch.Kind.ROSTER, now=timezone.now())
    issuance.issue_ready(kind=batch.kind, now=timezone.now())
    event = told("batch.completed")[0]
    assert event["data"] == {
        "batch": batch.pk,
        "batch_url": f"http://localhost:8000/api/v1/batches/{batch.pk}",
        "kind": "roster",
        "counts": {"pending": 0, "issued": 3, "failed": 0, "duplicate": 0, "cancelled": 0},
    }
    body = Delivery.objects.get().body
    assert not any(word in body for person in PEOPLE for word in (person.name_latin, person.address[1:]))


def test_a_list_that_was_mended_is_told_of_again_and_each_end_once(house: House) -> None:
    house.register(events=["batch.completed"])
    batch = award(house.achievement, *PEOPLE[:2], kind=Batch.Kind.ROSTER, now=timezone.now())
    issuance.issue_ready(kind=batch.kind, now=timezone.now())
    batches.close(batch_id=batch.pk)
    batches.close_finished(now=timezone.now())
    assert len(told("batch.completed")) == 1
    batch.awards.filter(row=2).update(state="failed", error_code="quarantined")
    Credential.objects.filter(award__batch=batch, award__row=2).update(status="revoked")
    assert batches.retry(batch=batch, now=timezone.now()) == 1
    batches.close_finished(now=timezone.now())
    Chunk.objects.update(state="done")
    batches.close(batch_id=batch.pk)
    assert len(told("batch.completed")) == 2


def test_a_chunk_of_certificates_is_one_event_with_their_ids(house: House) -> None:
    house.register(events=["credential.issued"])
    batch = award(house.achievement, *PEOPLE, kind=Batch.Kind.ROSTER, now=timezone.now())
    issuance.issue_ready(kind=batch.kind, now=timezone.now())
    event = told("credential.issued")[0]
    assert Delivery.objects.count() == 1
    assert event["data"]["count"] == len(PEOPLE)
    assert event["data"]["credentials"] == [c.pk for c in Credential.objects.order_by("award__row")]
    assert event["data"]["credential_url"] == "http://localhost:8000/api/v1/credentials/{id}"


def test_a_change_of_status_is_told_with_its_reason(house: House) -> None:
    house.register(events=["credential.status_changed"])
    credential = make_credential(house.achievement, PEOPLE[0], now=timezone.now())
    revocation.suspend(credential=credential, reason="under-review", by=house.owner, now=timezone.now())
    revocation.replace(
        credential=credential,
        person=PEOPLE[1],
        reason="corrected",
        by=house.owner,
        idempotency_key="again",
        now=timezone.now(),
    )
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=timezone.now())
    data = [event["data"] for event in told("credential.status_changed")]
    new = Credential.objects.exclude(pk=credential.pk).get()
    same = {
        "count": 1,
        "credentials": [credential.pk],
        "credential_url": "http://localhost:8000/api/v1/credentials/{id}",
    }
    assert data == [
        same | {"act": "suspend", "reason": "under-review", "status": "suspended", "replaced_by": {}},
        same
        | {
            "act": "replace",
            "reason": "corrected",
            "status": "replaced",
            "replaced_by": {credential.pk: new.pk},
        },
    ]


def test_certificates_that_are_replaced_together_are_one_event(house: House) -> None:
    house.register(events=["credential.status_changed"])
    rows = [Award(replaces_id=f"old-{n}", credential_id=f"new-{n}", reason="corrected") for n in range(3)]
    rows.append(Award(replaces_id="old-3", credential_id="new-3"))
    issuer_id = house.achievement.issuer_id
    webhooks.tell_replaced(rows, issuer_id=issuer_id, now=timezone.now())
    data = [event["data"] for event in told("credential.status_changed")]
    assert sorted(each["count"] for each in data) == [1, 3]
    assert data[-1]["replaced_by"] | data[0]["replaced_by"] == {f"old-{n}": f"new-{n}" for n in range(4)}


def test_a_list_that_waits_for_a_second_person_is_told_of(house: House) -> None:
    house.register(events=["batch.held"])
    batch = award(house.achievement, *PEOPLE[:2], kind=Batch.Kind.ROSTER, now=timezone.now())
    webhooks.tell_held(batch, now=timezone.now())
    assert told("batch.held")[0]["data"]["counts"]["pending"] == 2


def test_what_was_not_committed_is_not_told(house: House) -> None:
    house.register()
    credential = make_credential(house.achievement, PEOPLE[0], now=timezone.now())
    before = Delivery.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        revocation.revoke(credential=credential, reason="fraud", by=house.owner, now=timezone.now())
        raise RuntimeError
    assert Delivery.objects.count() == before


def test_only_those_who_want_it_are_told_and_nobody_elses_programs(house: House) -> None:
    wants, other = (
        house.register(events=["batch.completed"]),
        house.register(f"{house.there.url}/2", ["batch.held"]),
    )
    elsewhere = make_issuer(now=timezone.now())
    stranger = House(make_achievement(elsewhere), make_member(elsewhere, Role.OWNER), house.there)
    stranger.register()
    make_credential(house.achievement, PEOPLE[0], now=timezone.now())
    assert set(Delivery.objects.values_list("endpoint", "event")) == {(wants.endpoint.pk, "batch.completed")}
    assert not other.endpoint.deliveries.exists()


def test_a_chunk_asks_for_endpoints_once_however_many_certificates(house: House) -> None:
    def questions(count: int) -> int:
        kind = Batch.Kind.ROSTER
        people = [Person(name_latin=f"Hajar N{x}{chr(97 + count)}") for x in "abcdefgh"[:count]]
        batch = award(house.achievement, *people, kind=kind, now=timezone.now())
        with CaptureQueriesContext(connection) as asked:
            issuance.issue_ready(kind=kind, now=timezone.now())
        assert Credential.objects.filter(award__batch=batch).count() == count
        return sum("credentials_endpoint" in query["sql"] for query in asked)

    assert (questions(1), questions(8)) == (2, 2)  # the chunk's, and the list's end


def test_an_event_is_written_once_for_an_endpoint(house: House) -> None:
    endpoint = house.register().endpoint
    delivery = house.test_event(endpoint)
    twin = Delivery(
        endpoint=endpoint,
        event=delivery.event,
        subject=delivery.subject,
        not_before=delivery.not_before,
        created_at=delivery.created_at,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


# -- Delivery -------------------------------------------------------------------------------------
def test_a_failure_is_tried_ten_times_within_a_day_and_each_time_with_the_same_bytes(house: House) -> None:
    house.there.manner = answers(500)
    delivery = house.test_event(house.register().endpoint)
    start = now = timezone.now()
    for tried in range(1, webhooks.MAX_ATTEMPTS):
        assert house.deliver(now=now) == 0
        delivery.refresh_from_db()
        wait = webhooks.WAITS[tried - 1]
        assert (delivery.state, delivery.attempts, delivery.last_error) == ("pending", tried, "http-500")
        assert wait <= delivery.not_before - now <= wait * 1.2
        assert house.deliver(now=delivery.not_before - timedelta(seconds=1)) == 0
        assert len(house.there.asked) == tried
        now = delivery.not_before
    assert house.deliver(now=now) == 0
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == ("failed", "http-500")
    assert timedelta(hours=23) < now - start < timedelta(hours=30)
    assert {(asked.headers["webhook-id"], asked.body) for asked in house.there.asked} == {
        (delivery.pk, delivery.body.encode())
    }


def test_waits_differ_so_that_not_all_come_back_at_once() -> None:
    assert len({webhooks._wait(1) for _ in range(20)}) > 10


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_an_arrival(house: House, status: int) -> None:
    house.there.manner = answers(status)
    delivery = house.test_event(house.register().endpoint)
    assert house.deliver() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == ("delivered", "")
    assert delivery.sent_at is not None
    assert house.deliver() == 0


@pytest.mark.parametrize(
    ("status", "error"),
    [(301, "Redirected"), (307, "Redirected"), (400, "http-400"), (404, "http-404"), (500, "http-500")],
)
def test_one_event_that_is_not_taken_does_not_hold_up_the_others(
    house: House, status: int, error: str
) -> None:
    endpoint = house.register().endpoint
    bad = house.test_event(endpoint)
    for _ in range(3):
        house.test_event(endpoint)

    def picky(connection: ssl.SSLSocket, asked: Asked) -> None:
        answers(status if asked.headers["webhook-id"] == bad.pk else 204, Location="/")(connection, asked)

    house.there.manner = picky
    assert house.deliver() == 3
    bad.refresh_from_db()
    endpoint.refresh_from_db()
    assert (bad.state, bad.last_error) == ("pending", error)
    assert (endpoint.failing_since, endpoint.rests_until) == (None, None)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_endpoint_out_of_breath_is_left_in_peace_longer_each_time(house: House, status: int) -> None:
    house.there.manner = answers(status)
    endpoint = house.register().endpoint
    for _ in range(3):
        house.test_event(endpoint)
    now, rests = timezone.now(), []
    for tried in (1, 2, 3):
        assert house.deliver(now=now) == 0
        assert len(house.there.asked) == tried  # one event asked; the others gave their try back
        endpoint.refresh_from_db()
        assert endpoint.rests_until is not None
        assert house.deliver(now=endpoint.rests_until - timedelta(seconds=1)) == 0
        rests.append(endpoint.rests_until - now)
        now = endpoint.rests_until
    for minutes, rest in zip((1, 2, 4), rests, strict=True):
        assert timedelta(minutes=minutes) <= rest <= timedelta(minutes=minutes * 1.2)
    assert sum(Delivery.objects.values_list("attempts", flat=True)) == 3
    house.there.manner = answers(204)
    assert house.deliver(now=now + timedelta(hours=1)) == 3
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.rests_until) == (0, None, None)


def test_a_name_that_leads_into_a_private_network_meanwhile_is_not_asked(house: House) -> None:
    delivery = house.test_event(house.register().endpoint)
    client = Client(resolve=lambda name: ["127.0.0.1"], ports={house.there.port}, ca_file=house.there.ca_file)
    assert webhooks.deliver_due(now=timezone.now(), client=client) == 0
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == ("pending", "AddressNotPublic")
    assert house.there.connections == 0


def test_an_endpoint_that_says_gone_is_switched_off_at_once_and_its_provider_told(house: House) -> None:
    house.there.manner = answers(410)
    endpoint = house.register().endpoint
    asked, waiting = house.test_event(endpoint), house.test_event(endpoint)
    assert house.deliver() == 0
    endpoint.refresh_from_db()
    assert (endpoint.stopped_why, endpoint.stopped_at is not None) == ("gone", True)
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {asked.pk: "bounced", waiting.pk: "failed"}
    assert outbox.deliver_due(now=timezone.now()) == 1
    letter = mail.outbox[0]
    assert letter.to == ["direction@ennour.example"]
    assert f"{NAME}:{house.there.port}" in str(letter.body)
    assert "/hook" not in str(letter.body).replace("/teach/webhooks/", "")


def test_an_endpoint_that_takes_nothing_for_five_days_is_switched_off_and_can_be_switched_on(
    house: House,
) -> None:
    endpoint = house.register().endpoint
    house.test_event(endpoint)
    house.there.manner = answers(503)
    start = now = timezone.now()
    for _ in range(400):
        house.deliver(now=now)
        endpoint.refresh_from_db()
        if endpoint.stopped_at:
            break
        if not Delivery.objects.filter(state=State.PENDING).exists():
            house.test_event(endpoint)
        now = max(endpoint.rests_until or now, now + timedelta(minutes=30))
    # From the last try but one it may be eight hours, and a fifth.
    assert timedelta(days=5) <= now - start < timedelta(days=5, hours=10)
    assert endpoint.stopped_why == "silent"
    assert Message.objects.filter(kind="endpoint", endpoint=endpoint).count() == 1
    make_credential(house.achievement, PEOPLE[0], now=timezone.now())
    assert not Delivery.objects.filter(event="credential.issued").exists()
    failed = webhooks.undelivered(issuers=None).first()
    assert failed is not None
    with pytest.raises(EndpointStopped):
        webhooks.resend(delivery=failed, now=now)
    with pytest.raises(EndpointStopped):
        house.test_event(endpoint)
    endpoints.resume(endpoint=endpoint, by=house.owner, now=now)
    house.there.manner = answers(204)
    assert webhooks.resend_all(issuers=[house.achievement.issuer], now=now) >= 1
    assert house.deliver(now=now) >= 1


def test_what_waits_for_an_endpoint_that_is_removed_is_not_sent(house: House) -> None:
    endpoint = house.register().endpoint
    delivery = house.test_event(endpoint)
    endpoints.remove(endpoint=endpoint, by=house.owner, now=timezone.now())
    assert house.deliver() == 0
    assert house.there.asked == []
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == ("failed", "EndpointStopped")
    assert not webhooks.undelivered(issuers=None).exists()
    with pytest.raises(EndpointStopped):
        webhooks.resend(delivery=delivery, now=timezone.now())


def test_an_endpoint_removed_while_it_is_told_stays_removed(house: House) -> None:
    endpoint = house.register().endpoint
    delivery = house.test_event(endpoint)
    runs = webhooks._take(now=timezone.now())
    endpoints.remove(endpoint=endpoint, by=house.owner, now=timezone.now())
    webhooks._hand_over(runs[0], client=house.there.client(), until=time.monotonic() + 5, now=timezone.now())
    webhooks._settle(runs[0], now=timezone.now())
    delivery.refresh_from_db()
    endpoint.refresh_from_db()
    assert (delivery.state, endpoint.sealed) == ("failed", None)
    assert len(house.there.asked) == 1


@pytest.mark.parametrize("state", ["pending", "delivered"])
def test_what_is_on_its_way_or_there_is_not_sent_again(house: House, state: str) -> None:
    delivery = house.test_event(house.register().endpoint)
    Delivery.objects.update(state=state)
    with pytest.raises(NotUndelivered):
        webhooks.resend(delivery=delivery, now=timezone.now())


# -- A slow one, and the others -------------------------------------------------------------------
def test_a_slow_endpoint_delays_nobody_else_and_its_portion_ends_in_time(
    house: House, tmp_path: Path
) -> None:
    over = threading.Event()

    def slow(connection: ssl.SSLSocket, asked: Asked) -> None:
        if asked.path == "/slow":
            over.wait(20)
        answers(204)(connection, asked)

    house.there.manner = slow
    sleepy = house.register(f"https://{NAME}:{house.there.port}/slow").endpoint
    quick = house.register(f"https://{NAME}:{house.there.port}/quick").endpoint
    for _ in range(webhooks.EVENTS):
        house.test_event(sleepy)
        house.test_event(quick)
    started = time.monotonic()
    assert house.deliver() == webhooks.EVENTS
    assert time.monotonic() - started < 4  # one try of a second, the quick one's twenty beside it
    over.set()
    sleepy.refresh_from_db()
    assert sleepy.rests_until is not None
    assert Counter(sleepy.deliveries.values_list("attempts", "last_error")) == {
        (1, "AnswerTooSlow"): 1,
        (0, ""): webhooks.EVENTS - 1,
    }


def test_nothing_new_is_begun_when_the_portions_time_is_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = house.register().endpoint
    for _ in range(3):
        house.test_event(endpoint)
    monkeypatch.setattr(webhooks, "PATIENCE", timedelta(seconds=-1))
    now = timezone.now()
    assert house.deliver(now=now) == 0
    assert set(Delivery.objects.values_list("state", "attempts", "not_before")) == {("pending", 0, now)}


def test_whoever_waited_longest_comes_first(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "ENDPOINTS", 1)
    monkeypatch.setattr(webhooks, "EVENTS", 2)
    busy = house.register().endpoint
    for _ in range(6):
        house.test_event(busy)
    calm = house.register(f"{house.there.url}/calm").endpoint
    house.test_event(calm)
    assert house.deliver() == 2
    assert house.deliver() == 1
    assert [asked.path for asked in house.there.asked] == ["/hook", "/hook", "/hook/calm"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_have_the_same_endpoint(house: House) -> None:
    from django.db import connections

    made = [house.register(f"{house.there.url}/{n}").endpoint for n in range(4)]
    for endpoint in made * 5:
        house.test_event(endpoint)
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        while webhooks._ready(now=timezone.now()).exists():
            house.deliver()
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [asked.headers["webhook-id"] for asked in house.there.asked]
    assert len(ids) == len(set(ids)) == 20
    assert set(Delivery.objects.values_list("state", "attempts")) == {("delivered", 1)}


def test_the_sweeper_rings_and_delivers_itself_what_nobody_heard(
    house: House, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("issuers.doorbell.ring", lambda task, queue: rung.append(task))
    house.test_event(house.register().endpoint)
    rung.clear()
    now = timezone.now()
    assert webhooks.deliver_unheard(now=now, client=house.there.client()) == 0
    assert rung == ["credentials.deliver_webhooks"]
    assert webhooks.deliver_unheard(now=now + webhooks.UNHEARD, client=house.there.client()) == 1
    rung.clear()
    assert webhooks.deliver_unheard(now=now + webhooks.UNHEARD, client=house.there.client()) == 0
    assert rung == []


def test_the_bell_delivers_with_the_products_own_client(
    house: House, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.OUTBOUND_PORTS = [house.there.port]
    delivery = house.test_event(house.register().endpoint)
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(outbound, "getaddrinfo", lambda *where, **how: here)
    tasks.deliver_webhooks()
    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.last_error) == (1, "AddressNotPublic")
    assert house.there.connections == 0


def test_what_arrived_or_was_let_go_is_forgotten_after_a_month(house: House) -> None:
    endpoint = house.register().endpoint
    arrived, dropped, failed, waits = (house.test_event(endpoint) for _ in range(4))
    Delivery.objects.filter(pk=arrived.pk).update(state=State.DELIVERED)
    Delivery.objects.filter(pk__in=[dropped.pk, failed.pk]).update(state=State.FAILED)
    portions.let_go(Delivery.objects.filter(pk=dropped.pk), now=timezone.now())
    assert webhooks.forget(now=timezone.now()) == 0
    assert webhooks.forget(now=timezone.now() + webhooks.KEPT) == 2
    assert set(Delivery.objects.values_list("pk", flat=True)) == {failed.pk, waits.pk}


def test_no_secret_and_no_address_is_ever_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        made = house.register(f"https://{NAME}:{house.there.port}/hook?token=a-capability")
        for manner in (answers(500), answers(302, Location="/"), answers(204), answers(410)):
            house.there.manner = manner
            house.test_event(made.endpoint)
            house.deliver()
    said = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert "webhook not taken" in said
    raw = b64decode(made.secret[6:])
    for secret in (made.secret, made.secret[6:], raw.hex(), "a-capability", "direction@ennour.example"):
        assert secret not in said


# -- Killed ---------------------------------------------------------------------------------------
def database_url() -> str:
    """The database of this test, for another process."""
    held = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{held['NAME']}"
    return f"postgres://{held['USER']}@{quote(held['HOST'], safe='')}/{held['NAME']}"


@pytest.mark.django_db(transaction=True)
def test_a_dispatcher_killed_between_sending_and_settling_loses_nothing(house: House, settings: Any) -> None:
    events, kills = 120, 12
    made = [house.register(f"{house.there.url}/{n}").endpoint for n in range(3)]
    wanted = {house.test_event(made[n % 3]).pk for n in range(events)}
    running: list[subprocess.Popen[bytes]] = []
    sent: list[str] = []
    killed = 0
    turn = threading.Lock()

    def deadly(connection: ssl.SSLSocket, asked: Asked) -> None:
        """Every tenth event costs the sender its life: before it hears of it, or just after."""
        nonlocal killed
        with turn:
            sent.append(asked.headers["webhook-id"])
            deadly_now = len(sent) % 10 == 0 and killed < kills
            killed += deadly_now
            process = running[-1]
            if deadly_now and killed % 2:
                os.kill(process.pid, signal.SIGKILL)
        answers(204)(connection, asked)
        if deadly_now and not killed % 2:
            os.kill(process.pid, signal.SIGKILL)

    house.there.manner = deadly
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "REDIS_URL": settings.REDIS_URL,
    }
    deadline = time.monotonic() + 120
    while Delivery.objects.filter(state=State.PENDING).exists() and time.monotonic() < deadline:
        ahead = str(len(running) * 150)
        command = [sys.executable, "-m", "tests.credentials.dispatcher"]
        with turn:
            running.append(
                subprocess.Popen(
                    [*command, str(house.there.port), house.there.ca_file, ahead], env=environment
                )
            )
        while (
            running[-1].poll() is None
            and Delivery.objects.filter(state=State.PENDING).exists()
            and time.monotonic() < deadline
        ):
            time.sleep(0.1)
    running[-1].kill()
    codes = [process.wait(10) for process in running]
    assert codes == [-signal.SIGKILL] * len(running)
    assert killed == kills
    assert set(sent) == wanted
    assert len(sent) > events
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
