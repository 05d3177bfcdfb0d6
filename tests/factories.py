"""Makes the people, places, issuers and courses that tests need, by the product's verbs where it has some."""

import secrets
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
from django.test import Client, override_settings

from credentials import awards, issuance, releasing, statuslists
from credentials.models import Achievement, Batch, Credential
from credentials.people import Person
from issuers import keys, localroot, publications, registry
from issuers.models import Arrondissement, City, Issuer, IssuerKind, Membership, Role, Theme
from passport.models import Learner

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ACCREDITED_SINCE = date(2025, 9, 1)

_numbers = count(1)


# -- The key room ---------------------------------------------------------------------------------
def write_kek(folder: Path) -> Path:
    """A file with a fresh key-encryption key."""
    path = folder / "kek"
    path.write_text(b64encode(secrets.token_bytes(32)).decode() + "\n")
    path.chmod(0o400)
    return path


@contextmanager
def key_room_open(folder: Path) -> Iterator[Path]:
    """For the length of the block this process signs, and its root lies at hand."""
    path = write_kek(folder)
    localroot.make(folder)
    with override_settings(
        KEY_ENCRYPTION_KEY_FILE=str(path),
        ROOT_KEYS_FILE=str(folder / localroot.ROOTS),
        LOCAL_ROOT_DIR=str(folder),
    ):
        yield path


@pytest.fixture
def key_room(tmp_path: Path) -> Iterator[Path]:
    """The test's process holds a key-encryption key; import this name where a test asks for it."""
    with key_room_open(tmp_path) as path:
        yield path


# -- People and places ----------------------------------------------------------------------------
def make_city() -> City:
    """Casablanca."""
    return City.objects.get_or_create(pk=1, defaults={"name_fr": "Casablanca", "name_ar": "الدار البيضاء"})[0]


def make_arrondissement(code: str = "06.141.01.53") -> Arrondissement:
    """Sidi Moumen, or another district of this code."""
    known = {"06.141.01.53": ("Sidi Moumen", "سيدي مومن"), "06.141.01.13": ("Anfa", "أنفا")}
    name_fr, name_ar = known.get(code, (f"Quartier {code[-2:]}", f"مقاطعة {code[-2:]}"))
    return Arrondissement.objects.get_or_create(
        code=code,
        defaults={
            "name_fr": name_fr,
            "name_ar": name_ar,
            "prefecture_code": "06.141",
            "prefecture_fr": "Sidi Bernoussi",
            "prefecture_ar": "سيدي البرنوصي",
            "population": 450_000,
            "population_15plus": 330_000,
        },
    )[0]


def make_learner(**fields: Any) -> Learner:
    """A learner; Fatima-Zahra El Idrissi unless told otherwise."""
    names = {"name_latin": "Fatima-Zahra El Idrissi", "name_arabic": "فاطمة الزهراء الإدريسي"}
    return Learner.objects.create_user(**({"joined_at": NOW} | names | fields))


def make_member(issuer: Issuer | None, role: str, person: Learner | None = None) -> Learner:
    """A person with this role at the issuer, or at the city when there is none."""
    person = person or make_learner(name_latin=f"Salma {role.title()}", name_arabic="")
    Membership.objects.create(person=person, issuer=issuer, role=role, since=NOW)
    return person


def city_officer() -> Learner:
    """An officer of the city, who proposes."""
    return _city_person(Role.OFFICER)


def city_approver() -> Learner:
    """An approver of the city: another person."""
    return _city_person(Role.APPROVER)


def _city_person(role: Role) -> Learner:
    held = Membership.objects.filter(issuer__isnull=True, role=role).select_related("person").first()
    return held.person if held else make_member(None, role)


# -- Issuers --------------------------------------------------------------------------------------
def make_issuer(
    *,
    slug: str = "",
    state: str = "active",
    with_keys: bool = True,
    themes: Sequence[str] = (Theme.DIGITAL, Theme.LANGUAGES),
    starts_on: date = ACCREDITED_SINCE,
    now: datetime = NOW,
    **fields: Any,
) -> Issuer:
    """An issuer that went through the register, in this state, with mandates for these themes.

    Its keys are a day old at ``now``; ``with_keys`` needs the ``key_room``. They are not published yet:
    ``publish_keys`` does that.
    """
    make_city()
    before = now - timedelta(days=1)
    details: dict[str, Any] = {
        "name_fr": "Médiathèque Ennour de Sidi Moumen",
        "name_ar": "الخزانة الوسائطية النور بسيدي مومن",
        "kind": IssuerKind.LIBRARY,
        "arrondissement": fields.pop("arrondissement", None) or make_arrondissement(),
    } | fields
    officer, approver = city_officer(), city_approver()
    slug = slug or f"ennour-{next(_numbers)}"
    if state == Issuer.State.PROPOSED:
        return registry.propose_issuer(slug=slug, **details, by=officer, now=before)
    issuer = registry.register(
        slug=slug,
        **details,
        themes=themes,
        starts_on=starts_on,
        proposed_by=officer,
        approved_by=approver,
        now=before,
    )
    if with_keys:
        keys.ensure_issuer_keys(issuer=issuer, now=before)
    if state == Issuer.State.SUSPENDED:
        registry.suspend_issuer(issuer=issuer, reason="Contrôle en cours", by=officer, now=now)
    elif state == Issuer.State.CLOSED:
        registry.close_issuer(issuer=issuer, reason="Fin d’activité", by=approver, now=now)
    return issuer


def publish_keys(*, now: datetime = NOW) -> int:
    """The root delegates, as once a year; the signing worker makes missing keys and signs the directory."""
    localroot.delegate(now=now)
    return publications.tend(now=now)


# -- Sessions -------------------------------------------------------------------------------------
def sign_in(client: Client, learner: Any, *, second_factor: bool = True) -> None:
    """A session as a code by phone opens it, or as staff have it who gave their second factor too."""
    client.force_login(learner)
    request = HttpRequest()
    request.session, request.user = client.session, learner
    record_authentication(request, learner, method="code")
    if second_factor:
        record_authentication(request, learner, method="mfa", type="totp")
    request.session.save()


# -- Achievements ---------------------------------------------------------------------------------
def make_achievement(issuer: Issuer, *, state: str = "published", **fields: Any) -> Achievement:
    """A short digital course of this issuer, published unless told otherwise."""
    number = next(_numbers)
    details: dict[str, Any] = {
        "code": f"C{number:02d}",
        "kind": "MicroCredential",
        "theme": "digital",
        "title_fr": "Premiers pas avec le smartphone",
        "title_ar": "الخطوات الأولى في استعمال الهاتف الذكي",
        "description_fr": "Découvrir son téléphone.",
        "description_ar": "اكتشاف الهاتف.",
        "criteria_fr": "Sait appeler, envoyer une photo et installer une application.",
        "criteria_ar": "يستطيع الاتصال وإرسال صورة وتثبيت تطبيق.",
        "hours": 12,
        "cnc_level": 1,
        "assessment": "practical",
        "assessment_uri": "http://data.europa.eu/snb/assessment/6a4db9f11d",
        "mode": "onsite",
        "mode_uri": "http://data.europa.eu/snb/learning-assessment/9191af2ed9",
    } | fields
    return Achievement.objects.create(
        issuer=issuer,
        state=state,
        created_at=NOW,
        published_at=NOW if state == "published" else None,
        **details,
    )


# -- Credentials ----------------------------------------------------------------------------------
def award(
    achievement: Achievement,
    *people: Person,
    now: datetime = NOW,
    awarded_on: date | None = None,
    kind: Batch.Kind = Batch.Kind.INTERACTIVE,
    key: str = "",
    **rest: Any,
) -> Batch:
    """An accepted award to these people (Fatima-Zahra unless told otherwise), not signed yet."""
    person = Person(name_latin="Fatima-Zahra El Idrissi", name_arabic="فاطمة الزهراء الإدريسي")
    return awards.accept(
        issuer=achievement.issuer,
        achievement=achievement,
        awarded_on=awarded_on or now.date(),
        people=people or [person],
        kind=kind,
        requested_by=rest.pop("requested_by", None),
        idempotency_key=key or secrets.token_hex(8),
        now=now,
        **rest,
    ).batch


def make_credential(
    achievement: Achievement, *people: Person, now: datetime = NOW, **rest: Any
) -> Credential:
    """A credential that went through acceptance and the signing worker; its lists are published.

    Of an unusual number of people: the city has released them.
    """
    batch = award(achievement, *people, now=now, **rest)
    if batch.state == Batch.State.HELD:
        releasing.release(batch=batch, by=city_approver(), now=now)
    issuance.issue_ready(kind=batch.kind, now=now)
    statuslists.publish_changed(now=now)
    return Credential.objects.get(award__batch=batch, award__row=1)


def wrongly_signed(token: str) -> str:
    """The same compact JWS with another first sign of its signature."""
    head, body, signature = token.split(".")
    return f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
