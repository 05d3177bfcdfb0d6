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


#: What to do about a fault, where the general sentence would leave the reader alone with it.
REMEDIES = {
    "empty": _("There is nothing to check yet. Paste a link, a code or a certificate, or choose a file."),
    "unknown-form": _(
        "This is not a certificate that we can read. Paste its link, its short code or its file."
    ),
    "foreign-link": _("This link leads to another site. Paste a link that begins with this site's address."),
    "image-without-credential": _(
        "This picture carries no certificate. Ask for the file, or type the short code."
    ),
    "pdf-without-credential": _(
        "This PDF carries no certificate. Ask for the original file, or type the short code."
    ),
    "pdf-unreadable": _("This PDF cannot be opened. Ask for the original file, or type the short code."),
}


class Malformed(VerifyError):
    """The gate refuses it before any cryptography; ``fault`` names the rule for an engineer."""

    message = _("This is not a certificate that we can read.")
    status = 400

    def __init__(self, fault: str, message: object | None = None) -> None:
        super().__init__(message or REMEDIES.get(fault))
        self.fault = fault


class TooLarge(Malformed):
    """More bytes than the limit of its kind."""

    message = _("This file is too large to be a certificate. A certificate has at most 2 MB.")
    status = 413


class NotKnown(VerifyError):
    """No certificate stands behind this link or short code."""

    message = _("No certificate has this code or link. Compare it with the paper, letter by letter.")
    status = 404


class TooMany(VerifyError):
    """Too many checks from one place in a short time; ``wait`` is in seconds."""

    message = _("Too many checks came from here. Wait a minute, then try again.")
    status = 429

    def __init__(self, *, wait: int) -> None:
        super().__init__()
        self.wait = wait
