"""How issuing fares, on a page: a provider's staff see their own, the city's see all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from credentials import counting, teaching
from credentials.counting import Health, OfBatch, Pace
from credentials.models import Batch
from issuers import chain
from issuers.access import city, issuers_of, member
from issuers.models import Issuer, Membership, Role

ISSUING = (Role.TRAINER, Role.SIGNER)


@member("trainer", "signer", "owner")
@require_safe
def provider(request: HttpRequest) -> HttpResponse:
    """What is issued, waits, failed and did not arrive, of her own providers."""
    issuers = issuers_of(request)
    held: list[Membership] = getattr(request, "memberships", [])
    opens = {membership.issuer_id for membership in held if membership.role in ISSUING}
    context = _context(issuers, opens=opens)
    return render(request, "credentials/teach/health.html", context | {"issuers": issuers})


@city("officer", "approver", "auditor")
@require_safe
def whole_city(request: HttpRequest) -> HttpResponse:
    """The same of the whole city, with a line for each provider, and how the chain of trust stands."""
    context = _context(None)
    health: Health = context["health"]
    lines = [
        line
        for line in health.by_issuer
        if line.issuer.state in (Issuer.State.ACTIVE, Issuer.State.SUSPENDED) or line.pace != Pace.QUIET
    ]
    return render(
        request,
        "credentials/city/health.html",
        context | {"lines": lines, "chain": chain.look(now=timezone.now())},
    )


def _context(issuers: Sequence[Issuer] | None, *, opens: Iterable[int | None] = ()) -> dict[str, Any]:
    now = timezone.now()
    health = counting.health(issuers=issuers, now=now)
    reasons: Counter[str] = Counter()
    for code, number in health.reasons:
        reasons[teaching.reason(code=code)] += number  # several codes may have one sentence
    return {
        "health": health,
        "days": counting.history(issuers=issuers, now=now)[::-1],
        "reasons": reasons.most_common(),
        "in_progress": _linked(health.in_progress, opens),
        "with_failures": _linked(health.with_failures, opens),
        "several": issuers is None or len(issuers) > 1,
    }


def _linked(lines: Sequence[OfBatch], opens: Iterable[int | None]) -> list[tuple[OfBatch, str]]:
    """Each list with the address of its page, for those who may open it."""
    rooms = {Batch.Kind.ROSTER.value: "teach-list", Batch.Kind.INTERACTIVE.value: "teach-batch"}
    found = []
    for line in lines:
        room = rooms.get(line.batch.kind) if line.batch.issuer_id in opens else None
        found.append((line, reverse(room, args=[line.batch.pk]) if room else ""))
    return found
