"""Says how the chain of trust stands: roots, delegation, published directory; for operators and the city."""

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from . import delegations, publications, trust
from .delegations import Delegation
from .errors import NoDelegation, NotTrusted
from .models import SigningKey

log = logging.getLogger(__name__)


class Trouble(StrEnum):
    """What is wrong, the worst first; all but the last stop verification, now or soon."""

    NO_ROOTS = "no-roots"
    NO_KEY = "no-key"
    NOT_DELEGATED = "not-delegated"
    REFUSED = "refused"
    UNPUBLISHED = "unpublished"
    DIRECTORY_REFUSED = "directory-refused"
    DIRECTORY_OLD = "directory-old"
    SUCCESSOR = "successor"
    RUNS_OUT = "runs-out"


#: The sentence for each, for whoever looks after the city's servers.
SENTENCES: dict[Trouble, Any] = {
    Trouble.NO_ROOTS: _("No root of the city is pinned here, so nobody can check a certificate by its code."),
    Trouble.NO_KEY: _("The signing worker has not made the directory key yet."),
    Trouble.NOT_DELEGATED: _("The city's root has not delegated to the directory key, or its year is over."),
    Trouble.REFUSED: _("A delegation was found that is not the root's. It is not used."),
    Trouble.UNPUBLISHED: _("The key directory has not been published yet."),
    Trouble.DIRECTORY_REFUSED: _("The published key directory is not vouched for by the city's root."),
    Trouble.DIRECTORY_OLD: _("The published key directory is out of date. Does the signing worker run?"),
    Trouble.SUCCESSOR: _("The next directory key waits for the delegation of the city's root."),
    Trouble.RUNS_OUT: _("The delegation of the city's root runs out soon. It is time for the yearly act."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What holds, link by link, and what is wrong."""

    roots: tuple[str, ...]
    key: SigningKey | None
    delegation: Delegation | None
    days_left: int
    successors: tuple[tuple[SigningKey, Delegation | None], ...]
    troubles: tuple[Trouble, ...]
    reasons: tuple[str, ...]

    @property
    def sentences(self) -> list[Any]:
        return [SENTENCES[trouble] for trouble in self.troubles]

    @property
    def broken(self) -> bool:
        """Whether verifiers are affected, not only the calendar."""
        return any(trouble not in (Trouble.SUCCESSOR, Trouble.RUNS_OUT) for trouble in self.troubles)


NOTHING = Chain(
    roots=(),
    key=None,
    delegation=None,
    days_left=0,
    successors=(),
    troubles=(Trouble.NO_ROOTS,),
    reasons=(),
)


def look(*, now: datetime) -> Chain:
    """Follow the chain from the pinned roots down to what is published. It raises nothing of ours.

    A file of roots that cannot be read counts as none: whoever looks here wants to see the rest as well.
    """
    troubles: set[Trouble] = set()
    reasons: list[str] = []
    try:
        roots = tuple(trust.roots())
    except ImproperlyConfigured:
        log.exception("the file of roots does not open")
        return NOTHING
    if not roots:
        troubles.add(Trouble.NO_ROOTS)
    keys = trust.directory_keys()
    active = [key for key in keys if key.state == SigningKey.State.ACTIVE]
    held: dict[str, Delegation | None] = {}
    for key in keys:
        held[key.thumbprint] = None
        try:
            held[key.thumbprint] = trust.delegation_of(key=key, now=now)
        except NoDelegation:
            troubles.add(Trouble.NOT_DELEGATED if key in active else Trouble.SUCCESSOR)
        except NotTrusted as error:
            troubles.add(Trouble.REFUSED)
            reasons.append(error.reason)
    delegation = held[active[0].thumbprint] if active else None
    if not active:
        troubles.add(Trouble.NO_KEY)
    if delegation and delegation.not_after <= now + trust.WARNS_BEFORE:
        troubles.add(Trouble.RUNS_OUT)
    found, reason = _directory(now=now)
    if found:
        troubles.add(found)
        reasons += [reason] if reason else []
    return Chain(
        roots=roots,
        key=active[0] if active else None,
        delegation=delegation,
        days_left=max(0, (delegation.not_after - now).days) if delegation else 0,
        successors=tuple((key, held[key.thumbprint]) for key in keys if key not in active),
        troubles=tuple(trouble for trouble in Trouble if trouble in troubles),
        reasons=tuple(reasons),
    )


def _directory(*, now: datetime) -> tuple[Trouble | None, str]:
    """What is wrong with the published directory, and by which rule."""
    try:
        publication = publications.read(name=publications.DIRECTORY)
        if publication is None:
            return Trouble.UNPUBLISHED, ""
        directory = trust.read_directory(publication.body, name=publications.DIRECTORY)
    except NotTrusted as error:
        return Trouble.DIRECTORY_REFUSED, error.reason
    try:
        delegations.require_fresh(directory, now=now)
    except NotTrusted as error:
        return Trouble.DIRECTORY_OLD, error.reason
    return None, ""
