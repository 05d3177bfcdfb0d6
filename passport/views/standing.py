"""Who stands at the desk: the person whom a clerk has found, and how he knows that it is she.

Kept in the clerk's session for ten minutes without an act; no address of a page names anybody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from issuers.models import Issuer, Membership, Role
from passport import desk
from passport.errors import NobodyHere
from passport.models import Learner

STAYS = timedelta(minutes=10)
_KEPT, _FOUND = "desk.standing", "desk.found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Somebody at the desk; ``proof`` is empty as long as nothing shows that it is she."""

    learner: Learner
    proof: str


def house_of(request: HttpRequest) -> Issuer:
    """At whose desk this clerk works: the one that she joined last. Raises PermissionDenied."""
    held = Membership.objects.filter(person_id=request.user.pk, role=Role.CLERK, issuer__isnull=False)
    membership = held.select_related("issuer").order_by("-since", "-pk").first()
    if membership is None or membership.issuer is None:
        raise PermissionDenied
    return membership.issuer


def clerk_of(request: HttpRequest) -> Learner:
    """The clerk. Raises PermissionDenied."""
    if not isinstance(request.user, Learner):
        raise PermissionDenied
    return request.user


def find(request: HttpRequest, *, text: str, birth_year: int | None, now: datetime) -> list[Learner]:
    """Who fits; one alone is at the desk at once, of several one is chosen. Raises PassportError."""
    leave(request)
    found, by_card = desk.find(
        text=text, birth_year=birth_year, by=clerk_of(request), house=house_of(request), now=now
    )
    if len(found) == 1:
        put(request, learner=found[0], proof="card" if by_card else "", now=now)
    else:
        request.session[_FOUND] = [learner.pk for learner in found]
    return found


def step_up(request: HttpRequest, *, text: str, now: datetime) -> None:
    """The person whose card a clerk has scanned. Raises PassportError."""
    find(request, text=text, birth_year=None, now=now)


def choose(request: HttpRequest, *, number: str, now: datetime) -> bool:
    """One of those who were found, by the passport number on the button."""
    found = Learner.objects.filter(pk__in=request.session.get(_FOUND, []), passport_number=number).first()
    if found:
        put(request, learner=found, proof="", now=now)
    return found is not None


def put(request: HttpRequest, *, learner: Learner, proof: str, now: datetime) -> None:
    """This person is at the desk now."""
    request.session.pop(_FOUND, None)
    until = (now + STAYS).isoformat()
    request.session[_KEPT] = {"learner": learner.pk, "proof": proof, "until": until}


def leave(request: HttpRequest) -> None:
    """Nobody is at the desk."""
    for kept in (_KEPT, _FOUND):
        request.session.pop(kept, None)


def of(request: HttpRequest, *, now: datetime) -> Standing:
    """Who is at the desk; her time begins anew. Raises NobodyHere."""
    kept = request.session.get(_KEPT)
    if kept and now < datetime.fromisoformat(kept["until"]):
        learner = Learner.objects.filter(pk=kept["learner"], is_active=True).first()
        if learner:
            put(request, learner=learner, proof=kept["proof"], now=now)
            return Standing(learner=learner, proof=kept["proof"])
    leave(request)
    raise NobodyHere
