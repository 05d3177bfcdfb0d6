"""What can go wrong when a person opens, fills or shows her passport."""

from django.utils.translation import gettext_lazy as _


class PassportError(Exception):
    """Base of every refusal of this app; ``message`` is a sentence for the reader."""

    message = _("This is not possible.")
    status = 422
    field = ""
    #: For how many seconds, where it is a matter of waiting.
    wait: int | None = None

    def __init__(self, message: object | None = None, *, wait: int | None = None) -> None:
        super().__init__(str(message or self.message))
        if message is not None:
            self.message = message  # type: ignore[assignment]  # a lazy sentence, or a formatted one
        if wait is not None:
            self.wait = wait


class NotYourPassport(PassportError):
    """Not found, or somebody else's: the same answer for both."""

    message = _("There is nothing here under this address.")
    status = 404


class NotWhileActing(PassportError):
    """Somebody acts for a learner and asks for a page that is hers alone."""

    message = _("This page is for the person herself. Close her passport first, or ask her to open it.")
    status = 403


class AlreadyDecided(PassportError):
    """The proposal was answered before, or the certificate has found its passport meanwhile."""

    message = _("This was answered already. Your passport shows what is in it.")
    status = 409


# -- Codes ----------------------------------------------------------------------------------------
class CodeIncomplete(PassportError):
    """Not six digits; it costs no try."""

    message = _("The code has six digits. Type all of them.")
    field = "code"


class CodeWrong(PassportError):
    """Not the code that was sent."""

    message = _("This is not the code we sent. Look again at the newest message.")
    field = "code"


class CodeTriedOut(PassportError):
    """Five tries were wrong."""

    message = _("Five tries were wrong: this code no longer holds. Ask for another.")
    field = "code"


class CodeExpired(PassportError):
    """More than ten minutes old."""

    message = _("This code is more than 10 minutes old. Ask for another.")
    field = "code"


class CodeUsed(PassportError):
    """It has led somewhere already."""

    message = _("This code was used. Ask for another.")
    field = "code"


class CodeJustSent(PassportError):
    """Asked for again within half a minute."""

    message = _("A code is on its way. If nothing comes within half a minute, ask again.")
    status = 429


class CodeNotSent(PassportError):
    """The mail server or the SMS gateway did not answer."""

    message = _("The message could not be sent. Try again in a minute.")
    status = 503
    wait = 60


class TooManyCodes(PassportError):
    """Too many codes in ten minutes, to one address or from one place."""

    message = _("Too many codes were asked for. Wait ten minutes, then ask again.")
    status = 429


class TooManyCodesToday(TooManyCodes):
    """Too many codes to one address in a day."""

    message = _("Too many codes were sent to this address today. Try again tomorrow.")


# -- Accounts -------------------------------------------------------------------------------------
class TooManyAddresses(PassportError):
    """A passport is reached by ten addresses at most."""

    message = _("Ten addresses are enough. Remove one before you add another.")
    field = "address"


class TooManyPassports(PassportError):
    """One address opens thirty passports at most."""

    message = _("Too many passports are open with this address. Use another phone or e-mail.")


class LastAddress(PassportError):
    """Without an address nobody could come back in."""

    message = _("This is your only address: without it you could not come back in. Add another first.")


class LastFactor(PassportError):
    """Staff keep at least one second factor."""

    message = _("This is your only second step, and your role needs one. Add another first.")


class SecretUnreadable(PassportError):
    """A sealed secret does not open: the product's secret key is another, or somebody changed the row."""

    message = _("Your second factor cannot be read here. Tell the operator.")
    status = 503


# -- Erasing --------------------------------------------------------------------------------------
class NothingNamed(PassportError):
    """A form without a choice."""

    message = _("Choose first what is meant.")
    field = "chosen"


class StillStaff(PassportError):
    """Whoever works for a provider or the city keeps a passport until she has left."""

    message = _("You work for a provider or the city. Ask its owner to take you off first, then close it.")
    status = 409


# -- Families -------------------------------------------------------------------------------------
class TooYoungAlone(PassportError):
    """Under 12 nobody opens a passport alone."""

    message = _(
        "Under 12, a parent or guardian opens the passport: she opens her own, then adds the child under "
        "Family. A desk of the city helps too."
    )
    field = "birth_year"


class AgeFixed(PassportError):
    """A year of birth by which somebody answers for somebody is changed by a clerk."""

    message = _("Somebody answers for somebody by this year. A desk of the city changes it.")
    field = "birth_year"


class AnswersForChildren(PassportError):
    """A guardian is of age, so her year of birth does not make her a minor."""

    message = _("She answers for children, so she is of age. End that first, under Family.")
    field = "birth_year"
    status = 409


class NotAMinor(PassportError):
    """Guardians answer for minors alone."""

    message = _("Guardians answer for people under 18. Whoever is older opens her own passport.")
    field = "birth_year"


class NotOfAge(PassportError):
    """Whoever answers for a minor is of age, and has said so."""

    message = _("Whoever answers for a child is of age. Give your own year of birth.")
    field = "own_birth_year"


class UnknownNumber(PassportError):
    """No passport has this number, or a digit is wrong."""

    message = _("No passport has this number. Look at the card again: ten digits.")
    field = "number"


class GuardianAlready(PassportError):
    """The two are linked already, or are one person."""

    message = _("This guardian answers for this child already.")
    status = 409


class TooManyWards(PassportError):
    """One person answers for so many minors at most."""

    message = _("You answer for thirty children already. A desk of the city helps with more.")


class TooManyRequests(PassportError):
    """Three guardians are asked in a day at most."""

    message = _("You have asked three times today. Ask again tomorrow, or go to a desk together.")
    status = 429
    wait = 86_400


class OwnAddress(PassportError):
    """A minor asks herself."""

    message = _("This is your own address too. Name another of your guardian’s, or go to a desk together.")
    field = "address"


class GuardianNeeded(PassportError):
    """A minor shares nothing before a guardian says yes."""

    message = _("Until you are 18, a guardian says yes before you share. Ask yours under Family.")
    status = 403


class AssentNeeded(PassportError):
    """From 12 on she says yes herself too."""

    message = _("The guardian has said yes. From 12 years on, the young person says yes too, under Family.")
    status = 403


# -- Two passports of one person ------------------------------------------------------------------
class SamePassport(PassportError):
    """Both are one."""

    message = _("This is the passport you are in. Name an address of the other one.")
    field = "address"


class NotOnePerson(PassportError):
    """Their names, years of birth or families say that they are two people."""

    message = _(
        "The names or the years of birth of these two passports differ. If both are yours, write the name "
        "the same way in both, or go to a desk."
    )


class BoundPassport(PassportError):
    """The other passport has roles or a second step, which a code does not open."""

    message = _(
        "The other passport has a role or a second step. Sign in to that one, and bring this one into it."
    )


class MinorsByGuardian(PassportError):
    """A minor's passports are brought together by her guardian."""

    message = _("Until you are 18, your guardian does this: she opens your passport under Family.")
    status = 403


# -- Coming back after a long time ----------------------------------------------------------------
class NotRecognised(PassportError):
    """Neither the year of birth nor the number of this passport."""

    message = _("This does not fit this passport. Look again, or choose “None of these is me”.")
    field = "fact"


class DoubtedTooOften(PassportError):
    """Three answers were wrong: this address alone opens this passport no more."""

    message = _(
        "Three answers were wrong. Come in with another phone or e-mail of yours, or go to a desk with your "
        "card."
    )
    field = "fact"
    status = 429


# -- Declared learning ----------------------------------------------------------------------------
class TitleMissing(PassportError):
    """A declaration says at least what it is about."""

    message = _("Say in a few words what you learned or did.")
    field = "title"


class EndedBeforeItBegan(PassportError):
    """The end lies before the beginning."""

    message = _("This ends before it begins. Look at the two dates again.")
    field = "ended"


class InTheFuture(PassportError):
    """A month that has not come."""

    message = _("This month has not come yet. Declare what has begun; leave the end empty while it goes on.")

    def __init__(self, *, field: str) -> None:
        super().__init__()
        self.field = field


class BeforeBirth(PassportError):
    """Earlier than the year in which she says she was born."""

    message = _("This is earlier than your year of birth. Look at the year again.")
    field = "began"


class EvidenceNotSafe(PassportError):
    """A link that is no https link."""

    message = _("A link begins with https://. Copy the whole of it, or leave this empty.")
    field = "evidence"


class TooManyDeclarations(PassportError):
    """A passport holds 200 declared lines at most."""

    message = _("Two hundred declared lines are enough. Remove one before you add another.")


# -- Brought from elsewhere -------------------------------------------------------------------------
class NothingBrought(PassportError):
    """Neither a file nor a text."""

    message = _("There is nothing here yet. Choose a file, or paste a link.")
    field = "text"


class BroughtTooLarge(PassportError):
    """More bytes than any certificate has."""

    message = _("This file is too large to be a certificate. A certificate has at most 2 MB.")
    field = "file"


class TooManyImports(PassportError):
    """A passport holds 100 documents of others, and 20 MB of them, at most."""

    message = _("Your passport is full of certificates from elsewhere. Remove one before you bring another.")


class StillLooking(PassportError):
    """So many are looked at already."""

    message = _("Five are being looked at already. Bring this one when they are done.")
    status = 429
    wait = 10


# -- Pathways -------------------------------------------------------------------------------------
class NoSuchPathway(PassportError):
    """No pathway is published, or waits, under this address."""

    message = _("There is no such pathway.")
    status = 404


class PathwayIncomplete(PassportError):
    """Without a text in both languages, or without steps."""

    message = _("A pathway has a title and a text in both languages, and at least two steps.")


class PathwayChanged(PassportError):
    """Somebody else decided or wrote meanwhile."""

    message = _("Somebody has decided about this pathway meanwhile. Reload the page.")
    status = 409


class OwnPathway(PassportError):
    """Four eyes: whoever proposed cannot publish."""

    message = _("Another person must publish what you proposed.")
    status = 403


# -- Sharing --------------------------------------------------------------------------------------
class NothingChosen(PassportError):
    """A presentation without an entry."""

    message = _("Choose at least one entry.")
    field = "entries"


class TooManyChosen(PassportError):
    """A presentation of more than fifty entries."""

    message = _("Fifty entries are enough for one link. Leave some out.")
    field = "entries"


class TooManyShares(PassportError):
    """Fifty links lead to one passport at most."""

    message = _("Fifty links lead to your passport already. Withdraw one that nobody needs any more.")


class NoPublicPageYet(PassportError):
    """A public page is for adults who decide for themselves."""

    message = _("A public page is for people from 18 on, who open it themselves.")
    status = 403


class ShareIsOver(PassportError):
    """It was withdrawn: another one is made, none is brought back."""

    message = _("This link was withdrawn, and stays so. Share anew to give a new one.")
    status = 409


class LinkUnreadable(PassportError):
    """The sealed token does not open: the product's secret key is another one now."""

    message = _("This link still works, and can no longer be shown here. Withdraw it and share anew.")
    status = 503


class LeadsNowhere(PassportError):
    """Withdrawn, or never there: the same answer for both."""

    message = _("This link no longer leads anywhere. Ask the person for a new one.")
    status = 404


class LinkHasExpired(PassportError):
    """The day that she set is over."""

    message = _(
        "The person shared this until a day that is over. That says nothing about the certificates. "
        "Ask the person for a new link."
    )
    status = 410


# -- Cards and desks --------------------------------------------------------------------------------
class CardUnknown(PassportError):
    """No card has this code."""

    message = _("This is no card of ours. Ask at a desk for a new one.")
    status = 404


class CardReplaced(PassportError):
    """A newer card has taken its place."""

    message = _("This card was replaced and opens nothing any more. Use the newer one, or ask at a desk.")
    status = 410


class NumberSlip(PassportError):
    """The check digits say that a digit is wrong or missing."""

    message = _("A digit is wrong or missing. Look at the number on the card: it has ten digits.")
    field = "number"


class PinIncomplete(PassportError):
    """Not six digits; it costs no try."""

    message = _("The PIN has six digits. Type all of them.")
    field = "pin"


class PinWrong(PassportError):
    """Not the PIN of this card; or, by its number, no card at all."""

    message = _("This PIN is not right. After five wrong ones the card waits a quarter of an hour.")
    field = "pin"


class PinTriedOut(PassportError):
    """Five PINs were wrong."""

    message = _("Five PINs were wrong, so the card waits. Try later, or ask at a desk for a new PIN.")
    field = "pin"
    status = 429


class NotSeen(PassportError):
    """The clerk does not say that she has seen the person."""

    message = _("Tick that you see the person and her identity paper. Without that, a desk does nothing.")
    field = "seen"


class ReasonMissing(PassportError):
    """A passport is opened without card and PIN, and nobody says why."""

    message = _("Say in a few words why there is neither card nor PIN. She will read it.")
    field = "reason"


class FactWrong(PassportError):
    """What the person says about herself is not what her passport says."""

    message = _("This does not fit what her passport says. Ask her again: year of birth, or a certificate.")
    field = "fact"


class GuardianMissing(PassportError):
    """A minor's passport is opened with her guardian there, who has a passport herself."""

    message = _("Under 18 the guardian must be present. Type the number of the guardian's passport.")
    field = "guardian"


class ConsentMissing(PassportError):
    """Without this consent there is no passport."""

    message = _("Without this consent no passport can be opened. Nothing was kept.")


class NobodyFound(PassportError):
    """No passport fits what the clerk typed."""

    message = _("No passport fits. Check the number; or type the whole name and the year of birth.")


class TooManyFound(PassportError):
    """More fit than a desk is shown."""

    message = _("Too many passports fit. Type the whole name and the year of birth.")


class AlreadyElsewhere(PassportError):
    """The certificate has found a passport meanwhile, or does not fit this person."""

    message = _("This certificate cannot be filed here any more. Look at the list again.")
    status = 409


class NobodyHere(PassportError):
    """No person stands at this desk, or for too long."""

    message = _("No passport is open at this desk any more. Find the person again.")
    status = 409


class NothingToRecord(PassportError):
    """A record needs a certificate that holds."""

    message = _("There is no certificate that holds here yet, so there is no file of it.")
    status = 404


class ShowsLess(PassportError):
    """A record holds whole certificates, and this link shows less than they say."""

    message = _("This link shows only a part of each certificate, so there is no signed file of it.")
    status = 404
