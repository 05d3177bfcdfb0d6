"""What can go wrong when a person opens, fills or shows her passport."""

from django.utils.translation import gettext_lazy as _


class PassportError(Exception):
    """Base of every refusal of this app; ``message`` is a sentence for the reader."""

    message = _("This is not possible.")
    status = 422

    def __init__(self, message: object | None = None) -> None:
        super().__init__(str(message or self.message))
        if message is not None:
            self.message = message  # type: ignore[assignment]  # a lazy sentence, or a formatted one


class NotYourPassport(PassportError):
    """Not found, or somebody else's: the same answer for both."""

    message = _("There is nothing here under this address.")
    status = 404


class AlreadyDecided(PassportError):
    """The proposal was answered before."""

    message = _("You have already answered this.")
    status = 409
