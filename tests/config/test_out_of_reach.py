"""A database without room, or gone: the web says 503 and when to come again, never 500 with a trace."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, connections
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from config import problems
from credentials.models import Achievement, Award, Batch
from issuers import staff, storing
from issuers.models import City
from tests.factories import NOW, key_room, make_achievement, make_city, make_issuer, make_member, sign_in

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db(transaction=True)
NOTED = "database out of reach"


@contextmanager
def database_in_need() -> Iterator[None]:
    """SQLite has no page left, as on a full disk; PostgreSQL has ended the connection, as at a restart."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with pytest.raises(DatabaseError):
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        else:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA max_page_count = 1")
    try:
        yield
    finally:
        connections.close_all()


@pytest.fixture
def course(key_room: Any) -> Iterator[Achievement]:
    yield make_achievement(make_issuer(now=timezone.now()), code="C08")
    cache.clear()


@pytest.fixture
def post(course: Achievement) -> Callable[[], Any]:
    """Hands a long list over as a program does."""
    owner = make_member(course.issuer, "owner")
    made = staff.create_api_client(
        issuer=course.issuer, name="Inscriptions", scopes=["issue"], by=owner, now=NOW
    )
    names = [f"Salma {chr(65 + n // 26)}{chr(97 + n % 26)}" for n in range(150)]
    body = {
        "achievement": "C08",
        "awarded_on": timezone.localdate().isoformat(),
        "rows": [{"name_latin": name} for name in names],
    }
    headers = {"Authorization": f"Bearer {made.token}", "Accept-Language": "en", "Idempotency-Key": "k"}
    client = Client(raise_request_exception=False)
    return lambda: client.post(URL, orjson.dumps(body), content_type="application/json", headers=headers)


URL = "/api/v1/batches"


def test_a_program_is_told_to_come_again_and_its_list_is_accepted_once(
    post: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        with database_in_need():
            answer = post()
        assert answer.status_code == 503
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["Retry-After"] == "10"
        assert answer.json()["type"].endswith("/problems#out-of-reach")
        assert "Traceback" not in answer.content.decode()
    assert Batch.objects.count() == Award.objects.count() == 0
    noted = [record for record in caplog.records if record.message == NOTED]
    assert len(noted) == 3
    assert {record.levelno for record in noted} == {logging.ERROR}
    assert all(record.exc_info is None for record in noted)
    assert post().status_code == 202
    assert post().status_code == 200
    assert Award.objects.count() == 150


def test_a_person_is_told_to_come_again(course: Achievement, caplog: pytest.LogCaptureFixture) -> None:
    client = Client(raise_request_exception=False, headers={"Accept-Language": "ar"})
    sign_in(client, make_member(course.issuer, "trainer"))
    lines = "".join(f"Salma {chr(65 + n // 26)}{chr(97 + n % 26)}\n" for n in range(150))
    address = reverse("teach-list-new", args=[course.pk])
    form = {"awarded_on": timezone.localdate().isoformat(), "session": "", "language": "ar"}

    def give() -> Any:
        file = SimpleUploadedFile("classe.csv", f"Nom complet\n{lines}".encode())
        return client.post(address, form | {"file": file})

    with database_in_need():
        answer = give()
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert '<html lang="ar" dir="rtl">' in page
    assert "Traceback" not in page
    assert NOTED in caplog.messages
    assert Batch.objects.count() == 0
    assert give().status_code == 302
    assert Award.objects.count() == 150


def test_what_fails_beside_the_views_says_so_too(caplog: pytest.LogCaptureFixture) -> None:
    request = RequestFactory().get("/api/v1/issuers")
    make_city()
    with database_in_need():
        try:
            for number in range(500):
                City.objects.filter(pk=1).update(census={"full": "x" * 4000 * (number + 1)})
        except DatabaseError:  # as Django calls the handler of what nobody met
            answer = problems.server_error(request)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert NOTED in caplog.messages


def test_a_mistake_of_ours_is_not_hidden_behind_the_database() -> None:
    with pytest.raises(DatabaseError) as missing, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")  # SQLite's class for it is that of a full disk
    assert not storing.out_of_reach(missing.value)
    make_city()
    with pytest.raises(IntegrityError) as twice:
        City.objects.create(pk=1, name_fr="Rabat", name_ar="الرباط")
    assert not storing.out_of_reach(twice.value)
    assert not storing.out_of_reach(ValueError())
    assert problems.server_error(RequestFactory().get("/api/v1/issuers")).status_code == 500


def test_the_log_names_what_happened_as_the_database_does() -> None:
    make_city()
    with pytest.raises(IntegrityError) as twice:
        City.objects.create(pk=1, name_fr="Rabat", name_ar="الرباط")
    assert storing.code_of(twice.value) in ("23505", "SQLITE_CONSTRAINT_PRIMARYKEY")
    assert storing.code_of(DatabaseError()) == "none"
