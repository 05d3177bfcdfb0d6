"""The outbox: messages written in the transaction that they tell of, delivered afterwards, at least once."""

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from issuers import doorbell, storing
from issuers.models import Issuer, random_token

from . import messengers, portions
from .errors import NotSentYet, NotUndelivered, NotYours
from .models import AddressKind, Award, Batch, Endpoint, Message, StatusChange
from .portions import Result

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
PORTION = 100
#: A slow gateway: what is not tried by then goes back, well before somebody else would take it.
PATIENCE = timedelta(minutes=1)
State = Message.State
_FIELDS = (
    *("id", "kind", "credential_id", "dedupe", "channel", "to", "language"),
    *("state", "attempts", "not_before", "created_at", "last_error"),
)
#: What sending reads: nothing of the certificate itself, which is large.
_NEEDED = (
    *("kind", "channel", "to", "language", "state", "attempts", "created_at"),
    *("credential__issuer__name_fr", "credential__issuer__name_ar"),
    *("endpoint__url", "endpoint__stopped_why", "endpoint__issuer__name_fr", "endpoint__issuer__name_ar"),
)
CHANNELS = {AddressKind.EMAIL.value: Message.Channel.EMAIL, AddressKind.PHONE.value: Message.Channel.SMS}


def enqueue_issued(
    rows: Iterable[Award],
    *,
    now: datetime,
    kind: Message.Kind = Message.Kind.ISSUED,
    after: timedelta = timedelta(),
) -> None:
    """One message for each issued row whose person has a phone or an e-mail, to leave ``after`` some time."""
    due = now + after
    storing.insert(
        Message,
        fields=_FIELDS,
        rows=[
            (
                *(random_token(), kind.value, row.credential_id, "issued"),
                *(CHANNELS[row.address_kind].value, row.address, row.language),
                *(State.PENDING.value, 0, due, now, ""),
            )
            for row in rows
            if row.address_kind in CHANNELS
        ],
    )


def enqueue_stopped(endpoint: Endpoint, *, now: datetime) -> None:
    """Tell a provider, if the register has its e-mail, that an endpoint of its was switched off."""
    if not endpoint.issuer.email:
        return
    Message.objects.create(
        kind=Message.Kind.ENDPOINT,
        endpoint=endpoint,
        dedupe=f"stopped-{now.isoformat()}",
        channel=Message.Channel.EMAIL,
        to=endpoint.issuer.email,
        language=settings.LANGUAGE_CODE,
        not_before=now,
        created_at=now,
    )
    ring()


def enqueue_idle(*, to: str, kind: str, language: str, now: datetime) -> None:
    """Tell somebody whose passport has not been used for years, at this address, that it will be closed."""
    Message.objects.create(
        kind=Message.Kind.IDLE,
        dedupe=random_token(),
        channel=CHANNELS[kind],
        to=to,
        language=language,
        not_before=now,
        created_at=now,
    )
    ring()


def ring() -> None:
    """Wake whoever delivers, once the transaction is committed."""
    doorbell.ring("credentials.deliver_messages", queue="messages")


def enqueue_status(change: StatusChange, *, now: datetime) -> None:
    """Tell the person that the status of a certificate changed."""
    credential = change.credential
    if credential.address_kind not in CHANNELS or not credential.award.batch.notify:
        return
    Message.objects.create(
        kind=Message.Kind.STATUS,
        credential=credential,
        dedupe=f"{change.act}-{change.pk}",
        channel=CHANNELS[credential.address_kind],
        to=credential.address,
        language=credential.award.language,
        not_before=now,
        created_at=now,
    )
    ring()


# -- On their way ---------------------------------------------------------------------------------
def deliver_due(*, now: datetime) -> int:
    """Send a portion of what is due and ring for the rest; returns how many went out.

    What the address refuses for good ends as bounced. Any other failure waits twice as long each time, then
    stays so.
    """
    portion = _take(now=now)
    if not portion:
        return 0
    results = _send(portion)
    left = {message.pk for message in portion} - {result.id for result in results}
    portions.settle(
        Message.objects.all(), results, left=left, wait=lambda tried: timedelta(minutes=2**tried), now=now
    )
    if portions.due(Message.objects.all(), now=now).exists():
        ring()
    return sum(result.state == State.SENT for result in results)


def _take(*, now: datetime) -> list[Message]:
    ids = portions.take(Message.objects.order_by("not_before"), most=PORTION, now=now)
    mine = Message.objects.filter(pk__in=ids).select_related("credential__issuer", "endpoint__issuer")
    return list(mine.order_by("created_at").only(*_NEEDED))


def _send(portion: Sequence[Message]) -> list[Result]:
    """Try one after the other, for as long as they are surely this worker's."""
    results: list[Result] = []
    until = time.monotonic() + PATIENCE.total_seconds()  # a lease, not a date
    with messengers.Post() as post:
        for message in portion:
            if time.monotonic() > until:
                break
            results.append(_try(message, post))
    return results


def _try(message: Message, post: messengers.Post) -> Result:
    state, why = State.SENT.value, ""
    try:
        with translation.override(message.language):
            subject, body = _words(message)
            if message.channel == Message.Channel.EMAIL:
                post.send_email(to=message.to, subject=subject, text=body, reference=message.pk)
            else:
                post.send_sms(to=message.to, text=body, reference=message.pk)
    except messengers.Refused as error:
        state, why = State.BOUNCED.value, type(error.__cause__ or error).__name__
        log.info("message refused by its address", extra={"message_id": message.pk, "error": why})
    except Exception as error:  # noqa: BLE001  # whatever a gateway does, the others' messages still go out
        state = portions.after_failure(attempts=message.attempts, most=MAX_ATTEMPTS)
        why = type(error).__name__
        log.warning("message not sent", extra={"message_id": message.pk, "error": why})
    return Result(message.pk, state, message.attempts, why)


# -- What became of them --------------------------------------------------------------------------
def record_receipt(*, message_id: str, state: str, now: datetime) -> Message:
    """Note what a gateway says of a message that was sent: delivered, or bounced, which is the last word.

    The same receipt again changes nothing. Raises NotYours for a message that is not there, NotSentYet for
    one that is not out.
    """
    before = (State.SENT, State.DELIVERED) if state == State.BOUNCED else (State.SENT,)
    Message.objects.filter(pk=message_id, state__in=before).update(state=state, settled_at=now)
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise NotYours
    if message.state in (State.PENDING, State.FAILED):
        raise NotSentYet
    return message


def resend(*, message: Message, now: datetime) -> None:
    """Put a message that did not arrive in line once more. Raises NotUndelivered for any other."""
    if not _again(Message.objects.filter(pk=message.pk), now=now):
        raise NotUndelivered


def resend_failed(*, batch: Batch, now: datetime) -> int:
    """Put all messages of a list that did not arrive in line once more; returns how many."""
    return _again(Message.objects.filter(credential__award__batch=batch), now=now)


def resend_all(*, issuers: Iterable[Issuer] | None, now: datetime) -> int:
    """Put all messages of these providers (or of the city) that did not arrive in line once more."""
    return _again(undelivered(issuers=issuers), now=now)


def of_issuers(*, issuers: Iterable[Issuer] | None) -> QuerySet[Message]:
    """The messages of these providers, or of the whole city (``None``), the newest first."""
    found = Message.objects.exclude(kind=Message.Kind.IDLE).order_by("-created_at", "pk")
    if issuers is None:
        return found
    ids = [issuer.pk for issuer in issuers]
    return found.filter(Q(credential__issuer__in=ids) | Q(endpoint__issuer__in=ids))


def undelivered(*, issuers: Iterable[Issuer] | None) -> QuerySet[Message]:
    """Those that did not arrive, that nobody let go, and that still have somebody to arrive at."""
    return portions.undelivered(of_issuers(issuers=issuers)).filter(credential__erased_at__isnull=True)


def _again(messages: QuerySet[Message], *, now: datetime) -> int:
    again = portions.again(messages.filter(credential__erased_at__isnull=True), now=now)
    if again:
        ring()
    return again


def _words(message: Message) -> tuple[str, str]:
    """Subject and body in the active language; nothing personal in them, only the provider and the link."""
    if message.kind == Message.Kind.IDLE:
        return _of_an_idle_passport()
    if message.endpoint is not None:
        return _of_an_endpoint(message.endpoint)
    if message.credential is None:  # a constraint of the database: a message is about one of these
        raise ValueError("a message about nothing")
    issuer, link = message.credential.issuer.name, f"{settings.BASE_URL}/me/"
    if message.kind == Message.Kind.ISSUED:
        return (
            _("A certificate is waiting for you"),
            _("%(issuer)s has issued a certificate to you. See it and keep it in your passport: %(link)s")
            % {"issuer": issuer, "link": link},
        )
    if message.kind == Message.Kind.RENEWED:
        return (
            _("A certificate of yours was signed anew"),
            _(
                "%(issuer)s has signed a certificate of yours anew. Nothing in it has changed. "
                "If you printed it, print it again: %(link)s"
            )
            % {"issuer": issuer, "link": link},
        )
    return (
        _("The status of a certificate has changed"),
        _("The status of a certificate from %(issuer)s has changed. See it in your passport: %(link)s")
        % {"issuer": issuer, "link": link},
    )


def _of_an_idle_passport() -> tuple[str, str]:
    return (
        _("Your learner passport is about to be closed"),
        _(
            "You have not opened your learner passport for three years. It will be closed in 90 days. "
            "To keep it, sign in once: %(link)s"
        )
        % {"link": f"{settings.BASE_URL}/me/"},
    )


def _of_an_endpoint(endpoint: Endpoint) -> tuple[str, str]:
    return (
        _("A webhook was switched off"),
        _(
            "Nothing is sent to %(host)s any more, where %(issuer)s wants to be told what happens. "
            "The reason: %(why)s. Mend it and switch it on again: %(link)s"
        )
        % {
            "host": endpoint.host,
            "issuer": endpoint.issuer.name,
            "why": endpoint.get_stopped_why_display(),
            "link": f"{settings.BASE_URL}/teach/webhooks/",
        },
    )
