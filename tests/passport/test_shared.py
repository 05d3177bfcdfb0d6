"""Shared devices: five minutes without a request, and the server has forgotten; no name, no stored page."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from passport import accounts
from passport.models import Learner
from tests.factories import NOW, make_learner

pytestmark = pytest.mark.django_db


@pytest.fixture
def fatima() -> Learner:
    learner = make_learner()
    accounts.prove(learner=learner, kind="phone", value="+212683000001", now=NOW)
    return learner


@pytest.fixture
def marked(client: Client) -> Client:
    """A library's computer."""
    client.post(reverse("shared-device"), {"shared": "yes"})
    return client


def test_on_a_marked_device_five_minutes_are_all(marked: Client, fatima: Learner) -> None:
    marked.force_login(fatima)
    assert marked.get("/me/").status_code == 200
    row = Session.objects.get()
    left = row.expire_date - timezone.now()
    assert timedelta(minutes=4) < left <= timedelta(minutes=5)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert marked.get("/me/").status_code == 302
    assert marked.get(reverse("shared-stay")).status_code == 403


def test_each_request_gives_five_more(marked: Client, fatima: Learner) -> None:
    marked.force_login(fatima)
    marked.get("/me/")
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=20))
    assert marked.get(reverse("shared-stay")).status_code == 204
    assert Session.objects.get().expire_date > timezone.now() + timedelta(minutes=4)


def test_an_unmarked_device_remembers(client: Client, fatima: Learner) -> None:
    client.force_login(fatima)
    page = client.get("/me/").content.decode()
    assert Session.objects.get().expire_date > timezone.now() + timedelta(hours=11)
    assert "forgetting.js" not in page


def test_the_page_warns_and_leaves_with_scripts_and_without(marked: Client, fatima: Learner) -> None:
    marked.force_login(fatima)
    page = marked.get("/me/").content.decode()
    assert "forgetting.js" in page
    assert f'content="301;url={reverse("forgotten")}"' in page


def test_the_tick_at_the_door_counts_for_this_session(client: Client, fatima: Learner) -> None:
    client.post(reverse("account_login"), {"address": "0683000001", "shared": "on"})
    page = client.get(reverse("account_login")).content.decode()
    assert "683000001" not in page
    client.force_login(fatima)
    client.get("/me/")
    assert client.session.get_expiry_age() == 300


def test_the_mark_is_taken_off_again(marked: Client) -> None:
    assert "checked" in marked.get(reverse("account_login")).content.decode()
    marked.post(reverse("shared-device"), {"shared": "no"})
    assert "checked" not in marked.get(reverse("account_login")).content.decode()


def test_the_end_is_a_page_without_a_name_and_browsers_throw_away_what_they_kept(
    marked: Client, fatima: Learner
) -> None:
    marked.force_login(fatima)
    answer = marked.post(reverse("account_logout"))
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    marked.cookies["lang"] = "ar"
    answer = marked.get(reverse("forgotten"))
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert 'lang="ar"' in answer.content.decode()
    assert "Idrissi" not in answer.content.decode()


def test_what_is_everybodys_stays_everybodys_for_caches(marked: Client) -> None:
    assert "Cookie" not in marked.get(reverse("city-did")).headers.get("Vary", "")
