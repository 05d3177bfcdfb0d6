"""Inside the product's own Python: the provider, its people and programs, an operator's acts."""

import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings
from django.test import Client
from django.utils import timezone

from credentials import achievements, reviewing
from credentials.models import Credential
from issuers import publications, registry, staff, withdrawals
from issuers.models import Arrondissement, City, IssuerKind, Role, SigningKey, Theme
from passport import accounts
from passport.models import Learner
from tests.factories import sign_in

SINCE = timedelta(days=100)
DAILY_CAP = 100_000
COURSE: dict[str, Any] = {
    "code": "C08",
    "kind": "MicroCredential",
    "theme": "digital",
    "title_fr": "Premiers pas avec le smartphone",
    "title_ar": "الخطوات الأولى في استعمال الهاتف الذكي",
    "description_fr": "Découvrir son téléphone.",
    "description_ar": "التعرف على الهاتف.",
    "criteria_fr": "Sait appeler, envoyer une photo et installer une application.",
    "criteria_ar": "يعرف كيف يتصل ويرسل صورة ويثبت تطبيقا.",
    "hours": 12,
    "cnc_level": 1,
    "assessment": "practical",
    "assessment_uri": "http://data.europa.eu/snb/assessment/6a4db9f11d",
    "mode": "onsite",
    "mode_uri": "http://data.europa.eu/snb/learning-assessment/9191af2ed9",
}


def make(path: str) -> dict[str, Any]:
    """Accredited providers with a course and a program each, a trainer who is signed in; the learners."""
    asked, now = json.loads(Path(path).read_text()), timezone.now()
    City.objects.create(pk=1, name_fr="Casablanca", name_ar="الدار البيضاء")
    district = Arrondissement.objects.create(
        code="06.141.01.53",
        name_fr="Sidi Moumen",
        name_ar="سيدي مومن",
        prefecture_code="06.141",
        prefecture_fr="Sidi Bernoussi",
        prefecture_ar="سيدي البرنوصي",
        population=450_000,
        population_15plus=330_000,
    )
    officer, approver, _, trainer = people = [
        Learner.objects.create_user(name_latin=f"Salma {name}", joined_at=now)
        for name in ("Officer", "Approver", "Owner", "Trainer")
    ]
    for person, role in ((officer, Role.OFFICER), (approver, Role.APPROVER)):
        staff.appoint(issuer=None, person=person, role=role, now=now)
    providers = [
        _provider(f"ennour-{number}", district, people, now=now) for number in range(asked["providers"])
    ]
    publications.tend(now=now)
    for one in asked["learners"]:
        learner = Learner.objects.create_user(
            name_latin=one["name_latin"], name_arabic=one["name_arabic"], joined_at=now
        )
        accounts.prove(learner=learner, kind="phone", value=f"+212{one['phone'][1:]}", now=now)
    browser = Client()
    sign_in(browser, trainer)
    return {
        "day": timezone.localdate(now).isoformat(),
        "providers": providers,
        "session": browser.cookies[settings.SESSION_COOKIE_NAME].value,
    }


def _provider(slug: str, district: Arrondissement, people: list[Learner], *, now: datetime) -> dict[str, str]:
    """One provider, by the register's verbs; a program of its own hands over its lists."""
    officer, approver, owner, trainer = people
    issuer = registry.propose_issuer(
        slug=slug,
        name_fr="Médiathèque Ennour",
        name_ar="الخزانة الوسائطية النور",
        kind=IssuerKind.LIBRARY,
        arrondissement=district,
        by=officer,
        now=now,
    )
    registry.approve_issuer(issuer=issuer, by=approver, now=now)
    mandate = registry.propose_mandate(
        issuer=issuer,
        theme=Theme.DIGITAL,
        starts_on=timezone.localdate(now - SINCE),
        daily_cap=DAILY_CAP,
        by=officer,
        now=now,
    )
    registry.approve_mandate(mandate=mandate, by=approver, now=now)
    for person, role in ((owner, Role.OWNER), (trainer, Role.TRAINER)):
        staff.appoint(issuer=issuer, person=person, role=role, now=now)
    course = achievements.create_draft(issuer=issuer, fields=COURSE, by=trainer, now=now)
    reviewing.submit(achievement=course, by=trainer, now=now)
    reviewing.publish(achievement=course, by=owner, now=now)
    program = staff.create_api_client(
        issuer=issuer, name="Registrar", scopes=["issue", "read", "revoke"], by=owner, now=now
    )
    return {"slug": slug, "achievement": course.pk, "token": program.token}


def compromise(slug: str) -> dict[str, Any]:
    """Two people of the city withdraw the provider's first key; tells what it had signed by then.

    Asked again, because the database went away in between, it does what is left of it.
    """
    key = SigningKey.objects.filter(issuer__slug=slug, algorithm="ES256").earliest("created_at")
    officer, approver = (
        Learner.objects.get(memberships__role=role) for role in (Role.OFFICER, Role.APPROVER)
    )
    if key.state != SigningKey.State.COMPROMISED:
        withdrawals.revoke(key=key, reason="Vol", by=officer, seconded_by=approver, now=timezone.now())
    return {"thumbprint": key.thumbprint, "signed": Credential.objects.filter(key=key).count()}


ACTS: dict[str, Any] = {"make": make, "compromise": compromise}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(ACTS[sys.argv[1]](*sys.argv[2:])))
