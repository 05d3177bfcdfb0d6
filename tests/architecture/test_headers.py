"""What every answer carries: each route to a stranger and to whoever comes in; refusals, files, redirects."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as product
from django.core.signals import request_finished
from django.db import OperationalError, ProgrammingError, close_old_connections, connection
from django.test import Client

from config import middleware
from tests.furnished import House, furnished
from verify import scanning

from .test_matrix import ALL, NO_METHOD, ROWS, VISITORS, ask, let_in

pytestmark = pytest.mark.django_db
POLICY = {
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "font-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "img-src 'self' data:",
    "manifest-src 'self'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "script-src 'self'",
    "style-src 'self'",
    "worker-src 'self'",
}
#: Routes with a policy of their own: a drawing that is styled within itself and runs nothing, and the page of
#: the API's document, whose scripts are not ours and write HTML.
DRAWING = {"default-src 'none'", "style-src 'unsafe-inline'"}
OF_ITS_OWN = {
    "achievement-badge": DRAWING,
    "credential-svg": DRAWING | {"img-src data:"},
    "me-svg": DRAWING | {"img-src data:"},
    "api-docs": POLICY - {"require-trusted-types-for 'script'"},
}
#: Pages that may use the camera.
SCANNING = ("verify", "verify-mangled", "verify-shell")
#: The same signed or public document for everybody, which may be kept by whoever likes.
FOR_EVERYBODY = (
    *("achievement-badge", "audit-checkpoint", "city-did", "issuer-did", "issuer-json", "key", "keys"),
    *("achievement-json", "achievement-in-language", "city-json"),
    *("status-list", "status-list-jwt", "status-list-json", "bundle"),
    *("endorsement", "endorsement-status", "city-endorsement-status"),
)
OPEN_DATA = ("api-issuers", "api-schema")


@pytest.fixture(scope="module")
def house(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with django_db_blocker.unblock(), furnished(tmp_path_factory.mktemp("house")) as house:
        yield house


def require_policy(answer: Any, policy: set[str] = POLICY, *, scans: bool = False) -> None:
    """Every header of the house's policy, each as it should be."""
    headers = answer.headers
    assert set(headers["Content-Security-Policy"].split("; ")) == policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Permissions-Policy"] == (scanning.CAMERA if scans else product.PERMISSIONS_POLICY)
    assert "microphone=()" in headers["Permissions-Policy"]
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    if answer.status_code >= 400:
        assert "no-store" in headers["Cache-Control"]


def let_go(answer: Any) -> None:
    """Close the file of an answer, and not the test's connection with it."""
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)


@pytest.mark.parametrize("name", ALL)
def test_every_route_answers_with_the_whole_policy(house: House, name: str) -> None:
    rows = [row for row in ROWS if row.route == name]
    for row in rows:
        inside = [v for v in VISITORS if let_in(row.cells[v])][-1:]
        for visitor in ("nobody", *inside):
            answer = ask(house, name, row.method, visitor)
            policy = OF_ITS_OWN.get(name, POLICY) if answer.status_code == 200 else POLICY
            require_policy(answer, policy, scans=name in SCANNING and row.method != NO_METHOD)
    require_policy(ask(house, name, NO_METHOD, "nobody"))


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.method} {row.route}" for row in ROWS])
def test_what_one_reader_may_see_is_never_stored(house: House, row: Any) -> None:
    inside = [v for v in VISITORS if let_in(row.cells[v]) and v != "nobody"]
    if not inside:
        return  # a step of signing in, of which nobody has done the one before
    answer = ask(house, row.route, row.method, inside[0])
    stored = answer.headers.get("Cache-Control", "")
    if row.route in OPEN_DATA or row.route == "account_logout":
        return  # nobody's in particular, and the way out, after which nobody is known
    if row.route in FOR_EVERYBODY and answer.status_code == 200:
        assert stored.startswith(("public", "max-age")), stored
    else:
        assert "no-store" in stored or (row.route.startswith("verify") and stored == "no-cache"), stored


@pytest.mark.parametrize(
    "name",
    ["credential", "credential-jwt", "credential-pdf", "credential-card", "credential-endorsements"],
)
def test_a_certificate_is_not_stored_nor_found_by_search_engines(house: House, name: str) -> None:
    answer = ask(house, name, "GET", "nobody")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"


# -- What never comes to a view -------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/static/nothing.css", "/c/%00", "/%ff"])
def test_an_address_with_nothing_behind_it(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    require_policy(answer)


@pytest.mark.parametrize(
    "path",
    ["/static/css/tokens.css", "/static/js/passkey.js", "/static/img/mark.svg", "/static/verify/page.js"],
)
def test_files_of_the_house(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    require_policy(answer)
    let_go(answer)


def test_the_worker_that_decodes_may_compile_and_do_little_else(client: Client) -> None:
    answer = client.get("/static/verify/decoding-worker.js")
    assert answer.status_code == 200
    policy = {"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'"}
    require_policy(answer, policy)
    let_go(answer)


@pytest.mark.parametrize("path", ["/", "/api/v1/issuers", "/static/css/tokens.css"])
def test_a_host_that_is_not_ours(client: Client, path: str) -> None:
    answer = client.get(path, headers={"host": "elsewhere.example"})
    require_policy(answer)
    assert answer.status_code == (200 if path.startswith("/static") else 400)
    let_go(answer)


@pytest.mark.parametrize("path", ["/", "/me/", "/api/v1/issuers", "/static/css/tokens.css"])
def test_the_way_to_https(settings: Any, path: str) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 63_072_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    client = Client()
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://testserver{path}")
    require_policy(answer)
    answer = client.get(path, secure=True)
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    require_policy(answer)
    let_go(answer)


def test_a_form_without_its_token() -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"address": "x@example.org"})
    assert answer.status_code == 403
    require_policy(answer)


@pytest.mark.parametrize(
    "path", ["/", "/teach/lists/new/x", "/api/v1/batches", "/api/v1/messages/x/receipt", "/v"]
)
@pytest.mark.parametrize("announced", [str(middleware.MAX_BODY + 1), "x", "-1"])
def test_more_than_the_largest_list_is_refused_before_it_is_read(path: str, announced: str) -> None:
    class Unread:
        def read(self, *_: int) -> bytes:
            raise AssertionError("it was read")

        readline = read

    extra: dict[str, Any] = {"wsgi.input": Unread()}
    answer = Client().post(path, b"", content_type="text/plain", CONTENT_LENGTH=announced, **extra)
    assert answer.status_code == 413
    require_policy(answer)
    sentence = answer.json()["detail"] if path.startswith("/api/") else answer.content.decode()
    assert "10" in sentence


@pytest.mark.parametrize("path", ["/", "/api/v1/issuers", "/me/"])
@pytest.mark.parametrize(
    ("failure", "status"), [(OperationalError, 503), (ProgrammingError, 500)], ids=["away", "mistake"]
)
def test_a_failure_of_ours(house: House, path: str, failure: type[Exception], status: int) -> None:
    def silent(*arguments: object) -> None:
        raise failure("no route to the database")

    client = house.visitor("learner")
    client.raise_request_exception = False
    with connection.execute_wrapper(silent):
        answer = client.get(path)
    client.raise_request_exception = True
    assert answer.status_code == status
    require_policy(answer)


def test_the_policy_of_the_settings_is_the_one_tested() -> None:
    directives: dict[str, list[str]] = product.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert {f"{name} {' '.join(values)}" for name, values in directives.items()} == POLICY
