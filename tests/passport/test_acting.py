"""Acting for somebody: a clerk opens a passport, its learner reads each act, some pages stay hers alone."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issuers.models import Membership
from passport import acting, looks
from passport.models import Learner, Look
from tests.factories import make_issuer, make_learner, make_member, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Learner:
    return make_member(make_issuer(with_keys=False), "clerk")


def opened(client: Client, clerk: Learner, learner: Learner, **kept: Any) -> None:
    """A session in which this passport is open; ``kept`` stands in it instead of what the opening left."""
    request = HttpRequest()
    request.session, request.user = client.session, clerk
    house = Membership.objects.get(person=clerk, role="clerk").issuer
    acting.begin(request, learner=learner, role="clerk", house=house, now=timezone.now())
    request.session["acting"] |= kept
    request.session.save()


def test_a_clerk_sees_the_learners_timeline_and_whose_it_is(client: Client, clerk: Learner) -> None:
    learner = make_learner(name_latin="Zineb Berrada")
    sign_in(client, clerk)
    opened(client, clerk, learner)
    page = client.get(reverse("me")).content.decode()
    assert "Zineb Berrada" in page
    assert reverse("me-acting-stop") in page
    assert reverse("me-settings") not in page


def test_what_is_hers_alone_stays_closed(client: Client, clerk: Learner) -> None:
    sign_in(client, clerk)
    opened(client, clerk, make_learner())
    assert client.get(reverse("me-settings")).status_code == 403


def test_each_act_is_a_line_that_the_learner_reads(client: Client, clerk: Learner) -> None:
    learner = make_learner()
    sign_in(client, clerk)
    opened(client, clerk, learner)
    client.post(reverse("me-hide", args=["nothing"]))
    line = looks.of(learner=learner)[0]
    assert (line.act, line.by, line.what, line.about) == (Look.Act.DESK_ACTED, clerk, "me-hide", "nothing")


@pytest.mark.parametrize("kept", [{"until": "2020-01-01T00:00:00+00:00"}, {"role": "mayor"}, {"house": None}])
def test_without_time_role_or_desk_it_is_closed(client: Client, clerk: Learner, kept: dict[str, Any]) -> None:
    learner = make_learner(name_latin="Zineb Berrada")
    sign_in(client, clerk)
    opened(client, clerk, learner, **kept)
    assert "Zineb Berrada" not in client.get(reverse("me")).content.decode()
    assert "acting" not in client.session


def test_who_is_no_clerk_any_more_is_herself_again(client: Client, clerk: Learner) -> None:
    learner = make_learner(name_latin="Zineb Berrada")
    sign_in(client, clerk)
    opened(client, clerk, learner)
    Membership.objects.filter(person=clerk).delete()
    assert "Zineb Berrada" not in client.get(reverse("me")).content.decode()


def test_it_is_closed_with_one_button(client: Client, clerk: Learner) -> None:
    sign_in(client, clerk)
    opened(client, clerk, make_learner())
    client.post(reverse("me-acting-stop"))
    assert client.get(reverse("me-settings")).status_code == 200


def test_every_role_has_words_for_what_it_does() -> None:
    for right in acting.RIGHTS.values():
        assert str(right.opened.label) != str(right.acted.label)


def test_opening_it_is_the_first_line_that_she_reads_and_needs_the_right_to(
    client: Client, clerk: Learner
) -> None:
    learner = make_learner()
    sign_in(client, clerk)
    opened(client, clerk, learner)
    assert [line.act for line in looks.of(learner=learner)] == [Look.Act.DESK_OPENED]
    Membership.objects.filter(person=clerk).update(role="trainer")
    request = HttpRequest()
    request.session, request.user = client.session, clerk
    house = Membership.objects.get(person=clerk).issuer
    with pytest.raises(PermissionDenied):
        acting.begin(request, learner=learner, role="clerk", house=house, now=timezone.now())
