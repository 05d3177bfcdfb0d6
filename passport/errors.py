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
class NothingChosen(PassportError):
    """A form without a choice."""

    message = _("Choose first what is meant.")
    field = "chosen"


class StillStaff(PassportError):
    """Whoever works for a provider or the city keeps a passport until she has left."""

    message = _("You work for a provider or the city. Ask its owner to take you off first, then close it.")
    status = 409
