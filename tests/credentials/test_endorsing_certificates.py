"""Endorsements of one person's certificate: who may, what is signed, how it ends; nobody sees it unasked."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials import (
    bitstring,
    endorsing,
    endorsing_certificates,
    erasing,
    linkeddata,
    paper,
    revocation,
    securing,
)
from credentials.errors import (
    AlreadyEndorsed,
    BadAward,
    CannotEndorse,
    CertificateNotEndorsable,
    EndorsementWithdrawn,
    NotYours,
)
from credentials.models import Achievement, Credential, Endorsement
from credentials.people import Person
from issuers import jose, limits, orders, registry
from issuers.models import AuditEvent, Issuer
from tests import standards
from tests.factories import (
    NOW,
    city_approver,
    city_officer,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_member,
    publish_keys,
    sign_in,
)
from verify import endorsed
from verify.foreign import forms

from .test_endorsing import give as endorse

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db

FR, AR = "Nous l’avons vue tenir l’accueil seule.", "رأيناها تدير الاستقبال وحدها."
HER = Person(name_latin="Salma Tazi", name_arabic="سلمى التازي")


@pytest.fixture
def employer(key_room: Path) -> Issuer:
    return make_issuer(name_fr="Atlas Relation Client", name_ar="أطلس", kind="company")


@pytest.fixture
def held(employer: Issuer) -> Credential:
    school = make_issuer(name_fr="École Anfa", name_ar="مدرسة أنفا")
    publish_keys()
    return make_credential(make_achievement(school), HER)


def give(endorser: Issuer | None, credential: Credential, **rest: Any) -> Endorsement:
    details: dict[str, Any] = {"comment_fr": FR, "comment_ar": AR, "by": city_officer(), "now": NOW} | rest
    made = endorsing_certificates.endorse(endorser=endorser, credential=credential, **details)
    orders.fulfil(now=NOW)
    made.refresh_from_db()
    return made


def file_of(client: Client, credential: Credential) -> Any:
    return client.get(reverse("credential-endorsements", args=[credential.pk]))


# -- What is signed -------------------------------------------------------------------------------
@standards.needed
@pytest.mark.parametrize("by_city", [True, False])
def test_it_keeps_the_published_schema(employer: Issuer, held: Credential, *, by_city: bool) -> None:
    made = give(None if by_city else employer, held)
    schema = json.loads((standards.SCHEMAS / "ob_v3p0_endorsementcredential_schema.json").read_text())
    jsonschema_rs.validator_for(schema).validate(json.loads(made.body))
    linkeddata.check(json.loads(made.body))


def test_it_is_about_the_certificate_as_that_was_signed_and_names_nobody(
    employer: Issuer, held: Credential
) -> None:
    made = give(employer, held)
    securing.secure_new(now=NOW, within=None)
    document = json.loads(securing.obtain(credential=held, now=NOW) or "")
    assert json.loads(made.body)["credentialSubject"] == {
        "id": document["id"],
        "type": ["EndorsementSubject"],
        "endorsementComment": f"{FR}\n\n{AR}",
    }
    assert not re.search("Tazi|Salma|سلمى|التازي", made.body)
    assert str(held.subject_id) not in made.body


@pytest.mark.parametrize("by_city", [True, False])
def test_our_verifier_judges_it_by_the_register(employer: Issuer, held: Credential, *, by_city: bool) -> None:
    made = give(None if by_city else employer, held)
    judge = endorsed.judging(now=NOW)

    def judged(document: dict[str, Any]) -> str:
        found = judge(forms.of_object(document))
        assert found is not None
        return found.code

    assert judged(json.loads(made.body)) == "passed"
    tampered = json.loads(made.body)
    tampered["credentialSubject"]["endorsementComment"] += "!"
    assert judged(tampered) == "proof-tampered"
    endorsing.withdraw(endorsement=made, by=city_officer(), now=NOW)
    assert judged(json.loads(made.body)) == "status-revoked"


# -- Who may --------------------------------------------------------------------------------------
def test_it_is_found_by_link_and_by_short_code(employer: Issuer, held: Credential) -> None:
    link = f"{settings.BASE_URL}/c/{held.pk}"
    code = paper.group_code(held.short_code)
    for text in (link, f" {link}/ ", link.split("://")[1], code, code.lower()):
        assert endorsing_certificates.find(text=text, endorser=employer) == held
    for text in (
        "",
        held.pk,
        "https://elsewhere.example/c/" + held.pk,
        f"{link}x",
        "http://[",
        "ABCD-ABCD-ABCD",
    ):
        with pytest.raises(NotYours):
            endorsing_certificates.find(text=text, endorser=employer)


def test_a_private_one_is_as_unknown(employer: Issuer, held: Credential) -> None:
    Credential.objects.update(visibility="private")
    for text in (f"{settings.BASE_URL}/c/{held.pk}", held.short_code):
        with pytest.raises(NotYours):
            endorsing_certificates.find(text=text, endorser=employer)
    with pytest.raises(NotYours):
        give(employer, held)


def test_nobody_endorses_what_she_issued_or_what_does_not_hold(employer: Issuer, held: Credential) -> None:
    with pytest.raises(CertificateNotEndorsable):
        give(held.issuer, held)
    revocation.suspend(credential=held, reason="under-review", note="", by=city_officer(), now=NOW)
    with pytest.raises(CertificateNotEndorsable):
        give(employer, held)


def test_a_suspended_provider_endorses_nothing(employer: Issuer, held: Credential) -> None:
    made = give(employer, held)
    endorsing_certificates.show(endorsement=made, now=NOW)
    registry.suspend_issuer(issuer=employer, reason="Contrôle", by=city_officer(), now=NOW)
    employer.refresh_from_db()
    assert endorsing_certificates.shown(ids=[held.pk]) == []
    with pytest.raises(CannotEndorse):
        give(employer, held)


def test_each_endorses_a_certificate_once(employer: Issuer, held: Credential) -> None:
    for endorser in (employer, None):
        made = give(endorser, held)
        with pytest.raises(AlreadyEndorsed):
            give(endorser, held)
        endorsing.withdraw(endorsement=made, by=city_officer(), now=NOW)
        assert give(endorser, held).pk != made.pk
        endorsing.endorse(
            endorser=endorser, owner=held.issuer, comment_fr=FR, comment_ar="", by=city_officer(), now=NOW
        )  # another thing than the provider itself


@pytest.mark.parametrize("comment", ["", "x" * 501, "Bravo à salma  TAZI !", "أحسنت سلمى التازي"])
def test_it_says_something_and_not_her_name(employer: Issuer, held: Credential, comment: str) -> None:
    with pytest.raises(BadAward):
        give(employer, held, comment_fr=comment, comment_ar="")


def test_the_table_holds_the_rules(employer: Issuer, held: Credential) -> None:
    made = give(employer, held)
    endorsing_certificates.show(endorsement=made, now=NOW)
    of_course = endorsing.endorse(
        endorser=employer, owner=held.issuer, comment_fr=FR, comment_ar="", by=city_officer(), now=NOW
    )
    for pk, wrong in (
        (made.pk, {"achievement": held.achievement}),
        (made.pk, {"refused_at": NOW}),
        (made.pk, {"erased_at": NOW}),
        (made.pk, {"withdrawn_at": NOW}),
        (of_course.pk, {"shown_at": NOW}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Endorsement.objects.filter(pk=pk).update(**wrong)


# -- Who sees it ----------------------------------------------------------------------------------
def test_nobody_sees_it_before_its_holder_agrees(client: Client, employer: Issuer, held: Credential) -> None:
    made = give(employer, held)
    page, statement = reverse("credential", args=[held.pk]), reverse("endorsement", args=[made.pk])

    def seen() -> list[bool]:
        listed = json.loads(file_of(client, held).content)
        assert listed in ([], [json.loads(made.body)])
        return [
            bool(listed),
            FR in client.get(page).content.decode(),
            client.get(statement).status_code == 200,
        ]

    assert seen() == [False] * 3
    endorsing_certificates.show(endorsement=made, now=NOW)
    assert seen() == [True] * 3
    endorsing_certificates.hide(endorsement=made, now=NOW)
    assert seen() == [False] * 3


def test_neither_its_course_nor_its_provider_shows_it(
    client: Client, employer: Issuer, held: Credential
) -> None:
    made = give(employer, held)
    endorsing_certificates.show(endorsement=made, now=NOW)
    assert endorsing.shown(achievement=held.achievement) == []
    assert endorsing.shown_of_provider(held.issuer) == []
    assert endorsing.received(issuers=[held.issuer]) == []
    with pytest.raises(NotYours):
        endorsing.received_by(issuers=[held.issuer], endorsement_id=made.pk)


def test_beside_it_stand_its_own_its_courses_and_its_providers_and_nobody_elses(
    employer: Issuer, held: Credential, django_assert_num_queries: Any
) -> None:
    course, school = held.achievement, held.issuer
    other_school = make_issuer(name_fr="Maison de jeunes Maârif", name_ar="دار الشباب")
    another = make_credential(make_achievement(other_school), HER)

    def beside() -> list[str]:
        with django_assert_num_queries(1):
            found = endorsing.beside(certificate=held.pk, course=course.pk, provider=school.slug)
        return [each.pk for each in found]

    of_provider, of_course = endorse(employer, owner=school), endorse(employer, course)
    of_certificate = give(employer, held)
    endorse(employer, owner=other_school)
    endorse(employer, another.achievement)
    endorsing_certificates.show(endorsement=give(employer, another), now=NOW)
    assert beside() == [of_course.pk, of_provider.pk]
    endorsing_certificates.show(endorsement=of_certificate, now=NOW)
    assert beside() == [of_certificate.pk, of_course.pk, of_provider.pk]
    Credential.objects.filter(pk=held.pk).update(visibility="private")
    assert beside() == [of_course.pk, of_provider.pk]
    Achievement.objects.filter(pk=course.pk).update(state=Achievement.State.DRAFT)
    assert beside() == [of_provider.pk]
    endorsing.refuse(endorsement=of_provider, by=city_officer(), now=NOW)
    assert beside() == []


def test_the_file_is_for_every_program_and_no_cache(
    client: Client, employer: Issuer, held: Credential
) -> None:
    made = give(employer, held)
    endorsing_certificates.show(endorsement=made, now=NOW)
    for answer in (file_of(client, held), client.get(reverse("endorsement", args=[made.pk]))):
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer["Cache-Control"] == "no-store"


def test_it_is_gone_with_what_it_is_about(client: Client, employer: Issuer, held: Credential) -> None:
    made = give(employer, held)
    endorsing_certificates.show(endorsement=made, now=NOW)
    statement = reverse("endorsement", args=[made.pk])
    Credential.objects.update(visibility="private")
    assert file_of(client, held).status_code == 404
    assert client.get(statement).status_code == 404
    Credential.objects.update(visibility="link")
    assert client.get(statement).status_code == 200
    revocation.revoke(credential=held, reason="fraud", note="", by=city_officer(), now=NOW)
    assert json.loads(file_of(client, held).content) == []
    assert client.get(statement).status_code == 404
    assert FR not in client.get(reverse("credential", args=[held.pk])).content.decode()


def test_a_withdrawn_one_is_gone_and_nobody_shows_it(
    client: Client, employer: Issuer, held: Credential
) -> None:
    made = give(employer, held)
    endorsing_certificates.show(endorsement=made, now=NOW)
    endorsing.withdraw(endorsement=made, by=city_officer(), now=NOW)
    assert json.loads(file_of(client, held).content) == []
    assert client.get(reverse("endorsement", args=[made.pk])).status_code == 410
    assert endorsing_certificates.of(credential=held) == []
    for act in (endorsing_certificates.show, endorsing_certificates.hide):
        with pytest.raises(EndorsementWithdrawn):
            act(endorsement=made, now=NOW)


# -- Erasing --------------------------------------------------------------------------------------
def test_erasing_the_certificate_ends_it_and_forgets_its_words(
    client: Client, employer: Issuer, held: Credential
) -> None:
    withdrawn = give(None, held)
    endorsing.withdraw(endorsement=withdrawn, by=city_officer(), now=NOW)
    made = give(employer, held)
    endorsing_certificates.show(endorsement=made, now=NOW)
    erasing.erase(ids=[held.pk], by=None, now=NOW)
    for each in (made, withdrawn):
        each.refresh_from_db()
        assert (each.comment_fr, each.comment_ar, each.body, each.key, each.shown_at) == (
            "",
            "",
            "",
            None,
            None,
        )
        assert each.withdrawn_at
        assert each.erased_at
    assert client.get(reverse("endorsement", args=[made.pk])).status_code == 410
    assert file_of(client, held).status_code == 404
    assert endorsing.given(issuers=[employer]) == []
    now = timezone.now()
    endorsing.tend(now=now)
    made.refresh_from_db()
    assert made.body == ""  # it is not signed anew
    listed = json.loads(client.get(f"/e/status/{employer.slug}").content)["credentialSubject"]["encodedList"]
    assert made.slot in bitstring.set_places(bitstring.decode(jose.unb64(listed.removeprefix("u"))))


def test_every_act_is_in_the_audit_log_without_words(employer: Issuer, held: Credential) -> None:
    made = give(employer, held)
    for act in (endorsing_certificates.show, endorsing_certificates.show, endorsing_certificates.hide):
        made.refresh_from_db()
        act(endorsement=made, now=NOW)
    erasing.erase(ids=[held.pk], by=None, now=NOW)
    events = AuditEvent.objects.filter(about=made.pk).order_by("id")
    assert [each.event.removeprefix("endorsement-") for each in events] == [
        *("given", "shown", "refused", "ended")
    ]
    ids = {"achievement": "", "owner": held.issuer_id, "credential": held.pk}
    assert all(json.loads(each.detail) == ids for each in events)
    assert [each.by for each in events][1:3] == ["", ""]


# -- The rooms ------------------------------------------------------------------------------------
def written(held: Credential, **changes: str) -> dict[str, str]:
    return {"certificate": held.short_code, "comment_fr": FR, "comment_ar": AR, "act": "look"} | changes


def test_it_is_written_looked_at_and_then_signed(client: Client, employer: Issuer, held: Credential) -> None:
    signer = make_member(employer, "signer")
    sign_in(client, signer)
    path = reverse("teach-endorsement-certificate", args=[employer.slug])
    assert path in client.get(reverse("teach-endorsements")).content.decode()
    assert client.get(path).status_code == 200
    look = client.post(path, written(held)).content.decode()
    for said in (FR, AR, "Salma Tazi", held.achievement.title_fr, "École Anfa"):
        assert said in look
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', look))
    assert {name: hidden[name] for name in ("certificate", "comment_fr", "comment_ar")} == {
        name: value for name, value in written(held).items() if name != "act"
    }
    assert not Endorsement.objects.exists()
    assert FR in client.post(path, written(held, act="change")).content.decode()
    assert client.post(path, written(held, act="sign")).status_code == 302
    made = Endorsement.objects.get()
    assert (made.endorser, made.credential, made.owner, made.by) == (employer, held, held.issuer, signer)
    room = client.get(reverse("teach-endorsements")).content.decode()
    assert FR in room
    assert "Tazi" not in room
    again = client.post(path, written(held, act="sign"))
    assert again.status_code == 422
    assert FR in again.content.decode()
    asked = client.get(reverse("teach-endorsement-withdraw", args=[made.pk]))
    assert FR in asked.content.decode()


def test_what_cannot_be_is_said_at_its_field(client: Client, employer: Issuer, held: Credential) -> None:
    sign_in(client, make_member(employer, "owner"))
    path = reverse("teach-endorsement-certificate", args=[employer.slug])
    for wrong, field in (
        ({"certificate": "ABCD-ABCD-ABCD"}, "certificate"),
        ({"certificate": ""}, "certificate"),
        ({"comment_fr": "Bravo Salma Tazi"}, "comment_fr"),
        ({"comment_fr": "", "comment_ar": ""}, "comment_fr"),
    ):
        answer = client.post(path, written(held, act="sign") | wrong)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
    sign_in(client, make_member(held.issuer, "signer"))
    own = client.post(reverse("teach-endorsement-certificate", args=[held.issuer.slug]), written(held))
    assert list(own.context["form"].errors) == ["certificate"]
    assert client.get(path).status_code == 404  # not in another's name
    assert not Endorsement.objects.exists()


def test_the_city_endorses_by_its_approver(client: Client, held: Credential) -> None:
    sign_in(client, city_approver())
    path = reverse("city-endorsement-certificate")
    assert path in client.get(reverse("city-endorsements")).content.decode()
    assert client.post(path, written(held, act="sign")).status_code == 302
    made = Endorsement.objects.get()
    assert (made.endorser, made.credential) == (None, held)
    assert FR in client.get(reverse("city-endorsements")).content.decode()


def test_codes_are_not_tried_out_here(
    client: Client, employer: Issuer, held: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.Links.THROTTLE_RATES, "links", "3/min")
    limits.Links.cache.clear()
    sign_in(client, make_member(employer, "signer"))
    path = reverse("teach-endorsement-certificate", args=[employer.slug])
    tried = [client.post(path, written(held, certificate="ABCD-ABCD-ABCD")).status_code for _each in range(4)]
    assert tried == [422, 422, 422, 429]
