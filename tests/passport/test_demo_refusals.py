"""What the demo city is not made of: no keys, no future, no real city."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from issuers.models import City, Issuer
from tests.factories import make_city, make_learner

pytestmark = pytest.mark.django_db


def test_without_signing_keys_the_command_says_what_is_missing_and_leaves_nothing() -> None:
    with override_settings(KEY_ENCRYPTION_KEY_FILE=""), pytest.raises(CommandError, match="KEY_ENCRYPTION"):
        call_command("seed_demo")
    assert not City.objects.exists()
    assert not Issuer.objects.exists()


def test_a_file_that_holds_no_key_is_named_in_the_refusal(tmp_path: Path) -> None:
    bad = tmp_path / "kek"
    bad.write_text("short")
    with (
        override_settings(KEY_ENCRYPTION_KEY_FILE=str(bad)),
        pytest.raises(CommandError, match="32 bytes in base64"),
    ):
        call_command("seed_demo")
    assert not City.objects.exists()


def test_a_story_of_the_future_is_refused() -> None:
    with pytest.raises(CommandError, match="future"):
        call_command("seed_demo", "--now", "2999-01-01T10:00:00+00:00")


def test_a_real_city_is_left_alone() -> None:
    make_city()
    make_learner()
    with pytest.raises(CommandError, match="not empty"):
        call_command("seed_demo")
    call_command("seed_demo", "--if-empty")
    assert not Issuer.objects.exists()
    assert "demo" not in City.objects.get().census


def test_without_a_demo_there_are_no_sign_ins() -> None:
    printed = StringIO()
    call_command("demo_signins", stdout=printed)
    assert "no demo sign-ins" in printed.getvalue()
