"""The pages of lists: a file comes in, is looked through, mended, issued, and says who has what."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials import batches, issuance, outbox, roster_template, rosters
from credentials.models import Achievement, Award, Batch, Credential
from issuers import registry
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
ROSTER = Batch.Kind.ROSTER
CLASS = """Nom complet;Téléphone;Niveau
Salma Tazi;0612345678;A1
Omar Alaoui;06123;A1
Hajar Naciri;0612345679;A1
salma TAZI;06 12 34 56 78;A1
"""
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)


@dataclass
class House:
    """A provider with a trainer and a course, and somebody who works elsewhere."""

    course: Achievement
    trainer: Learner
    stranger: Learner


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with key_room_open(tmp_path):
        issuer, other = make_issuer(now=timezone.now()), make_issuer(now=timezone.now())
        yield House(
            course=make_achievement(issuer),
            trainer=make_member(issuer, "trainer"),
            stranger=make_member(other, "trainer", make_learner(name_latin="Omar Ailleurs")),
        )


@pytest.fixture
def trainer(client: Client, house: House) -> Client:
    sign_in(client, house.trainer)
    return client


def upload(client: Client, house: House, content: bytes | str = CLASS, *, name: str = "l.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post(
        reverse("teach-list-new", args=[house.course.pk]),
        {
            "file": SimpleUploadedFile(name, data),
            "awarded_on": timezone.localdate().isoformat(),
            "session": "",
            "language": "fr",
            "notify": "on",
        },
    )


def draft(client: Client, house: House, content: str = CLASS) -> Batch:
    assert upload(client, house, content).status_code == 302
    return Batch.objects.get()


def page(client: Client, batch: Batch, query: str = "") -> str:
    return str(client.get(reverse("teach-list", args=[batch.pk]) + query).content.decode())


def do(client: Client, act: str, batch: Batch, **data: Any) -> Any:
    return client.post(reverse(f"teach-list-{act}", args=[batch.pk]), data)


def issued(client: Client, house: House, content: str = CLASS) -> Batch:
    batch = draft(client, house, content)
    do(client, "accept", batch)
    issuance.issue_ready(kind=ROSTER, now=timezone.now())
    batch.refresh_from_db()
    return batch


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# -- The file -------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_is_offered_and_is_a_list_without_people(
    trainer: Client, house: House, kind: str
) -> None:
    form = trainer.get(reverse("teach-list-new", args=[house.course.pk])).content.decode()
    assert reverse("teach-list-template", args=[kind]) in form
    answer = trainer.get(reverse("teach-list-template", args=[kind]))
    with pytest.raises(rosters.RosterError) as refused:
        rosters.read(answer.content, filename=f"liste.{kind}")
    assert refused.value.code == "only-examples"


def test_a_template_of_no_such_kind_is_not_there(trainer: Client) -> None:
    assert trainer.get(reverse("teach-list-template", args=["exe"])).status_code == 404


def test_a_filled_in_template_becomes_a_list(trainer: Client, house: House) -> None:
    lines = roster_template.as_csv("ar").decode("utf-8-sig").splitlines()
    header = next(line for line in lines if "الاسم" in line)
    columns = len(header.split(";"))
    row = ";".join(["سلمى التازي", *[""] * (columns - 1)])
    upload(trainer, house, f"{header}\n{row}\n")
    assert Award.objects.filter(state="pending").count() + Award.objects.filter(state="failed").count() == 1


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "l.csv", "vide"),
        (PICTURE, "l.csv", "image"),
        (b"%PDF-1.7\n%\xe2\xe3", "l.pdf", "PDF"),
        ("Apellido;Teléfono\nTazi;0612345678\n".encode(), "l.csv", "Apellido"),
        (b"Nom complet\n", "l.csv", "personne"),
        (b"Nom complet\n" + b"Salma Tazi\n" * 10_001, "l.csv", "10"),
        (b"x" * (rosters.MAX_BYTES + 1), "l.csv", "10"),
    ],
    ids=["empty", "picture", "pdf", "language", "header-alone", "rows", "bytes"],
)
def test_a_file_that_is_no_list_is_told_at_its_field(
    trainer: Client, house: House, content: bytes, name: str, sentence: str
) -> None:
    answer = upload(trainer, house, content, name=name)
    found = re.search(r'id="id_file-error">(.*?)</div>', answer.content.decode(), re.DOTALL)
    assert answer.status_code == 422
    assert found
    assert sentence in text_of(found[1])
    assert not Batch.objects.exists()


def test_the_same_file_again_leads_to_its_list_and_says_so(trainer: Client, house: House) -> None:
    batch = draft(trainer, house)
    again = upload(trainer, house)
    assert again["Location"] == reverse("teach-list", args=[batch.pk])
    assert 'role="status"' in trainer.get(again["Location"]).content.decode()
    assert Batch.objects.count() == 1


def test_a_provider_that_may_not_award_is_told_so(trainer: Client, house: House) -> None:
    registry.suspend_issuer(
        issuer=house.course.issuer, reason="Contrôle", by=city_officer(), now=timezone.now()
    )
    answer = upload(trainer, house)
    assert answer.status_code >= 400
    assert not Batch.objects.exists()


# -- Looked through -------------------------------------------------------------------------------
def test_a_draft_shows_each_bad_row_with_its_line_its_field_and_the_remedy(
    trainer: Client, house: House
) -> None:
    batch = draft(trainer, house)
    html = page(trainer, batch)
    assert 'value="06123"' in html
    assert 'aria-describedby="e2-phone"' in html
    wrong = re.search(r'id="e2-phone">(.*?)</div>', html, re.DOTALL)
    assert wrong
    assert "06 12 34 56 78" in text_of(wrong[1])
    assert "Niveau" in text_of(html)  # the column that is not used
    assert issuance.issue_ready(kind=ROSTER, now=timezone.now()) == 0


def test_the_density_of_the_printed_codes_is_told_before_anything_is_signed(
    trainer: Client, house: House
) -> None:
    batch = draft(trainer, house)
    least, most = batches.code_versions(batch=batch, now=timezone.now()) or (0, 0)
    assert 5 < least <= most <= 13
    assert f" {most}" in text_of(page(trainer, batch))


def test_text_like_a_formula_stays_text(trainer: Client, house: House) -> None:
    batch = draft(trainer, house, "Nom complet\n=HYPERLINK(A1)\nSalma Tazi\n")
    row = Award.objects.get(batch=batch, row=1)
    assert row.error_code == "name-formula"
    assert (row.typed or {})["name"].startswith("=HYPERLINK(")


def test_a_row_is_mended_in_place(trainer: Client, house: House) -> None:
    batch = draft(trainer, house)
    answer = do(trainer, "mend", batch, row="2", **{"cell-name": "Omar Alaoui", "cell-phone": "0612345670"})
    assert answer.status_code == 302
    assert Award.objects.get(batch=batch, row=2).address == "+212612345670"
    assert 'id="bad"' not in page(trainer, batch)


def test_a_row_mended_wrongly_shows_what_was_typed_and_what_is_wrong(trainer: Client, house: House) -> None:
    batch = draft(trainer, house)
    do(trainer, "mend", batch, row="2", **{"cell-name": "Omar 2", "cell-phone": "0612345670"})
    html = page(trainer, batch)
    assert 'value="Omar 2"' in html
    assert 'aria-describedby="e2-name"' in html


def test_a_repeat_says_of_which_row_or_which_certificate(trainer: Client, house: House) -> None:
    batch = issued(trainer, house)
    first = Credential.objects.get(award__row=1)
    assert "2" in text_of(page(trainer, batch, "?state=duplicate"))
    upload(trainer, house, "Nom complet;Téléphone\nSalma Tazi;0612345678\nNadia Alami;\n")
    other = Batch.objects.exclude(pk=batch.pk).get()
    assert reverse("teach-certificate", args=[first.pk]) in page(trainer, other, "?state=duplicate")


def test_ten_thousand_bad_rows_make_a_light_page(trainer: Client, house: House) -> None:
    rows = "".join(f"Salma {n}\n" for n in range(rosters.MAX_ROWS))
    batch = draft(trainer, house, f"Nom complet\n{rows}")
    html = page(trainer, batch)
    assert Award.objects.filter(batch=batch, state="failed").count() == rosters.MAX_ROWS
    assert len(html) < 200_000
    assert reverse("teach-list-accept", args=[batch.pk]) not in html
    assert do(trainer, "accept", batch).status_code == 422


def test_a_draft_is_thrown_away(trainer: Client, house: House) -> None:
    assert do(trainer, "discard", draft(trainer, house))["Location"] == reverse("teach-lists")
    assert not Batch.objects.exists()


# -- Issued ---------------------------------------------------------------------------------------
def test_the_page_moves_while_rows_are_signed_and_says_that_it_may_be_closed(
    trainer: Client, house: House
) -> None:
    batch = draft(trainer, house)
    do(trainer, "accept", batch)
    answer = trainer.get(reverse("teach-list", args=[batch.pk]))
    assert (answer.status_code, answer["Retry-After"]) == (202, "1")
    assert "list-progress.js" in answer.content.decode()
    assert 'http-equiv="refresh"' in answer.content.decode()
    moving = trainer.get(reverse("teach-list-progress", args=[batch.pk]))
    assert moving.status_code == 202
    issuance.issue_ready(kind=ROSTER, now=timezone.now())
    moving = trainer.get(reverse("teach-list-progress", args=[batch.pk]))
    assert moving.status_code == 200
    assert '<progress id="bar" max="4" value="4">' in moving.content.decode()


def test_bad_rows_are_mended_while_the_others_are_on_their_way(trainer: Client, house: House) -> None:
    batch = issued(trainer, house)
    do(trainer, "mend", batch, row="2", **{"cell-name": "Omar Alaoui", "cell-phone": "0612345670"})
    assert issuance.issue_ready(kind=ROSTER, now=timezone.now()) == 1
    assert set(Award.objects.values_list("state", flat=True)) == {"issued", "duplicate"}


def test_at_the_end_it_says_who_has_what(trainer: Client, house: House) -> None:
    batch = issued(trainer, house)
    outbox.deliver_due(now=timezone.now())
    html = page(trainer, batch, "?state=issued")
    for credential in Credential.objects.all():
        assert reverse("teach-certificate", args=[credential.pk]) in html
        assert reverse("credential-pdf", args=[credential.pk]) in html
    assert "Envoyé" in html


def test_a_row_that_failed_for_no_fault_of_its_own_is_tried_again(trainer: Client, house: House) -> None:
    batch = draft(trainer, house)
    do(trainer, "accept", batch)
    Award.objects.filter(batch=batch, row=1).update(state="failed", error_code="quarantined")
    issuance.issue_ready(kind=ROSTER, now=timezone.now())
    assert 'name="row" value="1"' in page(trainer, batch)
    do(trainer, "retry", batch, row="1")
    assert issuance.issue_ready(kind=ROSTER, now=timezone.now()) == 1


def test_stopping_is_asked_first(trainer: Client, house: House) -> None:
    batch = draft(trainer, house)
    do(trainer, "accept", batch)
    assert trainer.get(reverse("teach-list-stop", args=[batch.pk])).status_code == 200
    do(trainer, "stop", batch)
    assert issuance.issue_ready(kind=ROSTER, now=timezone.now()) == 0
    batch.refresh_from_db()
    assert batch.state == Batch.State.CANCELLED
    assert "Annul" in page(trainer, batch)


def test_what_is_decided_meanwhile_is_told(trainer: Client, house: House) -> None:
    batch = issued(trainer, house)
    answer = do(trainer, "stop", batch)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()


def test_a_name_is_found_without_standing_in_an_address(trainer: Client, house: House) -> None:
    batch = issued(trainer, house)
    html = trainer.post(reverse("teach-list", args=[batch.pk]), {"q": "hajar"}).content.decode()
    rows = html[html.index('id="rows"') :]
    assert "Hajar Naciri" in rows
    assert "Salma Tazi" not in rows


def test_the_result_is_a_file_in_which_nothing_is_a_formula(trainer: Client, house: House) -> None:
    batch = issued(trainer, house, "Nom complet\n=cmd|x\nSalma Tazi\n")
    answer = trainer.get(reverse("teach-list-result", args=[batch.pk]))
    lines = io.StringIO(answer.content.decode("utf-8-sig")).read().splitlines()
    assert lines[1].split(";")[1].strip('"').startswith("'=cmd")
    assert f"/c/{Credential.objects.get().pk}" in lines[2]


def test_a_page_of_a_long_list_asks_the_database_little(
    trainer: Client, house: House, django_assert_max_num_queries: Any
) -> None:
    rows = "".join(f"Salma {chr(97 + n // 26)}{chr(97 + n % 26)};06{12_000_000 + n}\n" for n in range(300))
    batch = issued(trainer, house, f"Nom;Téléphone\n{rows}")
    with django_assert_max_num_queries(16):
        html = page(trainer, batch)
    assert html.count("teach/c/") >= 30


def test_the_shelf_shows_every_list_with_its_counts(trainer: Client, house: House) -> None:
    batch = issued(trainer, house)
    html = trainer.get(reverse("teach-lists")).content.decode()
    assert reverse("teach-list", args=[batch.pk]) in html
    assert "2 sur 4" in text_of(html)


# -- Whose ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("act", ["accept", "discard", "stop", "retry", "mend"])
def test_nobody_touches_another_providers_list(
    trainer: Client, client: Client, house: House, act: str
) -> None:
    batch = draft(trainer, house)
    stranger = Client()
    sign_in(stranger, house.stranger)
    assert do(stranger, act, batch, row="1").status_code == 404
    for name in ("teach-list", "teach-list-progress", "teach-list-result"):
        foreign = stranger.get(reverse(name, args=[batch.pk]))
        unknown = stranger.get(reverse(name, args=["x" * 22]))
        assert foreign.status_code == unknown.status_code == 404
    batch.refresh_from_db()
    assert batch.state == Batch.State.DRAFT
