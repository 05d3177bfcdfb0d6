"""What can go wrong between an award and the certificate that comes of it."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _


class CredentialsError(Exception):
    """Base of every refusal of this app: ``message`` is for the reader, ``field`` says where it belongs."""

    message = _("This certificate cannot be issued as it is.")
    status = 422
    code = "refused"

    def __init__(self, message: object | None = None, *, field: str = "") -> None:
        super().__init__(str(message or self.message))
        self.field = field
        if message is not None:
            self.message = message  # type: ignore[assignment]  # a lazy sentence, or a formatted one


class BadAward(CredentialsError):
    """The instruction itself is wrong: a name, an address, a date."""

    message = _("Something in this award is not right. Mend the field that is marked.")
    code = "bad-award"


class KeyMissing(CredentialsError):
    """A program asked for something that must not happen twice, and sent no key, or one that is none."""

    message = _(
        "Send the header Idempotency-Key with 1 to 100 characters: new for each request, "
        "the same when a request is repeated."
    )
    status = 400
    code = "key-missing"


class KeyReused(BadAward):
    """The key belongs to another request."""

    message = _("This request number was used for another award. Start again.")
    code = "key-reused"


class StillRestoring(CredentialsError):
    """The city's records were restored from a backup, and this part of the list is being signed first."""

    message = _("After a repair this list's certificates are prepared first. Try again in a few minutes.")
    status = 409
    code = "still-restoring"


class ListRefused(CredentialsError):
    """A list that cannot be read at all; ``code`` says why, ``anchor`` names it in a problem document."""

    message = _("This list cannot be read.")
    code = "list"

    def __init__(self, code: str = "list", message: object | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.anchor = f"list-{code}"
        self.status = 413 if code == "too-large" else 422


class LintFailed(CredentialsError):
    """The composed document breaks a rule of our issuing profile; nothing was signed."""

    message = _("The certificate was not signed, because it would break a rule of the format.")
    code = "lint"


class QrTooDense(CredentialsError):
    """The printed code would be too dense to scan (QR version above 13)."""

    message = _("The name is too long for the printed code. Write it shorter, as on an identity card.")
    code = "qr-too-dense"


class DuplicateAward(CredentialsError):
    """The same achievement was already awarded to the same person on the same day."""

    message = _("This person already has this certificate for this date.")
    status = 409
    code = "duplicate"


class NobodyToIssue(CredentialsError):
    """No row of the list is right; ``rows`` are the rows as they were judged, where nothing was kept."""

    message = _("No row of this list can be issued. Mend the rows that are marked.")
    code = "nobody-to-issue"

    def __init__(self, *, rows: Sequence[Any] = ()) -> None:
        super().__init__(field="rows")
        self.rows = rows


class BatchClosed(CredentialsError):
    """The list is past the state in which this could be done to it."""

    message = _("This is no longer possible: the list, or this row, has been decided meanwhile.")
    status = 409
    code = "batch-closed"


class OrderedByYou(CredentialsError):
    """Four eyes: whoever ordered it cannot release it."""

    message = _("Another person must release what you ordered.")
    status = 403
    code = "ordered-by-you"


class AboveCap(CredentialsError):
    """More than the mandate's number a day: the city's word is needed."""

    message = _(
        "The provider has reached the number of certificates that the city allows it in a day. "
        "An approver of the city can release this, or it waits for another day."
    )
    status = 403
    code = "above-cap"


class WrongStatus(CredentialsError):
    """The act does not fit the certificate's present status."""

    message = _("This is not possible in the certificate's present state.")
    status = 409
    code = "wrong-status"


class NotYours(CredentialsError):
    """Not found, or not the caller's: the same answer for both."""

    message = _("There is nothing here under this address.")
    status = 404
    code = anchor = "not-found"


class BaseUrlChanged(CredentialsError):
    """Documents were signed under another address."""

    message = _("Certificates were signed under another address. Start with the BASE_URL they carry.")
    status = 500
    code = "base-url"


class NotSentYet(CredentialsError):
    """A receipt came for a message that has not left, or never did."""

    message = _("This message has not been sent. A receipt for it can only follow its sending.")
    status = 409
    code = "not-sent-yet"


class NotUndelivered(CredentialsError):
    """The message is on its way or has arrived."""

    message = _("Only a message that did not arrive can be sent again.")
    status = 409
    code = "not-undelivered"


class BadEndpoint(CredentialsError):
    """What was to be registered for a provider's program is incomplete."""

    message = _("Choose at least one of the events.")
    code = "bad-endpoint"


class EndpointExists(CredentialsError):
    """The provider has registered this address already."""

    message = _("This address is registered already. Remove it first, or choose another.")
    status = 409
    code = "endpoint-exists"


class TooManyEndpoints(CredentialsError):
    """The provider has as many endpoints as one may have."""

    message = _("A provider may register ten addresses. Remove one first.")
    status = 409
    code = "too-many-endpoints"


class EndpointStopped(CredentialsError):
    """The endpoint was switched off or removed; nothing is sent there."""

    message = _("This address is switched off or removed: nothing is sent there.")
    status = 409
    code = "endpoint-stopped"


class SecretUnreadable(CredentialsError):
    """The sealed secret of an endpoint does not open: the secret key of the house was changed."""

    message = _("The secret of this address cannot be read any more. Make a new one.")
    status = 409
    code = "secret-unreadable"


class NothingToPrint(CredentialsError):
    """None of the chosen certificates may be printed."""

    message = _("There is no certificate here that can be printed.")
    status = 409
    code = "nothing-to-print"


class TooManyPrints(CredentialsError):
    """The provider has as many print orders as are kept at a time."""

    message = _("Ten print orders are kept at a time. The oldest goes a day after it was ready.")
    status = 409
    code = "too-many-prints"


class PrintGone(CredentialsError):
    """The files of a print order are not there: not ready yet, or no longer kept."""

    message = _("These files are not here. They are kept for a day; order them again.")
    status = 410
    code = "print-gone"


# -- Corrections ----------------------------------------------------------------------------------
class SayWhat(CredentialsError):
    """A wish without its words, or a refusal without its reason."""

    message = _("Say in a few words what it should be.")
    code = "say-what"


class NationalNumber(CredentialsError):
    """Somebody types what looks like the number of an identity card."""

    message = _("This looks like an identity-card number. We keep none: leave it out.")
    code = "national-number"


class CannotBeCorrected(CredentialsError):
    """The certificate has ended, or its data were erased."""

    message = _("This certificate has ended. It can no longer be corrected.")
    status = 409
    code = "cannot-be-corrected"


class AlreadyAsked(CredentialsError):
    """The provider has not answered an earlier wish about this certificate."""

    message = _("You have asked already. The provider answers within ten days.")
    status = 409
    code = "already-asked"


# -- Sessions, roll-call, slips --------------------------------------------------------------------
class SessionClosed(CredentialsError):
    """The session is cancelled, over or issued: nobody is written down any more."""

    message = _("This session is closed. Ask the trainer, or look for the next one in the catalogue.")
    status = 409
    code = "session-closed"


class SessionFull(CredentialsError):
    """Every seat is taken."""

    message = _("Every seat is taken. Ask the trainer, or look for the next one in the catalogue.")
    status = 409
    code = "session-full"


class CodeChanged(CredentialsError):
    """A roll-call code that is not on the screen any more, or never was."""

    message = _("This code has changed. Scan the one that is on the screen now.")
    status = 410
    code = "code-changed"


class SeatDecided(CredentialsError):
    """A seat whose certificate was ordered: it changes no more."""

    message = _("This certificate was ordered already. Correct it under “Certificates”.")
    status = 409
    code = "seat-decided"


class SeatsUndecided(CredentialsError):
    """Some rows are wrong, or nobody has completed."""

    message = _("Mend the rows that are marked, then issue.")
    code = "seats-undecided"


class SlipUnknown(CredentialsError):
    """No slip has this code."""

    message = _("No slip has this code. Look at it again, or ask where you got it.")
    status = 404
    code = "slip-unknown"


class SlipUsed(CredentialsError):
    """The slip led into somebody's passport already."""

    message = _("This slip was used already. If it was not you, ask at the provider's desk.")
    status = 409
    code = "slip-used"


class SlipExpired(CredentialsError):
    """The slip is too old."""

    message = _("This slip is too old. Ask the provider for another.")
    status = 410
    code = "slip-expired"


class SlipEarly(CredentialsError):
    """The certificate of the slip is being signed."""

    message = _("This certificate is being prepared. Try again in a minute.")
    status = 409
    code = "slip-early"


class SeatTaken(CredentialsError):
    """She sits in this session already; the slip is somebody else's."""

    message = _("You are in this session already. This slip is for somebody else.")
    status = 409
    code = "seat-taken"


class ReviewedByYou(CredentialsError):
    """Four eyes: whoever wrote a course last or handed it in does not publish it."""

    message = _("Another person must review what you wrote or handed in.")
    status = 403
    code = "reviewed-by-you"


class AlreadyClaimed(CredentialsError):
    """The certificate is in a passport: nobody needs a message any more."""

    message = _("It is in a passport already. Nobody has to be told.")
    status = 409
    code = "already-claimed"


class SentJustNow(CredentialsError):
    """A message about this certificate left a moment ago, or several did today."""

    message = _(
        "A message about it left less than an hour ago, or three did today. Wait, or print the certificate."
    )
    status = 429
    code = "sent-just-now"


class NotEndorsable(CredentialsError):
    """One's own, not published, or of a provider that is closed."""

    message = _("This cannot be endorsed: it is your own, or it is not in the register any more.")
    status = 409
    code = "not-endorsable"


class CertificateNotEndorsable(CredentialsError):
    """One's own, or one that does not hold, or that its holder keeps private."""

    message = _(
        "This certificate cannot be endorsed: your own provider issued it, or it does not hold at present."
    )
    status = 409
    code = "certificate-not-endorsable"


class CannotEndorse(CredentialsError):
    """The endorser is suspended or closed."""

    message = _("Your provider cannot sign at present, so it cannot endorse either.")
    status = 409
    code = "cannot-endorse"


class AlreadyEndorsed(CredentialsError):
    """One living endorsement for each endorser and thing."""

    message = _("You have endorsed it already. Withdraw that first, to say it otherwise.")
    status = 409
    code = "already-endorsed"


class EndorsementWithdrawn(CredentialsError):
    """Whoever gave it has taken it back."""

    message = _("This endorsement was withdrawn by whoever gave it.")
    status = 410
    code = "endorsement-withdrawn"
