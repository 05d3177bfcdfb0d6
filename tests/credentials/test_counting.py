"""How issuing fares: every figure is counted from what is there, and the words follow from the figures."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials import batches, counting, issuance, outbox, statuslists, teaching
from credentials.counting import Counts, Health, Pace
from credentials.models import (
    Achievement,
    Award,
    Batch,
    Chunk,
    Credential,
    Filing,
    Message,
    StatusList,
    StatusListVersion,
)
from credentials.people import Person
from issuers.models import Issuer
from tests.factories import award, key_room_open, make_achievement, make_credential, make_issuer

pytestmark = pytest.mark.django_db

ROSTER = Batch.Kind.ROSTER
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
#: Noon in the city; the queue's own clock is the database's, which is asked where it counts.
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@dataclass
class City:
    """Two providers, each with a course."""

    ours: Achievement
    theirs: Achievement


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with key_room_open(tmp_path):
        yield City(
            ours=make_achievement(make_issuer(now=NOON - 40 * DAY)),
            theirs=make_achievement(make_issuer(now=NOON - 40 * DAY)),
        )


def people(*initials: str, **fields_: str) -> list[Person]:
    return [Person(name_latin=f"Omar {initial}azi", **fields_) for initial in initials]


def issue(achievement: Achievement, *who: Person, now: datetime = NOON) -> Batch:
    batch = award(achievement, *(who or people("T")), now=now, kind=ROSTER)
    issuance.issue_ready(kind=ROSTER, now=now)
    return batch


def of_city(now: datetime = NOON) -> Health:
    return counting.health(issuers=None, now=now)


def of(issuer: Issuer, now: datetime = NOON) -> Counts:
    return counting.health(issuers=[issuer], now=now).total


def wait_since(since: datetime, **changes: Any) -> None:
    """Put what is in line there since this moment."""
    Batch.objects.filter(state=Batch.State.ACCEPTED).update(accepted_at=since)
    Chunk.objects.filter(state=Chunk.State.READY).update(not_before=since, **changes)


# -- Rows of today --------------------------------------------------------------------------------
def test_rows_of_today_are_counted_by_what_became_of_them(city: City) -> None:
    batch = issue(city.ours, *people("A", "B", "C", "D", "E"))
    Award.objects.filter(batch=batch, row=1).update(state="failed", error_code="quarantined")
    Award.objects.filter(batch=batch, row=2).update(state="duplicate")
    Award.objects.filter(batch=batch, row=3).update(state="cancelled")
    total = of_city().total
    assert (total.accepted, total.issued) == (5, 5)
    assert (total.failed, total.duplicate, total.cancelled) == (1, 1, 1)


def test_today_begins_at_midnight_in_the_city(city: City) -> None:
    midnight = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)  # Casablanca is an hour ahead
    issue(city.ours, *people("A"), now=midnight - SECOND)
    issue(city.ours, *people("B", "C"), now=midnight)
    total = of_city().total
    assert (total.accepted, total.issued) == (2, 2)


def test_a_list_that_nobody_accepted_counts_for_nothing(city: City) -> None:
    batch = award(city.ours, kind=ROSTER, now=NOON)
    Chunk.objects.all().delete()
    Award.objects.filter(batch=batch).update(state="failed", error_code="phone")
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.DRAFT)
    found = of_city()
    assert (found.total.accepted, found.total.failed, found.total.waiting) == (0, 0, 0)
    assert (found.reasons, found.with_failures) == ((), ())


def test_reasons_come_with_the_most_frequent_first(city: City) -> None:
    batch = issue(city.ours, *people("A", "B", "C"))
    Award.objects.filter(batch=batch, row=2).update(state="failed", error_code="phone")
    Award.objects.filter(batch=batch, row__in=(1, 3)).update(state="failed", error_code="lint:name")
    assert of_city().reasons == (("lint:name", 2), ("phone", 1))


@pytest.mark.parametrize(
    ("code", "word"), [("lint:name", "format"), ("phone", "06 12"), ("quarantined", "aside"), ("?", "issued")]
)
def test_every_reason_has_a_sentence(code: str, word: str) -> None:
    from django.utils import translation

    with translation.override("en"):
        assert word in teaching.reason(code=code)


# -- Speed ----------------------------------------------------------------------------------------
def test_the_speed_is_counted_over_a_minute_and_over_five(city: City) -> None:
    issue(city.ours, *people("A", "B"), now=NOON - 4 * MINUTE)
    issue(city.ours, *people("C"), now=NOON - 30 * SECOND)
    issue(city.ours, *people("D"), now=NOON - 6 * MINUTE)
    total = of_city().total
    assert (total.last_minute, total.five_minutes) == (1, 3)
    assert total.per_second == pytest.approx(0.01)
    assert total.last_issued_at == NOON - 30 * SECOND


def test_five_minutes_reach_back_over_midnight(city: City) -> None:
    midnight = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    issue(city.ours, now=midnight - MINUTE)
    total = of_city(now=midnight + MINUTE).total
    assert (total.issued, total.five_minutes) == (0, 1)


# -- The queue ------------------------------------------------------------------------------------
def test_rows_that_wait_are_counted_and_rows_of_the_same_list_that_are_decided_are_not(city: City) -> None:
    batch = award(city.ours, *people("A", "B", "C"), kind=ROSTER, now=NOON)
    Award.objects.filter(batch=batch, row=1).update(state="failed", error_code="phone")
    total = of_city().total
    assert (total.waiting, total.ready) == (2, 1)


def test_chunks_are_told_apart_by_who_holds_them(city: City) -> None:
    now = timezone.now()
    for letter in "ABCDE":
        award(city.ours, *people(letter), kind=ROSTER, now=now)
    chunks = list(Chunk.objects.order_by("pk").values_list("pk", flat=True))
    Chunk.objects.filter(pk=chunks[0]).update(lease_token="x", lease_until=now + MINUTE)
    Chunk.objects.filter(pk__in=chunks[1:3]).update(lease_token="x", lease_until=now - MINUTE)
    Chunk.objects.filter(pk=chunks[3]).update(not_before=now + MINUTE)
    total = of_city(now=now).total
    assert (total.working, total.stalled, total.resting, total.ready) == (1, 2, 1, 1)


def test_the_oldest_row_waits_since_its_list_was_put_in_line(city: City) -> None:
    award(city.ours, now=NOON)
    wait_since(NOON - 90 * SECOND)
    assert of_city().oldest_seconds == 90


def test_a_row_that_was_mended_a_month_later_has_only_just_come(city: City) -> None:
    batch = issue(city.ours, *people("A"), now=NOON - 30 * DAY)
    Award.objects.filter(batch=batch).update(state="failed", error_code="quarantined")
    batches.retry(batch=batch, now=timezone.now())
    assert of_city(now=timezone.now()).oldest_seconds < 60


def test_a_row_that_fails_again_and_again_waits_since_its_list_was_accepted(city: City) -> None:
    award(city.ours, now=NOON)
    Batch.objects.update(accepted_at=NOON - 5 * MINUTE)
    Chunk.objects.update(not_before=NOON, last_error="OperationalError")
    assert of_city().oldest_seconds == 300


# -- In words -------------------------------------------------------------------------------------
def test_nothing_in_line_is_quiet(city: City) -> None:
    issue(city.ours)
    assert of_city().pace == Pace.QUIET


def test_what_waits_a_minute_or_less_moves(city: City) -> None:
    award(city.ours, now=NOON)
    wait_since(NOON - 60 * SECOND)
    assert of_city().pace == Pace.MOVING


def test_what_waits_longer_while_nothing_moves_is_stuck(city: City) -> None:
    award(city.ours, now=NOON)
    wait_since(NOON - 61 * SECOND)
    assert of_city().pace == Pace.STUCK


def test_what_waits_longer_while_its_list_moves_is_late(city: City) -> None:
    issue(city.ours, *people("A"), now=NOON - 30 * SECOND)
    award(city.ours, now=NOON)
    wait_since(NOON - 5 * MINUTE)
    assert of_city().pace == Pace.LATE


def test_what_a_worker_holds_is_late_and_not_stuck(city: City) -> None:
    award(city.ours, now=NOON)
    wait_since(NOON - 5 * MINUTE, lease_token="x", lease_until=timezone.now() + MINUTE)
    assert of_city().pace == Pace.LATE


def test_a_provider_in_line_behind_another_is_late_for_ten_minutes_and_then_stuck(city: City) -> None:
    issue(city.theirs, *people("A"), now=NOON - 30 * SECOND)
    award(city.ours, now=NOON)
    wait_since(NOON - 5 * MINUTE)
    ours = [city.ours.issuer]
    assert counting.health(issuers=ours, now=NOON).pace == Pace.LATE
    wait_since(NOON - 11 * MINUTE)
    assert counting.health(issuers=ours, now=NOON).pace == Pace.STUCK


def test_the_city_is_as_slow_as_its_slowest_provider_and_names_it_first(city: City) -> None:
    issue(city.theirs, *people("A"), now=NOON - 30 * SECOND)
    award(city.ours, now=NOON)
    wait_since(NOON - 11 * MINUTE)
    found = of_city()
    assert found.pace == Pace.STUCK
    assert [line.issuer for line in found.by_issuer] == [city.ours.issuer, city.theirs.issuer]


# -- Messages -------------------------------------------------------------------------------------
def test_messages_are_counted_by_their_state(city: City) -> None:
    batch = issue(
        city.ours, *people("A", "B", "C", "D", "E", "F", "G", address_kind="phone", address="0683000001")
    )
    ids = list(Message.objects.filter(credential__award__batch=batch).values_list("pk", flat=True))
    states = ("sent", "sent", "delivered", "bounced", "failed", "pending", "pending")
    for pk, state in zip(ids, states, strict=True):
        Message.objects.filter(pk=pk).update(state=state)
    Message.objects.filter(pk=ids[-1]).update(last_error="TimeoutError", not_before=NOON + MINUTE)
    total = of_city().total
    assert (total.messages_sent, total.messages_delivered) == (2, 1)
    assert (total.messages_bounced, total.messages_failed, total.undelivered) == (1, 1, 2)
    assert (total.messages_waiting, total.messages_retried) == (2, 1)


def test_a_message_is_late_from_the_moment_when_it_was_due(city: City) -> None:
    issue(city.ours, *people("A", address_kind="phone", address="0683000001"), now=NOON - 3 * MINUTE)
    assert of_city().oldest_message_seconds == 180
    outbox.deliver_due(now=NOON)
    assert of_city().oldest_message_seconds == 0


def test_what_did_not_arrive_is_shown_for_a_week(city: City) -> None:
    issue(city.ours, *people("A", address_kind="phone", address="0683000001"), now=NOON)
    Message.objects.update(state="failed")
    assert of_city(now=NOON + 6 * DAY).total.undelivered == 1
    assert of_city(now=NOON + 8 * DAY).total.undelivered == 0


# -- What follows ---------------------------------------------------------------------------------
def test_a_certificate_that_nobody_has_filed_within_a_minute_is_counted(city: City) -> None:
    issue(city.ours, *people("A", "B", "C"), now=NOON - 2 * MINUTE)
    first, second, _third = Credential.objects.order_by("pk")
    Filing.objects.all().delete()
    Filing.objects.create(credential=first, outcome="unclaimed", considered_at=NOON)
    Credential.objects.filter(pk=second.pk).update(erased_at=NOON)
    assert of_city().total.unfiled == 1
    assert of_city(now=NOON - 2 * MINUTE + 30 * SECOND).total.unfiled == 0


def test_a_list_of_bits_is_stale_until_all_its_purposes_are_signed_anew(city: City) -> None:
    credential = make_credential(city.ours, now=NOON)
    assert of_city().total.lists_stale == 0
    statuslists.mark_changed(numbers=[credential.status_list_id])
    assert of_city().total.lists_stale == 1
    statuslists.publish_changed(now=NOON)
    assert of_city().total.lists_stale == 0
    StatusListVersion.objects.filter(purpose="replacement").delete()
    assert of_city().total.lists_stale == 1


def test_a_list_of_bits_that_should_have_been_signed_ten_minutes_ago_is_overdue(city: City) -> None:
    make_credential(city.ours, now=NOON)
    stale_at = NOON + statuslists.SIGN_ANEW_AFTER
    soon, late = of_city(now=stale_at + MINUTE), of_city(now=stale_at + 10 * MINUTE)
    assert (soon.total.lists_stale, soon.total.lists_overdue) == (1, 0)
    assert (late.total.lists_stale, late.total.lists_overdue) == (1, 1)


# -- Whose ----------------------------------------------------------------------------------------
def test_a_provider_is_told_of_its_own_alone(city: City) -> None:
    batch = issue(city.ours, *people("A", address_kind="phone", address="0683000001"))
    Award.objects.filter(batch=batch).update(state="failed", error_code="phone")
    award(city.ours, *people("B"), now=NOON)
    theirs = counting.health(issuers=[city.theirs.issuer], now=NOON)
    assert theirs.total == Counts()
    assert (theirs.reasons, theirs.in_progress, theirs.with_failures) == ((), (), ())
    assert [line.issuer for line in theirs.by_issuer] == [city.theirs.issuer]


def test_the_city_s_figures_are_the_sum_of_its_providers(city: City) -> None:
    issue(city.ours, *people("A", "B", address_kind="phone", address="0683000001"), now=NOON - MINUTE)
    issue(city.theirs, *people("C"), now=NOON - 2 * MINUTE)
    award(city.theirs, *people("D"), now=NOON)
    found = of_city()
    for name in (field.name for field in fields(Counts)):
        values = [getattr(of(achievement.issuer), name) for achievement in (city.ours, city.theirs)]
        known = [value for value in values if value is not None]
        if name == "last_issued_at":
            assert found.total.last_issued_at == max(known)
        elif name in ("waiting_since", "messages_due_since"):
            assert getattr(found.total, name) == min(known)
        else:
            assert getattr(found.total, name) == sum(values), name
    assert (found.total.issued, found.total.waiting) == (3, 1)


def test_more_providers_and_certificates_ask_the_database_no_more_questions(city: City) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            of_city()
            counting.history(issuers=None, now=NOON)
        return len(asked)

    def some(achievement: Achievement) -> None:
        issue(achievement, *people("A", "B"))
        award(achievement, *people("C"), now=NOON)
        Award.objects.filter(batch__achievement=achievement, row=1).update(state="failed", error_code="phone")
        award(achievement, *people("D"), now=NOON)

    some(city.ours)
    before = questions()
    some(city.theirs)
    some(make_achievement(make_issuer(now=NOON - 40 * DAY)))
    assert questions() == before


# -- Lists ----------------------------------------------------------------------------------------
def test_lists_in_progress_come_with_the_oldest_first_and_say_how_far_they_are(city: City) -> None:
    later = award(city.ours, *people("A"), now=NOON)
    first = award(city.theirs, *people("B", "C"), now=NOON - MINUTE, kind=ROSTER)
    Award.objects.filter(batch=first, row=1).update(state="issued")
    found = of_city().in_progress
    assert [line.batch for line in found] == [first, later]
    assert (found[0].waiting, found[0].done) == (1, 1)


def test_lists_with_failures_are_those_of_the_week_with_the_newest_first(city: City) -> None:
    old = issue(city.ours, *people("A"), now=NOON - 8 * DAY)
    before = issue(city.ours, *people("B", "C"), now=NOON - 6 * DAY)
    newest = issue(city.theirs, *people("D"), now=NOON)
    issue(city.theirs, *people("E"), now=NOON)
    Award.objects.filter(batch__in=(old, before, newest), row=1).update(state="failed", error_code="phone")
    found = of_city().with_failures
    assert [(line.batch, line.failed) for line in found] == [(newest, 1), (before, 1)]


# -- Days -----------------------------------------------------------------------------------------
def test_fourteen_days_are_counted_by_the_city_s_midnights(city: City) -> None:
    midnight = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    issue(city.ours, *people("A"), now=midnight - SECOND)
    issue(city.ours, *people("B", "C"), now=midnight)
    issue(city.theirs, *people("D"), now=midnight - 13 * DAY)
    issue(city.theirs, *people("E"), now=midnight - 13 * DAY - SECOND)
    days = counting.history(issuers=None, now=NOON)
    assert [day.issued for day in days] == [1, *[0] * 11, 1, 2]
    assert [day.share for day in days if day.issued] == [50, 50, 100]
    assert (days[0].on.isoformat(), days[-1].on.isoformat()) == ("2026-11-11", "2026-11-24")


def test_fourteen_days_of_one_provider_are_its_own(city: City) -> None:
    issue(city.ours)
    assert sum(day.issued for day in counting.history(issuers=[city.theirs.issuer], now=NOON)) == 0


def test_the_number_of_certificates_is_known_at_once(city: City) -> None:
    issue(city.ours, *people("A", "B"))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE credentials_credential")
    assert counting.certificates() == 2


def test_a_city_without_providers_is_quiet(db: None) -> None:
    found = of_city()
    assert (found.total, found.pace, found.by_issuer) == (Counts(), Pace.QUIET, ())
    assert not StatusList.objects.exists()
