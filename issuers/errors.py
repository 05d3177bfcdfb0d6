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
