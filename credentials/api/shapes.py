"""How lists, rows and certificates look on the wire: plain dicts, since there may be thousands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from credentials import batches, findings, holding, intake, revocation, teaching
from credentials.models import Award, Batch, Credential, Filing

from .serializers import CourseSerializer


def batch(found: Batch, *, now: datetime, counted: Mapping[str, int] | None = None) -> dict[str, Any]:
    """A list and how far it is."""
    progress = batches.progress(batch=found, now=now, counted=counted)
    url = f"{settings.BASE_URL}/api/v1/batches/{found.pk}"
    return {
        "id": found.pk,
        "kind": found.kind,
        "state": found.state,
        "held_because": found.held_because or None,
        "held": holding.said(found) or None,
        "achievement": found.achievement_id,
        "awarded_on": found.awarded_on,
        "session": found.session,
        "file_name": found.file_name,
        "notify": found.notify,
        "total": progress.total,
        "counts": {state.value: getattr(progress, state.value) for state in Award.State},
        "percent": progress.percent,
        "rate": round(progress.rate, 1) if progress.rate else None,
        "seconds_left": progress.seconds_left,
        "accepted_at": found.accepted_at,
        "completed_at": found.completed_at,
        "url": url,
        "rows_url": f"{url}/rows",
    }


def accepted(found: Batch, *, now: datetime) -> dict[str, Any]:
    """A list just accepted, with what is wrong with it."""
    shown = batch(found, now=now)
    bad = found.awards.filter(state__in=findings.WRONG).order_by("row")[: findings.MANY]
    wrong = sum(shown["counts"][state] for state in findings.WRONG)
    return shown | {"wrong": wrong, "errors": findings.wrong(bad)}


def dry_run(look: intake.Look, *, terms: intake.Terms, reading: dict[str, Any] | None) -> dict[str, Any]:
    """A list as it would be accepted, every slip of every row."""
    counts = findings.count(look.rows)
    return {
        "dry_run": True,
        "achievement": look.achievement.pk,
        "awarded_on": terms.awarded_on,
        "session": terms.session,
        "total": len(look.rows),
        "counts": counts,
        "wrong": sum(counts[state] for state in findings.WRONG),
        "qr_versions": dict(zip(("min", "max"), look.versions, strict=True)) if look.versions else None,
        "file": reading,
        "errors": findings.wrong(look.rows, most=None),
    }


def row(award: Award) -> dict[str, Any]:
    """One row and what became of it."""
    credential: Credential | None = getattr(award, "credential", None)
    filing: Filing | None = getattr(credential, "filing", None)
    return {
        "row": award.row,
        "line": award.line,
        "state": award.state,
        "name_latin": award.name_latin,
        "name_arabic": award.name_arabic,
        "awarded_on": award.awarded_on,
        "problems": [findings.told(problem) for problem in award.problems],
        "error": _error(award),
        "credential": _certificate(credential) if credential else None,
        "messages": [
            {"kind": each.kind, "channel": each.channel, "state": each.state, "sent_at": each.sent_at}
            for each in (credential.messages.all() if credential else ())
        ],
        "claimed": filing is not None and filing.outcome == Filing.Outcome.FILED,
    }


def _error(award: Award) -> dict[str, str] | None:
    if award.state not in findings.WRONG:
        return None
    first = award.problems[0] if award.problems else {}
    return {
        "code": award.error_code or first.get("code", "duplicate"),
        "field": award.error_field or first.get("field", ""),
        "detail": teaching.why_not_issued(award),
        "remedy": "mend" if award.problems or award.state == Award.State.DUPLICATE else "retry",
    }


def _certificate(credential: Credential) -> dict[str, str]:
    return {
        "id": credential.pk,
        "status": credential.status,
        "url": f"{settings.BASE_URL}/c/{credential.pk}",
    }


def certificate(credential: Credential) -> dict[str, Any]:
    """A certificate, without the person."""
    url = f"{settings.BASE_URL}/c/{credential.pk}"
    return {
        "id": credential.pk,
        "status": credential.status,
        "status_changed_at": credential.status_changed_at,
        "achievement": CourseSerializer(credential.achievement).data,
        "session": credential.session,
        "awarded_on": credential.awarded_on,
        "issued_at": credential.issued_at,
        "valid_until": credential.valid_until,
        "replaced_by": credential.replaced_by_id,
        "possible": revocation.possible_acts(credential),
        "url": url,
        "jwt_url": f"{url}.jwt",
        "pdf_url": f"{url}.pdf",
    }
