"""Before the demo's year begins: what makes room for it, and what refuses it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from credentials.models import Batch
from issuers import registry
from issuers.models import City, Issuer, Mandate
from passport.demo import data, seed, year
from tests.factories import key_room_open, make_city

NOW = datetime(2026, 6, 16, 10, 0, tzinfo=UTC)


@pytest.fixture
def young_city(tmp_path: Path, db: None) -> Iterator[None]:
    """The demo city without a year."""
    with key_room_open(tmp_path):
        seed.seed(now=NOW)
        yield


def stop_at_once(_now: datetime, _issued: int) -> None:
    """Nothing of the year happens."""
    raise KeyboardInterrupt


def test_large_providers_have_mandates_that_fit_their_fullest_day(
    young_city: None,
) -> None:
    with pytest.raises(KeyboardInterrupt):
        year.live(now=NOW, watch=stop_at_once)
    note = City.objects.get().census["year"]
    fullest = year.Year(note, watch=lambda _now, _issued: None).plan.fullest()
    slugs = {row["id"]: row["slug"] for row in data.providers()}
    for (provider, theme), lines in fullest.items():
        issuer = Issuer.objects.get(slug=slugs[provider])
        mandate = registry.require_mandate(issuer=issuer, theme=theme, on=NOW.date(), now=NOW)
        assert lines <= mandate.daily_cap, (provider, theme)
    largest = Mandate.objects.get(daily_cap__gt=1000)
    assert largest.issuer.slug == slugs["P02"]
    assert largest.proposed_by != largest.approved_by


def test_a_year_before_the_city_taught_is_refused_and_not_begun(
    young_city: None,
) -> None:
    with pytest.raises(CommandError, match="before the demo city taught"):
        call_command("seed_demo", "--year", "--now", "2024-01-01T10:00:00+00:00")
    assert year.begun() is None
    assert not Batch.objects.filter(idempotency_key__startswith=year.KEY).exists()


def test_a_real_city_gets_no_year(db: None) -> None:
    make_city()
    with pytest.raises(CommandError, match="not empty"):
        call_command("seed_demo", "--year")
    assert "year" not in City.objects.get().census


def test_fewer_certificates_than_a_year_needs_are_refused() -> None:
    with pytest.raises(CommandError, match="at least 100"):
        call_command("seed_demo", "--year", "--certificates", "99")
