"""The desk: a passport opened with the person, found without browsing, and every act written down for her."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials.models import Credential
from credentials.people import Person
from issuers.models import AuditEvent, Issuer
from passport import accounts, cards, desk, filing, secondfactors
from passport.errors import (
    AlreadyElsewhere,
    ConsentMissing,
    FactWrong,
    GuardianMissing,
    NobodyFound,
    NotSeen,
    PassportError,
    ReasonMissing,
    TooManyFound,
)
from passport.models import Card, Consent, Entry, Filing, Learner, Look, Proposal
from tests.factories import (
    NOW,
    key_room,
    make_achievement,
    make_arrondissement,
    make_credential,
    make_issuer,
    make_learner,
    make_member,
    sign_in,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
YES = dict.fromkeys((purpose.value for purpose in desk.ASKED), True)


@pytest.fixture
def house() -> Issuer:
    return make_issuer(with_keys=False)


@pytest.fixture
def clerk(house: Issuer) -> Learner:
    return make_member(house, "clerk")


@pytest.fixture
def at_desk(clerk: Learner, house: Issuer) -> Callable[..., Any]:
    """A verb of the desk, by this clerk at this desk."""
    return lambda verb, **given: verb(**({"now": NOW} | given), by=clerk, house=house)


@pytest.fixture
def aicha() -> Learner:
    return make_learner(name_latin="Aïcha Oubella", name_arabic="عائشة أوبلا", language="ar", birth_year=1957)


def asked(**given: Any) -> desk.Asked:
    """What Aïcha answers."""
    told: dict[str, Any] = {
        "name_latin": "Aïcha Oubella",
        "name_arabic": "عائشة أوبلا",
        "language": "ar",
        "birth_year": 1957,
        "district": None,
        "seen": True,
    }
    return desk.Asked(**told | given)


def acts(learner: Learner) -> list[tuple[str, str]]:
    """What she reads, the newest first."""
    return list(Look.objects.filter(learner=learner).values_list("act", "what"))


def paper(name: str = "Aicha Oubella", **address: str) -> Credential:
    """A certificate that is in no passport."""
    made = make_credential(make_achievement(make_issuer()), Person(name_latin=name, **address))
    filing.consider_unfiled(now=NOW)
    return made


# -- Opening --------------------------------------------------------------------------------------
def test_each_consent_is_a_record_with_language_channel_clerk_and_desk(
    at_desk: Any, clerk: Learner, house: Issuer
) -> None:
    learner = at_desk(desk.open_passport, asked=asked(), agreed=YES | {"messages": False})
    given = {c.purpose: c for c in Consent.objects.filter(learner=learner)}
    assert set(given) == {"passport", "showing", "statistics"}
    for consent in given.values():
        assert (consent.language, consent.channel, consent.by, consent.house) == ("ar", "desk", clerk, house)
    assert acts(learner) == [("desk-acted", "desk-new")]
    event = AuditEvent.objects.get(event="desk.opened")
    assert "Oubella" not in event.detail


@pytest.mark.parametrize(
    ("change", "agreed", "refusal"),
    [
        ({"seen": False}, YES, NotSeen),
        ({}, YES | {"passport": False}, ConsentMissing),
        ({"birth_year": NOW.year - 14}, YES, GuardianMissing),
        ({"birth_year": NOW.year - 14, "guardian": "4071 9358 99"}, YES, GuardianMissing),
    ],
)
def test_nothing_is_kept_of_whoever_cannot_be_taken_in(
    at_desk: Any, change: dict[str, Any], agreed: dict[str, bool], refusal: type[PassportError]
) -> None:
    before = Learner.objects.count()
    with pytest.raises(refusal):
        at_desk(desk.open_passport, asked=asked(**change), agreed=agreed)
    assert Learner.objects.count() == before


def test_a_minors_guardian_is_there_and_says_yes(at_desk: Any, aicha: Learner) -> None:
    child = asked(birth_year=NOW.year - 14, guardian=aicha.passport_number, name_latin="Salma Oubella")
    learner = at_desk(desk.open_passport, asked=child, agreed=YES)
    assert {c.by for c in Consent.objects.filter(learner=learner)} == {aicha}
    assert acts(aicha) == [("desk-acted", "desk-guardian")]


def test_a_minor_is_no_guardian(at_desk: Any) -> None:
    other = make_learner(birth_year=NOW.year - 16)
    child = asked(birth_year=NOW.year - 14, guardian=other.passport_number)
    with pytest.raises(GuardianMissing):
        at_desk(desk.open_passport, asked=child, agreed=YES)


# -- Finding --------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["oubella aicha", "عائشة أوبلا", "AÏCHA OUBELLA"])
def test_a_whole_name_and_a_year_find_her_and_she_reads_it(at_desk: Any, aicha: Learner, text: str) -> None:
    assert at_desk(desk.find, text=text, birth_year=1957) == ([aicha], False)
    assert acts(aicha) == [("desk-found", "desk-find")]


@pytest.mark.parametrize(
    ("text", "year"), [("Oubella", 1957), ("Aïcha Oubella", None), ("Aïcha Oubella", 1958), ("0000", None)]
)
def test_less_than_that_finds_nobody(at_desk: Any, aicha: Learner, text: str, year: int | None) -> None:
    with pytest.raises(NobodyFound):
        at_desk(desk.find, text=text, birth_year=year)
    assert acts(aicha) == []


def test_a_desk_is_shown_five_at_most(at_desk: Any) -> None:
    for _ in range(6):
        make_learner(name_latin="Aïcha Oubella", name_arabic="", birth_year=1957)
    with pytest.raises(TooManyFound):
        at_desk(desk.find, text="Aïcha Oubella", birth_year=1957)
    assert not Look.objects.exists()


def test_her_card_finds_her(at_desk: Any, aicha: Learner) -> None:
    made = at_desk(cards.issue, learner=aicha, language="ar")
    assert at_desk(desk.find, text=made.link, birth_year=None) == ([aicha], True)


def test_without_card_and_pin_the_clerk_says_why_and_she_reads_it(at_desk: Any, aicha: Learner) -> None:
    for given, refusal in (
        ({"seen": False, "reason": "Carte oubliée"}, NotSeen),
        ({"seen": True, "reason": " "}, ReasonMissing),
    ):
        with pytest.raises(refusal):
            at_desk(desk.vouch, learner=aicha, **given)
    at_desk(desk.vouch, learner=aicha, seen=True, reason="Carte oubliée")
    assert acts(aicha) == [("desk-vouched", "Carte oubliée")]
    assert "Carte" not in AuditEvent.objects.get(event="desk.vouched").detail


# -- Card and PIN ---------------------------------------------------------------------------------
@pytest.mark.parametrize("fact", ["1957", "١٩٥٧"])
def test_two_facts_and_a_clerk_give_a_new_card(at_desk: Any, aicha: Learner, fact: str) -> None:
    given = {"learner": aicha, "proof": "", "fact": fact}
    with pytest.raises(NotSeen):
        at_desk(desk.print_card, **given, seen=False)
    with pytest.raises(FactWrong):
        at_desk(desk.print_card, **given | {"fact": "1958"}, seen=True)
    assert not Card.objects.exists()
    made = at_desk(desk.print_card, **given, seen=True)
    assert acts(aicha) == [("desk-acted", "desk-card")]
    assert cards.check(card=made.card, pin=made.pin, now=NOW) == made.card


def test_a_certificate_that_she_names_is_a_fact(at_desk: Any, aicha: Learner, key_room: Any) -> None:
    made = paper()
    at_desk(desk.claim, learner=aicha, credential_id=made.pk)
    at_desk(desk.print_card, learner=aicha, proof="", seen=True, fact="premiers pas avec le smartphone")
    assert Card.objects.count() == 1


def test_who_has_a_phone_hears_of_a_new_pin(
    at_desk: Any, aicha: Learner, django_capture_on_commit_callbacks: Any
) -> None:
    from credentials.models import LocalMessage

    accounts.prove(learner=aicha, kind="phone", value="+212683000009", now=NOW)
    at_desk(cards.issue, learner=aicha, language="ar")
    with django_capture_on_commit_callbacks(execute=True):
        made = at_desk(desk.print_pin, learner=aicha, proof="", seen=True, fact="1957")
    message = LocalMessage.objects.get(to="+212683000009")
    assert made.pin not in message.body
    assert "شباك" in message.body


# -- Claiming -------------------------------------------------------------------------------------
def test_what_waits_under_nearly_her_name_goes_into_her_passport(
    at_desk: Any, aicha: Learner, key_room: Any
) -> None:
    hers, other = paper("Aicha Oubela"), paper("Rachid Tazi")
    found = desk.claimable(learner=aicha, year=NOW.year)
    assert hers in found
    assert other not in found
    assert desk.claimable(learner=aicha, year=NOW.year - 1) == []
    entry = at_desk(desk.claim, learner=aicha, credential_id=hers.pk)
    assert (entry.learner, entry.how) == (aicha, Entry.How.DESK)
    assert Filing.objects.get(credential=hers).outcome == Filing.Outcome.FILED
    assert acts(aicha) == [("desk-acted", "desk-claim")]
    assert AuditEvent.objects.filter(event="desk.claimed", about=hers.pk).exists()


def test_nobody_else_is_asked_about_it_any_more(at_desk: Any, aicha: Learner, key_room: Any) -> None:
    neighbour = make_learner(name_latin="Rachid Tazi", name_arabic="")
    accounts.prove(learner=neighbour, kind="phone", value="+212683000008", now=NOW)
    made = paper("Aicha Oubella", address_kind="phone", address="+212683000008")
    assert Proposal.objects.get().answer == Proposal.Answer.OPEN
    at_desk(desk.claim, learner=aicha, credential_id=made.pk)
    assert Proposal.objects.get().answer == Proposal.Answer.NOT_MINE


def test_what_is_anothers_or_in_a_passport_is_not_claimed(
    at_desk: Any, aicha: Learner, key_room: Any
) -> None:
    other = paper("Rachid Tazi")
    hers = paper()
    at_desk(desk.claim, learner=aicha, credential_id=hers.pk)
    for credential_id in (other.pk, hers.pk, "nothing"):
        with pytest.raises(AlreadyElsewhere):
            at_desk(desk.claim, learner=aicha, credential_id=credential_id)
    assert Entry.objects.count() == 1


# -- The pages ------------------------------------------------------------------------------------
@pytest.fixture
def here(client: Client, clerk: Learner) -> Client:
    """The clerk's computer."""
    sign_in(client, clerk)
    client.cookies["lang"] = "fr"
    return client


def answer(client: Client, step: str, **given: str) -> str:
    """Answer one question; where it leads."""
    reply = client.post(reverse("desk-new", args=[step]), given)
    assert reply.status_code == 302, reply.content.decode()
    return str(reply.headers["Location"])


def test_a_passport_is_opened_question_by_question_and_its_sheet_is_printed_once(here: Client) -> None:
    district = make_arrondissement()
    answer(here, "language", language="ar")
    page = here.get(reverse("desk-new", args=["seen"])).content.decode()
    assert 'lang="ar" dir="rtl"' in page
    answer(here, "seen", seen="on")
    answer(here, "name", name_latin="Zohra Amal", name_arabic="زهرة أمل")
    answer(here, "born", birth_year="1950")
    answer(here, "district", district=district.code)
    for purpose in ("passport", "showing", "statistics"):
        answer(here, purpose, agreed="yes")
    assert answer(here, "messages", agreed="no") == reverse("desk-card")
    learner = Learner.objects.get(name_latin="Zohra Amal")
    assert (learner.birth_year, learner.arrondissement, learner.language) == (1950, district, "ar")
    sheet = here.post(reverse("desk-card"), {"seen": "on"})
    assert sheet.content.startswith(b"%PDF-")
    assert "no-store" in sheet.headers["Cache-Control"]
    assert Card.objects.get().learner == learner
    here.post(reverse("desk-leave"))
    assert here.get(reverse("desk-person")).headers["Location"] == reverse("desk-home")


def test_whoever_thinks_it_over_leaves_nothing_behind(here: Client) -> None:
    answer(here, "language", language="fr")
    answer(here, "seen", seen="on")
    answer(here, "name", name_latin="Zohra Amal")
    answer(here, "born", birth_year="1950")
    answer(here, "district", district="")
    assert answer(here, "passport", agreed="no") == reverse("desk-home")
    assert not Learner.objects.filter(name_latin="Zohra Amal").exists()
    assert "Zohra" not in repr(dict(here.session.items()))


def test_no_question_is_jumped_over(here: Client) -> None:
    reply = here.get(reverse("desk-new", args=["born"]))
    assert reply.headers["Location"] == reverse("desk-new", args=["language"])


def test_a_minor_without_a_guardian_is_told_at_that_question(here: Client) -> None:
    answer(here, "language", language="fr")
    answer(here, "seen", seen="on")
    answer(here, "name", name_latin="Zohra Amal")
    year = str(timezone.localdate().year - 10)
    reply = here.post(reverse("desk-new", args=["born"]), {"birth_year": year})
    assert reply.status_code == 422
    assert year in reply.content.decode()
    assert "id_guardian-error" in reply.content.decode()


def test_her_scanned_card_opens_her_passport_and_the_bar_says_so(here: Client, aicha: Learner) -> None:
    clerk = Learner.objects.get(name_latin="Salma Clerk")
    house = clerk.memberships.get().issuer
    assert house is not None
    made = cards.issue(learner=aicha, by=clerk, house=house, language="ar", now=NOW)
    reply = here.get("/card/" + made.link.rsplit("/", 1)[1])
    assert reply.headers["Location"] == reverse("desk-person")
    assert here.post(reverse("desk-open")).headers["Location"] == reverse("me")
    page = here.get(reverse("me")).content.decode()
    assert "Oubella" in page
    assert reverse("me-acting-stop") in page
    assert ("desk-opened", "") in acts(aicha)
    assert here.post(reverse("me-acting-stop")).headers["Location"] == reverse("desk-person")


def test_without_a_proof_the_passport_stays_closed(here: Client, aicha: Learner) -> None:
    here.post(reverse("desk-home"), {"text": aicha.passport_number})
    assert here.post(reverse("desk-open"), {"act": "pin", "pin": "000000"}).status_code == 404
    assert here.post(reverse("desk-open"), {"seen": "on", "reason": ""}).status_code == 422
    assert here.get(reverse("desk-claim")).headers["Location"] == reverse("desk-open")
    assert "Oubella" not in here.get(reverse("me")).content.decode()
    reply = here.post(reverse("desk-open"), {"seen": "on", "reason": "Carte perdue hier"})
    assert reply.headers["Location"] == reverse("me")


def test_after_ten_minutes_nobody_is_at_the_desk(here: Client, aicha: Learner) -> None:
    here.post(reverse("desk-home"), {"text": aicha.passport_number})
    session = here.session
    kept = session["desk.standing"]
    session["desk.standing"] = kept | {"until": (timezone.now() - timedelta(seconds=1)).isoformat()}
    session.save()
    assert here.get(reverse("desk-person")).headers["Location"] == reverse("desk-home")


def test_a_phone_is_added_with_the_code_that_came_there(here: Client, aicha: Learner) -> None:
    from credentials.models import LocalMessage

    here.post(reverse("desk-home"), {"text": aicha.passport_number})
    here.post(reverse("desk-open"), {"seen": "on", "reason": "Nouveau téléphone"})
    here.post(reverse("desk-address"), {"address": "06 83 00 00 07"})
    sent = LocalMessage.objects.get(to="+212683000007").body
    code = next(word for word in sent.split() if word.isdecimal() and len(word) == 6)
    reply = here.post(reverse("desk-address"), {"code": code})
    assert reply.headers["Location"] == reverse("desk-person")
    assert aicha.addresses.get().value == "+212683000007"
    assert ("desk-acted", "desk-phone") in acts(aicha)


def test_the_owner_reads_counts_and_no_names_of_learners(
    client: Client, at_desk: Any, aicha: Learner, house: Issuer
) -> None:
    at_desk(desk.print_card, learner=aicha, proof="", seen=True, fact="1957", now=timezone.now())
    sign_in(client, make_member(house, "owner"))
    page = client.get(reverse("desk-acts")).content.decode()
    assert "Salma Clerk" in page
    assert "Oubella" not in page


def test_a_clerk_who_gave_her_second_step_comes_to_the_desk(here: Client, clerk: Learner) -> None:
    secondfactors.set_up_app(learner=clerk, secret=secondfactors.new_secret())
    assert here.get(reverse("second-factor"), follow=True).redirect_chain[-1][0] == reverse("desk-home")
