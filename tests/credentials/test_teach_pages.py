"""The trainer's and the signer's rooms, over HTTP."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from credentials import awards, issuance
from credentials.models import Achievement, Award, Batch, Credential, StatusChange
from credentials.people import Person
from issuers import registry
from issuers.errors import OutsideMandate
from issuers.models import Issuer, Role
from passport.models import Learner
from tests.factories import (
    city_officer,
    key_room_open,
    make_achievement,
    make_issuer,
    make_learner,
    make_member,
    sign_in,
)

pytestmark = pytest.mark.django_db

TYPED = {
    "name_latin": "Khadija Aït Lahcen",
    "name_arabic": "خديجة أيت لحسن",
    "address_kind": "phone",
    "address": "06 12 34 56 78",
    "language": "ar",
    "key": "0123456789abcdef0123456789abcdef",
}


@dataclass
class House:
    """A provider with a trainer, a signer, a course; and a stranger who works elsewhere."""

    issuer: Issuer
    course: Achievement
    trainer: Learner
    signer: Learner
    stranger: Learner


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with key_room_open(tmp_path):
        issuer = make_issuer(now=timezone.now())
        other = make_issuer(now=timezone.now())
        yield House(
            issuer=issuer,
            course=make_achievement(issuer),
            trainer=make_member(issuer, Role.TRAINER),
            signer=make_member(issuer, Role.SIGNER),
            stranger=make_member(other, Role.SIGNER),
        )


def typed(**changes: str) -> dict[str, str]:
    return TYPED | {"awarded_on": timezone.localdate().isoformat()} | changes


def award_one(house: House, **changes: Any) -> Credential:
    """A certificate that went through acceptance and issuance."""
    now = timezone.now() - timedelta(minutes=5)
    person = Person(**({"name_latin": "Khadija Aït Lahcen", "name_arabic": "خديجة أيت لحسن"} | changes))
    accepted = awards.accept(
        issuer=house.issuer,
        achievement=house.course,
        awarded_on=timezone.localdate(now),
        people=[person],
        kind=Batch.Kind.INTERACTIVE,
        requested_by=house.trainer,
        idempotency_key=f"test-{person.name_latin}-{person.address}",
        now=now,
    )
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=now)
    return Credential.objects.get(award__batch=accepted.batch)


# -- Doors ----------------------------------------------------------------------------------------
ROOMS = ["teach-home", "teach-award", "teach-certificates", "teach-achievements"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_trainer_may_enter(client: Client, house: House, room: str) -> None:
    sign_in(client, house.trainer)
    assert client.get(reverse(room)).status_code == 200


@pytest.mark.parametrize("room", ROOMS)
def test_a_learner_is_refused(client: Client, house: House, room: str) -> None:
    sign_in(client, make_learner())
    assert client.get(reverse(room)).status_code == 403


@pytest.mark.parametrize("room", ROOMS)
def test_nobody_enters_without_signing_in(client: Client, house: House, room: str) -> None:
    answer = client.get(reverse(room))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_trainer_without_a_second_factor_is_led_to_it(client: Client, house: House, room: str) -> None:
    sign_in(client, house.trainer, second_factor=False)
    assert client.get(reverse(room))["Location"].startswith(reverse("second-factor"))


def test_an_owner_alone_sees_no_names_of_learners(client: Client, house: House) -> None:
    award_one(house)
    sign_in(client, make_member(house.issuer, Role.OWNER))
    page = client.get(reverse("teach-home")).content.decode()
    assert "Khadija" not in page
    assert client.get(reverse("teach-certificates")).status_code == 403


# -- Award one ------------------------------------------------------------------------------------
def test_only_courses_of_her_own_provider_are_offered(client: Client, house: House) -> None:
    sign_in(client, house.stranger)
    assert house.course.title_fr not in client.get(reverse("teach-award")).content.decode()
    assert client.get(reverse("teach-award-form", args=[house.course.pk])).status_code == 404


def test_a_draft_cannot_be_awarded(client: Client, house: House) -> None:
    draft = make_achievement(house.issuer, state="draft")
    sign_in(client, house.trainer)
    assert client.get(reverse("teach-award-form", args=[draft.pk])).status_code == 404


def test_a_theme_outside_the_mandate_is_said_before_anything_is_typed(client: Client, house: House) -> None:
    outside = make_achievement(house.issuer, theme="trades", title_fr="Soudure")
    sign_in(client, house.trainer)
    page = client.get(reverse("teach-award-form", args=[outside.pk])).content.decode()
    assert escape(str(OutsideMandate.message)) in page


def test_the_certificate_is_shown_in_both_scripts_before_it_is_issued(client: Client, house: House) -> None:
    sign_in(client, house.trainer)
    answer = client.post(reverse("teach-award-form", args=[house.course.pk]), typed(step="look"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count("Khadija Aït Lahcen") >= 1
    assert page.count("خديجة أيت لحسن") >= 1
    assert 'src="data:image/svg+xml,' in page
    assert not Batch.objects.exists()


def test_the_specimen_carries_no_code_that_scans(client: Client, house: House) -> None:
    sign_in(client, house.trainer)
    page = client.post(reverse("teach-award-form", args=[house.course.pk]), typed(step="look"))
    assert "/v#" not in page.content.decode()


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("address", "06 12"),
        ("name_latin", "Khadija 7"),
        ("name_arabic", "Khadija"),
        ("awarded_on", "2031-01-01"),
        ("awarded_on", "yesterday"),
    ],
)
def test_a_slip_is_shown_at_its_field_and_nothing_typed_is_lost(
    client: Client, house: House, field: str, wrong: str
) -> None:
    sign_in(client, house.trainer)
    answer = client.post(
        reverse("teach-award-form", args=[house.course.pk]), typed(step="issue") | {field: wrong}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{field}-error"' in page
    for name, value in (typed() | {field: wrong}).items():
        if name in ("name_latin", "name_arabic", "address"):
            assert f'value="{value}"' in page
    assert not Batch.objects.exists()


def test_a_name_in_one_script_is_enough_and_none_is_not(client: Client, house: House) -> None:
    sign_in(client, house.trainer)
    address = reverse("teach-award-form", args=[house.course.pk])
    assert client.post(address, typed(step="look", name_latin="")).status_code == 200
    assert client.post(address, typed(step="look", name_latin="", name_arabic="")).status_code == 422


def test_a_person_without_any_address_gets_a_certificate_on_paper(client: Client, house: House) -> None:
    sign_in(client, house.trainer)
    answer = client.post(
        reverse("teach-award-form", args=[house.course.pk]),
        typed(step="issue", address_kind="none", address=""),
    )
    assert answer.status_code == 302
    assert Award.objects.get().address == ""


def test_a_double_click_gives_one_certificate(client: Client, house: House) -> None:
    sign_in(client, house.trainer)
    address = reverse("teach-award-form", args=[house.course.pk])
    first = client.post(address, typed(step="issue"))
    second = client.post(address, typed(step="issue"))
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert Award.objects.count() == 1


def test_a_used_form_with_another_name_gets_a_new_key_and_keeps_the_name(
    client: Client, house: House
) -> None:
    sign_in(client, house.trainer)
    address = reverse("teach-award-form", args=[house.course.pk])
    client.post(address, typed(step="issue"))
    answer = client.post(address, typed(step="issue", name_latin="Hanane Berrada", name_arabic=""))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Hanane Berrada"' in page
    key = re.search(r'name="key" value="([0-9a-f]{32})"', page)
    assert key
    again = typed(step="issue", name_latin="Hanane Berrada", name_arabic="", key=key[1])
    assert client.post(address, again).status_code == 302


def test_a_form_that_lost_its_key_gets_a_new_one_and_says_so(client: Client, house: House) -> None:
    sign_in(client, house.trainer)
    answer = client.post(
        reverse("teach-award-form", args=[house.course.pk]), typed(step="issue", key="short")
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert re.search(r'name="key" value="[0-9a-f]{32}"', page)


def test_a_stranger_cannot_award_by_a_guessed_address(client: Client, house: House) -> None:
    sign_in(client, house.stranger)
    answer = client.post(reverse("teach-award-form", args=[house.course.pk]), typed(step="issue"))
    assert answer.status_code == 404
    assert not Batch.objects.exists()


def test_a_suspended_provider_is_told_so_and_keeps_what_it_typed(client: Client, house: House) -> None:
    registry.suspend_issuer(issuer=house.issuer, reason="Contrôle", by=city_officer(), now=timezone.now())
    sign_in(client, house.trainer)
    answer = client.post(reverse("teach-award-form", args=[house.course.pk]), typed(step="issue"))
    assert answer.status_code == 409
    assert 'value="Khadija Aït Lahcen"' in answer.content.decode()


# -- The state of an award ------------------------------------------------------------------------
def test_an_award_is_being_prepared_and_then_issued(client: Client, house: House) -> None:
    sign_in(client, house.trainer)
    address = client.post(reverse("teach-award-form", args=[house.course.pk]), typed(step="issue"))[
        "Location"
    ]
    waiting = client.get(address)
    assert waiting.status_code == 202
    assert waiting["Retry-After"] == "1"
    assert 'http-equiv="refresh"' in waiting.content.decode()
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=timezone.now())
    done = client.get(address)
    page = done.content.decode()
    assert done.status_code == 200
    assert 'http-equiv="refresh"' not in page
    assert reverse("credential-pdf", args=[Credential.objects.get().pk]) in page


def test_a_failed_award_says_why_and_its_form_comes_back_filled(client: Client, house: House) -> None:
    sign_in(client, house.trainer)
    form = reverse("teach-award-form", args=[house.course.pk])
    address = client.post(form, typed(step="issue"))["Location"]
    registry.suspend_issuer(issuer=house.issuer, reason="Contrôle", by=city_officer(), now=timezone.now())
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=timezone.now())
    page = client.get(address).content.decode()
    batch = Batch.objects.get()
    assert Award.objects.get().state == Award.State.FAILED
    assert f"{form}?again={batch.pk}" in page
    assert 'value="Khadija Aït Lahcen"' in client.get(f"{form}?again={batch.pk}").content.decode()


def test_an_award_of_another_provider_is_not_there(client: Client, house: House) -> None:
    credential = award_one(house)
    sign_in(client, house.stranger)
    assert client.get(reverse("teach-batch", args=[credential.award.batch_id])).status_code == 404


# -- Certificates ---------------------------------------------------------------------------------
@pytest.mark.parametrize("query", ["khadija", "Lahcen Khadija", "خديجة", "code", "coded"])
def test_a_certificate_is_found_by_any_part_of_its_name_and_by_its_code(
    client: Client, house: House, query: str
) -> None:
    credential = award_one(house)
    code = credential.short_code
    text = {"code": code, "coded": f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()}.get(query, query)
    sign_in(client, house.trainer)
    page = client.post(reverse("teach-certificates"), {"q": text}).content.decode()
    assert reverse("teach-certificate", args=[credential.pk]) in page


def test_a_search_finds_nothing_of_another_provider(client: Client, house: House) -> None:
    credential = award_one(house)
    sign_in(client, house.stranger)
    page = client.post(reverse("teach-certificates"), {"q": "Khadija"}).content.decode()
    assert credential.pk not in page


def test_a_certificate_of_another_provider_looks_like_one_that_never_was(
    client: Client, house: House
) -> None:
    credential = award_one(house)
    sign_in(client, house.stranger)
    foreign = client.get(reverse("teach-certificate", args=[credential.pk]))
    unknown = client.get(reverse("teach-certificate", args=["A" * 22]))
    assert foreign.status_code == unknown.status_code == 404


def test_a_trainer_reads_a_certificate_and_is_offered_no_act(client: Client, house: House) -> None:
    credential = award_one(house)
    sign_in(client, house.trainer)
    page = client.get(reverse("teach-certificate", args=[credential.pk])).content.decode()
    assert reverse("teach-change", args=[credential.pk, "revoke"]) not in page
    assert client.get(reverse("teach-change", args=[credential.pk, "revoke"])).status_code == 403


def test_a_signer_suspends_and_reinstates(client: Client, house: House) -> None:
    credential = award_one(house)
    sign_in(client, house.signer)
    suspend = reverse("teach-change", args=[credential.pk, "suspend"])
    assert client.post(suspend, {"reason": "under-review", "note": "Appel reçu"}).status_code == 302
    credential.refresh_from_db()
    assert credential.status == "suspended"
    page = client.get(reverse("teach-certificate", args=[credential.pk])).content.decode()
    assert "Appel reçu" in page
    reinstate = reverse("teach-change", args=[credential.pk, "reinstate"])
    assert client.post(reinstate, {"reason": "review-closed"}).status_code == 302
    credential.refresh_from_db()
    assert credential.status == "active"


def test_revoking_is_asked_twice(client: Client, house: House) -> None:
    credential = award_one(house)
    sign_in(client, house.signer)
    address = reverse("teach-change", args=[credential.pk, "revoke"])
    asked = client.post(address, {"reason": "fraud", "note": "Faux dossier"})
    credential.refresh_from_db()
    assert asked.status_code == 200
    assert credential.status == "active"
    assert (
        client.post(address, {"reason": "fraud", "note": "Faux dossier", "step": "sure"}).status_code == 302
    )
    credential.refresh_from_db()
    change = StatusChange.objects.get(credential=credential)
    assert (credential.status, change.by_id, change.note) == ("revoked", house.signer.pk, "Faux dossier")


def test_a_change_without_a_reason_is_refused_at_the_field(client: Client, house: House) -> None:
    credential = award_one(house)
    sign_in(client, house.signer)
    answer = client.post(reverse("teach-change", args=[credential.pk, "suspend"]), {"note": "Une note"})
    assert answer.status_code == 422
    assert "Une note" in answer.content.decode()
    assert 'id="id_reason-error"' in answer.content.decode()


def test_an_act_that_does_not_exist_is_not_there(client: Client, house: House) -> None:
    credential = award_one(house)
    sign_in(client, house.signer)
    assert client.get(reverse("teach-change", args=[credential.pk, "frame"])).status_code == 404


def test_a_stranger_cannot_revoke(client: Client, house: House) -> None:
    credential = award_one(house)
    sign_in(client, house.stranger)
    address = reverse("teach-change", args=[credential.pk, "revoke"])
    assert client.post(address, {"reason": "fraud", "step": "sure"}).status_code == 404
    credential.refresh_from_db()
    assert credential.status == "active"


def test_a_corrected_certificate_takes_the_place_of_the_old_one(client: Client, house: House) -> None:
    credential = award_one(house)
    sign_in(client, house.signer)
    address = reverse("teach-replace", args=[credential.pk])
    assert 'value="Khadija Aït Lahcen"' in client.get(address).content.decode()
    correct = typed(name_latin="Khadija Ait-Lahcen", address_kind="none", address="") | {
        "reason": "corrected"
    }
    look = client.post(address, correct | {"step": "look"})
    assert look.status_code == 200
    assert "Khadija Ait-Lahcen" in look.content.decode()
    assert client.post(address, correct | {"step": "issue"}).status_code == 302
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=timezone.now())
    credential.refresh_from_db()
    assert credential.status == "replaced"
    page = client.get(reverse("teach-certificate", args=[credential.pk])).content.decode()
    assert reverse("teach-certificate", args=[credential.replaced_by_id]) in page


def test_a_revoked_certificate_cannot_be_corrected(client: Client, house: House) -> None:
    credential = award_one(house)
    sign_in(client, house.signer)
    client.post(reverse("teach-change", args=[credential.pk, "revoke"]), {"reason": "fraud", "step": "sure"})
    answer = client.post(
        reverse("teach-replace", args=[credential.pk]),
        typed(name_latin="Autre Nom") | {"reason": "corrected", "step": "issue"},
    )
    assert answer.status_code == 409


# -- Courses --------------------------------------------------------------------------------------
COURSE = {
    "code": "N01",
    "theme": "digital",
    "kind": "MicroCredential",
    "title_fr": "Écrire un courriel",
    "title_ar": "كتابة رسالة إلكترونية",
    "description_fr": "Le courriel au quotidien.",
    "description_ar": "البريد الإلكتروني في الحياة اليومية.",
    "criteria_fr": "Écrit, envoie et classe un courriel.",
    "criteria_ar": "يكتب رسالة ويرسلها ويرتبها.",
    "hours": "10",
    "cnc_level": "1",
    "assessment": "practical",
    "mode": "online",
    "identity_check": "supervised",
    "valid_months": "0",
    "min_age": "12",
    "digcomp-2.1": "basic",
    "skills": "http://data.europa.eu/esco/skill/b0964159-d7b2-4f1e-a0d1-5d100445fcdb",
}


def draft_of(house: House, client: Client) -> Achievement:
    sign_in(client, house.trainer)
    answer = client.post(reverse("teach-achievement-new", args=[house.issuer.slug]), COURSE)
    assert answer.status_code == 302
    return Achievement.objects.get(code="N01")


def test_a_trainer_writes_a_draft_with_its_skills(client: Client, house: House) -> None:
    draft = draft_of(house, client)
    assert draft.state == "draft"
    assert draft.digcomp == [{"code": "2.1", "level": "basic"}]
    assert draft.skills[0]["label_fr"] == "comprendre l’arabe écrit"
    assert draft.mode_uri.startswith("http://data.europa.eu/snb/learning-assessment/")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("hours", "0"),
        ("code", "N 01"),
        ("title_fr", ""),
        ("skills", "couture"),
        ("digcomp", "expert"),
        ("assessment", "attendance"),
        ("cefr_level", "B1"),
    ],
)
def test_a_slip_in_a_draft_is_shown_at_its_field(
    client: Client, house: House, field: str, wrong: str
) -> None:
    sign_in(client, house.trainer)
    name = "digcomp-2.1" if field == "digcomp" else field
    answer = client.post(
        reverse("teach-achievement-new", args=[house.issuer.slug]), COURSE | {"title_ar": "", name: wrong}
    )
    assert answer.status_code == 422
    assert f'id="id_{field}-error"' in answer.content.decode()


def test_a_code_in_use_is_refused_and_the_form_kept(client: Client, house: House) -> None:
    draft_of(house, client)
    answer = client.post(
        reverse("teach-achievement-new", args=[house.issuer.slug]), COURSE | {"title_fr": "Autre"}
    )
    assert answer.status_code == 422
    assert 'value="Autre"' in answer.content.decode()


def test_a_draft_changes_and_a_published_course_does_not(client: Client, house: House) -> None:
    draft = draft_of(house, client)
    edit = reverse("teach-achievement-edit", args=[draft.pk])
    assert re.search(r"b0964159[^>]+checked", client.get(edit).content.decode())
    client.post(edit, COURSE | {"hours": "20"})
    draft.refresh_from_db()
    assert draft.hours == 20
    client.post(reverse("teach-achievement-submit", args=[draft.pk]))
    sign_in(client, house.signer)
    client.post(reverse("teach-reviews-one", args=[draft.pk]), {"act": "publish"})
    assert client.get(edit).status_code == 302
    client.post(edit, COURSE | {"hours": "30"})
    draft.refresh_from_db()
    assert (draft.state, draft.hours) == ("published", 20)


def test_a_trainer_does_not_publish(client: Client, house: House) -> None:
    draft = draft_of(house, client)
    assert client.post(reverse("teach-reviews-one", args=[draft.pk]), {"act": "publish"}).status_code == 403


def test_a_new_version_takes_the_place_of_the_published_one(client: Client, house: House) -> None:
    sign_in(client, house.signer)
    answer = client.post(reverse("teach-achievement-version", args=[house.course.pk]))
    newer = Achievement.objects.get(supersedes=house.course)
    assert answer["Location"] == reverse("teach-achievement", args=[newer.pk])
    client.post(reverse("teach-achievement-submit", args=[newer.pk]))
    sign_in(client, make_member(house.issuer, "owner"))
    client.post(reverse("teach-reviews-one", args=[newer.pk]), {"act": "publish"})
    house.course.refresh_from_db()
    assert house.course.state == "withdrawn"


def test_a_course_of_another_provider_is_not_there(client: Client, house: House) -> None:
    sign_in(client, house.stranger)
    for name in ("teach-achievement", "teach-achievement-edit"):
        assert client.get(reverse(name, args=[house.course.pk])).status_code == 404
    for name in ("teach-achievement-submit", "teach-achievement-version"):
        assert client.post(reverse(name, args=[house.course.pk])).status_code == 404
    assert client.get(reverse("teach-achievement-new", args=[house.issuer.slug])).status_code == 404


def test_an_expired_course_says_so_at_the_date(client: Client, house: House) -> None:
    short = make_achievement(house.issuer, valid_months=1)
    sign_in(client, house.trainer)
    answer = client.post(
        reverse("teach-award-form", args=[short.pk]),
        typed(step="look", awarded_on=(timezone.localdate() - timedelta(days=90)).isoformat()),
    )
    assert answer.status_code == 422
    assert 'id="id_awarded_on-error"' in answer.content.decode()
