"""The API for lists: handed over once in any form, told what is wrong, mended, tried again, stopped."""

import io
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import orjson
import pytest
import xlsxwriter
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.throttling import SimpleRateThrottle

from credentials import batches, intake, issuance, slips
from credentials.models import Achievement, Award, Batch, Chunk, Credential, Filing, Message
from issuers import registry, staff
from issuers.models import Issuer
from tests.factories import (
    NOW,
    city_approver,
    city_officer,
    key_room,
    make_achievement,
    make_issuer,
    make_member,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
URL = "/api/v1/batches"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TERMS = {"achievement": "C08", "awarded_on": "2026-11-20"}
QUERY = "?achievement=C08&awarded_on=2026-11-20"
ROWS = [
    {"name_latin": "Salma Tazi", "name_arabic": "سلمى التازي", "phone": "06 12 34 56 78"},
    {"name_latin": "Omar Alaoui", "phone": "06 12 34 56 7"},
    {"name_latin": "Hajar Naciri", "email": "hajar@example.org", "language": "ar"},
]
CSV = (
    "Nom complet;Téléphone\nSalma Tazi;0612345678\nOmar Alaoui;061234567\nHajar Naciri;0612345679\n".encode()
)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """More lists than a client may send in a minute; the limit has a test of its own."""
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "batches", "1000000/min")
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "client", "1000000/min")


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The entrances' clock stands."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    yield
    cache.clear()


class Program:
    """A program of an issuer, and its way of speaking."""

    def __init__(self, issuer: Issuer, *scopes: str) -> None:
        owner, scopes = make_member(issuer, "owner"), scopes or ("read", "issue", "revoke")
        made = staff.create_api_client(issuer=issuer, name="Inscriptions", scopes=scopes, by=owner, now=NOW)
        self.client = made.client
        self.headers = {"Authorization": f"Bearer {made.token}", "Accept-Language": "en"}

    def get(self, path: str, **headers: str) -> Any:
        return Client().get(path, headers=self.headers | headers)

    def post(self, path: str, body: Any = None, *, kind: str = "application/json", **headers: str) -> Any:
        data = body if isinstance(body, bytes) else orjson.dumps(body if body is not None else {})
        return Client().post(path, data, content_type=kind, headers=self.headers | headers)

    def patch(self, path: str, body: Any) -> Any:
        return Client().patch(path, orjson.dumps(body), content_type="application/json", headers=self.headers)

    def hand_over(self, rows: Any = None, *, key: str = "k-1", **terms: Any) -> Any:
        body = TERMS | terms | {"rows": ROWS if rows is None else rows}
        return self.post(URL, body, **{"Idempotency-Key": key})


@pytest.fixture
def course(key_room: Any) -> Achievement:
    return make_achievement(make_issuer(), code="C08")


@pytest.fixture
def program(course: Achievement) -> Program:
    return Program(course.issuer)


def problem(answer: Any) -> tuple[int, str]:
    """The status and the name of a refusal, which must be a problem document with a sentence."""
    body = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"]
    return answer.status_code, body["type"].rpartition("/problems#")[2]


def issue() -> None:
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW)
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)


def workbook(*rows: tuple[str, ...]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return target.getvalue()


# -- A list comes in ------------------------------------------------------------------------------
def test_a_list_with_a_wrong_row_is_accepted_and_the_row_is_told(program: Program) -> None:
    answer = program.hand_over()
    body = answer.json()
    assert answer.status_code == 202
    assert answer["Location"] == body["url"]
    assert body["counts"] == {"pending": 2, "issued": 0, "failed": 1, "duplicate": 0, "cancelled": 0}
    assert body["wrong"] == 1
    assert body["errors"] == [
        {
            "row": 2,
            "line": 2,
            "field": "phone",
            "code": "phone-one-missing",
            "detail": "One digit is missing from this number. Example: 06 12 34 56 78.",
            "value": "06 12 34 56 7",
        }
    ]
    issue()
    assert Credential.objects.count() == 2
    assert Batch.objects.get().client == program.client


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/csv", CSV),
        ("text/csv; charset=utf-8", CSV),
        (
            XLSX,
            workbook(
                ("Nom complet", "Téléphone"),
                ("Salma Tazi", "0612345678"),
                ("Omar Alaoui", "061234567"),
                ("Hajar Naciri", "0612345679"),
            ),
        ),
    ],
    ids=["csv", "csv with a charset", "xlsx"],
)
def test_a_file_as_the_body_is_the_same_list(program: Program, kind: str, content: bytes) -> None:
    answer = program.post(URL + QUERY, content, kind=kind, **{"Idempotency-Key": "k"})
    assert answer.status_code == 202
    assert [(slip["row"], slip["line"], slip["field"]) for slip in answer.json()["errors"]] == [
        (2, 3, "phone")
    ]


def test_a_form_with_a_file_is_the_same_list(program: Program) -> None:
    form = {"file": SimpleUploadedFile("classe.csv", CSV), "session": "Mardi", "notify": "false", **TERMS}
    answer = Client().post(URL, form, headers=program.headers | {"Idempotency-Key": "k"})
    body = answer.json()
    assert answer.status_code == 202
    assert (body["file_name"], body["session"], body["notify"]) == ("classe.csv", "Mardi", False)
    assert body["counts"]["pending"] == 2


def test_the_terms_of_a_list_reach_its_rows(program: Program) -> None:
    rows = [{"name_latin": "Salma Tazi"}, {"name_latin": "Omar Alaoui", "awarded_on": "2026-11-18"}]
    program.hand_over(rows, language="ar", notify=False, session="Mardi")
    batch = Batch.objects.get()
    assert (batch.session, batch.notify) == ("Mardi", False)
    assert [str(row.awarded_on) for row in batch.awards.all()] == ["2026-11-20", "2026-11-18"]
    assert {row.language for row in batch.awards.all()} == {"ar"}


def test_a_course_goes_by_its_id_too(program: Program, course: Achievement) -> None:
    assert program.hand_over(achievement=course.pk).status_code == 202


def test_an_empty_cell_may_be_null(program: Program) -> None:
    assert program.hand_over([{"name_latin": "Salma Tazi", "phone": None}]).status_code == 202


# -- Once -----------------------------------------------------------------------------------------
def test_the_same_request_again_is_the_same_list(program: Program) -> None:
    first, again = program.hand_over(), program.hand_over()
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    assert again["Location"] == first["Location"]
    assert Award.objects.count() == 3


def test_another_request_under_the_key_is_refused(program: Program) -> None:
    program.hand_over()
    assert problem(program.hand_over(session="Autre")) == (422, "key-reused")
    assert problem(program.hand_over(ROWS[:1])) == (422, "key-reused")
    assert Batch.objects.count() == 1


def test_a_repeat_finds_its_list_when_the_course_is_closed_since(
    program: Program, course: Achievement
) -> None:
    first = program.hand_over()
    Achievement.objects.filter(pk=course.pk).update(state=Achievement.State.WITHDRAWN)
    again = program.hand_over()
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]


def test_a_key_belongs_to_one_program(program: Program, course: Achievement) -> None:
    other = Program(course.issuer)
    first = program.hand_over(ROWS[:1]).json()
    second = other.hand_over(ROWS[2:])
    assert second.status_code == 202
    assert second.json()["id"] != first["id"]


@pytest.mark.parametrize("key", ["abc", '"abc"', '"a \\"b\\" c"', "8e03978e-40d5-43dd-bc93-689", "a" * 100])
def test_a_key_is_taken_with_quotes_or_without(program: Program, key: str) -> None:
    assert program.hand_over(key=key).status_code == 202
    assert program.hand_over(key=key).status_code == 200


def test_quotes_are_no_part_of_the_key(program: Program) -> None:
    assert program.hand_over(key="abc").json()["id"] == program.hand_over(key='"abc"').json()["id"]


@pytest.mark.parametrize("key", ["", '""', "a" * 101, '"abc', "a b", "a,b", "clé", '"a"; q=1'])
def test_a_key_that_is_none_is_refused(program: Program, key: str) -> None:
    assert problem(program.hand_over(key=key)) == (400, "key-missing")
    assert not Batch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_request_twice_at_once_is_one_list(program: Program) -> None:
    gate = threading.Barrier(4)
    given: list[tuple[int, str]] = []

    def run() -> None:
        gate.wait()
        try:
            answer = program.hand_over()
            given.append((answer.status_code, answer.json().get("id", "")))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in given) == [200, 200, 200, 202]
    assert len({batch for _, batch in given}) == 1
    assert Award.objects.count() == 3


def test_a_request_overtaken_by_its_repeat_is_no_list_of_repeats(program: Program) -> None:
    first: list[str] = []

    def overtake(execute: Any, sql: str, *rest: Any) -> Any:
        if not first and '"issuers_mandate"' in sql:  # after the look for the key, before rows are judged
            first.append("")
            first[0] = program.hand_over().json()["id"]
        return execute(sql, *rest)

    with connection.execute_wrapper(overtake):
        overtaken = program.hand_over()
    assert first[0]
    assert (overtaken.status_code, overtaken.json()["id"]) == (200, first[0])


# -- A look beforehand ----------------------------------------------------------------------------
def test_a_dry_run_tells_everything_and_writes_nothing(program: Program, course: Achievement) -> None:
    rows = [*ROWS, {"name_latin": "salma TAZI", "name_arabic": "سلمى التازي", "phone": "+212612345678"}]
    answer = program.post(URL, TERMS | {"rows": rows, "dry_run": True})
    body = answer.json()
    assert answer.status_code == 200
    assert body["counts"] == {"pending": 2, "failed": 1, "duplicate": 1}
    assert (body["total"], body["wrong"], body["achievement"]) == (4, 2, course.pk)
    assert [(slip["row"], slip["code"], slip.get("same_as")) for slip in body["errors"]] == [
        (2, "phone-one-missing", None),
        (4, "duplicate-in-file", 1),
    ]
    assert 9 <= body["qr_versions"]["min"] <= body["qr_versions"]["max"] <= 13
    assert not Batch.objects.exists()
    assert not Chunk.objects.exists()


def test_a_dry_run_of_a_file_says_how_it_was_read(program: Program) -> None:
    data = "Nom complet;Note;Téléphone\nSalma Tazi;17;0612345678\n".encode("cp1252")
    body = program.post(f"{URL}{QUERY}&dry_run=true", data, kind="text/csv").json()
    assert body["file"]["columns"] == {"Nom complet": "name", "Téléphone": "phone"}
    assert body["file"]["ignored"] == ["Note"]
    assert body["file"]["encoding"].startswith("windows")


def test_a_dry_run_without_a_right_row_is_a_report(program: Program) -> None:
    body = program.post(f"{URL}?dry_run=true", TERMS | {"rows": ROWS[1:2]})
    assert body.status_code == 200
    assert body.json()["qr_versions"] is None


def test_a_dry_run_names_every_slip_of_a_long_list(program: Program) -> None:
    rows = [{"name_latin": f"R{number}"} for number in range(1500)]
    body = program.post(URL, TERMS | {"rows": rows, "dry_run": True}).json()
    assert len(body["errors"]) == 1500


# -- What is refused ------------------------------------------------------------------------------
def test_a_list_without_a_right_row_is_refused_with_the_first_thousand(program: Program) -> None:
    answer = program.hand_over([{"name_latin": f"R{number}"} for number in range(1200)])
    assert problem(answer) == (422, "nobody-to-issue")
    body = answer.json()
    assert body["wrong"] == 1200
    assert len(body["errors"]) == 1000
    assert body["errors"][0] | {"detail": ""} == {
        "row": 1,
        "line": 1,
        "field": "name_latin",
        "code": "name-signs",
        "detail": "",
        "value": "R0",
    }
    assert not Batch.objects.exists()


def test_who_has_it_already_is_not_issued_again(program: Program) -> None:
    program.hand_over(ROWS[:1])
    issue()
    answer = program.hand_over(ROWS[:1], key="k-2")
    assert problem(answer) == (422, "nobody-to-issue")
    slip = answer.json()["errors"][0]
    assert (slip["code"], slip["credential"]) == ("already-issued", Credential.objects.get().pk)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"rows": ROWS}, ["achievement", "awarded_on"]),
        (TERMS | {"rows": ROWS, "sesion": "Mardi"}, ["sesion"]),
        (TERMS | {"rows": ROWS, "awarded_on": "20/11/2026"}, ["awarded_on"]),
        (TERMS | {"rows": ROWS, "language": "de"}, ["language"]),
        (TERMS | {"rows": ROWS, "notify": "perhaps"}, ["notify"]),
        (TERMS | {"rows": ROWS, "session": "x" * 81}, ["session"]),
        (TERMS | {"rows": ROWS, "session": "a\0b"}, ["session"]),
        (TERMS, ["rows"]),
        (TERMS | {"rows": []}, ["rows"]),
        (TERMS | {"rows": {"0": {}}}, ["rows"]),
        (TERMS | {"rows": ["Salma"]}, ["rows/1"]),
        (TERMS | {"rows": [{"name_latin": "Salma Tazi"}, {"nom": "Omar"}]}, ["rows/2/nom"]),
        (TERMS | {"rows": [{"name_latin": "Salma Tazi", "phone": 612345678}]}, ["rows/1/phone"]),
        (TERMS | {"rows": [{"name_latin": ["Salma"], "email": {}}]}, ["rows/1/name_latin", "rows/1/email"]),
    ],
)
def test_a_fault_of_form_names_its_field(program: Program, body: Any, named: list[str]) -> None:
    answer = program.post(URL, body, **{"Idempotency-Key": "k"})
    assert problem(answer) == (400, "invalid")
    assert [slip["field"] for slip in answer.json()["errors"]] == named


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 5000, b'{"a": "\\ud800"}'])
def test_a_body_that_is_no_json_object_is_refused(program: Program, body: bytes) -> None:
    assert problem(program.post(URL, body, **{"Idempotency-Key": "k"})) == (400, "parse-error")


def test_a_parameter_that_is_not_known_is_refused(program: Program) -> None:
    answer = program.post(f"{URL}{QUERY}&sesion=Mardi", CSV, kind="text/csv", **{"Idempotency-Key": "k"})
    assert problem(answer) == (400, "invalid")
    assert answer.json()["errors"][0]["field"] == "sesion"


def test_a_form_without_its_file_is_refused(program: Program) -> None:
    answer = Client().post(URL, TERMS, headers=program.headers | {"Idempotency-Key": "k"})
    assert problem(answer) == (400, "invalid")
    assert answer.json()["errors"][0]["field"] == "file"


def test_more_than_ten_thousand_rows_are_refused(program: Program) -> None:
    answer = program.hand_over([{"name_latin": "Salma Tazi"}] * 10_001)
    assert problem(answer) == (422, "list-too-many-rows")
    assert "10,000" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["application/json", "text/csv", XLSX, "multipart/form-data; boundary=x"])
def test_more_than_ten_megabytes_are_refused(program: Program, kind: str) -> None:
    body = b"x" * (10 * 1024 * 1024 + 70_000)
    answer = program.post(URL + QUERY, body, kind=kind, **{"Idempotency-Key": "k"})
    assert problem(answer) == (413, "list-too-large")
    assert "10 MB" in answer.json()["detail"]


def test_a_file_a_little_above_the_limit_is_refused_in_a_form(program: Program) -> None:
    form = {"file": SimpleUploadedFile("c.csv", b"x" * (10 * 1024 * 1024 + 1)), **TERMS}
    answer = Client().post(URL, form, headers=program.headers | {"Idempotency-Key": "k"})
    assert problem(answer) == (413, "list-too-large")


def test_a_json_body_a_little_above_the_limit_is_refused(program: Program) -> None:
    body = b'{"a": "' + b"x" * (10 * 1024 * 1024) + b'"}'
    assert problem(program.post(URL, body, **{"Idempotency-Key": "k"})) == (413, "list-too-large")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b" ", "list-empty"),
        (b"\x89PNG\r\n\x1a\n....", "list-picture"),
        (b"%PDF-1.7\n", "list-pdf"),
        (b"Telephone;Note\n0612345678;12\n", "list-columns-missing"),
        (b"Nom complet;Telephone\n", "list-no-rows"),
        (b'Nom complet;Telephone\n"Salma;06\n', "list-quote-open"),
        (b"Nom complet;Telephone\nSalma " + b"x" * 600 + b";06\n", "list-cell-too-long"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_reason_of_its_own(
    program: Program, content: bytes, code: str
) -> None:
    answer = program.post(URL + QUERY, content, kind="text/csv", **{"Idempotency-Key": "k"})
    assert problem(answer) == (422, code)
    assert "%(" not in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["text/csv", XLSX])
def test_a_body_of_nothing_is_an_empty_list(program: Program, kind: str) -> None:
    headers = program.headers | {"Idempotency-Key": "k"}
    answer = Client().generic("POST", URL + QUERY, b"", headers=headers, CONTENT_TYPE=kind)
    assert problem(answer) == (422, "list-empty")


def test_every_reason_against_a_list_has_its_sentence() -> None:
    assert set(intake.REFUSALS) <= slips.SENTENCES.keys()


def test_a_cell_that_is_too_long_names_its_row(program: Program) -> None:
    answer = program.hand_over([ROWS[0], {"name_latin": "x" * 501}])
    assert problem(answer) == (422, "list-cell-too-long")
    assert "row 2" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_another_kind_of_content_is_refused(program: Program, kind: str) -> None:
    answer = program.post(URL, b"Salma", kind=kind, **{"Idempotency-Key": "k"})
    assert problem(answer) == (415, "unsupported-media-type")


def test_a_foreign_course_and_one_that_is_not_there_are_refused_alike(program: Program) -> None:
    foreign = make_achievement(make_issuer())
    answers = [program.hand_over(achievement=name).json() for name in (foreign.pk, foreign.code, "nothing")]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["status"] == 422


def test_a_suspended_provider_is_refused(program: Program, course: Achievement) -> None:
    registry.suspend_issuer(issuer=course.issuer, reason="Contrôle", by=city_officer(), now=NOW)
    assert problem(program.hand_over()) == (409, "issuer-suspended")
    assert problem(program.post(URL, TERMS | {"rows": ROWS, "dry_run": True})) == (409, "issuer-suspended")


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", "n’est pas ouverte"), ("en", "is not open"), ("ar", "غير مفتوح"), ("de", "n’est pas ouverte")],
)
def test_sentences_come_in_the_callers_language(program: Program, language: str, words: str) -> None:
    answer = program.post(
        URL,
        TERMS | {"rows": ROWS, "achievement": "nothing"},
        **{"Accept-Language": language, "Idempotency-Key": "k"},
    )
    assert words in answer.json()["detail"]


def test_lists_are_limited_by_the_minute(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "batches", "2/min")
    assert [program.hand_over().status_code for _ in range(2)] == [202, 200]
    answer = program.hand_over()
    assert problem(answer) == (429, "throttled")
    assert int(answer["Retry-After"]) > 0
    assert program.get(URL).status_code == 200


# -- Who may --------------------------------------------------------------------------------------
def addresses(batch_id: str, credential_id: str) -> list[tuple[str, str, str]]:
    """Method, address and needed scope of everything that a program may do with these two."""
    one, certificate = f"{URL}/{batch_id}", f"/api/v1/credentials/{credential_id}"
    return [
        ("get", one, "read"),
        ("get", f"{one}/rows", "read"),
        ("post", f"{one}/cancel", "issue"),
        ("post", f"{one}/retry", "issue"),
        ("patch", f"{one}/rows/2", "issue"),
        ("get", certificate, "read"),
        ("post", f"{certificate}/replace", "issue revoke"),
        ("post", f"{certificate}/suspend", "revoke"),
        ("post", f"{certificate}/revoke", "revoke"),
    ]


def ask(method: str, path: str, headers: dict[str, str]) -> Any:
    body = {"reason": "holder-request"} if path.endswith(("suspend", "revoke")) else {}
    body = {"reason": "corrected"} if path.endswith("replace") else body
    headers = headers | {"Idempotency-Key": "k"}
    if method == "get":
        return Client().get(path, headers=headers)
    return getattr(Client(), method)(path, json.dumps(body), content_type="application/json", headers=headers)


def test_what_is_anothers_is_answered_like_what_is_not_there(program: Program) -> None:
    batch = program.hand_over().json()["id"]
    issue()
    credential = Credential.objects.order_by("pk")[0].pk
    stranger = Program(make_issuer())
    foreign, unknown = addresses(batch, credential), addresses("x" * 22, "y" * 22)
    for (method, path, _), (_, nowhere, _) in zip(foreign, unknown, strict=True):
        there, gone = ask(method, path, stranger.headers), ask(method, nowhere, stranger.headers)
        assert problem(there) == problem(gone) == (404, "not-found"), path
        assert there.content == gone.content, path
    assert Credential.objects.filter(status="active").count() == 2


def test_each_address_needs_its_scope(program: Program, course: Achievement) -> None:
    batch = program.hand_over().json()["id"]
    issue()
    credential = Credential.objects.order_by("pk")[0].pk
    for method, path, needed in [*addresses(batch, credential), ("post", URL, "issue"), ("get", URL, "read")]:
        without = [name for name in ("read", "issue", "revoke") if name != needed.split()[-1]]
        assert problem(ask(method, path, Program(course.issuer, *without).headers)) == (403, "missing-scope")
        assert problem(ask(method, path, {})) == (401, "not-authenticated")
    assert Credential.objects.filter(status="active").count() == 2


# -- Looking on -----------------------------------------------------------------------------------
def test_a_list_says_how_far_it_is(program: Program) -> None:
    path = f"{URL}/{program.hand_over().json()['id']}"
    assert program.get(path).json()["state"] == "accepted"
    issue()
    body = program.get(path).json()
    assert (body["state"], body["percent"], body["total"]) == ("complete", 100, 3)
    assert body["counts"]["issued"] == 2
    assert body["completed_at"]


def test_lists_come_newest_first_page_by_page(program: Program, course: Achievement) -> None:
    others = Program(make_issuer())
    make_achievement(others.client.issuer, code="C08")
    others.hand_over()
    ids = [program.hand_over([ROWS[0] | {"name_latin": f"Salma {n * 'a'}b"}], key=f"k{n}") for n in range(5)]
    expected = {answer.json()["id"] for answer in ids}
    found, path = [], f"{URL}?limit=2"
    while path:
        body = program.get(path).json()
        assert len(body["results"]) <= 2
        found += [each["id"] for each in body["results"]]
        path = body["next"]
    assert len(found) == 5
    assert set(found) == expected


def test_a_page_of_lists_costs_the_same_whatever_its_length(
    program: Program, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(6):
        program.hand_over([ROWS[0] | {"name_latin": f"Salma {number * 'a'}b"}], key=f"k{number}")
    with django_assert_max_num_queries(12):
        assert len(program.get(URL).json()["results"]) == 6


def test_rows_say_what_became_of_them(program: Program) -> None:
    batch = program.hand_over().json()
    issue()
    rows = program.get(f"{URL}/{batch['id']}/rows").json()["results"]
    assert [row["state"] for row in rows] == ["issued", "failed", "issued"]
    credential = Credential.objects.get(award__row=1)
    assert rows[0]["credential"] == {
        "id": credential.pk,
        "status": "active",
        "url": f"http://localhost:8000/c/{credential.pk}",
    }
    assert [(each["channel"], each["state"]) for each in rows[0]["messages"]] == [("sms", "pending")]
    assert rows[0]["claimed"] is False
    assert rows[1]["error"]["remedy"] == "mend"
    assert rows[1]["problems"][0]["value"] == "06 12 34 56 7"
    assert "0612345678" not in json.dumps(rows)
    assert "+212612345678" not in json.dumps(rows)
    assert Message.objects.count() == 2


@pytest.mark.parametrize("outcome", Filing.Outcome.values)
def test_a_row_is_claimed_once_it_is_in_a_passport(program: Program, outcome: str) -> None:
    batch = program.hand_over(ROWS[:1]).json()["id"]
    issue()
    Filing.objects.update_or_create(
        credential=Credential.objects.get(), defaults={"outcome": outcome, "considered_at": NOW}
    )
    row = program.get(f"{URL}/{batch}/rows").json()["results"][0]
    assert row["claimed"] is (outcome == Filing.Outcome.FILED)


def test_rows_of_one_state_come_page_by_page(program: Program) -> None:
    rows = [{"name_latin": f"Salma {n * 'a'}b" if n % 2 else f"R{n}"} for n in range(1, 12)]
    batch = program.hand_over(rows).json()
    found, path = [], f"{batch['rows_url'].removeprefix('http://localhost:8000')}?state=failed&limit=2"
    while path:
        body = program.get(path).json()
        found += [row["row"] for row in body["results"]]
        path = body["next"]
    assert found == [2, 4, 6, 8, 10]


def test_a_state_that_is_none_is_refused(program: Program) -> None:
    batch = program.hand_over().json()["id"]
    assert problem(program.get(f"{URL}/{batch}/rows?state=lost")) == (400, "invalid")


@pytest.mark.parametrize("cursor", ["x", "p=abc", "p=%00", "p=99999999999999999999", "o=-1", "p=2026-99-99"])
def test_a_cursor_of_somebody_elses_making_leads_nowhere(program: Program, cursor: str) -> None:
    batch = program.hand_over().json()["id"]
    made = b64encode(cursor.encode()).decode()
    for path in (URL, f"{URL}/{batch}/rows", "/api/v1/achievements", "/api/v1/issuers"):
        never_breaks(program.get(f"{path}?cursor={quote(made)}"))
        never_breaks(program.get(f"{path}?cursor={cursor}"))


# -- Mending --------------------------------------------------------------------------------------
def test_a_mended_row_keeps_its_other_cells_and_is_issued(program: Program) -> None:
    batch = program.hand_over(language="ar").json()["id"]
    issue()
    answer = program.patch(f"{URL}/{batch}/rows/2", {"phone": "0612345670"})
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["name_latin"]) == ("pending", "Omar Alaoui")
    issue()
    row = Award.objects.get(row=2)
    assert (row.state, row.address, row.language) == ("issued", "+212612345670", "ar")
    assert program.get(f"{URL}/{batch}").json()["state"] == "complete"


def test_a_row_that_is_still_wrong_says_what_is(program: Program) -> None:
    batch = program.hand_over().json()["id"]
    body = program.patch(f"{URL}/{batch}/rows/2", {"phone": "12"}).json()
    assert body["state"] == "failed"
    assert [slip["value"] for slip in body["problems"]] == ["12"]


def test_an_empty_cell_takes_the_old_one_away(program: Program) -> None:
    batch = program.hand_over().json()["id"]
    assert program.patch(f"{URL}/{batch}/rows/2", {"phone": None}).json()["state"] == "pending"
    assert Award.objects.get(row=2).address == ""


def test_what_lay_beyond_the_columns_goes_when_a_row_is_mended(program: Program) -> None:
    data = b"Nom complet;Telephone\nSalma Tazi;0612345678;;Omar\nHajar Naciri;0612345679\n"
    batch = program.post(URL + QUERY, data, kind="text/csv", **{"Idempotency-Key": "k"}).json()
    assert batch["errors"][0]["code"] == "cells-extra"
    body = program.patch(f"{URL}/{batch['id']}/rows/1", {"phone": "0612345678"}).json()
    assert body["state"] == "pending"


def test_a_repeated_row_may_be_another_person(program: Program) -> None:
    batch = program.hand_over([ROWS[0], ROWS[0]]).json()["id"]
    body = program.patch(f"{URL}/{batch}/rows/2", {"name_latin": "Salma Tazi Bis"}).json()
    assert body["state"] == "pending"
    row = Award.objects.get(row=2)
    assert (row.name_arabic, row.address) == ("سلمى التازي", "+212612345678")


@pytest.mark.parametrize(
    ("row", "body", "expected"),
    [
        (1, {"phone": "0612345670"}, (409, "batch-closed")),
        (9, {"phone": "0612345670"}, (404, "not-found")),
        (2, {"telephone": "0612345670"}, (400, "invalid")),
        (2, {"phone": 612345670}, (400, "invalid")),
        (2, [], (400, "parse-error")),
        (2, {"name_latin": "x" * 501}, (422, "list-cell-too-long")),
    ],
)
def test_a_mend_that_cannot_be_is_refused(
    program: Program, row: int, body: Any, expected: tuple[int, str]
) -> None:
    batch = program.hand_over().json()["id"]
    assert problem(program.patch(f"{URL}/{batch}/rows/{row}", body)) == expected


# -- Again, and an end ----------------------------------------------------------------------------
def test_rows_that_failed_for_no_fault_of_theirs_are_tried_again(
    program: Program, course: Achievement
) -> None:
    batch = program.hand_over().json()["id"]
    registry.suspend_issuer(issuer=course.issuer, reason="Contrôle", by=city_officer(), now=NOW)
    issue()
    rows = program.get(f"{URL}/{batch}/rows?state=failed").json()["results"]
    assert [row["error"]["remedy"] for row in rows] == ["retry", "mend", "retry"]
    registry.reinstate_issuer(issuer=course.issuer, by=city_approver(), now=NOW)
    one = program.post(f"{URL}/{batch}/retry", {"rows": [1, 2]})
    assert (one.status_code, one.json()["again"]) == (202, 1)
    rest = program.post(f"{URL}/{batch}/retry")
    assert (rest.status_code, rest.json()["again"], rest.json()["state"]) == (202, 1, "accepted")
    issue()
    assert program.get(f"{URL}/{batch}").json()["counts"]["issued"] == 2
    none = program.post(f"{URL}/{batch}/retry")
    assert (none.status_code, none.json()["again"]) == (200, 0)


@pytest.mark.parametrize("rows", ["1", [0], ["x"], [2**63], {"a": 1}])
def test_rows_to_try_again_are_numbers(program: Program, rows: Any) -> None:
    batch = program.hand_over().json()["id"]
    assert problem(program.post(f"{URL}/{batch}/retry", {"rows": rows})) == (400, "invalid")


def test_a_stopped_list_signs_no_more(program: Program) -> None:
    batch = program.hand_over().json()["id"]
    answer = program.post(f"{URL}/{batch}/cancel")
    assert (answer.json()["stopped"], answer.json()["state"]) == (2, "cancelled")
    issue()
    assert not Credential.objects.exists()
    assert problem(program.post(f"{URL}/{batch}/cancel")) == (409, "batch-closed")
    assert problem(program.post(f"{URL}/{batch}/retry")) == (409, "batch-closed")


# -- Certificates ---------------------------------------------------------------------------------
def test_a_certificate_says_how_it_stands_and_not_whose_it_is(program: Program, course: Achievement) -> None:
    program.hand_over(ROWS[:1])
    issue()
    credential = Credential.objects.get()
    answer = program.get(f"/api/v1/credentials/{credential.pk}")
    body = answer.json()
    assert (body["status"], body["achievement"]["id"], body["awarded_on"]) == (
        "active",
        course.pk,
        "2026-11-20",
    )
    assert body["possible"] == ["revoke", "suspend", "replace"] or set(body["possible"]) == {
        "revoke",
        "suspend",
        "replace",
    }
    for file in ("jwt_url", "pdf_url"):
        assert Client().get(body[file].removeprefix("http://localhost:8000")).status_code == 200
    for word in ("Salma", "سلمى", "612345678"):
        assert word not in answer.content.decode()


def replace(program: Program, credential: Credential, key: str = "r-1", **changes: Any) -> Any:
    return program.post(
        f"/api/v1/credentials/{credential.pk}/replace",
        {"reason": "corrected"} | changes,
        **{"Idempotency-Key": key},
    )


@pytest.fixture
def certificate(program: Program) -> Credential:
    program.hand_over(ROWS[:1])
    issue()
    return Credential.objects.get()


def test_a_correction_changes_what_is_given_and_leads_on(program: Program, certificate: Credential) -> None:
    answer = replace(program, certificate, name_latin="Salma El Tazi")
    assert (answer.status_code, answer["Location"]) == (202, answer.json()["url"])
    issue()
    row = program.get(f"{URL}/{answer.json()['id']}/rows").json()["results"][0]
    new = Credential.objects.get(pk=row["credential"]["id"])
    assert (new.name_latin, new.name_arabic, new.address) == (
        "Salma El Tazi",
        certificate.name_arabic,
        certificate.address,
    )
    old = program.get(f"/api/v1/credentials/{certificate.pk}").json()
    assert (old["status"], old["replaced_by"]) == ("replaced", new.pk)


def test_the_same_correction_again_is_the_same_one_also_when_it_is_done(
    program: Program, certificate: Credential
) -> None:
    first = replace(program, certificate, name_latin="Salma El Tazi")
    waiting = replace(program, certificate, name_latin="Salma El Tazi")
    issue()
    done = replace(program, certificate, name_latin="Salma El Tazi")
    assert [each.status_code for each in (first, waiting, done)] == [202, 202, 200]
    assert len({each.json()["id"] for each in (first, waiting, done)}) == 1
    assert Credential.objects.count() == 2
    assert problem(replace(program, certificate, name_latin="Salma Tazi Alami")) == (422, "key-reused")
    assert problem(replace(program, certificate, key="r-2", name_latin="Salma")) == (409, "wrong-status")


@pytest.mark.parametrize(
    ("changes", "expected", "field"),
    [
        ({"name_latin": "R2D2", "phone": "12"}, (400, "invalid"), "name_latin"),
        ({"name_latin": "", "name_arabic": ""}, (400, "invalid"), "name_latin"),
        ({"reason": "fraud"}, (400, "invalid"), "reason"),
        ({"surname": "Tazi"}, (400, "invalid"), "surname"),
    ],
)
def test_a_correction_that_is_wrong_names_its_fields(
    program: Program, certificate: Credential, changes: Any, expected: tuple[int, str], field: str
) -> None:
    answer = replace(program, certificate, **changes)
    assert problem(answer) == expected
    assert field in [slip["field"] for slip in answer.json()["errors"]]


def test_another_address_takes_the_place_of_the_old_one(program: Program, certificate: Credential) -> None:
    replace(program, certificate, email="salma@example.org")
    issue()
    new = Credential.objects.exclude(pk=certificate.pk).get()
    assert (new.address_kind, new.address) == ("email", "salma@example.org")


def test_a_correction_needs_a_key(program: Program, certificate: Credential) -> None:
    answer = program.post(f"/api/v1/credentials/{certificate.pk}/replace", {"reason": "corrected"})
    assert problem(answer) == (400, "key-missing")


# -- Courses and the register ---------------------------------------------------------------------
def test_a_course_is_told_whole(program: Program, course: Achievement) -> None:
    body = program.get(f"/api/v1/achievements/{course.pk}").json()
    assert (body["code"], body["criteria_fr"], body["state"]) == ("C08", course.criteria_fr, "published")
    foreign = make_achievement(make_issuer())
    answers = [program.get(f"/api/v1/achievements/{pk}") for pk in (foreign.pk, "x" * 22)]
    assert problem(answers[0]) == (404, "not-found")
    assert answers[0].content == answers[1].content


def test_anybody_may_read_the_register(course: Achievement) -> None:
    make_issuer(state="proposed", slug="nobody-yet")
    body = Client().get("/api/v1/issuers").json()
    mine = next(each for each in body["results"] if each["slug"] == course.issuer.slug)
    assert mine["did"] == f"did:web:localhost%3A8000:issuers:{course.issuer.slug}"
    assert {each["theme"] for each in mine["accredited"]} == {"digital", "languages"}
    assert mine["arrondissement"]["name_fr"] == "Sidi Moumen"
    assert "nobody-yet" not in [each["slug"] for each in body["results"]]
    assert set(mine) == {
        *("slug", "name_fr", "name_ar", "did", "kind", "state", "arrondissement", "accredited", "url"),
    }


def test_the_register_comes_page_by_page(course: Achievement) -> None:
    for name in ("b-one", "c-two", "a-three"):
        make_issuer(slug=name)
    found, path = [], "/api/v1/issuers?limit=1"
    while path:
        body = Client().get(path).json()
        found += [each["slug"] for each in body["results"]]
        path = body["next"]
    assert found == sorted([course.issuer.slug, "a-three", "b-one", "c-two"])


# -- Whatever comes in ----------------------------------------------------------------------------
KNOWN = ["Salma Tazi", "06 12 34 56 78", "2026-11-20", "\0", "Salma\0Tazi", "=1+1", "\ufeff"]
TEXTS = st.text(max_size=30) | st.sampled_from(KNOWN)
CELLS = st.sampled_from([*batches.CELLS, "extra", "nom", ""]) | st.text(max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
JSONS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(CELLS, inner, max_size=4),
    max_leaves=12,
)
LISTS = st.fixed_dictionaries(
    {},
    optional={
        "achievement": st.just("C08") | TEXTS,
        "awarded_on": st.just("2026-11-20") | TEXTS,
        "session": TEXTS,
        "language": st.sampled_from(["fr", "ar", "en"]) | TEXTS,
        "notify": st.booleans() | SCALARS,
        "dry_run": st.booleans() | SCALARS,
        "rows": st.lists(st.dictionaries(CELLS, TEXTS | st.none(), max_size=6) | SCALARS, max_size=5) | JSONS,
    },
)
ROW = st.dictionaries(st.sampled_from(batches.CELLS), TEXTS | st.none(), max_size=6)
RIGHT_LISTS = st.fixed_dictionaries(
    {"achievement": st.just("C08"), "awarded_on": st.just("2026-11-20")},
    optional={
        "session": TEXTS,
        "rows": st.lists(ROW, min_size=1, max_size=5),
    },
)
TABLES = st.lists(
    st.lists(TEXTS | st.sampled_from(["Nom complet", "Téléphone", "E-mail", "Date"]), max_size=5), max_size=6
).map(lambda rows: "\n".join(";".join(row) for row in rows).encode("utf-8", "surrogatepass"))
KEYS = st.sampled_from(["k", '"k"', "", "a b"]) | st.integers(0, 10**9).map(str)


def never_breaks(answer: Any) -> None:
    assert 200 <= answer.status_code < 500
    if answer.status_code >= 400:
        problem(answer)


many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def sent_as_text(value: Any) -> bytes:
    return json.dumps(value).encode()


@many
@given(body=LISTS.map(sent_as_text) | RIGHT_LISTS.map(sent_as_text) | JSONS.map(sent_as_text), key=KEYS)
def test_no_json_breaks_it(program: Program, body: bytes, key: str) -> None:
    never_breaks(program.post(URL, body, **{"Idempotency-Key": key}))


@many
@given(body=TABLES | st.binary(max_size=200), kind=st.sampled_from(["text/csv", XLSX]), query=TEXTS)
def test_no_file_breaks_it(program: Program, body: bytes, kind: str, query: str) -> None:
    terms = {"achievement": "C08", "awarded_on": "2026-11-20", "session": query}
    answer = Client(QUERY_STRING="").post(
        URL, body, content_type=kind, query_params=terms, headers=program.headers | {"Idempotency-Key": "k"}
    )
    never_breaks(answer)


@many
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        ["application/json", "multipart/form-data; boundary=x", "multipart/form-data", "text/csv", "x/y", ""]
    ),
)
def test_no_bytes_break_it(program: Program, body: bytes, kind: str) -> None:
    never_breaks(program.post(URL, body, kind=kind, **{"Idempotency-Key": "k"}))


@many
@given(content=TABLES | st.binary(max_size=200), name=TEXTS.filter(bool))
def test_no_form_breaks_it(program: Program, content: bytes, name: str) -> None:
    file = SimpleUploadedFile("x.csv", content)
    file.name = name
    never_breaks(
        Client().post(URL, {"file": file, **TERMS}, headers=program.headers | {"Idempotency-Key": "k"})
    )


@many
@given(cells=st.dictionaries(CELLS, SCALARS, max_size=5), row=st.integers(0, 4) | st.integers(0, 10**30))
def test_no_mend_breaks_it(program: Program, cells: dict[str, Any], row: int) -> None:
    batch = program.hand_over().json()["id"]
    answer = Client().patch(
        f"{URL}/{batch}/rows/{row}",
        json.dumps(cells).encode(),
        content_type="application/json",
        headers=program.headers,
    )
    never_breaks(answer)
