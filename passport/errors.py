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


class AskYourGuardian(PassportError):
    """She is under 18: nothing is shown without her guardian."""

    message = _("You are under 18: ask your guardian to share this with you.")
    status = 403


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
