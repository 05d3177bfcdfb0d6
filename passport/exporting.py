"""Exporting: everything that is held about a learner, as one archive that she and a program can read.

Nobody else is named in it: a clerk or a guardian stands there by role, with the desk. ``docs/privacy.md``
describes ``passport.json``, member by member.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from credentials import parcels
from credentials.models import CorrectionRequest

from . import exporting_beside, records
from .exporting_beside import moment
from .models import Address, Consent, Declaration, Entry, Learner, Look, Opening, Proposal

FORMAT = "learner-passport-export/1"


def archive(*, learner: Learner, now: datetime) -> Iterator[bytes]:
    """The archive, file by file: ``passport.html`` in her language, ``passport.json``, every signed file."""
    return parcels.archive(_files(learner, now=now), at=now)


def _files(learner: Learner, *, now: datetime) -> Iterator[tuple[str, bytes]]:
    entries = list(_entries(learner))
    everything = gather(learner=learner, entries=entries, now=now)
    with translation.override(learner.language):
        page = render_to_string("passport/export.html", _shown(learner, entries, now=now))
    yield "passport.html", page.encode()
    yield "passport.css", render_to_string("passport/export.css").encode()
    yield "passport.json", json.dumps(everything, ensure_ascii=False, indent=2).encode()
    if record := records.held(learner=learner, now=now):
        yield "passport.clr.json", record.encode()
    for entry in entries:
        yield f"certificates/{entry.credential.short_code}.jwt", entry.credential.jwt.encode()
    yield from exporting_beside.documents(learner=learner)


def _entries(learner: Learner) -> Any:
    held = Entry.objects.filter(learner=learner).defer("credential__paper")
    return held.select_related("credential__achievement", "credential__issuer")


def _shown(learner: Learner, entries: list[Entry], *, now: datetime) -> dict[str, Any]:
    return {
        "learner": learner,
        "now": now,
        "language": learner.language,
        "rtl": learner.language == "ar",
        "entries": entries,
        "addresses": Address.objects.filter(learner=learner),
        "declarations": Declaration.objects.filter(learner=learner),
        "imports": exporting_beside.kept(learner=learner),
        "consents": Consent.objects.filter(learner=learner),
        "looks": Look.objects.filter(learner=learner).select_related("house"),
    }


def gather(*, learner: Learner, entries: list[Entry], now: datetime) -> dict[str, Any]:
    """What ``passport.json`` says."""
    held = [entry.credential_id for entry in entries]
    return {
        "format": FORMAT,
        "made_at": moment(now),
        "passport": {
            "number": learner.passport_number,
            "name_latin": learner.name_latin,
            "name_arabic": learner.name_arabic,
            "language": learner.language,
            "district": learner.arrondissement_id,
            "birth_year": learner.birth_year,
            "gender": learner.gender,
            "opened_at": moment(learner.joined_at),
            "last_sign_in": moment(learner.last_login),
        },
        "addresses": [
            {"kind": each.kind, "value": each.value, "proved_at": moment(each.verified_at)}
            for each in Address.objects.filter(learner=learner)
        ],
        "certificates": [_certificate(entry) for entry in entries],
        "declared": [
            {
                "kind": each.kind,
                "title": each.title,
                "place": each.place,
                "district": each.arrondissement_id,
                "began_on": each.began_on.isoformat(),
                "ended_on": each.ended_on.isoformat() if each.ended_on else None,
                "year_only": each.year_only,
                "about": each.about,
                "skills": each.skills,
                "evidence": each.evidence,
                "hidden_at": moment(each.hidden_at),
            }
            for each in Declaration.objects.filter(learner=learner)
        ],
        "consents": [
            {
                "purpose": each.purpose,
                "text_version": each.text_version,
                "language": each.language,
                "channel": each.channel,
                "recorded_by": "another person" if each.by_id else "the learner",
                "desk": each.house.slug if each.house else None,
                "given_at": moment(each.given_at),
                "withdrawn_at": moment(each.withdrawn_at),
            }
            for each in Consent.objects.filter(learner=learner).select_related("house")
        ],
        "looks": [
            {
                "at": moment(each.at),
                "act": each.act,
                "desk": each.house.slug if each.house else None,
                "what": each.what,
                "about": each.about,
            }
            for each in Look.objects.filter(learner=learner).select_related("house")
        ],
        "questions": [
            {"certificate": each.credential_id, "answer": each.answer, "asked_at": moment(each.made_at)}
            for each in Proposal.objects.filter(learner=learner)
        ],
        "opened_by_others": [
            {"certificate": each.credential_id, "on": each.on.isoformat(), "times": each.times}
            for each in Opening.objects.filter(credential__in=held).order_by("on")
        ],
        "corrections": [
            {
                "certificate": each.credential_id,
                "what": each.what,
                "should_be": each.should_be,
                "state": each.state,
                "asked_at": moment(each.asked_at),
                "answered_at": moment(each.answered_at),
                "reason": each.reason,
            }
            for each in CorrectionRequest.objects.filter(credential__in=held)
        ],
        **exporting_beside.gather(learner=learner),
    }


def _certificate(entry: Entry) -> dict[str, Any]:
    credential, course = entry.credential, entry.credential.achievement
    return {
        "id": f"{settings.BASE_URL}/c/{credential.pk}",
        "file": f"certificates/{credential.short_code}.jwt",
        "title_fr": course.title_fr,
        "title_ar": course.title_ar,
        "provider": credential.issuer.slug,
        "name_latin": credential.name_latin,
        "name_arabic": credential.name_arabic,
        "sent_to": credential.address,
        "awarded_on": credential.awarded_on.isoformat(),
        "valid_until": moment(credential.valid_until),
        "status": credential.status,
        "visibility": credential.visibility,
        "filed_at": moment(entry.filed_at),
        "filed": entry.how,
        "hidden_at": moment(entry.hidden_at),
    }
