"""Cards: paper that opens a passport with a PIN, for people without a phone.

The PIN is told once, on the sheet that leaves the printer. Five wrong ones lock the card for a quarter of an
hour, then for twice as long each time; the database counts, whatever is tried at once.
"""

import hashlib
import math
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Q
from django.utils.crypto import constant_time_compare, salted_hmac

from credentials.people import tidy
from issuers import audit
from issuers.models import Issuer, random_token

from . import numbers
from .errors import CardReplaced, CardUnknown, NumberSlip, PinIncomplete, PinTriedOut, PinWrong
from .models import Card, Learner

DIGITS = 6
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(days=7)
#: What nobody chooses, and everybody guesses first.
_EASY = {*(str(d) * DIGITS for d in range(10)), "123456", "654321", "012345", "123123", "112233"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What goes on paper and is kept nowhere: the QR code's text, if there is a card, and the PIN."""

    card: Card
    pin: str
    link: str = ""


@transaction.atomic
def issue(
    *, learner: Learner, by: Learner, house: Issuer, language: str, now: datetime, pin: str = ""
) -> Secrets:
    """A new card; the one before opens nothing from now on. ``pin`` is for the demo alone."""
    Learner.objects.select_for_update().get(pk=learner.pk)  # two clicks, one living card
    before = Card.objects.filter(learner=learner, replaced_at__isnull=True).update(replaced_at=now)
    secret, pin = random_token(), pin or new_pin()
    card = Card(
        learner=learner,
        secret_hash=_of_secret(secret),
        language=language,
        issued_at=now,
        issued_by=by,
        house=house,
        pin_set_at=now,
    )
    card.pin_hash = _slow(card.pk, pin)
    card.save(force_insert=True)
    event = "desk.card-replaced" if before else "desk.card-issued"
    audit.append(event=event, now=now, issuer=house, by=by, about=card.pk, learner=learner.pk)
    return Secrets(card=card, pin=pin, link=f"{settings.BASE_URL}/card/{secret}")


@transaction.atomic
def reset_pin(*, learner: Learner, by: Learner, house: Issuer, now: datetime) -> Secrets:
    """Another PIN for the card that she holds; it is locked no more. Raises CardUnknown if she has none."""
    card = Card.objects.select_for_update().filter(learner=learner, replaced_at__isnull=True).first()
    if card is None:
        raise CardUnknown
    pin = new_pin()
    card.pin_hash, card.pin_set_at = _slow(card.pk, pin), now
    card.tries, card.locks, card.locked_until = 0, 0, None
    card.save(update_fields=["pin_hash", "pin_set_at", "tries", "locks", "locked_until"])
    audit.append(event="desk.pin-reset", now=now, issuer=house, by=by, about=card.pk, learner=learner.pk)
    return Secrets(card=card, pin=pin)


def new_pin() -> str:
    """Six random digits, none of the row that everybody guesses first."""
    while True:
        pin = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        if pin not in _EASY:
            return pin


# -- Which card -----------------------------------------------------------------------------------
def scanned(*, secret: str) -> Card:
    """The card whose QR code holds this. Raises CardReplaced, CardUnknown."""
    card = Card.objects.select_related("learner").filter(secret_hash=_of_secret(secret)).first()
    if card is None or not card.learner.is_active:
        raise CardUnknown
    if card.replaced_at:
        raise CardReplaced
    return card


def secret_in(text: str) -> str:
    """The secret in what a scanner types, or nothing where that is no card's code."""
    head, found, secret = text.strip().partition("/card/")
    return secret.strip("/")[:64] if found and "://" in head else ""


def living(*, card_id: str) -> Card | None:
    """The card that a browser has scanned, while it holds."""
    held = Card.objects.select_related("learner").filter(pk=card_id, replaced_at__isnull=True)
    return held.filter(learner__is_active=True).first()


def of_learner(*, learner: Learner) -> Card | None:
    """The card that she holds."""
    return Card.objects.filter(learner=learner, replaced_at__isnull=True).first()


# -- The PIN --------------------------------------------------------------------------------------
def check_number(*, number: str, pin: str, now: datetime) -> Card:
    """The card of this passport number, by its PIN. Whether there is one is told to nobody without it.

    Raises NumberSlip, PinIncomplete, PinWrong, PinTriedOut.
    """
    digits = numbers.normalise(number)
    if digits is None:
        raise NumberSlip
    pin = _six(pin)
    card = Card.objects.filter(
        learner__passport_number=digits, learner__is_active=True, replaced_at__isnull=True
    ).first()
    if card is None:
        _try_nothing(digits, pin, now=now)
        raise PinWrong
    return check(card=card, pin=pin, now=now)


def check_of(*, learner: Learner, pin: str, now: datetime) -> Card:
    """Her card, by its PIN, as she types it at a desk. Raises CardUnknown, and what ``check`` raises."""
    card = of_learner(learner=learner)
    if card is None:
        raise CardUnknown
    return check(card=card, pin=pin, now=now)


def check(*, card: Card, pin: str, now: datetime) -> Card:
    """This PIN opens this card. Raises PinIncomplete, which costs no try, PinWrong, PinTriedOut."""
    pin = _six(pin)
    _count(card, now=now)
    if not constant_time_compare(_slow(card.pk, pin), card.pin_hash):
        card.refresh_from_db()
        if card.locked_until and card.locked_until > now:
            raise _tried_out(card.locked_until - now)
        raise PinWrong
    Card.objects.filter(pk=card.pk).update(tries=0, locks=0, locked_until=None)
    return card


@transaction.atomic
def _count(card: Card, *, now: datetime) -> None:
    """Count the try before it is made; the fifth locks the card, unless it turns out right."""
    free = Q(locked_until__isnull=True) | Q(locked_until__lte=now)
    mine = Card.objects.filter(free, pk=card.pk, replaced_at__isnull=True)
    if mine.filter(tries=Card.MAX_TRIES - 1).exists():
        until = now + min(FIRST_LOCK * 2 ** min(card.locks, 12), LONGEST_LOCK)
        last = mine.filter(tries=Card.MAX_TRIES - 1)
        if last.update(tries=0, locks=F("locks") + 1, locked_until=until):
            return
    if mine.filter(tries__lt=Card.MAX_TRIES - 1).update(tries=F("tries") + 1):
        return
    held = Card.objects.get(pk=card.pk)
    if held.replaced_at:
        raise CardReplaced
    raise _tried_out((held.locked_until or now) - now)


def _try_nothing(digits: str, pin: str, *, now: datetime) -> None:
    """A number without a card costs as long, and is refused as often, as one with a card."""
    _slow(digits, pin)
    key = "passport.card:" + salted_hmac("passport.card", digits, algorithm="sha256").hexdigest()
    tries, until = cache.get(key, (0, None))
    if until and until > now:
        raise _tried_out(until - now)
    tries = tries + 1
    until = now + FIRST_LOCK if tries >= Card.MAX_TRIES else None
    cache.set(key, (0 if until else tries, until), timeout=FIRST_LOCK.total_seconds())
    if until:
        raise _tried_out(until - now)


def _tried_out(left: timedelta) -> PinTriedOut:
    return PinTriedOut(wait=max(1, math.ceil(left.total_seconds())))


def _six(pin: str) -> str:
    digits = "".join(str(int(c)) for c in tidy(pin) if c.isdecimal())
    if len(digits) != DIGITS:
        raise PinIncomplete
    return digits


def _slow(salt: str, pin: str) -> str:
    """16 MB and 50 ms of scrypt (RFC 7914) over a keyed hash: whoever has a copy of the database and not the
    secret key tries no PIN at all, and whoever has both tries a million of them for a day a card."""
    keyed = salted_hmac("passport.pin", f"{salt}|{pin}", algorithm="sha256").digest()
    return hashlib.scrypt(keyed, salt=salt.encode(), n=2**14, r=8, p=1, dklen=32).hex()


def _of_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
