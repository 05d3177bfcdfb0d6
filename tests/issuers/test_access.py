"""Who may come in, piece by piece: roles, sessions half open, callers without a client or a token."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from issuers import access, staff
from issuers.models import ApiClient
from tests.factories import make_issuer, make_learner, make_member, sign_in

pytestmark = pytest.mark.django_db


def session_of(learner: Any, **rest: Any) -> HttpRequest:
    """A request in a session of this person."""
    client = Client()
    sign_in(client, learner, **rest)
    request = RequestFactory().get("/")
    request.session, request.user = client.session, learner
    return request


def test_a_second_factor_counts_once_given_and_as_fresh_only_lately() -> None:
    learner = make_learner()
    assert not access.has_second_factor(session_of(learner, second_factor=False))
    request = session_of(learner)
    assert access.has_second_factor(request)
    assert access.has_second_factor(request, within=timedelta(minutes=1))
    for record in request.session["account_authentication_methods"]:
        record["at"] -= 61
    assert access.has_second_factor(request)
    assert not access.has_second_factor(request, within=timedelta(minutes=1))


def test_providers_are_those_of_the_roles_that_opened_the_door_each_once() -> None:
    issuer = make_issuer(with_keys=False)
    person = make_member(issuer, "trainer")
    make_member(issuer, "signer", person)
    make_member(None, "auditor", person)
    request = RequestFactory().get("/")
    assert access.issuers_of(request) == []
    request.memberships = list(person.memberships.select_related("issuer"))  # type: ignore[attr-defined]
    assert access.issuers_of(request) == [issuer]


def test_a_room_opens_to_a_role_with_a_second_factor_alone(client: Client) -> None:
    sign_in(client, make_learner())
    assert client.get("/teach/").status_code == client.get("/city/").status_code == 403
    trainer = make_member(make_issuer(with_keys=False), "trainer")
    sign_in(client, trainer, second_factor=False)
    assert client.get("/teach/").headers["Location"] == "/accounts/second-factor/"
    sign_in(client, trainer)
    assert client.get("/teach/").status_code == 200


def test_without_a_token_in_the_settings_there_is_no_door_for_gateways(client: Client, settings: Any) -> None:
    settings.RECEIPTS_TOKEN = ""
    answer = client.post("/api/v1/messages/x/receipt", headers={"authorization": "Bearer "})
    assert answer.status_code == 404


def test_nobody_is_taken_for_a_program() -> None:
    with pytest.raises(AuthenticationFailed):
        access.client_of(Request(RequestFactory().get("/")))


def test_a_programs_last_use_is_noted_once_a_day() -> None:
    issuer = make_issuer(with_keys=False)
    owner = make_member(issuer, "owner")
    made = staff.create_api_client(issuer=issuer, name="x", scopes=["read"], by=owner, now=timezone.now())
    client = Client(headers={"authorization": f"Bearer {made.token}"})
    client.get("/api/v1/achievements")
    first = ApiClient.objects.get(pk=made.client.pk).last_used_at
    assert first
    client.get("/api/v1/achievements")
    assert ApiClient.objects.get(pk=made.client.pk).last_used_at == first


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer a b", "Basic right", "Bearer wrong", "Bearer é"])
def test_a_token_is_shown_whole_or_not_at_all(shown: str) -> None:
    request = RequestFactory().get("/", HTTP_AUTHORIZATION=shown)
    assert not access.shows(request, "right")
    assert not access.shows(request, "")
    assert access.shows(RequestFactory().get("/", HTTP_AUTHORIZATION="bearer right"), "right")


def test_whom_programs_and_gateways_pass_for() -> None:
    client = ApiClient(pk="x")
    for user in (access.ClientUser(client), access.Gateway()):
        assert (user.is_authenticated, user.is_anonymous) == (True, False)


@pytest.mark.parametrize("shown", [{}, {"authorization": "Basic dXNlcjpwYXNz"}])
def test_whoever_shows_no_token_is_asked_for_one(shown: dict[str, str]) -> None:
    answer = Client(headers=shown).get("/api/v1/achievements")
    assert (answer.status_code, answer["WWW-Authenticate"].split()[0]) == (401, "Bearer")
