"""Pages of what comes from elsewhere: hers alone, each state with its sentence, never taken for ours."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issuers import clock
from passport import (
    accounts,
    codes,
    erasing,
    exporting,
    import_queue,
    import_wording,
    importing,
    merging,
    sharing,
    showing,
)
from passport.errors import NothingChosen
from passport.importing import Answer
from passport.limits import Imports
from passport.models import Code, Import, Learner, Shown
from passport.sharing import Detail
from tests.factories import NOW, make_city, make_learner, sign_in
from tests.verify.foreign.signers import DID
from tests.verify.foreign.test_status import LIST, entry, listing
from tests.verify.foreign.test_status import signed as signed_list
from verify.foreign.fetching import NO_FETCH

from .elsewhere import EMAIL, PHONE, as_file, bring, given_to, hers, hosts, identity, signed

pytestmark = pytest.mark.django_db
STRANGER = "La ville n’accrédite pas"


@pytest.fixture
def fatima() -> Learner:
    make_city()
    learner = make_learner(birth_year=1994)
    accounts.prove(learner=learner, kind="email", value=EMAIL, now=NOW)
    accounts.prove(learner=learner, kind="phone", value=PHONE, now=NOW)
    return learner


@pytest.fixture
def hers_open(client: Client, fatima: Learner) -> Client:
    sign_in(client, fatima)
    return client


def text_of(client: Client, made: Import, status: int = 200) -> str:
    page = client.get(reverse("me-import", args=[made.pk]))
    assert page.status_code == status
    return " ".join(page.content.decode().split())


# -- Handing over ---------------------------------------------------------------------------------
def test_a_file_is_taken_at_once_and_looked_at_by_a_worker(hers_open: Client) -> None:
    file = SimpleUploadedFile("badge.json", hers(), content_type="application/json")
    answer = hers_open.post(reverse("me-imports"), {"file": file, "text": ""})
    made = Import.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, reverse("me-import", args=[made.pk]))
    assert "Nous l’examinons" in text_of(hers_open, made, 202)
    import_queue.look_at_waiting(now=timezone.now(), fetch=NO_FETCH)
    page = text_of(hers_open, made)
    assert "<h1>Authentique</h1>" in page
    assert STRANGER in page
    assert "مبادئ الترجمة" in page


def test_a_scanned_or_pasted_text_is_taken_as_a_file_is(hers_open: Client) -> None:
    hers_open.post(reverse("me-imports"), {"text": "https://ailleurs.example/badge"})
    made = Import.objects.get()
    assert (made.typed, bytes(made.content or b"")) == (True, b"https://ailleurs.example/badge")


def test_nothing_typed_is_lost_when_it_is_refused(hers_open: Client, fatima: Learner) -> None:
    for number in range(importing.MOST_LOOKING):
        importing.bring(learner=fatima, data=f"{number}", now=NOW)
    answer = hers_open.post(reverse("me-imports"), {"text": "https://ailleurs.example/sixth"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "https://ailleurs.example/sixth" in page
    assert "Cinq sont déjà en cours d’examen" in page


def test_nothing_and_a_file_too_large_say_so_at_their_fields(hers_open: Client) -> None:
    assert "Il n’y a encore rien ici." in hers_open.post(reverse("me-imports"), {"text": ""}).content.decode()
    large = SimpleUploadedFile("a.png", b"x" * (importing.MAX_BYTES + 1))
    answer = hers_open.post(reverse("me-imports"), {"file": large})
    assert "2 Mo au plus" in answer.content.decode()
    assert not Import.objects.exists()


def test_so_many_an_hour_and_no_more(
    hers_open: Client, fatima: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Imports, "THROTTLE_RATES", {"imports": "1/hour"})
    caches["default"].clear()
    hers_open.post(reverse("me-imports"), {"text": "one"})
    refused = hers_open.post(reverse("me-imports"), {"text": "two"})
    assert (refused.status_code, "two" in refused.content.decode()) == (422, True)
    assert Import.objects.count() == 1


def test_a_photo_without_scripts_is_told_what_to_do(hers_open: Client, fatima: Learner) -> None:
    page = hers_open.get(reverse("me-imports")).content.decode()
    assert "<noscript>" in page
    assert "Seulement une photo de code ?" in page
    made = bring(fatima, b"\x89PNG\r\n\x1a\n" + bytes(40), now=NOW)
    assert "une photo de code est lue par votre navigateur" in text_of(hers_open, made).lower()


# -- Every state ----------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["fr", "ar", "en"])
@pytest.mark.parametrize("answer", list(Answer))
def test_each_answer_has_its_sentence_and_a_way_on(
    hers_open: Client, fatima: Learner, answer: Answer, language: str
) -> None:
    kept = bring(fatima, hers(), now=NOW)
    leads_to = kept if answer in (Answer.KNOWN, Answer.RENEWED) else None
    made = Import.objects.create(
        learner=fatima,
        state="answered",
        answer=answer,
        finding="proof-tampered",
        certificate_id="abc" if answer is Answer.CITY_HERE else "",
        leads_to=leads_to,
        content=b"x" if answer in importing.AGAIN else None,
        size=1,
        brought_at=NOW,
    )
    hers_open.cookies["lang"] = language
    page = text_of(hers_open, made)
    assert str(import_wording.ANSWERS[answer].headline) in page
    main = page[page.index("<main") :]
    assert 'class="btn"' in main
    assert (reverse("me-import-again", args=[made.pk]) in main) == (answer in importing.AGAIN)


@pytest.mark.parametrize("standing", list(Import.Standing))
def test_each_standing_is_drawn_with_a_ring_and_never_in_the_citys_green(
    hers_open: Client, fatima: Learner, standing: str
) -> None:
    made = bring(fatima, hers(), now=NOW)
    Import.objects.filter(pk=made.pk).update(standing=standing)
    page = text_of(hers_open, made)
    assert 'class="seal ring"' in page
    assert 'class="verdict gradin ok"' not in page
    assert STRANGER in page


def test_one_that_was_revoked_elsewhere_says_so_and_when_it_was_genuine_last(
    hers_open: Client, fatima: Learner
) -> None:
    pages: dict[str, Any] = {LIST: signed_list(listing())}
    file = as_file(signed(given_to(identity(EMAIL, hashed=True), credentialStatus=entry())))
    made = bring(fatima, file, now=NOW, fetch=hosts(pages))
    assert made.standing == "genuine"
    pages[LIST] = signed_list(listing(7))
    hers_open.post(reverse("me-import-again", args=[made.pk]))
    assert text_of(hers_open, made, 202).count("Il est vérifié à nouveau") == 1
    import_queue.look_at_waiting(now=NOW + timedelta(days=1), fetch=hosts(pages))
    page = text_of(hers_open, made)
    assert "<h1>Révoqué par son émetteur</h1>" in page
    assert "Authentique et en vigueur en dernier" in page


def test_a_name_that_is_not_hers_is_shown_where_the_address_agreed(
    hers_open: Client, fatima: Learner
) -> None:
    both = given_to(identity(EMAIL, hashed=True), identity("Khadija Amrani", kind="name"))
    made = bring(fatima, as_file(signed(both)), now=NOW)
    assert "il est à un autre nom" in text_of(hers_open, made)


def test_what_strangers_wrote_stays_text(hers_open: Client, fatima: Learner) -> None:
    issuer = {"id": DID, "type": ["Profile"], "name": "<script>alert(1)</script>\u0000Ville"}
    document = given_to(identity(EMAIL, hashed=True))
    document |= {"issuer": issuer, "name": "x" * 5000}
    made = bring(fatima, as_file(signed(document, suite="eddsa-jcs-2022")), now=NOW)
    page = text_of(hers_open, made)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;Ville" in page


def test_its_file_is_given_back_exactly_and_never_shown_as_a_page(hers_open: Client, fatima: Learner) -> None:
    made = bring(fatima, hers(), now=NOW)
    answer = hers_open.get(reverse("me-import-file", args=[made.pk]))
    assert json.loads(answer.content) == json.loads(hers())
    assert answer["Content-Disposition"] == f'attachment; filename="certificate-{made.pk}.json"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_hidden_shown_and_removed(hers_open: Client, fatima: Learner) -> None:
    made = bring(fatima, hers(), now=NOW)
    hers_open.post(reverse("me-import-hide", args=[made.pk]))
    assert made.title not in hers_open.get("/me/").content.decode()
    assert made.title in hers_open.get(reverse("me-settings")).content.decode()
    hers_open.post(reverse("me-import-hide", args=[made.pk]))
    assert made.title in hers_open.get("/me/").content.decode()
    hers_open.post(reverse("me-import-remove", args=[made.pk]))
    assert not Import.objects.exists()


# -- Shared ---------------------------------------------------------------------------------------
def test_it_is_shared_for_what_it_is_and_counts_for_no_certificate(
    hers_open: Client, fatima: Learner
) -> None:
    made = bring(fatima, hers(), now=NOW)
    now = clock.now()
    share = sharing.make(
        learner=fatima, keys=[f"i:{made.pk}"], detail=Detail(), days=7, title="", language="fr", now=now
    )
    assert Shown.objects.get().imported == made
    page = Client().get(sharing.link_of(share).removeprefix("http://localhost:8000")).content.decode()
    assert made.title in page
    assert STRANGER in page
    assert "vérifié en dernier le" in page
    assert "Aucun certificat de la ville n’est montré ici." in page
    shared = showing.of(presentation=share, now=now)
    assert (shared.genuine, len(shared.imports), shared.skills) == (0, 1, [])
    importing.hide(brought=made, now=now)
    assert showing.of(presentation=share, now=now).imports == []


def test_another_name_is_told_and_shortened_as_she_chose(fatima: Learner) -> None:
    both = given_to(identity(EMAIL, hashed=True), identity("Khadija Amrani", kind="name"))
    bring(fatima, as_file(signed(both)), now=NOW)
    there = sharing.choosable(learner=fatima)
    shared = showing.preview(
        learner=fatima,
        chosen=there.items,
        detail=Detail(whole_name=False),
        kind="chosen",
        expires_at=None,
        now=NOW,
    )
    assert shared.imports[0].named == ("Khadija A.",)


def test_a_public_page_shows_certificates_of_the_city_alone(fatima: Learner) -> None:
    made = bring(fatima, hers(), now=NOW)
    with pytest.raises(NothingChosen):
        sharing.open_page(learner=fatima, keys=[f"i:{made.pk}"], language="fr", now=NOW)


def test_she_chooses_it_from_the_list(hers_open: Client, fatima: Learner) -> None:
    made = bring(fatima, hers(), now=NOW)
    page = hers_open.get(reverse("me-share-new") + f"?i={made.pk}").content.decode()
    assert f'value="i:{made.pk}"' in page
    assert "venu d’ailleurs, non accrédité par la ville" in page


# -- The law --------------------------------------------------------------------------------------
def test_it_is_in_the_export_as_it_was_brought(fatima: Learner) -> None:
    kept = bring(fatima, hers(), now=NOW)
    waiting = importing.bring(learner=fatima, data=b"no certificate", now=NOW)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(exporting.archive(learner=fatima, now=NOW))))
    assert archive.read(f"imported/{kept.pk}.json").decode() == kept.raw
    assert archive.read(f"imported/{waiting.pk}.bin") == b"no certificate"
    told = {each["state"]: each for each in json.loads(archive.read("passport.json"))["imported"]}
    assert told["kept"]["standing"] == "genuine"
    assert told["kept"]["file"] == f"imported/{kept.pk}.json"
    assert kept.title in archive.read("passport.html").decode()


def test_it_goes_with_the_passport(fatima: Learner) -> None:
    bring(fatima, hers(), now=NOW)
    erasing.close(learner=fatima, certificates=False, now=NOW)
    assert not Import.objects.exists()


def test_two_passports_that_become_one_keep_it_once(fatima: Learner) -> None:
    other = make_learner()
    accounts.prove(learner=other, kind="email", value="zahra@example.org", now=NOW)
    accounts.prove(learner=other, kind="email", value=EMAIL, now=NOW)
    both = [bring(one, hers(), now=NOW) for one in (fatima, other)]
    more = bring(other, hers(id="urn:uuid:another"), now=NOW)
    code = proven_code("zahra@example.org")
    merging.merge(kept=fatima, other_id=other.pk, code=code, now=NOW)
    assert set(Import.objects.filter(learner=fatima)) == {both[0], more}
    assert Import.objects.count() == 2


def proven_code(value: str) -> Any:
    return Code.objects.create(
        kind="email",
        value=value,
        place="",
        digest="",
        sent_at=NOW,
        expires_at=NOW + codes.HOLDS,
        proved_at=NOW,
    )


def test_her_timeline_marks_it_plainly(hers_open: Client, fatima: Learner) -> None:
    bring(fatima, as_file(signed(given_to(identity("Fatima Zahra El Idrissi", kind="name")))), now=NOW)
    page = hers_open.get("/me/").content.decode()
    assert "venu d’ailleurs" in page
    assert "rattaché par le nom seul" in page
    assert '<img src="' not in page[page.index('class="life"') :].split("</ol>")[0]
