"""A wrong year of birth is corrected at a desk, and families and links follow it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from issuers.models import AuditEvent, Issuer
from passport import accounts, birthyears, consents, families
from passport.errors import AgeFixed, AnswersForChildren, GuardianMissing, NotSeen
from passport.models import Consent, Guardianship, Learner, Look, Presentation
from tests.factories import NOW, make_issuer, make_learner, make_member, sign_in

pytestmark = pytest.mark.django_db
THIS_YEAR = NOW.year


@pytest.fixture
def house() -> Issuer:
    return make_issuer(with_keys=False)


@pytest.fixture
def clerk(house: Issuer) -> Learner:
    return make_member(house, "clerk")


@pytest.fixture
def correct(clerk: Learner, house: Issuer) -> Callable[..., None]:
    def act(learner: Learner, birth_year: int, **given: Any) -> None:
        told: dict[str, Any] = {"seen": True, "guardian": "", "relationship": ""} | given
        birthyears.correct(learner=learner, birth_year=birth_year, by=clerk, house=house, now=NOW, **told)
        learner.refresh_from_db()

    return act


@pytest.fixture
def family() -> Guardianship:
    return families.open_for_child(
        guardian=make_learner(name_latin="Khadija Tazi", name_arabic="", birth_year=1980),
        name_latin="Anas Tazi",
        name_arabic="",
        language="fr",
        birth_year=THIS_YEAR - 9,
        relationship="mother",
        own_birth_year=None,
        now=NOW,
    )


def test_what_she_cannot_change_herself_a_desk_changes(
    correct: Any, family: Guardianship, clerk: Learner, house: Issuer
) -> None:
    with pytest.raises(AgeFixed):
        accounts.describe(learner=family.guardian, birth_year=1981, gender="", arrondissement=None, now=NOW)
    correct(family.guardian, 1981)
    assert family.guardian.birth_year == 1981
    line = Look.objects.get(learner=family.guardian, what="desk-birth-year")
    assert (line.act, line.by, line.house) == (Look.Act.DESK_ACTED, clerk, house)
    event = AuditEvent.objects.get(event="desk.birth-year-corrected")
    assert "1981" not in event.detail


def test_nothing_is_done_for_whoever_is_not_seen(correct: Any) -> None:
    learner = make_learner(birth_year=1990)
    with pytest.raises(NotSeen):
        correct(learner, 1991, seen=False)


def test_whoever_is_of_age_by_it_is_her_own_mistress(correct: Any, family: Guardianship) -> None:
    correct(family.ward, THIS_YEAR - 30)
    family.refresh_from_db()
    assert (family.end_reason, family.ended_at) == ("of-age", NOW)
    assert families.may_share(family.ward, NOW)


def test_a_child_stays_with_her_guardian_whatever_year_it_is(correct: Any, family: Guardianship) -> None:
    correct(family.ward, THIS_YEAR - 13)
    family.refresh_from_db()
    assert family.ended_at is None
    assert families.assents(family.ward, NOW)


def test_whoever_answers_for_a_child_is_of_age(correct: Any, family: Guardianship) -> None:
    with pytest.raises(AnswersForChildren):
        correct(family.guardian, THIS_YEAR - 15)
    family.guardian.refresh_from_db()
    assert family.guardian.birth_year == 1980


def test_a_minor_by_it_shares_nothing_until_a_guardian_agrees(correct: Any) -> None:
    learner = make_learner(birth_year=1990)
    consents.give(learner=learner, purpose="showing", language="fr", now=NOW)
    shared = Presentation.objects.create(
        learner=learner, kind="page", language="fr", digest="x", sealed="x", made_at=NOW
    )
    correct(learner, THIS_YEAR - 15)
    shared.refresh_from_db()
    assert shared.withdrawn_at == NOW
    assert not Consent.objects.filter(learner=learner, purpose="showing", withdrawn_at__isnull=True).exists()
    assert not families.may_share(learner, NOW)


def test_under_twelve_the_guardian_is_there_and_answers_from_now_on(correct: Any) -> None:
    child, adult = make_learner(), make_learner(birth_year=1985)
    with pytest.raises(GuardianMissing):
        correct(child, THIS_YEAR - 8)
    child.refresh_from_db()
    assert child.birth_year is None
    correct(child, THIS_YEAR - 8, guardian=adult.passport_number, relationship="mother")
    begun = Guardianship.objects.get(ward=child)
    assert (begun.guardian, begun.how) == (adult, "desk")


@pytest.mark.parametrize("guardian", ["0000000000", "own", "young"])
def test_a_guardian_is_another_person_of_age(correct: Any, guardian: str) -> None:
    child = make_learner()
    young = make_learner(birth_year=THIS_YEAR - 15)
    numbers = {"own": child.passport_number, "young": young.passport_number}
    with pytest.raises(GuardianMissing):
        correct(child, THIS_YEAR - 8, guardian=numbers.get(guardian, guardian), relationship="mother")


def test_the_clerk_corrects_it_on_a_page_and_she_reads_it(client: Client, clerk: Learner) -> None:
    learner = make_learner(birth_year=1990)
    sign_in(client, clerk)
    where = reverse("desk-birth-year")
    client.post(reverse("desk-home"), {"text": learner.passport_number})
    assert client.get(where)["Location"] == reverse("desk-open")
    client.post(reverse("desk-open"), {"seen": "on", "reason": "carte perdue"})
    assert "1990" in client.get(where).content.decode()
    refused = client.post(where, {"birth_year": "1991"})
    assert refused.status_code == NotSeen.status
    assert "1991" in refused.content.decode()
    assert client.post(where, {"birth_year": "1991", "seen": "on"})["Location"] == reverse("desk-person")
    learner.refresh_from_db()
    assert learner.birth_year == 1991
    hers = Client()
    sign_in(hers, learner, second_factor=False)
    hers.cookies["lang"] = "en"
    page = hers.get(reverse("me-looks")).content.decode()
    assert "Year of birth corrected" in page
    assert "<q><bdi>carte perdue</bdi></q>" in page


@pytest.mark.parametrize("year", ["", "19", "2999", "abcd"])
def test_what_is_no_year_is_said_at_its_field(client: Client, clerk: Learner, year: str) -> None:
    learner = make_learner(birth_year=1990)
    sign_in(client, clerk)
    client.post(reverse("desk-home"), {"text": learner.passport_number})
    client.post(reverse("desk-open"), {"seen": "on", "reason": "carte perdue"})
    page = client.post(reverse("desk-birth-year"), {"birth_year": year, "seen": "on"})
    assert page.context["form"].errors["birth_year"]


def test_a_desk_leads_to_making_two_passports_one(client: Client, clerk: Learner) -> None:
    learner = make_learner(birth_year=1990)
    sign_in(client, clerk)
    client.post(reverse("desk-home"), {"text": learner.passport_number})
    client.post(f"{reverse('desk-open')}?to=merge", {"seen": "on", "reason": "carte perdue"})
    assert client.post(f"{reverse('desk-open')}?to=merge")["Location"] == reverse("me-merge")
    assert client.get(reverse("me-merge")).status_code == 200
