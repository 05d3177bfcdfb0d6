"""What did not arrive: messages to people and events for programs, why, and what is done about it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from issuers import errors as register
from issuers.models import Issuer
from issuers.registry import record

from . import budgets, outbox, portions, teaching, webhooks
from .errors import EndpointStopped, NotYours, SecretUnreadable
from .models import Batch, Delivery, Outgoing

DAYS = 14
LISTS_SHOWN = 10

#: The class of an error, as a try left it → what a person should know of it.
REASONS: dict[str, Any] = (
    {
        error.__name__: error.message
        for error in (
            *(
                register.AddressRefused,
                register.HostUnknown,
                register.AddressNotPublic,
                register.HostUnreachable,
            ),
            *(
                register.TlsRefused,
                register.AnswerTooSlow,
                register.AnswerTooLarge,
                register.AnswerUnreadable,
            ),
            *(register.Redirected, EndpointStopped, SecretUnreadable),
        )
    }
    | dict.fromkeys(
        ("Refused", "SMTPRecipientsRefused"),
        gettext_lazy("The address refuses it for good: it does not exist, or takes nothing from us."),
    )
    | {
        budgets.OVER_MONTH: gettext_lazy(
            "Over budget: this number has had as many text messages as it may. Reach the person by e-mail, "
            "or print the certificate."
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How much of what was written on one day did not arrive."""

    on: date
    messages: int
    events: int


def why(thing: Outgoing) -> str:
    """Why it did not arrive, in plain words."""
    code = thing.last_error
    if code in REASONS:
        return str(REASONS[code])
    if code.startswith("http-"):
        status = {"status": code.removeprefix("http-")}
        if code == f"http-{webhooks.GONE}":
            return _("The program said that it wants nothing more.")
        if code.startswith("http-5"):
            return _("The program had a failure of its own (answer %(status)s).") % status
        return _("The program did not take it (answer %(status)s).") % status
    if isinstance(thing, Delivery):
        return _("It could not be handed over.")
    if thing.state == Outgoing.State.BOUNCED:
        return _("It was sent, and came back.")
    return _("The mail server or the SMS gateway did not take it.")


def by_day(*, issuers: Iterable[Issuer] | None, now: datetime) -> list[Day]:
    """The days of the last fourteen from which something is left that did not arrive, the latest first."""
    since = timezone.localdate(now) - timedelta(days=DAYS - 1)

    def counted(things: QuerySet[Any]) -> Counter[date]:
        days = things.order_by().annotate(on=TruncDate("created_at")).filter(on__gte=since)
        return Counter(dict(days.values_list("on").annotate(n=Count("pk"))))

    messages = counted(outbox.undelivered(issuers=issuers))
    events = counted(webhooks.undelivered(issuers=issuers))
    days = sorted(set(messages) | set(events), reverse=True)
    return [Day(on=day, messages=messages[day], events=events[day]) for day in days]


def by_list(*, issuers: Iterable[Issuer] | None) -> list[tuple[Batch, int]]:
    """The lists of whose messages the most did not arrive, several of each, and how many."""
    lost = outbox.undelivered(issuers=issuers).filter(credential__award__batch__kind=Batch.Kind.ROSTER)
    counted = lost.order_by().values(of=F("credential__award__batch")).annotate(n=Count("pk"))
    numbers = {line["of"]: line["n"] for line in counted.filter(n__gt=1).order_by("-n", "of")[:LISTS_SHOWN]}
    found = Batch.objects.filter(pk__in=numbers).select_related("achievement", "issuer")
    return sorted(((batch, numbers[batch.pk]) for batch in found), key=lambda line: (-line[1], line[0].pk))


# -- What is done about it ------------------------------------------------------------------------
def again(*, issuers: Iterable[Issuer] | None, kind: str, pk: str, now: datetime) -> int:
    """Send once more: one ``message`` or ``event``, those of a ``list``, all ``messages`` or ``events``.

    Returns how many are in line. Raises NotYours, NotUndelivered, EndpointStopped.
    """
    if kind == "messages":
        return outbox.resend_all(issuers=issuers, now=now)
    if kind == "events":
        return webhooks.resend_all(issuers=issuers, now=now)
    if kind == "list":
        return outbox.resend_failed(batch=_batch(issuers, pk), now=now)
    if kind == "message":
        outbox.resend(message=_one(outbox.of_issuers(issuers=issuers), pk), now=now)
    elif kind == "event":
        webhooks.resend(delivery=_one(webhooks.of_issuers(issuers=issuers), pk), now=now)
    else:
        raise NotYours
    return 1


@transaction.atomic
def let_go(*, issuers: Iterable[Issuer] | None, kind: str, pk: str, by: Any, now: datetime) -> int:
    """Decide that one ``message`` or ``event``, or all of them, need not arrive any more; returns how many.

    Raises NotYours.
    """
    messages, events = outbox.undelivered(issuers=issuers), webhooks.undelivered(issuers=issuers)
    chosen: dict[str, QuerySet[Any]] = {
        "messages": messages,
        "events": events,
        "message": messages.filter(pk=pk),
        "event": events.filter(pk=pk),
    }
    if kind not in chosen:
        raise NotYours
    owner: Any = F("endpoint__issuer")
    if not kind.startswith("event"):
        owner = Coalesce("credential__issuer", "batch__issuer", "endpoint__issuer")
    counted = chosen[kind].order_by().annotate(owner=owner).values_list("owner").annotate(n=Count("pk"))
    numbers = dict(counted)
    gone = portions.let_go(chosen[kind], now=now)
    for issuer in Issuer.objects.filter(pk__in=[pk for pk in numbers if pk]):
        record(
            event="undelivered-let-go", issuer=issuer, by=by, now=now, kind=kind, number=numbers[issuer.pk]
        )
    return gone


def _one(things: QuerySet[Any], pk: str) -> Any:
    found = things.filter(pk=pk).first()
    if found is None:
        raise NotYours
    return found


def _batch(issuers: Iterable[Issuer] | None, pk: str) -> Batch:
    return teaching.own_batch(issuers=Issuer.objects.all() if issuers is None else issuers, batch_id=pk)
