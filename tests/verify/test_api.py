"""``POST /api/v1/verify``: the same report for programs, refusals as problem documents."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from credentials import paper, reading, revocation, statuslists
from credentials.models import Credential
from tests.factories import make_achievement, make_credential, make_issuer
from tests.gallery import make
from verify import gate
from verify.api import ReportSerializer

from .tokens import token

pytestmark = pytest.mark.django_db
URL = "/api/v1/verify"


@pytest.fixture
def credential(db: None, key_room: Path) -> Credential:
    now = timezone.now()
    return make_credential(make_achievement(make_issuer(now=now)), now=now)


def post(client: Client, body: Any, content_type: str = "application/json", **extra: Any) -> Any:
    data = json.dumps(body) if content_type == "application/json" and not isinstance(body, bytes) else body
    return client.post(URL, data, content_type=content_type, **extra)


def test_a_certificate_in_any_form_gives_the_same_report(client: Client, credential: Credential) -> None:
    envelope = {
        "type": "EnvelopedVerifiableCredential",
        "id": f"data:application/vc+jwt,{credential.jwt}",
    }
    answers = [
        post(client, {"credential": credential.jwt}),
        post(client, {"credential": envelope}),
        post(client, envelope),
        post(client, {"credential": f"http://localhost:8000/c/{credential.pk}"}),
        post(client, {"credential": paper.group_code(credential.short_code)}),
        post(client, credential.jwt, "text/plain"),
        post(client, credential.jwt, "application/vc+jwt"),
        post(client, make.png(make.itxt(credential.jwt)), "image/png"),
        post(client, make.pdf(certificate_jwt=credential.jwt), "application/pdf"),
        client.post(URL, {"file": SimpleUploadedFile("c.jwt", credential.jwt.encode())}),
        client.post(URL, {"credential": credential.jwt}),
    ]
    reports = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert {report.pop("checked_at")[:10] for report in reports} == {timezone.now().date().isoformat()}
    assert all(report == reports[0] for report in reports)
    assert reports[0]["verdict"] == "valid"
    assert all(answer["Cache-Control"] == "no-store" for answer in answers)


def test_the_text_of_a_printed_code_is_taken(client: Client, credential: Credential) -> None:
    assert post(client, reading.qr_text(credential), "text/plain").json()["verdict"] == "valid"


def test_the_report_is_what_its_documentation_says(client: Client, credential: Credential) -> None:
    report = post(client, {"credential": credential.jwt}).json()
    described = ReportSerializer(report).data
    assert set(report) == set(described)
    for part in ("issuer", "credential"):
        assert set(report[part]) == set(described[part])
    assert set(report["checks"][0]) == set(described["checks"][0])


def test_sentences_come_in_the_callers_language_and_codes_do_not_change(
    client: Client, credential: Credential
) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=None, now=timezone.now())
    statuslists.publish_changed(now=timezone.now())
    english = post(client, {"credential": credential.jwt}, headers={"accept-language": "en"}).json()
    assert (english["verdict"], english["headline"]) == ("revoked", "Revoked certificate")
    arabic = post(client, {"credential": credential.jwt}, headers={"accept-language": "ar"}).json()
    assert arabic["verdict"] == "revoked"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed"),
        (b"", "application/json", 400, "malformed"),
        (b"[]", "application/json", 400, "malformed"),
        (b'{"credential": 7}', "application/json", 400, "malformed"),
        (b'{"credential": "x", "credential": "y"}', "application/json", 400, "malformed"),
        (b"\xff\xfe", "text/plain", 400, "malformed"),
        (b"hello", "text/plain", 400, "malformed"),
        (b"BZF3-G3DK-P8FZ", "text/plain", 404, "not-known"),
        (b"A" * (gate.MAX_TOKEN * 2), "text/plain", 400, "malformed"),
        (b"eyJ" + b"A" * gate.MAX_TOKEN, "text/plain", 413, "too-large"),
        (b"x" * (gate.MAX_UPLOAD + 70_000), "application/octet-stream", 413, "too-large"),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, bytes) else None,
)
def test_what_cannot_be_checked_is_a_problem_document(
    client: Client, body: bytes, content_type: str, status: int, code: str
) -> None:
    response = post(client, body, content_type)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"].endswith(f"#{code}")
    assert problem["detail"]


def test_a_token_that_breaks_a_rule_is_reported_as_not_readable(client: Client) -> None:
    report = post(client, {"credential": token(header={"alg": "none"})}).json()
    assert (report["verdict"], report["reason"]) == ("not-checkable", "malformed")
    assert report["checks"][0]["outcome"] == "failed"
    assert report["checks"][0]["detail"] == "alg"
    assert {check["outcome"] for check in report["checks"][1:]} == {"unknown"}


def test_sixty_checks_a_minute_are_answered_and_the_next_one_waits(client: Client) -> None:
    body = {"credential": token(header={"alg": "none"})}
    assert {post(client, body).status_code for _ in range(60)} == {200}
    response = post(client, body)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 61
    assert response["Content-Type"] == "application/problem+json"
    assert post(client, body, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_short_codes_are_limited_here_too_however_they_are_wrapped(client: Client) -> None:
    for n in range(10):
        code = {"credential": f"BZF3-G3DK-P8{n:02d}"}
        assert post(client, code).status_code == 404
    response = post(client, "BZF3-G3DK-P8FZ", "text/plain")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0


def test_reading_is_not_a_way_to_verify(client: Client) -> None:
    assert client.get(URL).status_code == 405
