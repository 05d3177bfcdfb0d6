"""The bench: what is handed over is checked apart from its neighbours, shown, forgotten within the hour."""

import csv
import hashlib
import io
import json
import logging
import ssl
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from config import sweeper
from credentials import apart, badges, reading, revocation, securing, statuslists
from credentials.certificates import render_pdf
from credentials.models import Achievement, Credential
from issuers.models import SigningOrder
from tests.factories import make_achievement, make_credential, make_issuer, publish_keys
from verify import bench, bench_examining, bench_queue, carriers, printed
from verify.bench import Handed
from verify.bench_examining import NOT_READ, PRINT_DIFFERS, examine
from verify.errors import BenchEmpty, BenchFull, BenchGone, BenchTooLarge, BenchTooMany
from verify.models import Bench, BenchItem, VerificationCount

pytestmark = pytest.mark.django_db
MEGABYTE = 1024 * 1024
FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def achievement(db: None, key_room: Path, now: datetime) -> Achievement:
    achievement = make_achievement(make_issuer(now=now))
    publish_keys(now=now)
    return achievement


@pytest.fixture
def credential(achievement: Achievement, now: datetime) -> Credential:
    return make_credential(achievement, now=now)


def handed(name: str, data: bytes) -> Handed:
    return Handed(name=name, size=len(data), read=lambda: data)


def made(things: Sequence[tuple[str, bytes]], now: datetime) -> Bench:
    return bench.make(handed=[handed(name, data) for name, data in things], now=now)


def finish(mine: Bench, now: datetime) -> None:
    """Check all of it, however many bells that takes."""
    while bench.progress(bench=mine).working:
        bench_queue.check_waiting(now=now)


def checked(things: Sequence[tuple[str, bytes]], now: datetime) -> list[BenchItem]:
    """The lines of a new bench, all of them decided."""
    mine = made(things, now)
    finish(mine, now)
    return list(bench.items(bench=mine))


def proven(credential: Credential, now: datetime) -> bytes:
    """The certificate as JSON with its Data Integrity proof, as its address answers."""
    document = securing.obtain(credential=credential, now=now)
    assert document is not None
    assert '"DataIntegrityProof"' in document
    return document.encode()


def badge(credential: Credential, kind: str, now: datetime) -> bytes:
    """The picture with the certificate baked in."""
    picture = badges.baked(credential=credential, kind=kind, now=now)
    assert picture is not None
    return picture


# -- One line -------------------------------------------------------------------------------------
def test_every_form_of_a_certificate_is_valid(credential: Credential, now: datetime) -> None:
    securing.secure_new(now=now, within=None)
    forms = {
        "a.jwt": credential.jwt.encode(),
        "a.pdf": reading.pdf(credential),
        "link": f"http://localhost:8000/c/{credential.pk}".encode(),
        "code": credential.short_code.encode(),
        "qr": reading.qr_text(credential).encode(),
        "a.json": json.dumps({"credential": credential.jwt}).encode(),
        "a.png": badge(credential, "png", now),
        "a.svg": badge(credential, "svg", now),
        "proof.json": proven(credential, now),
    }
    lines = checked(list(forms.items()), now)
    assert [line.outcome for line in lines] == ["valid"] * len(forms)
    for line in lines:
        names = {text for text, _language in line.finding["stated"]["names"]}
        assert "Fatima-Zahra El Idrissi" in names, line.name
        assert line.finding["differences"] == []
        assert bytes(line.sha256) == hashlib.sha256(forms[line.name]).digest()


def test_of_our_own_certificates_nobody_is_asked_and_no_way_to_ask_is_made(
    credential: Credential, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    securing.secure_new(now=now, within=None)
    made: list[str] = []
    plain = ssl.create_default_context

    def noted(**rest: Any) -> ssl.SSLContext:
        made.append("client")
        return plain(**rest)

    monkeypatch.setattr(ssl, "create_default_context", noted)
    for data in (credential.jwt.encode(), reading.pdf(credential), proven(credential, now)):
        assert examine(data=data, now=now).outcome == "valid"
    assert made == []
    assert examine(data=b"https://10.0.0.1/c/abc", now=now).finding == {"fault": "link-unreachable"}
    assert made == ["client"]


def test_a_print_that_was_edited_around_a_genuine_file_is_told_with_both_texts(
    credential: Credential, now: datetime
) -> None:
    face = replace(reading.face_of(credential), name_latin="Omar Alaoui", hours=120)
    examined = examine(data=render_pdf(face), now=now)
    assert examined.outcome == PRINT_DIFFERS
    assert [
        (each["field"], each["signed"], each["printed"]) for each in examined.finding["differences"][:2]
    ] == [("name", "Fatima-Zahra El Idrissi", "Omar Alaoui"), ("hours", "12", "Volume horaire 120 heures")]


def test_what_was_revoked_is_revoked_whatever_its_print_says(credential: Credential, now: datetime) -> None:
    revocation.revoke(credential=credential, by=None, reason="issued-in-error", now=now)
    statuslists.publish_changed(now=now)
    face = replace(reading.face_of(credential), name_latin="Omar Alaoui")
    examined = examine(data=render_pdf(face), now=now)
    assert examined.outcome == "revoked"
    assert examined.finding["differences"]


def test_an_altered_file_shows_no_name(credential: Credential, now: datetime) -> None:
    head, body, signature = credential.jwt.split(".")
    swapped = "B" if signature[10] == "A" else "A"
    examined = examine(data=f"{head}.{body}.{signature[:10]}{swapped}{signature[11:]}".encode(), now=now)
    assert examined.outcome == "tampered"
    assert "stated" not in examined.finding
    assert "Fatima" not in json.dumps(examined.finding)


def test_a_private_certificate_shows_its_verdict_alone(credential: Credential, now: datetime) -> None:
    Credential.objects.filter(pk=credential.pk).update(visibility=Credential.Visibility.PRIVATE)
    examined = examine(data=credential.short_code.encode(), now=now)
    assert examined.outcome == "valid"
    assert examined.finding["concealed"]
    assert "stated" not in examined.finding
    assert examined.finding["lists"] == []


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"\xff\xd8\xff\xe0 a photo", "picture"),
        (b"\0\0\0\x18ftypheic a photo", "picture"),
        (b"RIFF\0\0\0\0WEBP", "picture"),
        (carriers.PNG + b"\0\0\0\0IEND\xae\x42\x60\x82", "picture"),
        (b"%PDF-1.7 nothing", "pdf-unreadable"),
        (b"\x00\x01\x02\xff", "unknown-form"),
        (b"BZF3-G3DK-P8FZ", "not-known"),
        (b"http://elsewhere.example/c/abc", "foreign-link"),
        (b"https://10.0.0.1/c/abc", "link-unreachable"),
    ],
)
def test_what_cannot_be_read_gets_its_remedy(db: None, now: datetime, data: bytes, fault: str) -> None:
    examined = examine(data=data, now=now)
    assert examined == bench_examining.Examined(outcome=NOT_READ, finding={"fault": fault})


def test_a_pdf_without_a_signed_file_is_told_so(credential: Credential, now: datetime) -> None:
    face = replace(reading.face_of(credential), jwt="")
    examined = examine(data=render_pdf(face), now=now)
    assert examined.finding == {"fault": "pdf-without-credential"}


def test_the_lists_that_a_verdict_rests_on_are_kept_with_it(credential: Credential, now: datetime) -> None:
    seen = examine(data=credential.jwt.encode(), now=now).finding["lists"]
    assert [each["purpose"] for each in seen] == ["revocation", "suspension", "replacement"]
    version = statuslists.read(number=credential.status_list_id, purpose="revocation")
    assert version is not None
    assert seen[0] == {
        "purpose": "revocation",
        "number": credential.status_list_id,
        "version": version.version,
        "iat": int(version.signed_at.timestamp()),
    }


# -- Handing over ---------------------------------------------------------------------------------
def test_one_bad_file_spoils_no_other(credential: Credential, now: datetime) -> None:
    things = [
        ("good.jwt", credential.jwt.encode()),
        ("large.pdf", b"%PDF-" + b"0" * carriers.MAX_FILE),
        ("empty.pdf", b""),
        ("odd.bin", bytes(range(256))),
        ("good.pdf", reading.pdf(credential)),
    ]
    lines = checked(things, now)
    assert [line.outcome for line in lines] == ["valid", NOT_READ, NOT_READ, NOT_READ, "valid"]
    faults = [line.finding.get("fault") for line in lines]
    assert faults == [None, "file-too-large", "empty-file", "unknown-form", None]


def test_a_bench_has_bounds(db: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BenchEmpty):
        bench.make(handed=[], now=now)
    with pytest.raises(BenchTooMany):
        made([("x", b"x")] * (bench.MAX_ITEMS + 1), now)
    with pytest.raises(BenchTooLarge):
        bench.make(handed=[Handed(name="x", size=bench.MAX_BYTES + 1, read=bytes)], now=now)
    monkeypatch.setattr(bench, "MAX_WAITING", 3)
    made([("x", b"x")] * 3, now)
    with pytest.raises(BenchFull):
        made([("x", b"x")], now)
    assert Bench.objects.count() == 1


def test_pasted_lines_are_one_each_and_a_document_is_one() -> None:
    assert [h.name for h in bench.of_text("BZF3-G3DK-P8FZ\n\n  https://x.example/c/1 \r\n")] == [
        "BZF3-G3DK-P8FZ",
        "https://x.example/c/1",
    ]
    assert len(bench.of_text('{"type":\n["VerifiableCredential"]\n}')) == 1
    assert bench.of_text("") == []


def test_the_name_of_a_scanned_code_tells_nothing_of_its_claim() -> None:
    [code] = bench.of_text("http://localhost:8000/v#" + "1234567890" * 50)
    assert code.name == "http://localhost:8000/v#…"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("certificat.pdf", "certificat.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("a\x00b\n c", "a b c"),
        ("e\u0301té.pdf", "été.pdf"),
        ("é" * 300 + ".pdf", "é" * 108 + "…" + "é" * 6 + ".pdf"),
    ],
)
def test_names_of_files_are_fit_to_be_shown_and_signed(name: str, shown: str) -> None:
    assert bench.tidy(name) == shown
    assert bench.tidy(shown) == shown


# -- The queue ------------------------------------------------------------------------------------
def test_content_goes_with_the_check(credential: Credential, now: datetime) -> None:
    mine = made([("a.jwt", credential.jwt.encode())], now)
    item = mine.items.get()
    assert bytes(item.content or b"") == credential.jwt.encode()
    bench_queue.check_waiting(now=now)
    item.refresh_from_db()
    assert (item.content, item.lease_token, item.lease_until) == (None, "", None)
    with pytest.raises(IntegrityError), transaction.atomic():
        BenchItem.objects.filter(pk=item.pk).update(content=b"again")


def test_a_small_bench_does_not_wait_behind_a_large_one(
    db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_queue, "LONG_ENOUGH", 60.0)  # on a machine that has much else to do
    large = made([(str(n), b"x") for n in range(100)], now)
    small = made([("1", b"x"), ("2", b"x")], now)
    bench_queue.check_waiting(now=now)
    assert not bench.progress(bench=small).working
    assert bench.progress(bench=large).checked == bench_queue.PORTION - 2


def test_what_another_holds_is_not_taken_until_its_lease_is_over(db: None, now: datetime) -> None:
    mine = made([("1", b"x")], now)
    past, ahead = now - timedelta(minutes=1), now + timedelta(minutes=5)
    mine.items.update(lease_token="another", lease_until=ahead)
    assert bench_queue.check_waiting(now=now) == 0
    mine.items.update(lease_until=past)
    assert bench_queue.check_waiting(now=now) == 1


def test_who_wakes_after_its_lease_writes_nothing(db: None, now: datetime) -> None:
    mine = made([("1", b"x")], now)
    item = bench_queue._take("first")
    assert item is not None
    mine.items.update(lease_token="second")
    assert bench_queue._check(item, now=now) == 0
    assert mine.items.get().state == BenchItem.State.WAITING


def test_what_outlived_too_many_workers_is_set_aside(db: None, now: datetime) -> None:
    mine = made([("1", b"x"), ("2", b"x")], now)
    mine.items.filter(number=1).update(attempts=bench_queue.MAX_ATTEMPTS)
    bench_queue.check_waiting(now=now)
    first, second = bench.items(bench=mine)
    assert first.finding == {"fault": "set-aside"}
    assert second.finding == {"fault": "unknown-form"}


def test_the_sweeper_finishes_what_nobody_heard_of_and_forgets(
    achievement: Achievement, now: datetime
) -> None:
    mine = made([("1", b"x")], now - timedelta(seconds=9))
    sweeper.sweep_once(now=now)
    assert bench.progress(bench=mine).working
    sweeper.sweep_once(now=now + timedelta(seconds=2))
    assert not bench.progress(bench=mine).working
    sweeper.sweep_once(now=now + bench.KEPT_FOR)
    assert not Bench.objects.exists()
    assert not BenchItem.objects.exists()


def test_nothing_of_what_is_checked_is_logged(
    credential: Credential, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        checked([("Fatima-Zahra.pdf", reading.pdf(credential)), ("x", b"%PDF-1.7 Fatima")], now)
    told = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "bench made" in told
    assert "Fatima" not in told
    assert credential.pk not in told


def test_checks_at_the_bench_are_counted(credential: Credential, now: datetime) -> None:
    checked([("a.jwt", credential.jwt.encode())] * 2, now)
    assert list(VerificationCount.objects.values_list("door", "verdict", "times")) == [("bench", "valid", 2)]


# -- In a child of its own ------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_file_that_kills_its_reader_is_set_aside_and_the_others_are_checked(
    achievement: Achievement, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "LABOUR", (1, 0.0))  # seconds of the processor
    monkeypatch.setattr(bench_queue, "BACKOFF", timedelta())
    monkeypatch.setattr(printed, "MAX_CONTENT", 10**9)
    monkeypatch.setattr(printed, "PDF_LIMITS", None)
    credential = make_credential(achievement, now=now)
    poison = labouring(reading.pdf(credential))
    assert len(poison) < carriers.MAX_FILE
    good = credential.jwt.encode()
    mine = made([("1.jwt", good), ("2.pdf", poison), ("3.jwt", good)], now)
    for _bell in range(6):
        bench_queue.check_waiting(now=now)
    lines = list(bench.items(bench=mine))
    assert [line.outcome for line in lines] == ["valid", NOT_READ, "valid"]
    assert lines[1].finding == {"fault": "set-aside"}
    assert (lines[1].deaths, lines[1].content) == (bench_queue.MAX_DEATHS, None)


def labouring(pdf: bytes) -> bytes:
    """A genuine file whose page takes seconds to read."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import DecodedStreamObject, NameObject

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    stream = DecodedStreamObject()
    stream.set_data(b"q 1 0 0 1 5 5 cm Q " * 500_000)
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_child_that_asks_for_too_much_memory_dies_alone() -> None:
    def ask() -> apart.Outcome:
        return apart.Outcome(issued=len(bytes(300 * MEGABYTE)))

    def outcome(memory: int) -> apart.Outcome:
        return apart.in_child(ask, rows=1, keep=lambda: None, about={}, memory=memory)

    assert outcome(100 * MEGABYTE).guilty
    assert outcome(600 * MEGABYTE).issued == 300 * MEGABYTE


# -- The pages ------------------------------------------------------------------------------------
def post(client: Client, *files: tuple[str, bytes], text: str = "", language: str = "en") -> Any:
    uploads = [SimpleUploadedFile(name, data) for name, data in files]
    return client.post("/bench", {"files": uploads, "text": text}, headers={"accept-language": language})


def page(client: Client, address: str, language: str = "en") -> str:
    answer = client.get(address, headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def test_files_and_lines_lead_to_one_table(client: Client, credential: Credential, now: datetime) -> None:
    answer = post(client, ("a.pdf", reading.pdf(credential)), text=f"{credential.short_code}\nBZF3-G3DK-P8FZ")
    assert answer.status_code == 303
    address = answer.headers["Location"]
    waiting = client.get(address, headers={"accept-language": "en"})
    assert waiting.status_code == 202
    assert 'http-equiv="refresh"' in waiting.content.decode()
    assert client.get(f"{address}/progress").status_code == 202
    finish(Bench.objects.get(), now)
    assert client.get(f"{address}/progress").status_code == 200
    html = page(client, address)
    assert html.count("Valid certificate") == 2
    assert "No certificate has this code or link." in html
    assert html.count("Fatima-Zahra El Idrissi") == 2
    assert "http-equiv" not in html


def test_the_table_can_show_problems_alone(client: Client, credential: Credential, now: datetime) -> None:
    mine = made([("good.jwt", credential.jwt.encode()), ("bad.bin", b"\xff\x00")], now)
    finish(mine, now)
    html = page(client, f"/bench/{mine.pk}?show=problems")
    assert "bad.bin" in html
    assert "good.jwt" not in html


def test_a_difference_is_shown_with_both_texts(client: Client, credential: Credential, now: datetime) -> None:
    face = replace(reading.face_of(credential), name_latin="Omar Alaoui")
    mine = made([("a.pdf", render_pdf(face))], now)
    finish(mine, now)
    html = page(client, f"/bench/{mine.pk}")
    assert "Genuine file, changed print" in html
    assert "Valid certificate" not in html
    signed, shown = html.index("Fatima-Zahra El Idrissi", html.index("differing")), html.index("Omar Alaoui")
    assert signed < shown
    assert 'class="danger"' in html


@pytest.mark.parametrize(
    ("files", "text", "status", "sentence"),
    [
        ([], " \n ", 422, "There is nothing to check yet."),
        ([("x", b"x")] * 201, "", 413, "These are more than 200."),
        ([("x", b"x")] * 202, "", 413, "These are more than 200."),
        ([("x", b"x")] * 150, "x\n" * 51, 413, "These are more than 200."),
    ],
    ids=["nothing", "201 files", "202 files", "files and lines"],
)
def test_too_little_or_too_much_is_refused_with_a_remedy(
    client: Client, db: None, files: list[tuple[str, bytes]], text: str, status: int, sentence: str
) -> None:
    answer = post(client, *files, text=text)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert not Bench.objects.exists()


def test_a_body_above_the_limit_is_refused_before_it_is_read(client: Client, db: None) -> None:
    announced = str(61 * 1024 * 1024)
    answer = client.generic("POST", "/bench", b"x", CONTENT_LENGTH=announced, HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 413
    assert "60 MB together" in answer.content.decode()


def test_two_hundred_files_of_a_third_of_a_megabyte_are_taken(client: Client, db: None) -> None:
    answer = post(client, *[(f"{n}.bin", bytes([255]) * 300_000) for n in range(200)])
    assert answer.status_code == 303
    assert BenchItem.objects.filter(state="waiting").count() == 200


def test_one_place_makes_so_many_benches_an_hour(client: Client, db: None) -> None:
    answers = [post(client, text="x").status_code for _ in range(21)]
    assert answers == [303] * 20 + [429]
    refused = post(client, text="x")
    assert int(refused.headers["Retry-After"]) > 60


def test_delete_now_forgets_it_at_once(client: Client, credential: Credential, now: datetime) -> None:
    mine = made([("a.jwt", credential.jwt.encode())], now)
    SigningOrder.objects.create(kind=bench.RECEIPT, subject=mine.pk, ordered_at=now, not_before=now)
    answer = client.post(f"/bench/{mine.pk}/delete", headers={"accept-language": "en"})
    assert answer.status_code == 303
    assert "nothing of it is kept here" in page(client, answer.headers["Location"])
    assert not Bench.objects.exists()
    assert not BenchItem.objects.exists()
    assert not SigningOrder.objects.exists()
    assert client.get(f"/bench/{mine.pk}").status_code == 404


def test_after_an_hour_it_is_gone_swept_or_not(client: Client, db: None, now: datetime) -> None:
    mine = made([("1", b"x")], now - bench.KEPT_FOR)
    with pytest.raises(BenchGone):
        bench.find(bench_id=mine.pk, now=now)
    for path in ("", "/progress", "/table.csv", "/receipt.jwt"):
        assert client.get(f"/bench/{mine.pk}{path}").status_code == 404, path
    assert client.post(f"/bench/{mine.pk}/delete").status_code == 404


def test_names_of_files_are_text_on_the_page_and_in_the_spreadsheet(
    client: Client, credential: Credential, now: datetime
) -> None:
    mine = made([("<img src=x onerror=alert(1)>", b"x"), (FORMULA, b"x"), (" +1", b"x")], now)
    finish(mine, now)
    assert "<img" not in page(client, f"/bench/{mine.pk}")
    text = client.get(f"/bench/{mine.pk}/table.csv").content.decode("utf-8-sig")
    names = [row[1] for row in csv.reader(io.StringIO(text), delimiter=";")][1:]
    assert names == ["<img src=x onerror=alert(1)>", f"'{FORMULA}", "'+1"]


@pytest.mark.parametrize(
    ("language", "separator", "head"),
    [("fr", ";", "Résultat"), ("en", ",", "Verdict"), ("ar", ";", "النتيجة")],
)
def test_the_spreadsheet_is_in_the_readers_language(
    client: Client, credential: Credential, now: datetime, language: str, separator: str, head: str
) -> None:
    face = replace(reading.face_of(credential), name_latin="Omar Alaoui")
    mine = made([("a.jwt", credential.jwt.encode()), ("b.pdf", render_pdf(face))], now)
    finish(mine, now)
    answer = client.get(f"/bench/{mine.pk}/table.csv", headers={"accept-language": language})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=separator))
    assert table[0][2] == head
    assert len(table) == 3
    assert {len(row) for row in table} == {13}
    assert "Fatima-Zahra El Idrissi" in table[1][4]
    assert "Omar Alaoui" in table[2][11]


def test_a_bench_is_stored_by_nobody_and_told_to_nobody(client: Client, db: None, now: datetime) -> None:
    mine = made([("1", b"x")], now)
    answer = client.get(f"/bench/{mine.pk}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert not answer.cookies


def test_a_backup_holds_nothing_of_a_bench() -> None:
    from config import dumping

    assert {Bench._meta.db_table, BenchItem._meta.db_table} <= set(dumping.LEFT_OUT)


def test_two_hundred_lines_cost_a_page_as_many_queries_as_two(
    client: Client, db: None, now: datetime, django_assert_max_num_queries: Any
) -> None:
    mine = made([(str(n), b"x") for n in range(60)], now)
    finish(mine, now)
    with django_assert_max_num_queries(8):
        page(client, f"/bench/{mine.pk}")
