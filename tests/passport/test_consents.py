"""Consent: one record a purpose, in words that have a version, given and taken back."""

from datetime import UTC, datetime, timedelta

import pytest

from passport import consents
from passport.models import Consent
from tests.factories import make_learner

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
SHOWING = Consent.Purpose.SHOWING.value


def test_it_holds_from_when_it_is_given_until_it_is_taken_back() -> None:
    learner = make_learner()
    consents.give(learner=learner, purpose=SHOWING, language="ar", now=NOW)
    assert consents.holds(learner=learner, purpose=SHOWING)
    assert consents.withdraw(learner=learner, purpose=SHOWING, now=NOW + timedelta(hours=1))
    assert not consents.holds(learner=learner, purpose=SHOWING)
    assert not consents.withdraw(learner=learner, purpose=SHOWING, now=NOW + timedelta(hours=2))


def test_agreeing_again_to_the_same_words_changes_nothing() -> None:
    learner = make_learner()
    first = consents.give(learner=learner, purpose=SHOWING, language="ar", now=NOW)
    again = consents.give(learner=learner, purpose=SHOWING, language="fr", now=NOW + timedelta(days=1))
    assert again == first


def test_new_words_are_agreed_to_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = make_learner()
    first = consents.give(learner=learner, purpose=SHOWING, language="ar", now=NOW)
    monkeypatch.setitem(consents.TEXTS, SHOWING, ("2027-01", consents.TEXTS[SHOWING][1]))
    later = consents.give(learner=learner, purpose=SHOWING, language="ar", now=NOW + timedelta(days=99))
    first.refresh_from_db()
    assert first.withdrawn_at == later.given_at
    assert later.text_version == "2027-01"


def test_every_purpose_has_words() -> None:
    assert set(consents.TEXTS) == set(Consent.Purpose.values)
