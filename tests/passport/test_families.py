"""Families: who answers for a minor, how that begins and ends, what a minor may share."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials.models import LocalMessage
from issuers.models import AuditEvent, Issuer
from passport import accounts, asking, consents, families, handover
from passport.errors import (
    AlreadyDecided,
    AssentNeeded,
    GuardianAlready,
    GuardianNeeded,
    NotAMinor,
    NotOfAge,
    NotYourPassport,
    OwnAddress,
    TooManyRequests,
    UnknownNumber,
)
from passport.models import Consent, GuardianRequest, Guardianship, Learner, Look
from tests.factories import NOW, make_issuer, make_learner, make_member, sign_in

pytestmark = pytest.mark.django_db
THIS_YEAR = timezone.now().year


@pytest.fixture(autouse=True)
def as_in_a_demo(settings: Any) -> None:
    settings.EMAIL_BACKEND = "credentials.messengers.LocalEmailBackend"


@pytest.fixture
def mother() -> Learner:
    learner = make_learner(name_latin="Khadija Amrani", name_arabic="", birth_year=1979)
    accounts.prove(learner=learner, kind="phone", value="+212685000001", now=timezone.now())
    return learner


def child_of(guardian: Learner, *, age: int = 8, **fields: Any) -> Guardianship:
    """A child whose passport this guardian has opened."""
    given: dict[str, Any] = {
        "name_latin": "Anas Lahlou",
        "name_arabic": "",
        "language": "fr",
        "relationship": "mother",
        "own_birth_year": None,
        "birth_year": THIS_YEAR - age,
        "now": timezone.now(),
    }
    return families.open_for_child(guardian=guardian, **given | fields)


def clerk_at(house: Issuer) -> Learner:
    return make_member(house, "clerk")


def test_a_guardian_opens_a_passport_with_a_number_of_its_own(mother: Learner) -> None:
    phone = mother.addresses.get()
    link = child_of(mother, address_id=phone.pk)
    assert link.ward.passport_number != mother.passport_number
    assert accounts.passports_of(kind="phone", value=phone.value) == [mother, link.ward]
    given = Consent.objects.get(learner=link.ward, purpose="passport")
    assert given.by == mother
    assert AuditEvent.objects.filter(event="guardianship-began", about=f"guardianship/{link.pk}").exists()


def test_a_child_gets_no_address_that_is_not_its_guardians(mother: Learner) -> None:
    stranger = make_learner()
    accounts.prove(learner=stranger, kind="phone", value="+212685000002", now=NOW)
    with pytest.raises(NotYourPassport):
        child_of(mother, address_id=stranger.addresses.get().pk)


def test_guardians_are_of_age_and_wards_are_not(mother: Learner) -> None:
    with pytest.raises(NotAMinor):
        child_of(mother, age=30)
    with pytest.raises(NotOfAge):
        child_of(make_learner(birth_year=THIS_YEAR - 16))
    unsaid = make_learner()
    with pytest.raises(NotOfAge):
        child_of(unsaid)
    assert child_of(unsaid, own_birth_year=1980).guardian.birth_year == 1980


def test_the_database_lets_nobody_guard_herself_nor_twice(mother: Learner) -> None:
    link = child_of(mother)
    rest = {"relationship": "mother", "how": "opened", "since": NOW}
    with pytest.raises(IntegrityError), transaction.atomic():
        Guardianship.objects.create(guardian=mother, ward=mother, **rest)
    with pytest.raises(IntegrityError), transaction.atomic():
        Guardianship.objects.create(guardian=mother, ward=link.ward, **rest)
    with pytest.raises(IntegrityError), transaction.atomic():
        Guardianship.objects.filter(pk=link.pk).update(ended_at=timezone.now())


def test_under_twelve_the_guardian_decides_alone(mother: Learner) -> None:
    link, now = child_of(mother), timezone.now()
    assert not families.may_share(link.ward, now)
    families.allow_sharing(wardship=link, now=now)
    assert families.may_share(link.ward, now)
    families.stop_sharing(wardship=link, now=timezone.now())
    with pytest.raises(GuardianNeeded):
        families.require_may_share(link.ward, now)


def test_from_twelve_on_both_say_yes(mother: Learner) -> None:
    link, now = child_of(mother, age=14), timezone.now()
    families.allow_sharing(wardship=link, now=now)
    with pytest.raises(AssentNeeded):
        families.require_may_share(link.ward, now)
    families.say(learner=link.ward, purpose="showing", yes=True, language="fr", now=now)
    assert families.may_share(link.ward, now)
    families.say(learner=link.ward, purpose="showing", yes=False, language="fr", now=now)
    assert not families.may_share(link.ward, now)


def test_a_minors_own_consent_is_no_guardians_yes(mother: Learner) -> None:
    link, now = child_of(mother), timezone.now()
    consents.give(learner=link.ward, purpose="showing", language="fr", now=now)
    assert not families.may_share(link.ward, now)
    families.allow_sharing(wardship=link, now=timezone.now())
    assert families.may_share(link.ward, now)


def test_a_guardian_who_is_none_any_more_has_agreed_to_nothing(mother: Learner) -> None:
    link, house = child_of(mother), make_issuer(with_keys=False)
    families.allow_sharing(wardship=link, now=timezone.now())
    clerk = clerk_at(house)
    handover.end(guardianship=link, reason="court", by=clerk, house=house, now=timezone.now())
    assert not families.may_share(link.ward, timezone.now())
    with pytest.raises(AlreadyDecided):
        handover.end(guardianship=link, reason="court", by=clerk, house=house, now=timezone.now())


def test_at_eighteen_it_ends_by_itself_and_once_and_both_are_told(mother: Learner) -> None:
    opened = datetime(2024, 5, 1, tzinfo=UTC)
    link = child_of(mother, birth_year=2007, address_id=mother.addresses.get().pk, now=opened)
    assert handover.tend(now=datetime(2025, 12, 31, tzinfo=UTC)) == 0
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert handover.tend(now=now) == 1
    assert handover.tend(now=now) == 0
    assert LocalMessage.objects.filter(to="+212685000001").count() == 1
    assert families.may_share(link.ward, now)
    assert not families.answers_for(mother, link.ward, now)
    assert families.ended_of(mother)[0].end_reason == "of-age"
    assert len(handover.news_for(learner=link.ward, now=now)) == 1
    assert handover.news_for(learner=link.ward, now=now) == []


def test_a_minor_asks_and_whoever_proves_the_address_accepts(mother: Learner) -> None:
    ward, now = make_learner(birth_year=THIS_YEAR - 15), timezone.now()
    asked = asking.ask(ward=ward, address="06 85 00 00 01", now=now)
    assert asking.ask(ward=ward, address="0685000001", now=now) == asked
    with pytest.raises(NotYourPassport):
        asking.answer(
            learner=make_learner(),
            request_id=asked.pk,
            yes=True,
            relationship="father",
            own_birth_year=1980,
            now=now,
        )
    link = asking.answer(
        learner=mother, request_id=asked.pk, yes=True, relationship="mother", own_birth_year=None, now=now
    )
    assert link is not None
    assert families.guardians_of(ward) == [link]
    assert GuardianRequest.objects.get().answer == "yes"


def test_a_minor_cannot_ask_herself_nor_without_end() -> None:
    ward, now = make_learner(birth_year=THIS_YEAR - 15), timezone.now()
    accounts.prove(learner=ward, kind="phone", value="+212685000009", now=now)
    with pytest.raises(OwnAddress):
        asking.ask(ward=ward, address="0685000009", now=now)
    for number in range(3):
        asking.ask(ward=ward, address=f"068500001{number}", now=now)
    with pytest.raises(TooManyRequests):
        asking.ask(ward=ward, address="0685000019", now=now)
    assert asking.ask(ward=ward, address="0685000019", now=now + timedelta(days=2)).pk


def test_a_clerk_who_saw_both_links_them(mother: Learner) -> None:
    house, now = make_issuer(with_keys=False), timezone.now()
    ward, clerk = make_learner(birth_year=THIS_YEAR - 9), clerk_at(house)
    given: dict[str, Any] = {"guardian": mother, "relationship": "mother", "by": clerk, "house": house}
    given["now"] = now
    link = families.link_at_desk(number=ward.passport_number, **given)
    assert (link.how, link.by, link.house) == ("desk", clerk, house)
    with pytest.raises(GuardianAlready):
        families.link_at_desk(number=ward.passport_number, **given)
    with pytest.raises(UnknownNumber):
        families.link_at_desk(number="1234567890", **given)


# -- Pages ------------------------------------------------------------------------------------------
def test_she_acts_in_her_childs_passport_and_the_child_reads_it(client: Client, mother: Learner) -> None:
    link = child_of(mother)
    sign_in(client, mother)
    client.post(reverse("me-family-act", args=[link.pk]))
    page = client.get("/me/").content.decode()
    assert "Anas Lahlou" in page
    assert reverse("me-acting-stop") in page
    client.post(reverse("me-hide", args=["nothing"]))
    acts = list(Look.objects.filter(learner=link.ward).values_list("act", flat=True))
    assert acts == [Look.Act.GUARDIAN_ACTED, Look.Act.GUARDIAN_OPENED]
    assert client.get("/me/settings").status_code == 403
    client.post(reverse("me-acting-stop"))
    assert "Khadija Amrani" in client.get("/me/").content.decode()


def test_what_has_ended_closes_the_open_passport(client: Client, mother: Learner) -> None:
    link = child_of(mother)
    sign_in(client, mother)
    client.post(reverse("me-family-act", args=[link.pk]))
    Learner.objects.filter(pk=link.ward.pk).update(birth_year=1990)
    assert "Anas Lahlou" not in client.get("/me/").content.decode()


def test_nobody_opens_the_passport_of_somebody_elses_child(client: Client, mother: Learner) -> None:
    link = child_of(mother)
    sign_in(client, make_learner())
    assert client.post(reverse("me-family-act", args=[link.pk])).status_code == 404
    assert client.post(reverse("me-family-sharing", args=[link.pk]), {"answer": "yes"}).status_code == 404


def test_the_page_opens_a_childs_passport_and_keeps_what_was_typed(client: Client, mother: Learner) -> None:
    sign_in(client, mother)
    typed = {"name_latin": "Salma Lahlou", "birth_year": "1990", "relationship": "mother", "language": "fr"}
    page = client.post(reverse("me-family-new"), typed)
    assert page.context["form"].errors["birth_year"]
    assert "Salma Lahlou" in page.content.decode()
    client.post(reverse("me-family-new"), typed | {"birth_year": str(THIS_YEAR - 7)})
    assert "Salma Lahlou" in client.get(reverse("me-family")).content.decode()


def test_a_minor_sees_who_answers_and_says_yes_herself(client: Client, mother: Learner) -> None:
    link = child_of(mother, age=15)
    families.allow_sharing(wardship=link, now=timezone.now())
    sign_in(client, link.ward)
    page = client.get(reverse("me-family")).content.decode()
    assert "Khadija Amrani" in page
    assert reverse("me-family-new") not in page
    client.post(reverse("me-family-say"), {"purpose": "showing", "answer": "yes"})
    assert families.may_share(link.ward, timezone.now())


def test_the_mother_reads_the_request_and_answers(client: Client, mother: Learner) -> None:
    ward = make_learner(name_latin="Nour Lahlou", birth_year=THIS_YEAR - 15)
    child = Client()
    sign_in(child, ward)
    child.post(reverse("me-family-ask"), {"address": "0685000001"})
    sent = LocalMessage.objects.get(to="+212685000001")
    assert "Nour" not in sent.body
    sign_in(client, mother)
    assert "Nour Lahlou" in client.get(reverse("me-family")).content.decode()
    asked = GuardianRequest.objects.get()
    path = reverse("me-family-answer", args=[asked.pk])
    assert client.post(path, {"answer": "yes"}).context["asked"][0][1].errors["relationship"]
    client.post(path, {"answer": "yes", "relationship": "mother"})
    assert families.answers_for(mother, ward, timezone.now())


def test_a_clerk_links_and_ends_at_her_desk(client: Client, mother: Learner) -> None:
    house = make_issuer(with_keys=False)
    clerk, ward = clerk_at(house), make_learner(name_latin="Nour Lahlou", birth_year=THIS_YEAR - 9)
    sign_in(client, clerk)
    assert client.post(reverse("me-family-link"), {}).status_code == 404
    now, session = timezone.now(), client.session
    session["acting"] = {
        "learner": mother.pk,
        "role": "clerk",
        "house": house.pk,
        "since": now.isoformat(),
    } | {"until": (now + timedelta(minutes=5)).isoformat()}
    session.save()
    assert (
        client.post(reverse("me-family-link"), {"number": "12"}).context["link_form"].errors["relationship"]
    )
    client.post(reverse("me-family-link"), {"number": ward.passport_number, "relationship": "mother"})
    link = families.wards_of(mother)[0]
    assert reverse("me-family-end", args=[link.pk]) in client.get(reverse("me-family")).content.decode()
    client.post(reverse("me-family-end", args=[link.pk]), {"reason": "court"})
    assert families.wards_of(mother) == []
    assert families.ended_of(ward)[0].end_reason == "court"
