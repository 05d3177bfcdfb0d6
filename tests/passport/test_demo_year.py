"""The believable year in the database: lived by the product's verbs, stopped and continued, never twice."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from credentials.models import Award, Batch, Credential, Message, StatusChange, StatusListVersion
from issuers.models import City, Mandate, Publication, RegisterChange
from passport.demo import data, season, seed, year
from passport.models import Address, Entry, Filing, Learner, Proposal
from tests.factories import key_room_open
from verify.verifier import verify_stored

NOW = datetime(2026, 6, 16, 10, 0, tzinfo=UTC)
CERTIFICATES, DICE = 500, 64
STOPPED = datetime(2026, 4, 23, tzinfo=UTC)
STATUSES = {"suspended": "suspended", "revoked": "revoked", "replaced": "replaced"}
OURS = {"award__batch__idempotency_key__startswith": year.KEY}


class Lived(NamedTuple):
    """How the year came out: at one go, where it was stopped, and continued; and what was printed."""

    whole: list[Any]
    stopped: list[Any]
    stopped_at: datetime
    continued: list[Any]
    printed: str


class Stop:
    """Stops the year at the second thing that happens from this moment on: in the middle of a day."""

    def __init__(self, moment: datetime) -> None:
        self.moment, self.heard = moment, 0

    def __call__(self, now: datetime, _issued: int) -> None:
        self.heard += now >= self.moment
        if self.heard == 2:
            raise KeyboardInterrupt


def story() -> list[Any]:
    """All that the year says, without what is random in every certificate."""
    lines = Award.objects.filter(batch__idempotency_key__startswith=year.KEY).order_by(
        "batch__idempotency_key", "row"
    )
    changes = StatusChange.objects.filter(credential__award__batch__idempotency_key__startswith=year.KEY)
    learners = Learner.objects.order_by("passport_number")
    questions = Proposal.objects.filter(credential__award__batch__idempotency_key__startswith=year.KEY)
    return [
        *lines.values_list(
            *("batch__idempotency_key", "row", "state", "error_code", "name_latin", "name_arabic", "address"),
            *("batch__awarded_on", "batch__accepted_at", "batch__session", "batch__notify"),
            *("credential__issued_at", "credential__status", "credential__filing__outcome"),
            *("credential__entry__learner__passport_number", "credential__entry__filed_at"),
        ),
        *changes.values_list("act", "reason", "note", "at", "credential__name_latin").order_by(
            "at", "credential__award__batch__idempotency_key", "credential__award__row"
        ),
        *learners.values_list("passport_number", "name_latin", "name_arabic", "joined_at", "language"),
        *questions.values_list("learner__passport_number", "answer", "made_at", "answered_at").order_by(
            "made_at", "credential__award__batch__idempotency_key", "credential__award__row", "learner__pk"
        ),
        *Mandate.objects.values_list("issuer__slug", "theme", "starts_on", "daily_cap", "suspended_at"),
    ]


@pytest.fixture(scope="module")
def lived(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Lived]:
    """One demo city with its year for this module: lived at one go, undone, and lived in two parts."""
    with (
        django_db_blocker.unblock(),
        key_room_open(tmp_path_factory.mktemp("keys")),
        transaction.atomic(),
    ):
        seed.seed(now=NOW)
        with transaction.atomic():
            year.live(now=NOW, certificates=CERTIFICATES, dice=DICE, watch=lambda _now, _issued: None)
            whole = story()
            transaction.set_rollback(True)
        with pytest.raises(KeyboardInterrupt):
            year.live(now=NOW, certificates=CERTIFICATES, dice=DICE, watch=Stop(STOPPED))
        stopped = story()
        ours = Batch.objects.filter(idempotency_key__startswith=year.KEY)
        stopped_at = ours.aggregate(last=Max("accepted_at"))["last"]
        printed = StringIO()
        call_command("seed_demo", "--year", stdout=printed)
        yield Lived(
            whole=whole,
            stopped=stopped,
            stopped_at=stopped_at,
            continued=story(),
            printed=printed.getvalue(),
        )
        transaction.set_rollback(True)


@pytest.fixture
def city(lived: Lived, db: None) -> Lived:
    """The demo city after its year."""
    return lived


# -- Stopped, continued, finished -------------------------------------------------------------------
def test_a_year_that_was_stopped_goes_on_to_the_same_end(city: Lived) -> None:
    assert 0 < len(city.stopped) < len(city.whole)
    assert city.continued == city.whole


def test_a_day_that_was_stopped_in_its_middle_leaves_nothing(city: Lived) -> None:
    day = Batch.objects.filter(accepted_at__date=STOPPED.date(), idempotency_key__startswith=year.KEY)
    assert day.count() >= 2  # of which the first was accepted before the stop
    assert city.stopped_at < STOPPED


def test_it_says_that_it_goes_on_then_a_line_a_month_and_the_counts(city: Lived) -> None:
    assert "Going on with the year of 500 certificates" in city.printed
    assert re.search(r"2026-06 +\d+ +\d+ a second", city.printed)
    assert re.search(r" +\d+  lines, failed", city.printed)


def test_a_second_run_says_that_the_year_is_here_and_changes_nothing(city: Lived) -> None:
    before = story()
    printed, quiet = StringIO(), StringIO()
    call_command("seed_demo", "--year", "--now", NOW.isoformat(), stdout=printed)
    call_command("seed_demo", "--year", "--if-empty", stdout=quiet)
    assert printed.getvalue() == "The year is here already.\n"
    assert quiet.getvalue() == ""
    assert story() == before


def test_the_city_notes_which_year_it_lived(city: Lived) -> None:
    note = City.objects.get().census["year"]
    assert note["now"] == NOW.isoformat()
    assert (note["certificates"], note["whole"]) == (CERTIFICATES, True)


# -- Certificates -----------------------------------------------------------------------------------
def test_there_are_as_many_certificates_as_were_asked_for(city: Lived) -> None:
    replacements = Credential.objects.filter(**OURS, award__replaces__isnull=False).count()
    assert Credential.objects.filter(**OURS).count() == CERTIFICATES + replacements


def test_the_months_follow_the_season(city: Lived) -> None:
    last_year = Credential.objects.filter(**OURS, issued_at__gt=NOW - timedelta(days=365))
    days = [timezone.localdate(moment) for moment in last_year.values_list("issued_at", flat=True)]
    season_days = [day for day in days if (6, 1) <= (day.month, day.day) <= (7, 10)]
    assert 0.3 <= len(season_days) / len(days) <= 0.5
    months = Counter(day.month for day in days)
    assert months[8] + months[9] < months[12]
    assert months[6] == max(months.values())


def test_nothing_happens_on_sundays_and_holidays(city: Lived) -> None:
    awarded = Credential.objects.filter(**OURS).values_list("awarded_on", flat=True)
    moments = [
        *Credential.objects.filter(**OURS).values_list("issued_at", flat=True),
        *StatusChange.objects.filter(
            credential__award__batch__idempotency_key__startswith=year.KEY
        ).values_list("at", flat=True),
    ]
    assert all(season.is_open(day) for day in (*awarded, *map(timezone.localdate, moments)))


def test_a_certificate_is_signed_minutes_after_its_class_was_accepted(city: Lived) -> None:
    ours = Credential.objects.filter(**OURS)
    assert not ours.filter(issued_at__lt=F("award__batch__accepted_at")).exists()
    assert not ours.filter(issued_at__gt=F("award__batch__accepted_at") + timedelta(hours=1)).exists()
    assert not ours.filter(issued_at__gt=NOW).exists()


def test_every_line_ends_as_planned(city: Lived) -> None:
    note = City.objects.get().census["year"]
    planned = year.Year(note, watch=lambda _now, _issued: None).plan
    ends = {
        (f"{group.key}-again" if group.halted else group.key, row): seat.ends
        for group in planned.groups
        for row, seat in enumerate(group.seats, start=1)
    }
    lines = Award.objects.filter(batch__idempotency_key__startswith=year.KEY, replaces__isnull=True)
    found = {(line.batch.idempotency_key, line.row): line.state for line in lines.select_related("batch")}
    assert {place: found[place] for place in ends} == ends
    assert {"issued", "failed", "duplicate"} == set(ends.values())


def test_lists_of_people_were_accepted_and_completed_as_rosters(city: Lived) -> None:
    lists = Batch.objects.filter(idempotency_key__startswith=year.KEY, awards__replaces__isnull=True)
    assert set(lists.values_list("kind", "state")) == {("roster", "complete")}


def test_a_class_whose_mandate_was_suspended_meanwhile_was_awarded_again(city: Lived) -> None:
    refused = Award.objects.filter(error_code="IssuerSuspended")
    again = Batch.objects.get(idempotency_key__endswith="-again")
    assert {line.batch.idempotency_key + "-again" for line in refused} == {again.idempotency_key}
    assert set(again.awards.values_list("state", flat=True)) == {"issued"}
    events = RegisterChange.objects.filter(issuer=again.issuer, at__date=again.accepted_at.date())
    assert set(events.values_list("event", flat=True)) == {"mandate-suspended", "mandate-reinstated"}
    assert not Mandate.objects.filter(suspended_at__isnull=False).exists()


def test_a_name_too_long_for_the_paper_failed_alone(city: Lived) -> None:
    failed = Award.objects.filter(error_code__startswith="lint:").select_related("batch")
    assert set(failed.values_list("error_code", flat=True)) == {"lint:paper claim too long"}
    for line in failed:
        neighbours = line.batch.awards.exclude(pk=line.pk)
        assert set(neighbours.values_list("state", flat=True)) == {"issued"}


def test_every_status_is_there(city: Lived) -> None:
    counted = Counter(Credential.objects.filter(**OURS).values_list("status", flat=True))
    assert counted["revoked"] == counted["suspended"] == counted["replaced"] == 2
    acts = StatusChange.objects.filter(credential__award__batch__idempotency_key__startswith=year.KEY)
    assert acts.filter(act="reinstate").count() == 2
    assert Credential.objects.filter(**OURS, valid_until__lt=NOW).exists()


def test_a_replacement_has_the_right_spelling_and_its_old_link_leads_on(city: Lived) -> None:
    for old in Credential.objects.filter(**OURS, status="replaced").select_related("replaced_by"):
        assert old.replaced_by
        assert old.replaced_by.name_latin != old.name_latin
        assert old.replaced_by.address == old.address


def test_every_certificate_verifies_as_what_it_is(city: Lived) -> None:
    for credential in Credential.objects.filter(**OURS).select_related("issuer", "achievement"):
        lapsed = credential.valid_until is not None and credential.valid_until <= NOW
        expected = STATUSES.get(credential.status) or ("expired" if lapsed else "valid")
        assert verify_stored(credential=credential, now=NOW).verdict == expected, credential.issued_at


def test_lists_and_keys_are_published_as_they_are_in_the_end(city: Lived) -> None:
    for version in StatusListVersion.objects.select_related("status_list"):
        assert version.changes == version.status_list.changes
    assert Publication.objects.get(name="keys").signed_at <= NOW


# -- People -----------------------------------------------------------------------------------------
def test_some_are_filed_some_unclaimed_and_some_are_a_question(city: Lived) -> None:
    outcomes = Counter(
        Filing.objects.filter(credential__in=Credential.objects.filter(**OURS)).values_list(
            "outcome", flat=True
        )
    )
    whole = sum(outcomes.values())
    assert whole == Credential.objects.filter(**OURS).count()
    assert 0.45 <= outcomes["filed"] / whole <= 0.75
    assert outcomes["unclaimed"] / whole >= 0.2
    assert outcomes["proposed"] >= 1


def test_many_claimed_later_what_was_awarded_before_they_had_a_passport(city: Lived) -> None:
    entries = Entry.objects.filter(credential__in=Credential.objects.filter(**OURS))
    late = entries.filter(credential__issued_at__lt=F("learner__joined_at"))
    assert late.count() >= 50
    assert not entries.filter(filed_at__lt=F("learner__joined_at")).exists()
    assert not entries.filter(filed_at__lt=F("credential__issued_at")).exists()


def test_questions_are_answered_rightly_or_wait(city: Lived) -> None:
    answers = Counter(
        Proposal.objects.filter(credential__in=Credential.objects.filter(**OURS)).values_list(
            "answer", flat=True
        )
    )
    assert answers["mine"] >= 1
    assert answers[""] >= 1


def test_learners_live_in_all_arrondissements_and_families_share_phones(city: Lived) -> None:
    joined = Learner.objects.filter(memberships__isnull=True)
    assert set(joined.values_list("arrondissement", flat=True)) >= {
        row["code"] for row in data.census()["arrondissements"]
    }
    phones = Counter(Address.objects.filter(kind="phone").values_list("value", flat=True))
    assert sum(count > 1 for count in phones.values()) >= 3
    assert not Address.objects.filter(kind="phone").exclude(value__regex=r"^\+21268[356]\d{6}$").exists()
    assert not any(learner.has_usable_password() for learner in joined[:50])


def test_people_get_messages_about_the_last_days_alone(city: Lived) -> None:
    written = Message.objects.values_list("created_at", flat=True)
    assert written
    assert min(written) > NOW - timedelta(days=2)
