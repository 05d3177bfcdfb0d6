"""What others say of a certificate in a passport, and whether its holder shows it."""

from datetime import datetime

from credentials import endorsing_certificates
from credentials.models import Endorsement

from . import families, holding
from .models import Entry, Learner


def of(*, entry: Entry) -> list[Endorsement]:
    """What was signed for this certificate, those that wait for her word first."""
    found = endorsing_certificates.of(credential=entry.credential)
    return sorted(found, key=lambda each: bool(each.shown_at or each.refused_at))


def unanswered(*, learner: Learner) -> list[Endorsement]:
    """What was signed for certificates of hers and waits for her word."""
    hers = Entry.objects.filter(learner=learner, hidden_at__isnull=True).values("credential")
    return endorsing_certificates.unanswered(credentials=hers)


def answer(
    *, learner: Learner, credential_id: str, endorsement_id: str, shows: bool, now: datetime
) -> Endorsement:
    """She shows it to whoever sees the certificate, or she does not; she may say otherwise at any time.

    Raises NotYourPassport, NotYours, EndorsementWithdrawn; GuardianNeeded and AssentNeeded where she may not
    share.
    """
    entry = holding.entry_of(learner=learner, credential_id=credential_id)
    found = endorsing_certificates.one_of(credential=entry.credential, endorsement_id=endorsement_id)
    if shows:
        families.require_may_share(learner, now)
        endorsing_certificates.show(endorsement=found, now=now)
    else:
        endorsing_certificates.hide(endorsement=found, now=now)
    return found
