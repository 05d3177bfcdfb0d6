"""Codes: six digits sent to a phone or an e-mail; whoever types them back has proved that it is hers.

Each is typed once, holds ten minutes and bears five tries, counted by the database whatever is tried at once.
"""

import math
import secrets
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac

from credentials import awards, letters

from . import telling
from .errors import (
    CodeExpired,
    CodeIncomplete,
    CodeJustSent,
    CodeNotSent,
    CodeTriedOut,
    CodeUsed,
    CodeWrong,
    TooManyCodes,
    TooManyCodesToday,
)
from .models import Code

DIGITS = 6
HOLDS = timedelta(minutes=10)
#: For how long a typed code leads on: time enough to type a name.
LEADS_ON = timedelta(minutes=30)
#: Between two codes to one address, asked for from one browser.
PAUSE = timedelta(seconds=30)
WINDOW, DAY = timedelta(minutes=10), timedelta(days=1)
#: Codes to one address, and asked for from one network address: a class, or many phones behind one gateway.
PER_ADDRESS, PER_ADDRESS_A_DAY, PER_PLACE = 5, 40, 120
#: In a demo many visitors sign in as the same few people.
IN_A_DEMO = 20


def read_address(text: str) -> tuple[str, str]:
    """(kind, value) of a phone or an e-mail as people type it. Raises BadAward with the remedy."""
    if "@" in text:
        return "email", awards.clean_email(text)
    return "phone", awards.clean_phone(text)


def ask(*, address: str, language: str, place: str, held: str, now: datetime) -> Code:
    """Send a code there, whether or not anybody is known by it; ``held`` is the browser's last one.

    Asking twice in a moment (a double click) gives the one that is on its way. Raises BadAward,
    TooManyCodes, CodeNotSent.
    """
    kind, value = read_address(address)
    under_way = Code.objects.filter(
        pk=held, kind=kind, value=value, sent_at__gt=now - PAUSE, proved_at__isnull=True
    ).first()
    return under_way or _send(kind=kind, value=value, language=language, place=place, now=now)


def ask_again(*, held: str, language: str, place: str, now: datetime) -> Code:
    """Another code to the same address. Raises CodeJustSent, CodeExpired, TooManyCodes, CodeNotSent."""
    last = Code.objects.filter(pk=held).first()
    if last is None:
        raise CodeExpired
    if last.sent_at > now - PAUSE:
        raise CodeJustSent(wait=_seconds(last.sent_at + PAUSE - now))
    return _send(kind=last.kind, value=last.value, language=language, place=place, now=now)


def _send(*, kind: str, value: str, language: str, place: str, now: datetime) -> Code:
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    code = Code(
        kind=kind,
        value=value,
        place=salted_hmac("passport.place", place, algorithm="sha256").hexdigest(),
        sent_at=now,
        expires_at=now + HOLDS,
    )
    code.digest = _digest(code.pk, digits)
    with transaction.atomic():
        _require_few(code, now=now)
        code.save(force_insert=True)
    try:
        telling.deliver(kind=kind, value=value, language=language, letter=partial(letters.of_code, digits))
    except OSError as error:  # the mail server or the gateway; smtplib's errors are OSErrors too
        raise CodeNotSent from error
    return code


def _require_few(code: Code, *, now: datetime) -> None:
    there, here = Code.objects.filter(kind=code.kind, value=code.value), Code.objects.filter(place=code.place)
    visitors = IN_A_DEMO if settings.DEMO else 1
    _require_room(there, PER_ADDRESS_A_DAY * visitors, DAY, now, TooManyCodesToday)
    _require_room(there, PER_ADDRESS * visitors, WINDOW, now, TooManyCodes)
    _require_room(here, PER_PLACE, WINDOW, now, TooManyCodes)


def _require_room(
    sent: QuerySet[Code], most: int, within: timedelta, now: datetime, refusal: type[TooManyCodes]
) -> None:
    """Fewer than ``most`` within that time; else the refusal says when the one in the way is forgotten."""
    newest = (
        sent.filter(sent_at__gt=now - within).order_by("-sent_at").values_list("sent_at", flat=True)[:most]
    )
    if len(newest) == most:
        raise refusal(wait=_seconds(newest[most - 1] + within - now))


def _seconds(left: timedelta) -> int:
    return max(1, math.ceil(left.total_seconds()))


def check(*, code_id: str, typed: str, now: datetime) -> Code:
    """The code, proved by these digits in any script. Raises CodeIncomplete, which costs no try, CodeWrong,
    CodeTriedOut, CodeExpired, CodeUsed.
    """
    digits = "".join(str(int(c)) for c in typed if c.isdecimal())
    if len(digits) != DIGITS:
        raise CodeIncomplete
    mine = Code.objects.filter(pk=code_id, proved_at__isnull=True)
    if not mine.filter(expires_at__gt=now, tries__lt=Code.MAX_TRIES).update(tries=F("tries") + 1):
        raise _why_not(code_id)
    code = Code.objects.get(pk=code_id)
    if not constant_time_compare(_digest(code_id, digits), code.digest):
        raise CodeTriedOut if code.tries >= Code.MAX_TRIES else CodeWrong
    if not mine.update(proved_at=now):
        raise CodeUsed
    code.proved_at = now
    return code


def _why_not(code_id: str) -> CodeUsed | CodeTriedOut | CodeExpired:
    code = Code.objects.filter(pk=code_id).first()
    if code and code.proved_at:
        return CodeUsed()
    return CodeTriedOut() if code and code.tries >= Code.MAX_TRIES else CodeExpired()


def held(*, code_id: str, now: datetime) -> Code | None:
    """The code that a browser waits for, or has typed and not used yet."""
    fresh = Q(proved_at__isnull=True) | Q(proved_at__gt=now - LEADS_ON)
    return Code.objects.filter(fresh, pk=code_id, used_at__isnull=True).first()


def proved(*, code_id: str, now: datetime) -> Code | None:
    """The code that a browser has typed a while ago and not used yet."""
    code = held(code_id=code_id, now=now)
    return code if code and code.proved_at else None


def use(*, code: Code, now: datetime) -> None:
    """From here on it leads nowhere else. Raises CodeUsed when it had led somewhere already."""
    if not Code.objects.filter(pk=code.pk, proved_at__isnull=False, used_at__isnull=True).update(used_at=now):
        raise CodeUsed


def forget(*, now: datetime) -> int:
    """Delete the codes of yesterday and before: addresses that nobody has to remember."""
    return Code.objects.filter(sent_at__lte=now - DAY).delete()[0]


def drop_all() -> int:
    """After a restore: a code that was typed since the backup is not good a second time."""
    return Code.objects.all().delete()[0]


def _digest(code_id: str, digits: str) -> str:
    return salted_hmac("passport.code", f"{code_id}|{digits}", algorithm="sha256").hexdigest()
