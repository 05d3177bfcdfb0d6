"""Where messages leave the house: e-mail by Django's backend, SMS by one of ours, or the local outbox."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from django.utils.module_loading import import_string

from .models import LocalMessage, Message


class SmsBackend(Protocol):
    """What sends a text message; raises an OSError when the gateway may be tried again."""

    def send(self, *, to: str, text: str) -> None: ...


class LocalSmsBackend:
    """Keeps text messages for the local outbox page."""

    def send(self, *, to: str, text: str) -> None:
        LocalMessage.objects.create(channel=Message.Channel.SMS, to=to, body=text, received_at=timezone.now())


class LocalEmailBackend(BaseEmailBackend):
    """Keeps e-mails for the local outbox page."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        LocalMessage.objects.bulk_create(
            LocalMessage(
                channel=Message.Channel.EMAIL,
                to=", ".join(message.to)[:254],
                subject=str(message.subject)[:200],
                body=str(message.body),
                received_at=timezone.now(),
            )
            for message in email_messages
        )
        return len(email_messages)


def send_sms(*, to: str, text: str) -> None:
    """Send one text message through the backend that the settings name."""
    backend: Any = import_string(settings.SMS_BACKEND)
    sender: SmsBackend = backend()
    sender.send(to=to, text=text)
