"""The demo city: whole, true to the register and verifiable in every status."""

import json
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.test import override_settings

from credentials import endorsing, endorsing_certificates, frameworks, paper, qr, reviewing
from credentials.models import Achievement, Credential, Endorsement, LocalMessage, Message, StatusChange
from issuers.models import Arrondissement, City, Issuer, IssuerKind, Membership, Publication, Role, Theme
from passport import filing
from passport.demo import data, elsewhere, people
from passport.models import Address, Entry, Import, Learner, Proposal
from tests.factories import key_room_open
from verify.verifier import verify_stored

from . import demo_badge

NOW = datetime(2026, 6, 16, 10, 0, tzinfo=UTC)
STATUSES = {"suspended": "suspended", "revoked": "revoked", "replaced": "replaced"}


@pytest.fixture(scope="module")
def seeded(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    """One demo city for this module, gone afterwards."""
    with (
        django_db_blocker.unblock(),
        key_room_open(tmp_path_factory.mktemp("keys")),
        transaction.atomic(),
    ):
        call_command("seed_demo", "--now", NOW.isoformat(), stdout=StringIO())
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def city(seeded: None, db: None) -> None:
    """Every test here stands in the demo city."""


def fatima() -> Learner:
    """The learner whose passport the demo opens."""
    return Learner.objects.get(addresses__value=people.FATIMA_PHONE, addresses__kind="phone")


def test_the_city_has_its_16_districts_and_is_marked_as_a_demo() -> None:
    assert Arrondissement.objects.count() == 16
    district = Arrondissement.objects.get(name_fr="Anfa")
    assert (district.population, district.population_15plus) == (66_202, 55_170)
    census = City.objects.get().census
    assert census["demo"] is True
    assert census["population_legal"] == 3_215_935
    assert sum(Arrondissement.objects.values_list("population", flat=True)) == 3_215_935
    assert "HCP" in census["source"]


def test_twelve_issuers_of_nine_kinds_were_approved_by_another_person() -> None:
    issuers = Issuer.objects.filter(state="active")
    assert issuers.count() == 12
    assert {issuer.kind for issuer in issuers} == set(IssuerKind.values)
    assert all(issuer.approved_by_id != issuer.proposed_by_id for issuer in issuers)
    assert Publication.objects.filter(name="keys").exists()


def test_thirty_published_courses_speak_both_languages() -> None:
    courses = Achievement.objects.filter(state="published")
    assert courses.count() == 30
    assert {course.theme for course in courses} == set(Theme.values)
    for course in courses:
        for field in ("title", "description", "criteria"):
            assert getattr(course, f"{field}_fr"), (course.code, field)
            assert getattr(course, f"{field}_ar"), (course.code, field)
        assert len(course.title_fr) <= 60
        assert len(course.criteria_fr) <= 280
        assert len(course.criteria_ar) <= 280
        assert bool(course.prerequisites_fr) == bool(course.prerequisites_ar)
        assert course.skills
        for skill in course.skills:
            assert all(skill[f"label_{code}"] for code in ("en", "fr", "ar"))
        for item in course.digcomp:
            assert item["code"] not in frameworks.digcomp_name(item, "ar")


def test_every_course_s_certificates_carry_the_eleven_european_elements() -> None:
    courses = Achievement.objects.filter(state="published")
    for course in courses:
        credential = Credential.objects.filter(achievement=course).first()
        assert credential, course.code
        document = payload(credential)
        subject, issuer = document["credentialSubject"], document["issuer"]
        achievement = subject["achievement"]
        levels = [a["targetCode"] for a in achievement["alignment"] if a["targetFramework"] == "CNC"]
        skills = {a["targetUrl"] for a in achievement["alignment"] if a["targetFramework"] == "ESCO"}
        assert credential.name_latin in [one["identityHash"] for one in subject["identifier"]]  # the learner
        assert achievement["name"] == course.title_fr  # the title
        assert issuer["address"]["addressCountryCode"] == "MA"  # the country
        assert issuer["name"] == achievement["creator"]["name"] == course.issuer.name_fr  # the awarding body
        assert document["awardedDate"].startswith(credential.awarded_on.isoformat())  # the date
        assert achievement["criteria"]["narrative"] == course.criteria_fr  # the outcomes
        assert skills == {skill["uri"] for skill in course.skills}
        assert achievement["volumeOfLearning"] == f"PT{course.hours}H"  # the workload
        assert levels == [str(course.cnc_level)]  # the level
        assert achievement["assessmentType"] == course.assessment_uri  # the assessment
        assert achievement["learningMode"] == course.mode_uri  # the form of participation
        assert achievement["qualityAssurance"]  # the quality assurance


def payload(credential: Credential) -> dict[str, Any]:
    """What is signed."""
    part = credential.jwt.split(".")[1]
    document: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return document


def test_one_course_waits_for_a_colleague_and_one_for_the_city() -> None:
    shown = Issuer.objects.filter(slug=next(p["slug"] for p in data.providers() if p["id"] == "P02"))
    assert len(reviewing.waiting(issuers=shown)) == 1
    assert len(reviewing.waiting(issuers=None)) == 1


def test_every_status_is_there() -> None:
    counted = Counter(Credential.objects.values_list("status", flat=True))
    assert (counted["revoked"], counted["suspended"], counted["replaced"]) == (5, 3, 3)
    assert StatusChange.objects.filter(act="reinstate").count() == 2
    assert Credential.objects.filter(status="active", valid_until__lt=NOW).count() >= 10


def test_the_last_year_has_its_classes_most_of_them_before_the_summer() -> None:
    last_year = Credential.objects.filter(awarded_on__gt=NOW.date() - timedelta(days=365))
    days = [(day.month, day.day) for day in last_year.values_list("awarded_on", flat=True)]
    peak = [day for day in days if (6, 1) <= day <= (7, 10)]
    assert 215 <= len(days) <= 260
    assert 0.25 <= len(peak) / len(days) <= 0.45  # 26 of these 40 days lie in the year that ends in June


def test_nobody_takes_a_course_twice_in_the_last_year() -> None:
    last_year = Credential.objects.filter(awarded_on__gt=NOW.date() - timedelta(days=365))
    taken = Counter(
        last_year.filter(entry__isnull=False)
        .exclude(status="replaced")
        .values_list("entry__learner", "achievement")
    )
    assert set(taken.values()) == {1}


def test_every_certificate_verifies_as_what_it_is() -> None:
    for credential in Credential.objects.select_related("issuer", "achievement"):
        lapsed = credential.valid_until is not None and credential.valid_until <= NOW
        expected = STATUSES.get(credential.status) or ("expired" if lapsed else "valid")
        report = verify_stored(credential=credential, now=NOW)
        assert report.verdict == expected, (credential.achievement.code, credential.issued_at, report.checks)


def test_every_printed_code_can_be_scanned() -> None:
    versions = {
        qr.qr_version(paper.qr_text(base_url=settings.BASE_URL, cose=bytes(cose)))
        for cose in Credential.objects.values_list("paper", flat=True)
    }
    assert max(versions) <= 13


def test_no_certificate_was_awarded_or_signed_after_now() -> None:
    assert not Credential.objects.filter(awarded_on__gt=NOW.date()).exists()
    assert not Credential.objects.filter(issued_at__gt=NOW).exists()
    assert not StatusChange.objects.filter(at__gt=NOW).exists()


def test_fatima_zahra_holds_certificates_of_several_providers_and_years() -> None:
    held = Credential.objects.filter(entry__learner=fatima())
    assert held.count() >= 7
    assert held.values("issuer").distinct().count() >= 4
    assert len({credential.awarded_on.year for credential in held}) >= 3
    assert held.filter(valid_until__lt=NOW).exists()
    assert held.filter(valid_until__range=(NOW, NOW + timedelta(days=30))).exists()
    assert held.filter(status="replaced").count() == 1
    assert held.get(status="replaced").replaced_by in held
    assert len(filing.open_proposals(learner=fatima())) == 1


def test_certificates_are_filed_asked_about_or_unclaimed() -> None:
    outcomes = Counter(Credential.objects.values_list("filing__outcome", flat=True))
    assert set(outcomes) == {"filed", "proposed", "unclaimed"}
    assert set(Entry.objects.values_list("how", flat=True)) == set(Entry.How.values)
    assert set(Proposal.objects.values_list("answer", flat=True)) == set(Proposal.Answer.values)


def test_nothing_was_filed_before_its_passport_was_opened() -> None:
    assert not Entry.objects.filter(filed_at__lt=F("learner__joined_at")).exists()
    assert not Entry.objects.filter(filed_at__lt=F("credential__issued_at")).exists()
    assert Entry.objects.filter(learner=fatima(), credential__issued_at__lt=F("learner__joined_at")).exists()


def test_nobody_gets_a_message_about_the_past() -> None:
    assert not Message.objects.exists()
    assert not LocalMessage.objects.exists()


def test_a_question_to_a_shared_phone_goes_to_the_whole_family() -> None:
    family = Learner.objects.filter(addresses__value=people.FAMILY_PHONE)
    assert family.count() == 3
    asked = Proposal.objects.filter(credential__address=people.FAMILY_PHONE)
    assert {proposal.learner for proposal in asked} == set(family)
    assert all(Entry.objects.filter(learner=learner).count() == 1 for learner in family)


def test_some_learners_have_no_address() -> None:
    learners = Learner.objects.filter(memberships__isnull=True)
    assert learners.count() >= 60
    assert learners.filter(addresses__isnull=True).count() >= 3
    assert not Address.objects.filter(kind="phone").exclude(value__regex=r"^\+21268[356]\d{6}$").exists()


def test_the_staff_who_sign_in_have_their_roles_and_a_second_factor() -> None:
    for account in (*people.PROVIDER_STAFF, *people.CITY_STAFF):
        person = Learner.objects.get(addresses__value=account.address)
        membership = Membership.objects.get(person=person)
        assert membership.role == account.role
        assert (membership.issuer is None) == (account.role in (Role.OFFICER, Role.APPROVER, Role.AUDITOR))
        assert Authenticator.objects.filter(user=person, type="totp").exists()


def test_the_table_of_sign_ins_names_everybody_and_the_outbox() -> None:
    printed = StringIO()
    call_command("demo_signins", stdout=printed)
    for account in (*people.LEARNER_ACCOUNTS, *people.PROVIDER_STAFF, *people.CITY_STAFF):
        assert account.address in printed.getvalue()
    assert "City approver" in printed.getvalue()
    assert f"{settings.BASE_URL}/outbox/" in printed.getvalue()
    assert "manage.py totp" in printed.getvalue()


def test_a_demo_account_shows_its_code_in_a_demo_alone() -> None:
    printed = StringIO()
    with override_settings(DEMO=True):
        call_command("totp", "signer@example.org", stdout=printed)
    assert len(printed.getvalue().strip()) == 6
    with override_settings(DEMO=True), pytest.raises(CommandError, match="Nobody"):
        call_command("totp", "nobody@example.org")
    with override_settings(DEMO=False), pytest.raises(CommandError, match="DEMO is off"):
        call_command("totp", "signer@example.org")


def test_a_second_run_says_that_the_city_is_here_and_changes_nothing() -> None:
    before = Credential.objects.count()
    printed, quiet = StringIO(), StringIO()
    call_command("seed_demo", stdout=printed)
    call_command("seed_demo", "--if-empty", stdout=quiet)
    assert "here already" in printed.getvalue()
    assert quiet.getvalue() == ""
    assert Credential.objects.count() == before


def test_every_file_has_its_source_in_the_readme() -> None:
    folder = Path(data.__file__).parent
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for file in (folder / "data").iterdir():
        assert f"data/{file.name}" in readme


def test_fatima_has_brought_a_badge_from_elsewhere_that_holds_and_is_no_certificate() -> None:
    brought = Import.objects.get(learner=fatima())
    assert (brought.state, brought.standing, brought.hers) == ("kept", "genuine", "address")
    assert brought.title == "العناية بالزبناء: الاستقبال والإصغاء"
    assert brought.issuer_name == "أكاديمية الضفتين"
    assert [skill["label_ar"] for skill in brought.skills] == ["خدمة الزبناء"]
    assert brought.raw.strip() == elsewhere.BADGE.read_text().strip() == demo_badge.text().strip()


def test_the_city_and_an_employer_endorse_the_provider_whose_staff_sign_in() -> None:
    of_city, of_employer = Endorsement.objects.filter(credential=None).order_by("endorsed_at")
    assert (of_city.endorser, of_city.achievement) == (None, None)
    assert of_employer.endorser is not None
    assert of_employer.endorser.kind == IssuerKind.COMPANY
    assert endorsing.shown_of_provider(of_city.owner) == [of_city]
    assert of_employer.achievement is not None
    assert endorsing.shown(achievement=of_employer.achievement) == [of_employer]


def test_an_employer_endorses_a_certificate_of_fatimas_and_she_shows_it() -> None:
    fatima = Learner.objects.get(addresses__value=people.FATIMA_PHONE)
    said = Endorsement.objects.get(credential__isnull=False)
    assert said.credential is not None
    assert Entry.objects.filter(learner=fatima, credential=said.credential).exists()
    assert endorsing_certificates.shown(ids=[said.credential.pk]) == [said]
    assert verify_stored(credential=said.credential, now=NOW).holds is True
