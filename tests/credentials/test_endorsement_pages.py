"""The rooms in which endorsements are written, refused and withdrawn."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from credentials import endorsing
from credentials.models import Achievement, Endorsement
from issuers import orders
from issuers.models import Issuer
from tests.factories import (
    NOW,
    city_approver,
    city_officer,
    key_room,
    make_achievement,
    make_issuer,
    make_member,
    publish_keys,
    sign_in,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db

FR, AR = "Nous recrutons ses diplômés.", "نوظف خريجيها."


@pytest.fixture
def employer(key_room: Path) -> Issuer:
    found = make_issuer(name_fr="Atlas Relation Client", name_ar="أطلس", kind="company")
    publish_keys()
    return found


@pytest.fixture
def course(employer: Issuer) -> Achievement:
    return make_achievement(make_issuer(name_fr="École Anfa", name_ar="مدرسة أنفا"))


def written(course: Achievement, **changes: str) -> dict[str, str]:
    return {"what": f"c-{course.pk}", "comment_fr": FR, "comment_ar": AR, "act": "look"} | changes


def signer_of(client: Client, issuer: Issuer, role: str = "signer") -> Any:
    person = make_member(issuer, role)
    sign_in(client, person)
    return person


def test_it_is_written_looked_at_and_then_signed(
    client: Client, employer: Issuer, course: Achievement
) -> None:
    signer = signer_of(client, employer)
    path = reverse("teach-endorsement-new", args=[employer.slug])
    form = client.get(path).content.decode()
    assert f'value="c-{course.pk}"' in form
    assert f'value="p-{course.issuer_id}"' in form
    assert f'value="p-{employer.pk}"' not in form  # not one's own
    look = client.post(path, written(course))
    assert look.status_code == 200
    assert FR in look.content.decode()
    assert not Endorsement.objects.exists()
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', look.content.decode()))
    assert {name: hidden[name] for name in ("what", "comment_fr", "comment_ar")} == {
        name: value for name, value in written(course).items() if name != "act"
    }
    back = client.post(path, written(course, act="change")).content.decode()
    assert FR in back  # nothing that was typed is lost
    assert client.post(path, written(course, act="sign")).status_code == 302
    made = Endorsement.objects.get()
    assert (made.endorser, made.achievement, made.by) == (employer, course, signer)
    assert "En cours de signature" in client.get(reverse("teach-endorsements")).content.decode()
    orders.fulfil(now=NOW)
    made.refresh_from_db()
    assert json.loads(made.body)["credentialSubject"]["endorsementComment"] == f"{FR}\n\n{AR}"


def test_what_is_missing_is_said_at_its_field(client: Client, employer: Issuer, course: Achievement) -> None:
    signer_of(client, employer)
    path = reverse("teach-endorsement-new", args=[employer.slug])
    for given in (
        written(course, comment_fr=" ", comment_ar=""),
        written(course, what="c-nothing"),
        written(course, comment_fr="x" * 501),
    ):
        answer = client.post(path, given | {"act": "sign"})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode() or "err" in answer.content.decode()
    assert not Endorsement.objects.exists()


def test_a_second_one_of_the_same_is_refused_and_says_so(
    client: Client, employer: Issuer, course: Achievement
) -> None:
    signer_of(client, employer, "owner")
    path = reverse("teach-endorsement-new", args=[employer.slug])
    assert client.post(path, written(course, act="sign")).status_code == 302
    again = client.post(path, written(course, act="sign"))
    assert again.status_code == 422
    assert FR in again.content.decode()
    assert Endorsement.objects.count() == 1


def test_whoever_is_endorsed_sees_it_and_decides(
    client: Client, employer: Issuer, course: Achievement
) -> None:
    made = endorsing.endorse(
        endorser=employer,
        owner=course.issuer,
        achievement=course,
        comment_fr=FR,
        comment_ar=AR,
        by=city_officer(),
        now=NOW,
    )
    orders.fulfil(now=NOW)
    signer_of(client, course.issuer)
    assert FR in client.get(reverse("teach-endorsements")).content.decode()
    for act, count in (("refuse", 0), ("show", 1)):
        answer = client.post(reverse(f"teach-endorsement-{act}", args=[made.pk]))
        assert answer.status_code == 302
        assert len(endorsing.shown(achievement=course)) == count
    # It is the giver's to withdraw.
    assert client.post(reverse("teach-endorsement-withdraw", args=[made.pk])).status_code == 404
    signer_of(client, employer)
    assert client.post(reverse("teach-endorsement-refuse", args=[made.pk])).status_code == 404
    asked = client.get(reverse("teach-endorsement-withdraw", args=[made.pk]))
    assert FR in asked.content.decode()
    assert len(endorsing.shown(achievement=course)) == 1
    assert client.post(reverse("teach-endorsement-withdraw", args=[made.pk])).status_code == 302
    assert endorsing.shown(achievement=course) == []


def test_the_city_endorses_by_its_approver(client: Client, course: Achievement) -> None:
    sign_in(client, city_officer())
    assert client.get(reverse("city-endorsements")).status_code == 200
    assert client.get(reverse("city-endorsement-new")).status_code == 403
    sign_in(client, city_approver())
    given = written(course, what=f"p-{course.issuer_id}", act="sign")
    assert client.post(reverse("city-endorsement-new"), given).status_code == 302
    made = Endorsement.objects.get()
    assert (made.endorser, made.owner, made.achievement) == (None, course.issuer, None)
    assert FR in client.get(reverse("city-endorsements")).content.decode()
    assert client.post(reverse("city-endorsement-withdraw", args=[made.pk])).status_code == 302
    assert endorsing.given(issuers=None) == []
