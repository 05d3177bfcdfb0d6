"""Many rows at once: the same rows, whichever way the database takes them."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from credentials.models import Award, Batch
from issuers import storing
from tests.factories import NOW, make_achievement, make_issuer

pytestmark = pytest.mark.django_db
FIELDS = (
    *("batch_id", "row", "name_latin", "name_arabic", "awarded_on", "credential_id", "subject_id"),
    *("typed", "problems", "state", "error_code"),
)


@pytest.fixture
def batch() -> Batch:
    achievement = make_achievement(make_issuer(with_keys=False))
    return Batch.objects.create(
        issuer=achievement.issuer,
        achievement=achievement,
        kind="roster",
        awarded_on=date(2026, 11, 20),
        idempotency_key="k",
        request_hash="h",
        row_count=2,
        accepted_at=NOW,
    )


def rows(batch: Batch) -> list[tuple[Any, ...]]:
    day, subject = date(2026, 11, 20), UUID(int=5, version=4)
    return [
        (batch.pk, 1, "Salma", "سلمى\tالتازي", day, "a" * 22, subject, None, [], "pending", ""),
        (
            *(batch.pk, 2, "", "", day, "b" * 22, UUID(int=6, version=4)),
            *({"phone": "06\\N"}, [{"code": "phone"}], "failed", "phone"),
        ),
    ]


def test_rows_come_back_as_they_were_given(batch: Batch) -> None:
    storing.insert(Award, fields=FIELDS, rows=rows(batch))
    stored = Award.objects.filter(batch=batch).order_by("row").values_list(*FIELDS)
    assert [tuple(row) for row in stored] == rows(batch)


def test_columns_that_are_not_named_have_their_defaults_in_the_model(batch: Batch) -> None:
    storing.insert(Award, fields=(*FIELDS, "line", "language"), rows=[(*rows(batch)[0], 7, "ar")])
    award = Award.objects.get()
    assert (award.line, award.language) == (7, "ar")


def test_a_repeat_is_an_integrity_error_and_the_transaction_goes_on(batch: Batch) -> None:
    storing.insert(Award, fields=FIELDS, rows=rows(batch))
    with pytest.raises(IntegrityError), transaction.atomic():
        storing.insert(Award, fields=FIELDS, rows=rows(batch))
    assert Award.objects.count() == 2


def test_a_rolled_back_insert_leaves_nothing(batch: Batch) -> None:
    with transaction.atomic():
        storing.insert(Award, fields=FIELDS, rows=rows(batch))
        transaction.set_rollback(True)
    assert not Award.objects.exists()


def test_no_rows_are_no_statement_that_fails(batch: Batch) -> None:
    storing.insert(Award, fields=FIELDS, rows=[])
    assert not Award.objects.exists()


def test_postgresql_takes_them_by_copy_and_sqlite_by_one_insert(batch: Batch) -> None:
    with CaptureQueriesContext(connection) as queries:
        storing.insert(Award, fields=FIELDS, rows=rows(batch))
    inserts = [query for query in queries if "INSERT" in query["sql"]]
    assert len(inserts) == (0 if connection.vendor == "postgresql" else 1)


def test_moments_keep_their_zone(batch: Batch) -> None:
    moment = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    storing.insert(
        Batch,
        fields=(
            *("id", "issuer_id", "achievement_id", "kind", "state", "awarded_on", "session", "file_name"),
            *("idempotency_key", "request_hash", "row_count", "notify", "accepted_at"),
        ),
        rows=[
            (
                *("x" * 22, batch.issuer_id, batch.achievement_id, "roster", "draft", date(2026, 3, 29), ""),
                *("", "other", "h", 0, True, moment),
            )
        ],
    )
    assert Batch.objects.get(pk="x" * 22).accepted_at == moment
