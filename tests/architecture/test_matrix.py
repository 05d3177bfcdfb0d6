"""Who gets through which door: every route, method and role, with one's own things and with others'.

``matrix.txt`` beside this file is the table. Its cells say what the visitor of the column receives for what
is hers: ``ok``, ``in`` (she is sent to sign in), or the status of the refusal. ``foreign`` and ``unknown``
say what whoever gets in receives for somebody else's thing, and for one that there is not; a dash where the
address names nothing. A route without a row fails, as does a row without a route. Things come from
``tests/furnished.py``.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from rest_framework.views import APIView

from tests.furnished import CLASS, PEOPLE, PROGRAMS, STAFF, Door, House, doors, furnished

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).with_name("matrix.txt")
VISITORS = (*PEOPLE, *PROGRAMS)
ALL = {door.name: door for door in doors()}
#: What stops a visitor before it is looked whether a thing is hers.
SHUT = ("in", "2f", "401", "403", "404")
#: A learner's pages that ask for the second factor too.
AFTER_SECOND_FACTOR = ("second-factor-add", "second-factor-remove")
#: Who may come in, and is told by the act itself that it is not hers to do.
TOLD_INSIDE = {("city-withdrawal-alone", "approver")}
NO_METHOD = "PURGE"


class Row(NamedTuple):
    """One line of the table."""

    route: str
    method: str
    cells: dict[str, str]
    foreign: str
    unknown: str


def table() -> list[Row]:
    """The rows of ``matrix.txt``; its first line names the columns."""
    lines = [line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    head, *rest = lines
    rows = []
    for route, method, *cells in rest:
        *own, foreign, unknown = cells
        rows.append(Row(route, method, dict(zip(head[2:-2], own, strict=True)), foreign, unknown))
    return rows


ROWS = table()


@pytest.fixture(scope="module")
def house(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with django_db_blocker.unblock(), furnished(tmp_path_factory.mktemp("house")) as house:
        yield house


def body(route: str, house: House) -> dict[str, Any]:
    """What a form or a program sends there, so that the door and not an empty field decides."""
    things, today = house.things, timezone.localdate().isoformat()
    person = {"name_latin": "Salma Tazi", "address_kind": "none", "awarded_on": today, "language": "fr"}
    order = person | {"key": "k" * 16, "step": "issue"}
    colleague = {
        "passport_number": house.people["learner"].passport_number,
        "name": "Fatima-Zahra El Idrissi",
    }
    course = {"kind": "MicroCredential", "theme": "digital", "title_fr": "Cours", "criteria_fr": "Sait."}
    seat = {"name_latin": "Nisrine Tazi", "language": "fr"}
    session = {"achievement": things["achievement"].own, "group": "Essai", "place": "Salle 1"}
    session |= {"arrondissement": "06.141.01.53", "language": "fr", "seats": "12"}
    session |= {"starts_at": f"{today}T09:00", "ends_at": f"{today}T12:00"}
    endorsed = {"what": f"c-{things['achievement'].foreign}", "comment_fr": "De bons cours.", "act": "look"}
    certificate = f"http://localhost:8000/c/{things['certificate'].foreign}"
    person_endorsed = {"certificate": certificate, "comment_fr": "Vue au travail.", "act": "look"}
    known: dict[str, dict[str, Any]] = {
        "teach-session-add": seat,
        "teach-session-edit": session,
        "teach-session-new": session,
        "teach-session-seat": seat,
        "api-batches": {"achievement": things["achievement"].own, "awarded_on": today}
        | {"rows": [{"name_latin": "Salma Tazi"}]},
        "api-message-receipt": {"state": "delivered"},
        "api-reinstate": {"reason": "review-closed"},
        "api-replace": {"reason": "corrected", "name_latin": "Salma El Tazi"},
        "api-revoke": {"reason": "issued-in-error"},
        "api-row": {"phone": "06 12 34 56 70"},
        "api-suspend": {"reason": "under-review"},
        "api-verify": {"credential": f"http://localhost:8000/c/{things['certificate'].own}"},
        "city-close": {"reason": "Fin"},
        "city-mandate-new": {"theme": "trades", "starts_on": today, "daily_cap": "10"},
        "city-held-turn-down": {"reason": "Trop long"},
        "city-key-withdraw": {"reason": "Contrôle"},
        "city-mandate-suspend": {"reason": "Contrôle"},
        "city-messages-act": {"act": "again", "kind": "messages"},
        "city-owner-new": colleague | {"step": "sure"},
        "city-person-new": colleague | {"step": "sure", "role": "auditor"},
        "city-suspend": {"reason": "Contrôle"},
        "city-endorsement-new": endorsed,
        "teach-endorsement-new": endorsed,
        "city-endorsement-certificate": person_endorsed,
        "teach-endorsement-certificate": person_endorsed,
        "me-endorsement": {"show": "yes"},
        "me-family-say": {"purpose": "showing", "answer": "yes"},
        "me-close": {"step": "choose", "chosen": "leave"},
        "me-correct": {"what": "name", "should_be": "Salma Tazi"},
        "me-erase": {"step": "edit"},
        "teach-correction-decline": {"reason": "Conforme"},
        "teach-achievement-edit": course,
        "teach-achievement-new": course,
        "teach-api-client-new": {"name": "Logiciel", "scopes": ["read"]},
        "teach-award-form": order,
        "teach-change": {"reason": "under-review"},
        "teach-held-turn-down": {"reason": "Trop long"},
        "teach-messages-act": {"act": "again", "kind": "events"},
        "teach-webhook-new": {"url": "https://192.0.2.1/", "events": ["batch.completed"]},
        "teach-list-mend": {"row": "2", "cell-phone": "0612345670"},
        "teach-list-new": {"awarded_on": today, "language": "fr"},
        "teach-session-list": {"language": "fr"},
        "teach-member-edit": {"role": "clerk"},
        "teach-member-new": colleague | {"step": "sure", "role": "clerk"},
        "teach-replace": order | {"reason": "corrected", "name_latin": "Salma El Tazi"},
        "desk-new": {"language": "ar"},
        "bench": {"text": f"http://localhost:8000/c/{things['certificate'].own}"},
        "verify": {"code": f"http://localhost:8000/c/{things['certificate'].own}"},
    }
    given = known.get(route, {})
    if route in ("teach-list-new", "teach-session-list"):
        given = given | {"file": SimpleUploadedFile("l.csv", CLASS.encode())}
    return given


def ask(house: House, route: str, method: str, visitor: str, *, whose: str = "own") -> HttpResponse:
    """The answer to this visitor; whatever it changed is taken back."""
    door, client = ALL[route], house.visitor(visitor)
    given: dict[str, Any] = {}
    if method not in ("GET", NO_METHOD):
        given["data"] = body(route, house)
    if is_api(door) and method != "GET":
        given |= {"content_type": "application/json", "headers": {"idempotency-key": "once"}}
        given["data"] = json.dumps(given.get("data", {}))
    with transaction.atomic():
        send = getattr(client, method.lower(), None) or partial(client.generic, method)
        answer = send(door.path(house, whose), **given)
        transaction.set_rollback(True)
    return cast(HttpResponse, answer)


def is_api(door: Door) -> bool:
    """Whether programs ask there."""
    view = getattr(door.view, "cls", None)
    return isinstance(view, type) and issubclass(view, APIView)


def outcome(answer: HttpResponse) -> str:
    """``ok``, ``in``, ``2f``, or the status."""
    location = answer.headers.get("Location", "")
    if location.startswith(reverse("account_login")):
        return "in"
    if location.startswith(reverse("second-factor")):
        return "2f"
    return "ok" if answer.status_code < 400 else str(answer.status_code)


def told(answer: Any, path: str) -> tuple[int, str, dict[str, str], list[str]]:
    """Status, body and headers without what must differ: the address asked for, the form's token."""
    body = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", answer.content.decode())
    headers = {name: value.replace(path, "") for name, value in answer.headers.items()}
    del headers["Content-Length"]  # which the address has its part in
    cookies = [f"{one.key} {one['path']}" for one in answer.cookies.values()]
    return answer.status_code, body.replace(path, ""), headers, cookies


def let_in(cell: str) -> bool:
    """Whether a visitor got as far as the thing itself."""
    return cell not in SHUT


KEPT = [row for row in ROWS if getattr(ALL[row.route].view, "access", "") != "public"]


# -- The table ------------------------------------------------------------------------------------
def test_every_route_has_its_rows_and_every_row_its_route() -> None:
    assert {row.route for row in ROWS} == set(ALL)
    assert len(ALL) == len(list(doors())), "two routes have one name"
    assert len({(row.route, row.method) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert tuple(row.cells) == VISITORS
        named = bool(ALL[row.route].kinds())
        assert (row.foreign != "-") == (row.unknown != "-") == named, row.route


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.method} {row.route}" for row in ROWS])
def test_each_visitor_receives_what_the_table_says(house: House, row: Row) -> None:
    found = {visitor: outcome(ask(house, row.route, row.method, visitor)) for visitor in VISITORS}
    assert found == row.cells


@pytest.mark.parametrize("row", KEPT, ids=[f"{row.method} {row.route}" for row in KEPT])
def test_nobody_without_her_second_factor_and_no_withdrawn_program_is_let_in(house: House, row: Row) -> None:
    """Staff who gave no second factor reach a learner's pages, and of their rooms only its setting up."""
    access = getattr(ALL[row.route].view, "access", "")
    expected = {"withdrawn": row.cells["nobody"]}
    for role in ("learner", *STAFF):
        cell = row.cells[role]
        needed = access.startswith(("member:", "city:")) or row.route in AFTER_SECOND_FACTOR
        shut = cell in ("in", "403") and (row.route, role) not in TOLD_INSIDE
        expected[f"{role}-without"] = "2f" if needed and not shut else cell
    found = {visitor: outcome(ask(house, row.route, row.method, visitor)) for visitor in expected}
    assert found == expected


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.foreign != "-"],
    ids=[f"{row.method} {row.route}" for row in ROWS if row.foreign != "-"],
)
def test_what_is_not_ones_own_looks_as_if_it_were_not_there(house: House, row: Row) -> None:
    open_to_all, seen = getattr(ALL[row.route].view, "access", "") == "public", set[str]()
    for visitor, cell in row.cells.items():
        if cell in seen and (open_to_all or not let_in(cell)):
            continue  # one of those whom the door treats alike
        seen.add(cell)
        foreign, unknown = (
            ask(house, row.route, row.method, visitor, whose=w) for w in ("foreign", "unknown")
        )
        expected = (row.foreign, row.unknown) if let_in(cell) else (cell, cell)
        assert (outcome(foreign), outcome(unknown)) == expected, visitor
        if expected[0] == expected[1] != "ok":
            door = ALL[row.route]
            first = told(foreign, door.path(house, "foreign"))
            assert first == told(unknown, door.path(house, "unknown")), visitor


@pytest.mark.parametrize("name", ALL)
def test_no_other_method_is_known_there(house: House, name: str) -> None:
    methods = {row.method: row for row in ROWS if row.route == name}
    those = (v for v in reversed(VISITORS) if any(let_in(row.cells[v]) for row in methods.values()))
    visitor = next(those, "nobody")
    answer = ask(house, name, NO_METHOD, visitor)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == set(methods)


@pytest.mark.parametrize("name", ["outbox", "metrics"])
def test_what_a_demo_shows_is_not_there_elsewhere(house: House, settings: Any, name: str) -> None:
    settings.DEMO = False
    assert {outcome(ask(house, name, "GET", visitor)) for visitor in VISITORS} == {"404"}
