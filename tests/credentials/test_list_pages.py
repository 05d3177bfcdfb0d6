"""The pages of lists: a file comes in, is looked through, mended, issued, and says who has what."""

import io
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials import batches, issuance, outbox, roster_template, rosters
from credentials.models import Achievement, Award, Batch, Credential, Message
from credentials.templatetags import lists
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


def upload(
    client: Client, house: House, content: bytes | str = CLASS, *, name: str = "l.csv", **chosen: str
) -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post(
        reverse("teach-list-new", args=[house.course.pk]),
        {
            "file": SimpleUploadedFile(name, data),
            "awarded_on": timezone.localdate().isoformat(),
            "session": "",
            "language": "fr",
            "notify": "on",
        }
        | chosen,
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


def test_what_else_was_chosen_stays_when_the_file_is_refused(trainer: Client, house: House) -> None:
    html = upload(trainer, house, PICTURE, session="Groupe du samedi", language="ar").content.decode()
    assert 'value="Groupe du samedi"' in html
    assert re.search(r'name="language" value="ar"[^>]* checked', html)


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once_is_one_list(house: House) -> None:
    gate, addresses = threading.Barrier(2), ["", ""]

    def run(number: int) -> None:
        try:
            client = Client()
            sign_in(client, house.trainer)
            gate.wait(20)
            addresses[number] = upload(client, house)["Location"]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert addresses == [reverse("teach-list", args=[Batch.objects.get().pk])] * 2
    assert Award.objects.count() == 4


def test_how_the_file_was_read_is_told_where_a_person_may_object(trainer: Client, house: House) -> None:
    example = "Salma Tazi (exemple)\t0612345678\n"
    batch = draft(trainer, house, f"Nom complet\tTéléphone\n{example}Omar Alaoui\t0612345670\n")
    assert batch.reading["tabs"]
    assert text_of(page(trainer, batch)).count("modèle") == 1


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


def test_a_name_too_long_for_the_printed_code_is_mended_where_it_was_typed(
    trainer: Client, house: House
) -> None:
    house.course.title_fr = "Atelier " + "très " * 20 + "long"
    house.course.save()
    batch = draft(trainer, house, f"Nom complet\nسلمى {'بنعبدالقادر ' * 7}\n")
    assert re.findall(r'name="cell-([a-z_]+)"', page(trainer, batch)) == ["name"]
    do(trainer, "mend", batch, row="1", **{"cell-name": "Salma Benabdelkader"})
    assert Award.objects.get(batch=batch).state == "pending"


def test_characters_that_no_database_keeps_are_left_out(trainer: Client, house: House) -> None:
    batch = draft(trainer, house)
    do(trainer, "mend", batch, row="2", **{"cell-name": "Omar\x00 2", "cell-phone": "06"})
    assert (Award.objects.get(batch=batch, row=2).typed or {})["name"] == "Omar 2"


@pytest.mark.parametrize("act", ["mend", "retry"])
@pytest.mark.parametrize("row", ["9" * 30, "-1", "x"])
def test_a_row_that_cannot_be_is_not_there(trainer: Client, house: House, act: str, row: str) -> None:
    assert do(trainer, act, issued(trainer, house), row=row).status_code == 404


def test_every_link_leads_to_the_list_after_a_refusal(trainer: Client, house: House) -> None:
    batch = issued(trainer, house)
    html = do(trainer, "mend", batch, row="1", **{"cell-name": "X"}).content.decode()
    main = html[html.index("<main") :]
    assert not re.findall(r'(?:href|action)="(?:\?|#)', main)
    for address in re.findall(r'href="(/teach/lists/[^"#]*)', main):
        assert trainer.get(address).status_code in (200, 202), address


def test_a_repeat_says_of_which_row_or_which_certificate(trainer: Client, house: House) -> None:
    batch = issued(trainer, house)
    first = Credential.objects.get(award__row=1)
    assert "2" in text_of(page(trainer, batch, "?state=duplicate"))
    upload(trainer, house, "Nom complet;Téléphone\nSalma Tazi;0612345678\nNadia Alami;\n")
    other = Batch.objects.exclude(pk=batch.pk).get()
    assert reverse("teach-certificate", args=[first.pk]) in page(trainer, other, "?state=duplicate")


def test_a_repeat_that_is_mended_keeps_its_own_day_and_language(trainer: Client, house: House) -> None:
    day = timezone.localdate() - timedelta(days=3)
    row = f"Salma Tazi;0612345678;{day:%d/%m/%Y};arabe\n"
    batch = draft(trainer, house, f"Nom complet;Téléphone;Date;Langue\n{row}{row}")
    form = page(trainer, batch, "?state=duplicate")
    typed = dict(re.findall(r'name="(cell-[a-z_]+)" value="([^"]*)"', form))
    do(trainer, "mend", batch, row="2", **typed | {"cell-name_latin": "Salma Tazi-Alami"})
    mended = Award.objects.get(batch=batch, row=2)
    assert (mended.state, mended.awarded_on, mended.language) == ("pending", day, "ar")


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


def test_a_page_on_which_rows_are_mended_does_not_load_itself_anew(trainer: Client, house: House) -> None:
    batch = draft(trainer, house)
    do(trainer, "accept", batch)
    watching, mending = page(trainer, batch), page(trainer, batch, "?bad=1")
    assert ('http-equiv="refresh"' in watching, 'class="mend' in watching) == (True, False)
    assert ('http-equiv="refresh"' in mending, 'class="mend' in mending) == (False, True)
    assert f"{reverse('teach-list', args=[batch.pk])}?bad=1#bad" in watching


def test_once_nothing_is_to_be_mended_the_page_moves_again(trainer: Client, house: House) -> None:
    batch = issued(trainer, house)
    mended = {"from": "1", "cell-name": "Omar Alaoui", "cell-phone": "0612345670"}
    address = do(trainer, "mend", batch, row="2", **mended)["Location"]
    html = trainer.get(address.partition("#")[0]).content.decode()
    assert f'content="3; url={reverse("teach-list", args=[batch.pk])}"' in html


def test_who_mends_stays_at_the_page_where_she_was(trainer: Client, house: House) -> None:
    rows = "".join(f"Salma {n}\n" for n in range(60))
    batch = draft(trainer, house, f"Nom complet\n{rows}")
    html = page(trainer, batch, "?bad=2")
    assert re.findall(r'name="from" value="(\d+)"', html) == ["2"] * 25
    answer = do(trainer, "mend", batch, row="30", **{"from": "2", "cell-name": "Salma Tazi"})
    assert answer["Location"].endswith("?bad=2#bad")


def test_a_message_that_was_refused_stands_out(trainer: Client, house: House) -> None:
    batch = issued(trainer, house)
    outbox.deliver_due(now=timezone.now())
    Message.objects.filter(credential__award__row=1).update(state="bounced")
    rows = page(trainer, batch, "?state=issued")
    rows = rows[rows.index('id="rows"') :]
    assert rows.count('class="tag off"') == 1


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


def test_a_stopped_list_offers_nothing_that_would_be_refused(trainer: Client, house: House) -> None:
    batch = draft(trainer, house)
    do(trainer, "accept", batch)
    do(trainer, "stop", batch)
    html = page(trainer, batch)
    for act in ("mend", "retry", "stop", "accept"):
        assert reverse(f"teach-list-{act}", args=[batch.pk]) not in html
    assert '<progress id="bar" max="4" value="2">' in html  # the wrong row and the repeat; two were stopped


def test_the_file_of_a_stopped_list_may_come_again(trainer: Client, house: House) -> None:
    batch = draft(trainer, house)
    do(trainer, "accept", batch)
    do(trainer, "stop", batch)
    assert upload(trainer, house)["Location"] != reverse("teach-list", args=[batch.pk])


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


def test_a_row_that_is_wrong_is_found_by_its_name_too(trainer: Client, house: House) -> None:
    batch = draft(trainer, house, "Nom complet;Téléphone\nعمر العلوي;06123\nSalma Tazi;\n")
    html = trainer.post(reverse("teach-list", args=[batch.pk]), {"q": "عمر"}).content.decode()
    rows = html[html.index('id="rows"') :]
    assert "عمر العلوي" in rows
    assert "Salma Tazi" not in rows


def test_a_search_with_more_than_a_page_says_so(trainer: Client, house: House) -> None:
    rows = "".join(f"Salma {chr(97 + n // 26)}{chr(97 + n % 26)}\n" for n in range(60))
    batch = draft(trainer, house, f"Nom complet\n{rows}")
    html = trainer.post(reverse("teach-list", args=[batch.pk]), {"q": "salma"}).content.decode()
    assert "page=2" not in html
    assert "30 premiers" in text_of(html)


def test_the_result_is_a_file_in_which_nothing_is_a_formula(trainer: Client, house: House) -> None:
    batch = issued(trainer, house, "Nom complet\n=cmd|x\nSalma Tazi\n")
    answer = trainer.get(reverse("teach-list-result", args=[batch.pk]))
    lines = io.StringIO(answer.content.decode("utf-8-sig")).read().splitlines()
    assert lines[1].split(";")[1].strip('"').startswith("'=cmd")
    assert f"/c/{Credential.objects.get().pk}" in lines[2]


def test_a_page_of_a_long_list_asks_the_database_little(
    trainer: Client, house: House, django_assert_max_num_queries: Any
) -> None:
    rows = "".join(f"Salma {chr(97 + n // 26)}{chr(97 + n % 26)};06{12_000_000 + n}\n" for n in range(190))
    batch = issued(trainer, house, f"Nom;Téléphone\n{rows}")
    with django_assert_max_num_queries(16):
        html = page(trainer, batch)
    assert html.count("teach/c/") >= 30


def test_the_shelf_shows_every_list_with_its_counts(trainer: Client, house: House) -> None:
    batch = issued(trainer, house)
    html = trainer.get(reverse("teach-lists")).content.decode()
    assert reverse("teach-list", args=[batch.pk]) in html
    assert "2 sur 4" in text_of(html)


# -- Beside the lists -----------------------------------------------------------------------------
def test_the_overview_has_one_line_for_a_list_and_none_for_a_draft(trainer: Client, house: House) -> None:
    batch = draft(trainer, house)
    address = reverse("teach-list", args=[batch.pk])
    assert address not in trainer.get(reverse("teach-home")).content.decode()
    do(trainer, "accept", batch)
    home = trainer.get(reverse("teach-home")).content.decode()
    assert home.count(address) == 1
    assert "Salma Tazi" not in home


def test_the_page_of_a_single_award_leads_on_to_a_list(trainer: Client, house: House) -> None:
    batch = draft(trainer, house)
    answer = trainer.get(reverse("teach-batch", args=[batch.pk]))
    assert answer["Location"] == reverse("teach-list", args=[batch.pk])


# -- What is drawn --------------------------------------------------------------------------------
def tiles(drawn: str, kind: str) -> int:
    paths = re.findall(rf'class="{kind}" d="([^"]*)"', drawn)
    return sum(path.count("M") for path in paths)


@pytest.mark.parametrize(("signed", "total", "laid"), [(0, 60, 0), (30, 60, 120), (60, 60, 240), (0, 0, 0)])
def test_a_tile_is_laid_for_what_is_signed_and_for_nothing_else(signed: int, total: int, laid: int) -> None:
    drawn = lists.lay(signed, total)
    assert tiles(drawn, "on2?") == laid
    assert tiles(drawn, "no") == 240 - laid
    assert tiles(drawn, "now") == 0


def test_while_rows_are_signed_the_next_tile_moves() -> None:
    assert tiles(lists.lay(30, 60, working=True), "now") == 1


def test_groups_of_digits_keep_their_order_and_text_stays_text() -> None:
    assert lists.isolated("<b> 06 12 34.") == '&lt;b&gt; <bdi dir="ltr" class="num">06 12 34</bdi>.'
    assert lists.isolated("سطر 5") == "سطر 5"


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
