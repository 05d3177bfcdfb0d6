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
    "link-unreachable": _("Nothing was found behind this link. Download the file there, and choose it here."),
    "link-too-large": _("What lies behind this link is larger than any certificate."),
    "image-without-credential": _(
        "This picture carries no certificate. Ask for the file, or type the short code."
    ),
    "pdf-without-credential": _(
        "This PDF carries no certificate. Ask for the original file, or type the short code."
    ),
    "picture": _(
        "This is a picture, and pictures are read in your browser alone. Allow scripts for this page, choose "
        "it again, or photograph the square code closer; or type the short code."
    ),
    "empty-file": _("This file is empty. Ask for it once more."),
    "set-aside": _("This could not be checked here, and we have set it aside. Check it by itself."),
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


# -- The bench: many at once ----------------------------------------------------------------------
class BenchEmpty(VerifyError):
    """Nothing was handed over."""

    message = _("There is nothing to check yet. Choose files, or paste links and codes, one a line.")


class BenchTooMany(VerifyError):
    """More items than a bench takes."""

    message = _("These are more than 200. Divide them: the next 200 may follow at once.")
    status = 413


class BenchTooLarge(VerifyError):
    """More bytes than a bench takes."""

    message = _("These files have more than 60 MB together. Divide them: the others may follow at once.")
    status = 413


class BenchFull(VerifyError):
    """Too much is waiting already."""

    message = _("Many certificates are being checked at this moment. Hand these over again in a minute.")
    status = 503
    wait = 60


class BenchGone(VerifyError):
    """There is no such bench, or there was."""

    message = _("There is nothing here: what is checked here is forgotten after one hour.")
    status = 404


class BenchUnfinished(VerifyError):
    """Something of the bench is still being checked."""

    message = _("Not all of it is checked yet. Wait for the end, then ask for the receipt.")
    status = 409


class ReceiptRefused(VerifyError):
    """A receipt that is none, or not as it was signed; ``fault`` names the rule for an engineer."""

    message = _("This is not a receipt of this city, or it was changed.")

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault
