"""Steps of the bench about paper, in the product's own Python: what prints cost, and how they are read."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import zxingcpp
from django.utils import timezone

from credentials import cards, printing, qr, reading
from credentials.models import Credential, PrintOrder
from issuers.models import Membership
from tests.credentials import degrading
from tests.credentials import prints as printed

PRINTS = 30
A_CLASS = 120
#: Frames of each of sixteen prints, for each scene and size.
ROUNDS = 6


def prints() -> dict[str, float]:
    """CPU milliseconds a page, a card, and a card on a sheet, each after the first, which loads the fonts."""
    found = Credential.objects.select_related(*reading.RELATED).order_by("-issued_at")[: PRINTS + 1]
    credentials = list(found)
    faces = [reading.face_of(credential) for credential in credentials]
    starts = range(0, len(faces) - cards.CARDS_A_SHEET, 2)
    sheets = [faces[start : start + cards.CARDS_A_SHEET] for start in starts]
    page, page_bytes = _spent(reading.pdf, credentials)
    card, card_bytes = _spent(reading.card, credentials)
    sheet, _bytes = _spent(cards.render_sheet, sheets)
    return {
        "page": page,
        "card": card,
        "card on a sheet": sheet / cards.CARDS_A_SHEET,
        "page bytes": page_bytes,
        "card bytes": card_bytes,
    }


def _spent(make: Callable[[Any], bytes], things: Sequence[Any]) -> tuple[float, float]:
    """The median of CPU milliseconds, and of bytes."""
    spent, sizes = [], []
    for thing in things:
        qr.qr_matrix.cache_clear()  # a certificate is printed once
        before = time.process_time()
        sizes.append(len(make(thing)))
        spent.append((time.process_time() - before) * 1000)
    return statistics.median(spent[1:]), statistics.median(sizes)


def print_order() -> dict[str, float]:
    """A class as pages: CPU a certificate as a worker makes them, and as the web sends them."""
    newest = Credential.objects.select_related("issuer").order_by("-issued_at")
    issuer = newest[:1].get().issuer
    own = list(newest.filter(issuer=issuer).values_list("pk", flat=True)[:A_CLASS])
    trainer = Membership.objects.filter(issuer=issuer)[:1].get().person
    now = timezone.now()
    order = printing.order_chosen(
        issuers=[issuer], ids=own, layout=PrintOrder.Layout.PAGES, by=trainer, now=now
    )
    before = time.process_time()
    printing.prepare(now=now)  # the worker may have begun: what is left is measured
    made = (time.process_time() - before) * 1000
    while order.state == PrintOrder.State.PREPARING:
        time.sleep(0.05)
        order.refresh_from_db()
    before = time.process_time()
    size = sum(map(len, printing.fetch(order=order, volume=1, by=trainer, now=now)))
    sent = (time.process_time() - before) * 1000
    return {"certificates": len(own), "made": made, "sent": sent, "bytes": size}


def scans(rounds: str = str(ROUNDS)) -> dict[str, float]:
    """By scene, the share of single frames that are read, of prints at both sizes of a module."""
    papers = printed.sixteen()
    return {
        scene.name: statistics.mean(
            degrading.rate(papers, replace(scene, rounds=int(rounds)), size=size)
            for size in (1.0, printed.SHRUNK)
        )
        for scene in degrading.SCENES
    }


def codes() -> dict[str, Any]:
    """The version of every printed code, and how many prints of 300 dots are read, black and white."""
    credentials = list(Credential.objects.select_related(*reading.RELATED).order_by("pk"))
    texts = [reading.qr_text(credential) for credential in credentials]
    some = list(zip(credentials, texts, strict=True))[:: max(1, len(texts) // PRINTS)]
    right = [
        [code.text for code in zxingcpp.read_barcodes(printed.page_of(reading.pdf(credential), 300))]
        == [text]
        for credential, text in some
    ]
    return {"versions": [qr.qr_version(text) for text in texts], "read": statistics.mean(right)}
