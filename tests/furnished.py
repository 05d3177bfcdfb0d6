"""Two providers with their people, programs and papers, and every door of the house: for tests that try all.

Whatever a route names in its address has three values here: one's own, somebody else's, and one that there
is not. A new route needs nothing here as long as it names things by the words of ``NAMES``.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from credentials import (
    awards,
    batches,
    bundling,
    corrections,
    endorsing,
    endorsing_certificates,
    endpoints,
    holding,
    outbox,
    paperslips,
    printing,
    reviewing,
    rosters,
    securing,
    statuslists,
)
from credentials.models import Achievement, Batch, Credential, Message
from credentials.people import Person
from issuers import keys, orders, outbound, registry, sealing, staff, withdrawals
from issuers.models import ApiClient, Issuer, Membership, SigningOrder
from passport import (
    accounts,
    asking,
    cards,
    declaring,
    erasing,
    families,
    filing,
    months,
    records,
    secondfactors,
    sharing,
    signposts,
)
from passport.models import Entry, Learner, Presentation, Proposal
from verify import bench, bench_queue

from .credentials.rooms import make_session, seated
from .factories import (
    city_approver,
    city_officer,
    key_room_open,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    make_member,
    publish_keys,
    sign_in,
)
from .passport import elsewhere

GATEWAY = "a-token-of-the-gateway"
CLASS = "Nom complet;Téléphone\nSalma Tazi;0612345678\nOmar Alaoui;06123\nHajar Naciri;0612345679\n"
STAFF = ("clerk", "trainer", "signer", "owner", "officer", "approver", "auditor")
PEOPLE = ("nobody", "learner", *STAFF)
PROGRAMS = ("read", "issue", "revoke", "all", "gateway")


class Three(NamedTuple):
    """One's own, somebody else's, and one that there is not."""

    own: Any
    foreign: Any
    unknown: Any


#: What a word in an address names, where the route's own name (see ``OF_ROUTE``) says nothing else.
NAMES = {
    "achievement_id": "achievement",
    "batch_id": "award",
    "client_id": "client",
    "credential_id": "certificate",
    "kid8": "key",
    "mandate_id": "mandate",
    "membership_id": "membership",
    "message_id": "message",
    "proposal_id": "proposal",
    "address_id": "address",
    "guardianship_id": "wardship",
    "request_id": "request",
    "factor_id": "factor",
    "endorsement_id": "endorsement",
    "endpoint_id": "endpoint",
    "print_id": "print",
    "thumbprint": "signing-key",
    "withdrawal_id": "withdrawal",
    "secret": "card",
    "slug": "provider",
    "number": "list-number",
    "row": "row",
    "bench_id": "bench",
    "receipt_id": "receipt",
    "declaration_id": "declaration",
    "import_id": "import",
    "presentation_id": "presentation",
    "token": "share-token",
    "session_id": "session",
    "seat": "session-seat",
    "roll_token": "roll-token",
    "slip_code": "slip",
}
#: (beginning of a route's name, word) → what it names there; the longest beginning counts.
OF_ROUTE = {
    ("teach-correction", "request_id"): "correction",
    ("teach-endorsement-refuse", "endorsement_id"): "received-endorsement",
    ("teach-endorsement-show", "endorsement_id"): "received-endorsement",
    ("city-endorsement", "endorsement_id"): "city-endorsement",
    ("me-endorsement", "endorsement_id"): "certificate-endorsement",
    ("me-", "credential_id"): "entry",
    ("teach-list", "batch_id"): "draft-list",
    ("teach-list-stop", "batch_id"): "running-list",
    ("teach-list-retry", "batch_id"): "running-list",
    ("teach-list-progress", "batch_id"): "running-list",
    ("api-batch", "batch_id"): "running-list",
    ("api-row", "batch_id"): "running-list",
    ("teach-achievement-edit", "achievement_id"): "draft",
    ("teach-achievement-submit", "achievement_id"): "draft",
    ("teach-achievement-take-back", "achievement_id"): "in-review",
    ("teach-reviews", "achievement_id"): "in-review",
    ("city-reviews", "achievement_id"): "of-one-person",
    ("teach-held", "batch_id"): "held-list",
    ("city-held", "batch_id"): "held-list",
    ("city-person-remove", "membership_id"): "city-membership",
    ("city-issuer-approve", "slug"): "proposed-provider",
    ("city-approve", "slug"): "proposed-provider",
    ("city-reinstate", "slug"): "suspended-provider",
    ("city-mandate-approve", "mandate_id"): "proposed-mandate",
    ("city-mandate-reinstate", "mandate_id"): "suspended-mandate",
    ("achievement", "achievement_id"): "achievement",
    ("pathway", "slug"): "pathway",
    ("city-pathway", "slug"): "pathway",
    ("city-pathway-publish", "slug"): "proposed-pathway",
    ("city-pathway-decline", "slug"): "proposed-pathway",
}
#: Words that name nothing which could be somebody's.
PLAIN: dict[str, Any] = {
    "code": "ar",
    "language": "ar",
    "in_language": "fr",
    "kind": "csv",
    "purpose": "revocation",
    "rest": "x",
    "act": "suspend",
    "volume": 1,
    "consent": "messages",
    "form": "png",
    "step": "language",
}


@dataclass(kw_only=True)
class House:
    """Who comes to the doors, and what lies behind them."""

    things: dict[str, Three]
    sessions: dict[str, str]  # role → session key; ``<role>-without`` has no second factor
    tokens: dict[str, str]  # program → what it shows
    people: dict[str, Learner]
    client: Client = field(default_factory=Client)

    def visitor(self, role: str) -> Client:
        """The client as of this role: nobody shows nothing, a program its token, a person her session."""
        self.client.cookies.clear()
        self.client.defaults.pop("HTTP_AUTHORIZATION", None)
        if role in self.tokens:
            self.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {self.tokens[role]}"
        elif role != "nobody":
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        return self.client

    def stand_at_the_desk(self) -> None:
        """The clerk has scanned the learner's card: her pages at the desk are open."""
        card = reverse("card", kwargs={"secret": self.things["card"].own})
        answer = self.visitor("clerk").post(reverse("desk-home"), {"text": f"http://localhost:8000{card}"})
        assert answer.headers.get("Location") == reverse("desk-person"), answer.status_code


@dataclass(frozen=True, kw_only=True)
class Door:
    """A route: its name, its words, and the view behind it."""

    name: str
    pattern: str
    words: tuple[str, ...]
    view: Any = field(repr=False, compare=False)

    def kinds(self) -> dict[str, str]:
        """Word → what it names here."""
        found = {}
        for word in self.words:
            if word not in PLAIN:
                fitting = [b for b, w in OF_ROUTE if w == word and self.name.startswith(b)]
                found[word] = OF_ROUTE[max(fitting, key=len), word] if fitting else NAMES[word]
        return found

    def path(self, house: House, whose: str = "own") -> str:
        """Its address, for a thing that is ``own``, ``foreign`` or ``unknown``."""
        kinds = self.kinds()
        given = dict(PLAIN) | {word: getattr(house.things[kind], whose) for word, kind in kinds.items()}
        return reverse(self.name, kwargs={word: given[word] for word in self.words})


def doors(patterns: Any = None, prefix: str = "") -> Iterator[Door]:
    """Every route of the product."""
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from doors(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            words = tuple(pattern.pattern.converters) or tuple(pattern.pattern.regex.groupindex)
            yield Door(name=pattern.name or path, pattern=path, words=words, view=pattern.callback)


# -- Furnishing -----------------------------------------------------------------------------------
@contextmanager
def furnished(folder: Path) -> Iterator[House]:
    """The house inside a transaction that is taken back at the end."""
    with (
        key_room_open(folder),
        override_settings(RECEIPTS_TOKEN=GATEWAY, SECURITY_CONTACT=["mailto:security@passport.example"]),
        transaction.atomic(),
    ):
        yield _furnish()
        transaction.set_rollback(True)


def _furnish() -> House:
    now = timezone.now()
    mine, other = make_issuer(now=now), make_issuer(now=now)
    publish_keys(now=now)
    people = {"learner": make_learner()}
    people |= {role: make_member(mine, role, _person(role)) for role in ("clerk", "trainer", "signer")}
    people["owner"] = make_member(mine, "owner", _person("owner"))
    people |= {"officer": city_officer(), "approver": city_approver()}
    people["auditor"] = make_member(None, "auditor", _person("auditor"))
    stranger = make_member(other, "owner", _person("stranger"))
    make_member(other, "signer", stranger)
    accounts.prove(learner=people["learner"], kind="phone", value="+212683000001", now=now)
    accounts.prove(learner=people["learner"], kind="email", value="fatima@example.org", now=now)
    accounts.prove(learner=stranger, kind="phone", value="+212683000002", now=now)
    for person in (*people.values(), stranger):
        secondfactors.set_up_app(learner=person, secret=secondfactors.new_secret())
    things = (
        _register(mine, other, people["owner"], stranger, now)
        | _courses(mine, other, now)
        | _endorsed(mine, other, people["signer"], stranger, now)
        | _papers(mine, other, people["learner"], stranger, now)
        | _rights(mine, other, now)
        | _lists(mine, other, people["trainer"], stranger, now)
        | _programs(mine, other, people["owner"], stranger, now)
        | _withdrawals(mine, other, now)
        | _of_people(people, stranger)
        | _families(people["learner"], stranger, now)
        | _benches(now)
        | _lives(people["learner"], stranger, mine, now)
        | _brought(people["learner"], stranger, now)
        | _rooms(mine, other, now)
    )
    sealing.seal(now=now)
    statuslists.publish_changed(now=now)
    bundling.tend(now=now)
    securing.secure_new(now=now, within=None)
    endorsing.tend(now=now)
    _records(people["learner"], stranger, now)
    sessions = {}
    for role, person in people.items():
        for name, second in ((role, True), (f"{role}-without", False)):
            client = Client()
            sign_in(client, person, second_factor=second)
            sessions[name] = str(client.session.session_key)
    scopes = {scope: [scope] for scope in ApiClient.Scope.values} | {"all": ApiClient.Scope.values}
    tokens = {
        name: staff.create_api_client(issuer=mine, name=name, scopes=held, by=people["owner"], now=now).token
        for name, held in scopes.items()
    }
    gone = staff.create_api_client(issuer=mine, name="x", scopes=["read"], by=people["owner"], now=now)
    staff.withdraw_api_client(client=gone.client, by=people["owner"], now=now)
    tokens |= {"gateway": GATEWAY, "withdrawn": gone.token}
    return House(things=things, sessions=sessions, tokens=tokens, people=people)


def _records(learner: Learner, stranger: Learner, now: Any) -> None:
    """Both passports as signed files, and what their links show."""
    links = Presentation.objects.filter(learner__in=(learner, stranger))
    subjects = [str(learner.pk), str(stranger.pk), *(f"{link.learner_id}/{link.pk}" for link in links)]
    for subject in subjects:
        SigningOrder.objects.create(kind=records.KIND, subject=subject, ordered_at=now, not_before=now)
    orders.fulfil(now=now)


def _person(role: str) -> Learner:
    return make_learner(name_latin=f"Salma {role.title()}", name_arabic="")


def _three(two: list[Any], unknown: Any) -> Three:
    own, foreign = two
    return Three(own, foreign, unknown)


def _token() -> str:
    return secrets.token_urlsafe(16)


def _register(mine: Issuer, other: Issuer, owner: Learner, stranger: Learner, now: Any) -> dict[str, Three]:
    """Providers and mandates in every state, programs, keys."""
    proposed = make_issuer(state="proposed", now=now)
    suspended = make_issuer(state="suspended", with_keys=False, now=now)
    waiting = registry.propose_mandate(
        issuer=mine,
        theme="health",
        starts_on=timezone.localdate(),
        ends_on=None,
        daily_cap=10,
        by=city_officer(),
        now=now,
    )
    held, elsewhere = mine.mandates.filter(approved_at__isnull=False)[:2]
    stopped = registry.suspend_mandate(mandate=elsewhere, reason="Contrôle", by=city_officer(), now=now)
    clients = [
        staff.create_api_client(issuer=issuer, name="Logiciel", scopes=["read"], by=by, now=now).client.pk
        for issuer, by in ((mine, owner), (other, stranger))
    ]
    return {
        "provider": Three(mine.slug, other.slug, "nobody-here"),
        "proposed-provider": Three(proposed.slug, proposed.slug, "nobody-here"),
        "suspended-provider": Three(suspended.slug, suspended.slug, "nobody-here"),
        "mandate": Three(held.pk, held.pk, 999_999),
        "proposed-mandate": Three(waiting.pk, waiting.pk, 999_999),
        "suspended-mandate": Three(stopped.pk, stopped.pk, 999_999),
        "client": _three(clients, _token()),
        "key": Three(mine.keys.all()[0].kid8, other.keys.all()[0].kid8, "0" * 16),
    }


def _programs(mine: Issuer, other: Issuer, owner: Learner, stranger: Learner, now: Any) -> dict[str, Three]:
    """Addresses to which events are sent."""
    client = outbound.Client(resolve=lambda name: ["93.184.215.14"])
    made = [
        endpoints.register(
            issuer=issuer,
            url=f"https://{issuer.slug}.example/events",
            events=["batch.completed"],
            by=by,
            now=now,
            client=client,
        ).endpoint.pk
        for issuer, by in ((mine, owner), (other, stranger))
    ]
    return {"endpoint": _three(made, _token())}


def _withdrawals(mine: Issuer, other: Issuer, now: Any) -> dict[str, Three]:
    """Keys that may be withdrawn, and one that an officer wants withdrawn."""
    one, two = (keys.signer(issuer=issuer, now=now).key for issuer in (mine, other))
    spare = other.keys.get(algorithm="Ed25519")
    asked = withdrawals.propose(key=spare, reason="Contrôle", by=city_officer(), now=now)
    return {
        "signing-key": Three(one.thumbprint, two.thumbprint, "A" * 43),
        "withdrawal": Three(asked.pk, asked.pk, 999_999),
    }


def _courses(mine: Issuer, other: Issuer, now: Any) -> dict[str, Three]:
    """A published achievement and a draft of each."""
    published = [make_achievement(issuer).pk for issuer in (mine, other)]
    drafts = [make_achievement(issuer, state="draft").pk for issuer in (mine, other)]
    writers = [make_member(issuer, "trainer", _person("writer")) for issuer in (mine, other)]
    handed_in = [_handed_in(issuer, by, now) for issuer, by in zip((mine, other), writers, strict=True)]
    alone = make_issuer(with_keys=False, now=now)
    of_one = _handed_in(alone, make_member(alone, "signer", _person("alone")), now)
    return {
        "achievement": _three(published, _token()),
        "draft": _three(drafts, _token()),
        "in-review": _three(handed_in, _token()),
        "of-one-person": Three(of_one, of_one, _token()),
    }


def _endorsed(mine: Issuer, other: Issuer, signer: Learner, stranger: Learner, now: Any) -> dict[str, Three]:
    """What both say of each other, and the city of one of them."""
    said = {"comment_fr": "De bons cours.", "comment_ar": "", "now": now}
    given = endorsing.endorse(endorser=mine, owner=other, by=signer, **said).pk
    received = endorsing.endorse(endorser=other, owner=mine, by=stranger, **said).pk
    of_the_city = endorsing.endorse(endorser=None, owner=other, by=city_approver(), **said).pk
    return {
        "endorsement": Three(given, received, _token()),
        "received-endorsement": Three(received, given, _token()),
        "city-endorsement": Three(of_the_city, given, _token()),
    }


def _handed_in(issuer: Issuer, by: Learner, now: Any) -> str:
    """A course that waits for other eyes."""
    draft = make_achievement(issuer, state="draft")
    return reviewing.submit(achievement=draft, by=by, now=now).pk


def _papers(mine: Issuer, other: Issuer, learner: Learner, stranger: Learner, now: Any) -> dict[str, Three]:
    """A certificate of each provider, the first in her passport; another that asks whose it is."""
    phones = ("+212683000001", "+212683000002")
    made: list[Credential] = []
    for issuer, person, phone in ((mine, learner, phones[0]), (other, stranger, phones[1])):
        course = Achievement.objects.get(issuer=issuer, state="published")
        for name in (person.name_latin, "Nobody Knows"):
            who = Person(name_latin=name, name_arabic="", address_kind="phone", address=phone)
            made.append(make_credential(course, who, now=now))
    filing.consider_unfiled(now=now)
    outbox.deliver_due(now=now + timedelta(days=1))
    entries = [Entry.objects.get(learner=person).credential_id for person in (learner, stranger)]
    said = [
        endorsing_certificates.endorse(
            endorser=None,
            credential=Credential.objects.get(pk=entry),
            comment_fr="Vue au travail.",
            comment_ar="",
            by=city_approver(),
            now=now,
        ).pk
        for entry in entries
    ]
    asked = [Proposal.objects.get(learner=person).pk for person in (learner, stranger)]
    messages = [Message.objects.get(credential=made[place]).pk for place in (0, 2)]
    number = made[0].status_list.number
    ordered = [(made[0], learner), (made[2], stranger)]
    shares = [_share(person, now) for person in (learner, stranger)]
    prints = [
        printing.order_batch(batch=one.award.batch, layout="pages", by=by, now=now).pk for one, by in ordered
    ]
    printing.prepare(now=now)
    return {
        "print": _three(prints, _token()),
        "certificate": Three(made[0].pk, made[2].pk, _token()),
        "entry": _three(entries, _token()),
        "certificate-endorsement": _three(said, _token()),
        "presentation": _three([share.pk for share in shares], _token()),
        "share-token": _three([sharing.link_of(share).rsplit("/", 1)[1] for share in shares], _token()),
        "proposal": _three(asked, 999_999),
        "message": _three(messages, _token()),
        "list-number": Three(number, number, 999_999),
        "award": Three(made[0].award.batch_id, made[2].award.batch_id, _token()),
    }


def _rights(mine: Issuer, other: Issuer, now: Any) -> dict[str, Three]:
    """A wish to have a certificate of each provider corrected; the receipt of a passport that was closed."""
    asked = [
        corrections.ask(
            credential=Credential.objects.filter(issuer=issuer, entry__isnull=True)[0],
            what="date",
            should_be="Mars",
            now=now,
        ).pk
        for issuer in (mine, other)
    ]
    receipt = erasing.close(learner=_person("gone"), certificates=False, now=now).pk
    return {"correction": _three(asked, _token()), "receipt": Three(receipt, receipt, _token())}


def _share(learner: Learner, now: Any) -> Presentation:
    there = sharing.choosable(learner=learner)
    keys = [sharing.key_of(entry) for entry in there.entries]
    detail = sharing.Detail()
    return sharing.make(
        learner=learner, keys=keys, detail=detail, days=30, title="Atelier", language="fr", now=now
    )


def _lists(mine: Issuer, other: Issuer, trainer: Learner, stranger: Learner, now: Any) -> dict[str, Three]:
    """A draft with a wrong row, a list being issued, and one that waits for a second person, of each."""
    drafts, running, held = [], [], []
    for issuer, by in ((mine, trainer), (other, stranger)):
        drafts.append(_list(issuer, by, now, session="brouillon").pk)
        running.append(batches.accept_draft(batch=_list(issuer, by, now), by=by, now=now).pk)
        held.append(_held(issuer, by, now).pk)
    return {
        "draft-list": _three(drafts, _token()),
        "held-list": _three(held, _token()),
        "running-list": _three(running, _token()),
        "row": Three(2, 2, 2),
    }


def _list(issuer: Issuer, by: Learner, now: Any, session: str = "") -> Batch:
    data = CLASS.encode()
    return batches.draft(
        issuer=issuer,
        achievement=Achievement.objects.get(issuer=issuer, state="published"),
        awarded_on=timezone.localdate(),
        sheet=rosters.read(data, filename="l.csv"),
        data=data,
        file_name="l.csv",
        language="fr",
        by=by,
        now=now,
        session=session,
        notify=True,
    ).batch


def _held(issuer: Issuer, by: Learner, now: Any) -> Batch:
    """One more than a provider may order without history."""
    people = [
        Person(name_latin=f"Salma {chr(65 + n // 26)}{chr(97 + n % 26)}") for n in range(holding.FLOOR + 1)
    ]
    held = awards.accept(
        issuer=issuer,
        achievement=Achievement.objects.get(issuer=issuer, state="published"),
        awarded_on=timezone.localdate(),
        people=people,
        kind=Batch.Kind.ROSTER,
        requested_by=by,
        idempotency_key=_token(),
        now=now,
        session="longue",
    ).batch
    assert held.state == Batch.State.HELD
    return held


def _rooms(mine: Issuer, other: Issuer, now: Any) -> dict[str, Three]:
    """A session of each that is under way, with somebody in it and a slip; a roll-call code of long ago."""
    made, slips = [], []
    for issuer in (mine, other):
        session = make_session(Achievement.objects.get(issuer=issuer, state="published"), now=now)
        seated(session, "Omar Alaoui", now=now)
        slips.append(paperslips.of_session(session=session, by=session.trainer, now=now)[0].code)
        made.append(session.pk)
    return {
        "session": _three(made, _token()),
        "session-seat": Three(1, 1, 1),
        "roll-token": Three(*(f"{pk}{'A' * 16}" for pk in (*made, _token()))),
        "slip": _three(slips, _token()),
    }


def _benches(now: Any) -> dict[str, Three]:
    """Two benches whose link was checked, each with its receipt."""
    made = []
    for credential in Credential.objects.all()[:2]:
        handed = bench.of_text(f"{settings.BASE_URL}/c/{credential.pk}")
        made.append(bench.make(handed=handed, now=now).pk)
    bench_queue.check_waiting(now=now)
    for pk in made:
        SigningOrder.objects.create(kind=bench.RECEIPT, subject=pk, ordered_at=now, not_before=now)
    orders.fulfil(now=timezone.now())
    return {"bench": _three(made, _token())}


def _lives(learner: Learner, stranger: Learner, mine: Issuer, now: Any) -> dict[str, Three]:
    """A declared line of each, a pathway that is published and one that waits."""
    began = months.read("2019")
    declared = [
        declaring.declare(learner=one, kind="work", title="Couture", began=began, now=now).pk
        for one in (learner, stranger)
    ]
    course = Achievement.objects.get(issuer=mine, state="published")
    made = [
        signposts.propose(
            theme="digital",
            title_fr=f"Vers le bureau {number}",
            title_ar="نحو المكتب",
            about_fr="Du téléphone à l’ordinateur.",
            about_ar="من الهاتف إلى الحاسوب.",
            steps=[[f"course:{mine.slug}/{course.code}"], ["language:fr:B1"]],
            by=city_officer(),
            now=now,
        )
        for number in (1, 2)
    ]
    signposts.publish(pathway=made[0], by=city_approver(), now=now)
    return {
        "declaration": _three(declared, _token()),
        "pathway": Three(made[0].slug, made[0].slug, "nowhere"),
        "proposed-pathway": Three(made[1].slug, made[1].slug, "nowhere"),
    }


def _brought(learner: Learner, stranger: Learner, now: Any) -> dict[str, Three]:
    """A badge from elsewhere of each."""
    made = []
    for person, phone in ((learner, "+212683000001"), (stranger, "+212683000002")):
        document = elsewhere.given_to(elsewhere.identity(phone, kind="ext:phone"))
        file = elsewhere.as_file(elsewhere.signed(document))
        made.append(elsewhere.bring(person, file, now=now).pk)
    return {"import": _three(made, _token())}


def _cards(people: dict[str, Learner], stranger: Learner) -> list[str]:
    """What the QR codes of two cards hold."""
    house = Membership.objects.get(person=people["clerk"]).issuer
    assert house is not None
    made = [
        cards.issue(learner=one, by=people["clerk"], house=house, language="fr", now=timezone.now())
        for one in (people["learner"], stranger)
    ]
    return [one.link.rsplit("/", 1)[1] for one in made]


def _of_people(people: dict[str, Learner], stranger: Learner) -> dict[str, Three]:
    """Memberships, addresses, second factors."""
    held = [
        Membership.objects.get(person=p, role=r).pk
        for p, r in ((people["trainer"], "trainer"), (stranger, "signer"))
    ]
    official = Membership.objects.get(person=people["auditor"]).pk
    addresses = [person.addresses.order_by("pk")[0].pk for person in (people["learner"], stranger)]
    factors = [Authenticator.objects.get(user=person).pk for person in (people["learner"], stranger)]
    return {
        "membership": _three(held, 999_999),
        "city-membership": Three(official, held[1], 999_999),
        "address": _three(addresses, 999_999),
        "card": _three(_cards(people, stranger), _token()),
        "factor": _three(factors, 999_999),
    }


def _families(learner: Learner, stranger: Learner, now: Any) -> dict[str, Three]:
    """A child of each, and a minor who asks each of them."""
    wardships, requests = [], []
    for guardian, phone in ((learner, "+212683000001"), (stranger, "+212683000002")):
        Learner.objects.filter(pk=guardian.pk).update(birth_year=1980)
        began = families.open_for_child(
            guardian=Learner.objects.get(pk=guardian.pk),
            name_latin="Anas Tazi",
            name_arabic="",
            language="fr",
            birth_year=now.year - 8,
            relationship="mother",
            own_birth_year=None,
            now=now,
        )
        minor = make_learner(name_latin="Nour Tazi", name_arabic="", birth_year=now.year - 15)
        wardships.append(began.pk)
        requests.append(asking.ask(ward=minor, address=phone, now=now).pk)
    return {"wardship": _three(wardships, 999_999), "request": _three(requests, _token())}
