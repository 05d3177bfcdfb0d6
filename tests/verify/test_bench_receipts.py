"""The bench's receipt: signed by the city at an order, checkable by anybody, and not kept."""

import json
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from credentials.models import Achievement, Credential
from issuers import keys, orders, publications
from issuers.models import SigningKey, SigningOrder
from issuers.signable import Form, Signable
from tests.factories import make_achievement, make_credential, make_issuer, publish_keys
from verify import bench, bench_queue, bench_receipts
from verify.errors import BenchUnfinished, ReceiptRefused
from verify.models import Bench

from .tokens import token

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def credential(db: None, key_room: Path, now: datetime) -> Credential:
    achievement: Achievement = make_achievement(make_issuer(now=now))
    publish_keys(now=now)
    return make_credential(achievement, now=now)


@pytest.fixture
def mine(credential: Credential, now: datetime) -> Bench:
    """A bench with a valid file, an unknown code and a file that cannot be read; all are decided."""
    handed = bench.of_text(f"{credential.jwt}\nBZF3-G3DK-P8FZ\nnothing")
    made = bench.make(handed=handed, now=now)
    while bench.progress(bench=made).working:
        bench_queue.check_waiting(now=now)
    return made


def sign(mine: Bench, now: datetime) -> str:
    """The receipt, as the worker signs it when it is on order."""
    SigningOrder.objects.create(kind=bench.RECEIPT, subject=mine.pk, ordered_at=now, not_before=now)
    assert orders.fulfil(now=now) == 1
    receipt = bench_receipts.obtain(made=mine, now=now)
    assert receipt
    return receipt


def said(receipt: str) -> dict[str, Any]:
    body = receipt.split(".")[1]
    return dict(json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def test_the_receipt_says_what_was_checked_on_which_lists(
    mine: Bench, credential: Credential, now: datetime
) -> None:
    document = said(sign(mine, now))
    assert document["iss"] == "did:web:localhost%3A8000"
    assert (document["iat"], document["made"]) == (int(now.timestamp()), int(mine.made_at.timestamp()))
    assert document["software"].startswith("learner-passport ")
    assert document["counts"] == {"not-read": 2, "valid": 1}
    first, second, third = document["items"]
    assert (first["verdict"], first["reason"]) == ("valid", "valid")
    assert first["credential"] == f"http://localhost:8000/c/{credential.pk}"
    assert [each["purpose"] for each in first["lists"]] == ["revocation", "suspension", "replacement"]
    assert len(first["sha256"]) == 64
    assert (second["name"], second["reason"]) == ("BZF3-G3DK-P8FZ", "not-known")
    assert third["reason"] == "unknown-form"


def test_the_receipt_names_nobody(mine: Bench, now: datetime) -> None:
    assert "Fatima" not in json.dumps(said(sign(mine, now)), ensure_ascii=False)


def test_anybody_checks_it_with_the_citys_did_document_and_ten_lines(mine: Bench, now: datetime) -> None:
    receipt = sign(mine, now)
    header = jwt.get_unverified_header(receipt)
    assert header["typ"] == "receipt+jwt"
    did = publications.city_did_document()
    method = next(m for m in did["verificationMethod"] if m["id"] == header["kid"])
    assert method["id"] in did["assertionMethod"]
    key = jwt.PyJWK(method["publicKeyJwk"])
    assert jwt.decode(receipt, key, algorithms=["ES256"], options={"verify_iat": False})["counts"]


def test_it_is_handed_over_and_not_kept(client: Client, mine: Bench, now: datetime) -> None:
    SigningOrder.objects.create(kind=bench.RECEIPT, subject=mine.pk, ordered_at=now, not_before=now)
    orders.fulfil(now=now)
    answer = client.get(f"/bench/{mine.pk}/receipt.jwt")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert bench_receipts.read(answer.content.decode(), now=now).counts == {"not-read": 2, "valid": 1}
    mine.refresh_from_db()
    assert mine.receipt == ""
    assert not SigningOrder.objects.exists()


def test_a_visitor_waits_for_the_signer_and_is_told_to_come_again(
    client: Client, mine: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PATIENCE", 0.1)
    answer = client.get(f"/bench/{mine.pk}/receipt.jwt")
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == str(orders.COME_AGAIN)
    assert SigningOrder.objects.get().subject == mine.pk


def test_there_is_none_before_the_end(client: Client, credential: Credential, now: datetime) -> None:
    made = bench.make(handed=bench.of_text("x"), now=now)
    with pytest.raises(BenchUnfinished):
        bench_receipts.obtain(made=made, now=now)
    assert client.get(f"/bench/{made.pk}/receipt.jwt").status_code == 409


def test_an_order_for_what_was_forgotten_is_done_at_once(mine: Bench, now: datetime) -> None:
    SigningOrder.objects.create(kind=bench.RECEIPT, subject="gone", ordered_at=now, not_before=now)
    assert orders.fulfil(now=now) == 1
    assert not SigningOrder.objects.exists()


# -- What may be signed ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"iss": "did:web:elsewhere"},
        {"made": 9_999_999_999},
        {"counts": {"valid": 3}},
        {"counts": {"splendid": 1}},
        {"items": []},
    ],
)
def test_what_is_no_receipt_is_not_signed(mine: Bench, now: datetime, change: dict[str, Any]) -> None:
    document = bench_receipts.compose(made=mine, now=now)
    assert bench_receipts.lint(document).form is Form.RECEIPT
    with pytest.raises(ValueError, match="not a receipt"):
        bench_receipts.lint(document | change)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "\u202efdp"},
        {"name": "x" * 121},
        {"name": ""},
        {"verdict": "splendid"},
        {"reason": "A sentence"},
        {"sha256": "abc"},
        {"holder": "Fatima"},
    ],
)
def test_no_line_says_more_than_a_line_says(mine: Bench, now: datetime, change: dict[str, Any]) -> None:
    document = bench_receipts.compose(made=mine, now=now)
    document["items"][0] |= change
    with pytest.raises(ValueError, match="items"):
        bench_receipts.lint(document)


def test_the_service_key_signs_receipts_alone_and_no_other_key_does(mine: Bench, now: datetime) -> None:
    service = keys.city_signer(purpose=keys.Purpose.SERVICE, now=now)
    for form in set(Form) - {Form.RECEIPT}:
        with pytest.raises(ValueError, match="this form"):
            service.jws(Signable(form, None, b"{}"))
    directory = keys.city_signer(purpose=keys.Purpose.DIRECTORY, now=now)
    with pytest.raises(ValueError, match="this form"):
        directory.jws(Signable(Form.RECEIPT, None, b"{}"))


# -- Whoever checks one ---------------------------------------------------------------------------
def refusal(receipt: str, now: datetime) -> str:
    with pytest.raises(ReceiptRefused) as refused:
        bench_receipts.read(receipt, now=now)
    return refused.value.fault


def test_a_receipt_that_was_changed_is_refused(mine: Bench, now: datetime) -> None:
    head, body, signature = sign(mine, now).split(".")
    changed = jwt.utils.base64url_encode(
        jwt.utils.base64url_decode(body).replace(b'"valid":1', b'"valid":3')
    ).decode()
    assert refusal(f"{head}.{changed}.{signature}", now) == "signature"
    assert refusal("nothing", now) == "header"
    assert refusal(token(), now) == "header"


def test_a_receipt_of_a_withdrawn_key_or_another_time_is_refused(mine: Bench, now: datetime) -> None:
    receipt = sign(mine, now)
    assert bench_receipts.read(receipt, now=now).signed_at == now.replace(microsecond=0)
    assert refusal(receipt, now - timedelta(hours=1)) == "key-period"
    key = SigningKey.objects.get(issuer=None, purpose=SigningKey.Purpose.SERVICE, algorithm="ES256")
    keys.mark_compromised(key=key, by=None, now=now + timedelta(days=1))
    assert refusal(receipt, now + timedelta(days=2)) == "key-period"


def test_no_other_key_of_the_city_makes_a_receipt(mine: Bench, now: datetime) -> None:
    receipt = sign(mine, now)
    service = SigningKey.objects.filter(issuer=None, purpose=SigningKey.Purpose.SERVICE)
    service.filter(algorithm="ES256").update(
        thumbprint="x" * 43, state=SigningKey.State.RETIRED, sealed=None, kek_id="", not_after=now
    )
    assert refusal(receipt, now) == "key"


def test_the_command_tells_a_receipt_from_a_certificate(
    mine: Bench, credential: Credential, now: datetime, tmp_path: Path
) -> None:
    file = tmp_path / "receipt.jwt"
    file.write_text(sign(mine, now))
    out = StringIO()
    call_command("verify", str(file), stdout=out)
    assert "a receipt of this city of" in out.getvalue()
    assert "1 valid" in out.getvalue()
    head, body, signature = file.read_text().split(".")
    file.write_text(f"{head}.{body[:-4]}AAAA.{signature}")
    err = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify", str(file), stderr=err)
    assert ended.value.code == 1
    assert "signature" in err.getvalue()


def test_the_verification_page_reads_a_receipt_and_refuses_a_changed_one(
    client: Client, mine: Bench, now: datetime
) -> None:
    receipt = sign(mine, now)
    upload = SimpleUploadedFile("receipt.jwt", receipt.encode())
    answer = client.post("/v", {"file": upload}, headers={"Accept-Language": "en"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "A receipt of this city" in page
    assert all(line["sha256"] in page for line in said(receipt)["items"])
    head, body, signature = receipt.split(".")
    answer = client.post(
        "/v", {"text": f"{head}.{body[:-4]}AAAA.{signature}"}, headers={"Accept-Language": "en"}
    )
    assert answer.status_code == 422
    assert "not a receipt of this city, or it was changed" in answer.content.decode()
