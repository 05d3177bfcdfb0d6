"""Importing: kept once and exactly, if it is what its issuer signed and hers; else answered, with a way."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from credentials import securing
from credentials.models import SecuredDocument
from credentials.people import Person
from issuers import profiles
from passport import (
    accounts,
    filing,
    import_looking,
    import_queue,
    importing,
    life,
    retention,
    sharing,
    skills,
)
from passport.errors import (
    BroughtTooLarge,
    NothingBrought,
    NotYourPassport,
    StillLooking,
    TooManyImports,
)
from passport.importing import Answer
from passport.models import Entry, Import, Learner
from tests.factories import (
    NOW,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    publish_keys,
)
from tests.verify.foreign.signers import ED25519, OTHER, controller, did_key, jwk, method_of, token
from verify.foreign.fetching import Fetched, FetchError

from .elsewhere import EMAIL, PHONE, as_file, bring, given_to, hers, hosts, identity, signed

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
GALLERY = sorted(
    path for path in (Path(__file__).parents[1] / "gallery").iterdir() if path.suffix not in (".py", "")
)
SEWING = "http://data.europa.eu/esco/skill/0d207bf2-b0dd-4a36-933f-d2cd3da2933d"


@pytest.fixture
def fatima() -> Learner:
    learner = make_learner()
    accounts.prove(learner=learner, kind="email", value=EMAIL, now=NOW)
    accounts.prove(learner=learner, kind="phone", value=PHONE, now=NOW)
    return learner


# -- Kept -----------------------------------------------------------------------------------------
def test_what_is_hers_is_kept_exactly_with_its_report(fatima: Learner) -> None:
    file = hers()
    made = bring(fatima, file, now=NOW)
    assert (made.state, made.standing, made.hers) == ("kept", "genuine", "address")
    assert json.loads(made.raw) == json.loads(file)
    assert (made.content, made.wanted_at) == (None, None)
    assert made.title == "مبادئ الترجمة"
    assert made.issuer_name == "Université d'Ailleurs"
    assert made.issuer_id == did_key(ED25519)
    assert str(made.happened_on) == "2024-05-02"
    assert made.checked_at == made.genuine_at == NOW
    assert made.report is not None
    assert [each["step"] for each in made.report["findings"]] == [
        *("form", "schema", "proof", "issuerBinding", "validity", "status")
    ]
    assert {each["outcome"] for each in made.report["findings"]} == {"passed"}


def test_handing_over_reads_nothing_and_waits_for_a_worker(fatima: Learner) -> None:
    made = importing.bring(learner=fatima, data=b"\xff whatever it is", now=NOW)
    assert (made.state, made.looking) == ("looking", True)
    assert bytes(made.content or b"") == b"\xff whatever it is"
    assert life.of(learner=fatima, today=NOW.date()).lines == []


def test_by_name_alone_is_marked_so(fatima: Learner) -> None:
    named = given_to(identity("FATIMA ZAHRA EL-IDRISSI", kind="name"))
    made = bring(fatima, as_file(signed(named)), now=NOW)
    assert (made.state, made.hers, made.names) == ("kept", "name", ["FATIMA ZAHRA EL-IDRISSI"])


def test_an_expired_one_is_kept_for_what_it_is(fatima: Learner) -> None:
    made = bring(fatima, hers(validUntil="2025-05-02T10:00:00Z"), now=NOW)
    assert (made.state, made.standing, made.genuine_at) == ("kept", "expired", None)


def test_one_that_expires_later_is_expired_then_without_another_check(fatima: Learner) -> None:
    made = bring(fatima, hers(validUntil="2027-05-02T10:00:00Z"), now=NOW)
    assert made.standing_at(NOW) == "genuine"
    assert made.standing_at(NOW + timedelta(days=365)) == "expired"


def test_one_that_begins_later_is_not_valid_yet(fatima: Learner) -> None:
    made = bring(fatima, hers(validFrom="2027-05-02T10:00:00Z"), now=NOW)
    assert (made.state, made.standing) == ("kept", "not-yet-valid")


def test_a_link_leads_to_what_lies_there(fatima: Learner) -> None:
    url = "https://ailleurs.example/badges/1.json"
    made = bring(fatima, f" {url}\n", now=NOW, fetch=hosts({url: hers()}))
    assert (made.state, made.standing) == ("kept", "genuine")
    assert json.loads(made.raw)["name"] == "مبادئ الترجمة"


def test_a_token_with_a_key_of_its_issuers_site_is_kept(fatima: Learner) -> None:
    did = "did:web:ailleurs.example"
    document = given_to(identity(EMAIL, hashed=True), issuer=did)
    claims = {**document, "iss": did, "jti": document["id"], "nbf": 1714644000}
    claims["sub"] = document["credentialSubject"]["id"]
    text = token(claims, key=OTHER, alg="EdDSA", kid=f"{did}#key-1")
    pages = hosts({"https://ailleurs.example/.well-known/did.json": controller(did, OTHER)})
    made = bring(fatima, text, now=NOW, fetch=pages)
    assert (made.state, made.standing, made.securing, made.raw) == ("kept", "genuine", "vc-jwt", text)


def test_skills_that_it_names_stand_apart_and_count_for_no_certificate(fatima: Learner) -> None:
    achievement = {**given_to()["credentialSubject"]["achievement"]}
    achievement["alignment"] = [{"type": ["Alignment"], "targetName": "Coudre", "targetUrl": SEWING}]
    made = bring(fatima, hers(subject={"achievement": achievement}), now=NOW)
    assert [skill["uri"] for skill in made.skills] == [SEWING]
    picture = skills.of(learner=fatima, now=NOW)
    assert [one.term.code for one in picture.imported] == [SEWING]
    assert (picture.tiles, picture.declared) == ([], [])
    Import.objects.update(standing="revoked")
    assert skills.of(learner=fatima, now=NOW).imported == []


# -- Once -----------------------------------------------------------------------------------------
def test_the_same_again_is_kept_once_and_leads_to_it(fatima: Learner) -> None:
    first = bring(fatima, hers(), now=NOW)
    again = bring(fatima, hers(), now=NOW + timedelta(hours=1))
    assert (again.answer, again.leads_to) == (Answer.KNOWN, first)
    first.refresh_from_db()
    assert first.checked_at == NOW + timedelta(hours=1)
    assert Import.objects.filter(state="kept").count() == 1


def test_a_newer_one_of_the_same_id_takes_its_place_and_an_older_one_does_not(fatima: Learner) -> None:
    first = bring(fatima, hers(), now=NOW)
    newer = bring(fatima, hers(validFrom="2025-05-02T10:00:00Z"), now=NOW)
    first.refresh_from_db()
    assert (newer.answer, newer.leads_to) == (Answer.RENEWED, first)
    assert "2025-05-02" in first.raw
    older = bring(fatima, hers(), now=NOW)
    first.refresh_from_db()
    assert (older.answer, "2025-05-02" in first.raw) == (Answer.KNOWN, True)


def test_an_id_is_the_same_however_it_is_encoded(fatima: Learner) -> None:
    bring(fatima, hers(id="https://ailleurs.example/badges/n%C2%B01"), now=NOW)
    again = bring(fatima, hers(id="https://ailleurs.example/badges/n%c2%b01"), now=NOW)
    assert again.answer == Answer.KNOWN


def test_the_same_id_of_another_issuer_is_another(fatima: Learner) -> None:
    bring(fatima, hers(), now=NOW)
    other = given_to(identity(EMAIL, hashed=True), issuer=did_key(OTHER))
    bring(fatima, as_file(signed(other, key=OTHER)), now=NOW)
    assert Import.objects.filter(state="kept").count() == 2


def test_the_database_keeps_one_of_a_key(fatima: Learner) -> None:
    made = bring(fatima, hers(), now=NOW)
    made.pk, made._state.adding = "another", True
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save(force_insert=True)


# -- Answered -------------------------------------------------------------------------------------
def test_one_changed_byte_is_refused_by_its_name(fatima: Learner) -> None:
    made = bring(fatima, hers().replace(b"Traduire un", b"Traduire en"), now=NOW)
    assert (made.state, made.answer, made.finding) == ("answered", Answer.BROKEN, "proof-tampered")
    assert made.content is None


def test_another_key_than_the_issuers_is_refused(fatima: Learner) -> None:
    document = given_to(identity(EMAIL, hashed=True))
    forged = signed(document, key=OTHER, method=method_of(did_key(OTHER)))
    made = bring(fatima, as_file(forged), now=NOW)
    assert (made.answer, made.finding) == (Answer.BROKEN, "issuer-not-controller")


def test_an_unsigned_one_is_refused(fatima: Learner) -> None:
    made = bring(fatima, as_file(given_to(identity(EMAIL, hashed=True))), now=NOW)
    assert (made.answer, made.finding) == (Answer.BROKEN, "proof-missing")


def test_an_address_that_is_not_hers_waits_for_its_proof(fatima: Learner) -> None:
    file = as_file(signed(given_to(identity("zahra@work.example", hashed=True))))
    made = bring(fatima, file, now=NOW)
    assert (made.answer, bytes(made.content or b"")) == (Answer.OTHER_ADDRESS, file)
    accounts.prove(learner=fatima, kind="email", value="zahra@work.example", now=NOW)
    importing.look_again(brought=made, now=NOW)
    import_queue.look_at_waiting(now=NOW, fetch=hosts({}))
    made.refresh_from_db()
    assert (made.state, made.hers) == ("kept", "address")


@pytest.mark.parametrize(
    ("identifiers", "word"),
    [
        ([identity("Khadija Amrani", kind="name")], Answer.OTHER_NAME),
        ([], Answer.NOBODY),
        ([identity("BE123456", kind="nationalIdentityNumber")], Answer.NATIONAL_NUMBER),
    ],
)
def test_what_is_not_hers_says_why(fatima: Learner, identifiers: list[Any], word: Answer) -> None:
    made = bring(fatima, as_file(signed(given_to(*identifiers))), now=NOW)
    assert (made.state, made.answer, made.raw) == ("answered", word, "")


def test_a_national_number_is_not_even_kept_as_it_was_brought(fatima: Learner) -> None:
    file = as_file(signed(given_to(identity("BE123456", kind="nationalIdentityNumber"))))
    assert bring(fatima, file, now=NOW).content is None


def silent(url: str) -> Fetched:
    raise FetchError("too-slow")


def test_a_site_that_does_not_answer_is_asked_again_when_she_says_so(fatima: Learner) -> None:
    did = "did:web:ailleurs.example"
    document = given_to(identity(EMAIL, hashed=True), issuer=did)
    file = as_file(signed(document, key=OTHER, method=f"{did}#key-1"))
    made = bring(fatima, file, now=NOW, fetch=silent)
    assert (made.answer, made.finding) == (Answer.UNCHECKABLE, "method-unreachable")
    importing.look_again(brought=made, now=NOW)
    pages = hosts({"https://ailleurs.example/.well-known/did.json": controller(did, OTHER)})
    import_queue.look_at_waiting(now=NOW, fetch=pages)
    made.refresh_from_db()
    assert (made.state, made.standing) == ("kept", "genuine")


def test_a_link_that_leads_nowhere_may_be_tried_again(fatima: Learner) -> None:
    made = bring(fatima, "https://ailleurs.example/badge", now=NOW, fetch=silent)
    assert (made.answer, made.content is None) == (Answer.UNCHECKABLE, False)


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.name)
def test_no_hostile_file_is_kept_or_stops_the_queue(fatima: Learner, path: Path) -> None:
    made = importing.bring(learner=fatima, data=path.read_bytes() or b" x", now=NOW)
    import_queue.look_at_waiting(now=NOW, fetch=silent)
    made.refresh_from_db()
    assert made.state == "answered"
    assert made.answer in (Answer.UNREADABLE, Answer.BROKEN, Answer.UNCHECKABLE, Answer.CITY_UNKNOWN)


# -- Again ----------------------------------------------------------------------------------------
def test_a_check_again_finds_what_became_of_it_and_keeps_when_it_was_genuine(fatima: Learner) -> None:
    did = "did:web:ailleurs.example"
    document = given_to(identity(EMAIL, hashed=True), issuer=did)
    file = as_file(signed(document, key=OTHER, method=f"{did}#key-1"))
    pages = {"https://ailleurs.example/.well-known/did.json": controller(did, OTHER)}
    made = bring(fatima, file, now=NOW, fetch=hosts(pages))
    later = NOW + timedelta(days=30)
    importing.look_again(brought=made, now=later)
    made.refresh_from_db()
    assert (made.state, made.looking) == ("kept", True)
    import_queue.look_at_waiting(now=later, fetch=silent)
    made.refresh_from_db()
    assert (made.standing, made.checked_at, made.genuine_at) == ("unchecked", later, NOW)
    pages["https://ailleurs.example/.well-known/did.json"] = controller(did, ED25519)
    importing.look_again(brought=made, now=later)
    import_queue.look_at_waiting(now=later, fetch=hosts(pages))
    made.refresh_from_db()
    assert (made.state, made.standing) == ("kept", "broken")
    assert jwk(OTHER) != jwk(ED25519)


# -- The city's own -------------------------------------------------------------------------------
@pytest.fixture
def certificate(key_room: Any, fatima: Learner) -> Any:
    """A certificate of the city for her, not filed yet."""
    issuer = make_issuer(now=NOW)
    publish_keys(now=NOW)
    course = make_achievement(issuer)
    person = Person(
        name_latin=fatima.name_latin, name_arabic=fatima.name_arabic, address_kind="phone", address=PHONE
    )
    return make_credential(course, person, now=NOW)


def test_a_certificate_of_the_city_is_filed_as_all_are_and_never_kept_twice(
    fatima: Learner, certificate: Any
) -> None:
    securing.secure_new(now=NOW, within=None)
    document = SecuredDocument.objects.get(credential=certificate).body.encode()
    forms: list[bytes | str] = [
        certificate.jwt,
        certificate.short_code,
        f"{settings.BASE_URL}/c/{certificate.pk}",
        document,
    ]
    for form in forms:
        made = bring(fatima, form, now=NOW)
        assert (made.answer, made.certificate_id) == (Answer.CITY_HERE, certificate.pk)
    assert Entry.objects.get(credential=certificate).learner == fatima
    assert not Import.objects.filter(state="kept").exists()


def test_a_record_of_the_city_files_what_of_it_is_hers_and_is_not_kept(
    fatima: Learner, certificate: Any
) -> None:
    stranger = make_learner(name_latin="Khadija Amrani", name_arabic="")
    city = profiles.did_for_city(base_url=settings.BASE_URL)
    inner = {"type": ["VerifiableCredential"], "id": f"{settings.BASE_URL}/c/{certificate.pk}"}
    record = {
        "type": ["VerifiableCredential", "ClrCredential"],
        "issuer": {"id": city},
        "credentialSubject": {"verifiableCredential": [inner]},
        "proof": [{"type": "DataIntegrityProof"}],
    }
    assert bring(stranger, as_file(record), now=NOW).answer == Answer.CITY_RECORD
    assert bring(fatima, as_file(record), now=NOW).answer == Answer.CITY_RECORD
    assert Entry.objects.get().learner == fatima
    assert not Import.objects.filter(state="kept").exists()


def test_what_is_in_another_passport_stays_there(fatima: Learner, certificate: Any) -> None:
    filing.consider_unfiled(now=NOW)
    stranger = make_learner(name_latin="Khadija Amrani", name_arabic="")
    made = bring(stranger, certificate.jwt, now=NOW)
    assert (made.answer, made.certificate_id) == (Answer.CITY_ELSEWHERE, "")
    assert Entry.objects.get(credential=certificate).learner == fatima


def test_whoever_has_neither_address_nor_name_gets_nothing(fatima: Learner, certificate: Any) -> None:
    Learner.objects.filter(pk=fatima.pk).update(name_latin="Zineb Sebti", name_arabic="")
    stranger = make_learner(name_latin="Khadija Amrani", name_arabic="")
    assert bring(stranger, certificate.jwt, now=NOW).answer == Answer.CITY_UNCLAIMED
    assert bring(Learner.objects.get(pk=fatima.pk), certificate.jwt, now=NOW).answer == Answer.CITY_ASKED
    assert not Entry.objects.exists()


def test_a_link_of_ours_that_leads_nowhere_is_said_so(fatima: Learner) -> None:
    assert bring(fatima, f"{settings.BASE_URL}/c/nothing-here", now=NOW).answer == Answer.CITY_UNKNOWN


# -- Limits ---------------------------------------------------------------------------------------
def test_nothing_and_too_much_are_refused_at_the_door(fatima: Learner) -> None:
    with pytest.raises(NothingBrought):
        importing.bring(learner=fatima, data="  \n", now=NOW)
    with pytest.raises(BroughtTooLarge):
        importing.bring(learner=fatima, data=b"x" * (importing.MAX_BYTES + 1), now=NOW)


def test_five_are_looked_at_at_once(fatima: Learner) -> None:
    for number in range(importing.MOST_LOOKING):
        importing.bring(learner=fatima, data=f"{number}", now=NOW)
    with pytest.raises(StillLooking):
        importing.bring(learner=fatima, data="one more", now=NOW)


def test_a_full_passport_takes_no_more(fatima: Learner) -> None:
    made = bring(fatima, hers(), now=NOW)
    Import.objects.filter(pk=made.pk).update(size=importing.MOST_BYTES)
    with pytest.raises(TooManyImports):
        importing.bring(learner=fatima, data="one more", now=NOW)


def test_one_that_came_while_it_was_not_full_is_answered(fatima: Learner) -> None:
    first = bring(fatima, hers(), now=NOW)
    second = importing.bring(learner=fatima, data=hers(id="urn:uuid:second"), now=NOW)
    Import.objects.filter(pk=first.pk).update(size=importing.MOST_BYTES)
    import_queue.look_at_waiting(now=NOW, fetch=silent)
    second.refresh_from_db()
    assert (second.answer, second.content is None) == (Answer.FULL, False)


# -- The queue ------------------------------------------------------------------------------------
def test_what_outlived_its_tries_is_answered(fatima: Learner) -> None:
    made = importing.bring(learner=fatima, data="x", now=NOW)
    Import.objects.filter(pk=made.pk).update(attempts=Import.MAX_ATTEMPTS)
    import_queue.look_at_waiting(now=NOW, fetch=silent)
    made.refresh_from_db()
    assert (made.state, made.answer) == ("answered", Answer.SET_ASIDE)


def test_a_mistake_of_ours_puts_it_back_for_another_try(fatima: Learner) -> None:
    made = importing.bring(learner=fatima, data="https://ailleurs.example/badge", now=NOW)

    def mistaken(url: str) -> Fetched:
        raise ZeroDivisionError

    import_queue.look_at_waiting(now=NOW, fetch=mistaken)
    made.refresh_from_db()
    assert (made.state, made.attempts, made.lease_token) == ("looking", 1, "")


def test_a_worker_whose_lease_went_to_another_writes_nothing(fatima: Learner) -> None:
    made = importing.bring(learner=fatima, data=hers(), now=NOW)
    made.lease_token = "mine"
    Import.objects.filter(pk=made.pk).update(lease_token="another's")
    import_looking.look(brought=made, fetch=silent, now=NOW)
    made.refresh_from_db()
    assert (made.state, made.lease_token) == ("looking", "another's")


# -- Hers -----------------------------------------------------------------------------------------
def test_it_stands_in_the_timeline_by_its_own_day_until_she_hides_it(fatima: Learner) -> None:
    made = bring(fatima, hers(), now=NOW)
    lines = life.of(learner=fatima, today=NOW.date()).lines
    assert [(line.kind, str(line.on), line.what.pk) for line in lines] == [
        ("imported", "2024-05-02", made.pk)
    ]
    assert life.figures(learner=fatima).certificates == 0
    importing.hide(brought=made, now=NOW)
    assert life.of(learner=fatima, today=NOW.date()).lines == []
    assert importing.hidden(learner=fatima) == [made]


def test_nobody_elses_is_found(fatima: Learner) -> None:
    made = bring(fatima, hers(), now=NOW)
    with pytest.raises(NotYourPassport):
        importing.one_of(learner=make_learner(), import_id=made.pk)


def test_answers_go_after_a_week_and_what_is_kept_stays(fatima: Learner) -> None:
    bring(fatima, hers(), now=NOW)
    bring(fatima, "no certificate", now=NOW)
    retention.tend(now=NOW + timedelta(days=8))
    assert list(Import.objects.values_list("state", flat=True)) == ["kept"]


def test_what_is_removed_is_gone_from_her_links(fatima: Learner) -> None:
    made = bring(fatima, hers(), now=NOW)
    assert [sharing.key_of(item) for item in sharing.choosable(learner=fatima).items] == [f"i:{made.pk}"]
    importing.remove(brought=made)
    assert sharing.choosable(learner=fatima).items == []
