"""Records: the whole passport or what a link shows, as one file that the city signs and strangers verify."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from credentials import dataintegrity, linkeddata, ownterms, revocation, securing
from credentials import records as kernel
from credentials.models import Achievement, Credential, SecuredDocument
from credentials.people import Person
from issuers import keys, multibase, orders, publications
from issuers.models import AuditEvent, SigningKey, SigningOrder
from passport import (
    accounts,
    erasing,
    exporting,
    holding,
    merging,
    records,
    retention,
    sharing,
)
from passport.errors import LeadsNowhere, LinkHasExpired, NothingToRecord, ShowsLess
from passport.models import Declaration, Entry, Learner, Presentation, Record
from passport.sharing import Detail
from tests import standards
from tests.factories import (
    NOW,
    key_room,
    make_achievement,
    make_city,
    make_credential,
    make_issuer,
    make_learner,
    publish_keys,
    sign_in,
)
from tests.passport.test_pathways import published

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)
SALMA = Person(name_latin="Salma Tazi", name_arabic="سلمى التازي")


@pytest.fixture
def salma(key_room: Path, monkeypatch: pytest.MonkeyPatch) -> Learner:
    monkeypatch.setattr(orders, "PATIENCE", 0.0)
    learner = make_learner(name_latin=SALMA.name_latin, name_arabic=SALMA.name_arabic, language="fr")
    issuer = make_issuer(slug="al-amal")
    publish_keys()
    for code in ("C04", "C05"):
        held(learner, make_achievement(issuer, code=code))
    return learner


def held(learner: Learner, course: Achievement, person: Person = SALMA, **rest: Any) -> Credential:
    """A certificate in her passport."""
    credential = make_credential(course, person, **rest)
    Entry.objects.create(learner=learner, credential=credential, how="desk", filed_at=NOW)
    return credential


def fetched(
    learner: Learner, presentation: Presentation | None = None, *, now: Any = LATER
) -> dict[str, Any]:
    """Her record, asked for, signed, and asked for again."""
    body = records.obtain(learner=learner, presentation=presentation, now=now)
    if body is None:
        orders.fulfil(now=now)
        body = records.obtain(learner=learner, presentation=presentation, now=now)
    assert body is not None
    document: dict[str, Any] = json.loads(body)
    return document


def inside(document: dict[str, Any]) -> list[str]:
    return [each["id"].rsplit("/", 1)[1] for each in document["credentialSubject"]["verifiableCredential"]]


def certificates(learner: Learner) -> list[Credential]:
    return [entry.credential for entry in Entry.objects.filter(learner=learner)]


def shared(learner: Learner, *chosen: Credential, **detail: Any) -> Presentation:
    return sharing.make(
        learner=learner,
        keys=[f"c:{each.pk}" for each in chosen],
        detail=Detail(**detail),
        days=7,
        title="",
        language="fr",
        now=NOW,
    )


def token_of(presentation: Presentation) -> str:
    return sharing.link_of(presentation).rsplit("/", 1)[1]


# -- What it says ---------------------------------------------------------------------------------
def test_it_holds_each_certificate_as_its_own_file_has_it(salma: Learner) -> None:
    document = fetched(salma)
    files = {each.credential_id: json.loads(each.body) for each in SecuredDocument.objects.all()}
    found = document["credentialSubject"]["verifiableCredential"]
    assert len(found) == 2
    assert found == [files[entry.credential_id] for entry in Entry.objects.filter(learner=salma)]


def test_it_is_the_citys_word_of_that_moment_about_her_by_name(salma: Learner) -> None:
    document = fetched(salma)
    assert document["issuer"]["id"] == publications.city_did_document()["id"]
    assert (document["validFrom"], document["partial"]) == ("2026-11-24T10:05:00Z", True)
    assert "validUntil" not in document
    assert "credentialStatus" not in document
    said = document["credentialSubject"]["identifier"]
    assert [(each["identityType"], each["identityHash"]) for each in said] == [
        ("name", "Salma Tazi"),
        ("name", "سلمى التازي"),
    ]
    ids = {document["id"], document["credentialSubject"]["id"]}
    assert len(ids) == 2
    assert all(each.startswith("urn:uuid:") for each in ids)


def test_each_record_names_her_by_another_random_id(salma: Learner) -> None:
    first = fetched(salma)
    Learner.objects.filter(pk=salma.pk).update(name_latin="Salma El Tazi")
    salma.refresh_from_db()
    assert fetched(salma)["credentialSubject"]["id"] != first["credentialSubject"]["id"]


def test_whoever_has_the_citys_did_document_verifies_it(salma: Learner) -> None:
    document = fetched(salma)
    (proof,) = document["proof"]
    did = publications.city_did_document()
    method = next(each for each in did["verificationMethod"] if each["id"] == proof["verificationMethod"])
    assert method["id"] in did["assertionMethod"]
    _algorithm, public = multibase.decode_key(method["publicKeyMultibase"])
    key, signature = Ed25519PublicKey.from_public_bytes(public), dataintegrity.signature_of(proof)
    key.verify(signature, dataintegrity.hash_data(document, proof, bounds=linkeddata.OWN))
    document["credentialSubject"]["verifiableCredential"].pop()
    with pytest.raises(InvalidSignature):
        key.verify(signature, dataintegrity.hash_data(document, proof, bounds=linkeddata.OWN))


@standards.needed
def test_it_keeps_the_published_schema(salma: Learner) -> None:
    published(["course:al-amal/C04"], ["course:al-amal/C99"])
    schema = json.loads((standards.SCHEMAS / "clr_v2p0_clrcredential_schema.json").read_text())
    within = json.loads((standards.SCHEMAS / "clr_v2p0_achievementcredential_schema.json").read_text())
    document = fetched(salma)
    assert document["credentialSubject"]["association"]
    jsonschema_rs.validator_for(schema).validate(document)
    for each in document["credentialSubject"]["verifiableCredential"]:
        jsonschema_rs.validator_for(within).validate(each)
    del document["credentialSubject"]["verifiableCredential"]
    assert not jsonschema_rs.validator_for(schema).is_valid(document)


def test_a_foreign_library_verifies_it_and_each_certificate_in_it(salma: Learner) -> None:
    from openbadgeslib.ob3 import clr, ldp

    document = fetched(salma)
    contexts = clr.bundled_clr_contexts()

    def accepts(signed: dict[str, Any], did: dict[str, Any]) -> bool:
        wanted = signed["proof"][0]["verificationMethod"]
        method = next(each for each in did["verificationMethod"] if each["id"] == wanted)
        _algorithm, raw = multibase.decode_key(method["publicKeyMultibase"])
        pem = Ed25519PublicKey.from_public_bytes(raw).public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        try:
            ldp.verify_data_integrity_proof(signed, pem, extra_contexts=contexts)
        except Exception:  # noqa: BLE001  # whatever it calls a refusal
            return False
        return True

    city, issuer = publications.city_did_document(), certificates(salma)[0].issuer
    assert accepts(document, city)
    for each in document["credentialSubject"]["verifiableCredential"]:
        assert accepts(each, publications.issuer_did_document(issuer=issuer))
    document["credentialSubject"]["verifiableCredential"][0]["name"] += "!"
    assert not accepts(document, city)


# -- How things belong together -------------------------------------------------------------------
def test_a_certificate_is_a_part_of_the_step_that_it_does_and_the_step_a_child_of_the_pathway(
    salma: Learner,
) -> None:
    pathway = published(["course:al-amal/C04"], ["course:al-amal/C99"])
    about = fetched(salma)["credentialSubject"]
    course = Achievement.objects.get(code="C04")
    base = f"http://localhost:8000/pathways/{pathway.slug}"
    told = {(each["associationType"], each["sourceId"], each["targetId"]) for each in about["association"]}
    assert told == {
        ("isChildOf", f"{base}#step-1", base),
        ("isChildOf", f"{base}#step-2", base),
        ("isPartOf", f"http://localhost:8000/a/{course.pk}", f"{base}#step-1"),
    }
    assert [each["id"] for each in about["achievement"]] == [base, f"{base}#step-1", f"{base}#step-2"]
    names = ownterms.in_our_words(about["achievement"][0])["names"]
    assert names == {"fr": "Vers l’accueil", "ar": "نحو الاستقبال"}


def test_whatever_an_association_names_is_in_it(salma: Learner) -> None:
    published(["course:al-amal/C04", "course:al-amal/C05"], ["language:fr:A1"])
    about = fetched(salma)["credentialSubject"]
    there = {each["id"] for each in about["achievement"]}
    there |= {each["credentialSubject"]["achievement"]["id"] for each in about["verifiableCredential"]}
    assert len(about["association"]) == 4
    for each in about["association"]:
        assert {each["sourceId"], each["targetId"]} <= there


def test_the_anchors_of_the_steps_lead_somewhere(salma: Learner, client: Client) -> None:
    pathway = published(["course:al-amal/C04"], ["course:al-amal/C99"])
    page = client.get(reverse("pathway", args=[pathway.slug])).content.decode()
    assert 'id="step-1"' in page
    assert 'id="step-2"' in page


def test_a_pathway_of_which_she_has_done_nothing_is_not_in_it(salma: Learner) -> None:
    published(["course:al-amal/C98"], ["course:al-amal/C99"])
    about = fetched(salma)["credentialSubject"]
    assert not {"achievement", "association"} & set(about)


def test_a_newer_version_of_a_course_took_the_place_of_the_older(salma: Learner) -> None:
    older = Achievement.objects.get(code="C04")
    newer = make_achievement(older.issuer, code="C04", version=2, supersedes=older)
    held(salma, newer)
    assert fetched(salma)["credentialSubject"]["association"] == [
        {
            "type": "Association",
            "associationType": "replacedBy",
            "sourceId": f"http://localhost:8000/a/{older.pk}",
            "targetId": f"http://localhost:8000/a/{newer.pk}",
        }
    ]


def test_its_words_are_in_her_language(salma: Learner) -> None:
    Learner.objects.filter(pk=salma.pk).update(language="ar")
    salma.refresh_from_db()
    pathway = published(["course:al-amal/C04"], ["course:al-amal/C99"])
    document = fetched(salma)
    assert document["name"] == "جواز المتعلّم"
    assert document["credentialSubject"]["achievement"][0]["name"] == pathway.title_ar


# -- What is in it, and what is not ---------------------------------------------------------------
def test_what_she_declares_is_not_signed_by_the_city(salma: Learner) -> None:
    Declaration.objects.create(
        learner=salma, kind="work", title="Vendeuse au marché", began_on=NOW.date(), made_at=NOW
    )
    assert "Vendeuse" not in json.dumps(fetched(salma), ensure_ascii=False)


def test_an_address_is_never_in_it(salma: Learner) -> None:
    accounts.prove(learner=salma, kind="phone", value="+212683000001", now=NOW)
    assert "+212683000001" not in json.dumps(fetched(salma))


@pytest.mark.parametrize("act", ["hide", "suspend", "revoke"])
def test_it_is_made_anew_without_what_was_hidden_or_holds_no_longer(salma: Learner, act: str) -> None:
    first, second = certificates(salma)
    assert len(inside(fetched(salma))) == 2
    if act == "hide":
        holding.hide(entry=first.entry, now=LATER)
    else:
        reason = {"suspend": "under-review", "revoke": "issued-in-error"}[act]
        getattr(revocation, act)(credential=first, reason=reason, by=None, now=LATER)
    assert records.held(learner=salma, now=LATER) is None
    assert inside(fetched(salma)) == [second.pk]
    if act == "suspend":
        revocation.reinstate(credential=first, reason="review-closed", by=None, now=LATER)
        assert len(inside(fetched(salma))) == 2


def test_an_expired_certificate_stays_in_it(salma: Learner) -> None:
    before = len(inside(fetched(salma)))
    held(salma, make_achievement(make_issuer(slug="b"), valid_months=1))
    much_later = NOW + timedelta(days=90)
    publish_keys(now=much_later)
    assert len(inside(fetched(salma, now=much_later))) == before + 1


def test_a_new_certificate_is_in_the_next_one(salma: Learner) -> None:
    fetched(salma)
    new = held(salma, make_achievement(make_issuer(slug="b")))
    assert new.pk in inside(fetched(salma))


def test_no_more_than_so_many(salma: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "MOST", 1)
    assert len(inside(fetched(salma))) == 1


def test_a_passport_without_certificates_has_none(key_room: Path) -> None:
    make_city()
    with pytest.raises(NothingToRecord):
        records.obtain(learner=make_learner(), now=NOW)


# -- Who makes it, and how often ------------------------------------------------------------------
def test_it_is_ordered_by_whoever_asks_first_and_kept(salma: Learner) -> None:
    assert records.obtain(learner=salma, now=LATER) is None
    assert SigningOrder.objects.get().kind == records.KIND
    assert orders.fulfil(now=LATER) == 1
    body = records.obtain(learner=salma, now=LATER)
    assert body == records.obtain(learner=salma, now=LATER + timedelta(hours=1))
    assert not SigningOrder.objects.exists()
    assert Record.objects.get().credentials.count() == 2


def test_asked_for_twice_it_is_made_once(salma: Learner) -> None:
    fetched(salma)
    made = Record.objects.get().pk
    records._make(str(salma.pk), LATER)
    assert Record.objects.get().pk == made


def test_to_give_it_again_nothing_is_read_but_what_says_whether_it_changed(salma: Learner) -> None:
    fetched(salma)
    issuer = Achievement.objects.get(code="C04").issuer
    with CaptureQueriesContext(connection) as few:
        records.obtain(learner=salma, now=LATER)
    for _each in range(3):
        held(salma, make_achievement(issuer))
    fetched(salma)
    with CaptureQueriesContext(connection) as many:
        records.obtain(learner=salma, now=LATER)
    assert len(few) == len(many)


def test_files_that_are_missing_are_made_first(salma: Learner) -> None:
    assert not SecuredDocument.objects.exists()
    fetched(salma)
    assert SecuredDocument.objects.count() == 2


def test_the_audit_log_counts_it_and_names_nobody(salma: Learner) -> None:
    fetched(salma)
    event = AuditEvent.objects.get(event="record-signed")
    assert json.loads(event.detail)["certificates"] == 2
    assert event.about == Record.objects.get().pk
    assert "Salma" not in event.detail


def test_a_file_that_is_not_the_certificate_is_not_signed(salma: Learner) -> None:
    securing.secure_new(now=LATER, within=None)
    first, second = certificates(salma)
    forged = SecuredDocument.objects.get(credential=first)
    SecuredDocument.objects.filter(pk=first.pk).update(body=forged.body.replace("Salma", "Selma"))
    assert inside(fetched(salma)) == [second.pk]


def test_one_certificate_that_cannot_be_secured_keeps_nobody_from_the_others(salma: Learner) -> None:
    first, second = certificates(salma)
    Credential.objects.filter(pk=first.pk).update(jwt=first.jwt[:-4] + "AAAA")
    assert inside(fetched(salma)) == [second.pk]


def test_what_changes_while_it_is_signed_is_signed_again(
    salma: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = certificates(salma)
    real, seen = records._sign, list[int]()

    def hides_meanwhile(contents: Any, *rest: Any, **more: Any) -> Any:
        signed = real(contents, *rest, **more)
        if not seen:
            holding.hide(entry=first.entry, now=LATER)
        seen.append(len(contents.credentials))
        return signed

    monkeypatch.setattr(records, "_sign", hides_meanwhile)
    assert records.obtain(learner=salma, now=LATER) is None
    orders.fulfil(now=LATER)
    assert seen == [2, 1]
    assert inside(fetched(salma)) == [second.pk]


def test_it_stops_counting_with_its_key_and_is_signed_anew(salma: Learner) -> None:
    first = fetched(salma)
    key = SigningKey.objects.get(issuer=None, purpose="service", algorithm="Ed25519", state="active")
    keys.mark_compromised(key=key, by=None, now=LATER)
    assert records.held(learner=salma, now=LATER) is None
    keys.ensure_city_keys(now=LATER)
    second = fetched(salma)
    assert first["proof"][0]["verificationMethod"] != second["proof"][0]["verificationMethod"]
    did = publications.city_did_document()
    assert first["proof"][0]["verificationMethod"] not in did["assertionMethod"]
    assert second["proof"][0]["verificationMethod"] in did["assertionMethod"]


def test_a_retired_keys_record_stays_good(salma: Learner) -> None:
    first = fetched(salma)
    key = SigningKey.objects.get(issuer=None, purpose="service", algorithm="Ed25519", state="active")
    successor = keys.prepare_successor(key=key, by=None, now=LATER)
    keys.activate(key=successor, by=None, now=LATER, at_once=True)
    assert fetched(salma) == first
    assert first["proof"][0]["verificationMethod"] in publications.city_did_document()["assertionMethod"]


def test_certificates_of_a_compromised_key_are_not_in_it(salma: Learner) -> None:
    fetched(salma)
    for key in SigningKey.objects.filter(issuer__slug="al-amal"):
        keys.mark_compromised(key=key, by=None, now=LATER)
    with pytest.raises(NothingToRecord):
        records.obtain(learner=salma, now=LATER)


# -- What a link gives ----------------------------------------------------------------------------
def test_a_link_gives_exactly_what_it_shows(salma: Learner) -> None:
    _first, second = certificates(salma)
    presentation = shared(salma, second)
    assert inside(fetched(salma, presentation)) == [second.pk]
    assert len(inside(fetched(salma))) == 2
    assert Record.objects.count() == 2


def test_a_private_certificate_is_not_in_a_links_file_and_is_in_hers(salma: Learner) -> None:
    first, second = certificates(salma)
    presentation = shared(salma, first, second)
    holding.set_visibility(entry=first.entry, visibility="private")
    assert inside(fetched(salma, presentation)) == [second.pk]
    assert len(inside(fetched(salma))) == 2


@pytest.mark.parametrize("detail", ["whole_name", "with_dates", "with_levels"])
def test_a_link_that_shows_less_gives_no_file(salma: Learner, detail: str) -> None:
    presentation = shared(salma, *certificates(salma), **{detail: False})
    with pytest.raises(ShowsLess):
        records.take(token=token_of(presentation), counts=True, reader=None, now=LATER)


def test_it_ends_with_its_link(salma: Learner) -> None:
    presentation = shared(salma, *certificates(salma))
    fetched(salma, presentation)
    token = token_of(presentation)
    with pytest.raises(LinkHasExpired):
        records.take(token=token, counts=True, reader=None, now=NOW + timedelta(days=8))
    sharing.withdraw(presentation=presentation, now=LATER)
    with pytest.raises(LeadsNowhere):
        records.take(token=token, counts=True, reader=None, now=LATER)
    retention.tend(now=LATER)
    assert not Record.objects.filter(presentation=presentation).exists()


def test_an_order_for_a_link_that_was_withdrawn_makes_nothing(salma: Learner) -> None:
    presentation = shared(salma, *certificates(salma))
    assert records.obtain(learner=salma, presentation=presentation, now=LATER) is None
    sharing.withdraw(presentation=presentation, now=LATER)
    orders.fulfil(now=LATER)
    assert not Record.objects.exists()
    assert not SigningOrder.objects.exists()


def test_whoever_takes_it_has_opened_the_link(salma: Learner, client: Client) -> None:
    presentation = shared(salma, *certificates(salma))
    fetched(salma, presentation)
    address = reverse("shared-json", args=[token_of(presentation)])
    assert client.head(address).status_code == 200
    assert presentation.openings.count() == 0
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "application/vc+ld+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert presentation.openings.get().times == 1
    sign_in(client, salma)
    assert client.get(address).status_code == 200
    assert presentation.openings.get().times == 1


# -- Pages ----------------------------------------------------------------------------------------
def test_while_it_is_signed_a_program_reads_202_and_a_person_a_page_that_looks_again(
    salma: Learner, client: Client
) -> None:
    sign_in(client, salma)
    address = reverse("me-record-json")
    answer = client.get(address)
    assert (answer.status_code, answer.content, answer.headers["Retry-After"]) == (202, b"", "2")
    page = client.get(address, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (page.status_code, page.headers["Refresh"]) == (202, "2")
    assert "en préparation" in page.content.decode()
    orders.fulfil(now=LATER)
    answer = client.get(address, headers={"accept": "text/html,*/*;q=0.8"})
    assert len(inside(answer.json())) == 2
    assert salma.passport_number in answer.headers["Content-Disposition"]


def test_her_page_says_what_is_in_it_and_leads_to_it(salma: Learner, client: Client) -> None:
    sign_in(client, salma)
    assert reverse("me-record") in client.get(reverse("me-data")).content.decode()
    page = client.get(reverse("me-record")).content.decode()
    assert "2 certificats, chacun entier" in page
    assert reverse("me-record-json") in page


def test_the_page_of_an_empty_passport_offers_no_file(key_room: Path, client: Client) -> None:
    make_city()
    sign_in(client, make_learner())
    assert reverse("me-record-json") not in client.get(reverse("me-record")).content.decode()
    assert client.get(reverse("me-record-json")).status_code == 404


def test_a_shared_page_offers_its_file_only_where_it_shows_all(salma: Learner, client: Client) -> None:
    whole, part = shared(salma, *certificates(salma)), shared(salma, *certificates(salma), with_levels=False)
    for presentation, offered in ((whole, True), (part, False)):
        token = token_of(presentation)
        address = reverse("shared-json", args=[token])
        assert (address in client.get(reverse("shared", args=[token])).content.decode()) is offered
    sign_in(client, salma)
    own = reverse("me-share-json", args=[whole.pk])
    assert own in client.get(reverse("me-share-one", args=[whole.pk])).content.decode()
    fetched(salma, whole)
    assert len(inside(client.get(own).json())) == 2


# -- Rights ---------------------------------------------------------------------------------------
def test_it_goes_with_a_certificate_that_is_erased(salma: Learner) -> None:
    first, second = certificates(salma)
    presentation = shared(salma, second)
    fetched(salma)
    fetched(salma, presentation)
    erasing.erase_certificates(learner=salma, ids=[first.pk], now=LATER)
    assert Record.objects.get().presentation == presentation
    assert inside(fetched(salma)) == [second.pk]


def test_it_goes_from_another_passport_too_where_the_certificate_once_was(salma: Learner) -> None:
    first, _second = certificates(salma)
    fetched(salma)
    other = make_learner(name_latin="Salma Tazi")
    Entry.objects.filter(credential=first).update(learner=other)
    erasing.erase_certificates(learner=other, ids=[first.pk], now=LATER)
    assert not Record.objects.exists()


def test_it_goes_with_the_passport(salma: Learner) -> None:
    fetched(salma)
    erasing.close(learner=salma, certificates=False, now=LATER)
    assert not Record.objects.exists()


def test_after_a_merge_it_is_made_anew_of_both(salma: Learner) -> None:
    other = make_learner(name_latin=SALMA.name_latin, name_arabic=SALMA.name_arabic)
    third = held(other, make_achievement(make_issuer(slug="b")))
    fetched(salma)
    fetched(other)
    for relation in merging._relations():
        merging._move(relation, salma, other)
    assert Record.objects.get().learner == salma
    assert third.pk in inside(fetched(salma))


def test_it_is_not_kept_for_longer_than_thirty_days(salma: Learner) -> None:
    fetched(salma)
    retention.tend(now=LATER + timedelta(days=30))
    assert Record.objects.exists()
    retention.tend(now=LATER + timedelta(days=30, seconds=1))
    assert not Record.objects.exists()


def test_it_is_in_her_archive_once_it_is_there(salma: Learner) -> None:
    def names() -> list[str]:
        return [name for name, _data in exporting._files(salma, now=LATER)]

    assert "passport.clr.json" not in names()
    fetched(salma)
    assert "passport.clr.json" in names()
    said = exporting.gather(learner=salma, entries=[], now=LATER)["signed_files"]
    assert [(each["of"], each["certificates"]) for each in said] == [("passport", 2)]
    holding.hide(entry=certificates(salma)[0].entry, now=LATER)
    assert "passport.clr.json" not in names()
