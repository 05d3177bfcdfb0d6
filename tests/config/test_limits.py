"""How often and how much: each limit read from where the product has it, its sentence, its Retry-After.

Whoever stays within it and whoever comes from elsewhere notice nothing.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache, caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from config import middleware
from credentials import rosters
from credentials.models import Credential
from issuers import limits, staff
from issuers.models import Issuer
from passport import codes
from passport.models import Code
from tests.factories import (
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_member,
    sign_in,
)
from tests.gallery import make
from verify import carriers, gate

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
RATES: Any = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
ELSEWHERE = "198.51.100.7"
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def credential(key_room: Path) -> Credential:
    now = timezone.now()
    return make_credential(make_achievement(make_issuer(now=now)), now=now)


def most(scope: str) -> int:
    """So many a minute, as the settings say."""
    number, _, period = RATES[scope].partition("/")
    assert period == "min"
    return int(number)


def require_refusal(answer: Any) -> None:
    """429, how long to wait, and a sentence for a person or a program."""
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    said = answer.json()["detail"] if "json" in answer.headers["Content-Type"] else answer.content.decode()
    assert "secondes" in said or "minute" in said or "Retry-After" in said


def fill(cls: type[limits.PerPlace], number: int, *of: str, place: str = "127.0.0.1") -> None:
    """As if so many had come already."""
    limit = cls.__new__(cls)
    key = limit.key_of(*(of or (place,)))
    (caches["process"] if issubclass(cls, limits.Links) else cache).set(key, [limit.timer()] * number, 60)


# -- Checking and reading -------------------------------------------------------------------------
def test_the_limits_are_those_of_the_table() -> None:
    expected = {"verify": 60, "short-code": 10, "client": 600, "batches": 10, "wrong-token": 20, "link": 30}
    assert {scope: most(scope) for scope in expected} == expected
    assert (gate.MAX_TOKEN, carriers.MAX_FILE) == (16 * 1024, 2 * 1024 * 1024)
    assert (rosters.MAX_ROWS, rosters.MAX_BYTES) == (10_000, 10 * 1024 * 1024)
    assert middleware.MAX_BODY > rosters.MAX_BYTES + 64 * 1024


@pytest.mark.parametrize("path", ["/v", "/api/v1/verify"])
def test_checks_from_one_place(client: Client, credential: Credential, path: str) -> None:
    def ask(**extra: Any) -> Any:
        return client.post(path, {"code": credential.jwt, "credential": credential.jwt}, **extra)

    assert {ask().status_code for _ in range(most("verify"))} == {200}
    require_refusal(ask())
    assert ask(REMOTE_ADDR=ELSEWHERE).status_code == 200


@pytest.mark.parametrize("suffix", ["", ".jwt", ".pdf"])
def test_looks_at_one_certificate_from_one_place(client: Client, credential: Credential, suffix: str) -> None:
    path = f"/c/{credential.pk}{suffix}"
    assert {client.get(path).status_code for _ in range(most("link"))} == {200}
    require_refusal(client.get(path))
    assert client.get(path, REMOTE_ADDR=ELSEWHERE).status_code == 200
    assert client.get(f"/c/{'x' * 22}{suffix}").status_code == 404


def test_a_class_behind_one_address_opens_its_certificates(client: Client, credential: Credential) -> None:
    others = [f"/c/{number:022d}" for number in range(40)]
    assert {client.get(path).status_code for path in others for _ in range(3)} == {404}
    fill(limits.Links, most("links"))
    require_refusal(client.get(f"/c/{credential.pk}"))
    assert client.get(f"/c/{credential.pk}", REMOTE_ADDR=ELSEWHERE).status_code == 200


def test_without_a_rate_links_are_not_counted(
    client: Client, credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    for scope in ("link", "links"):
        monkeypatch.setitem(limits.Links.THROTTLE_RATES, scope, None)
    fill(limits.Links, 600)
    assert {client.get(f"/c/{credential.pk}").status_code for _ in range(40)} == {200}


def test_readers_of_the_register(client: Client) -> None:
    make_issuer(with_keys=False)
    fill(limits.Register, most("register") - 1)
    assert client.get("/api/v1/issuers").status_code == 200
    require_refusal(client.get("/api/v1/issuers"))
    assert client.get("/api/v1/issuers", REMOTE_ADDR=ELSEWHERE).status_code == 200


# -- Programs -------------------------------------------------------------------------------------
def bearer(issuer: Issuer, *scopes: str) -> dict[str, str]:
    owner = make_member(issuer, "owner")
    made = staff.create_api_client(
        issuer=issuer, name="Logiciel", scopes=list(scopes), by=owner, now=timezone.now()
    )
    return {"authorization": f"Bearer {made.token}"}


def test_requests_of_one_program(client: Client, key_room: Path) -> None:
    mine, other = (bearer(make_issuer(with_keys=False), "read") for _ in range(2))
    client_id = mine["authorization"].removeprefix("Bearer ").partition(".")[0]
    ask = "/api/v1/achievements"
    assert client.get(ask, headers=mine).status_code == 200
    (key,) = [f"throttle_client_{client_id}"]
    history = cache.get(key)
    assert len(history) == 1
    cache.set(key, history * most("client"), 60)
    require_refusal(client.get(ask, headers=mine))
    assert client.get(ask, headers=other).status_code == 200


def test_lists_of_one_provider_whoever_hands_them_over(client: Client, key_room: Path) -> None:
    now = timezone.now()
    issuer, other = make_issuer(now=now), make_issuer(now=now)
    course, elsewhere = make_achievement(issuer), make_achievement(other)
    first, second, foreign = bearer(issuer, "issue"), bearer(issuer, "issue"), bearer(other, "issue")

    def hand_over(headers: dict[str, str], achievement: str) -> Any:
        body = {"achievement": achievement, "awarded_on": now.date().isoformat()}
        body |= {"rows": [{"name_latin": "Salma Tazi"}]}  # type: ignore[dict-item]  # it is JSON
        return client.post(
            "/api/v1/batches?dry_run=true", body, content_type="application/json", headers=headers
        )

    for number in range(most("batches")):
        assert hand_over((first, second)[number % 2], course.pk).status_code == 200
    require_refusal(hand_over(first, course.pk))
    require_refusal(hand_over(second, course.pk))
    assert hand_over(foreign, elsewhere.pk).status_code == 200

    sign_in(client, make_member(issuer, "trainer"))
    form = {"awarded_on": now.date().isoformat(), "language": "fr", "session": ""}
    upload = {"file": SimpleUploadedFile("l.csv", b"Nom complet\nSalma Tazi\n")}
    require_refusal(client.post(f"/teach/lists/new/{course.pk}", form | upload))


@pytest.mark.parametrize("path", ["/api/v1/batches", "/api/v1/messages/x/receipt", "/metrics"])
def test_tokens_that_open_nothing_from_one_place(client: Client, settings: Any, path: str) -> None:
    settings.RECEIPTS_TOKEN = settings.METRICS_TOKEN = "right"
    ask: Ask = client.get if path != "/api/v1/messages/x/receipt" else client.post

    def guess(number: int, **extra: Any) -> Any:
        return ask(path, headers={"authorization": f"Bearer {number}.{number}"}, **extra)

    assert {guess(number).status_code for number in range(most("wrong-token"))} == {401}
    require_refusal(guess(99))
    assert guess(99, REMOTE_ADDR=ELSEWHERE).status_code == 401
    right = (
        bearer(make_issuer(with_keys=False), "read")
        if "batches" in path
        else {"authorization": "Bearer right"}
    )
    assert ask(path, headers=right).status_code not in (401, 429)  # let in, and judged on its merits


# -- The door -------------------------------------------------------------------------------------
def test_codes_to_one_number(client: Client, settings: Any) -> None:
    settings.DEMO = False
    for _ in range(codes.PER_ADDRESS):
        assert Client().post("/accounts/login/", {"address": "0683000001"}).status_code == 302
    refused = client.post("/accounts/login/", {"address": "+212 683 000 001"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= codes.WINDOW.total_seconds()
    assert client.post("/accounts/login/", {"address": "0683000002"}).status_code == 302


def test_a_class_behind_one_address_signs_in_and_a_flood_does_not(client: Client, settings: Any) -> None:
    settings.DEMO = False
    for number in range(40):
        assert Client().post("/accounts/login/", {"address": f"06830001{number:02d}"}).status_code == 302
    here = Code.objects.values_list("place", flat=True)[0]
    now = timezone.now()
    Code.objects.bulk_create(
        Code(kind="phone", value=f"+2126839{n:05d}", place=here, digest="", sent_at=now, expires_at=now)
        for n in range(codes.PER_PLACE - 40)
    )
    refused = client.post("/accounts/login/", {"address": "0683000001"})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert (
        client.post("/accounts/login/", {"address": "0683000001"}, REMOTE_ADDR=ELSEWHERE).status_code == 302
    )


def test_a_code_that_was_just_sent(client: Client) -> None:
    client.post("/accounts/login/", {"address": "0683000001"})
    again = client.post("/accounts/code/", {"act": "again"})
    assert (again.status_code, 0 < int(again.headers["Retry-After"]) <= 30) == (429, True)
    Code.objects.update(sent_at=timezone.now() - codes.PAUSE - timedelta(seconds=1))
    assert client.post("/accounts/code/", {"act": "again"}).status_code == 302


# -- Sizes ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/v", "/api/v1/verify"])
@pytest.mark.parametrize("kind", ["token", "picture"])
def test_what_is_too_large_to_be_a_certificate(client: Client, path: str, kind: str) -> None:
    data = {
        "token": b"eyJ" + b"A" * gate.MAX_TOKEN + b".e.s",
        "picture": make.png(make.itxt("x")) + bytes(carriers.MAX_FILE),
    }[kind]
    answer = client.post(path, {"file": SimpleUploadedFile("c", data)})
    assert answer.status_code == 413
    said = answer.json()["detail"] if path.startswith("/api") else answer.content.decode()
    assert "2 Mo" in said
