"""Members and API clients: who may appoint whom, and secrets that are shown once."""

from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from issuers import staff
from issuers.access import ApiClientAuthentication
from issuers.errors import AlreadyMember, BadEntry, LastOwner, NotAllowed, WrongState
from issuers.models import ApiClient, Issuer, Membership, RegisterChange, Role
from tests.factories import NOW, city_approver, city_officer, make_issuer, make_learner, make_member

pytestmark = pytest.mark.django_db


def an_issuer() -> Issuer:
    return make_issuer(with_keys=False)


def add(issuer: Issuer | None, role: str, by: Any, person: Any = None) -> Membership:
    return staff.add_member(issuer=issuer, person=person or make_learner(), role=role, by=by, now=NOW)


# -- Members --------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["owner", "signer", "trainer", "clerk"])
def test_an_owner_names_her_members(role: str) -> None:
    issuer = an_issuer()
    owner, person = make_member(issuer, Role.OWNER), make_learner()
    membership = add(issuer, role, owner, person)
    assert (membership.person, membership.issuer, membership.since) == (person, issuer, NOW)
    change = RegisterChange.objects.get(event="member-added")
    assert (change.by, change.detail) == (owner, {"person": person.pk, "role": role})


@pytest.mark.parametrize("role", ["signer", "trainer", "clerk"])
def test_other_members_name_nobody(role: str) -> None:
    issuer = an_issuer()
    with pytest.raises(NotAllowed):
        add(issuer, "clerk", make_member(issuer, role))


def test_an_owner_names_nobody_elsewhere() -> None:
    with pytest.raises(NotAllowed):
        add(an_issuer(), "clerk", make_member(an_issuer(), Role.OWNER))


def test_a_city_officer_names_a_first_owner_and_no_other_role() -> None:
    issuer, officer = an_issuer(), city_officer()
    assert add(issuer, "owner", officer).role == "owner"
    with pytest.raises(NotAllowed):
        add(issuer, "signer", officer)


def test_a_city_officer_cannot_make_herself_an_owner() -> None:
    officer = city_officer()
    with pytest.raises(NotAllowed):
        add(an_issuer(), "owner", officer, officer)


def test_a_city_approver_names_the_citys_staff_but_not_herself() -> None:
    approver = city_approver()
    assert add(None, "officer", approver).issuer is None
    with pytest.raises(NotAllowed):
        add(None, "officer", approver, approver)
    with pytest.raises(NotAllowed):
        add(None, "auditor", city_officer())


@pytest.mark.parametrize(("role", "of_city"), [("officer", False), ("owner", True), ("king", False)])
def test_a_role_fits_its_house(role: str, of_city: bool) -> None:
    issuer = None if of_city else an_issuer()
    by = city_approver() if of_city else make_member(issuer, Role.OWNER)
    with pytest.raises(BadEntry):
        add(issuer, role, by)


def test_nobody_gets_a_role_twice() -> None:
    issuer = an_issuer()
    owner, person = make_member(issuer, Role.OWNER), make_learner()
    add(issuer, "trainer", owner, person)
    with pytest.raises(AlreadyMember):
        add(issuer, "trainer", owner, person)


def test_a_removed_member_is_gone_and_on_record() -> None:
    issuer = an_issuer()
    owner = make_member(issuer, Role.OWNER)
    membership = add(issuer, "trainer", owner)
    staff.remove_member(membership=membership, by=owner, now=NOW)
    assert not Membership.objects.filter(issuer=issuer, role="trainer").exists()
    assert RegisterChange.objects.filter(event="member-removed", by=owner).count() == 1


def test_a_membership_is_removed_once() -> None:
    issuer = an_issuer()
    owner = make_member(issuer, Role.OWNER)
    membership = add(issuer, "trainer", owner)
    same = Membership.objects.get(pk=membership.pk)
    staff.remove_member(membership=membership, by=owner, now=NOW)
    with pytest.raises(WrongState):
        staff.remove_member(membership=same, by=owner, now=NOW)


def test_the_last_owner_stays() -> None:
    issuer = an_issuer()
    owner = make_member(issuer, Role.OWNER)
    with pytest.raises(LastOwner):
        staff.remove_member(membership=owner.memberships.get(), by=owner, now=NOW)
    second = add(issuer, "owner", owner)
    staff.remove_member(membership=second, by=owner, now=NOW)


def test_a_trainer_removes_nobody() -> None:
    issuer = an_issuer()
    owner, trainer = make_member(issuer, Role.OWNER), make_member(issuer, Role.TRAINER)
    with pytest.raises(NotAllowed):
        staff.remove_member(membership=owner.memberships.get(), by=trainer, now=NOW)


# -- API clients ----------------------------------------------------------------------------------
def client_of(issuer: Issuer, owner: Any, **fields: Any) -> staff.NewApiClient:
    details = {"name": "Moodle", "scopes": ["issue", "read"]} | fields
    return staff.create_api_client(issuer=issuer, **details, by=owner, now=NOW)


def sign_in(token: str) -> Any:
    request = RequestFactory().get("/api/v1/achievements", headers={"Authorization": f"Bearer {token}"})
    return ApiClientAuthentication().authenticate(Request(request))


def test_a_client_signs_in_with_the_token_that_is_shown_once() -> None:
    issuer = an_issuer()
    new = client_of(issuer, make_member(issuer, Role.OWNER))
    result = sign_in(new.token)
    assert result is not None
    assert result[1] == new.client
    secret = new.token.partition(".")[2]
    assert secret not in repr(new)
    assert secret not in str(ApiClient.objects.values().get())
    assert secret not in str(list(RegisterChange.objects.values()))


def test_a_wrong_secret_or_client_is_refused_alike() -> None:
    issuer = an_issuer()
    new = client_of(issuer, make_member(issuer, Role.OWNER))
    for token in (f"{new.client.pk}.wrong", "nobody.wrong", new.client.pk, "."):
        with pytest.raises(AuthenticationFailed) as caught:
            sign_in(token)
        assert str(caught.value.detail) == "invalid-client"


def test_a_withdrawn_client_opens_nothing_any_more() -> None:
    issuer = an_issuer()
    owner = make_member(issuer, Role.OWNER)
    new = client_of(issuer, owner)
    staff.withdraw_api_client(client=new.client, by=owner, now=NOW)
    with pytest.raises(AuthenticationFailed):
        sign_in(new.token)
    with pytest.raises(WrongState):
        staff.withdraw_api_client(client=new.client, by=owner, now=NOW)


def test_only_an_owner_of_the_issuer_makes_and_withdraws_clients() -> None:
    issuer = an_issuer()
    new = client_of(issuer, make_member(issuer, Role.OWNER))
    for other in (make_member(issuer, Role.SIGNER), make_member(an_issuer(), Role.OWNER), city_officer()):
        with pytest.raises(NotAllowed):
            client_of(issuer, other)
        with pytest.raises(NotAllowed):
            staff.withdraw_api_client(client=new.client, by=other, now=NOW)


@pytest.mark.parametrize("fault", [{"name": " "}, {"name": "x" * 81}, {"scopes": []}, {"scopes": ["all"]}])
def test_a_client_needs_a_name_and_known_scopes(fault: dict[str, Any]) -> None:
    issuer = an_issuer()
    with pytest.raises(BadEntry):
        client_of(issuer, make_member(issuer, Role.OWNER), **fault)
