"""The sentences about what she brought: where it stands, or why it is not kept and what she can do."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .importing import Answer
from .models import Import

Sentence = str | Promise
Standing = Import.Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """How it looks: ``tone`` is its colour, ``seal`` its shape, ``tag`` one word on a line of a list.

    ``way`` names the address of the way on, ``label`` what its button says.
    """

    tone: str
    seal: str
    icon: str
    tag: Sentence
    headline: Sentence
    sentence: Sentence
    way: str = ""
    label: Sentence = ""


LOOKING = Face(
    tone="far",
    seal="clock",
    icon="clock",
    tag=_("we are looking"),
    headline=_("We are looking at it"),
    sentence=_("This takes a few seconds, longer if another site is slow. You may close this page."),
)
STANDINGS: dict[str, Face] = {
    Standing.GENUINE: Face(
        tone="far",
        seal="valid",
        icon="tick",
        tag=_("genuine"),
        headline=_("Genuine"),
        sentence=_("It is what its issuer signed, and it holds."),
    ),
    Standing.EARLY: Face(
        tone="age",
        seal="not-yet",
        icon="calendar",
        tag=_("not valid yet"),
        headline=_("Genuine, not yet valid"),
        sentence=_("It is what its issuer signed. It begins on a later day."),
    ),
    Standing.EXPIRED: Face(
        tone="age",
        seal="expired",
        icon="clock",
        tag=_("expired"),
        headline=_("Genuine, expired"),
        sentence=_("It is what its issuer signed, and the day until which it held is over."),
    ),
    Standing.SUSPENDED: Face(
        tone="age",
        seal="suspended",
        icon="pause",
        tag=_("suspended"),
        headline=_("Genuine, suspended by its issuer"),
        sentence=_("Its issuer has suspended it for now. Ask them why, then check again."),
    ),
    Standing.REVOKED: Face(
        tone="off",
        seal="revoked",
        icon="stop",
        tag=_("revoked"),
        headline=_("Revoked by its issuer"),
        sentence=_("It was genuine, and its issuer has taken it back. Ask them why."),
    ),
    Standing.UNCHECKED: Face(
        tone="far",
        seal="unknown",
        icon="question",
        tag=_("not checked to the end"),
        headline=_("Could not be checked to the end"),
        sentence=_("Something could not be found out, so it counts for nothing yet. Check again later."),
    ),
    Standing.BROKEN: Face(
        tone="off",
        seal="broken",
        icon="warn",
        tag=_("does not verify"),
        headline=_("It does not verify any more"),
        sentence=_("The last check found a fault. Ask its issuer for a new one."),
    ),
}
ANSWERS: dict[str, Face] = {
    Answer.UNREADABLE: Face(
        tone="far",
        seal="unknown",
        icon="question",
        tag=_("not readable"),
        headline=_("We cannot read a certificate in this"),
        sentence=_(
            "Bring the file that you were given, or its link. A photo of a code is read by your browser: "
            "allow scripts for this page, or open the code with your phone’s camera and paste the link here."
        ),
        way="me-imports",
        label=_("Bring it in another form"),
    ),
    Answer.BROKEN: Face(
        tone="off",
        seal="broken",
        icon="warn",
        tag=_("does not verify"),
        headline=_("It is not what its issuer signed"),
        sentence=_("It was changed, or made wrongly. Ask its issuer for it once more."),
        way="me-imports",
        label=_("Bring another"),
    ),
    Answer.UNCHECKABLE: Face(
        tone="far",
        seal="unknown",
        icon="question",
        tag=_("not checkable now"),
        headline=_("It could not be checked"),
        sentence=_("Who signed it could not be found out: their site gives no answer, or not the right one."),
        way="again",
        label=_("Try again"),
    ),
    Answer.OTHER_ADDRESS: Face(
        tone="age",
        seal="unknown",
        icon="question",
        tag=_("for another address"),
        headline=_("It was given to an address that you have not proved"),
        sentence=_("If that phone or e-mail is yours, add it and prove it. Then try again: it is kept here."),
        way="me-settings",
        label=_("Add and prove an address"),
    ),
    Answer.OTHER_NAME: Face(
        tone="age",
        seal="unknown",
        icon="question",
        tag=_("another name"),
        headline=_("It is in another name"),
        sentence=_("If it is yours, write your name in Settings as it stands there. Then try again."),
        way="me-settings",
        label=_("Change my name"),
    ),
    Answer.NOBODY: Face(
        tone="age",
        seal="unknown",
        icon="question",
        tag=_("names nobody"),
        headline=_("It does not say whom it was given to"),
        sentence=_("Anybody could bring it. You can still say what you learned, in your own words."),
        way="me-declare",
        label=_("Add what you learned"),
    ),
    Answer.NATIONAL_NUMBER: Face(
        tone="age",
        seal="unknown",
        icon="lock",
        tag=_("national number"),
        headline=_("It carries a national identity number"),
        sentence=_("No such number is kept here, for your safety. Ask its issuer for one without it."),
        way="me-imports",
        label=_("Bring another"),
    ),
    Answer.KNOWN: Face(
        tone="far",
        seal="valid",
        icon="tick",
        tag=_("here already"),
        headline=_("You have brought this one before"),
        sentence=_("It stands in your passport once."),
        way="leads-to",
        label=_("Open it"),
    ),
    Answer.RENEWED: Face(
        tone="far",
        seal="replaced",
        icon="tick",
        tag=_("renewed"),
        headline=_("It has taken the place of the earlier one"),
        sentence=_("Its issuer has given it anew. Your passport shows the newer one, and your links too."),
        way="leads-to",
        label=_("Open it"),
    ),
    Answer.FULL: Face(
        tone="age",
        seal="paused",
        icon="pause",
        tag=_("no room"),
        headline=_("Your passport is full of certificates from elsewhere"),
        sentence=_("Remove one that nobody needs any more. Then try again."),
        way="me-imports",
        label=_("See all"),
    ),
    Answer.SET_ASIDE: Face(
        tone="far",
        seal="unknown",
        icon="question",
        tag=_("set aside"),
        headline=_("We could not look at it to the end"),
        sentence=_("Its site is too slow, or it is too large to be read. Try again later."),
        way="again",
        label=_("Try again"),
    ),
    Answer.CITY_HERE: Face(
        tone="ok",
        seal="valid",
        icon="tick",
        tag=_("here already"),
        headline=_("This is a certificate of the city, and it is in your passport"),
        sentence=_("There is nothing to bring: it came by itself."),
        way="certificate",
        label=_("Open it"),
    ),
    Answer.CITY_ASKED: Face(
        tone="ok",
        seal="unknown",
        icon="question",
        tag=_("a question for you"),
        headline=_("This is a certificate of the city"),
        sentence=_("Your passport asks you whether it is yours. Say yes there, and it is filed."),
        way="me",
        label=_("Answer the question"),
    ),
    Answer.CITY_ELSEWHERE: Face(
        tone="age",
        seal="unknown",
        icon="users",
        tag=_("in another passport"),
        headline=_("This certificate of the city is in another passport"),
        sentence=_("If that passport is yours too, bring the two together."),
        way="me-merge",
        label=_("Two passports?"),
    ),
    Answer.CITY_UNCLAIMED: Face(
        tone="age",
        seal="unknown",
        icon="question",
        tag=_("for another address"),
        headline=_("This certificate of the city was sent to another address"),
        sentence=_("If that phone or e-mail is yours, add it and prove it. A desk of the city helps too."),
        way="me-settings",
        label=_("Add and prove an address"),
    ),
    Answer.CITY_RECORD: Face(
        tone="ok",
        seal="valid",
        icon="tick",
        tag=_("of the city"),
        headline=_("This record was made by the city"),
        sentence=_("Those of its certificates that were sent to your address in your name are filed."),
        way="me",
        label=_("My passport"),
    ),
    Answer.CITY_UNKNOWN: Face(
        tone="far",
        seal="unknown",
        icon="question",
        tag=_("not known"),
        headline=_("The city has no certificate of this code"),
        sentence=_("Compare the code or the link with the paper, letter by letter."),
        way="me-imports",
        label=_("Try once more"),
    ),
}


def face_of(brought: Import, *, now: datetime) -> Face:
    """How this one looks now."""
    if brought.state == Import.State.LOOKING:
        return LOOKING
    if brought.state == Import.State.ANSWERED:
        return ANSWERS[brought.answer]
    return STANDINGS[brought.standing_at(now)]
