"""The outbox: messages written in the transaction that they tell of, delivered afterwards, at least once."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from issuers import doorbell, storing
from issuers.models import random_token

from . import messengers
from .models import AddressKind, Award, Message, StatusChange

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
BATCH = 100
_FIELDS = (
    *("id", "kind", "credential_id", "dedupe", "channel", "to", "language"),
    *("state", "attempts", "not_before", "created_at", "last_error"),
)
CHANNELS = {AddressKind.EMAIL.value: Message.Channel.EMAIL, AddressKind.PHONE.value: Message.Channel.SMS}


def enqueue_issued(rows: Iterable[Award], *, now: datetime) -> None:
    """One message for each issued row whose person has a phone or an e-mail; rung when its list is done."""
    storing.insert(
        Message,
        fields=_FIELDS,
        rows=[
            (
                *(random_token(), Message.Kind.ISSUED.value, row.credential_id, "issued"),
                *(CHANNELS[row.address_kind].value, row.address, row.language),
                *(Message.State.PENDING.value, 0, now, now, ""),
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


def deliver_due(*, now: datetime) -> int:
    """Send what is due; returns how many went out. A failure waits twice as long each time, then stays so.

    A message is taken by moving its ``not_before`` ahead, so that two workers do not both send it; a worker
    that dies in between leaves it to be sent again.
    """
    sent = 0
    due = Message.objects.filter(state=Message.State.PENDING, not_before__lte=now).order_by("not_before")[
        :BATCH
    ]
    for message in due.select_related("credential__issuer", "credential__achievement"):
        taken = Message.objects.filter(
            pk=message.pk, state=Message.State.PENDING, not_before=message.not_before
        ).update(not_before=now + timedelta(minutes=2), attempts=F("attempts") + 1)
        if taken:
            sent += _send(message, now=now)
    return sent


def _send(message: Message, *, now: datetime) -> int:
    mine = Message.objects.filter(pk=message.pk)
    try:
        with translation.override(message.language):
            subject, body = _words(message)
            if message.channel == Message.Channel.EMAIL:
                send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [message.to])
            else:
                messengers.send_sms(to=message.to, text=body)
    except Exception as error:  # noqa: BLE001  # whatever a gateway does, the others' messages still go out
        log.warning("message not sent", extra={"message_id": message.pk, "error": type(error).__name__})
        attempts = message.attempts + 1
        mine.update(
            last_error=type(error).__name__,
            not_before=now + timedelta(minutes=2**attempts),
            state=Message.State.FAILED if attempts >= MAX_ATTEMPTS else Message.State.PENDING,
        )
        return 0
    mine.update(state=Message.State.SENT, sent_at=now, last_error="")
    return 1


def _words(message: Message) -> tuple[str, str]:
    """Subject and body in the active language; nothing personal in them, only the provider and the link."""
    issuer, link = message.credential.issuer.name, f"{settings.BASE_URL}/me/"
    if message.kind == Message.Kind.ISSUED:
        return (
            _("A certificate is waiting for you"),
            _("%(issuer)s has issued a certificate to you. See it and keep it in your passport: %(link)s")
            % {"issuer": issuer, "link": link},
        )
    return (
        _("The status of a certificate has changed"),
        _("The status of a certificate from %(issuer)s has changed. See it in your passport: %(link)s")
        % {"issuer": issuer, "link": link},
    )
