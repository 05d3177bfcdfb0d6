"""The learner's room: hers alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from credentials import revocation
from credentials.models import Achievement, Credential
from credentials.people import Person
from passport import accounts, filing
from passport.models import Entry, Learner, Proposal
from tests.factories import (
    NOW,
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


@pytest.fixture
def fatima(key_room: Any) -> Learner:
    learner = make_learner()
    accounts.prove(learner=learner, kind="phone", value="+212683000001", now=NOW)
    person = Person(
        name_latin=learner.name_latin,
        name_arabic=learner.name_arabic,
        address_kind="phone",
        address="+212683000001",
    )
    make_credential(make_achievement(make_issuer()), person)
    filing.consider_unfiled(now=NOW)
    return learner


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_she_sees_her_timeline(client: Client, fatima: Learner, language: str) -> None:
    client.force_login(fatima)
    client.cookies["lang"] = language
    page = client.get("/me/").content.decode()
    assert "Premiers pas avec le smartphone" in page or "الخطوات الأولى في استعمال الهاتف الذكي" in page
    assert "فاطمة الزهراء الإدريسي" in page


def test_she_opens_one_and_takes_it_away(client: Client, fatima: Learner) -> None:
    client.force_login(fatima)
    credential = Entry.objects.get().credential
    page = client.get(reverse("me-entry", args=[credential.pk]))
    assert page.status_code == 200
    assert "<svg" in page.content.decode()
    assert client.get(reverse("me-jwt", args=[credential.pk])).content.decode() == credential.jwt
    pdf = client.get(reverse("me-pdf", args=[credential.pk]))
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    assert pdf["Cache-Control"] == "no-store"


def test_somebody_elses_certificate_and_none_at_all_look_the_same(client: Client, fatima: Learner) -> None:
    charlie = make_learner(name_latin="Mehdi Sebti", name_arabic="")
    client.force_login(charlie)
    for name in ("me-entry", "me-jwt", "me-pdf"):
        foreign = client.get(reverse(name, args=[Entry.objects.get().credential_id]))
        unknown = client.get(reverse(name, args=["x" * 22]))
        assert foreign.status_code == unknown.status_code == 404
    assert client.post(reverse("me-hide", args=[Entry.objects.get().credential_id])).status_code == 404


def test_private_closes_the_files_to_others_and_not_to_her(client: Client, fatima: Learner) -> None:
    credential = Entry.objects.get().credential
    anonymous = Client()
    assert anonymous.get(reverse("credential-jwt", args=[credential.pk])).status_code == 200
    client.force_login(fatima)
    client.post(reverse("me-entry", args=[credential.pk]), {"visibility": "private"})
    assert Credential.objects.get().visibility == Credential.Visibility.PRIVATE
    assert anonymous.get(reverse("credential-jwt", args=[credential.pk])).status_code == 404
    assert anonymous.get(reverse("credential-pdf", args=[credential.pk])).status_code == 404
    page = anonymous.get(reverse("credential", args=[credential.pk])).content.decode()
    assert fatima.name_latin not in page
    assert client.get(reverse("me-pdf", args=[credential.pk])).status_code == 200


def test_a_hidden_certificate_leaves_the_timeline_and_can_come_back(client: Client, fatima: Learner) -> None:
    client.force_login(fatima)
    credential = Entry.objects.get().credential
    client.post(reverse("me-hide", args=[credential.pk]))
    assert credential.pk not in client.get("/me/").content.decode()
    assert credential.pk in client.get("/me/settings").content.decode()
    client.post(reverse("me-hide", args=[credential.pk]))
    assert credential.pk in client.get("/me/").content.decode()


def test_without_signing_in_the_room_is_closed(client: Client) -> None:
    for path in ("/me/", "/me/settings", "/me/c/abc"):
        assert client.get(path)["Location"].startswith(reverse("account_login"))


def test_a_name_that_is_none_is_told_and_kept_on_the_page(client: Client, fatima: Learner) -> None:
    client.force_login(fatima)
    page = client.post("/me/settings", {"name_latin": "R2D2", "name_arabic": "", "language": "fr"})
    assert page.context["name_form"].errors["name_latin"]
    assert "R2D2" in page.content.decode()


def another(learner: Learner, achievement: Achievement, **rest: Any) -> Credential:
    """One more certificate in her passport."""
    person = Person(name_latin=learner.name_latin, address_kind="phone", address="+212683000001")
    credential = make_credential(achievement, person, **rest)
    filing.consider(credential_ids=[credential.pk], now=NOW)
    return credential


@pytest.fixture
def question(fatima: Learner) -> Proposal:
    """A certificate to her phone, in another name."""
    person = Person(name_latin="F. Idrissi", address_kind="phone", address="+212683000001")
    make_credential(Achievement.objects.get(), person)
    filing.consider_unfiled(now=NOW)
    return Proposal.objects.get()


def test_a_colleague_of_the_provider_and_a_stranger_see_nothing_of_hers(
    client: Client, question: Proposal
) -> None:
    credential = Entry.objects.get().credential
    issuer = credential.issuer
    for person in (make_member(issuer, "trainer"), make_member(issuer, "owner"), make_learner()):
        sign_in(client, person)
        for name in ("me-entry", "me-jwt", "me-pdf"):
            assert client.get(reverse(name, args=[credential.pk])).status_code == 404
        private = client.post(reverse("me-entry", args=[credential.pk]), {"visibility": "private"})
        answered = client.post(reverse("me-proposal", args=[question.pk]), {"answer": "mine"})
        assert private.status_code == answered.status_code == 404
        page = client.get("/me/").content.decode()
        assert credential.pk not in page
        assert "F. Idrissi" not in page
    assert Credential.objects.filter(visibility="link").count() == 2
    assert Entry.objects.count() == 1


def test_a_question_stands_on_top_and_yes_brings_it_in(client: Client, question: Proposal) -> None:
    client.force_login(question.learner)
    page = client.get("/me/").content.decode()
    assert page.index("F. Idrissi") < page.index('class="life"')
    client.post(reverse("me-proposal", args=[question.pk]), {"answer": "mine"})
    assert question.credential_id in client.get("/me/").content.decode()
    again = client.post(reverse("me-proposal", args=[question.pk]), {"answer": "not-mine"})
    assert again.status_code == 409


def test_no_takes_the_question_away(client: Client, question: Proposal) -> None:
    client.force_login(question.learner)
    client.post(reverse("me-proposal", args=[question.pk]), {"answer": "not-mine"})
    assert "F. Idrissi" not in client.get("/me/").content.decode()
    assert Entry.objects.count() == 1


@pytest.mark.parametrize("said", [{}, {"answer": ""}, {"answer": "perhaps"}])
def test_neither_yes_nor_no_leaves_the_question_open(
    client: Client, question: Proposal, said: dict[str, str]
) -> None:
    client.force_login(question.learner)
    client.post(reverse("me-proposal", args=[question.pk]), said)
    question.refresh_from_db()
    assert question.answer == Proposal.Answer.OPEN


@pytest.mark.parametrize("said", ["public", "", "everybody"])
def test_a_visibility_that_there_is_not_changes_nothing(client: Client, fatima: Learner, said: str) -> None:
    client.force_login(fatima)
    credential = Entry.objects.get().credential
    page = client.post(reverse("me-entry", args=[credential.pk]), {"visibility": said})
    assert page.context["form"].errors["visibility"]
    assert Credential.objects.get().visibility == Credential.Visibility.LINK


@pytest.mark.parametrize(
    ("act", "reason", "shape", "word"),
    [
        ("revoke", "fraud", "tag off", "revoked"),
        ("suspend", "under-review", "tag age", "suspended"),
    ],
)
def test_a_status_is_told_by_shape_and_word(
    client: Client, fatima: Learner, act: str, reason: str, shape: str, word: str
) -> None:
    credential = Entry.objects.get().credential
    getattr(revocation, act)(credential=credential, reason=reason, by=None, now=NOW)
    client.force_login(fatima)
    client.cookies["lang"] = "en"
    for path in ("/me/", reverse("me-entry", args=[credential.pk])):
        page = client.get(path).content.decode()
        tag = page[page.index(f'class="{shape}"') :]
        assert tag.index("<svg") < tag.index(word)
    assert client.get("/me/").context["home"].figures.certificates == 0


def test_an_expired_certificate_is_told(client: Client, fatima: Learner) -> None:
    Credential.objects.update(valid_until=NOW - timedelta(days=400))
    client.force_login(fatima)
    client.cookies["lang"] = "en"
    assert "expired" in client.get("/me/").content.decode()


def test_the_page_gives_the_link_the_code_and_both_titles(client: Client, fatima: Learner) -> None:
    client.force_login(fatima)
    credential = Entry.objects.get().credential
    page = client.get(reverse("me-entry", args=[credential.pk])).content.decode()
    assert f"http://localhost:8000/c/{credential.pk}" in page
    assert credential.short_code[:4] in page
    assert credential.achievement.title_fr in page
    assert credential.achievement.title_ar in page


def test_an_empty_passport_says_how_it_fills(client: Client) -> None:
    client.force_login(make_learner())
    assert 'class="empty"' in client.get("/me/").content.decode()


def test_a_passport_with_everything_hidden_says_so(client: Client, fatima: Learner) -> None:
    client.force_login(fatima)
    client.post(reverse("me-hide", args=[Entry.objects.get().credential_id]))
    page = client.get("/me/").content.decode()
    assert 'class="empty"' not in page
    assert f"{reverse('me-settings')}#hidden" in page


def test_a_long_life_takes_no_more_queries_than_a_short_one(
    client: Client, fatima: Learner, django_assert_num_queries: Any
) -> None:
    client.force_login(fatima)
    client.get("/me/")
    with CaptureQueriesContext(connection) as short:
        client.get("/me/")
    achievement = Achievement.objects.get()
    for number in range(5):
        another(fatima, achievement, session=str(number))
    with django_assert_num_queries(len(short)):
        client.get("/me/")


def test_lists_leave_the_signed_documents_where_they_are(client: Client, fatima: Learner) -> None:
    client.force_login(fatima)
    with CaptureQueriesContext(connection) as asked:
        client.get("/me/")
    assert not [q["sql"] for q in asked if '"credentials_credential"."jwt"' in q["sql"]]


def test_what_a_stranger_sends_to_change_is_refused_without_a_token(fatima: Learner) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(fatima)
    credential = Entry.objects.get().credential_id
    for name, args in (("me-entry", [credential]), ("me-hide", [credential]), ("me-settings", [])):
        assert strict.post(reverse(name, args=args), {"visibility": "private"}).status_code == 403
