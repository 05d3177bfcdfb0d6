"""What of a passport counts as shown: certificates that hold, expired ones, what is brought and declared."""

from dataclasses import dataclass
from datetime import datetime

from credentials.models import Achievement, Credential

from . import importing
from .holding import DOCUMENTS
from .models import Declaration, Entry, Import, Learner


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A certificate that shows something: ``expired`` ones tell of the past alone."""

    credential: Credential
    expired: bool

    @property
    def achievement(self) -> Achievement:
        """What it was awarded for."""
        return self.credential.achievement


def certificates(*, learner: Learner, now: datetime) -> list[Shown]:
    """Her certificates that are neither revoked, suspended, replaced nor hidden; newest first."""
    entries = (
        Entry.objects.filter(
            learner=learner, hidden_at__isnull=True, credential__status=Credential.Status.ACTIVE
        )
        .select_related("credential__achievement__issuer", "credential__issuer")
        .defer(*DOCUMENTS)
        .order_by("-credential__awarded_on", "-pk")
    )
    return [
        Shown(
            credential=entry.credential,
            expired=entry.credential.valid_until is not None and entry.credential.valid_until <= now,
        )
        for entry in entries
    ]


def declarations(*, learner: Learner) -> list[Declaration]:
    """What she declares and has not hidden."""
    return list(Declaration.objects.filter(learner=learner, hidden_at__isnull=True))


def imports(*, learner: Learner, now: datetime) -> list[Import]:
    """What she brought from elsewhere, is not hidden, and was genuine and current at its last check."""
    kept = importing.kept(learner=learner).filter(standing=Import.Standing.GENUINE)
    return [each for each in kept if each.standing_at(now) == Import.Standing.GENUINE]
