"""The picture to post: it names nobody, and there is none of what is closed or ended."""

import struct
import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from credentials import posting
from credentials.models import Credential
from tests.factories import key_room, make_achievement, make_credential, make_issuer

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def credential(key_room: Any) -> Credential:
    return make_credential(make_achievement(make_issuer()))


def test_it_is_a_picture_of_1200_by_630(client: Client, credential: Credential) -> None:
    answer = client.get(reverse("credential-image", args=[credential.pk, "png"]))
    assert answer["Content-Type"] == "image/png"
    assert struct.unpack(">II", answer.content[16:24]) == (1200, 630)
    drawn = client.get(reverse("credential-image", args=[credential.pk, "svg"]))
    assert drawn["Content-Type"] == "image/svg+xml"
    assert b'viewBox="0 0 1200 630"' in drawn.content


def test_one_is_made_for_all_who_hold_it(credential: Credential) -> None:
    """So it carries no name."""
    first = posting.picture(achievement=credential.achievement, kind="png")
    began = time.process_time()
    assert posting.picture(achievement=credential.achievement, kind="png") is first
    assert time.process_time() - began < 0.01


@pytest.mark.parametrize(
    "change", [{"visibility": "private"}, {"status": "revoked"}, {"erased_at": "2026-11-24T10:00:00Z"}]
)
def test_there_is_none_of_what_is_closed_or_ended(
    client: Client, credential: Credential, change: dict[str, Any]
) -> None:
    Credential.objects.update(**change)
    unknown = client.get(reverse("credential-image", args=["x" * 22, "png"]))
    answer = client.get(reverse("credential-image", args=[credential.pk, "png"]))
    assert (answer.status_code, unknown.status_code) == (404, 404)


def test_there_are_no_other_kinds(client: Client, credential: Credential) -> None:
    assert client.get(reverse("credential-image", args=[credential.pk, "gif"])).status_code == 404
