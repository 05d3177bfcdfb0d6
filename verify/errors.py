"""What can go wrong before a verdict is even possible."""

from django.utils.translation import gettext_lazy as _


class VerifyError(Exception):
    """Base of every refusal of this app; ``message`` is a sentence for the reader."""

    message = _("This cannot be checked.")
    status = 422

    def __init__(self, message: object | None = None) -> None:
        super().__init__(str(message or self.message))
        if message is not None:
            self.message = message  # type: ignore[assignment]  # a lazy sentence, or a formatted one


class Malformed(VerifyError):
    """The gate refuses it before any cryptography; ``fault`` names the rule for an engineer."""

    message = _("This is not a certificate that we can read.")
    status = 400

    def __init__(self, fault: str, message: object | None = None) -> None:
        super().__init__(message)
        self.fault = fault


class TooLarge(VerifyError):
    """More bytes than the limit of its kind."""

    message = _("This file is too large to be a certificate.")
    status = 413
