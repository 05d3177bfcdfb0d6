"""What can go wrong in the register of issuers and in the key room."""

from django.utils.translation import gettext_lazy as _


class IssuersError(Exception):
    """Base of every refusal of this app; ``message`` is a sentence for the reader, in her language."""

    message = _("The register of issuers refused this.")
    status = 422

    def __init__(self, message: object | None = None) -> None:
        super().__init__(str(message or self.message))
        if message is not None:
            self.message = message  # type: ignore[assignment]  # a lazy sentence, or a formatted one


class NotAllowed(IssuersError):
    """The person has no role that permits the act."""

    message = _("Your role does not allow this.")
    status = 403


class SamePerson(IssuersError):
    """Four eyes: whoever proposed cannot approve."""

    message = _("Another person must approve what you proposed.")
    status = 403


class WrongState(IssuersError):
    """The act does not fit the present state."""

    message = _("This is not possible in the present state. Reload the page to see what has changed.")
    status = 409


class IssuerSuspended(IssuersError):
    """The issuer, or its mandate for this theme, does not hold now."""

    message = _("This provider may not issue this certificate at present. Ask the city's learning office.")
    status = 409


class OutsideMandate(IssuersError):
    """The achievement is outside what the city has accredited."""

    message = _("The city has not accredited this provider for this theme on this date.")
    status = 409


class NoKeyRoom(IssuersError):
    """This process does not hold the key-encryption key, so it cannot sign."""

    message = _("This server does not sign. The signing worker does.")
    status = 503


class NoActiveKey(IssuersError):
    """The issuer has no active key of the algorithm asked for."""

    message = _("This provider has no active signing key yet.")
    status = 409


class AlreadyMember(IssuersError):
    """The person already has that role there."""

    message = _("This person already has this role.")
    status = 409


class LastOwner(IssuersError):
    """An issuer keeps at least one owner."""

    message = _("A provider needs at least one owner. Name another first.")
    status = 409


class SealBroken(NoKeyRoom):
    """A sealed key does not open: another key-encryption key, or a row that somebody changed."""

    message = _("A signing key cannot be opened here. Tell the operator. Nothing is lost meanwhile.")


class TokenAway(NoKeyRoom):
    """The token that holds the key-encryption key is not there, locked, or not what it should be."""

    message = _(
        "The device that guards the keys cannot be used. Tell the operator. Nothing is lost meanwhile."
    )


class TooYoung(IssuersError):
    """A successor has not been published for long enough: somebody's cache may not know it yet."""

    message = _("The next key has not been published long enough. Wait, or say that it cannot wait.")
    status = 409


class TooEarly(IssuersError):
    """The second person still has time to answer."""

    message = _("The second person has fifteen minutes to answer. After that one person may act alone.")
    status = 409


class BadEntry(IssuersError):
    """What was to be entered in the register is incomplete or contradicts itself."""

    message = _("Some of this is missing or does not fit. Check the names, the theme and the dates.")


class AlreadyRegistered(IssuersError):
    """The short name, or the mandate of that day, is in the register already."""

    message = _("This is in the register already. Choose another short name or another first day.")
    status = 409


class TooOften(IssuersError):
    """Too much of it in a short time; ``wait`` is in seconds."""

    message = _("This was asked for too often in a short time. Wait a minute, then try again.")
    status = 429

    def __init__(self, *, wait: int) -> None:
        super().__init__()
        self.wait = wait


class NotFound(IssuersError):
    """There is nobody and nothing of this name."""

    message = _("There is nothing in the register under this name.")
    status = 404


# -- Hosts of others ------------------------------------------------------------------------------
class OutboundError(IssuersError):
    """Base of what can go wrong with a host of others; what it says is never repeated to anybody."""

    message = _("The other side did not answer as it should.")


class AddressRefused(OutboundError):
    """An address in a form that is never asked."""

    message = _(
        "Give a whole address that begins with https:// and names its host by name: no numbers, no user "
        "name, no other port, only Latin letters (xn--… for other scripts)."
    )


class HostUnknown(OutboundError):
    """The name of the host leads to no address."""

    message = _("No machine is known under this name.")


class AddressNotPublic(OutboundError):
    """The name leads into a private network, or to this machine."""

    message = _("This name leads into a private network. We speak only to machines that everybody can reach.")


class HostUnreachable(OutboundError):
    """No connection could be made."""

    message = _("Nobody answers there: no connection could be made.")


class TlsRefused(OutboundError):
    """The other side cannot show that it is who it should be."""

    message = _("The connection is not safe: the TLS certificate there is not valid for this name.")


class AnswerTooSlow(OutboundError):
    """The time was up before the answer was whole."""

    message = _("The answer took too long.")


class AnswerTooLarge(OutboundError):
    """The answer is larger than what is read."""

    message = _("The answer is larger than what we read.")


class AnswerUnreadable(OutboundError):
    """The answer is compressed, cut off or no HTTP."""

    message = _("The answer cannot be read: it is compressed, cut off or broken.")


class Redirected(OutboundError):
    """The answer leads elsewhere, where we do not go."""

    message = _("The answer leads on to another address, and we follow none. Enter the final address.")


class NotTrusted(IssuersError):
    """What should lead back to a pinned root does not; ``reason`` is the rule that it breaks."""

    message = _("The city's key directory cannot be relied on at present. Try again in a minute.")
    status = 503

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class NoDelegation(IssuersError):
    """The city's root has not said, or no longer says, that this directory key signs the directory."""

    message = _("The city's root has not delegated to this directory key. See “manage.py root status”.")
    status = 503


class BadDelegationRequest(IssuersError):
    """A delegation request is damaged, or asks for what no root signs."""

    message = _("This request is damaged, or its dates do not fit this machine's clock. Make a new one.")


class RootClosed(IssuersError):
    """A root key's file does not open."""

    message = _("This root key does not open. Check the file and its passphrase.")


class WeakPassphrase(IssuersError):
    """The passphrase would not hold for as long as the root lives."""

    message = _("This passphrase is too short. Take at least twenty characters, such as six random words.")


class FileThere(IssuersError):
    """Nothing is written over a file that may be a key."""

    message = _("There is a file of this name already. Choose another name.")
    status = 409


class LogBroken(IssuersError):
    """What the audit log's tables hold is not what its last checkpoint signed."""

    message = _("The audit log was changed behind our back. Nothing is sealed until somebody has looked.")
    status = 500
