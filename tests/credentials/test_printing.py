"""A class for the print shop: what is in the archives, who made them, what becomes of them."""

import io
import os
import signal
import subprocess
import sys
import time
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # it comes without types
import pytest
import zxingcpp
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from config.launch import end_with_parent, sqlite_url
from credentials import parcels, printing, printmaking, reading, revocation
from credentials.errors import NothingToPrint, NotYours, PrintGone, TooManyPrints
from credentials.models import Achievement, Batch, Credential, PrintOrder, PrintPart
from credentials.people import Person
from issuers.models import AuditEvent
from passport.models import Learner
from tests.factories import (
    NOW,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_member,
    publish_keys,
    sign_in,
)
from verify import carriers, verifier
from verify.report import Verdict

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
PAGES, CARDS = PrintOrder.Layout.PAGES.value, PrintOrder.Layout.CARDS.value
CLASS = (
    ("Salma Tazi", "سلمى التازي"),
    ("", "عمر العلوي"),
    ("Jean-Noël d’Été", ""),
    ("Hajar Naciri", ""),
    ("Younes Kadiri", ""),
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portions of two, archives of four."""
    monkeypatch.setattr(printing, "A_PART", 2)
    monkeypatch.setattr(printing, "A_VOLUME", 4)
    monkeypatch.setattr(printing, "PARTS_A_VOLUME", 2)


@pytest.fixture
def course(key_room: Path) -> Achievement:
    found = make_achievement(make_issuer())
    publish_keys()
    return found


@pytest.fixture
def trainer(course: Achievement) -> Learner:
    return make_member(course.issuer, "trainer")


@pytest.fixture
def batch(course: Achievement, trainer: Learner) -> Batch:
    people = [Person(name_latin=latin, name_arabic=arabic) for latin, arabic in CLASS]
    return make_credential(course, *people, kind=Batch.Kind.ROSTER).award.batch


def ordered(batch: Batch, trainer: Learner, layout: str = PAGES, now: Any = NOW) -> PrintOrder:
    """An order that has been made."""
    order = printing.order_batch(batch=batch, layout=layout, by=trainer, now=now)
    printing.prepare(now=now)
    order.refresh_from_db()
    return order


def fetched(order: PrintOrder, trainer: Learner, volume: int = 1, now: Any = NOW) -> dict[str, bytes]:
    """An archive's files."""
    data = b"".join(printing.fetch(order=order, volume=volume, by=trainer, now=now))
    with zipfile.ZipFile(io.BytesIO(data)) as parcel:
        assert parcel.testzip() is None
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in parcel.infolist())
        assert not any(entry.flag_bits & 0x08 for entry in parcel.infolist()), "lengths stand in the headers"
        return {entry.filename: parcel.read(entry) for entry in parcel.infolist()}


def codes(pdf: bytes) -> set[str]:
    """What the codes of a page say."""
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72).to_pil()
    return {found.text for found in zxingcpp.read_barcodes(page)}


# -- What is in it --------------------------------------------------------------------------------
def test_a_class_is_a_page_each_that_verifies_by_itself(batch: Batch, trainer: Learner) -> None:
    order = ordered(batch, trainer)
    assert order.state == PrintOrder.State.READY
    files = fetched(order, trainer)
    note = files.pop(printmaking.NOTE_NAME)
    found = list(Credential.objects.order_by("award__row"))
    assert list(files) == [
        f"{place:02d}-{name}-{credential.short_code}.pdf"
        for place, (name, credential) in enumerate(
            zip(
                ("Salma-Tazi", "عمر-العلوي", "Jean-Noël-d-Été", "Hajar-Naciri", "Younes-Kadiri"),
                found,
                strict=True,
            ),
            start=1,
        )
    ]
    for credential, pdf in zip(found, files.values(), strict=True):
        assert carriers.from_pdf(pdf) == credential.jwt
        assert codes(pdf) == {reading.qr_text(credential)}
        assert verifier.verify(source=pdf, now=NOW, door="page").verdict is Verdict.VALID
    assert "5" in note.decode("utf-8-sig")


def test_a_class_on_cards_is_a_sheet(batch: Batch, trainer: Learner) -> None:
    files = fetched(ordered(batch, trainer, CARDS), trainer)
    assert list(files) == ["01.pdf", printmaking.NOTE_NAME]
    assert codes(files["01.pdf"]) == {reading.qr_text(credential) for credential in Credential.objects.all()}


@pytest.mark.usefixtures("small")
def test_a_long_list_comes_in_archives_that_hold_all_of_it_once(batch: Batch, trainer: Learner) -> None:
    order = ordered(batch, trainer)
    assert [(v.number, v.first, v.last) for v in printing.volumes(order=order)] == [(1, 1, 4), (2, 5, 5)]
    first, second = fetched(order, trainer, 1), fetched(order, trainer, 2)
    assert (len(first), len(second)) == (4 + 1, 1 + 1)
    assert [name[:2] for name in (*first, *second) if name.endswith(".pdf")] == ["01", "02", "03", "04", "05"]
    for volume in (0, 3):
        with pytest.raises(NotYours):
            fetched(order, trainer, volume)


def end_some(batch: Batch) -> dict[str, Credential]:
    """Of a class of five: one revoked, one erased, one kept private."""
    revoked, erased, private, *_rest = Credential.objects.filter(award__batch=batch).order_by("award__row")
    revocation.revoke(credential=revoked, reason="issued-in-error", note="", by=batch.requested_by, now=NOW)
    Credential.objects.filter(pk=erased.pk).update(
        name_latin="", name_arabic="", jwt="", paper=b"", erased_at=NOW
    )
    Credential.objects.filter(pk=private.pk).update(visibility=Credential.Visibility.PRIVATE)
    return {"revoked": revoked, "erased": erased, "private": private}


@pytest.mark.parametrize("when", ["before it is made", "after"])
@pytest.mark.parametrize("layout", [PAGES, CARDS])
def test_what_was_revoked_erased_or_made_private_is_left_out_and_said(
    batch: Batch, trainer: Learner, layout: str, when: str
) -> None:
    order = ordered(batch, trainer, layout) if when == "after" else None
    ended = end_some(batch)
    files = fetched(order or ordered(batch, trainer, layout), trainer)
    note = files.pop(printmaking.NOTE_NAME).decode("utf-8-sig")
    left = [reading.qr_text(c) for c in Credential.objects.order_by("award__row")[3:]]
    assert set().union(*map(codes, files.values())) == set(left)
    french, arabic = note.split("----")
    for told in (french, arabic):
        assert "Salma Tazi" in told
        assert "Jean-Noël d’Été" in told
        assert "العلوي" not in told, "whoever was erased is not named"
    assert "1: Salma Tazi" in french
    assert "2: effacé" in french
    assert ended["revoked"].short_code[:4] in french
    assert "2: مُحيت" in arabic


def test_one_that_cannot_be_set_does_not_keep_the_others(
    batch: Batch, trainer: Learner, settings: Any
) -> None:
    """Under an address that is far too long no code fits; under its own, all do."""
    bad = Credential.objects.order_by("award__row")[1]
    Credential.objects.filter(pk=bad.pk).update(paper=bytes(bad.paper) * 3)
    for layout in (PAGES, CARDS):
        files = fetched(ordered(batch, trainer, layout), trainer)
        note = files.pop(printmaking.NOTE_NAME).decode("utf-8-sig")
        assert len(set().union(*map(codes, files.values()))) == 4
        assert "2: عمر العلوي" in note


# -- The order --------------------------------------------------------------------------------------
def test_the_same_choice_leads_to_the_same_order(batch: Batch, trainer: Learner) -> None:
    one = ordered(batch, trainer)
    assert printing.order_batch(batch=batch, layout=PAGES, by=trainer, now=NOW) == one
    assert printing.order_batch(batch=batch, layout=CARDS, by=trainer, now=NOW) != one
    later = NOW + printing.FETCHED
    again = printing.order_batch(batch=batch, layout=PAGES, by=trainer, now=later)
    assert again != one
    assert one.parts.exists(), "somebody may be fetching it"


def test_a_choice_of_certificates_keeps_its_order_and_stays_inside_one_provider(
    batch: Batch, trainer: Learner, course: Achievement
) -> None:
    ids = list(Credential.objects.order_by("-award__row").values_list("pk", flat=True))[:2]
    order = printing.order_chosen(issuers=[course.issuer], ids=ids, layout=PAGES, by=trainer, now=NOW)
    printing.prepare(now=NOW)
    order.refresh_from_db()
    assert [name[:9] for name in fetched(order, trainer)] == ["01-Younes", "02-Hajar-", "LISEZ-MOI"]
    foreign = make_credential(make_achievement(make_issuer()))
    for chosen in ([foreign.pk], [ids[0], foreign.pk], ["nothing"]):
        with pytest.raises(NotYours):
            printing.order_chosen(issuers=[course.issuer], ids=chosen, layout=PAGES, by=trainer, now=NOW)


def test_nothing_is_ordered_of_nothing(batch: Batch, trainer: Learner) -> None:
    Credential.objects.update(visibility=Credential.Visibility.PRIVATE)
    with pytest.raises(NothingToPrint):
        printing.order_batch(batch=batch, layout=PAGES, by=trainer, now=NOW)
    with pytest.raises(NothingToPrint):
        printing.order_chosen(issuers=[batch.issuer], ids=[], layout=PAGES, by=trainer, now=NOW)
    with pytest.raises(NotYours):
        printing.order_batch(batch=batch, layout="posters", by=trainer, now=NOW)


def test_a_provider_has_ten_orders_at_a_time(batch: Batch, trainer: Learner) -> None:
    ids = list(Credential.objects.values_list("pk", flat=True))
    choices = [ids[:length] for length in range(1, 6)]
    for chosen in choices:
        for layout in (PAGES, CARDS):
            printing.order_chosen(issuers=[batch.issuer], ids=chosen, layout=layout, by=trainer, now=NOW)
    with pytest.raises(TooManyPrints):
        printing.order_chosen(issuers=[batch.issuer], ids=ids[1:], layout=PAGES, by=trainer, now=NOW)


def test_the_log_says_who_ordered_and_fetched_and_names_nobody(batch: Batch, trainer: Learner) -> None:
    order = ordered(batch, trainer)
    fetched(order, trainer)
    events = AuditEvent.objects.filter(about=order.pk).order_by("id")
    assert [(event.event, event.by) for event in events] == [
        ("print-ordered", f"learner/{trainer.pk}"),
        ("print-fetched", f"learner/{trainer.pk}"),
    ]
    assert not any("Salma" in event.detail for event in events)


# -- The work ---------------------------------------------------------------------------------------
@pytest.mark.usefixtures("small")
def test_a_short_order_does_not_wait_for_a_long_one(
    batch: Batch, trainer: Learner, course: Achievement
) -> None:
    long = printing.order_batch(batch=batch, layout=PAGES, by=trainer, now=NOW)
    short = make_credential(course, Person(name_latin="Salma Court")).award.batch
    order = printing.order_batch(batch=short, layout=PAGES, by=trainer, now=NOW)
    assert printing.prepare(now=NOW, limit=2) == 2
    order.refresh_from_db()
    long.refresh_from_db()
    assert (order.state, long.state) == (PrintOrder.State.READY, PrintOrder.State.PREPARING)
    assert printing.progress(order=long).percent == 40


@pytest.mark.usefixtures("small")
def test_a_portion_has_one_maker_and_a_dead_ones_goes_to_the_next(batch: Batch, trainer: Learner) -> None:
    order = printing.order_batch(batch=batch, layout=PAGES, by=trainer, now=NOW)
    dead = printing._take()
    assert dead is not None
    assert printing.prepare(now=NOW) == 2, "the other two"
    order.refresh_from_db()
    assert order.state == PrintOrder.State.PREPARING
    order.parts.filter(pk=dead.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert printing.prepare(now=NOW) == 1
    made = order.parts.get(pk=dead.pk)
    printing._make(dead, now=NOW + timedelta(hours=1))
    assert order.parts.get(pk=dead.pk).made_at == made.made_at, "who was thought dead changes nothing"
    order.refresh_from_db()
    assert order.state == PrintOrder.State.READY


def test_what_kills_three_makers_is_given_up(batch: Batch, trainer: Learner) -> None:
    order = printing.order_batch(batch=batch, layout=PAGES, by=trainer, now=NOW)
    for _death in range(printing.MAX_ATTEMPTS):
        part = printing._take()
        assert part is not None
        order.parts.update(lease_until=Now() - timedelta(seconds=1))
    assert printing.prepare(now=NOW) == 0
    order.refresh_from_db()
    assert order.state == PrintOrder.State.FAILED
    assert printing.order_batch(batch=batch, layout=PAGES, by=trainer, now=NOW) != order


MAKER = (
    "import django; django.setup()\n"
    "from django.utils import timezone\n"
    "from credentials import printing\n"
    "printing.A_PART = 2\n"
    "printing.prepare(now=timezone.now())\n"
)


@pytest.fixture
def maker(settings: Any) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Starts another process that makes what was ordered."""
    known, started = connection.settings_dict, []
    url = sqlite_url(Path(known["NAME"]))
    if connection.vendor == "postgresql":
        url = f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/{known['NAME']}"
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": url,
        "SECRET_KEY": settings.SECRET_KEY,
    }

    def start() -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-c", MAKER],
            cwd=ROOT,
            env=os.environ | environment,
            preexec_fn=end_with_parent(),  # noqa: PLW1509  # no thread forks here
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small")
def test_a_maker_that_is_killed_costs_the_portion_it_was_at(
    batch: Batch,
    trainer: Learner,
    course: Achievement,
    maker: Callable[[], "subprocess.Popen[bytes]"],
) -> None:
    people = [Person(name_latin=f"Salma {letter}azi") for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    long = make_credential(course, *people, kind=Batch.Kind.ROSTER).award.batch
    order = printing.order_batch(batch=long, layout=PAGES, by=trainer, now=timezone.now())
    process = maker()
    made = order.parts.filter(made_at__isnull=False)
    until = time.monotonic() + 60
    while not made.exists():
        assert time.monotonic() < until, "nothing was made"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = dict(made.values_list("pk", "made_at"))
    assert 0 < len(kept) < 13, "it was killed on its way"
    order.parts.filter(lease_until__isnull=False).update(lease_until=Now() - timedelta(seconds=1))
    assert printing.prepare(now=timezone.now()) == 13 - len(kept)
    order.refresh_from_db()
    assert order.state == PrintOrder.State.READY
    assert kept.items() <= dict(made.values_list("pk", "made_at")).items(), "what was made is not made again"
    names = [name for volume in range(1, 8) for name in fetched(order, trainer, volume, timezone.now())]
    assert len({name for name in names if name.endswith(".pdf")}) == 26


# -- Forgetting -------------------------------------------------------------------------------------
def test_files_go_a_day_after_they_were_ready(batch: Batch, trainer: Learner) -> None:
    order = ordered(batch, trainer)
    last = NOW + printing.FETCHED
    assert fetched(order, trainer, now=last - timedelta(seconds=1))
    with pytest.raises(PrintGone):
        fetched(order, trainer, now=last)
    assert printing.forget(now=last) == 0
    assert PrintPart.objects.exists(), "for whoever began to fetch in time"
    assert printing.forget(now=NOW + printing.KEPT) == 1
    assert not PrintPart.objects.exists()
    order.refresh_from_db()
    assert order.state == PrintOrder.State.EXPIRED
    printing.forget(now=NOW + printing.REMEMBERED)
    assert not PrintOrder.objects.exists()


# -- The archive ------------------------------------------------------------------------------------
def test_an_archive_is_sent_with_flat_memory() -> None:
    megabyte = os.urandom(1 << 20)
    size = 0
    tracemalloc.start()
    try:
        for sent in parcels.archive(((f"{n}.pdf", megabyte) for n in range(100)), at=NOW):
            size += len(sent)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 100 << 20
    assert peak < 6 << 20


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("../../etc/passwd", "07-etc-passwd-K.pdf"),
        ("CON: <a>|\\b?*\x00", "07-CON-a-b-K.pdf"),
        ("  ", "07-K.pdf"),
        ("é" * 200, "07-" + "é" * 60 + "-K.pdf"),
        ("e\u0301", "07-é-K.pdf"),
        ("ب" * 200, "07-" + "ب" * 60 + "-K.pdf"),
    ],
)
def test_a_files_name_is_safe_everywhere(name: str, written: str) -> None:
    made = parcels.file_name(place=7, places=9, name=name, code="K")
    assert made == unicodedata.normalize("NFC", written)
    assert len(made.encode()) < 255


def test_numbers_sort_as_the_list_does() -> None:
    names = [parcels.file_name(place=n, places=10_000, name="x", code="K") for n in (2, 10, 10_000)]
    assert names == sorted(names)


# -- The pages --------------------------------------------------------------------------------------
@pytest.fixture
def signed_in(client: Client, trainer: Learner) -> Client:
    sign_in(client, trainer)
    return client


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_the_page_waits_offers_and_says_when_it_is_over(
    signed_in: Client, batch: Batch, language: str, settings: Any
) -> None:
    signed_in.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    here = reverse("teach-list", args=[batch.pk])
    assert reverse("teach-print-batch", args=[batch.pk]) in signed_in.get(here).content.decode()
    answer = signed_in.post(reverse("teach-print-batch", args=[batch.pk]), {"layout": CARDS})
    order = PrintOrder.objects.get()
    assert answer["Location"] == reverse("teach-print", args=[order.pk])
    archive = reverse("teach-print-archive", args=[order.pk, 1])
    waiting = signed_in.get(answer["Location"])
    assert (waiting.status_code, waiting["Retry-After"]) == (202, "1")
    assert archive not in waiting.content.decode()
    assert signed_in.get(archive).status_code == 410
    assert signed_in.get(reverse("teach-print-progress", args=[order.pk])).status_code == 202
    printing.prepare(now=timezone.now())
    ready = signed_in.get(answer["Location"])
    assert ready.status_code == 200
    assert archive in ready.content.decode()
    parcel: Any = signed_in.get(archive)
    assert parcel.streaming
    assert (parcel["Content-Type"], parcel["Cache-Control"]) == ("application/zip", "no-store")
    assert b"".join(parcel.streaming_content).startswith(b"PK")
    PrintOrder.objects.update(ready_at=timezone.now() - printing.KEPT)
    printing.forget(now=timezone.now())
    gone = signed_in.get(answer["Location"]).content.decode()
    assert archive not in gone
    with translation.override(language):
        assert translation.gettext("Order again") in gone
    assert signed_in.get(archive).status_code == 410


def test_certificates_are_ticked_and_ordered(signed_in: Client, batch: Batch) -> None:
    page = signed_in.get(reverse("teach-certificates")).content.decode()
    ids = list(Credential.objects.values_list("pk", flat=True))
    assert all(f'name="certificate" value="{pk}"' in page for pk in ids)
    ended = {one.pk for one in end_some(batch).values()}
    ids = [pk for pk in ids if pk not in ended]
    answer = signed_in.post(reverse("teach-print-chosen"), {"certificate": ids, "layout": PAGES})
    order = PrintOrder.objects.get()
    assert (answer["Location"], order.total) == (reverse("teach-print", args=[order.pk]), 2)
    nothing = signed_in.post(reverse("teach-print-chosen"), {"layout": PAGES}, follow=True)
    assert nothing.redirect_chain == [(reverse("teach-certificates"), 302)]
    assert 'class="note age"' in nothing.content.decode()


def test_a_card_hangs_beside_the_page(signed_in: Client, batch: Batch) -> None:
    credential = Credential.objects.order_by("award__row")[0]
    address = reverse("credential-card", args=[credential.pk])
    assert address == f"/c/{credential.pk}.card.pdf"
    for place in ("credential", "teach-certificate"):
        assert address in signed_in.get(reverse(place, args=[credential.pk])).content.decode()
    card = signed_in.get(address)
    assert card["Content-Type"] == "application/pdf"
    assert carriers.from_pdf(card.content) == credential.jwt
    assert verifier.verify(source=card.content, now=NOW, door="page").verdict is Verdict.VALID
    Credential.objects.update(visibility=Credential.Visibility.PRIVATE)
    assert signed_in.get(address).status_code == 404
