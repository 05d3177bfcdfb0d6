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
