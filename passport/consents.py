"""Consent: given for one purpose at a time, in words that have a version, and taken back with one tap."""

from datetime import datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer

from .models import Consent, Learner

Purpose, Channel = Consent.Purpose, Consent.Channel
#: The words of each purpose as they are shown or read out now, and their version. New words: a new version.
TEXTS: dict[str, tuple[str, Promise]] = {
    Purpose.PASSPORT.value: (
        "2026-11",
        _(
            "The city keeps my passport: my name, the phones and e-mails that I prove, and my certificates. "
            "Nobody else sees them unless I show them."
        ),
    ),
    Purpose.SHOWING.value: (
        "2026-11",
        _(
            "When I share entries, whoever has my link or my QR code sees what I chose, until the day that "
            "I set. I can stop it at any time."
        ),
    ),
    Purpose.MESSAGES.value: (
        "2026-11",
        _("The city may tell me about courses near me. Messages about my own certificates come anyway."),
    ),
    Purpose.STATISTICS.value: (
        "2026-11",
        _(
            "My district, year of birth and gender, if I gave them, count in the city's figures. "
            "No figure shows fewer than ten people."
        ),
    ),
    Purpose.RESEARCH.value: (
        "2026-11",
        _("Researchers whom the city has approved may use my entries without my name."),
    ),
}


@transaction.atomic
def give(
    *,
    learner: Learner,
    purpose: str,
    language: str,
    now: datetime,
    channel: str = Channel.SELF.value,
    by: Learner | None = None,
    house: Issuer | None = None,
) -> Consent:
    """She agrees to this purpose in today's words; what she had agreed to in older words ends.

    Agreeing again to the same words changes nothing.
    """
    version = TEXTS[purpose][0]
    Learner.objects.select_for_update().get(pk=learner.pk)
    living = Consent.objects.filter(learner=learner, purpose=purpose, withdrawn_at__isnull=True).first()
    if living and living.text_version == version:
        return living
    if living:
        Consent.objects.filter(pk=living.pk).update(withdrawn_at=now)
    return Consent.objects.create(
        learner=learner,
        purpose=purpose,
        text_version=version,
        language=language,
        channel=channel,
        by=by,
        house=house,
        given_at=now,
    )


def withdraw(*, learner: Learner, purpose: str, now: datetime) -> bool:
    """She takes it back; whether there was anything to take back."""
    living = Consent.objects.filter(learner=learner, purpose=purpose, withdrawn_at__isnull=True)
    return bool(living.update(withdrawn_at=now))


def holds(*, learner: Learner, purpose: str) -> bool:
    """Whether she agrees to this purpose at present."""
    return Consent.objects.filter(learner=learner, purpose=purpose, withdrawn_at__isnull=True).exists()
