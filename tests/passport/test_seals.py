"""Secrets of second factors are sealed in the database; those of earlier days still open."""

import json
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.db import connection

from passport import seals, secondfactors
from passport.errors import SecretUnreadable
from tests.factories import make_learner

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # as an authenticator app takes it


def digits() -> str:
    return str(format_hotp_value(hotp_value(SECRET, int(time.time()) // 30)))


def test_what_is_sealed_opens_and_never_looks_the_same() -> None:
    one, another = seals.seal(SECRET), seals.seal(SECRET)
    assert one != another
    assert one.startswith("v1$")
    assert SECRET not in one
    assert seals.unseal(one) == seals.unseal(another) == SECRET


def test_what_was_stored_unsealed_still_opens() -> None:
    assert seals.unseal(SECRET) == SECRET


def test_a_touched_seal_does_not_open() -> None:
    sealed = seals.seal(SECRET)
    for broken in (sealed[:-4] + "AAAA", "v1$", "v1$AAAA", "v1$not base64!", "v1$é"):
        with pytest.raises(SecretUnreadable) as caught:
            seals.unseal(broken)
        assert caught.value.__suppress_context__


def test_another_secret_key_opens_nothing(settings: Any) -> None:
    sealed = seals.seal(SECRET)
    settings.SECRET_KEY = "another secret key of the same length, more or less"
    with pytest.raises(SecretUnreadable):
        seals.unseal(sealed)
    assert seals.unseal(seals.seal(SECRET)) == SECRET


def test_an_authenticators_secret_is_not_in_the_database(db: None) -> None:
    learner = make_learner()
    secondfactors.set_up_app(learner=learner, secret=SECRET)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        stored = str(cursor.fetchone()[0])
    assert SECRET not in stored
    assert "v1$" in stored
    assert TOTP(Authenticator.objects.get(user=learner)).validate_code(digits())


def test_an_authenticator_of_earlier_days_goes_on(db: None, settings: Any) -> None:
    learner = make_learner()
    held = Authenticator.objects.create(
        user=learner, type=Authenticator.Type.TOTP, data=json.loads(json.dumps({"secret": SECRET}))
    )
    assert TOTP(held).validate_code(digits())
    settings.DEMO = True
    assert secondfactors.current_code(held) in {digits()}
