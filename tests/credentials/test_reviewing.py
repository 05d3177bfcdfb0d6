"""Courses go out by other eyes: who may review, what is refused, what is kept of it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from credentials import achievements, frameworks, reviewing
from credentials.errors import BadAward, ReviewedByYou, WrongStatus
from credentials.models import Achievement
from issuers import waiting
from issuers.errors import NotAllowed
from issuers.models import Issuer, Role
from passport.demo import data
from passport.models import Learner
from tests.factories import (
    NOW,
    city_approver,
    city_officer,
    key_room,
    make_achievement,
    make_issuer,
    make_member,
    sign_in,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def issuer() -> Issuer:
    return make_issuer(with_keys=False)


def handed_in(issuer: Issuer, by: Learner) -> Achievement:
    draft = make_achievement(issuer, state="draft")
    achievements.update_draft(achievement=draft, fields={"hours": 14}, by=by, now=NOW)
    return reviewing.submit(achievement=draft, by=by, now=NOW)


def test_a_colleague_publishes_what_another_wrote(issuer: Issuer) -> None:
    trainer, signer = make_member(issuer, Role.TRAINER), make_member(issuer, Role.SIGNER)
    course = handed_in(issuer, trainer)
    found = reviewing.publish(achievement=course, by=signer, now=NOW)
    assert (found.state, found.reviewed_by) == ("published", signer)
    assert [act.act for act in found.acts.all()] == ["changed", "submitted", "published"]


def test_nobody_reviews_her_own_writing(issuer: Issuer) -> None:
    signer = make_member(issuer, Role.SIGNER)
    make_member(issuer, Role.OWNER)
    course = handed_in(issuer, signer)
    with pytest.raises(ReviewedByYou):
        reviewing.publish(achievement=course, by=signer, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Achievement.objects.filter(pk=course.pk).update(state="published", reviewed_by=signer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Achievement.objects.filter(pk=course.pk).update(state="published")


def test_a_trainer_and_the_city_do_not_review_where_there_is_a_colleague(issuer: Issuer) -> None:
    trainer, _signer = make_member(issuer, Role.TRAINER), make_member(issuer, Role.SIGNER)
    course = handed_in(issuer, trainer)
    for other in (make_member(issuer, Role.TRAINER), city_officer()):
        with pytest.raises(NotAllowed):
            reviewing.publish(achievement=course, by=other, now=NOW)


def test_the_city_reviews_for_a_provider_of_one_person(issuer: Issuer) -> None:
    alone = make_member(issuer, Role.SIGNER)
    make_member(issuer, Role.OWNER, alone)
    course = handed_in(issuer, alone)
    assert reviewing.waiting(issuers=None) == [course]
    assert reviewing.waiting(issuers=[issuer]) == []
    assert waiting.in_room("reviews", None) == 1
    assert reviewing.publish(achievement=course, by=city_approver(), now=NOW).state == "published"


def test_what_is_sent_back_is_a_draft_again_with_the_note(issuer: Issuer) -> None:
    trainer, signer = make_member(issuer, Role.TRAINER), make_member(issuer, Role.SIGNER)
    course = handed_in(issuer, trainer)
    with pytest.raises(BadAward):
        reviewing.send_back(achievement=course, note="  ", by=signer, now=NOW)
    back = reviewing.send_back(achievement=course, note="Dites comment.", by=signer, now=NOW)
    assert (back.state, back.sent_back_because, back.submitted_by) == ("draft", "Dites comment.", None)
    assert reviewing.submit(achievement=back, by=trainer, now=NOW).sent_back_because == ""


def test_nothing_changes_while_it_is_looked_at(issuer: Issuer) -> None:
    trainer = make_member(issuer, Role.TRAINER)
    course = handed_in(issuer, trainer)
    with pytest.raises(WrongStatus):
        achievements.update_draft(achievement=course, fields={"hours": 1}, by=trainer, now=NOW)
    taken = reviewing.take_back(achievement=course, by=trainer, now=NOW)
    assert achievements.update_draft(achievement=taken, fields={"hours": 9}, by=trainer, now=NOW).hours == 9


def test_what_is_missing_is_named(issuer: Issuer) -> None:
    draft = make_achievement(issuer, state="draft", criteria_ar="", mode_uri="")
    with pytest.raises(BadAward) as refusal:
        reviewing.submit(achievement=draft, by=make_member(issuer, Role.TRAINER), now=NOW)
    assert "Comment" in str(refusal.value.message) or "How" in str(refusal.value.message)


def test_a_new_version_shows_what_differs(issuer: Issuer) -> None:
    trainer = make_member(issuer, Role.TRAINER)
    old = make_achievement(issuer)
    newer = achievements.new_version(achievement=old, by=trainer, now=NOW)
    newer = achievements.update_draft(
        achievement=newer, fields={"hours": 30, "title_fr": "Le smartphone"}, by=trainer, now=NOW
    )
    assert {(each.before, each.after) for each in reviewing.differences(newer)} == {
        ("12", "30"),
        ("Premiers pas avec le smartphone", "Le smartphone"),
    }


def test_withdrawing_ends_awards(issuer: Issuer) -> None:
    course = make_achievement(issuer)
    reviewing.withdraw(achievement=course, by=make_member(issuer, Role.SIGNER), now=NOW)
    assert not achievements.published_for(issuers=[issuer]).exists()
    with pytest.raises(WrongStatus):
        reviewing.withdraw(achievement=course, by=None, now=NOW + timedelta(days=1))


def test_the_bundled_frameworks_are_whole_and_the_courses_of_the_demo_name_only_them() -> None:
    assert len(frameworks.competences()) == 21
    assert len(frameworks.digcomp_levels()) == 4
    assert len(frameworks.skills()) == 44
    for course in data.courses():
        assert {skill["uri"] for skill in course["skills"]} <= set(frameworks.skills())
        assert all(item["code"] in frameworks.competences() for item in course["digcomp"])


# -- Pages ----------------------------------------------------------------------------------------
def test_the_reviewer_sees_the_differences_and_publishes(client: Client, issuer: Issuer) -> None:
    trainer, signer = make_member(issuer, Role.TRAINER), make_member(issuer, Role.SIGNER)
    newer = achievements.new_version(achievement=make_achievement(issuer), by=trainer, now=NOW)
    achievements.update_draft(achievement=newer, fields={"hours": 30}, by=trainer, now=NOW)
    reviewing.submit(achievement=newer, by=trainer, now=NOW)
    sign_in(client, signer)
    page = reverse("teach-reviews-one", args=[newer.pk])
    shown = client.get(page).content.decode()
    assert '<del dir="auto">12</del>' in shown
    assert '<ins dir="auto">30</ins>' in shown
    assert client.post(page, {"act": "publish"})["Location"] == reverse("teach-reviews")
    newer.refresh_from_db()
    assert newer.state == "published"


def test_a_note_is_asked_for_and_nothing_is_lost(client: Client, issuer: Issuer) -> None:
    course = handed_in(issuer, make_member(issuer, Role.TRAINER))
    sign_in(client, make_member(issuer, Role.SIGNER))
    page = reverse("teach-reviews-one", args=[course.pk])
    assert client.post(page, {"act": "send-back", "note": ""}).status_code == 422
    assert client.post(page, {"act": "send-back", "note": "À préciser."}).status_code == 302


def test_the_picker_lists_every_skill_and_keeps_what_is_ticked(client: Client, issuer: Issuer) -> None:
    sign_in(client, make_member(issuer, Role.TRAINER))
    skill = next(iter(frameworks.skills()))
    page = reverse("teach-achievement-new", args=[issuer.slug])
    assert client.get(page).content.decode().count('name="skills"') == 44
    slip = client.post(page, {"skills": [skill], "digcomp-1.1": "advanced", "hours": "0"})
    text = slip.content.decode()
    assert slip.status_code == 422
    assert f'value="{skill}" checked' in text
    assert '<option value="advanced" selected>' in text
    assert client.post(page, {"skills": ["http://data.europa.eu/esco/skill/x"]}).status_code == 422


def test_a_draft_is_printed_as_a_specimen(client: Client, issuer: Issuer, tmp_path: Path) -> None:
    import pypdf  # for this test alone

    draft: Any = make_achievement(issuer, state="draft")
    sign_in(client, make_member(issuer, Role.TRAINER))
    answer = client.get(reverse("teach-achievement-specimen", args=[draft.pk]))
    path = tmp_path / "specimen.pdf"
    path.write_bytes(answer.content)
    reader = pypdf.PdfReader(path)
    assert "SPÉCIMEN" in reader.pages[0].extract_text()
    assert not reader.attachments
