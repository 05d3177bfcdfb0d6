"""Endorsements within documents: each by its own signature, and a broken one spoils nothing else."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from credentials import endorsing, securing
from credentials.models import Achievement, Endorsement, SecuredDocument
from issuers import keys, orders, profiles, registry
from issuers.models import Issuer
from tests.factories import (
    NOW,
    city_officer,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    publish_keys,
)
from verify import presenting, verifier
from verify.foreign import endorsements
from verify.foreign.examining import examine
from verify.foreign.fetching import NO_FETCH
from verify.foreign.report import Endorsed, ForeignReport
from verify.report import Reason, Verdict

from .signers import DID, ED25519, OTHER, P256, badge, claims, did_key, signed, token

__all__ = ["key_room"]
SOON = NOW + timedelta(minutes=5)
FRIEND = did_key(OTHER)


def endorsement(subject: str = DID, *, issuer: str = FRIEND, **changes: Any) -> dict[str, Any]:
    """What a friend says of the issuer, unless told otherwise; not signed yet."""
    return {
        "@context": badge()["@context"],
        "id": "urn:uuid:7d2c2c8b-3c0f-4c55-8f0b-4c6f6a9f9f33",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Recommandation",
        "issuer": {"id": issuer, "type": ["Profile"], "name": "Académie amie"},
        "validFrom": "2024-05-01T10:00:00Z",
        "credentialSubject": {
            "id": subject,
            "type": ["EndorsementSubject"],
            "endorsementComment": "De bons enseignants.",
        },
        **changes,
    }


def with_endorsements(*given: Any, about: str = "issuer") -> dict[str, Any]:
    """The badge of elsewhere with these within, signed as a whole."""
    document = badge()
    thing = {
        "issuer": document["issuer"],
        "achievement": document["credentialSubject"]["achievement"],
        "credential": document,
    }[about]
    thing["endorsement"] = list(given)
    return signed(document)


def found(document: Any, **given: Any) -> ForeignReport:
    return examine(data=json.dumps(document), now=SOON, fetch=NO_FETCH, **given)


def only(document: Any, **given: Any) -> Endorsed:
    (one,) = found(document, **given).endorsements
    return one


# -- Of elsewhere ---------------------------------------------------------------------------------
@pytest.mark.parametrize("about", ["credential", "achievement", "issuer"])
def test_a_genuine_one_says_who_and_why(about: str) -> None:
    subject = {
        "credential": badge()["id"],
        "achievement": badge()["credentialSubject"]["achievement"]["id"],
        "issuer": DID,
    }[about]
    document = with_endorsements(signed(endorsement(subject), key=OTHER), about=about)
    one = only(document)
    assert (one.about, one.code, one.holds, one.known) == (about, "passed", True, False)
    assert (one.endorser_id, one.endorser_name) == (FRIEND, "Académie amie")
    assert one.comment == "De bons enseignants."
    assert found(document).holds is True


def tampered() -> dict[str, Any]:
    return signed(endorsement(), key=OTHER) | {"name": "Une autre"}


def of_another() -> dict[str, Any]:
    return signed(endorsement("did:example:another"), key=OTHER)


def by_a_stranger() -> dict[str, Any]:
    return signed(endorsement(issuer="did:example:known"), key=OTHER)


def expired() -> dict[str, Any]:
    return signed(endorsement(validUntil="2024-06-01T00:00:00Z"), key=OTHER)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (tampered, "proof-tampered"),
        (of_another, "endorsement-subject"),
        (by_a_stranger, "issuer-not-controller"),
        (expired, "expired"),
        (endorsement, "proof-missing"),
    ],
)
def test_a_broken_one_is_named_and_the_document_holds(broken: Any, code: str) -> None:
    document = with_endorsements(broken(), signed(endorsement(), key=OTHER))
    report = found(document)
    first, second = report.endorsements
    assert (first.code, first.holds) == (code, False)
    assert (first.endorser_name, first.comment) == ("", "")  # what is not proved is not repeated
    assert second.holds is True
    assert report.holds is True


def test_what_is_no_endorsement_is_named() -> None:
    for given in ("a.b", {"id": "x"}, ["x"], signed(badge(FRIEND), key=OTHER)):
        (first, *_) = endorsements.check(
            {"id": "urn:x", "endorsement": [given]}, examine=lambda form: found(form.document)
        )
        assert (first.code, first.holds) == ("endorsement-form", False)


def test_many_are_counted_and_not_looked_at() -> None:
    asked: list[Any] = []
    given = [endorsement()] * 50

    def count(form: Any) -> ForeignReport:
        asked.append(form)
        return found(form.document)

    several = endorsements.check({"id": DID, "endorsement": given}, examine=count)
    assert (len(several), len(asked)) == (endorsements.MOST + 1, endorsements.MOST)
    assert (several[-1].code, several[-1].holds) == ("endorsement-many", None)


def test_nobody_looks_at_them_where_the_document_is_not_proved() -> None:
    document = with_endorsements(signed(endorsement(), key=OTHER)) | {"name": "x"}
    assert found(document).endorsements == ()


def test_what_endorses_an_endorsement_is_not_looked_at() -> None:
    inner = endorsement()
    inner["issuer"]["endorsement"] = [signed(endorsement(FRIEND, issuer=DID), key=ED25519)]
    (one,) = found(with_endorsements(signed(inner, key=OTHER))).endorsements
    assert one.holds is True


# -- In the name of this city ---------------------------------------------------------------------
@pytest.fixture
def employer(db: None, key_room: Path) -> Issuer:
    made = make_issuer(name_fr="Atlas Relation Client", kind="company")
    publish_keys()
    return made


@pytest.fixture
def course(employer: Issuer) -> Achievement:
    return make_achievement(make_issuer())


def given(endorser: Issuer | None, course: Achievement | None, owner: Issuer) -> Endorsement:
    made = endorsing.endorse(
        endorser=endorser,
        owner=owner,
        achievement=course,
        comment_fr="Nous recrutons ses diplômés.",
        comment_ar="",
        by=city_officer(),
        now=NOW,
    )
    orders.fulfil(now=NOW)
    made.refresh_from_db()
    return made


def handed_over(ours: Endorsement, course: Achievement) -> dict[str, Any]:
    """What the verifier says of ours within a badge of elsewhere of the same course."""
    document = badge()
    about = json.loads(ours.body)["credentialSubject"]["id"]
    document["credentialSubject"]["achievement"] |= {"id": about, "endorsement": [json.loads(ours.body)]}
    report = verifier.verify(source=json.dumps(signed(document)), now=SOON, door="api", fetch=_nobody)
    assert report.foreign is not None
    assert report.foreign["holds"] is True
    (one,) = report.foreign["endorsements"]
    return dict(one)


def _nobody(url: str) -> Any:
    raise AssertionError(url)


def test_ours_within_another_is_judged_by_the_register(employer: Issuer, course: Achievement) -> None:
    one = handed_over(given(employer, course, course.issuer), course)
    assert (one["code"], one["holds"], one["known"]) == ("passed", True, True)
    assert one["endorser"]["name"] == "Atlas Relation Client"
    assert one["sentence"]
    city = handed_over(given(None, course, course.issuer), course)
    assert (city["holds"], city["endorser"]["name"]) == (True, "Casablanca")


def test_a_withdrawn_one_of_ours_is_named(employer: Issuer, course: Achievement) -> None:
    ours = given(employer, course, course.issuer)
    endorsing.withdraw(endorsement=ours, by=city_officer(), now=NOW)
    assert handed_over(ours, course)["code"] == "status-revoked"


def test_what_this_city_never_gave_is_named(employer: Issuer, course: Achievement) -> None:
    ours = given(employer, course, course.issuer)
    changed = json.loads(ours.body) | {"name": "Autre chose"}
    ours.body = json.dumps(changed)
    assert handed_over(ours, course)["code"] == "proof-tampered"
    other = given(None, course, course.issuer)
    Endorsement.objects.filter(pk=other.pk).delete()
    assert handed_over(other, course)["code"] == "endorsement-unknown"


def test_a_token_in_the_name_of_this_city_asks_nobody(employer: Issuer) -> None:
    did = profiles.did_for_city(base_url=settings.BASE_URL)
    document = badge()
    said = token(claims(endorsement(issuer=did)), key=P256, alg="ES256", kid=f"{did}#key-1")
    document["issuer"]["endorsementJwt"] = [said]
    report = verifier.verify(source=json.dumps(signed(document)), now=SOON, door="api", fetch=_nobody)
    assert report.foreign is not None
    (one,) = report.foreign["endorsements"]
    assert (one["code"], one["holds"]) == ("endorsement-unknown", False)


def test_a_compromised_key_and_a_suspended_endorser_count_for_nothing(
    employer: Issuer, course: Achievement
) -> None:
    ours, other = given(employer, course, course.issuer), make_issuer()
    theirs = given(other, course, course.issuer)
    registry.suspend_issuer(issuer=other, reason="Contrôle", by=city_officer(), now=NOW)
    assert handed_over(theirs, course)["code"] == "endorsement-not-active"
    assert ours.key is not None
    keys.mark_compromised(key=ours.key, by=city_officer(), now=NOW)
    assert handed_over(ours, course)["code"] == "method-revoked"


def test_an_endorsement_of_ours_is_no_certificate(employer: Issuer, course: Achievement) -> None:
    ours = given(employer, course, course.issuer)
    report = verifier.verify(source=ours.body, now=SOON, door="api", fetch=_nobody)
    assert report.reason is Reason.MALFORMED


def test_a_certificate_shows_who_endorses_its_course_and_its_provider(
    employer: Issuer, course: Achievement
) -> None:
    of_course, of_provider = given(employer, course, course.issuer), given(None, None, course.issuer)
    credential = make_credential(course)
    report = verifier.verify_stored(credential=credential, now=SOON)
    assert report.verdict is Verdict.VALID
    assert presenting.context(report)["endorsements"] == [of_course, of_provider]
    assert presenting.context(report.conceal())["endorsements"] == []
    securing.secure_new(now=SOON, within=None)
    body = SecuredDocument.objects.get(credential=credential).body
    assert "endorsement" not in body  # a certificate outlives what others think of its course
