"""A city with certificates as strangers' software meets it: by its public addresses, from its own views."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone

from credentials import revocation, securing, statuslists
from credentials.models import Credential
from credentials.people import Person
from tests import standards
from tests.factories import (
    city_approver,
    key_room_open,
    make_achievement,
    make_credential,
    make_issuer,
    publish_keys,
)

from .node import Page

#: Where nobody is; a certificate of the tests' authority names each of them, and nothing else is reached.
HOST = "passeport.casablanca.example"
REGISTRY = "https://registry.example/registry.json"
SCHEMA_HOST = "purl.imsglobal.org"
HOSTS = [HOST, "localhost", "registry.example", SCHEMA_HOST]
ARABIC_NAME = "فاطمة الزهراء الإدريسي"
ARABIC_TITLE = "الفرنسية المهنية للاستقبال – B1"


@dataclass(kw_only=True)
class Surroundings:
    """What can be asked while a document is looked at: the product, a registry of issuers, schemas."""

    trusted: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Address → what is answered instead of the product: a list that somebody changed on the way.
    forged: dict[str, bytes] = field(default_factory=dict)

    def own(self, url: str, accept: str) -> Page:
        """What the product answers there."""
        raise NotImplementedError

    def trust(self, issuer: dict[str, Any]) -> None:
        """The registry lists this issuer."""
        entry = {"name": issuer["name"], "url": issuer["url"], "location": "Casablanca"}
        self.trusted[issuer["id"]] = entry

    def pages(self, url: str, accept: str) -> Page:
        """What the address answers to whoever accepts this."""
        if url == REGISTRY:
            return Page(200, "application/json", json.dumps({"registry": self.trusted}).encode())
        parts = urlsplit(url)
        if parts.hostname == SCHEMA_HOST:
            found = standards.SCHEMAS / Path(parts.path).name
            if not found.is_file():
                return Page(404, "text/plain", b"")
            return Page(200, "application/schema+json", found.read_bytes())
        page = self.own(url, accept)
        return Page(page.status, page.content_type, self.forged.get(url, page.body))

    def download(self, url: str) -> bytes:
        """The same for a library that takes a function. Raises OSError where the address has no such page."""
        page = self.pages(url, "*/*")
        if page.status != 200:
            raise OSError(f"{page.status} {url}")
        return page.body


@dataclass(kw_only=True)
class World(Surroundings):
    """The product within this process, behind one host name."""

    host: str
    client: Client = field(default_factory=Client)

    def own(self, url: str, accept: str) -> Page:
        parts = urlsplit(url)
        answer = self.client.get(
            f"{parts.path}?{parts.query}", headers={"host": self.host, "accept": accept}, secure=True
        )
        body = b"".join(answer) if answer.streaming else answer.content
        return Page(answer.status_code, answer["Content-Type"], body)

    def file(self, credential: Credential, kind: str) -> bytes:
        """A certificate's file as whoever has its link receives it."""
        return self.download(f"https://{self.host}/c/{credential.pk}.{kind}")

    def document(self, credential: Credential) -> dict[str, Any]:
        """The certificate with its embedded proof."""
        document: dict[str, Any] = json.loads(self.file(credential, "json"))
        return document


@dataclass(kw_only=True)
class Running(Surroundings):
    """A running product on this machine; its did:web asks for https, which a proxy in front would give."""

    base_url: str

    def own(self, url: str, accept: str) -> Page:
        address = f"{self.base_url}{urlsplit(url).path}"
        asked = Request(address, headers={"Accept": accept})  # noqa: S310  # of this machine
        try:
            with urlopen(asked, timeout=30) as answer:  # noqa: S310  # as above
                return Page(answer.status, answer.headers["Content-Type"], answer.read())
        except HTTPError as error:
            with error:
                return Page(error.code, "text/plain", error.read())


@contextmanager
def opened(folder: Path, *, host: str) -> Iterator[World]:
    """A city under this host whose process signs, inside a transaction that is taken back at the end."""
    with (
        key_room_open(folder),
        override_settings(BASE_URL=f"https://{host}", HOST=host, ALLOWED_HOSTS=[host]),
        transaction.atomic(),
    ):
        yield World(host=host)
        transaction.set_rollback(True)


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """One that holds, one that was revoked; both of one course, in both scripts."""

    sound: Credential
    revoked: Credential


def furnish() -> Certificates:
    """Two certificates of a language course, signed, revoked where it was, with files and lists as of now."""
    now = timezone.now()
    issuer = make_issuer(now=now)
    publish_keys(now=now)
    course = make_achievement(
        issuer,
        theme="languages",
        title_fr="Français professionnel pour l’accueil – B1",
        title_ar=ARABIC_TITLE,
        description_fr="Accueillir en français.",
        description_ar="الاستقبال بالفرنسية.",
        cefr_level="B1",
        cnc_level=3,
        prerequisites_fr="Niveau A2",
        prerequisites_ar="المستوى A2",
    )
    people = (
        Person(name_latin="Fatima-Zahra El Idrissi", name_arabic=ARABIC_NAME),
        Person(name_latin="Omar Alaoui", name_arabic="عمر العلوي"),
    )
    sound, revoked = (make_credential(course, person, now=now) for person in people)
    revocation.revoke(credential=revoked, reason="issued-in-error", by=city_approver(), now=now)
    statuslists.publish_changed(now=now)
    securing.secure_new(now=now, within=None)
    return Certificates(sound=sound, revoked=revoked)
