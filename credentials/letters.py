"""Letters and text messages in words: what a mail says as text and as HTML, and what fits into an SMS.

An SMS names neither course nor provider: phones are shared, and the list of messages shows its first line.
"""

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from .models import Batch, Credential, Endpoint, Message

Kind = Message.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is said in the active language; ``short`` is the whole of it where it goes by SMS."""

    subject: str
    says: str
    link: str = ""
    action: str = ""
    code: str = ""
    short: str = ""

    @property
    def text(self) -> str:
        """The mail as plain text."""
        return "\n\n".join(part for part in (self.says, self.link, _why()) if part) + "\n"

    @property
    def html(self) -> str:
        """The same as HTML: nothing in it is fetched from anywhere, and nothing tells that it was read."""
        context = {"letter": self, "why": _why(), "language": get_language(), "rtl": get_language_bidi()}
        return render_to_string("credentials/mail/letter.html", context)


def _why() -> str:
    return _("The city of Casablanca sends this for its learner passport. Nobody ever asks you for a code.")


def about(message: Message) -> Letter:
    """What this message says, in the active language; nothing of the certificate itself."""
    if message.endpoint is not None:
        return _endpoint(message.endpoint)
    if message.batch is not None:
        return _held(message.batch)
    if message.kind == Kind.IDLE:
        return _idle()
    if message.credential is None:  # a constraint of the database: a message is about one of these
        raise ValueError("a message about nothing")
    return _certificate(message.kind, message.credential)


def of_code(digits: str) -> Letter:
    """A code to sign in."""
    says = _("%(code)s is your code for the learner passport. It holds for 10 minutes.") % {"code": digits}
    return Letter(subject=_("Your code for the learner passport"), says=says, code=digits, short=says)


def _certificate(kind: str, credential: Credential) -> Letter:
    issuer, link = credential.issuer.name, f"{settings.BASE_URL}/me/"
    if kind == Kind.ISSUED:
        return Letter(
            subject=_("A certificate is waiting for you"),
            says=_("%(issuer)s has issued a certificate to you. See it and keep it in your passport.")
            % {"issuer": issuer},
            link=link,
            action=_("Open my passport"),
            short=_("Learner passport: a certificate is waiting for you. %(link)s") % {"link": link},
        )
    if kind == Kind.RENEWED:
        return Letter(
            subject=_("A certificate of yours was signed anew"),
            says=_(
                "%(issuer)s has signed a certificate of yours anew. Nothing in it has changed. "
                "If you printed it, print it again."
            )
            % {"issuer": issuer},
            link=link,
            action=_("Open my passport"),
            short=_("Learner passport: a certificate was signed anew. %(link)s") % {"link": link},
        )
    return Letter(
        subject=_("The status of a certificate has changed"),
        says=_("The status of a certificate from %(issuer)s has changed. See it in your passport.")
        % {"issuer": issuer},
        link=link,
        action=_("Open my passport"),
        short=_("Learner passport: the status of a certificate has changed. %(link)s") % {"link": link},
    )


def _held(batch: Batch) -> Letter:
    above = batch.held_because == Batch.Held.ABOVE_CAP
    link = settings.BASE_URL + ("/city/held/" if above else "/teach/held/")
    return Letter(
        subject=_("A list waits for a second person"),
        says=_(
            "A list of %(number)s certificates of %(issuer)s waits for you. Nothing of it is signed yet. "
            "Look at it with other eyes, then release it or turn it down."
        )
        % {"number": batch.row_count, "issuer": batch.issuer.name},
        link=link,
        action=_("See what waits for you"),
        short=_("Learner passport: a list waits for you. %(link)s") % {"link": link},
    )


def _idle() -> Letter:
    link = f"{settings.BASE_URL}/me/"
    return Letter(
        subject=_("Your learner passport is about to be closed"),
        says=_(
            "You have not opened your learner passport for three years. It will be closed in 90 days. "
            "To keep it, sign in once."
        ),
        link=link,
        action=_("Open my passport"),
        short=_("Your passport will be closed in 90 days. To keep it, sign in once: %(link)s")
        % {"link": link},
    )


def _endpoint(endpoint: Endpoint) -> Letter:
    return Letter(
        subject=_("A webhook was switched off"),
        says=_(
            "Nothing is sent to %(host)s any more, where %(issuer)s wants to be told what happens. "
            "The reason: %(why)s. Mend it and switch it on again."
        )
        % {
            "host": endpoint.host,
            "issuer": endpoint.issuer.name,
            "why": endpoint.get_stopped_why_display(),
        },
        link=f"{settings.BASE_URL}/teach/webhooks/",
        action=_("Webhooks"),
    )
