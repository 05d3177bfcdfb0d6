"""What the demo's learners did with their data: they agreed, a desk helped, one wants a mistake corrected."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from credentials import corrections
from credentials.models import Credential
from issuers.models import Membership, Role
from passport import consents, looks
from passport.models import Entry, Learner, Look, Opening

from .people import FATIMA

if TYPE_CHECKING:
    from .seed import Story


def tell(story: "Story") -> None:
    """Consents of everybody with a passport; of Fatima-Zahra also a change of mind, a desk, a wish."""
    for learner in Learner.objects.filter(addresses__isnull=False).distinct().order_by("pk"):
        consents.give(learner=learner, purpose="passport", language=learner.language, now=learner.joined_at)
    fatima = Learner.objects.get(name_latin=FATIMA.name_latin)
    for purpose, ago in (("showing", 400), ("messages", 390), ("statistics", 390)):
        consents.give(learner=fatima, purpose=purpose, language="fr", now=story.now - timedelta(days=ago))
    consents.withdraw(learner=fatima, purpose="messages", now=story.now - timedelta(days=45))
    _at_a_desk(fatima, story)
    entry = _to_correct(fatima)
    if entry is not None:
        corrections.ask(
            credential=entry.credential,
            what="result",
            should_be="60 heures, pas 40 : la session a été prolongée.",
            now=story.now - timedelta(days=3),
        )


def _at_a_desk(fatima: Learner, story: "Story") -> None:
    """A clerk printed something for her; pages of her certificates were opened."""
    clerk = (
        Membership.objects.filter(role=Role.CLERK).select_related("person", "issuer").order_by("pk").first()
    )
    if clerk is not None:
        for minutes, act in ((0, Look.Act.DESK_OPENED), (2, Look.Act.DESK_ACTED)):
            day = (story.now - timedelta(days=31)).replace(hour=10, minute=12, second=0, microsecond=0)
            moment = day + timedelta(minutes=minutes)
            looks.note(learner=fatima, act=act, by=clerk.person, house=clerk.issuer, now=moment)
    held = Entry.objects.filter(learner=fatima).order_by("-credential__awarded_on")[:2]
    for days, entry in zip((6, 19), held, strict=False):
        Opening.objects.create(
            credential=entry.credential,
            on=timezone.localdate(story.now - timedelta(days=days)),
            times=days % 5,
        )


def _to_correct(fatima: Learner) -> Entry | None:
    """A certificate of the provider whose staff sign in, if she has one, else her newest."""
    living = Entry.objects.filter(learner=fatima, credential__status=Credential.Status.ACTIVE)
    staffed = Membership.objects.filter(role=Role.CLERK).values("issuer")
    newest = living.order_by("-credential__awarded_on")
    return newest.filter(credential__issuer__in=staffed).first() or newest.first()
