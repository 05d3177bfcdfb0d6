"""The register: two persons for every permission, one for every stop, and old certificates that stay good."""

from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from issuers import registry
from issuers.errors import (
    AlreadyMember,
    AlreadyRegistered,
    BadEntry,
    IssuersError,
    IssuerSuspended,
    NotAllowed,
    OutsideMandate,
    SamePerson,
    WrongState,
)
from issuers.models import Issuer, Mandate, RegisterChange, Role
from tests.factories import (
    NOW,
    city_approver,
    city_officer,
    make_arrondissement,
    make_issuer,
    make_learner,
    make_member,
)

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
DAY = timedelta(days=1)


def propose(by: Any, **fields: Any) -> Issuer:
    details: dict[str, Any] = {
        "slug": "al-amal",
        "name_fr": "Bibliothèque Al Amal",
        "name_ar": "خزانة الأمل",
        "kind": "library",
    }
    details |= {"arrondissement": make_arrondissement()} | fields
    return registry.propose_issuer(**details, by=by, now=NOW)


def mandate_of(issuer: Issuer) -> Mandate:
    return issuer.mandates.get(theme="digital")


def plain_issuer(**fields: Any) -> Issuer:
    return make_issuer(with_keys=False, themes=["digital"], **fields)


# -- Four eyes ------------------------------------------------------------------------------------
def test_an_issuer_is_proposed_by_one_and_approved_by_another() -> None:
    issuer = propose(city_officer())
    assert issuer.state == "proposed"
    registry.approve_issuer(issuer=issuer, by=city_approver(), now=NOW)
    assert (issuer.state, issuer.approved_by, issuer.approved_at) == ("active", city_approver(), NOW)


def test_nobody_approves_what_she_proposed_even_with_both_roles() -> None:
    approver = city_approver()
    both = make_member(None, Role.OFFICER)
    make_member(None, Role.APPROVER, both)
    issuer = propose(both)
    with pytest.raises(SamePerson):
        registry.approve_issuer(issuer=issuer, by=both, now=NOW)
    registry.approve_issuer(issuer=issuer, by=approver, now=NOW)
    mandate = registry.propose_mandate(issuer=issuer, theme="digital", starts_on=TODAY, by=both, now=NOW)
    with pytest.raises(SamePerson):
        registry.approve_mandate(mandate=mandate, by=both, now=NOW)


@pytest.mark.parametrize("model", ["issuer", "mandate"])
def test_the_database_refuses_self_approval_through_the_orm(model: str) -> None:
    officer = city_officer()
    approval = {"proposed_by": officer, "proposed_at": NOW, "approved_by": officer, "approved_at": NOW}
    with pytest.raises(IntegrityError, match=f"{model}_approved_by_another"), transaction.atomic():
        if model == "issuer":
            Issuer.objects.create(
                slug="friend",
                name_fr="Ami",
                name_ar="صديق",
                kind="company",
                arrondissement=make_arrondissement(),
                state="active",
                **approval,
            )
        else:
            Mandate.objects.create(issuer=plain_issuer(), theme="health", starts_on=TODAY, **approval)


@pytest.mark.parametrize("table", ["issuers_issuer", "issuers_mandate"])
def test_the_database_refuses_self_approval_by_sql(table: str) -> None:
    plain_issuer()
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE {table} SET proposed_by_id = approved_by_id")  # noqa: S608  # a constant


def test_the_database_refuses_an_active_issuer_that_nobody_approved() -> None:
    issuer = propose(city_officer())
    with pytest.raises(IntegrityError), transaction.atomic():
        Issuer.objects.filter(pk=issuer.pk).update(state="active")


# -- Roles ----------------------------------------------------------------------------------------
ACTS: dict[str, Callable[[Any], Any]] = {
    "propose": propose,
    "approve": lambda by: registry.approve_issuer(issuer=_proposed(), by=by, now=NOW),
    "suspend": lambda by: registry.suspend_issuer(issuer=plain_issuer(), reason="x", by=by, now=NOW),
    "reinstate": lambda by: registry.reinstate_issuer(issuer=plain_issuer(state="suspended"), by=by, now=NOW),
    "close": lambda by: registry.close_issuer(issuer=plain_issuer(), reason="x", by=by, now=NOW),
    "propose mandate": lambda by: registry.propose_mandate(
        issuer=plain_issuer(), theme="health", starts_on=TODAY, by=by, now=NOW
    ),
    "approve mandate": lambda by: registry.approve_mandate(mandate=_proposed_mandate(), by=by, now=NOW),
    "suspend mandate": lambda by: registry.suspend_mandate(
        mandate=mandate_of(plain_issuer()), reason="x", by=by, now=NOW
    ),
    "reinstate mandate": lambda by: registry.reinstate_mandate(mandate=_suspended_mandate(), by=by, now=NOW),
}
ALLOWED = {
    "propose": {"officer"},
    "approve": {"approver"},
    "suspend": {"officer", "approver"},
    "reinstate": {"approver"},
    "close": {"approver"},
    "propose mandate": {"officer"},
    "approve mandate": {"approver"},
    "suspend mandate": {"officer", "approver"},
    "reinstate mandate": {"approver"},
}


def _proposed() -> Issuer:
    return propose(city_officer(), slug="proposed-one")


def _proposed_mandate() -> Mandate:
    return registry.propose_mandate(
        issuer=plain_issuer(), theme="health", starts_on=TODAY, by=city_officer(), now=NOW
    )


def _suspended_mandate() -> Mandate:
    mandate = mandate_of(plain_issuer())
    return registry.suspend_mandate(mandate=mandate, reason="x", by=city_officer(), now=NOW)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", ["officer", "approver", "auditor", "owner", "learner"])
def test_each_act_is_open_to_its_roles_alone(act: str, role: str) -> None:
    city_officer(), city_approver()
    if role == "owner":
        person = make_member(plain_issuer(), Role.OWNER)
    elif role == "learner":
        person = make_learner()
    else:
        person = make_member(None, role)
    if role in ALLOWED[act]:
        ACTS[act](person)
        change = RegisterChange.objects.filter(by=person).order_by("-id").first()
        assert change is not None
        assert change.at == NOW
    else:
        with pytest.raises(NotAllowed):
            ACTS[act](person)
        assert not RegisterChange.objects.filter(by=person).exists()


# -- States ---------------------------------------------------------------------------------------
def test_an_act_that_does_not_fit_the_state_is_refused() -> None:
    issuer, approver, officer = plain_issuer(), city_approver(), city_officer()
    with pytest.raises(WrongState):
        registry.approve_issuer(issuer=issuer, by=approver, now=NOW)
    with pytest.raises(WrongState):
        registry.reinstate_issuer(issuer=issuer, by=approver, now=NOW)
    registry.close_issuer(issuer=issuer, reason="Fin d’activité", by=approver, now=NOW)
    for verb in (registry.suspend_issuer, registry.close_issuer):
        with pytest.raises(WrongState):
            verb(issuer=issuer, reason="x", by=approver, now=NOW)
    with pytest.raises(WrongState):
        registry.reinstate_issuer(issuer=issuer, by=approver, now=NOW)
    with pytest.raises(WrongState):
        registry.propose_mandate(issuer=issuer, theme="health", starts_on=TODAY, by=officer, now=NOW)


def test_of_two_who_act_on_an_old_page_the_second_learns_of_it() -> None:
    issuer = plain_issuer()
    old_page = Issuer.objects.get(pk=issuer.pk)
    registry.suspend_issuer(issuer=issuer, reason="x", by=city_officer(), now=NOW)
    with pytest.raises(WrongState):
        registry.suspend_issuer(issuer=old_page, reason="x", by=city_approver(), now=NOW)


def test_a_mandate_is_approved_once_and_suspended_once() -> None:
    mandate, officer = mandate_of(plain_issuer()), city_officer()
    with pytest.raises(WrongState):
        registry.approve_mandate(mandate=mandate, by=city_approver(), now=NOW)
    with pytest.raises(WrongState):
        registry.reinstate_mandate(mandate=mandate, by=city_approver(), now=NOW)
    registry.suspend_mandate(mandate=mandate, reason="x", by=officer, now=NOW)
    with pytest.raises(WrongState):
        registry.suspend_mandate(mandate=mandate, reason="x", by=officer, now=NOW)


def test_a_proposed_mandate_cannot_be_suspended() -> None:
    with pytest.raises(WrongState):
        registry.suspend_mandate(mandate=_proposed_mandate(), reason="x", by=city_officer(), now=NOW)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_a_suspension_says_why(reason: str) -> None:
    with pytest.raises(BadEntry):
        registry.suspend_issuer(issuer=plain_issuer(), reason=reason, by=city_officer(), now=NOW)


@pytest.mark.parametrize(
    "fault",
    [
        {"name_fr": " "},
        {"name_ar": ""},
        {"kind": "bank"},
        {"slug": "Not A Slug"},
        {"slug": ""},
        {"email": "nobody"},
        {"name_fr": "x" * 161},
    ],
)
def test_an_incomplete_proposal_is_refused(fault: dict[str, str]) -> None:
    with pytest.raises(BadEntry):
        propose(city_officer(), **fault)


def test_a_short_name_is_given_once() -> None:
    propose(city_officer())
    with pytest.raises(AlreadyRegistered):
        propose(city_officer())


@pytest.mark.parametrize(
    "fault", [{"theme": "magic"}, {"ends_on": TODAY}, {"daily_cap": 0}, {"ends_on": TODAY - DAY}]
)
def test_a_mandate_that_contradicts_itself_is_refused(fault: dict[str, Any]) -> None:
    details: dict[str, Any] = {"theme": "health", "starts_on": TODAY} | fault
    with pytest.raises(BadEntry):
        registry.propose_mandate(issuer=plain_issuer(), **details, by=city_officer(), now=NOW)


def test_a_mandate_is_given_once_a_day() -> None:
    issuer = plain_issuer()
    with pytest.raises(AlreadyRegistered):
        registry.propose_mandate(
            issuer=issuer, theme="digital", starts_on=date(2025, 9, 1), by=city_officer(), now=NOW
        )


# -- What holds -----------------------------------------------------------------------------------
def require(issuer: Issuer, on: date = TODAY, theme: str = "digital") -> Mandate:
    return registry.require_mandate(issuer=issuer, theme=theme, on=on, now=NOW)


def refused(issuer: Issuer, **fields: Any) -> type[IssuersError]:
    with pytest.raises(IssuersError) as caught:
        require(issuer, **fields)
    return caught.type


def test_a_mandate_holds_from_its_first_day_and_not_on_its_end() -> None:
    issuer = plain_issuer()
    Mandate.objects.filter(issuer=issuer).update(ends_on=TODAY)
    assert require(issuer, on=date(2025, 9, 1)) == mandate_of(issuer)
    require(issuer, on=TODAY - DAY)
    assert refused(issuer, on=TODAY) is OutsideMandate
    assert refused(issuer, on=date(2025, 8, 31)) is OutsideMandate


def test_a_theme_that_was_not_given_is_outside_the_mandate() -> None:
    assert refused(plain_issuer(), theme="health") is OutsideMandate


def test_a_proposed_mandate_does_not_hold() -> None:
    mandate = _proposed_mandate()
    assert refused(mandate.issuer, theme="health") is OutsideMandate


def test_a_suspended_mandate_stops_new_awards_of_its_theme_alone() -> None:
    issuer = make_issuer(with_keys=False, themes=["digital", "languages"])
    mandate = mandate_of(issuer)
    registry.suspend_mandate(mandate=mandate, reason="Contrôle", by=city_officer(), now=NOW)
    assert refused(issuer) is IssuerSuspended
    require(issuer, theme="languages")
    registry.reinstate_mandate(mandate=mandate, by=city_approver(), now=NOW)
    require(issuer)


@pytest.mark.parametrize("state", ["proposed", "suspended", "closed"])
def test_an_issuer_that_is_not_active_awards_nothing(state: str) -> None:
    assert refused(plain_issuer(state=state)) is IssuerSuspended


def test_the_register_is_read_afresh() -> None:
    issuer = plain_issuer()
    stale = Issuer.objects.get(pk=issuer.pk)
    registry.suspend_issuer(issuer=issuer, reason="x", by=city_officer(), now=NOW)
    assert stale.state == "active"
    assert refused(stale) is IssuerSuspended


def was(issuer: Issuer, on: date) -> bool:
    return registry.was_accredited(issuer=issuer, theme="digital", on=on)


@pytest.mark.parametrize("what", ["issuer", "mandate"])
def test_a_suspension_voids_nothing_older(what: str) -> None:
    issuer, officer = plain_issuer(), city_officer()
    if what == "issuer":
        registry.suspend_issuer(issuer=issuer, reason="x", by=officer, now=NOW)
    else:
        registry.suspend_mandate(mandate=mandate_of(issuer), reason="x", by=officer, now=NOW)
    assert was(issuer, TODAY - DAY)
    assert was(issuer, TODAY)
    assert not was(issuer, TODAY + DAY)
    assert not was(issuer, date(2025, 8, 31))


def test_a_closed_issuer_was_accredited_until_it_was_suspended() -> None:
    issuer = plain_issuer(state="suspended")
    registry.close_issuer(issuer=issuer, reason="x", by=city_approver(), now=NOW + 5 * DAY)
    assert was(issuer, TODAY)
    assert not was(issuer, TODAY + 2 * DAY)


def test_an_unapproved_issuer_or_mandate_was_never_accredited() -> None:
    assert not was(plain_issuer(state="proposed"), TODAY)
    mandate = _proposed_mandate()
    assert not registry.was_accredited(issuer=mandate.issuer, theme="health", on=TODAY)


def test_periods_are_told_in_order_and_without_empty_ones() -> None:
    issuer = plain_issuer()
    for start in (date(2027, 9, 1), date(2024, 9, 1)):
        mandate = registry.propose_mandate(
            issuer=issuer,
            theme="digital",
            starts_on=start,
            ends_on=start + 30 * DAY,
            by=city_officer(),
            now=NOW,
        )
        registry.approve_mandate(mandate=mandate, by=city_approver(), now=NOW)
    registry.suspend_issuer(issuer=issuer, reason="x", by=city_officer(), now=NOW)
    assert registry.accredited_periods(issuer=issuer) == {
        "digital": [(date(2024, 9, 1), date(2024, 10, 1)), (date(2025, 9, 1), date(2026, 11, 25))]
    }


# -- News -----------------------------------------------------------------------------------------
def test_a_change_of_the_register_wakes_the_signer(
    key_room: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    issuer = plain_issuer()
    with django_capture_on_commit_callbacks() as callbacks:
        registry.suspend_issuer(issuer=issuer, reason="x", by=city_officer(), now=NOW)
    assert len(callbacks) == 1


def test_a_failed_registration_leaves_nothing_behind() -> None:
    with pytest.raises(BadEntry):
        registry.register(
            slug="al-amal",
            name_fr="Bibliothèque Al Amal",
            name_ar="خزانة الأمل",
            kind="library",
            arrondissement=make_arrondissement(),
            themes=["digital", "magic"],
            starts_on=TODAY,
            proposed_by=city_officer(),
            approved_by=city_approver(),
            now=NOW,
        )
    assert not Issuer.objects.exists()
    assert not RegisterChange.objects.exists()


# -- The operator's commands ----------------------------------------------------------------------
def register_issuer(**changes: str) -> str:
    said = StringIO()
    options = {
        "name_fr": "Bibliothèque Al Amal",
        "name_ar": "خزانة الأمل",
        "kind": "library",
        "arrondissement": make_arrondissement().code,
        "proposed_by": city_officer().passport_number,
        "approved_by": city_approver().passport_number,
    }
    themes = ["--theme", "digital", "--from", "2026-11-01"]
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in (options | changes).items()]
    call_command("register_issuer", "al-amal", *themes, *flags, stdout=said)
    return said.getvalue()


def test_an_operator_registers_an_issuer_for_two_persons() -> None:
    assert "al-amal is in the register" in register_issuer()
    issuer = Issuer.objects.get(slug="al-amal")
    assert (issuer.state, issuer.proposed_by) == ("active", city_officer())
    require(issuer, on=date(2026, 11, 1))


def test_an_operator_does_not_get_round_the_second_person() -> None:
    officer = city_officer()
    make_member(None, Role.APPROVER, officer)
    with pytest.raises(CommandError, match=str(SamePerson.message)):
        register_issuer(approved_by=officer.passport_number)
    assert not Issuer.objects.exists()


@pytest.mark.parametrize("name", ["arrondissement", "proposed_by"])
def test_an_operator_learns_which_name_is_unknown(name: str) -> None:
    with pytest.raises(CommandError, match="99"):
        register_issuer(**{name: "99"})


def test_an_operator_appoints_the_first_officer_and_it_is_on_record() -> None:
    person = make_learner()
    call_command("appoint", person.passport_number, "officer", stdout=StringIO())
    registry.require_city_role(person, "officer")
    assert RegisterChange.objects.get().by is None
    with pytest.raises(CommandError, match=str(AlreadyMember.message)):
        call_command("appoint", person.passport_number, "officer", stdout=StringIO())


def test_an_operator_appoints_an_issuers_owner() -> None:
    issuer, person = plain_issuer(slug="ennour"), make_learner()
    call_command("appoint", person.passport_number, "owner", "--issuer=ennour", stdout=StringIO())
    assert issuer.members.get().person == person
