"""The rooms of webhooks and of what did not arrive, over HTTP: who comes in, what is shown, what is done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from credentials import deadletters, endpoints, issuance, outbox, standardwebhooks, webhooks
from credentials.models import Achievement, Batch, Credential, Delivery, Endpoint, Message
from credentials.people import Person
from issuers import outbound
from issuers.models import RegisterChange, Role
from passport.models import Learner
from tests.factories import award, key_room_open, make_achievement, make_issuer, make_member, sign_in

pytestmark = pytest.mark.django_db

WEBHOOKS, TEACH, CITY = "/teach/webhooks/", "/teach/messages/", "/city/messages"
URL = "https://hooks.provider.example/in?token=a-capability"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")
State = Message.State


@dataclass
class House:
    """A provider with an owner and a signer, its course and a list; and another provider's course."""

    ours: Achievement
    theirs: Achievement
    owner: Learner
    signer: Learner


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    now = timezone.now()
    # The resolver of the machine is nobody's in a test: every name leads to one public address.
    found = [(2, 1, 6, "", ("93.184.215.14", 443))]
    monkeypatch.setattr(outbound, "getaddrinfo", lambda *where, **how: found)
    with key_room_open(tmp_path):
        ours = make_achievement(make_issuer(now=now), title_fr="Notre cours")
        theirs = make_achievement(make_issuer(now=now, name_fr="Maison Al Wahda"), title_fr="Un autre cours")
        yield House(ours, theirs, make_member(ours.issuer, Role.OWNER), make_member(ours.issuer, Role.SIGNER))


@pytest.fixture
def owner(client: Client, house: House) -> Client:
    sign_in(client, house.owner)
    return client


def as_person(person: Learner) -> Client:
    client = Client()
    sign_in(client, person)
    return client


def make_endpoint(course: Achievement, owner: Learner, url: str = URL) -> endpoints.Secret:
    return endpoints.register(
        issuer=course.issuer, url=url, events=Endpoint.Event.values, by=owner, now=timezone.now()
    )


def lose(
    course: Achievement, name: str, *, phone: str, state: str = "failed", error: str = "OSError"
) -> Message:
    """A certificate whose message did not arrive."""
    person = Person(name_latin=name, address_kind="phone", address=phone)
    batch = award(course, person, kind=Batch.Kind.ROSTER, now=timezone.now())
    issuance.issue_ready(kind=batch.kind, now=timezone.now())
    message = Message.objects.get(credential__award__batch=batch)
    Message.objects.filter(pk=message.pk).update(state=state, last_error=error, attempts=8)
    return message


def lose_event(endpoint: Endpoint, owner: Learner, error: str = "http-503") -> Delivery:
    delivery = webhooks.send_test(endpoint=endpoint, by=owner, now=timezone.now())
    Delivery.objects.filter(pk=delivery.pk).update(state=State.FAILED, last_error=error)
    return delivery


# -- Webhooks -------------------------------------------------------------------------------------
def test_an_owner_registers_an_address_and_the_secret_is_on_no_page_again(
    owner: Client, house: House
) -> None:
    new = f"/teach/webhooks/new/{house.ours.issuer.slug}"
    assert owner.get(new).status_code == 200
    answer = owner.post(new, {"url": URL, "events": ["batch.completed", "credential.issued"]})
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    secret = SECRET.findall(answer.content.decode())
    assert len(secret) == 1
    endpoint = Endpoint.objects.get()
    assert (endpoint.url, endpoint.events) == (URL, ["batch.completed", "credential.issued"])
    assert standardwebhooks.shown(endpoints.keys(endpoint, now=timezone.now())[0]) == secret[0]
    for path in (WEBHOOKS, f"{WEBHOOKS}{endpoint.pk}", f"{WEBHOOKS}{endpoint.pk}/remove", new, TEACH):
        page = owner.get(path)
        assert page.status_code == 200
        assert not SECRET.search(page.content.decode())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://hooks.provider.example/", "xn--"),
        ("https://10.0.0.1/", "xn--"),
        ("", "obligatoire"),
    ],
)
def test_an_address_that_is_not_asked_keeps_the_form_and_says_why(
    owner: Client, house: House, url: str, says: str
) -> None:
    answer = owner.post(
        f"/teach/webhooks/new/{house.ours.issuer.slug}", {"url": url, "events": ["batch.completed"]}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in page
    assert 'aria-invalid="true"' in page
    assert not Endpoint.objects.exists()


def test_a_name_that_leads_inside_is_refused_on_the_page(
    owner: Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "getaddrinfo", lambda *w, **h: [(2, 1, 6, "", ("169.254.169.254", 443))])
    answer = owner.post(
        f"/teach/webhooks/new/{house.ours.issuer.slug}", {"url": URL, "events": ["batch.completed"]}
    )
    assert answer.status_code == 422
    assert "réseau privé" in answer.content.decode()


def test_a_new_secret_is_shown_once_and_the_old_one_holds_a_day(owner: Client, house: House) -> None:
    made = make_endpoint(house.ours, house.owner)
    answer = owner.post(f"{WEBHOOKS}{made.endpoint.pk}/rotate")
    assert answer.status_code == 201
    new = SECRET.findall(answer.content.decode())[0]
    made.endpoint.refresh_from_db()
    held = [standardwebhooks.shown(key) for key in endpoints.keys(made.endpoint, now=timezone.now())]
    assert held == [new, made.secret]


def test_a_test_is_sent_and_what_was_sent_is_shown(owner: Client, house: House) -> None:
    endpoint = make_endpoint(house.ours, house.owner).endpoint
    answer = owner.post(f"{WEBHOOKS}{endpoint.pk}/test", follow=True)
    assert "webhook.test" in answer.content.decode()
    Delivery.objects.update(state=State.FAILED, last_error="TlsRefused")
    assert "certificat TLS" in owner.get(f"{WEBHOOKS}{endpoint.pk}").content.decode()


def test_an_address_is_removed_after_a_second_question(owner: Client, house: House) -> None:
    endpoint = make_endpoint(house.ours, house.owner).endpoint
    page = owner.get(f"{WEBHOOKS}{endpoint.pk}/remove")
    assert (page.status_code, Endpoint.objects.get().removed_at) == (200, None)
    assert owner.post(f"{WEBHOOKS}{endpoint.pk}/remove").status_code == 302
    assert owner.get(f"{WEBHOOKS}{endpoint.pk}").status_code == 404
    assert "hooks.provider.example" not in owner.get(WEBHOOKS).content.decode()


def test_an_address_that_was_switched_off_says_so_and_is_switched_on(owner: Client, house: House) -> None:
    endpoint = make_endpoint(house.ours, house.owner).endpoint
    Endpoint.objects.update(stopped_at=timezone.now(), stopped_why="silent")
    page = owner.get(f"{WEBHOOKS}{endpoint.pk}").content.decode()
    assert "cinq jours" in page
    assert "/test" not in page
    assert owner.post(f"{WEBHOOKS}{endpoint.pk}/test").status_code == 409
    owner.post(f"{WEBHOOKS}{endpoint.pk}/resume")
    endpoint.refresh_from_db()
    assert endpoint.stopped_at is None


@pytest.mark.parametrize("act", ["", "/rotate", "/remove", "/test", "/resume"])
def test_anothers_address_looks_like_one_that_is_not_there(owner: Client, house: House, act: str) -> None:
    stranger = make_member(house.theirs.issuer, Role.OWNER)
    endpoint = make_endpoint(house.theirs, stranger).endpoint
    ask = owner.post if act else owner.get
    theirs, nowhere = ask(f"{WEBHOOKS}{endpoint.pk}{act}"), ask(f"{WEBHOOKS}{'x' * 22}{act}")
    assert theirs.status_code == nowhere.status_code == 404
    assert (
        re.sub(r"x{22}|" + endpoint.pk, "", theirs.content.decode()).split("csrf")[0]
        == (re.sub(r"x{22}", "", nowhere.content.decode()).split("csrf")[0])
    )
    assert owner.post(f"/teach/webhooks/new/{house.theirs.issuer.slug}", {"url": URL}).status_code == 404


@pytest.mark.parametrize("role", [Role.SIGNER, Role.TRAINER, Role.CLERK])
def test_webhooks_are_the_owners_alone(house: House, role: Role) -> None:
    visitor = as_person(make_member(house.ours.issuer, role))
    endpoint = make_endpoint(house.ours, house.owner).endpoint
    assert visitor.get(WEBHOOKS).status_code == 403
    for act in ("rotate", "remove", "test", "resume"):
        assert visitor.post(f"{WEBHOOKS}{endpoint.pk}/{act}").status_code == 403


# -- What did not arrive --------------------------------------------------------------------------
def test_a_signer_sees_whom_a_message_did_not_reach_and_why(house: House) -> None:
    message = lose(house.ours, "Omar Alaoui", phone="0683000001", state="bounced", error="Refused")
    lose(house.theirs, "Hajar Naciri", phone="0683000002")
    page = as_person(house.signer).get(TEACH).content.decode()
    assert "Omar Alaoui" in page
    assert "+212683000001" in page
    assert f"/teach/c/{message.credential_id}" in page
    assert "elle n’existe pas" in page
    assert "Hajar" not in page
    assert "Un autre cours" not in page


def test_an_owner_who_issues_nothing_sees_no_names(owner: Client, house: House) -> None:
    lose(house.ours, "Omar Alaoui", phone="0683000001")
    page = owner.get(TEACH).content.decode()
    assert "Notre cours" in page
    assert "Alaoui" not in page
    assert "0683000001"[1:] not in page


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.AUDITOR])
def test_the_city_sees_every_provider_and_nobodys_name_or_address(house: House, role: Role) -> None:
    lose(house.ours, "Omar Alaoui", phone="0683000001")
    lose(house.theirs, "Hajar Naciri", phone="0683000002")
    lose_event(make_endpoint(house.ours, house.owner).endpoint, house.owner)
    page = as_person(make_member(None, role)).get(CITY).content.decode()
    for seen in (
        "Notre cours",
        "Un autre cours",
        "Maison Al Wahda",
        "hooks.provider.example",
        "webhook.test",
    ):
        assert seen in page
    for hidden in ("Alaoui", "Naciri", "683000001", "683000002", "a-capability", "/teach/c/"):
        assert hidden not in page
    assert (f'action="{CITY}/act"' in page) == (role != Role.AUDITOR)


@pytest.mark.parametrize("role", [Role.TRAINER, Role.CLERK])
def test_others_do_not_come_in(house: House, role: Role) -> None:
    visitor = as_person(make_member(house.ours.issuer, role))
    assert visitor.get(TEACH).status_code == 403
    assert visitor.post(f"{TEACH}act", {"kind": "messages"}).status_code == 403
    assert visitor.get(CITY).status_code == 403


def test_an_auditor_reads_and_does_nothing(house: House) -> None:
    message = lose(house.ours, "Omar Alaoui", phone="0683000001")
    auditor = as_person(make_member(None, Role.AUDITOR))
    for act in ("again", "let-go"):
        assert (
            auditor.post(f"{CITY}/act", {"kind": "message", "id": message.pk, "act": act}).status_code == 403
        )
    message.refresh_from_db()
    assert (message.state, message.let_go_at) == (State.FAILED, None)


def test_one_message_is_sent_again(owner: Client, house: House) -> None:
    message = lose(house.ours, "Omar Alaoui", phone="0683000001")
    answer = owner.post(f"{TEACH}act", {"kind": "message", "id": message.pk, "act": "again"}, follow=True)
    assert "1 est de nouveau en file." in answer.content.decode()
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.PENDING, 0)
    assert outbox.deliver_due(now=timezone.now()) == 1
    again = owner.post(f"{TEACH}act", {"kind": "message", "id": message.pk, "act": "again"})
    assert again.status_code == 409
    assert "n’est pas arrivé" in again.content.decode()


def test_all_messages_those_of_a_list_and_all_events_are_sent_again(owner: Client, house: House) -> None:
    first = lose(house.ours, "Omar Alaoui", phone="0683000001")
    second = lose(house.ours, "Salma Tazi", phone="0683000003")
    foreign = lose(house.theirs, "Hajar Naciri", phone="0683000002")
    event = lose_event(make_endpoint(house.ours, house.owner).endpoint, house.owner)
    batch = Credential.objects.get(pk=first.credential_id).award.batch_id
    owner.post(f"{TEACH}act", {"kind": "list", "id": batch, "act": "again"})
    assert list(Message.objects.filter(state=State.PENDING)) == [first]
    owner.post(f"{TEACH}act", {"kind": "messages", "act": "again"})
    assert set(Message.objects.filter(state=State.PENDING)) == {first, second}
    owner.post(f"{TEACH}act", {"kind": "events", "act": "again"})
    event.refresh_from_db()
    assert event.state == State.PENDING
    foreign.refresh_from_db()
    assert foreign.state == State.FAILED


def test_what_is_let_go_leaves_the_page_and_is_not_sent_again_with_the_rest(
    owner: Client, house: House
) -> None:
    kept, gone = (
        lose(house.ours, f"Omar {n}", phone=p) for n, p in (("Tazi", "0683000001"), ("Fassi", "0683000003"))
    )
    answer = owner.post(f"{TEACH}act", {"kind": "message", "id": gone.pk, "act": "let-go"}, follow=True)
    assert "1 a été laissé tomber." in answer.content.decode()
    line = RegisterChange.objects.get(event="undelivered-let-go")
    assert (line.by, line.detail) == (house.owner, {"kind": "message", "number": 1})
    owner.post(f"{TEACH}act", {"kind": "messages", "act": "again"})
    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {kept.pk: "pending", gone.pk: "failed"}
    lose_event(make_endpoint(house.ours, house.owner).endpoint, house.owner)
    owner.post(f"{TEACH}act", {"kind": "events", "act": "let-go"})
    assert not webhooks.undelivered(issuers=None).exists()


@pytest.mark.parametrize("act", ["again", "let-go"])
@pytest.mark.parametrize("kind", ["message", "event", "list", "everything", ""])
def test_what_is_anothers_cannot_be_touched(owner: Client, house: House, kind: str, act: str) -> None:
    message = lose(house.theirs, "Hajar Naciri", phone="0683000002")
    stranger = make_member(house.theirs.issuer, Role.OWNER)
    event = lose_event(make_endpoint(house.theirs, stranger).endpoint, stranger)
    batch = Credential.objects.get(pk=message.credential_id).award.batch_id
    pk = {"message": message.pk, "event": event.pk, "list": batch}.get(kind, "")
    answer = owner.post(f"{TEACH}act", {"kind": kind, "id": pk, "act": act})
    assert answer.status_code in (302, 404)
    assert set(Message.objects.values_list("state", "let_go_at")) == {("failed", None)}
    assert Delivery.objects.filter(pk=event.pk, state="failed", let_go_at=None).exists()


def test_an_event_for_an_address_that_is_switched_off_says_why_it_stays(owner: Client, house: House) -> None:
    event = lose_event(make_endpoint(house.ours, house.owner).endpoint, house.owner)
    Endpoint.objects.update(stopped_at=timezone.now(), stopped_why="gone")
    answer = owner.post(f"{TEACH}act", {"kind": "event", "id": event.pk, "act": "again"})
    assert answer.status_code == 409
    assert "désactivée ou retirée" in answer.content.decode()


def test_the_city_mends_for_any_provider(house: House) -> None:
    message = lose(house.theirs, "Hajar Naciri", phone="0683000002")
    officer = as_person(make_member(None, Role.OFFICER))
    assert (
        officer.post(f"{CITY}/act", {"kind": "message", "id": message.pk, "act": "again"}).status_code == 302
    )
    message.refresh_from_db()
    assert message.state == State.PENDING


def test_what_was_lost_is_counted_by_day_and_by_list(house: House) -> None:
    now = timezone.now()
    lost = [
        lose(house.ours, f"Omar {n}", phone=f"068300000{k}")
        for k, n in enumerate(("Tazi", "Fassi", "Berrada"))
    ]
    Message.objects.filter(pk=lost[0].pk).update(created_at=now - timedelta(days=3))
    Message.objects.filter(pk=lost[1].pk).update(created_at=now - timedelta(days=20))
    lose_event(make_endpoint(house.ours, house.owner).endpoint, house.owner)
    today = timezone.localdate(now)
    days = deadletters.by_day(issuers=[house.ours.issuer], now=now)
    assert [(d.on, d.messages, d.events) for d in days] == [(today, 1, 1), (today - timedelta(days=3), 1, 0)]
    assert deadletters.by_list(issuers=None) == []  # one lost message of a list is a line of its own
    assert deadletters.by_day(issuers=[house.theirs.issuer], now=now) == []


def test_lists_with_several_lost_messages_come_first_by_how_many(house: House) -> None:
    sizes = {}
    for size in (2, 3):
        people = [
            Person(
                name_latin=f"Omar {'abc'[n]}{'xyz'[size - 1]}",
                address_kind="phone",
                address=f"06830{size}000{n}",
            )
            for n in range(size)
        ]
        batch = award(house.ours, *people, kind=Batch.Kind.ROSTER, now=timezone.now())
        sizes[batch] = size
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=timezone.now())
    Message.objects.update(state=State.BOUNCED)
    assert deadletters.by_list(issuers=[house.ours.issuer]) == sorted(
        sizes.items(), key=lambda line: -line[1]
    )
    assert deadletters.by_list(issuers=[house.theirs.issuer]) == []
    signer = as_person(house.signer)
    batch = max(sizes, key=lambda each: sizes[each])
    assert f'value="{batch.pk}"' in signer.get(TEACH).content.decode()
    signer.post(f"{TEACH}act", {"kind": "list", "id": batch.pk, "act": "again"})
    assert Message.objects.filter(state=State.PENDING).count() == 3


def test_nothing_about_an_erased_certificate_is_shown_or_sent(owner: Client, house: House) -> None:
    message = lose(house.ours, "Omar Alaoui", phone="0683000001")
    Credential.objects.update(erased_at=timezone.now())
    assert "Notre cours" not in owner.get(TEACH).content.decode()
    answer = owner.post(f"{TEACH}act", {"kind": "message", "id": message.pk, "act": "again"})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("error", "state", "says"),
    [
        ("Refused", "bounced", "does not exist"),
        ("SMTPRecipientsRefused", "bounced", "does not exist"),
        ("", "bounced", "came back"),
        ("ConnectionRefusedError", "failed", "mail server"),
        ("SMTPServerDisconnected", "failed", "mail server"),
    ],
)
def test_a_class_of_error_becomes_a_sentence(error: str, state: str, says: str) -> None:
    from django.utils import translation

    with translation.override("en"):
        assert says in deadletters.why(Message(state=state, last_error=error))


@pytest.mark.parametrize(
    "error", ["HostUnknown", "TlsRefused", "Redirected", "http-404", "http-410", "http-503", "X"]
)
@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_every_reason_of_an_event_has_a_sentence_in_every_language(error: str, language: str) -> None:
    from django.utils import translation

    with translation.override(language):
        sentence = deadletters.why(Delivery(state="failed", last_error=error))
    assert len(sentence) > 10
    assert error not in sentence


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_every_page_is_whole_in_every_language(house: House, language: str) -> None:
    make_member(house.ours.issuer, Role.SIGNER, house.owner)
    make_member(None, Role.OFFICER, house.owner)
    owner = as_person(house.owner)
    for number in range(3):
        lose_event(make_endpoint(house.ours, house.owner, f"{URL}{number}").endpoint, house.owner)
    lose(house.ours, "Omar Alaoui", phone="0683000001")
    endpoint = Endpoint.objects.first()
    assert endpoint is not None
    for path in (WEBHOOKS, f"{WEBHOOKS}{endpoint.pk}", f"{WEBHOOKS}{endpoint.pk}/remove", TEACH, CITY):
        page = owner.get(path, headers={"Accept-Language": language})
        assert page.status_code == 200
        assert f'lang="{language}"' in page.content.decode()[:200]
