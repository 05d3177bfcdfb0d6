"""Where certificates go: into the right passport at once, into a question, or nowhere yet."""

from typing import Any

import pytest
from django.db import transaction

from credentials import issuance, revocation
from credentials.awards import Person
from credentials.models import Batch, Credential
from passport import accounts, filing
from passport.errors import AlreadyDecided, NotYourPassport
from passport.models import Entry, Filing, Learner, Proposal
from tests.factories import NOW, key_room, make_achievement, make_credential, make_issuer, make_learner

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
PHONE = "+212683000001"
FATIMA = {"name_latin": "Fatima-Zahra El Idrissi", "name_arabic": "فاطمة الزهراء الإدريسي"}


@pytest.fixture
def achievement(key_room: Any) -> Any:
    return make_achievement(make_issuer())


def with_phone(**fields: Any) -> Learner:
    """A learner who has proved the family's phone."""
    learner = make_learner(**fields)
    accounts.prove(learner=learner, kind="phone", value=PHONE, now=NOW)
    return learner


def issued(achievement: Any, **fields: Any) -> Credential:
    """A certificate, considered for filing as the worker's doorbell has it."""
    details = {"address_kind": "phone", "address": PHONE} | FATIMA | fields
    credential = make_credential(achievement, Person(**details))
    filing.consider(credential_ids=[credential.pk], now=NOW)
    return credential


def test_address_and_name_together_file_at_once(achievement: Any) -> None:
    learner = with_phone(**FATIMA)
    credential = issued(achievement, name_latin="FATIMA ZAHRA ELIDRISSI")
    entry = Entry.objects.get()
    assert (entry.learner, entry.credential, entry.how) == (learner, credential, Entry.How.MATCH)
    assert Filing.objects.get().outcome == Filing.Outcome.FILED


def test_an_address_alone_asks_the_people_who_proved_it(achievement: Any) -> None:
    mother, son = (
        with_phone(name_latin="Khadija Tazi", name_arabic=""),
        with_phone(name_latin="Omar Tazi", name_arabic=""),
    )
    issued(achievement, name_latin="Hajar Tazi", name_arabic="")
    assert not Entry.objects.exists()
    assert {p.learner for p in Proposal.objects.all()} == {mother, son}


def test_of_a_family_with_one_phone_the_right_one_gets_it(achievement: Any) -> None:
    with_phone(name_latin="Khadija Tazi", name_arabic="")
    son = with_phone(name_latin="Omar Tazi", name_arabic="")
    issued(achievement, name_latin="Omar Tazi", name_arabic="")
    assert Entry.objects.get().learner == son


def test_two_people_of_one_name_and_phone_are_asked(achievement: Any) -> None:
    with_phone(**FATIMA)
    with_phone(**FATIMA)
    issued(achievement)
    assert not Entry.objects.exists()
    assert Proposal.objects.count() == 2


def test_a_passport_number_with_the_name_files(achievement: Any) -> None:
    learner = make_learner(**FATIMA)
    issued(achievement, address_kind="passport", address=learner.passport_number)
    assert Entry.objects.get().how == Entry.How.NUMBER


def test_what_was_issued_before_the_address_was_proved_is_found_then(achievement: Any) -> None:
    issued(achievement)
    assert Filing.objects.get().outcome == Filing.Outcome.UNCLAIMED
    learner = with_phone(**FATIMA)
    assert Entry.objects.get().learner == learner
    assert Filing.objects.get().outcome == Filing.Outcome.FILED


def test_a_corrected_certificate_follows_its_predecessor(achievement: Any) -> None:
    learner = with_phone(**FATIMA)
    old = issued(achievement)
    revocation.replace(
        credential=old,
        person=Person(name_latin="Fatima Zohra El Idrissi"),
        reason="corrected",
        by=None,
        idempotency_key="mend",
        now=NOW,
    )
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)
    filing.consider_unfiled(now=NOW)
    assert Entry.objects.filter(learner=learner).count() == 2
    assert Entry.objects.get(credential__replaces=old).how == Entry.How.SUCCESSION


def test_saying_yes_files_and_saying_no_leaves_it_to_others(achievement: Any) -> None:
    mother, son = (
        with_phone(name_latin="Khadija Tazi", name_arabic=""),
        with_phone(name_latin="Omar Tazi", name_arabic=""),
    )
    issued(achievement, name_latin="Hajar Tazi", name_arabic="")
    filing.decline(proposal=mother.proposals.get(), now=NOW)
    assert filing.open_proposals(learner=mother) == []
    filing.confirm(proposal=son.proposals.get(), now=NOW)
    assert Entry.objects.get().learner == son


def test_a_question_is_answered_once(achievement: Any) -> None:
    mother, son = (
        with_phone(name_latin="Khadija Tazi", name_arabic=""),
        with_phone(name_latin="Omar Tazi", name_arabic=""),
    )
    issued(achievement, name_latin="Hajar Tazi", name_arabic="")
    filing.confirm(proposal=son.proposals.get(), now=NOW)
    with pytest.raises(AlreadyDecided), transaction.atomic():
        filing.confirm(proposal=mother.proposals.get(), now=NOW)
    with pytest.raises(AlreadyDecided):
        filing.decline(proposal=son.proposals.get(), now=NOW)
    assert filing.open_proposals(learner=mother) == []


def test_a_question_to_somebody_else_does_not_exist(achievement: Any) -> None:
    mother = with_phone(name_latin="Khadija Tazi", name_arabic="")
    issued(achievement, name_latin="Hajar Tazi", name_arabic="")
    with pytest.raises(NotYourPassport):
        filing.proposal_of(learner=make_learner(), proposal_id=mother.proposals.get().pk)


def test_considering_twice_changes_nothing(achievement: Any) -> None:
    with_phone(**FATIMA)
    credential = issued(achievement)
    assert filing.consider(credential_ids=[credential.pk], now=NOW) == 0
    assert Entry.objects.count() == 1


def test_the_sweeper_files_what_nobody_considered(achievement: Any) -> None:
    with_phone(**FATIMA)
    make_credential(achievement, Person(**FATIMA, address_kind="phone", address=PHONE))
    assert filing.consider_unfiled(now=NOW) == 1
    assert filing.consider_unfiled(now=NOW) == 0
