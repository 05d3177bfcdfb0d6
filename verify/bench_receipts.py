"""Receipts of a bench: what was checked, when, on which lists; signed by the city, and not kept."""

import json
import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from jwt import InvalidTokenError

from issuers import jose, keys, orders, profiles
from issuers.models import SigningKey
from issuers.signable import Form, Signable

from . import bench, gate
from .bench_examining import NOT_READ, PRINT_DIFFERS
from .errors import BenchUnfinished, Malformed, ReceiptRefused
from .models import Bench, BenchItem
from .report import LEEWAY, Verdict

MAX_RECEIPT = 400_000  # bytes of JSON
OUTCOMES = {verdict.value for verdict in Verdict} | {PRINT_DIFFERS, NOT_READ}
_SHA256 = re.compile(r"[0-9a-f]{64}|")
_CODE = re.compile(r"[a-z0-9-]{1,40}")
_MEMBERS = {"iss", "iat", "made", "software", "counts", "items"}
_OF_ITEM = {"n", "name", "sha256", "verdict", "reason"}
_MAY = {"credential", "checked", "lists", "differences"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt whose signature holds."""

    signed_at: datetime
    counts: dict[str, int]
    items: list[dict[str, Any]]


# -- The web --------------------------------------------------------------------------------------
def obtain(*, made: Bench, now: datetime) -> str | None:
    """The receipt, ordered first where it is not there; None if the signer takes longer than a page may.

    It is not kept: once it was given out, another one is signed for whoever asks again. Raises
    BenchUnfinished while something is still being checked.
    """
    if bench.progress(bench=made).working:
        raise BenchUnfinished
    look = partial(_held, made.pk)
    receipt = orders.obtain(kind=bench.RECEIPT, subject=made.pk, look=look, now=now)
    if receipt is not None:
        Bench.objects.filter(pk=made.pk).update(receipt="")
    return receipt


def _held(bench_id: str) -> str | None:
    return Bench.objects.filter(pk=bench_id).values_list("receipt", flat=True).first() or None


# -- The signer -----------------------------------------------------------------------------------
@orders.makes(bench.RECEIPT)
def _make(subject: str, now: datetime) -> None:
    """Sign the receipt of this bench, unless it was forgotten meanwhile."""
    made = Bench.objects.filter(pk=subject, receipt="").first()
    if made is None:
        return
    signable = lint(compose(made=made, now=now))
    signer = keys.city_signer(purpose=keys.Purpose.SERVICE, now=now)
    token = keys.signed(signable, by=signer)
    with transaction.atomic():
        signer.require_active()
        Bench.objects.filter(pk=subject).update(receipt=token)


def compose(*, made: Bench, now: datetime) -> dict[str, Any]:
    """What the receipt of this bench says."""
    return {
        "iss": profiles.did_for_city(base_url=settings.BASE_URL),
        "iat": int(now.timestamp()),
        "made": int(made.made_at.timestamp()),
        "software": software(),
        "counts": bench.progress(bench=made).outcomes,
        "items": [_item(item) for item in bench.items(bench=made)],
    }


def _item(item: BenchItem) -> dict[str, Any]:
    finding = item.finding
    line: dict[str, Any] = {
        "n": item.number,
        "name": item.name,
        "sha256": bytes(item.sha256).hex(),
        "verdict": item.outcome,
        "reason": finding.get("reason") or finding.get("fault", ""),
    }
    optional = {
        "credential": finding.get("stated", {}).get("id"),
        "checked": finding.get("checked_at"),
        "lists": finding.get("lists"),
        "differences": sorted({each["field"] for each in finding.get("differences", [])}),
    }
    return line | {name: value for name, value in optional.items() if value}


@lru_cache(maxsize=1)
def software() -> str:
    """The name and version of this software."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return f"{project['name']} {project['version']}"


def lint(document: dict[str, Any]) -> Signable:
    """The receipt as bytes to be signed, if it is one and says nothing else. Raises ValueError."""
    rules = {
        "members": set(document) == _MEMBERS,
        "city": document["iss"] == profiles.did_for_city(base_url=settings.BASE_URL),
        "times": document["made"] <= document["iat"],
        "counts": document["counts"] == Counter(item["verdict"] for item in document["items"]),
        "number": 0 < len(document["items"]) <= bench.MAX_ITEMS,
        "items": all(_is_item(item) for item in document["items"]),
    }
    broken = [rule for rule, kept in rules.items() if not kept]
    data = orjson.dumps(document)
    if broken or len(data) > MAX_RECEIPT:
        raise ValueError(f"not a receipt: {', '.join(broken) or 'too long'}")
    return Signable(Form.RECEIPT, None, data)


def _is_item(item: dict[str, Any]) -> bool:
    name = item["name"]
    return (
        _OF_ITEM <= set(item) <= _OF_ITEM | _MAY
        and isinstance(name, str)
        and 0 < len(name) <= bench.MAX_NAME
        and bench.tidy(name) == name
        and unicodedata.is_normalized("NFC", name)
        and item["verdict"] in OUTCOMES
        and _CODE.fullmatch(item["reason"]) is not None
        and _SHA256.fullmatch(item["sha256"]) is not None
    )


# -- Whoever checks a receipt ---------------------------------------------------------------------
def is_receipt(text: str) -> bool:
    """Whether this calls itself a receipt."""
    try:
        header = gate.strict_json(jose.unb64(text.strip().partition(".")[0]).decode())
    except (ValueError, Malformed):
        return False
    return header.get("typ") == Form.RECEIPT.value


def recognised(handed: bytes | str, *, now: datetime) -> Receipt | None:
    """The receipt that was handed over, or None where that is something else. Raises ReceiptRefused."""
    text = handed if isinstance(handed, str) else handed[: 2 * MAX_RECEIPT].decode(errors="replace")
    return read(text, now=now) if is_receipt(text) else None


def read(text: str, *, now: datetime) -> Receipt:
    """The receipt, if the city's service key signed it and counted at that time. Raises ReceiptRefused."""
    token = text.strip()
    try:
        header = gate.strict_json(jose.unb64(token.partition(".")[0]).decode())
    except (ValueError, Malformed):
        raise ReceiptRefused("header") from None
    did, _, thumbprint = str(header.get("kid", "")).partition("#")
    if set(header) != {"typ", "alg", "kid"} or (header["typ"], header["alg"]) != ("receipt+jwt", "ES256"):
        raise ReceiptRefused("header")
    service = SigningKey.objects.filter(
        issuer=None, purpose=SigningKey.Purpose.SERVICE, algorithm=SigningKey.Algorithm.ES256
    )
    key = service.filter(thumbprint=thumbprint).first()
    if key is None or did != profiles.did_for_city(base_url=settings.BASE_URL):
        raise ReceiptRefused("key")
    try:
        document = json.loads(keys.verify_jws(token, key=key))
    except InvalidTokenError:
        raise ReceiptRefused("signature") from None
    signed_at = datetime.fromtimestamp(document["iat"], UTC)
    counted = key.not_before <= signed_at and (key.not_after is None or signed_at < key.not_after)
    if key.compromised_at is not None or not counted or signed_at > now + LEEWAY:
        raise ReceiptRefused("key-period")
    return Receipt(signed_at=signed_at, counts=document["counts"], items=document["items"])
