"""The outbox: messages written in the transaction that they tell of, delivered afterwards, at least once."""

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import translation

from issuers import doorbell, reaching, storing
from issuers.models import Issuer, Membership, Role, random_token

from . import budgets, letters, messengers, portions
from .errors import NotSentYet, NotUndelivered, NotYours
from .models import AddressKind, Award, Batch, Endpoint, Message, StatusChange
from .portions import Result

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
PORTION = 100
#: A slow gateway: what is not tried by then goes back, well before somebody else would take it.
PATIENCE = timedelta(minutes=1)
#: For how long a text message waits for room in a budget, a morning after the other.
WAITS_FOR_ROOM = timedelta(days=3)
State = Message.State
_FIELDS = (
    *("id", "kind", "credential_id", "dedupe", "channel", "to", "language"),
    *("state", "attempts", "not_before", "created_at", "last_error"),
)
#: What sending reads: nothing of the certificate itself, which is large.
_NEEDED = (
    *("kind", "channel", "to", "language", "state", "attempts", "created_at"),
    *("credential__issuer__name_fr", "credential__issuer__name_ar"),
    *("batch__issuer__name_fr", "batch__issuer__name_ar", "batch__held_because", "batch__row_count"),
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


def enqueue_held(batch: Batch, *, now: datetime) -> None:
    """Tell those who may release a list that it waits: its provider's, or above the cap the city's."""
    second = Membership.objects.filter(issuer=batch.issuer_id, role__in=(Role.SIGNER, Role.OWNER))
    if batch.held_because == Batch.Held.ABOVE_CAP:
        second = Membership.objects.filter(issuer__isnull=True, role=Role.APPROVER)
    people = set(second.values_list("person_id", flat=True)) - {batch.requested_by_id}
    reached = reaching.addresses_of(people)
    Message.objects.bulk_create(
        Message(
            kind=Message.Kind.HELD,
            batch=batch,
            dedupe=f"to-{one.person_id}",
            channel=CHANNELS[one.channel],
            to=one.address,
            language=one.language,
            not_before=now,
            created_at=now,
        )
        for one in reached
    )
    if reached:
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
    results, over = _send(portion, now=now)
    left = {message.pk for message in portion} - {result.id for result in results} - over
    portions.settle(
        Message.objects.all(), results, left=left, wait=lambda tried: timedelta(minutes=2**tried), now=now
    )
    Message.objects.filter(pk__in=over, state=State.PENDING).update(
        not_before=budgets.next_morning(now), attempts=F("attempts") - 1, last_error=budgets.OVER_TODAY
    )
    if portions.due(Message.objects.all(), now=now).exists():
        ring()
    return sum(result.state == State.SENT for result in results)


def _take(*, now: datetime) -> list[Message]:
    ids = portions.take(Message.objects.order_by("not_before"), most=PORTION, now=now)
    mine = Message.objects.filter(pk__in=ids).select_related(
        "credential__issuer", "endpoint__issuer", "batch__issuer"
    )
    return list(mine.order_by("created_at").only(*_NEEDED))


def _send(portion: Sequence[Message], *, now: datetime) -> tuple[list[Result], set[str]]:
    """Try one after the other, while they are surely this worker's; and those over today's budget."""
    results: list[Result] = []
    texts = {
        message.pk: budgets.Wanted(message.pk, message.to, _issuer_id(message))
        for message in portion
        if message.channel == Message.Channel.SMS
    }
    refused = budgets.spend(list(texts.values()), now=now)
    young = {message.pk for message in portion if now - message.created_at < WAITS_FOR_ROOM}
    over = {pk for pk, why in refused.items() if why == budgets.OVER_TODAY and pk in young}
    until = time.monotonic() + PATIENCE.total_seconds()  # a lease, not a date
    with messengers.Post() as post:
        for message in portion:
            if time.monotonic() > until:
                break
            if message.pk in over:
                continue
            if message.pk in refused:
                results.append(Result(message.pk, State.FAILED.value, message.attempts, budgets.OVER_MONTH))
            else:
                results.append(_try(message, post))
    sent = {result.id for result in results if result.state == State.SENT}
    budgets.give_back([one for pk, one in texts.items() if pk not in sent and pk not in refused], now=now)
    return results, over


def _issuer_id(message: Message) -> int | None:
    about = message.credential or message.batch or message.endpoint
    return about.issuer_id if about else None


def _try(message: Message, post: messengers.Post) -> Result:
    state, why = State.SENT.value, ""
    try:
        with translation.override(message.language):
            letter = letters.about(message)
            if message.channel == Message.Channel.EMAIL:
                post.send_email(to=message.to, letter=letter, reference=message.pk)
            else:
                post.send_sms(to=message.to, text=letter.short, reference=message.pk)
    except messengers.Refused as error:
        state, why = State.BOUNCED.value, type(error.__cause__ or error).__name__
        log.info("message refused by its address", extra={"message_id": message.pk, "error": why})
    except Exception as error:  # noqa: BLE001  # whatever a gateway does, the others' messages still go out
        state = portions.after_failure(attempts=message.attempts, most=MAX_ATTEMPTS)
        why = type(error).__name__
        log.warning("message not sent", extra={"message_id": message.pk, "error": why})
    return Result(message.pk, state, message.attempts, why)


def waiting_for_room(*, issuers: Iterable[Issuer] | None) -> int:
    """How many text messages of these providers wait for another day's budget."""
    return of_issuers(issuers=issuers).filter(state=State.PENDING, last_error=budgets.OVER_TODAY).count()


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
    return found.filter(
        Q(credential__issuer__in=ids) | Q(endpoint__issuer__in=ids) | Q(batch__issuer__in=ids)
    )


def undelivered(*, issuers: Iterable[Issuer] | None) -> QuerySet[Message]:
    """Those that did not arrive, that nobody let go, and that still have somebody to arrive at."""
    return portions.undelivered(of_issuers(issuers=issuers)).filter(credential__erased_at__isnull=True)


def _again(messages: QuerySet[Message], *, now: datetime) -> int:
    again = portions.again(messages.filter(credential__erased_at__isnull=True), now=now)
    if again:
        ring()
    return again
