"""Fixtures of the verifier's tests."""

from pathlib import Path

import pytest

from credentials.models import Achievement, Credential
from tests.factories import key_room, make_achievement, make_credential, make_issuer, publish_keys

__all__ = ["key_room"]


@pytest.fixture
def achievement(db: None, key_room: Path) -> Achievement:
    """A course of an issuer whose keys are published."""
    achievement = make_achievement(make_issuer())
    publish_keys()
    return achievement


@pytest.fixture
def credential(achievement: Achievement) -> Credential:
    """Fatima-Zahra's certificate; its lists are published."""
    return make_credential(achievement)
