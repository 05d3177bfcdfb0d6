"""The outbox: messages written in the transaction that they tell of, delivered afterwards, at least once."""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from issuers import doorbell, storing
from issuers.models import random_token

from . import messengers
from .errors import NotSentYet, NotUndelivered, NotYours
from .models import AddressKind, Award, Batch, Message, StatusChange

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
PORTION = 100
TAKEN_FOR = timedelta(minutes=2)
#: A slow gateway: what is not tried by then goes back, well before somebody else would take it.
PATIENCE = timedelta(minutes=1)
State = Message.State
UNDELIVERED = (State.FAILED, State.BOUNCED)
_FIELDS = (
    *("id", "kind", "credential_id", "dedupe", "channel", "to", "language"),
    *("state", "attempts", "not_before", "created_at", "last_error"),
)
#: What sending reads: nothing of the certificate itself, which is large.
_NEEDED = (
    *("kind", "channel", "to", "language", "state", "attempts", "created_at"),
    *("credential__issuer__name_fr", "credential__issuer__name_ar"),
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
    stays so. A portion is taken by moving its ``not_before`` ahead, so that two workers do not both send it;
    a worker that dies in between leaves it to be sent again after two minutes.
    """
    portion = _take(now=now)
    if not portion:
        return 0
    results = _send(portion)
    _settle(results, left={message.pk for message in portion} - {result.id for result in results}, now=now)
    if _due(now=now).exists():
        ring()
    return sum(result.state == State.SENT for result in results)


def _due(*, now: datetime) -> QuerySet[Message]:
    return Message.objects.filter(state=State.PENDING, not_before__lte=now)


@transaction.atomic
def _take(*, now: datetime) -> list[Message]:
    """The portion that is this worker's for two minutes; what another is just taking is passed over."""
    due = _due(now=now).select_for_update(skip_locked=True).order_by("not_before")
    ids = list(due.values_list("pk", flat=True)[:PORTION])
    taken = Message.objects.filter(pk__in=ids, state=State.PENDING, not_before__lte=now)
    taken.update(not_before=now + TAKEN_FOR, attempts=F("attempts") + 1)
    mine = Message.objects.filter(pk__in=ids).select_related("credential__issuer").order_by("created_at")
    return list(mine.only(*_NEEDED))


class _Result(NamedTuple):
    """What became of one message that was tried."""

    id: str
    state: str
    attempts: int
    error: str = ""


def _send(portion: Sequence[Message]) -> list[_Result]:
    """Try one after the other, for as long as they are surely this worker's."""
    results: list[_Result] = []
    until = time.monotonic() + PATIENCE.total_seconds()  # a lease, not a date
    with messengers.Post() as post:
        for message in portion:
            if time.monotonic() > until:
                break
            results.append(_try(message, post))
    return results


def _try(message: Message, post: messengers.Post) -> _Result:
    state, why = State.SENT, ""
    try:
        with translation.override(message.language):
            subject, body = _words(message)
            if message.channel == Message.Channel.EMAIL:
                post.send_email(to=message.to, subject=subject, text=body, reference=message.pk)
            else:
                post.send_sms(to=message.to, text=body, reference=message.pk)
    except messengers.Refused as error:
        state, why = State.BOUNCED, type(error.__cause__ or error).__name__
        log.info("message refused by its address", extra={"message_id": message.pk, "error": why})
    except Exception as error:  # noqa: BLE001  # whatever a gateway does, the others' messages still go out
        state = State.FAILED if message.attempts >= MAX_ATTEMPTS else State.PENDING
        why = type(error).__name__
        log.warning("message not sent", extra={"message_id": message.pk, "error": why})
    return _Result(message.pk, state.value, message.attempts, why)


@transaction.atomic
def _settle(results: Sequence[_Result], *, left: set[str], now: datetime) -> None:
    """Write what became of a portion: one statement for each way to end. What was not tried is due again."""
    ends: dict[tuple[str, int, str], list[str]] = defaultdict(list)
    for result in results:
        tried = result.attempts if result.state == State.PENDING else 0
        ends[result.state, tried, result.error].append(result.id)
    for (state, tried, error), ids in ends.items():
        fields: dict[str, Any] = {"state": state, "last_error": error}
        if state == State.SENT:
            fields["sent_at"] = now
        elif state == State.BOUNCED:
            fields["settled_at"] = now
        elif state == State.PENDING:
            fields["not_before"] = now + timedelta(minutes=2**tried)
        Message.objects.filter(pk__in=ids, state=State.PENDING).update(**fields)
    if left:
        Message.objects.filter(pk__in=left, state=State.PENDING).update(
            not_before=now, attempts=F("attempts") - 1
        )


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


def _again(messages: QuerySet[Message], *, now: datetime) -> int:
    ids = messages.filter(state__in=UNDELIVERED, credential__erased_at__isnull=True).values_list(
        "pk", flat=True
    )
    again = Message.objects.filter(pk__in=list(ids), state__in=UNDELIVERED).update(
        state=State.PENDING, attempts=0, not_before=now, sent_at=None, settled_at=None, last_error=""
    )
    if again:
        ring()
    return again


def _words(message: Message) -> tuple[str, str]:
    """Subject and body in the active language; nothing personal in them, only the provider and the link."""
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
