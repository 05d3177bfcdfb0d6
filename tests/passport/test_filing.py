"""Where certificates go: into the right passport at once, into a question, or nowhere yet."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from config.sweeper import sweep_once
from credentials import issuance, revocation
from credentials.models import Batch, Credential
from credentials.people import Person
from credentials.signals import credentials_issued
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
    session = details.pop("session", "")
    credential = make_credential(achievement, Person(**details), session=session)
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


def test_a_round_of_the_sweeper_looks_at_the_newest_and_its_first_one_at_all(achievement: Any) -> None:
    with_phone(**FATIMA)
    person = Person(**FATIMA, address_kind="phone", address=PHONE)
    make_credential(achievement, person, session="old", now=NOW)
    later = NOW + timedelta(days=30)
    assert "file certificates" not in sweep_once(now=later)
    assert not Entry.objects.exists()
    assert "file old certificates" not in sweep_once(now=later, wide=True)
    assert Entry.objects.count() == 1
    make_credential(achievement, person, session="new", now=later)
    sweep_once(now=later + timedelta(hours=1))
    assert Entry.objects.count() == 2


def corrected(old: Credential, **person: Any) -> Credential:
    """The certificate that replaces this one, not considered yet."""
    revocation.replace(
        credential=old,
        person=Person(**person),
        reason="corrected",
        by=None,
        idempotency_key=f"mend-{old.pk}",
        now=NOW,
    )
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)
    return Credential.objects.get(award__replaces=old)


def test_old_and_new_looked_at_together_go_into_one_passport(achievement: Any) -> None:
    learner = with_phone(**FATIMA)
    person = Person(**FATIMA, address_kind="phone", address=PHONE)
    old = make_credential(achievement, person)
    new = corrected(old, name_latin="Fatima Zohra El Idrissi")
    assert filing.consider(credential_ids=[new.pk, old.pk], now=NOW) == 2
    assert {e.how for e in Entry.objects.filter(learner=learner)} == {Entry.How.MATCH, Entry.How.SUCCESSION}


def test_saying_yes_to_the_old_one_brings_the_corrected_one_too(achievement: Any) -> None:
    mother = with_phone(name_latin="Khadija Tazi", name_arabic="")
    with_phone(name_latin="Omar Tazi", name_arabic="")
    old = issued(achievement, name_latin="Kadija Tazi", name_arabic="")
    new = corrected(old, name_latin="K. Tazi")
    filing.consider(credential_ids=[new.pk], now=NOW)
    assert not Entry.objects.exists()
    filing.confirm(proposal=mother.proposals.get(credential=old), now=NOW)
    assert set(mother.entries.values_list("credential_id", flat=True)) == {old.pk, new.pk}
    assert set(Filing.objects.values_list("outcome", flat=True)) == {Filing.Outcome.FILED}
    assert filing.open_proposals(learner=mother) == []


def test_a_certificate_without_an_address_is_nobodys_yet(achievement: Any) -> None:
    with_phone(**FATIMA)
    issued(achievement, address_kind="", address="")
    assert Filing.objects.get().outcome == Filing.Outcome.UNCLAIMED
    assert not Proposal.objects.exists()


def test_a_passport_number_without_the_name_is_a_question(achievement: Any) -> None:
    learner = make_learner(**FATIMA)
    issued(achievement, address_kind="passport", address=learner.passport_number, name_latin="Omar Tazi")
    assert not Entry.objects.exists()
    assert Proposal.objects.get().learner == learner


def test_ten_people_at_most_are_asked(achievement: Any) -> None:
    for number in range(12):
        with_phone(name_latin=f"Salma {'abcdefghijkl'[number]}mrani", name_arabic="")
    issued(achievement, name_latin="Hajar Tazi", name_arabic="")
    assert Proposal.objects.count() == filing.MAX_PROPOSALS


def test_what_she_said_no_to_is_not_hers_by_its_name_later(achievement: Any) -> None:
    learner = with_phone(name_latin="Hajar T", name_arabic="")
    credential = issued(achievement, name_latin="Hajar Tazi", name_arabic="")
    filing.decline(proposal=learner.proposals.get(), now=NOW)
    assert Filing.objects.get().outcome == Filing.Outcome.UNCLAIMED
    accounts.rename(learner=learner, name_latin="Hajar Tazi", name_arabic="", language="fr")
    accounts.prove(learner=learner, kind="phone", value=PHONE, now=NOW)
    filing.consider(credential_ids=[credential.pk], now=NOW)
    assert not Entry.objects.exists()
    assert filing.open_proposals(learner=learner) == []


def test_an_address_that_was_not_proved_files_nothing(achievement: Any) -> None:
    learner = make_learner(**FATIMA)
    learner.addresses.create(kind="phone", value=PHONE, added_at=NOW)
    issued(achievement)
    assert Filing.objects.get().outcome == Filing.Outcome.UNCLAIMED


def test_an_address_of_somebody_else_files_nothing(achievement: Any) -> None:
    learner = make_learner(**FATIMA)
    accounts.prove(learner=learner, kind="email", value="a@example.org", now=NOW)
    issued(achievement, address_kind="email", address="b@example.org")
    assert not Entry.objects.exists()


@pytest.mark.parametrize("count", [1, 450])
def test_a_roster_is_filed_in_few_queries(
    achievement: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    people = []
    for number in range(count):
        name, phone = f"Omar {_word(number)}", f"+2126850{number:05d}"
        learner = make_learner(name_latin=name, name_arabic="")
        learner.addresses.create(kind="phone", value=phone, added_at=NOW, verified_at=NOW)
        people.append(Person(name_latin=name, address_kind="phone", address=phone))
    make_credential(achievement, *people, kind=Batch.Kind.ROSTER)
    ids = list(Credential.objects.values_list("pk", flat=True))
    chunks = -(-count // filing.CHUNK)
    with django_assert_max_num_queries(13 * chunks):
        assert filing.consider(credential_ids=ids, now=NOW) == count
    assert Entry.objects.count() == count


def _word(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:04d}")


def test_trouble_with_filing_does_not_reach_whoever_issues(
    achievement: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with_phone(**FATIMA)
    credential = make_credential(achievement, Person(**FATIMA, address_kind="phone", address=PHONE))
    never: Any = None  # a moment that the database refuses
    results = credentials_issued.send_robust(sender=Credential, credential_ids=[credential.pk], now=never)
    assert not [answer for _, answer in results if isinstance(answer, Exception)]
    assert "filing after issue failed" in caplog.text
    assert "Fatima" not in caplog.text
    assert filing.consider_unfiled(now=NOW) == 1


def test_questions_come_twenty_at_a_time(achievement: Any) -> None:
    learner = with_phone(name_latin="Khadija Tazi", name_arabic="")
    for number in range(filing.MAX_QUESTIONS + 3):
        issued(achievement, name_latin="K Tazi", name_arabic="", session=str(number))
    assert len(filing.open_proposals(learner=learner)) == filing.MAX_QUESTIONS


@pytest.mark.django_db(transaction=True)
def test_two_processes_file_a_certificate_once(key_room: Any) -> None:
    achievement = make_achievement(make_issuer())
    with_phone(**FATIMA)
    person = Person(**FATIMA, address_kind="phone", address=PHONE)
    ids = [make_credential(achievement, person, session=str(number)).pk for number in range(6)]
    Entry.objects.all().delete()
    Filing.objects.all().delete()

    def considers(_number: int) -> None:
        try:
            filing.consider(credential_ids=ids, now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(considers, range(8)))
    assert Entry.objects.count() == len(ids)
    assert set(Filing.objects.values_list("outcome", flat=True)) == {Filing.Outcome.FILED}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_say_yes_at_once_one_gets_it(key_room: Any) -> None:
    achievement = make_achievement(make_issuer())
    family = [with_phone(name_latin=f"{name} Tazi", name_arabic="") for name in ("Khadija", "Omar")]
    make_credential(achievement, Person(name_latin="Hajar Tazi", address_kind="phone", address=PHONE))
    filing.consider_unfiled(now=NOW)

    def confirms(learner: Learner) -> bool:
        try:
            filing.confirm(proposal=learner.proposals.get(), now=NOW)
        except AlreadyDecided:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(max_workers=2) as pool:
        assert sorted(pool.map(confirms, family)) == [False, True]
    assert Entry.objects.count() == 1


def test_nobody_is_asked_about_a_certificate_that_was_revoked(achievement: Any) -> None:
    learner = with_phone(name_latin="Hajar T", name_arabic="")
    credential = issued(achievement, name_latin="Hajar Tazi", name_arabic="")
    assert len(filing.open_proposals(learner=learner)) == 1
    Credential.objects.filter(pk=credential.pk).update(status=Credential.Status.REVOKED)
    assert filing.open_proposals(learner=learner) == []
