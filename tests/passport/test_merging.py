"""Two passports of one person become one, and the other's number leads on."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials.models import LocalMessage
from credentials.people import Person
from issuers.models import AuditEvent
from passport import accounts, cards, codes, consents, families, filing, merging, secondfactors
from passport.errors import (
    BoundPassport,
    CodeUsed,
    MinorsByGuardian,
    NotOnePerson,
    NotYourPassport,
    PassportError,
    SamePassport,
)
from passport.models import Address, Code, Consent, Entry, Learner, Look, MergedPassport, Proposal
from tests.factories import (
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    make_member,
    sign_in,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
OLD, NEW = "+212683000001", "+212683000002"


@pytest.fixture
def kept() -> Learner:
    learner = make_learner()
    accounts.prove(learner=learner, kind="phone", value=NEW, now=timezone.now())
    return learner


@pytest.fixture
def other() -> Learner:
    learner = make_learner(name_latin="Fatima Zahra El-Idrissi", name_arabic="", birth_year=1994)
    accounts.prove(learner=learner, kind="phone", value=OLD, now=timezone.now())
    return learner


def typed_code(value: str = OLD) -> Code:
    """A code to this phone that was typed back."""
    now = timezone.now()
    code = codes.ask(address=value, language="fr", place="here", held="", now=now)
    return codes.check(code_id=code.pk, typed=newest_code(), now=now)


def newest_code() -> str:
    found = re.search(r"\b\d{6}\b", LocalMessage.objects.latest("id").body)
    assert found
    return found.group()


def merge(kept: Learner, other: Learner, **rest: Any) -> Learner:
    given: dict[str, Any] = {"kept": kept, "other_id": other.pk, "now": timezone.now()}
    return merging.merge(**given | ({"code": typed_code()} if "code" not in rest else {}) | rest)


def test_what_was_the_others_is_hers_and_a_card_with_the_old_number_finds_her(
    key_room: Any, kept: Learner, other: Learner
) -> None:
    course = make_achievement(make_issuer())
    for kind, value in (("phone", OLD), ("passport", other.passport_number)):
        who = Person(name_latin=other.name_latin, address_kind=kind, address=value)
        make_credential(course, who)
    question = make_credential(course, Person(name_latin="F. Idrissi", address_kind="phone", address=OLD))
    filing.consider_unfiled(now=timezone.now())
    number = other.passport_number
    merge(kept, other)
    assert Entry.objects.filter(learner=kept).count() == 2
    assert Proposal.objects.get(credential=question).learner == kept
    assert set(Address.objects.values_list("learner", "value")) == {(kept.pk, OLD), (kept.pk, NEW)}
    assert Address.objects.filter(primary=True).count() == 1
    other.refresh_from_db()
    kept.refresh_from_db()
    assert (other.is_active, other.name_latin, other.passport_number) == (False, "", number)
    assert kept.birth_year == 1994
    later = make_credential(
        course, Person(name_latin="Fatima Zahra El Idrissi", address_kind="passport", address=number)
    )
    filing.consider_unfiled(now=timezone.now())
    assert later.entry.learner == kept
    assert AuditEvent.objects.filter(event="passports-merged", about=f"learner/{kept.pk}").exists()
    assert Look.objects.get(learner=kept).act == Look.Act.MERGED


def test_a_number_leads_on_over_several_merges(kept: Learner, other: Learner) -> None:
    merge(kept, other)
    third = make_learner()
    accounts.prove(learner=third, kind="phone", value="+212683000003", now=timezone.now())
    merge(third, kept, code=typed_code(NEW))
    assert set(MergedPassport.objects.values_list("number", "learner")) == {
        (other.passport_number, third.pk),
        (kept.passport_number, third.pk),
    }


def test_what_both_have_is_there_once(kept: Learner, other: Learner) -> None:
    accounts.prove(learner=kept, kind="phone", value=OLD, now=timezone.now())
    for learner in (kept, other):
        consents.give(learner=learner, purpose="messages", language="fr", now=timezone.now())
    child = families.open_for_child(
        guardian=other,
        name_latin="Inès Idrissi",
        name_arabic="",
        language="fr",
        birth_year=timezone.now().year - 8,
        relationship="mother",
        own_birth_year=None,
        now=timezone.now(),
    )
    merge(kept, other)
    assert Address.objects.filter(learner=kept, value=OLD).count() == 1
    assert Consent.objects.filter(learner=kept, purpose="messages", withdrawn_at__isnull=True).count() == 1
    assert Consent.objects.filter(learner=kept, purpose="messages").count() == 2
    assert families.wards_of(kept) == [child]


def test_two_people_stay_two(kept: Learner, other: Learner) -> None:
    Learner.objects.filter(pk=other.pk).update(name_latin="Khadija Amrani")
    with pytest.raises(NotOnePerson):
        merge(kept, other)
    Learner.objects.filter(pk=other.pk).update(name_latin=kept.name_latin)
    Learner.objects.filter(pk=kept.pk).update(birth_year=1990)
    with pytest.raises(NotOnePerson):
        merge(kept, other)
    assert Learner.objects.get(pk=other.pk).is_active


def test_a_clerk_who_sees_her_need_not_mind_how_names_are_spelt(kept: Learner, other: Learner) -> None:
    house = make_issuer(with_keys=False)
    Learner.objects.filter(pk=other.pk).update(name_latin="Khadija Amrani")
    merge(kept, other, by=make_member(house, "clerk"), house=house)
    assert MergedPassport.objects.get().by_id is not None


def test_roles_and_second_steps_are_not_taken_by_a_code(kept: Learner, other: Learner) -> None:
    secondfactors.set_up_app(learner=other, secret=secondfactors.new_secret())
    with pytest.raises(BoundPassport):
        merge(kept, other)


def test_minors_are_brought_together_by_a_guardian(kept: Learner, other: Learner) -> None:
    Learner.objects.update(birth_year=timezone.now().year - 10)
    with pytest.raises(MinorsByGuardian):
        merge(kept, other)
    merge(kept, other, by=make_learner(birth_year=1980))
    assert Learner.objects.filter(is_active=True).count() == 2


def test_the_code_must_be_of_the_others_address_and_counts_once(kept: Learner, other: Learner) -> None:
    with pytest.raises(NotYourPassport):
        merge(kept, other, code=typed_code("+212683000009"))
    with pytest.raises(SamePassport):
        merge(kept, kept)
    code = typed_code()
    codes.use(code=code, now=timezone.now())
    with pytest.raises(CodeUsed):
        merge(kept, other, code=code)


def test_of_two_at_once_one_is_too_late(kept: Learner, other: Learner) -> None:
    code, back = typed_code(), typed_code(NEW)
    merge(kept, other, code=code)
    with pytest.raises(PassportError):  # the other way round, begun before
        merge(other, kept, code=back)
    assert Learner.objects.get(pk=kept.pk).is_active


# -- Pages --------------------------------------------------------------------------------------------
def test_she_proves_sees_both_and_makes_them_one(client: Client, kept: Learner, other: Learner) -> None:
    sign_in(client, kept)
    client.post(reverse("me-merge"), {"address": "06 83 00 00 01"})
    wrong = "000000" if newest_code() != "000000" else "000001"
    assert client.post(reverse("me-merge"), {"code": wrong}).context["form"].errors
    client.post(reverse("me-merge"), {"code": newest_code()})
    page = client.get(reverse("me-merge")).content.decode()
    assert "Fatima Zahra El-Idrissi" in page
    assert "Fatima-Zahra El Idrissi" in page
    done = client.post(reverse("me-merge"), {"passport": other.pk, "act": "merge"})
    assert done["Location"] == "/me/"
    assert MergedPassport.objects.get().learner == kept


def test_after_a_long_time_the_other_is_not_shown_before_one_thing_more(
    client: Client, kept: Learner, other: Learner
) -> None:
    Address.objects.filter(learner=other).update(verified_at=timezone.now() - timedelta(days=500))
    sign_in(client, kept)
    client.post(reverse("me-merge"), {"address": OLD})
    client.post(reverse("me-merge"), {"code": newest_code()})
    page = client.post(reverse("me-merge"), {"passport": other.pk, "act": "merge"}).content.decode()
    assert other.name_latin not in page
    assert not MergedPassport.objects.exists()
    page = client.post(reverse("me-merge"), {"passport": other.pk, "fact": "1994"}).content.decode()
    assert other.name_latin in page
    client.post(reverse("me-merge"), {"passport": other.pk, "act": "merge"})
    assert MergedPassport.objects.exists()


def test_a_refusal_is_told_beside_both(client: Client, kept: Learner, other: Learner) -> None:
    Learner.objects.filter(pk=kept.pk).update(birth_year=1990)
    sign_in(client, kept)
    client.post(reverse("me-merge"), {"address": OLD})
    client.post(reverse("me-merge"), {"code": newest_code()})
    page = client.post(reverse("me-merge"), {"passport": other.pk, "act": "merge"})
    assert page.status_code == 422
    assert str(NotOnePerson.message) in page.content.decode()
    client.post(reverse("me-merge"), {"act": "afresh"})
    assert "address" in client.get(reverse("me-merge")).context["form"].fields


def test_an_address_that_opens_nothing_else_is_told(client: Client, kept: Learner) -> None:
    sign_in(client, kept)
    client.post(reverse("me-merge"), {"address": "0683000077"})
    client.post(reverse("me-merge"), {"code": newest_code()})
    page = client.get(reverse("me-merge"))
    assert page.context["people"] == []


# -- By the other's card ----------------------------------------------------------------------------
@pytest.fixture
def paper(other: Learner) -> cards.Secrets:
    house = make_issuer(with_keys=False)
    clerk = make_member(house, "clerk")
    return cards.issue(learner=other, by=clerk, house=house, language="fr", now=timezone.now())


def test_the_other_cards_number_and_pin_bring_it_in_without_any_phone(
    client: Client, kept: Learner, other: Learner, paper: cards.Secrets
) -> None:
    sign_in(client, kept)
    where = reverse("me-merge")
    typed = {"act": "card", "number": other.passport_number, "pin": paper.pin}
    assert client.post(where, typed)["Location"] == where
    page = client.get(where).content.decode()
    assert "Fatima Zahra El-Idrissi" in page
    assert client.post(where, {"act": "merge", "passport": other.pk})["Location"] == "/me/"
    assert MergedPassport.objects.get(number=other.passport_number).learner == kept


def test_a_wrong_pin_brings_in_nothing_and_keeps_the_number(
    client: Client, kept: Learner, other: Learner, paper: cards.Secrets
) -> None:
    sign_in(client, kept)
    wrong = {
        "act": "card",
        "number": other.passport_number,
        "pin": str((int(paper.pin) + 1) % 10**6).zfill(6),
    }
    page = client.post(reverse("me-merge"), wrong)
    assert page.context["card_form"].errors["pin"]
    assert other.passport_number in page.content.decode()
    assert client.post(reverse("me-merge"), {"act": "merge", "passport": other.pk}).status_code == 200
    assert not MergedPassport.objects.exists()


def test_a_card_that_was_replaced_meanwhile_proves_nothing(
    kept: Learner, other: Learner, paper: cards.Secrets
) -> None:
    by, house = paper.card.issued_by, paper.card.house
    assert by is not None
    cards.issue(learner=other, by=by, house=house, language="fr", now=timezone.now())
    with pytest.raises(NotYourPassport):
        merging.merge(kept=kept, other_id=other.pk, card=paper.card, now=timezone.now())


def test_ones_own_card_is_not_the_others(client: Client, other: Learner, paper: cards.Secrets) -> None:
    sign_in(client, other)
    typed = {"act": "card", "number": other.passport_number, "pin": paper.pin}
    assert client.post(reverse("me-merge"), typed).context["card_form"].non_field_errors()


def test_a_card_is_proof_for_ten_minutes(
    client: Client, kept: Learner, other: Learner, paper: cards.Secrets
) -> None:
    sign_in(client, kept)
    client.post(reverse("me-merge"), {"act": "card", "number": other.passport_number, "pin": paper.pin})
    session = client.session
    session["merge.card"] |= {"until": (timezone.now() - timedelta(seconds=1)).isoformat()}
    session.save()
    client.post(reverse("me-merge"), {"act": "merge", "passport": other.pk})
    assert not MergedPassport.objects.exists()


def test_proof_is_needed(kept: Learner, other: Learner) -> None:
    with pytest.raises(NotYourPassport):
        merging.merge(kept=kept, other_id=other.pk, now=timezone.now())
