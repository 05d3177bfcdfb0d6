"""What leaves the house: messages to people, events for providers' programs."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer, random_token

from .awards import Batch
from .credentials import Credential


class Endpoint(models.Model):
    """An address of a provider's own program that is told what happens: a webhook.

    Its secret is needed in clear whenever something is signed for it, so it is sealed and not hashed; for a
    day after it was changed the one before signs too. ``rests_until`` keeps it to one worker at a time, and
    gives it peace while it does not answer; ``stopped_at`` says that it did not for days.
    """

    class Event(models.TextChoices):
        BATCH_COMPLETED = "batch.completed", _("An award or a list is complete")
        BATCH_HELD = "batch.held", _("A list waits for a second person")
        CREDENTIAL_ISSUED = "credential.issued", _("Certificates were issued")
        STATUS_CHANGED = "credential.status_changed", _("A certificate's status changed")

    class Why(models.TextChoices):
        SILENT = "silent", _("It has not taken anything for five days")
        GONE = "gone", _("It said that it wants nothing more")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="endpoints")
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list)
    sealed = models.BinaryField(null=True, blank=True, help_text="The secret; see credentials/endpoints.py")
    sealed_before = models.BinaryField(null=True, blank=True)
    before_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True, help_text="Whoever waited longest comes first")
    rests_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row without any answer")
    failing_since = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_why = models.CharField(max_length=8, choices=Why.choices, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("issuer", "url"), condition=Q(removed_at__isnull=True), name="one_endpoint_an_address"
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, sealed__isnull=False)
                | Q(removed_at__isnull=False, sealed__isnull=True, sealed_before__isnull=True),
                name="endpoint_has_a_secret_while_it_lives",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True, stopped_why="")
                | (Q(stopped_at__isnull=False) & ~Q(stopped_why="")),
                name="endpoint_stopped_for_a_reason",
            ),
        )

    def __str__(self) -> str:
        return self.id

    @property
    def host(self) -> str:
        """Of its address what may be shown to everybody who works there: the rest may be a secret."""
        return self.url.removeprefix("https://").partition("/")[0].partition("?")[0]

    @property
    def event_labels(self) -> list[str]:
        return [str(self.Event(event).label) for event in self.events]


class Outgoing(models.Model):
    """What must leave the house: at least once, under one id however often it is tried."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        BOUNCED = "bounced", _("Refused by the address")
        FAILED = "failed", _("Not sent")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When the gateway said that it was delivered or refused"
    )
    last_error = models.CharField(max_length=200, blank=True)
    let_go_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody decided that it need not arrive any more"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.id


class Message(Outgoing):
    """A message about a certificate, an endpoint, a list that waits for somebody, or an idle passport."""

    class Kind(models.TextChoices):
        ISSUED = "issued", _("A certificate is there")
        STATUS = "status", _("A certificate's status changed")
        RENEWED = "renewed", _("A certificate was signed anew")
        ENDPOINT = "endpoint", _("A webhook was switched off")
        IDLE = "idle", _("A passport has not been used for years")
        HELD = "held", _("A list waits for a second person")

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("SMS")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    credential = models.ForeignKey(
        Credential, on_delete=models.PROTECT, related_name="messages", db_index=False, null=True, blank=True
    )
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="messages", db_index=False, null=True, blank=True
    )
    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, related_name="messages", db_index=False, null=True, blank=True
    )
    dedupe = models.CharField(max_length=40, help_text="What this message is about, once")
    channel = models.CharField(max_length=5, choices=Channel.choices)
    to = models.CharField(max_length=254)
    language = models.CharField(max_length=2)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("credential", "kind", "dedupe"), name="message_once"),
            models.UniqueConstraint(
                fields=("endpoint", "kind", "dedupe"),
                condition=Q(endpoint__isnull=False),
                name="message_about_an_endpoint_once",
            ),
            models.UniqueConstraint(
                fields=("batch", "kind", "dedupe"),
                condition=Q(batch__isnull=False),
                name="message_about_a_list_once",
            ),
            models.CheckConstraint(
                condition=Q(credential__isnull=False, endpoint__isnull=True, batch__isnull=True)
                | Q(credential__isnull=True, endpoint__isnull=False, batch__isnull=True)
                | Q(credential__isnull=True, endpoint__isnull=True, batch__isnull=False)
                | Q(credential__isnull=True, endpoint__isnull=True, batch__isnull=True, kind="idle"),
                name="message_is_about_one_thing",
            ),
        )
        indexes = (
            models.Index(fields=("not_before",), condition=Q(state="pending"), name="message_pending"),
            models.Index(
                fields=("-created_at",),
                condition=Q(state__in=("bounced", "failed"), let_go_at__isnull=True),
                name="message_undelivered",
            ),
        )


class Delivery(Outgoing):
    """One event for one endpoint; ``body`` is sent as it is, so that every try has the same bytes."""

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    event = models.CharField(max_length=40)
    subject = models.CharField(max_length=60, help_text="What the event is about, once")
    body = models.TextField()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(fields=("endpoint", "event", "subject"), name="delivery_once"),
        )
        indexes = (
            models.Index(
                fields=("endpoint", "not_before"), condition=Q(state="pending"), name="delivery_pending"
            ),
            models.Index(fields=("endpoint", "-created_at"), name="delivery_by_endpoint"),
            models.Index(
                fields=("-created_at",),
                condition=Q(state__in=("bounced", "failed"), let_go_at__isnull=True),
                name="delivery_undelivered",
            ),
        )


class SmsDay(models.Model):
    """How many text messages went out on one day: to one number, for one provider, or in the whole city."""

    class Scope(models.TextChoices):
        NUMBER = "number", _("To one number")
        PROVIDER = "provider", _("For one provider")
        CITY = "city", _("In the whole city")

    on = models.DateField()
    scope = models.CharField(max_length=8, choices=Scope.choices)
    key = models.CharField(max_length=64, help_text="Keyed hash of the number, or the provider's id")
    sent = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("scope", "key", "on"), name="sms_day_once"),)
        indexes = (models.Index(fields=("on",), name="sms_day_by_age"),)

    def __str__(self) -> str:
        return f"{self.scope} {self.on}"


class LocalMessage(models.Model):
    """What the local outbox received instead of a mail server or an SMS gateway (demo and development)."""

    channel = models.CharField(max_length=5, choices=Message.Channel.choices)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-received_at", "-id")

    def __str__(self) -> str:
        return f"{self.channel} {self.to}"
