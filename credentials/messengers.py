"""Where messages leave the house: e-mail by Django's backend, SMS by one of ours, or the local outbox."""

import json
import logging
from collections.abc import Sequence
from smtplib import SMTPRecipientsRefused
from types import TracebackType
from typing import Any, Protocol, Self

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from django.utils.module_loading import import_string

from issuers import outbound
from issuers.errors import OutboundError

from .letters import Letter
from .models import LocalMessage, Message

log = logging.getLogger(__name__)


class Refused(OSError):
    """The address will never take this message: it does not exist, or refuses us. It is not tried again."""


class SmsBackend(Protocol):
    """What sends a text message; ``reference`` is our id of it, for the gateway's receipt.

    Raises Refused when the number will never take it, any other OSError when it may be tried again.
    """

    def send(self, *, to: str, text: str, reference: str) -> None: ...


class LocalSmsBackend:
    """Keeps text messages for the local outbox page."""

    def send(self, *, to: str, text: str, reference: str) -> None:
        LocalMessage.objects.create(channel=Message.Channel.SMS, to=to, body=text, received_at=timezone.now())


class HttpSmsBackend:
    """Hands text messages to an HTTPS gateway: one POST of JSON each, with a bearer token.

    The gateway says 2xx when it has taken one, and 400, 404, 410 or 422 when the number will never take it.
    """

    FINAL = (400, 404, 410, 422)

    def __init__(self, client: outbound.Client | None = None) -> None:
        self._client = client or outbound.Client()

    def send(self, *, to: str, text: str, reference: str) -> None:
        asked = {"to": to, "text": text, "reference": reference, "from": settings.SMS_GATEWAY_SENDER}
        try:
            answer = self._client.post(
                settings.SMS_GATEWAY_URL,
                body=json.dumps(asked, ensure_ascii=False).encode(),
                headers={
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {settings.SMS_GATEWAY_TOKEN}",
                },
            )
        except OutboundError as error:
            raise ConnectionError(type(error).__name__) from error
        if answer.status in self.FINAL:
            raise Refused
        if not 200 <= answer.status < 300:
            raise ConnectionError(f"http-{answer.status}")


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


class Post:
    """The way out for some messages: one SMS backend, and one connection to the mail server, kept open.

    A mail server that cannot be reached is asked once: the e-mails after it fail at once, with its error.
    """

    def __init__(self) -> None:
        self._sms: SmsBackend | None = None
        self._mail: Any = None
        self._unreachable: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def send_sms(self, *, to: str, text: str, reference: str) -> None:
        """Send one text message. Raises Refused, or whatever else the backend does."""
        if self._sms is None:
            self._sms = _sms_backend()
        self._sms.send(to=to, text=text, reference=reference)

    def send_email(self, *, to: str, letter: Letter, reference: str) -> None:
        """Send one e-mail, as text and HTML in the active language; its Message-ID is ``reference``.

        Raises Refused, or whatever the backend does.
        """
        if self._unreachable is not None:
            raise self._unreachable
        if self._mail is None:
            self._connect()
        message = EmailMultiAlternatives(
            letter.subject,
            letter.text,
            settings.DEFAULT_FROM_EMAIL,
            [to],
            connection=self._mail,
            headers={"Message-ID": f"<{reference}@{settings.HOST.rsplit(':', 1)[0]}>"},
        )
        message.attach_alternative(letter.html, "text/html")
        try:
            message.send()
        except SMTPRecipientsRefused as error:
            # RFC 5321, section 4.2.1: 5yz is final, 4yz may pass (greylisting, a full mailbox).
            if all(code >= 500 for code, _ in error.recipients.values()):
                raise Refused from error
            raise
        except Exception:
            self._hang_up()  # what state the connection is in, nobody knows
            raise

    def _connect(self) -> None:
        connection = get_connection()
        try:
            connection.open()
        except Exception as error:
            self._unreachable = error
            raise
        self._mail = connection

    def _hang_up(self) -> None:
        connection, self._mail = self._mail, None
        if connection is None:
            return
        try:
            connection.close()
        except OSError as error:  # it was broken; what was sent is sent
            log.debug("mail connection not closed", extra={"error": type(error).__name__})


def _sms_backend() -> SmsBackend:
    backend: Any = import_string(settings.SMS_BACKEND)
    made: SmsBackend = backend()
    return made
