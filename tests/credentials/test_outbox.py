"""The outbox: portions, refusals, receipts, and sending again."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from email.message import Message as Letter
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from credentials import issuance, outbox
from credentials.errors import NotSentYet, NotUndelivered, NotYours
from credentials.messengers import LocalSmsBackend, Refused
from credentials.models import Achievement, Batch, Credential, LocalMessage, Message
from credentials.people import Person
from tests.factories import NOW, award, key_room_open, make_achievement, make_credential, make_issuer

pytestmark = pytest.mark.django_db

TOKEN = "a-long-token-that-the-gateway-shows"
State = Message.State


@pytest.fixture
def achievement(tmp_path: Path) -> Iterator[Achievement]:
    with key_room_open(tmp_path):
        yield make_achievement(make_issuer())


def people(count: int, kind: str = "phone") -> list[Person]:
    """So many people, each with a name and an address of her own."""
    letters = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(count)]
    if kind == "email":
        return [
            Person(name_latin=f"Omar T{x}", address_kind=kind, address=f"{x}@example.org") for x in letters
        ]
    return [
        Person(name_latin=f"Omar T{x}", address_kind=kind, address=f"06830{n:05d}")
        for n, x in enumerate(letters)
    ]


def issue(achievement: Achievement, *who: Person) -> Batch:
    """Certificates to these people; a message to each of them waits."""
    batch = award(achievement, *who, kind=Batch.Kind.ROSTER)
    issuance.issue_ready(kind=batch.kind, now=NOW)
    return batch


def a_message(achievement: Achievement, state: str, kind: str = "phone") -> Message:
    issue(achievement, *people(1, kind))
    Message.objects.update(state=state)
    return Message.objects.get()


class Gateway:
    """A gateway whose temper the number's last digit tells: 1 refuses for good, 2 is out of breath."""

    references: list[str] = []

    def send(self, *, to: str, text: str, reference: str) -> None:
        if to.endswith("1"):
            raise Refused("no such number")
        if to.endswith("2"):
            raise TimeoutError
        self.references.append(reference)


class DeadPortion:
    """A gateway whose process is killed while it sends."""

    def send(self, *, to: str, text: str, reference: str) -> None:
        raise KeyboardInterrupt


class MailServer(EmailBackend):
    """A mail server that knows nobody called aa, and has no room for ab at present."""

    opened = 0

    def open(self) -> bool:
        type(self).opened += 1
        return True

    def send_messages(self, messages: Any) -> int:
        codes = {"aa@example.org": 550, "ab@example.org": 452}
        for message in messages:
            for address in message.to:
                if address in codes:
                    raise smtplib.SMTPRecipientsRefused({address: (codes[address], b"")})
        return super().send_messages(messages)


class ClosedServer(EmailBackend):
    """A mail server that does not answer."""

    asked = 0

    def open(self) -> bool:
        type(self).asked += 1
        raise ConnectionRefusedError


# -- Portions -------------------------------------------------------------------------------------
def test_a_portion_is_sent_and_the_bell_rings_for_the_rest(
    achievement: Achievement, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("issuers.doorbell.ring", lambda task, queue: rung.append(task))
    issue(achievement, *people(outbox.PORTION + 1))
    rung.clear()
    assert outbox.deliver_due(now=NOW) == outbox.PORTION
    assert rung == ["credentials.deliver_messages"]
    assert outbox.deliver_due(now=NOW) == 1
    assert rung == ["credentials.deliver_messages"]
    assert outbox.deliver_due(now=NOW) == 0
    assert LocalMessage.objects.count() == outbox.PORTION + 1


def test_a_larger_portion_asks_the_database_no_more_questions(
    achievement: Achievement, settings: Any
) -> None:
    settings.SMS_PER_NUMBER_A_DAY = settings.SMS_PER_NUMBER_A_MONTH = 100  # all go to one number
    settings.SMS_BACKEND = "tests.credentials.test_outbox.Gateway"

    def questions(of: int) -> int:
        Message.objects.update(state=State.DELIVERED)
        ids = Message.objects.values_list("pk", flat=True)[:of]
        Message.objects.filter(pk__in=list(ids)).update(
            state=State.PENDING, to="+212683000000", not_before=NOW
        )
        with CaptureQueriesContext(connection) as asked:
            assert outbox.deliver_due(now=NOW) == of
        return len(asked)

    issue(achievement, *people(60))
    assert questions(60) == questions(2)


def test_what_a_dead_worker_had_taken_is_sent_two_minutes_later(
    achievement: Achievement, settings: Any
) -> None:
    issue(achievement, *people(3))
    settings.SMS_BACKEND = "tests.credentials.test_outbox.DeadPortion"
    with pytest.raises(KeyboardInterrupt):
        outbox.deliver_due(now=NOW)
    settings.SMS_BACKEND = "credentials.messengers.LocalSmsBackend"
    assert outbox.deliver_due(now=NOW + timedelta(seconds=119)) == 0
    assert outbox.deliver_due(now=NOW + timedelta(seconds=120)) == 3


def test_what_a_slow_gateway_left_is_due_at_once_and_counts_as_no_attempt(
    achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(achievement, *people(3))
    monkeypatch.setattr(outbox, "PATIENCE", timedelta(seconds=-1))
    assert outbox.deliver_due(now=NOW) == 0
    assert set(Message.objects.values_list("state", "attempts", "not_before")) == {("pending", 0, NOW)}


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_take_the_same_message(achievement: Achievement) -> None:
    from threading import Barrier, Thread

    from django.db import connections

    issue(achievement, *people(outbox.PORTION + 40))
    together = Barrier(2)

    def work() -> None:
        together.wait()
        while outbox.deliver_due(now=NOW):
            pass
        connections.close_all()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert LocalMessage.objects.count() == outbox.PORTION + 40
    assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)}


# -- Refusals -------------------------------------------------------------------------------------
def test_a_number_that_is_refused_for_good_bounces_at_once_and_its_neighbours_go_out(
    achievement: Achievement, settings: Any
) -> None:
    settings.SMS_BACKEND = "tests.credentials.test_outbox.Gateway"
    issue(achievement, *people(4))
    assert outbox.deliver_due(now=NOW) == 2
    ended = {m.to[-1]: m for m in Message.objects.all()}
    assert [ended[digit].state for digit in "0123"] == ["sent", "bounced", "pending", "sent"]
    assert (ended["1"].last_error, ended["1"].settled_at) == ("Refused", NOW)
    assert (ended["2"].last_error, ended["2"].not_before) == ("TimeoutError", NOW + timedelta(minutes=2))


def test_a_transient_failure_waits_twice_as_long_each_time_and_ends_after_eight(
    achievement: Achievement, settings: Any
) -> None:
    settings.SMS_BACKEND = "tests.credentials.test_outbox.Gateway"
    message = a_message(achievement, State.PENDING)
    Message.objects.update(to="+212683000002")
    now = NOW
    for attempt in range(1, outbox.MAX_ATTEMPTS):
        outbox.deliver_due(now=now)
        message.refresh_from_db()
        assert (message.attempts, message.not_before) == (attempt, now + timedelta(minutes=2**attempt))
        now = message.not_before
    outbox.deliver_due(now=now)
    message.refresh_from_db()
    assert (message.state, message.settled_at) == (State.FAILED, None)


def test_a_mailbox_that_does_not_exist_bounces_and_a_full_one_is_tried_again(
    achievement: Achievement, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.credentials.test_outbox.MailServer"
    issue(achievement, *people(3, "email"))
    assert outbox.deliver_due(now=NOW) == 1
    ended = dict(Message.objects.values_list("to", "state"))
    assert ended == {"aa@example.org": "bounced", "ab@example.org": "pending", "ac@example.org": "sent"}
    assert Message.objects.get(state=State.BOUNCED).last_error == "SMTPRecipientsRefused"


def test_one_connection_serves_a_portion_of_e_mails(achievement: Achievement, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.credentials.test_outbox.MailServer"
    MailServer.opened = 0
    issue(achievement, *people(6, "email"))
    assert outbox.deliver_due(now=NOW) == 4
    assert MailServer.opened == 1


def test_a_mail_server_that_does_not_answer_is_asked_once_a_portion(
    achievement: Achievement, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.credentials.test_outbox.ClosedServer"
    ClosedServer.asked = 0
    issue(achievement, *people(5, "email"), *people(2))
    assert outbox.deliver_due(now=NOW) == 2
    assert ClosedServer.asked == 1
    waiting = Message.objects.filter(channel="email").values_list("state", "attempts", "last_error")
    assert set(waiting) == {("pending", 1, "ConnectionRefusedError")}


def test_a_message_carries_its_id_as_message_id_and_as_the_gateway_s_reference(
    achievement: Achievement, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.credentials.test_outbox.MailServer"
    settings.SMS_BACKEND = "tests.credentials.test_outbox.Gateway"
    settings.HOST = "passeport.example.ma:8443"
    Gateway.references = []
    issue(achievement, *people(1), *people(3, "email")[2:])
    assert outbox.deliver_due(now=NOW) == 2
    letter: Letter = mail.outbox[0].message()
    assert letter["Message-ID"] == f"<{Message.objects.get(channel='email').pk}@passeport.example.ma>"
    assert Gateway.references == [Message.objects.get(channel="sms").pk]


def test_the_local_backend_takes_what_a_gateway_takes(db: None) -> None:
    LocalSmsBackend().send(to="+212683000000", text="Bonjour", reference="x")
    assert LocalMessage.objects.get().body == "Bonjour"


# -- Receipts -------------------------------------------------------------------------------------
LATER = NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        ("sent", "delivered", "delivered"),
        ("sent", "bounced", "bounced"),
        ("delivered", "bounced", "bounced"),
        ("delivered", "delivered", "delivered"),
        ("bounced", "delivered", "bounced"),
    ],
)
def test_a_receipt_moves_a_message_that_was_sent_and_a_bounce_is_the_last_word(
    achievement: Achievement, before: str, said: str, after: str
) -> None:
    message = a_message(achievement, before)
    assert outbox.record_receipt(message_id=message.pk, state=said, now=LATER).state == after
    message.refresh_from_db()
    assert message.state == after
    assert message.settled_at == (None if before == after else LATER)


def test_the_same_receipt_again_keeps_the_first_moment(achievement: Achievement) -> None:
    message = a_message(achievement, State.SENT)
    outbox.record_receipt(message_id=message.pk, state="delivered", now=NOW)
    outbox.record_receipt(message_id=message.pk, state="delivered", now=LATER)
    message.refresh_from_db()
    assert message.settled_at == NOW


@pytest.mark.parametrize("state", ["pending", "failed"])
def test_a_receipt_for_what_was_not_sent_is_refused(achievement: Achievement, state: str) -> None:
    message = a_message(achievement, state)
    with pytest.raises(NotSentYet):
        outbox.record_receipt(message_id=message.pk, state="delivered", now=NOW)
    message.refresh_from_db()
    assert message.state == state


def test_a_receipt_for_nothing_is_refused(db: None) -> None:
    with pytest.raises(NotYours):
        outbox.record_receipt(message_id="x" * 22, state="delivered", now=NOW)


def send_receipt(client: Client, message_id: str, token: str = TOKEN, state: str = "delivered") -> Any:
    return client.post(
        f"/api/v1/messages/{message_id}/receipt",
        {"state": state},
        content_type="application/json",
        headers={"authorization": f"Bearer {token}"} if token else {},
    )


def test_a_gateway_with_the_token_leaves_its_receipt_over_http(
    client: Client, achievement: Achievement, settings: Any
) -> None:
    settings.RECEIPTS_TOKEN = TOKEN
    message = a_message(achievement, State.SENT)
    answer = send_receipt(client, message.pk)
    assert (answer.status_code, answer.json()) == (200, {"id": message.pk, "state": "delivered"})


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", "é"])
def test_a_gateway_without_the_right_token_is_refused(
    client: Client, achievement: Achievement, settings: Any, token: str
) -> None:
    settings.RECEIPTS_TOKEN = TOKEN
    message = a_message(achievement, State.SENT)
    answer = send_receipt(client, message.pk, token)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="receipts"')
    message.refresh_from_db()
    assert message.state == "sent"


@pytest.mark.parametrize("token", ["", "anything"])
def test_where_no_token_is_set_there_are_no_receipts(
    client: Client, achievement: Achievement, settings: Any, token: str
) -> None:
    settings.RECEIPTS_TOKEN = ""
    assert send_receipt(client, a_message(achievement, State.SENT).pk, token).status_code == 404


def test_a_receipt_of_another_word_names_the_field(
    client: Client, achievement: Achievement, settings: Any
) -> None:
    settings.RECEIPTS_TOKEN = TOKEN
    answer = send_receipt(client, a_message(achievement, State.SENT).pk, state="read")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "state"


def test_a_receipt_before_the_sending_is_a_conflict_over_http(
    client: Client, achievement: Achievement, settings: Any
) -> None:
    settings.RECEIPTS_TOKEN = TOKEN
    answer = send_receipt(client, a_message(achievement, State.PENDING).pk)
    assert (answer.status_code, answer.json()["type"].rpartition("#")[2]) == (409, "not-sent-yet")


# -- Again ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["failed", "bounced"])
def test_what_did_not_arrive_is_sent_again_from_the_first_attempt(
    achievement: Achievement, state: str
) -> None:
    message = a_message(achievement, state)
    Message.objects.update(attempts=8, settled_at=NOW, last_error="Refused")
    outbox.resend(message=message, now=LATER)
    message.refresh_from_db()
    assert (message.state, message.attempts, message.settled_at, message.last_error) == (
        "pending",
        0,
        None,
        "",
    )
    assert outbox.deliver_due(now=LATER) == 1


@pytest.mark.parametrize("state", ["pending", "sent", "delivered"])
def test_what_is_on_its_way_or_there_is_not_sent_again(achievement: Achievement, state: str) -> None:
    message = a_message(achievement, state)
    with pytest.raises(NotUndelivered):
        outbox.resend(message=message, now=NOW)
    message.refresh_from_db()
    assert message.state == state


def test_all_that_did_not_arrive_of_one_list_is_sent_again(achievement: Achievement) -> None:
    other = make_credential(achievement, *people(1, "email"))
    batch = issue(achievement, *people(4))
    ids = list(Message.objects.filter(credential__award__batch=batch).values_list("pk", flat=True))
    for pk, state in zip(ids, ("failed", "bounced", "sent", "delivered"), strict=True):
        Message.objects.filter(pk=pk).update(state=state)
    Message.objects.filter(credential=other).update(state=State.FAILED)
    assert outbox.resend_failed(batch=batch, now=NOW) == 2
    assert set(Message.objects.filter(state=State.PENDING).values_list("pk", flat=True)) == set(ids[:2])
    assert Message.objects.get(credential=other).state == State.FAILED


def test_nothing_is_sent_again_about_a_certificate_that_was_erased(achievement: Achievement) -> None:
    message = a_message(achievement, State.FAILED)
    Credential.objects.update(erased_at=NOW)
    with pytest.raises(NotUndelivered):
        outbox.resend(message=message, now=NOW)
