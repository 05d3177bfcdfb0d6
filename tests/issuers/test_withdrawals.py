"""A key is withdrawn by two people, or by one who waited; the database holds who stands for it."""

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from issuers import keys, publications, withdrawals
from issuers.errors import BadEntry, NotAllowed, NotFound, SamePerson, TooEarly, WrongState
from issuers.models import Issuer, KeyWithdrawal, RegisterChange, Role, SigningKey
from passport.models import Learner
from tests.factories import NOW, city_approver, city_officer, make_issuer, make_learner, make_member

pytestmark = pytest.mark.django_db
QUARTER = timedelta(minutes=15)
WHY = "La clé a été vue sur une autre machine"


@pytest.fixture
def issuer(key_room: Path) -> Issuer:
    return make_issuer()


@pytest.fixture
def key(issuer: Issuer) -> SigningKey:
    return SigningKey.objects.get(issuer=issuer, algorithm="ES256")


def proposed(key: SigningKey, by: Learner | None = None) -> KeyWithdrawal:
    return withdrawals.propose(key=key, reason=WHY, by=by or city_officer(), now=NOW)


def state_of(key: SigningKey) -> str:
    return SigningKey.objects.get(pk=key.pk).state


def number(person: Learner) -> str:
    return person.passport_number


# -- Proposing ------------------------------------------------------------------------------------
def test_a_proposal_changes_nothing_but_the_record(key: SigningKey) -> None:
    officer = city_officer()
    made = withdrawals.propose(key=key, reason=f"  {WHY}\n ", by=officer, now=NOW)
    assert (made.reason, made.proposed_by, made.proposed_at) == (WHY, officer, NOW)
    assert made.alone_from == NOW + QUARTER
    assert state_of(key) == "active"
    change = RegisterChange.objects.get(event="key-withdrawal-proposed")
    assert (change.by, change.issuer) == (officer, key.issuer)
    assert change.detail == {"kid": key.thumbprint, "reason": WHY}
    assert withdrawals.waiting_for_a_second() == [made]


@pytest.mark.parametrize("role", [Role.AUDITOR, None])
def test_whoever_has_no_right_proposes_nothing(key: SigningKey, role: str | None) -> None:
    person = make_member(None, role) if role else make_learner()
    with pytest.raises(NotAllowed):
        proposed(key, person)
    with pytest.raises(NotAllowed):
        proposed(key, make_member(key.issuer, Role.OWNER))


@pytest.mark.parametrize("reason", ["", " \n", "x" * 301])
def test_a_withdrawal_has_its_reason(key: SigningKey, reason: str) -> None:
    with pytest.raises(BadEntry):
        withdrawals.propose(key=key, reason=reason, by=city_officer(), now=NOW)


def test_a_key_is_proposed_once_and_again_only_when_that_was_declined(key: SigningKey) -> None:
    first = proposed(key)
    with pytest.raises(WrongState):
        proposed(key, city_approver())
    withdrawals.decline(withdrawal=first, by=city_officer(), now=NOW)
    assert proposed(key).pk != first.pk


def test_what_is_withdrawn_already_is_not_proposed(key: SigningKey) -> None:
    keys.mark_compromised(key=key, by=None, now=NOW)
    with pytest.raises(WrongState):
        proposed(key)


# -- Confirming -----------------------------------------------------------------------------------
def test_another_person_confirms_and_the_key_counts_for_nothing(issuer: Issuer, key: SigningKey) -> None:
    made, approver = proposed(key), city_approver()
    later = NOW + timedelta(minutes=2)
    withdrawals.confirm(withdrawal=made, by=approver, now=later)
    key.refresh_from_db()
    assert (key.state, key.sealed, key.compromised_at) == ("compromised", None, later)
    assert (made.confirmed_by, made.confirmed_at, made.alone) == (approver, later, False)
    assert withdrawals.waiting_for_a_second() == []
    change = RegisterChange.objects.get(event="key-compromised")
    assert change.by == approver
    assert (change.detail["reason"], "alone" in change.detail) == (WHY, False)
    document = publications.issuer_did_document(issuer=issuer)
    assert not any(name.endswith(key.thumbprint) for name in document["assertionMethod"])
    [method] = [m for m in document["verificationMethod"] if m["id"].endswith(key.thumbprint)]
    assert method["revoked"] == "2026-11-24T10:02:00Z"


def test_nobody_confirms_what_she_proposed(key: SigningKey) -> None:
    both = make_member(None, Role.APPROVER, city_officer())
    made = proposed(key, both)
    with pytest.raises(SamePerson):
        withdrawals.confirm(withdrawal=made, by=both, now=NOW)
    assert state_of(key) == "active"


def test_an_officer_confirms_nothing(key: SigningKey) -> None:
    made = proposed(key)
    for person in (make_member(None, Role.OFFICER), make_member(None, Role.AUDITOR), make_learner()):
        with pytest.raises(NotAllowed):
            withdrawals.confirm(withdrawal=made, by=person, now=NOW)
    assert state_of(key) == "active"


def test_a_withdrawal_ends_once(key: SigningKey) -> None:
    made = proposed(key)
    stale = KeyWithdrawal.objects.get(pk=made.pk)
    withdrawals.confirm(withdrawal=made, by=city_approver(), now=NOW)
    for verb in (withdrawals.confirm, withdrawals.decline):
        with pytest.raises(WrongState):
            verb(withdrawal=stale, by=city_approver(), now=NOW)
    with pytest.raises(WrongState):
        withdrawals.confirm_alone(withdrawal=stale, by=city_officer(), now=NOW + QUARTER)


def test_a_key_that_was_withdrawn_by_another_way_leaves_the_proposal_open(key: SigningKey) -> None:
    made = proposed(key)
    keys.mark_compromised(key=key, by=None, now=NOW)
    with pytest.raises(WrongState):
        withdrawals.confirm(withdrawal=made, by=city_approver(), now=NOW)
    made.refresh_from_db()
    assert made.confirmed_at is None


# -- Alone ----------------------------------------------------------------------------------------
def test_whoever_waited_a_quarter_of_an_hour_acts_alone_and_the_record_says_so(key: SigningKey) -> None:
    officer = city_officer()
    made = proposed(key, officer)
    with pytest.raises(TooEarly):
        withdrawals.confirm_alone(withdrawal=made, by=officer, now=NOW + QUARTER - timedelta(seconds=1))
    assert state_of(key) == "active"
    withdrawals.confirm_alone(withdrawal=made, by=officer, now=NOW + QUARTER)
    assert state_of(key) == "compromised"
    assert (made.alone, made.confirmed_by, made.confirmed_at) == (True, None, NOW + QUARTER)
    assert RegisterChange.objects.get(event="key-compromised").detail["alone"] is True


def test_nobody_else_acts_alone_on_it(key: SigningKey) -> None:
    made = proposed(key)
    with pytest.raises(NotAllowed):
        withdrawals.confirm_alone(withdrawal=made, by=make_member(None, Role.OFFICER), now=NOW + QUARTER)


def test_whoever_lost_her_role_meanwhile_does_not_act_alone(key: SigningKey) -> None:
    officer = make_member(None, Role.OFFICER)
    made = proposed(key, officer)
    officer.memberships.all().delete()
    with pytest.raises(NotAllowed):
        withdrawals.confirm_alone(withdrawal=made, by=officer, now=NOW + QUARTER)


# -- Declining ------------------------------------------------------------------------------------
def test_a_proposal_is_dropped_by_its_author_or_an_approver(key: SigningKey) -> None:
    officer, stranger = city_officer(), make_member(None, Role.OFFICER)
    for person in (officer, city_approver()):
        made = proposed(key, officer)
        with pytest.raises(NotAllowed):
            withdrawals.decline(withdrawal=made, by=stranger, now=NOW)
        withdrawals.decline(withdrawal=made, by=person, now=NOW)
        assert (made.declined_by, made.declined_at) == (person, NOW)
    assert state_of(key) == "active"
    assert RegisterChange.objects.filter(event="key-withdrawal-declined").count() == 2


# -- What the database holds by itself ------------------------------------------------------------
@pytest.mark.parametrize(
    "fields",
    [
        {"confirmed_by": "officer", "confirmed_at": NOW},
        {"confirmed_by": "approver"},
        {"confirmed_at": NOW},
        {"confirmed_at": NOW + QUARTER, "confirmed_by": "approver", "alone": True},
        {"confirmed_at": NOW + QUARTER - timedelta(seconds=1), "alone": True},
        {"alone": True},
        {"alone_from": NOW},
        {"declined_by": "approver"},
        {"declined_at": NOW},
        {"declined_at": NOW, "declined_by": "approver", "confirmed_at": NOW, "confirmed_by": "approver"},
    ],
)
def test_the_database_refuses(key: SigningKey, fields: dict[str, Any]) -> None:
    made = proposed(key)
    people = {"officer": city_officer(), "approver": city_approver()}
    told = {
        name: people.get(value, value) if isinstance(value, str) else value for name, value in fields.items()
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        KeyWithdrawal.objects.filter(pk=made.pk).update(**told)


def test_the_database_refuses_a_second_withdrawal(key: SigningKey) -> None:
    made = proposed(key)
    made.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save(force_insert=True)


# -- By name --------------------------------------------------------------------------------------
def test_a_key_is_found_by_each_of_its_names(issuer: Issuer, key: SigningKey) -> None:
    kid = keys.signer(issuer=issuer, now=NOW).kid
    for name in (key.thumbprint, key.kid8, kid):
        assert withdrawals.key_named(name=name) == key
    with pytest.raises(NotFound):
        withdrawals.key_named(name="nothing")


def test_a_short_name_that_two_keys_share_names_neither(key: SigningKey) -> None:
    SigningKey.objects.exclude(pk=key.pk).update(kid8=key.kid8)
    with pytest.raises(BadEntry):
        withdrawals.key_named(name=key.kid8)
    assert withdrawals.key_named(name=key.thumbprint) == key


# -- The command ----------------------------------------------------------------------------------
def revoke(*arguments: str) -> str:
    out = StringIO()
    call_command("revoke_key", *arguments, stdout=out)
    return out.getvalue()


def test_two_people_withdraw_a_key_in_one_command(key: SigningKey) -> None:
    officer, approver = city_officer(), city_approver()
    names = ["--by", number(officer), "--seconded-by", number(approver), "--reason", WHY]
    assert "is withdrawn" in revoke(key.kid8, *names)
    made = KeyWithdrawal.objects.get()
    assert (made.proposed_by, made.confirmed_by, state_of(key)) == (officer, approver, "compromised")


def test_one_person_and_then_another(key: SigningKey) -> None:
    officer, approver = city_officer(), city_approver()
    said = revoke(key.kid8, "--by", number(officer), "--reason", WHY)
    assert said.startswith("Proposed.")
    assert state_of(key) == "active"
    with pytest.raises(CommandError):
        revoke(key.kid8, "--by", number(officer), "--reason", WHY)
    revoke(key.kid8, "--by", number(officer), "--seconded-by", number(approver))
    assert state_of(key) == "compromised"


def test_the_one_who_proposed_may_be_named_second(key: SigningKey) -> None:
    first, second = make_member(None, Role.APPROVER), make_member(None, Role.APPROVER)
    proposed(key, first)
    revoke(key.kid8, "--by", number(second), "--seconded-by", number(first))
    made = KeyWithdrawal.objects.get()
    assert (made.proposed_by, made.confirmed_by) == (first, second)


def test_one_person_alone_after_a_quarter_of_an_hour(key: SigningKey) -> None:
    officer = city_officer()
    with pytest.raises(CommandError):
        revoke(key.kid8, "--by", number(officer), "--alone")
    revoke(key.kid8, "--by", number(officer), "--reason", WHY)
    with pytest.raises(CommandError):
        revoke(key.kid8, "--by", number(officer), "--alone")
    assert state_of(key) == "active"
    made = KeyWithdrawal.objects.get()
    long_ago: datetime = made.proposed_at - 2 * QUARTER
    KeyWithdrawal.objects.update(proposed_at=long_ago, alone_from=long_ago + QUARTER)
    revoke(key.kid8, "--by", number(officer), "--alone")
    assert state_of(key) == "compromised"


def test_the_same_person_twice_withdraws_nothing_and_proposes_nothing(key: SigningKey) -> None:
    both = make_member(None, Role.APPROVER, city_officer())
    with pytest.raises(CommandError):
        revoke(key.kid8, "--by", number(both), "--seconded-by", number(both), "--reason", WHY)
    assert state_of(key) == "active"
    assert not KeyWithdrawal.objects.exists()
