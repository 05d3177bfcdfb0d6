"""Sessions and where they lead: forms carry their token, links lead nowhere else, sign-in begins anew."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings as product
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials.models import LocalMessage
from passport import accounts, secondfactors
from passport.models import Learner
from tests.architecture.test_matrix import ALL, ROWS, Row, body, is_api, let_in
from tests.factories import make_issuer, make_learner, make_member, sign_in
from tests.furnished import House, furnished
from tests.passport.test_second_factor import digits
from tests.services import plain_environment

pytestmark = pytest.mark.django_db
PHONE = "+212683009009"
#: Forms that anybody may post from anywhere: what they do depends on nothing that a browser keeps.
WITHOUT_TOKEN = ("verify", "bench", "bench-delete")
UNSAFE = [row for row in ROWS if row.method != "GET" and not is_api(ALL[row.route])]
PROGRAMS = [row for row in ROWS if row.method != "GET" and is_api(ALL[row.route])]
ELSEWHERE = (
    "https://evil.example",
    "http://evil.example/me/",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//localhost:8000@evil.example",
    "http://localhost:8000.evil.example/",
    "//evil.example/%2f..",
    "/%0d%0aLocation:%20//evil.example",
    "\x00//evil.example",
    "evil.example",
)


@pytest.fixture(scope="module")
def house(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with django_db_blocker.unblock(), furnished(tmp_path_factory.mktemp("house")) as house:
        yield house


# -- Cross-site requests --------------------------------------------------------------------------
@pytest.mark.parametrize("row", UNSAFE, ids=[f"{row.method} {row.route}" for row in UNSAFE])
def test_an_unsafe_request_without_its_token_is_refused(house: House, row: Row) -> None:
    inside = next((visitor for visitor, cell in reversed(row.cells.items()) if let_in(cell)), "nobody")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = house.visitor(inside).cookies
    door = ALL[row.route]
    for headers in ({}, {"origin": "https://evil.example"}, {"referer": "https://evil.example/"}):
        with transaction.atomic():
            answer = getattr(strict, row.method.lower())(
                door.path(house), body(row.route, house), headers=headers
            )
            transaction.set_rollback(True)
        if row.route in WITHOUT_TOKEN:
            assert answer.status_code in (200, 303)
            assert not answer.cookies
        else:
            assert answer.status_code == 403


@pytest.mark.parametrize("row", PROGRAMS, ids=[f"{row.method} {row.route}" for row in PROGRAMS])
def test_an_address_for_programs_knows_no_session(house: House, row: Row) -> None:
    """So no other site can make a browser do there what its user may."""
    if row.route == "api-verify":
        return  # for everybody, and it keeps nothing
    for role in ("owner", "signer", "officer"):
        client = house.visitor(role)
        answer = getattr(client, row.method.lower())(
            ALL[row.route].path(house), {}, content_type="application/json"
        )
        assert answer.status_code == 401


# -- Where links lead -----------------------------------------------------------------------------
def stays(location: str) -> bool:
    """Whether a browser that reads this address stays in this house."""
    read = re.sub(r"[\t\n\r]", "", location.strip("\x00 ")).replace("\\", "/")
    went = urlsplit(urljoin("http://testserver/here", read))
    return (went.scheme, went.netloc) == ("http", "testserver")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_the_language_switch_leads_nowhere_else(client: Client, target: str) -> None:
    answer = client.get("/lang/ar", {"next": target})
    assert answer.status_code == 302
    assert stays(answer.headers["Location"])


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_leads_nowhere_else(client: Client, target: str) -> None:
    learner = make_learner()
    accounts.prove(learner=learner, kind="phone", value=PHONE, now=timezone.now())
    client.get("/accounts/login/", {"next": target})
    answer = through_the_door(client)
    assert answer.status_code == 302
    assert stays(answer.headers["Location"])
    again = client.get("/accounts/login/", {"next": target})
    assert stays(again.headers["Location"])


@pytest.mark.parametrize("target", ELSEWHERE)
def test_the_second_step_and_the_way_out_lead_nowhere_else(client: Client, target: str) -> None:
    trainer = make_member(make_issuer(with_keys=False), "trainer")
    sign_in(client, trainer)
    for name in ("second-factor", "mfa_authenticate", "account_logout"):
        answer = client.post(reverse(name), {"next": target})
        assert stays(answer.headers.get("Location", "/"))


def through_the_door(client: Client) -> Any:
    """An address, its code."""
    client.post(reverse("account_login"), {"address": PHONE})
    found = re.search(r"\b\d{6}\b", LocalMessage.objects.latest("id").body)
    assert found
    return client.post(reverse("account_code"), {"code": found[0]})


# -- The session itself ---------------------------------------------------------------------------
@pytest.fixture
def learner() -> Learner:
    person = make_learner()
    accounts.prove(learner=person, kind="phone", value=PHONE, now=timezone.now())
    return person


def test_a_session_that_somebody_prepared_is_not_the_one_that_signs_in(
    client: Client, learner: Learner
) -> None:
    client.get("/accounts/login/?next=/me/settings")
    before = client.session.session_key
    assert before
    through_the_door(client)
    after = client.session.session_key
    assert client.get("/me/").status_code == 200
    assert after != before
    thief = Client()
    thief.cookies[product.SESSION_COOKIE_NAME] = before
    assert thief.get("/me/").status_code == 302


def test_the_second_step_changes_the_session_too(client: Client) -> None:
    trainer = make_member(make_issuer(with_keys=False), "trainer")
    secret = secondfactors.new_secret()
    secondfactors.set_up_app(learner=trainer, secret=secret)
    sign_in(client, trainer, second_factor=False)
    before = client.session.session_key
    assert client.post(reverse("second-factor"), {"code": digits(secret)}).status_code == 302
    assert client.session.session_key != before
    assert client.get("/teach/").status_code == 200


def test_signing_out_ends_the_session_for_everybody_who_has_it(client: Client, learner: Learner) -> None:
    through_the_door(client)
    kept = client.cookies[product.SESSION_COOKIE_NAME].value
    client.post(reverse("account_logout"))
    thief = Client()
    thief.cookies[product.SESSION_COOKIE_NAME] = kept
    assert thief.get("/me/").status_code == 302


def test_cookies_are_kept_from_scripts_and_other_sites(client: Client, learner: Learner) -> None:
    through_the_door(client)
    client.get("/me/settings")
    for name in (product.SESSION_COOKIE_NAME, product.CSRF_COOKIE_NAME, product.LANGUAGE_COOKIE_NAME):
        cookie = client.cookies[name]
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name
        assert cookie["path"] == "/", name
        assert not cookie["domain"], name


def test_with_https_cookies_belong_to_this_host_alone() -> None:
    """Asked of a fresh process, since the settings are read once."""
    names: tuple[str, ...] = (
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
    )
    names += ("SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN", "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT")
    program = f"from django.conf import settings as s\nprint([getattr(s, n) for n in {names}])"
    environment = plain_environment() | {"BASE_URL": "https://passport.example", "SECRET_KEY": "x" * 60}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": "sqlite://:memory:"}
    told = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=product.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    expected = ["__Host-session", "__Host-csrf", True, True, None, None, 63_072_000, True]
    assert told.strip() == str(expected)


# -- The host -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", ["/issuers/{slug}/did.json", "/.well-known/did.json", "/issuers/{slug}.json", "/keys.jwt"]
)
def test_documents_say_who_we_are_whatever_host_is_asked(house: House, path: str) -> None:
    path = path.format(slug=house.things["provider"].own)
    client = Client()
    expected = client.get(path).content
    assert b"localhost" in expected or path == "/keys.jwt"
    asked: tuple[dict[str, str], ...] = (
        {"host": "localhost"},
        {"host": "evil.example"},
        {"host": "evil.example:8000"},
        {"host": "localhost@evil.example"},
        {"host": "127.0.0.1"},
        {"x-forwarded-host": "evil.example"},
        {"forwarded": "host=evil.example;proto=https"},
        {"host": "localhost", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https"},
    )
    for headers in asked:
        answer = client.get(path, headers=headers)
        assert answer.status_code in (200, 400)
        assert answer.status_code == 400 or answer.content == expected, headers
        assert b"evil.example" not in answer.content


def test_no_page_repeats_the_host_that_was_asked(house: House) -> None:
    client = house.visitor("learner")
    entry = house.things["entry"].own
    for path in ("/", "/v", f"/me/c/{entry}", f"/c/{entry}", "/accounts/login/", "/api/v1/issuers"):
        answer = client.get(path, headers={"x-forwarded-host": "evil.example"})
        assert answer.status_code in (200, 302)
        assert b"evil.example" not in answer.content
