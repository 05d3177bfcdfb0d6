"""Acting for somebody: a clerk or a guardian opens a learner's passport; the learner's own pages serve all.

What is open stands in the session with who acts, in what role and until when; it is checked anew at each
request, each act is a line that the learner reads, and pages that are hers alone stay closed meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from issuers.models import Issuer, Membership, Role

from . import families, looks
from .errors import NotWhileActing
from .models import Learner, Look

View = Callable[..., HttpResponseBase]
SAFE = ("GET", "HEAD", "OPTIONS")
_KEPT = "acting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What a role may: how long it stays open untouched, and how its acts are written down."""

    idle: timedelta
    opened: Look.Act
    acted: Look.Act
    holds: Callable[[Learner, Learner, Issuer | None, datetime], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Whose passport is open, who acts in it, as what, and at whose desk."""

    learner: Learner
    by: Learner
    role: str
    house: Issuer | None
    since: datetime


def _still_clerk(by: Learner, learner: Learner, house: Issuer | None, now: datetime) -> bool:
    return (
        house is not None
        and by.pk != learner.pk
        and Membership.objects.filter(person=by, issuer=house, role=Role.CLERK).exists()
    )


def _still_guardian(by: Learner, learner: Learner, house: Issuer | None, now: datetime) -> bool:
    return house is None and families.answers_for(by, learner, now)


#: Role → its right. Whoever brings another role names it here.
RIGHTS: dict[str, Right] = {
    "clerk": Right(
        idle=timedelta(minutes=5),
        opened=Look.Act.DESK_OPENED,
        acted=Look.Act.DESK_ACTED,
        holds=_still_clerk,
    ),
    "guardian": Right(
        idle=timedelta(minutes=30),
        opened=Look.Act.GUARDIAN_OPENED,
        acted=Look.Act.GUARDIAN_ACTED,
        holds=_still_guardian,
    ),
}


def begin(
    request: HttpRequest, *, learner: Learner, role: str, now: datetime, house: Issuer | None = None
) -> None:
    """Open this passport to whoever is signed in, and tell its learner. Raises PermissionDenied."""
    by = request.user
    right = RIGHTS[role]
    if not isinstance(by, Learner) or not learner.is_active or not right.holds(by, learner, house, now):
        raise PermissionDenied
    looks.note(learner=learner, act=right.opened, by=by, house=house, now=now)
    request.session[_KEPT] = {
        "learner": learner.pk,
        "role": role,
        "house": house.pk if house else None,
        "since": now.isoformat(),
        "until": (now + right.idle).isoformat(),
    }
    request.__dict__.pop("_acting", None)


def stop(request: HttpRequest) -> None:
    """Close it: from here on whoever is signed in is herself again."""
    request.session.pop(_KEPT, None)
    request.__dict__.pop("_acting", None)


def acting_of(request: HttpRequest) -> Acting | None:
    """Whose passport is open in this session, if any; the right to it is looked up once a request."""
    if "_acting" not in request.__dict__:
        request.__dict__["_acting"] = _read(request, now=timezone.now())
    found: Acting | None = request.__dict__["_acting"]
    return found


def _read(request: HttpRequest, *, now: datetime) -> Acting | None:
    session = getattr(request, "session", None)
    kept: dict[str, Any] | None = session.get(_KEPT) if session is not None else None
    by = getattr(request, "user", None)
    if not kept or not isinstance(by, Learner):
        return None
    right = RIGHTS.get(kept["role"])
    learner = Learner.objects.filter(pk=kept["learner"], is_active=True).first()
    house = Issuer.objects.filter(pk=kept["house"]).first() if kept["house"] else None
    in_time = now < datetime.fromisoformat(kept["until"])
    if right is None or learner is None or not in_time or not right.holds(by, learner, house, now):
        stop(request)
        return None
    request.session[_KEPT] = kept | {"until": (now + right.idle).isoformat()}
    return Acting(
        learner=learner,
        by=by,
        role=kept["role"],
        house=house,
        since=datetime.fromisoformat(kept["since"]),
    )


def assisted(view: View) -> View:
    """Whoever acts for a learner may use this page too; all others are hers alone."""
    view.assisted = True  # type: ignore[attr-defined]  # read below and by the architecture test
    return view


def learner_of(request: HttpRequest) -> Learner:
    """Whose passport this request is about: the one that is open, else that of whoever is signed in.

    What is done while acting is written down before it is done. Raises NotWhileActing for a page that is the
    learner's alone, PermissionDenied if nobody is signed in.
    """
    acting = acting_of(request)
    if acting is None:
        if not isinstance(request.user, Learner):
            raise PermissionDenied
        return request.user
    match = request.resolver_match
    if match is None or not getattr(match.func, "assisted", False):
        raise NotWhileActing
    if request.method not in SAFE:
        looks.note(
            learner=acting.learner,
            act=RIGHTS[acting.role].acted,
            by=acting.by,
            house=acting.house,
            what=match.url_name or "",
            about=str(next(iter(match.kwargs.values()), "")),
            now=timezone.now(),
        )
    return acting.learner
