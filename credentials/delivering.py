"""How a certificate reaches its person: what left, what arrived, what was taken; and another try."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from issuers import audit
from issuers.models import Issuer

from . import awards, outbox
from .errors import AlreadyClaimed, BadAward, CredentialsError, DuplicateAward, SentJustNow
from .models import AddressKind, Credential, Filing, Message
from .people import Person

Outcome, Kind, State = Filing.Outcome, Message.Kind, Message.State
#: Between two messages about one certificate, and how many a day.
PAUSE, A_DAY = timedelta(hours=1), 3
NOT_DELIVERED, NOT_CLAIMED = "not-delivered", "not-claimed"
FILTERS = (
    ("", _("All")),
    (NOT_DELIVERED, _("Message not delivered")),
    (NOT_CLAIMED, _("In no passport yet")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step on the way to the person: ``state`` is done, waiting, wrong or yet (to come)."""

    name: Any
    state: str
    at: datetime | None = None
    more: Any = ""


def narrowed(found: QuerySet[Credential], *, only: str) -> QuerySet[Credential]:
    """Those of these certificates whose message did not arrive, or that nobody has in a passport."""
    if only == NOT_DELIVERED:
        told = Message.objects.filter(credential=OuterRef("pk"), kind=Kind.ISSUED)
        lost = told.filter(state__in=(State.BOUNCED, State.FAILED))
        arrived = told.filter(state__in=(State.SENT, State.DELIVERED, State.PENDING))
        return found.filter(Exists(lost) & ~Exists(arrived))
    if only == NOT_CLAIMED:
        return found.exclude(filing__outcome=Outcome.FILED)
    return found


def last_message(credential: Credential) -> Message | None:
    """The newest message that told the person of the certificate; reads what was fetched before."""
    told = [message for message in credential.messages.all() if message.kind == Kind.ISSUED]
    return max(told, key=lambda message: message.created_at, default=None)


def outcome_of(credential: Credential) -> str:
    """Where it was filed; nothing while nobody has looked."""
    filing = getattr(credential, "filing", None)
    return filing.outcome if filing else ""


def way(credential: Credential) -> list[Step]:
    """The way of a certificate to its person, step by step."""
    steps = [Step(name=_("Issued"), state="done", at=credential.issued_at)]
    message = last_message(credential)
    if message is None:
        on_paper = not credential.address_kind
        more = _("On paper: print it and hand it over") if on_paper else _("No message was ordered")
        steps.append(Step(name=_("Message"), state="yet", more=more))
    else:
        steps += _of_message(message)
    taken: dict[str, tuple[str, Any]] = {
        Outcome.FILED: ("done", _("In a passport")),
        Outcome.PROPOSED: ("waiting", _("Waiting for the learner's word")),
    }
    state, name = taken.get(outcome_of(credential), ("yet", _("In no passport yet")))
    steps.append(Step(name=name, state=state))
    return steps


def _of_message(message: Message) -> list[Step]:
    to = message.to
    if message.state == State.PENDING:
        return [Step(name=_("Message waits to be sent"), state="waiting", more=to)]
    if message.state == State.FAILED:
        return [Step(name=_("Message not sent"), state="wrong", at=message.created_at, more=to)]
    sent = Step(name=_("Message sent"), state="done", at=message.sent_at, more=to)
    if message.state == State.DELIVERED:
        return [sent, Step(name=_("Message delivered"), state="done", at=message.settled_at)]
    if message.state == State.BOUNCED:
        return [sent, Step(name=_("The address refused it"), state="wrong", at=message.settled_at)]
    return [sent]


# -- Another try ----------------------------------------------------------------------------------
@transaction.atomic
def tell_again(*, credential: Credential, address: str, by: Any, now: datetime) -> Message:
    """Tell the person once more; another address takes the place of the one that was noted.

    The certificate stays as it is: no address stands in it. Raises AlreadyClaimed, SentJustNow, BadAward for
    an address that is none or a certificate that has ended, DuplicateAward.
    """
    held = Credential.objects.select_for_update(of=("self",)).select_related("award").get(pk=credential.pk)
    if held.status != Credential.Status.ACTIVE or held.erased_at:
        raise BadAward(_("It does not hold at present, so nobody is told of it."))
    if Filing.objects.filter(credential=held, outcome=Outcome.FILED).exists():
        raise AlreadyClaimed
    told = Message.objects.filter(credential=held, kind=Kind.ISSUED)
    lately = Q(created_at__gt=now - PAUSE) | Q(sent_at__gt=now - PAUSE)
    if told.filter(dedupe__startswith="again").filter(lately).exists() or (
        told.filter(created_at__gt=now - timedelta(days=1)).count() > A_DAY
    ):
        raise SentJustNow
    kind, value = _read(address)
    if (kind, value) != (held.address_kind, held.address):
        _correct(held, kind=kind, value=value, by=by, now=now)
    told.filter(state=State.PENDING).update(state=State.FAILED, last_error="superseded", let_go_at=now)
    told.filter(state__in=(State.BOUNCED, State.FAILED), let_go_at__isnull=True).update(let_go_at=now)
    message = Message.objects.create(
        kind=Kind.ISSUED,
        credential=held,
        dedupe=f"again-{told.count()}",
        channel=outbox.CHANNELS[kind],
        to=value,
        language=held.award.language,
        not_before=now,
        created_at=now,
    )
    audit.append(event="credential-told-again", now=now, issuer=held.issuer, by=by, about=held.pk)
    outbox.ring()
    return message


def _read(address: str) -> tuple[str, str]:
    if "@" in address:
        return AddressKind.EMAIL.value, awards.clean_email(address)
    return AddressKind.PHONE.value, awards.clean_phone(address)


def _correct(held: Credential, *, kind: str, value: str, by: Any, now: datetime) -> None:
    """Note the better address, and let passports be looked through anew."""
    who = Person(name_latin=held.name_latin, name_arabic=held.name_arabic, address_kind=kind, address=value)
    held.address_kind, held.address, held.person_hash = kind, value, awards.person_hash(who)
    try:
        with transaction.atomic():
            held.save(update_fields=["address_kind", "address", "person_hash"])
    except IntegrityError as error:  # a constraint: one certificate of a day for one person
        raise DuplicateAward(field="address") from error
    Filing.objects.filter(credential=held).delete()
    audit.append(event="credential-address-corrected", now=now, issuer=held.issuer, by=by, about=held.pk)


# -- Several at once ------------------------------------------------------------------------------
def chosen(*, issuers: Iterable[Issuer], ids: Sequence[str]) -> list[Credential]:
    """The certificates of these providers among the ticked ones, in the list's order."""
    found = Credential.objects.filter(issuer__in=list(issuers), pk__in=list(ids), erased_at__isnull=True)
    related = found.select_related("achievement", "issuer", "award", "filing").defer("jwt", "paper")
    return list(related.order_by("-issued_at", "id"))


def tell_all_again(*, credentials: Sequence[Credential], by: Any, now: datetime) -> int:
    """Tell everybody of these who can be told once more; returns how many are."""
    told = 0
    for credential in credentials:
        if credential.address_kind not in outbox.CHANNELS:
            continue
        try:
            tell_again(credential=credential, address=credential.address, by=by, now=now)
        except CredentialsError:
            continue  # claimed, ended, or told a moment ago: nothing to do for this one
        told += 1
    return told
