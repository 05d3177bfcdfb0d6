"""Pathways: two officials make one, a learner sees what is done, what is next and where it is taught."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials.people import Person
from issuers.errors import NotAllowed
from issuers.models import AuditEvent, Role
from passport import accounts, filing, pathways, requirements, signposts
from passport.errors import NoSuchPathway, OwnPathway, PathwayChanged, PathwayIncomplete
from passport.models import Learner, Pathway
from tests.credentials.rooms import make_session
from tests.factories import (
    NOW,
    city_approver,
    city_officer,
    key_room,
    make_achievement,
    make_arrondissement,
    make_credential,
    make_issuer,
    make_learner,
    make_member,
    sign_in,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
FRENCH = [{"uri": "http://data.europa.eu/esco/skill/bfb5f0b8-0ea0-4e44-a48d-7d876f966758", "label_fr": "x"}]
TEXTS = {
    "theme": "languages",
    "title_fr": "Vers l’accueil",
    "title_ar": "نحو الاستقبال",
    "about_fr": "Du français au métier.",
    "about_ar": "من الفرنسية إلى المهنة.",
}


def propose(*steps: list[str], slug: str = "", **other: Any) -> Pathway:
    asked = steps or (["language:fr:A1"], ["language:fr:B1"])
    return signposts.propose(slug=slug, **TEXTS | other, steps=asked, by=city_officer(), now=NOW)


def published(*steps: list[str]) -> Pathway:
    return signposts.publish(pathway=propose(*steps), by=city_approver(), now=NOW)


# -- Requirements ---------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["course:al-amal/C04", "language:en:A1", "digital:2:highly_advanced"])
def test_a_requirement_is_written_as_it_is_read(text: str) -> None:
    assert str(requirements.read(text)) == text


@pytest.mark.parametrize(
    "text", ["", "course:", "course:x", "language:xx:A1", "language:fr:D1", "digital:9:basic"]
)
def test_what_is_no_requirement_is_refused(text: str) -> None:
    with pytest.raises(requirements.Unreadable):
        requirements.read(text)


# -- Four eyes ------------------------------------------------------------------------------------
def test_two_people_make_a_pathway_and_the_log_knows() -> None:
    made = propose()
    with pytest.raises(NoSuchPathway):
        pathways.walk(slug=made.slug, learner=None, now=NOW)
    signposts.publish(pathway=made, by=city_approver(), now=NOW)
    assert pathways.walk(slug="vers-l-accueil", learner=None, now=NOW).pathway == made
    events = AuditEvent.objects.filter(about="vers-l-accueil").values_list("event", flat=True)
    assert list(events) == ["pathway-proposed", "pathway-published"]


def test_nobody_publishes_what_she_proposed() -> None:
    both = city_officer()
    make_member(None, Role.APPROVER, both)
    with pytest.raises(OwnPathway):
        signposts.publish(pathway=propose(), by=both, now=NOW)
    made = propose()
    with pytest.raises(IntegrityError), transaction.atomic():
        Pathway.objects.filter(pk=made.pk).update(state="published", decided_by=both, decided_at=NOW)


def test_a_new_wording_takes_the_place_of_the_one_before_when_it_is_published() -> None:
    before = published()
    after = propose(slug=before.slug, title_fr="Vers l’hôtel")
    assert pathways.walk(slug=before.slug, learner=None, now=NOW).pathway.title_fr == "Vers l’accueil"
    signposts.publish(pathway=after, by=city_approver(), now=NOW)
    assert pathways.walk(slug=before.slug, learner=None, now=NOW).pathway.title_fr == "Vers l’hôtel"
    before.refresh_from_db()
    assert before.state == Pathway.State.WITHDRAWN


def test_whoever_comes_second_learns_it() -> None:
    made = propose()
    signposts.decline(pathway=made, by=city_approver(), now=NOW)
    with pytest.raises(PathwayChanged):
        signposts.publish(pathway=made, by=city_approver(), now=NOW)
    with pytest.raises(PathwayChanged):
        signposts.withdraw(pathway=made, by=city_officer(), now=NOW)


def test_one_person_takes_it_down() -> None:
    made = published()
    signposts.withdraw(pathway=made, by=city_officer(), now=NOW)
    assert pathways.published() == []


@pytest.mark.parametrize(
    "wrong", [{"title_ar": " "}, {"about_fr": ""}, {"steps": [["language:fr:A1"]]}, {"steps": [["x"], ["y"]]}]
)
def test_a_pathway_is_whole_or_not_there(wrong: dict[str, Any]) -> None:
    given = TEXTS | {"steps": [["language:fr:A1"], ["language:fr:B1"]]} | wrong
    with pytest.raises(PathwayIncomplete):
        signposts.propose(**given, by=city_officer(), now=NOW)


def test_only_an_officer_proposes() -> None:
    with pytest.raises(NotAllowed):
        signposts.propose(**TEXTS, steps=[["language:fr:A1"]] * 2, by=make_learner(), now=NOW)


def test_two_with_one_title_have_two_addresses() -> None:
    assert [propose().slug, propose().slug] == ["vers-l-accueil", "vers-l-accueil-2"]
    assert propose(title_fr="New").slug == "new-2"


# -- Where she stands -----------------------------------------------------------------------------
@pytest.fixture
def fatima(key_room: Any) -> Learner:
    learner = make_learner(arrondissement=make_arrondissement())
    accounts.prove(learner=learner, kind="phone", value="+212683000001", now=NOW)
    return learner


def give(learner: Learner, achievement: Any) -> None:
    person = Person(name_latin=learner.name_latin, address_kind="phone", address="+212683000001")
    make_credential(achievement, person)
    filing.consider_unfiled(now=NOW)


def test_done_next_missing_and_where_it_is_taught_nearest_first(fatima: Learner) -> None:
    far = make_issuer(arrondissement=make_arrondissement("06.999.01.13"), with_keys=False)
    near = make_issuer(with_keys=False)
    course: dict[str, Any] = {"theme": "languages", "skills": FRENCH}
    far.arrondissement.prefecture_code = "06.999"
    far.arrondissement.save()
    teaching = make_issuer()
    first = make_achievement(teaching, **course, cefr_level="A1")
    give(fatima, first)
    make_achievement(far, **course, cefr_level="B1", hours=20)
    make_achievement(near, **course, cefr_level="B1", hours=50)
    published(["language:fr:A1"], ["language:fr:B1"], ["course:nobody/C1"])
    standing = pathways.of(learner=fatima, now=NOW)[0]
    assert [(stage.done, stage.is_next) for stage in standing.stages] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert [offer.distance for offer in standing.stages[1].offers] == [pathways.HERE, pathways.ELSEWHERE]
    assert standing.hours_left == 20
    assert standing.stages[2].offers == []
    assert pathways.next_of([standing]) is standing


def test_a_course_is_as_near_as_its_nearest_session(client: Client, fatima: Learner) -> None:
    here = make_arrondissement("06.141.01.99")
    Learner.objects.filter(pk=fatima.pk).update(arrondissement=here)
    fatima.refresh_from_db()
    course = make_achievement(make_issuer(with_keys=False), cefr_level="A1", skills=FRENCH)
    pathway = published(["language:fr:A1"], ["language:fr:B1"])
    coming = {"starts_at": NOW + timedelta(days=9), "ends_at": NOW + timedelta(days=10)}
    make_session(course, starts_at=NOW + timedelta(days=2), ends_at=NOW + timedelta(days=3))
    near = make_session(course, group="Ici", arrondissement=here, place="Salle du coin", **coming)
    standing = pathways.walk(slug=pathway.slug, learner=fatima, now=NOW)
    (offer,) = standing.stages[0].offers
    assert (offer.next, offer.place, offer.distance) == (near, here, pathways.HERE)
    after = pathways.walk(slug=pathway.slug, learner=fatima, now=NOW + timedelta(days=30))
    assert after.stages[0].offers[0].next is None


def test_a_pathway_says_where_and_when_the_next_session_is(client: Client) -> None:
    now = timezone.now()
    course = make_achievement(make_issuer(with_keys=False), cefr_level="A1", skills=FRENCH)
    pathway = published(["language:fr:A1"], ["language:fr:B1"])
    coming = {"starts_at": now + timedelta(days=2), "ends_at": now + timedelta(days=3)}
    make_session(course, now=now, place="Salle du coin", **coming)
    assert "Salle du coin" in client.get(reverse("pathway", args=[pathway.slug])).content.decode()


def test_a_course_counts_in_every_version_and_expires(fatima: Learner) -> None:
    course = make_achievement(make_issuer(), valid_months=1)
    give(fatima, course)
    make_achievement(course.issuer, code=course.code, version=2, supersedes=course)
    published([f"course:{course.issuer.slug}/{course.code}"], ["language:fr:B1"])
    assert pathways.of(learner=fatima, now=NOW)[0].done == 1
    later = pathways.of(learner=fatima, now=NOW + timedelta(days=60))[0]
    assert (later.done, later.stages[0].expired, later.stages[0].is_next) == (0, True, True)


def test_a_certificate_says_what_it_leads_to(client: Client, fatima: Learner) -> None:
    course = make_achievement(make_issuer(), digcomp=[{"code": "2.1", "level": "intermediate"}])
    give(fatima, course)
    pathway = published(["digital:2:basic"], ["language:fr:B1"])
    (lead,) = pathways.leads_of(achievement=course)
    assert (lead.pathway, lead.place, lead.steps) == (pathway, 1, 2)
    sign_in(client, fatima)
    page = client.get(reverse("me-entry", args=[fatima.entries.get().credential_id])).content.decode()
    assert reverse("pathway", args=[pathway.slug]) in page


# -- The pages ------------------------------------------------------------------------------------
def test_everybody_reads_a_pathway_and_she_sees_where_she_stands(client: Client) -> None:
    pathway = published()
    assert pathway.title_fr in client.get(reverse("pathways")).content.decode()
    page = client.get(reverse("pathway", args=[pathway.slug])).content.decode()
    assert "Connectez-vous" in page
    sign_in(client, make_learner())
    page = client.get(reverse("pathway", args=[pathway.slug])).content.decode()
    assert "Connectez-vous" not in page
    assert "la suite" in page


def test_an_officer_writes_and_an_approver_publishes(client: Client) -> None:
    sign_in(client, city_officer())
    typed = TEXTS | {"step_1a": "language:fr:A1", "step_2a": "français B1"}
    answer = client.post(reverse("city-pathway-new"), typed)
    assert answer.status_code == 422
    assert "Choisissez une formation ou un niveau" in answer.content.decode()
    assert 'value="français B1"' in answer.content.decode()
    answer = client.post(reverse("city-pathway-new"), typed | {"step_2a": "language:fr:B1"})
    assert answer["Location"] == reverse("city-pathway", args=["vers-l-accueil"])
    assert (
        'value="language:fr:B1"'
        in client.get(reverse("city-pathway-edit", args=["vers-l-accueil"])).content.decode()
    )
    sign_in(client, city_approver())
    client.post(reverse("city-pathway-publish", args=["vers-l-accueil"]))
    assert pathways.published()[0].slug == "vers-l-accueil"
