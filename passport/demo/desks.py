"""A desk of the demo: Saïd opened a passport for Aïcha, who has no phone; her card can be tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from credentials import paperslips
from credentials.models import Credential
from credentials.people import Person, check_digits
from issuers.models import Arrondissement, Membership, Role
from passport import cards, consents, desk, joining, looks
from passport.models import Card, Consent, Learner, Look

if TYPE_CHECKING:
    from .seed import Story

NAME_LATIN, NAME_ARABIC, BORN = "Aïcha Oubella", "عائشة أوبلا", 1957
_BODY = "40719358"
NUMBER = _BODY + check_digits(_BODY)
PIN = "135790"
#: What the clerk put into her passport, and what still waits for her on paper.
CLAIMED, WAITING = "C01", "C08"
#: And what came to her on a slip of paper.
ON_A_SLIP = "C20"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardToTry:
    """What a visitor types."""

    name: str
    number: str
    pin: str


def tell(story: "Story") -> None:
    """Three weeks ago at the desk of the provider whose staff sign in."""
    held = Membership.objects.filter(role=Role.CLERK, issuer__isnull=False).select_related("person", "issuer")
    membership = held.first()
    if membership is None or membership.issuer is None:
        return
    moment = _office_hour(story.now - timedelta(days=21))
    clerk, house = membership.person, membership.issuer
    aicha = Learner.objects.create_user(
        passport_number=NUMBER,
        name_latin=NAME_LATIN,
        name_arabic=NAME_ARABIC,
        language="ar",
        birth_year=BORN,
        arrondissement=Arrondissement.objects.get(name_fr="Sidi Moumen"),
        gender="f",
        joined_at=moment,
    )
    for purpose in desk.ASKED[:3]:
        consents.give(
            learner=aicha,
            purpose=purpose,
            language="ar",
            channel=Consent.Channel.DESK.value,
            by=clerk,
            house=house,
            now=moment,
        )
    acted = Look.Act.DESK_ACTED
    looks.note(learner=aicha, act=acted, by=clerk, house=house, what="desk-new", now=moment)
    after = moment + timedelta(minutes=4)
    cards.issue(learner=aicha, by=clerk, house=house, language="ar", now=after, pin=PIN)
    looks.note(learner=aicha, act=acted, by=clerk, house=house, what="desk-card", now=after)
    woman = Person(name_latin="Aicha Oubella", name_arabic=NAME_ARABIC)
    story.award(story.one(CLAIMED, 60, woman), 9_001)
    story.award(story.one(WAITING, 30, woman), 9_002)
    earlier = Credential.objects.get(achievement__code=CLAIMED, name_latin=woman.name_latin)
    later = after + timedelta(minutes=3)
    desk.claim(learner=aicha, credential_id=earlier.pk, by=clerk, house=house, now=later)
    _bring_a_slip(story, aicha, woman, by=clerk)


def _bring_a_slip(story: "Story", aicha: Learner, woman: Person, *, by: Learner) -> None:
    """A course gave her a slip of paper with a certificate; she has scanned it at the desk since."""
    story.award(story.one(ON_A_SLIP, 12, woman), 9_003)
    credential = Credential.objects.get(achievement__code=ON_A_SLIP, name_latin=woman.name_latin)
    moment = _office_hour(story.now - timedelta(days=11))
    (printed,) = paperslips.of_batch(batch=credential.award.batch, by=by, now=moment)
    slip = paperslips.find(text=printed.code)
    joining.take_slip(slip=slip, learner=aicha, now=moment + timedelta(hours=1))


def _office_hour(moment: datetime) -> datetime:
    return moment.replace(hour=10, minute=5, second=0, microsecond=0)


def card_to_try() -> CardToTry | None:
    """Aïcha's card, while it is the one of the demo; none in a real city."""
    card = Card.objects.filter(
        learner__passport_number=NUMBER, learner__name_latin=NAME_LATIN, replaced_at__isnull=True
    ).first()
    return CardToTry(name=NAME_LATIN, number=NUMBER, pin=PIN) if card else None
