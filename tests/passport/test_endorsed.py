"""What others say of a certificate in a passport: its holder decides whether anybody else reads it."""

import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials import endorsing, endorsing_certificates
from credentials.errors import NotYours
from credentials.models import Credential, Endorsement
from credentials.people import Person
from issuers import orders
from passport import accounts, endorsed, erasing, exporting, filing, sharing
from passport.errors import GuardianNeeded, NotYourPassport
from passport.models import Learner
from passport.sharing import Detail
from tests.factories import (
    city_officer,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    make_member,
    publish_keys,
    sign_in,
)

from .test_acting import opened

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
PHONE = "+212683000001"
FR = "Nous l’avons vue tenir l’accueil seule."
SAID: Any = {"comment_fr": FR, "comment_ar": ""}


@pytest.fixture
def fatima(key_room: Any, client: Client) -> Learner:
    now = timezone.now()
    learner = make_learner(birth_year=1995)
    accounts.prove(learner=learner, kind="phone", value=PHONE, now=now)
    course = make_achievement(make_issuer(now=now))
    publish_keys(now=now)
    named = {"name_latin": learner.name_latin, "name_arabic": learner.name_arabic}
    make_credential(course, Person(**named, address_kind="phone", address=PHONE), now=now)
    filing.consider_unfiled(now=now)
    client.force_login(learner)
    client.cookies["lang"] = "fr"
    return learner


@pytest.fixture
def said(fatima: Learner) -> Endorsement:
    """An employer's word for her certificate, signed."""
    now = timezone.now()
    employer = make_issuer(name_fr="Atlas Relation Client", kind="company", now=now)
    publish_keys(now=now)
    made = endorsing_certificates.endorse(
        endorser=employer, credential=Credential.objects.get(), **SAID, by=city_officer(), now=now
    )
    orders.fulfil(now=now)
    made.refresh_from_db()
    assert made.body
    return made


def answer(learner: Learner, said: Endorsement, *, shows: bool) -> None:
    endorsed.answer(
        learner=learner,
        credential_id=str(said.credential_id),
        endorsement_id=said.pk,
        shows=shows,
        now=timezone.now(),
    )


def hers(client: Client, said: Endorsement) -> str:
    page = client.get(reverse("me-entry", args=[said.credential_id]))
    assert page.status_code == 200
    return page.content.decode()


def test_she_reads_it_is_asked_says_yes_and_takes_it_back(
    client: Client, fatima: Learner, said: Endorsement
) -> None:
    others = reverse("credential", args=[said.credential_id])
    address = reverse("me-endorsement", args=[said.credential_id, said.pk])

    def seen() -> tuple[str, bool]:
        page = hers(client, said)
        assert FR in page
        assert "Atlas Relation Client" in page
        states = "Attend votre réponse|Affichée|Non affichée"
        (state,) = re.findall(rf">\s*({states})\s*<", page)
        return state, FR in Client().get(others).content.decode()

    page = hers(client, said)
    assert 'value="yes"' in page
    assert 'value="no"' in page
    assert seen() == ("Attend votre réponse", False)
    assert client.post(address, {"show": "yes"}).status_code == 302
    assert seen() == ("Affichée", True)
    assert client.post(address, {"show": "no"}).status_code == 302
    assert seen() == ("Non affichée", False)
    assert client.post(address, {"show": "yes"}).status_code == 302
    assert seen() == ("Affichée", True)
    assert client.get(address).status_code == 405


def test_her_home_says_that_one_waits_until_she_answers(
    client: Client, fatima: Learner, said: Endorsement
) -> None:
    link = f"{reverse('me-entry', args=[said.credential_id])}#endorsements"
    page = client.get("/me/").content.decode()
    assert link in page
    assert "recommande l’un de vos certificats" in page
    for shows in (True, False):
        answer(fatima, said, shows=shows)
        assert link not in client.get("/me/").content.decode()


def test_her_page_is_as_before_where_nobody_says_anything(client: Client, fatima: Learner) -> None:
    page = client.get(reverse("me-entry", args=[Credential.objects.get().pk])).content.decode()
    assert 'id="endorsements"' not in page


def test_nobody_else_answers_for_her(client: Client, said: Endorsement) -> None:
    stranger = make_learner(name_latin="Mehdi Sebti", name_arabic="")
    client.force_login(stranger)
    address = reverse("me-endorsement", args=[said.credential_id, said.pk])
    assert client.post(address, {"show": "yes"}).status_code == 404
    with pytest.raises(NotYourPassport):
        answer(stranger, said, shows=True)
    assert endorsing_certificates.shown(ids=[str(said.credential_id)]) == []


def test_one_of_another_certificate_is_not_answered_here(fatima: Learner, said: Endorsement) -> None:
    of_course = endorsing.endorse(
        endorser=said.endorser, owner=said.owner, **SAID, by=city_officer(), now=timezone.now()
    )
    with pytest.raises(NotYours):
        endorsed.answer(
            learner=fatima,
            credential_id=str(said.credential_id),
            endorsement_id=of_course.pk,
            shows=True,
            now=timezone.now(),
        )


def test_a_minor_shows_it_only_where_she_may_share(fatima: Learner, said: Endorsement) -> None:
    Learner.objects.filter(pk=fatima.pk).update(birth_year=timezone.now().year - 15)
    fatima.refresh_from_db()
    with pytest.raises(GuardianNeeded):
        answer(fatima, said, shows=True)
    answer(fatima, said, shows=False)  # to hide it she asks nobody
    assert endorsing_certificates.shown(ids=[str(said.credential_id)]) == []


def test_what_she_shares_says_who_endorses_once_she_agreed(fatima: Learner, said: Endorsement) -> None:
    keys = [sharing.key_of(item) for item in sharing.choosable(learner=fatima).items]
    made = sharing.make(
        learner=fatima, keys=keys, detail=Detail(), days=30, title="", language="fr", now=timezone.now()
    )
    path = "/p/" + sharing.link_of(made).rsplit("/", 1)[1]
    assert FR not in Client().get(path).content.decode()
    answer(fatima, said, shows=True)
    page = Client().get(path).content.decode()
    assert FR in page
    assert "Recommandé par <bdi>Atlas Relation Client</bdi>" in page
    assert "Signature vérifiée" in page
    answer(fatima, said, shows=False)
    assert FR not in Client().get(path).content.decode()


def test_the_export_lists_it_with_the_signed_file(fatima: Learner, said: Endorsement) -> None:
    data = b"".join(exporting.archive(learner=fatima, now=timezone.now()))
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        (listed,) = json.loads(files.read("passport.json"))["endorsements"]
        assert (listed["comment_fr"], listed["shown_at"]) == (FR, None)
        assert listed["by"] == (said.endorser and said.endorser.slug)
        assert files.read(listed["file"]).decode() == said.body


def test_erasing_the_certificate_takes_it_along(client: Client, fatima: Learner, said: Endorsement) -> None:
    answer(fatima, said, shows=True)
    erasing.erase_certificates(learner=fatima, ids=[str(said.credential_id)], now=timezone.now())
    said.refresh_from_db()
    assert (said.comment_fr, said.body) == ("", "")
    assert Client().get(reverse("endorsement", args=[said.pk])).status_code == 410


def test_whoever_closes_her_passport_shows_nothing_any_more(fatima: Learner, said: Endorsement) -> None:
    answer(fatima, said, shows=True)
    erasing.close(learner=fatima, certificates=False, by=fatima, now=timezone.now())
    assert endorsing_certificates.shown(ids=[str(said.credential_id)]) == []
    said.refresh_from_db()
    assert (said.shown_at, said.refused_at, said.comment_fr) == (None, None, FR)


def test_a_clerk_answers_while_she_acts_for_her(client: Client, fatima: Learner, said: Endorsement) -> None:
    clerk = make_member(said.owner, "clerk")
    sign_in(client, clerk)
    opened(client, clerk, fatima)
    address = reverse("me-endorsement", args=[said.credential_id, said.pk])
    assert client.post(address, {"show": "yes"}).status_code == 302
    assert endorsing_certificates.shown(ids=[str(said.credential_id)]) == [said]
