"""The employer's pages: a certificate's own page, the verifier's form, and what they never tell."""

import gzip
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from config.logs import Line
from credentials import issuance, paper, reading, revocation, statuslists
from credentials.models import Achievement, Credential
from credentials.people import Person
from issuers import keys
from tests.factories import make_achievement, make_credential, make_issuer, publish_keys
from tests.gallery import make
from verify import gate, offline
from verify.report import Reason, Verdict
from verify.scripts import lighter
from verify.wording import BROWSER_FACES, CHECKS, FACES

pytestmark = pytest.mark.django_db
NAMES = ("Fatima", "فاطمة")


@pytest.fixture
def achievement(db: None, key_room: Path) -> Achievement:
    now = timezone.now()
    achievement = make_achievement(make_issuer(now=now))
    publish_keys(now=now)
    return achievement


@pytest.fixture
def credential(achievement: Achievement) -> Credential:
    return make_credential(achievement, now=timezone.now())


def page_of(client: Client, credential: Credential, language: str = "en") -> str:
    response = client.get(f"/c/{credential.pk}", headers={"accept-language": language})
    assert response.status_code == 200
    return response.content.decode()


def headline(html: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", html)
    assert found
    return found[1].replace("&#x27;", "'")


def published(**act: Any) -> None:
    statuslists.publish_changed(now=timezone.now())


# -- /c/<id> --------------------------------------------------------------------------------------
def test_a_valid_certificate_shows_its_verdict_first_then_who_what_and_who_says_so(
    client: Client, credential: Credential
) -> None:
    html = page_of(client, credential)
    assert headline(html) == "Valid certificate"
    order = [
        "Valid certificate",
        "Fatima-Zahra El Idrissi",
        "Premiers pas avec le smartphone",
        "Médiathèque Ennour",
    ]
    html = html[html.index("<main") :]  # the head tells messengers of it too
    places = [html.index(text) for text in [*order, "Compare it with the paper.", "What we have checked"]]
    assert places == sorted(places)
    assert 'class="verdict gradin ok"' in html
    assert "12 hours" in html
    assert "Issuer accredited by the city since 2025" in html


def test_the_page_leads_to_the_files_and_names_the_address_and_the_short_code(
    client: Client, credential: Credential
) -> None:
    html = page_of(client, credential)
    assert f'href="/c/{credential.pk}.pdf"' in html
    assert f'href="/c/{credential.pk}.jwt"' in html
    assert paper.group_code(credential.short_code) in html
    assert f"http://testserver/c/{credential.pk}" in html


def test_names_stand_isolated_with_their_language(client: Client, credential: Credential) -> None:
    html = page_of(client, credential)
    assert '<bdi lang="fr">Fatima-Zahra El Idrissi</bdi>' in html
    assert '<bdi lang="ar">فاطمة الزهراء الإدريسي</bdi>' in html
    arabic = page_of(client, credential, "ar")
    assert arabic.index("فاطمة الزهراء الإدريسي") < arabic.index("Fatima-Zahra El Idrissi")
    assert 'dir="rtl"' in arabic


def test_markup_in_a_name_stays_text(client: Client, achievement: Achievement) -> None:
    course = make_achievement(achievement.issuer, title_fr="<img src=x onerror=alert(1)>")
    html = page_of(client, make_credential(course, now=timezone.now()))
    assert "<img src=x" not in html
    assert "&lt;img src=x" in html


def test_a_certificate_page_is_neither_stored_nor_indexed_nor_referred_from(
    client: Client, credential: Credential
) -> None:
    response = client.get(f"/c/{credential.pk}")
    assert response["Cache-Control"] == "no-store"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "no-referrer"


def test_an_unknown_id_gives_the_same_page_as_any_unknown_address(
    client: Client, credential: Credential
) -> None:
    unknown = client.get("/c/AAAAAAAAAAAAAAAAAAAAAA")
    assert unknown.status_code == 404
    other = client.get("/a/AAAAAAAAAAAAAAAAAAAAAA")
    assert _without_address(unknown.content) == _without_address(other.content)


def _without_address(content: bytes) -> str:
    return re.sub(r"/(c|a)/A+|%2F[ca]%2FA+| aria-current=\"page\"", "", content.decode())


@pytest.mark.parametrize(
    ("act", "reason", "said"),
    [
        (revocation.revoke, "fraud", "Revoked certificate"),
        (revocation.suspend, "under-review", "Suspended certificate"),
    ],
)
def test_a_change_of_mind_is_the_first_thing_on_the_page(
    client: Client, credential: Credential, act: Any, reason: str, said: str
) -> None:
    act(credential=credential, reason=reason, note="entre nous", by=None, now=timezone.now())
    published()
    html = page_of(client, credential)
    assert headline(html) == said
    assert 'class="verdict gradin off"' in html
    assert "entre nous" not in html


def test_an_old_link_leads_on_to_the_corrected_certificate(client: Client, credential: Credential) -> None:
    revocation.replace(
        credential=credential,
        person=Person(name_latin="Fatima Zahra Idrissi"),
        reason="corrected",
        by=None,
        idempotency_key="again",
        now=timezone.now(),
    )
    issuance.issue_ready(kind="interactive", now=timezone.now())
    published()
    credential.refresh_from_db()
    html = page_of(client, credential)
    assert headline(html) == "Replaced certificate"
    assert f"/c/{credential.replaced_by_id}" in html


def test_a_private_certificate_shows_its_verdict_and_no_more(client: Client, credential: Credential) -> None:
    Credential.objects.update(visibility="private")
    html = page_of(client, credential)
    assert headline(html) == "Valid certificate"
    assert "Its holder shows nothing but this verdict." in html
    for secret in (
        *NAMES,
        "smartphone",
        credential.issuer.name_fr,
        credential.short_code[:4],
        ".pdf",
        ".jwt",
    ):
        assert secret not in html


def test_an_erased_certificate_shows_no_name(client: Client, credential: Credential) -> None:
    Credential.objects.update(erased_at=timezone.now(), jwt="", paper=b"", name_latin="", name_arabic="")
    html = page_of(client, credential)
    assert headline(html) == "Page erased by its holder"
    assert not any(name in html for name in NAMES)


def test_a_withdrawn_key_shows_no_name(client: Client, credential: Credential) -> None:
    keys.mark_compromised(key=credential.key, by=None, now=timezone.now())
    html = page_of(client, credential)
    assert headline(html) == "Issuer's key withdrawn"
    assert not any(name in html for name in NAMES)


# -- /v -------------------------------------------------------------------------------------------
def test_the_form_takes_a_short_code_a_text_and_a_file(client: Client, credential: Credential) -> None:
    handed_over: list[dict[str, Any]] = [
        {"code": paper.group_code(credential.short_code)},
        {"text": credential.jwt},
        {"text": f"http://localhost:8000/c/{credential.pk}"},
        {"text": reading.qr_text(credential)},
        {"file": SimpleUploadedFile("certificate.jwt", credential.jwt.encode())},
    ]
    for data in handed_over:
        response = client.post("/v", data, headers={"accept-language": "en"})
        assert response.status_code == 200
        assert headline(response.content.decode()) == "Valid certificate"
        assert response["Cache-Control"] == "no-store"


def test_the_form_needs_no_session_and_sets_no_cookie(client: Client, credential: Credential) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/v", {"text": credential.jwt}).status_code == 200
    assert not strict.get("/v").cookies
    assert not strict.cookies


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        ({"code": "BZF3-G3DK-P8FZ"}, 404, "No certificate has this code or link."),
        ({"text": "please check this for me"}, 400, "Paste its link, its short code or its file."),
        ({"text": "https://evil.example/c/AAAA"}, 400, "This link leads to another site."),
        ({"text": " "}, 400, "There is nothing to check yet."),
        ({}, 400, "There is nothing to check yet."),
        ({"text": "eyJ" + "A" * 20_000}, 413, "too large"),
        (
            {"file": SimpleUploadedFile("x.png", make.png())},
            400,
            "This picture carries no",
        ),
        ({"file": SimpleUploadedFile("x.pdf", b"%PDF-1.7 nothing")}, 400, "This PDF cannot be opened."),
    ],
)
def test_what_cannot_be_read_is_refused_on_the_form_with_a_remedy(
    client: Client, data: dict[str, Any], status: int, said: str
) -> None:
    response = client.post("/v", data, headers={"accept-language": "en"})
    assert response.status_code == status
    assert said in response.content.decode().replace("&#x27;", "'")
    assert "Traceback" not in response.content.decode()


def test_a_body_above_the_limit_is_refused_unread(client: Client) -> None:
    response = client.post("/v", b"x", content_type="text/plain", CONTENT_LENGTH=str(gate.MAX_UPLOAD * 2))
    assert response.status_code == 413


def test_short_codes_are_limited_to_ten_a_minute_from_one_place(
    client: Client, credential: Credential
) -> None:
    code = paper.group_code(credential.short_code)
    for _ in range(10):
        assert client.post("/v", {"code": code}).status_code == 200
    response = client.post("/v", {"code": code}, headers={"accept-language": "en"})
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60
    assert "Wait a minute" in response.content.decode()
    assert client.post("/v", {"code": code}, REMOTE_ADDR="10.0.0.9").status_code == 200
    assert client.post("/v", {"text": credential.jwt}).status_code == 200


def test_a_place_cannot_pass_for_many_by_a_header(client: Client, credential: Credential) -> None:
    code = paper.group_code(credential.short_code)
    answers = [
        client.post("/v", {"code": code}, headers={"x-forwarded-for": f"10.1.1.{n}"}).status_code
        for n in range(11)
    ]
    assert answers == [200] * 10 + [429]


def test_the_scanned_code_stays_out_of_the_page_and_of_the_log(
    client: Client, credential: Credential, caplog: pytest.LogCaptureFixture
) -> None:
    digits = reading.qr_text(credential).partition("#")[2]
    caplog.set_level(logging.DEBUG)
    for path in (f"/v%23{digits}", f"/v/{digits}", f"/v/{digits}/x"):
        response = client.get(path)
        assert response.status_code == 200
        assert digits[:40] not in response.content.decode()
    assert digits[:40] not in caplog.text
    assert client.get("/v").status_code == 200


@pytest.mark.parametrize("path", ["/v%23{}", "/v%2523{}", "/v/{}", "/v/{}/x", "/v?{}"])
@pytest.mark.parametrize(
    "how",
    [
        {"REQUEST_METHOD": "GET"},
        {"REQUEST_METHOD": "POST"},
        {"REQUEST_METHOD": "PURGE"},
        {"REQUEST_METHOD": "GET", "CONTENT_LENGTH": "99999999"},
        {"REQUEST_METHOD": "GET", "HTTP_HOST": "elsewhere.example"},
    ],
)
def test_no_page_and_no_log_repeats_a_code_that_a_camera_app_put_into_the_path(
    client: Client, credential: Credential, caplog: pytest.LogCaptureFixture, path: str, how: dict[str, Any]
) -> None:
    digits = reading.qr_text(credential).partition("#")[2]
    caplog.set_level(logging.DEBUG)
    answer = client.generic(how["REQUEST_METHOD"], path.format(digits), **how)
    said = answer.content.decode() + str(answer.headers)
    logged = "".join(Line().format(record) for record in caplog.records)
    for at in range(0, len(digits) - 20, 20):
        assert digits[at : at + 20] not in said
        assert digits[at : at + 20] not in logged
    if answer.status_code == 200:
        assert answer["Referrer-Policy"] == "no-referrer"


def test_the_page_pins_both_roots_of_the_city_and_knows_every_sentence(
    client: Client, credential: Credential
) -> None:
    html = client.get("/v", headers={"accept-language": "en"}).content.decode()
    found = re.search(r'<script id="config" type="application/json">(.*?)</script>', html)
    assert found
    config = json.loads(found[1])
    assert [set(root) for root in config["roots"]] == [{"kty", "crv", "x", "y", "alg", "kid"}] * 2
    assert config["city"] == "did:web:localhost%3A8000"
    words = config["words"]
    module = (Path(gate.__file__).parent / "static/verify/verdict.js").read_text()
    order = re.search(r"ORDER = \[(.*?)\];", module, re.S)
    assert order
    states = set(re.findall(r'"([\w-]+)"', order[1]))
    assert states | {"old-browser", "not-ours"} == set(words["faces"])
    assert {face.state for face in BROWSER_FACES} <= set(words["faces"])
    codes = {code for _step, code in CHECKS} - {"passed"}
    assert {check.partition(".")[2] for check in words["checks"]} - {"passed"} == states & codes
    assert config["words"]["faces"]["valid"]["headline"] == "Valid certificate"
    for face in config["words"]["faces"].values():
        assert f'<template id="seal-{face["seal"]}">' in html


def test_every_reason_has_a_face_and_only_valid_is_green() -> None:
    assert set(FACES) == {reason.value for reason in Reason}
    valid = {reason.value for reason in Reason if reason.verdict is Verdict.VALID}
    assert valid == {"valid", "logged-before"}
    assert {face.state for face in (*FACES.values(), *BROWSER_FACES) if face.tone == "ok"} == valid
    assert {face.state for face in (*FACES.values(), *BROWSER_FACES) if face.seal == "valid"} == valid


FOLDER = Path(gate.__file__).parent / "static/verify"


def loaded_with(first: str) -> set[str]:
    """The modules that come with this one: what it imports, and so on."""
    waiting, found = {first}, set[str]()
    while waiting:
        name = waiting.pop()
        found.add(name)
        imports = re.findall(r'^import .*"\./([\w-]+\.js)";$', (FOLDER / name).read_text(), re.MULTILINE)
        waiting |= set(imports) - found
    return found


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_the_verifier_page_stays_small(client: Client, credential: Credential, language: str) -> None:
    """All of ours that comes before a scanner, as a city's server sends it: page, modules, service worker.

    The house's styles and fonts, which every page has, come beside.
    """
    html = client.get("/v", headers={"accept-language": language}).content
    modules = loaded_with("page.js") | loaded_with("bundle.js")
    scripts = [lighter((FOLDER / name).read_text()).encode() for name in modules]
    parts = (html, client.get("/sw.js").content, *scripts)
    assert sum(len(gzip.compress(part, 6)) for part in parts) < 30_000


def test_what_a_browser_keeps_is_what_the_page_loads() -> None:
    first = loaded_with("page.js")
    assert {f"verify/{name}" for name in first} == set(offline.FIRST)
    assert {f"verify/{name}" for name in loaded_with("bundle.js") - first} == set(offline.THEN)
    assert {f"verify/{name}" for name in loaded_with("kiosk.js") - first} == {*offline.THEN, *offline.KIOSK}
