"""Endorsements: who may, what is signed, where it stands, how it ends."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from credentials import bitstring, endorsing, linkeddata, linting
from credentials.errors import (
    AlreadyEndorsed,
    BadAward,
    CannotEndorse,
    EndorsementWithdrawn,
    NotEndorsable,
)
from credentials.models import Achievement, Endorsement, EndorsementList
from issuers import jose, keys, orders, profiles, registry
from issuers.errors import NoKeyRoom
from issuers.models import AuditEvent, Issuer
from tests import standards
from tests.factories import (
    NOW,
    city_officer,
    key_room,
    make_achievement,
    make_issuer,
    publish_keys,
)
from verify.foreign import proofs
from verify.foreign.fetching import Fetched, FetchError

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db

FR, AR = "Nous recrutons volontiers ses diplômés.", "نوظف خريجيها بكل ثقة."


@pytest.fixture
def employer(key_room: Path) -> Issuer:
    found = make_issuer(name_fr="Atlas Relation Client", name_ar="أطلس لعلاقات الزبناء", kind="company")
    publish_keys()
    return found


@pytest.fixture
def course(key_room: Path) -> Achievement:
    return make_achievement(make_issuer())


def give(
    endorser: Issuer | None, course: Achievement | None = None, *, owner: Issuer | None = None, **rest: Any
) -> Endorsement:
    """An endorsement, signed unless the test has no key room."""
    details: dict[str, Any] = {"comment_fr": FR, "comment_ar": AR, "by": city_officer(), "now": NOW} | rest
    found = owner or (course.issuer if course else None)
    assert found is not None
    made = endorsing.endorse(endorser=endorser, owner=found, achievement=course, **details)
    orders.fulfil(now=NOW)
    made.refresh_from_db()
    return made


def served(client: Client, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, path
    document: dict[str, Any] = json.loads(answer.content)
    return document


# -- What is signed -------------------------------------------------------------------------------
@standards.needed
@pytest.mark.parametrize("by_city", [True, False])
def test_it_keeps_the_published_schema(employer: Issuer, course: Achievement, *, by_city: bool) -> None:
    made = give(None if by_city else employer, course)
    schema = json.loads((standards.SCHEMAS / "ob_v3p0_endorsementcredential_schema.json").read_text())
    jsonschema_rs.validator_for(schema).validate(json.loads(made.body))
    linkeddata.check(json.loads(made.body))


def test_it_says_who_what_and_why(employer: Issuer, course: Achievement) -> None:
    said = json.loads(give(employer, course).body)
    assert said["issuer"]["id"].endswith(f":issuers:{employer.slug}")
    assert said["credentialSubject"] == {
        "id": f"{settings.BASE_URL}/a/{course.pk}",
        "type": ["EndorsementSubject"],
        "endorsementComment": f"{FR}\n\n{AR}",
    }
    assert said["name"] == f"Recommandation : {course.title_fr}"


def test_the_city_signs_with_its_key_of_service(employer: Issuer) -> None:
    made = give(None, owner=employer)
    assert made.key is not None
    assert (made.key.issuer, made.key.purpose, made.key.algorithm) == (None, "service", "Ed25519")
    city = profiles.did_for_city(base_url=settings.BASE_URL)
    assert json.loads(made.body)["issuer"]["id"] == city


def test_the_web_signs_nothing(course: Achievement, employer: Issuer, settings: Any) -> None:
    settings.KEY_ENCRYPTION_KEY_FILE = ""
    made = endorsing.endorse(
        endorser=employer,
        owner=course.issuer,
        achievement=course,
        comment_fr=FR,
        comment_ar="",
        by=city_officer(),
        now=NOW,
    )
    assert (made.body, made.key) == ("", None)
    with pytest.raises(NoKeyRoom):
        endorsing.tend(now=NOW)


def test_what_nobody_ordered_is_signed_by_the_sweeper(employer: Issuer, course: Achievement) -> None:
    made = endorsing.endorse(
        endorser=employer,
        owner=course.issuer,
        achievement=course,
        comment_fr="",
        comment_ar=AR,
        by=city_officer(),
        now=NOW,
    )
    assert endorsing.tend(now=NOW) == 2  # and its list
    assert endorsing.tend(now=NOW) == 0
    made.refresh_from_db()
    assert json.loads(made.body)["name"] == f"تزكية: {course.title_ar}"


def test_it_is_signed_anew_when_its_key_was_compromised(employer: Issuer, course: Achievement) -> None:
    made = give(employer, course)
    assert made.key is not None
    keys.mark_compromised(key=made.key, by=city_officer(), now=NOW)
    assert endorsing.shown(achievement=course) == []
    later = NOW + timedelta(hours=1)
    keys.ensure_issuer_keys(issuer=employer, now=later)
    endorsing.tend(now=later + timedelta(hours=1))
    (again,) = endorsing.shown(achievement=course)
    assert again.key != made.key
    assert json.loads(again.body)["validFrom"] == json.loads(made.body)["validFrom"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"type": ["VerifiableCredential"]}, "an endorsement"),
        ({"credentialSubject": {"id": "x", "type": ["EndorsementSubject"]}}, "the members of an endorsement"),
        ({"name": " x"}, "text begins or ends with space"),
    ],
)
def test_what_is_no_endorsement_is_not_signed(
    employer: Issuer, course: Achievement, change: dict[str, Any], rule: str
) -> None:
    document = json.loads(give(employer, course).body) | change
    proof = document.pop("proof")[0]
    with pytest.raises(linting.LintError, match=rule):
        linting.lint_endorsement(document, proof, issuer_id=employer.pk)


def test_nobody_signs_for_herself(employer: Issuer, course: Achievement) -> None:
    document = json.loads(give(employer, course).body)
    document["credentialSubject"]["id"] = document["issuer"]["id"]
    proof = document.pop("proof")[0]
    with pytest.raises(linting.LintError, match="somebody else"):
        linting.lint_endorsement(document, proof, issuer_id=employer.pk)


# -- Who may --------------------------------------------------------------------------------------
def test_nobody_endorses_herself(employer: Issuer) -> None:
    for thing in (make_achievement(employer), None):
        with pytest.raises(NotEndorsable):
            give(employer, thing, owner=employer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Endorsement.objects.create(
            endorser=employer, owner=employer, comment_fr=FR, slot=1, by=city_officer(), endorsed_at=NOW
        )


def test_each_endorses_a_thing_once_until_it_is_withdrawn(employer: Issuer, course: Achievement) -> None:
    for endorser in (employer, None):
        for thing in (course, None):
            made = give(endorser, thing, owner=course.issuer)
            with pytest.raises(AlreadyEndorsed):
                give(endorser, thing, owner=course.issuer)
            endorsing.withdraw(endorsement=made, by=city_officer(), now=NOW)
            assert give(endorser, thing, owner=course.issuer).pk != made.pk


def test_only_what_is_published_is_endorsed(employer: Issuer) -> None:
    other = make_issuer()
    for state in ("draft", "withdrawn"):
        with pytest.raises(NotEndorsable):
            give(employer, make_achievement(other, state=state))
    with pytest.raises(NotEndorsable):
        give(employer, make_achievement(make_issuer()), owner=other)
    registry.suspend_issuer(issuer=other, reason="Contrôle", by=city_officer(), now=NOW)
    other.refresh_from_db()
    with pytest.raises(NotEndorsable):
        give(employer, owner=other)


def test_a_suspended_provider_does_not_endorse_and_its_word_is_not_shown(
    employer: Issuer, course: Achievement
) -> None:
    give(employer, course)
    registry.suspend_issuer(issuer=employer, reason="Contrôle", by=city_officer(), now=NOW)
    employer.refresh_from_db()
    assert endorsing.shown(achievement=course) == []
    with pytest.raises(CannotEndorse):
        give(employer, owner=course.issuer)


@pytest.mark.parametrize("comment", ["", "   ", "x" * 501])
def test_it_says_something_and_not_too_much(employer: Issuer, course: Achievement, comment: str) -> None:
    with pytest.raises(BadAward):
        give(employer, course, comment_fr=comment, comment_ar="")


def test_texts_are_plain(employer: Issuer, course: Achievement) -> None:
    made = give(employer, course, comment_fr=" Bon\u202e \n cours\x00 ", comment_ar="")
    assert made.comment_fr == "Bon cours"


# -- Where it stands ------------------------------------------------------------------------------
def test_a_course_and_a_provider_carry_what_is_said_for_them(
    client: Client, employer: Issuer, course: Achievement
) -> None:
    plain = served(client, f"/a/{course.pk}.json"), served(client, f"/issuers/{course.issuer.slug}.json")
    assert not any("endorsement" in each for each in plain)
    of_course, of_provider = give(employer, course), give(None, owner=course.issuer)
    carried = served(client, f"/a/{course.pk}.json")
    assert carried["endorsement"] == [json.loads(of_course.body)]
    profile = served(client, f"/issuers/{course.issuer.slug}.json")
    assert profile["endorsement"] == [json.loads(of_provider.body)]
    for document in (carried, profile):
        linkeddata.check(document)


@standards.needed
def test_what_carries_it_keeps_the_published_schemas(
    client: Client, employer: Issuer, course: Achievement
) -> None:
    give(employer, course)
    give(None, owner=course.issuer)
    path = standards.SCHEMAS / "ob_v3p0_achievementcredential_schema.strict-arrays.json"
    whole = json.loads(path.read_text())
    for place, name in (
        (f"/a/{course.pk}.json", "Achievement"),
        (f"/issuers/{course.issuer.slug}.json", "Profile"),
    ):
        schema = {"$schema": whole["$schema"], "$defs": whole["$defs"], "$ref": f"#/$defs/{name}"}
        jsonschema_rs.validator_for(schema).validate(served(client, place))


def test_pages_say_by_whom_and_link_to_what_was_signed(
    client: Client, employer: Issuer, course: Achievement
) -> None:
    of_course, of_provider = give(employer, course), give(None, owner=course.issuer)
    for path, made in ((f"/a/{course.pk}", of_course), (f"/issuers/{course.issuer.slug}", of_provider)):
        page = client.get(path, headers={"Accept": "text/html"}).content.decode()
        assert FR in page
        assert f"/e/{made.pk}" in page


def test_it_lies_at_its_own_address(client: Client, employer: Issuer, course: Achievement) -> None:
    made = give(employer, course)
    document = json.loads(made.body)
    assert document["id"].removeprefix(settings.BASE_URL) == f"/e/{made.pk}"
    answer = client.get(f"/e/{made.pk}")
    assert answer["Content-Type"] == "application/vc+ld+json"
    assert json.loads(answer.content) == document
    assert client.get("/e/" + "x" * 22).status_code == 404


# -- How it ends ----------------------------------------------------------------------------------
def test_whoever_is_endorsed_may_refuse_to_show_it(
    client: Client, employer: Issuer, course: Achievement
) -> None:
    made = give(employer, course)
    endorsing.refuse(endorsement=made, by=city_officer(), now=NOW)
    assert "endorsement" not in served(client, f"/a/{course.pk}.json")
    assert client.get(f"/e/{made.pk}").status_code == 200  # it is still the endorser's word
    endorsing.show(endorsement=made, by=city_officer(), now=NOW)
    assert "endorsement" in served(client, f"/a/{course.pk}.json")


@pytest.mark.parametrize("by_city", [True, False])
def test_a_withdrawn_one_vanishes_and_its_list_says_so(
    client: Client, employer: Issuer, course: Achievement, *, by_city: bool
) -> None:
    endorser = None if by_city else employer
    made = give(endorser, course)
    entry = json.loads(made.body)["credentialStatus"]
    path = entry["statusListCredential"].removeprefix(settings.BASE_URL)
    now = timezone.now()  # by which the page goes
    endorsing.tend(now=now)
    assert made.slot not in _set_in(client, path)
    endorsing.withdraw(endorsement=made, by=city_officer(), now=now)
    orders.fulfil(now=now)
    assert made.slot in _set_in(client, path)
    assert "endorsement" not in served(client, f"/a/{course.pk}.json")
    assert client.get(f"/e/{made.pk}").status_code == 410
    with pytest.raises(EndorsementWithdrawn):
        endorsing.withdraw(endorsement=made, by=city_officer(), now=NOW)


def _set_in(client: Client, path: str) -> list[int]:
    encoded = served(client, path)["credentialSubject"]["encodedList"]
    return bitstring.set_places(bitstring.decode(jose.unb64(encoded.removeprefix("u"))))


def test_whoever_never_endorsed_has_no_list(client: Client, employer: Issuer) -> None:
    assert client.get(f"/e/status/{employer.slug}").status_code == 404
    assert client.get("/e/status").status_code == 404


def test_a_list_that_was_signed_before_a_withdrawal_is_not_fresh(
    employer: Issuer, course: Achievement
) -> None:
    made = give(employer, course)
    endorsing.tend(now=NOW)
    before = EndorsementList.objects.get(endorser=employer)
    assert endorsing.tend(now=NOW) == 0
    endorsing.withdraw(endorsement=made, by=city_officer(), now=NOW)
    assert endorsing.tend(now=NOW) == 1
    assert EndorsementList.objects.get(endorser=employer).body != before.body
    assert endorsing.tend(now=NOW + timedelta(hours=13)) == 1  # half a day later it is stale


def test_every_act_is_in_the_audit_log_without_words(employer: Issuer, course: Achievement) -> None:
    made = give(employer, course)
    endorsing.refuse(endorsement=made, by=city_officer(), now=NOW)
    endorsing.refuse(endorsement=made, by=city_officer(), now=NOW)  # said once
    endorsing.show(endorsement=made, by=city_officer(), now=NOW)
    endorsing.withdraw(endorsement=made, by=city_officer(), now=NOW)
    events = AuditEvent.objects.filter(about=made.pk).order_by("id")
    assert [each.event.removeprefix("endorsement-") for each in events] == [
        *("given", "refused", "shown", "withdrawn")
    ]
    assert all(
        json.loads(each.detail) == {"achievement": course.pk, "owner": course.issuer_id} for each in events
    )


# -- A verifier of elsewhere ----------------------------------------------------------------------
@pytest.mark.parametrize("by_city", [True, False])
def test_a_verifier_of_elsewhere_takes_it_by_our_documents_alone(
    client: Client, employer: Issuer, course: Achievement, *, by_city: bool
) -> None:
    document = json.loads(give(None if by_city else employer, course).body)

    def fetch(url: str) -> Fetched:
        answer = client.get(url.removeprefix(settings.BASE_URL))
        if answer.status_code != 200:
            raise FetchError("http-error")
        return Fetched(url=url, body=answer.content, content_type=answer["Content-Type"])

    (proved,) = proofs.verify_document(document, fetch=fetch, now=NOW)
    assert proved.controller == document["issuer"]["id"]
    document["credentialSubject"]["endorsementComment"] += "!"
    with pytest.raises(proofs.ProofError, match="proof-tampered"):
        proofs.verify_document(document, fetch=fetch, now=NOW)
