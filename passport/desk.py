"""The desk: what a clerk does for somebody who is there; each act is a line that she reads, and in the log.

Nobody is browsed: a passport is found by its card, by its number, or by a whole name and year of birth.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials import awards
from credentials.letters import Letter
from credentials.models import Credential
from credentials.people import Person
from issuers import audit
from issuers.models import Arrondissement, Issuer

from . import accounts, ages, cards, consents, filing, looks, names, numbers, telling
from .errors import (
    AlreadyDecided,
    AlreadyElsewhere,
    ConsentMissing,
    FactWrong,
    GuardianMissing,
    NobodyFound,
    NotSeen,
    ReasonMissing,
    TooManyFound,
)
from .models import Address, Code, Consent, Entry, Learner, Look

log = logging.getLogger(__name__)

MAX_FOUND = 5
MAX_CLAIMS = 20
Purpose = Consent.Purpose
#: Asked at a desk, one after the other; the first is needed. Research is never asked by word of mouth.
ASKED = (Purpose.PASSPORT, Purpose.SHOWING, Purpose.STATISTICS, Purpose.MESSAGES)
BIRTH_YEAR = "desk-birth-year"
#: What stands in a line about a desk → how it reads.
DEEDS: dict[str, Any] = {
    "desk-find": gettext_lazy("Passport looked up"),
    "desk-new": gettext_lazy("Passport opened for a person without a phone"),
    "desk-consent": gettext_lazy("Consent recorded"),
    "desk-card": gettext_lazy("Card printed"),
    "desk-pin": gettext_lazy("New PIN printed"),
    "desk-claim": gettext_lazy("Certificate put into the passport"),
    "desk-phone": gettext_lazy("Phone or e-mail added"),
    BIRTH_YEAR: gettext_lazy("Year of birth corrected"),
    "me-merge": gettext_lazy("Two passports made one"),
    "desk-guardian": gettext_lazy("Passport of a child opened with the guardian present"),
    "me-hide": gettext_lazy("Certificate hidden or shown again"),
    "me-proposal": gettext_lazy("Question about a certificate answered"),
    "me-entry": gettext_lazy("Who sees a certificate, changed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a new passport needs to know."""

    name_latin: str
    name_arabic: str
    language: str
    birth_year: int | None
    district: Arrondissement | None
    seen: bool
    guardian: str = ""


# -- Opening --------------------------------------------------------------------------------------
def open_passport(
    *, asked: Asked, agreed: Mapping[str, bool], by: Learner, house: Issuer, now: datetime
) -> Learner:
    """A passport for the person who is there, with what she agreed to. All of it, or nothing is kept.

    Raises NotSeen, ConsentMissing, GuardianMissing, BadAward for a name.
    """
    if not asked.seen:
        raise NotSeen
    if not agreed.get(Purpose.PASSPORT):
        raise ConsentMissing
    guardian = guardian_for(birth_year=asked.birth_year, number=asked.guardian, now=now)
    person = awards.clean_person(
        Person(name_latin=asked.name_latin, name_arabic=asked.name_arabic, language=asked.language)
    )
    with transaction.atomic():
        learner = accounts.new_learner(
            person, now=now, birth_year=asked.birth_year, arrondissement=asked.district
        )
        for purpose in ASKED:
            if agreed.get(purpose):
                consents.give(
                    learner=learner,
                    purpose=purpose,
                    language=asked.language,
                    channel=Consent.Channel.DESK.value,
                    by=guardian or by,
                    house=house,
                    now=now,
                )
        _note(learner, "desk-new", by=by, house=house, now=now)
        audit.append(
            event="desk.opened",
            now=now,
            issuer=house,
            by=by,
            learner=learner.pk,
            guardian=guardian.pk if guardian else None,
            agreed=[purpose.value for purpose in ASKED if agreed.get(purpose)],
        )
        if guardian:
            _note(guardian, "desk-guardian", by=by, house=house, about=str(learner.pk), now=now)
    return learner


def guardian_for(*, birth_year: int | None, number: str, now: datetime) -> Learner | None:
    """Who stands for a minor: a grown-up with a passport. Nobody for whoever is of age.

    Raises GuardianMissing.
    """
    today = timezone.localdate(now)
    if not ages.is_minor(birth_year, today):
        return None
    found = Learner.objects.filter(passport_number=numbers.normalise(number) or "-", is_active=True).first()
    if found is None or found.birth_year is None or ages.is_minor(found.birth_year, today):
        raise GuardianMissing
    return found


# -- Finding --------------------------------------------------------------------------------------
def find(
    *, text: str, birth_year: int | None, by: Learner, house: Issuer, now: datetime
) -> tuple[list[Learner], bool]:
    """Whoever fits a scanned card, a passport number, or a whole name and year of birth; and whether it was
    her card. Each of them reads that she was looked up.

    Raises NobodyFound, TooManyFound, CardUnknown, CardReplaced.
    """
    secret = cards.secret_in(text)
    found = [cards.scanned(secret=secret).learner] if secret else _by_words(text, birth_year)
    found = [learner for learner in found if learner.pk != by.pk]
    if not found:
        raise NobodyFound
    if len(found) > MAX_FOUND:
        raise TooManyFound
    for learner in found:
        looks.note(learner=learner, act=Look.Act.DESK_FOUND, by=by, house=house, what="desk-find", now=now)
    return found, bool(secret)


def _by_words(text: str, birth_year: int | None) -> list[Learner]:
    here = Learner.objects.filter(is_active=True)
    number = numbers.normalise(text)
    if number:
        return list(here.filter(passport_number=number))
    if birth_year is None:
        return []
    born = here.filter(birth_year=birth_year).values_list("pk", "name_latin", "name_arabic")
    fitting = [pk for pk, *both in born if any(names.same(text, name) for name in both)]
    return list(here.filter(pk__in=fitting[: MAX_FOUND + 1]).select_related("arrondissement"))


def vouch(*, learner: Learner, seen: bool, reason: str, by: Learner, house: Issuer, now: datetime) -> None:
    """Neither card nor PIN: the clerk says that she sees the person, and why; she reads it as such.

    Raises NotSeen, ReasonMissing.
    """
    reason = " ".join(reason.split())[:300]
    if not seen:
        raise NotSeen
    if len(reason) < 3:
        raise ReasonMissing
    with transaction.atomic():
        looks.note(learner=learner, act=Look.Act.DESK_VOUCHED, by=by, house=house, what=reason, now=now)
        audit.append(
            event="desk.vouched",
            now=now,
            issuer=house,
            by=by,
            learner=learner.pk,
            **audit.wordless({"reason": reason}),
        )


# -- Card and PIN ---------------------------------------------------------------------------------
def print_card(
    *, learner: Learner, proof: str, seen: bool, fact: str, by: Learner, house: Issuer, now: datetime
) -> cards.Secrets:
    """A card for whoever has none, or instead of a lost one, which opens nothing from now on.

    Raises NotSeen, FactWrong.
    """
    _require_facts(learner, proof=proof, seen=seen, fact=fact)
    with transaction.atomic():
        made = cards.issue(learner=learner, by=by, house=house, language=learner.language, now=now)
        _note(learner, "desk-card", by=by, house=house, about=made.card.pk, now=now)
        transaction.on_commit(lambda: _tell(learner))
    return made


def print_pin(
    *, learner: Learner, proof: str, seen: bool, fact: str, by: Learner, house: Issuer, now: datetime
) -> cards.Secrets:
    """A new PIN for the card that she holds. Raises NotSeen, FactWrong, CardUnknown."""
    _require_facts(learner, proof=proof, seen=seen, fact=fact)
    with transaction.atomic():
        made = cards.reset_pin(learner=learner, by=by, house=house, now=now)
        _note(learner, "desk-pin", by=by, house=house, about=made.card.pk, now=now)
        transaction.on_commit(lambda: _tell(learner))
    return made


def _require_facts(learner: Learner, *, proof: str, seen: bool, fact: str) -> None:
    """Two facts and a clerk: she is there with her paper, and her card, year of birth or a certificate."""
    if proof == "opened":
        return
    if not seen:
        raise NotSeen
    if proof in ("card", "pin"):
        return
    digits = "".join(str(int(c)) for c in fact if c.isdecimal())
    if len(digits) == 4 and learner.birth_year == int(digits):
        return
    held = Entry.objects.filter(learner=learner).values_list(
        "credential__achievement__title_fr", "credential__achievement__title_ar"
    )
    if not any(title and names.near(fact, title) for titles in held for title in titles):
        raise FactWrong


def _tell(learner: Learner) -> None:
    """Whoever is reached by a phone or e-mail hears that her card or PIN changed; it may get lost."""
    address = Address.objects.filter(learner=learner, verified_at__isnull=False).first()
    if address is None:
        return
    telling.tell(kind=address.kind, value=address.value, language=learner.language, letter=_card_letter)


def _card_letter() -> Letter:
    says = _("A desk gave you a new card or PIN. Was it not you? Ask at any desk at once.")
    short = _("A desk gave you a new card or PIN. Not you? Ask at a desk at once.")
    return Letter(subject=_("Your passport card"), says=says, short=short)


# -- Certificates and addresses -------------------------------------------------------------------
def claimable(*, learner: Learner, year: int) -> list[Credential]:
    """Certificates of that year, of any provider, that are in no passport and bear her name, or nearly."""
    words = {word for name in (learner.name_latin, learner.name_arabic) for word in name.split()}
    alike = Q()
    for word in words:
        if len(word) >= 3:
            alike |= Q(name_latin__icontains=word[:4]) | Q(name_arabic__contains=word)
    waiting = Credential.objects.filter(
        alike,
        awarded_on__year=year,
        entry__isnull=True,
        erased_at__isnull=True,
        status__in=(Credential.Status.ACTIVE, Credential.Status.SUSPENDED),
    )
    related = waiting.select_related("achievement", "issuer").defer("jwt", "paper")
    return [one for one in related.order_by("-awarded_on", "pk") if _may_be_hers(one, learner)][:MAX_CLAIMS]


def _may_be_hers(credential: Credential, learner: Learner) -> bool:
    shared = [
        (one, other)
        for one, other in (
            (credential.name_latin, learner.name_latin),
            (credential.name_arabic, learner.name_arabic),
        )
        if one and other
    ]
    return bool(shared) and all(names.near(one, other) for one, other in shared)


@transaction.atomic
def claim(*, learner: Learner, credential_id: str, by: Learner, house: Issuer, now: datetime) -> Entry:
    """The person says, before a clerk, that this certificate is hers. Raises AlreadyElsewhere."""
    credential = Credential.objects.filter(pk=credential_id).first()
    if credential is None or not _may_be_hers(credential, learner):
        raise AlreadyElsewhere
    if credential not in claimable(learner=learner, year=credential.awarded_on.year):
        raise AlreadyElsewhere
    try:
        entry = filing.file_seen(learner=learner, credential_id=credential.pk, now=now)
    except AlreadyDecided as error:
        raise AlreadyElsewhere from error
    _note(learner, "desk-claim", by=by, house=house, about=credential.pk, now=now)
    audit.append(event="desk.claimed", now=now, issuer=house, by=by, about=credential.pk, learner=learner.pk)
    return entry


def add_address(*, learner: Learner, code: Code, by: Learner, house: Issuer, now: datetime) -> Address:
    """The code that the person read out of her phone adds it. Raises CodeUsed, TooManyAddresses."""
    address = accounts.add_address(learner=learner, code=code, now=now)
    _note(learner, "desk-phone", by=by, house=house, now=now)
    audit.append(event="desk.address-added", now=now, issuer=house, by=by, learner=learner.pk)
    return address


def _note(learner: Learner, what: str, *, by: Learner, house: Issuer, now: datetime, about: str = "") -> None:
    looks.note(learner=learner, act=Look.Act.DESK_ACTED, by=by, house=house, what=what, about=about, now=now)


# -- The day --------------------------------------------------------------------------------------
def today(*, by: Learner, house: Issuer, now: datetime) -> list[Look]:
    """What this clerk did at this desk today, the newest first."""
    since = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    done = Look.objects.filter(house=house, by=by, at__gte=since).exclude(what="desk-find")
    return list(done.select_related("learner")[:100])


def counts(*, houses: Iterable[Issuer], now: datetime, days: int = 30) -> list[dict[str, Any]]:
    """How often each clerk did what at these desks lately: numbers, and nobody's passport."""
    done = Look.objects.filter(house__in=list(houses), at__gte=now - timedelta(days=days))
    vouched = Q(act=Look.Act.DESK_VOUCHED)  # there stands why, which is the learner's to read
    found: list[dict[str, Any]] = []
    for rows, said in ((done.exclude(vouched), F("what")), (done.filter(vouched), Value(""))):
        grouped = rows.annotate(deed=said).values(
            "house_id", "by__name_latin", "by__name_arabic", "act", "deed"
        )
        found += [dict(row) for row in grouped.annotate(number=Count("pk"))]
    for row in found:
        row["deed"] = deed(act=row["act"], what=row["deed"])
    return sorted(found, key=lambda row: (row["by__name_latin"] or "", -row["number"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of what somebody else did, as its learner reads it; ``reason`` where a clerk gave one."""

    look: Look
    says: str
    reason: str


def lines(*, learner: Learner) -> list[Line]:
    """Who looked and what was done for her, the newest first."""
    acted = (Look.Act.DESK_ACTED, Look.Act.GUARDIAN_ACTED)
    return [
        Line(
            look=look,
            says=deed(act=look.act, what=look.what) if look.act in acted else look.get_act_display(),
            reason=look.what if look.act == Look.Act.DESK_VOUCHED else "",
        )
        for look in looks.of(learner=learner)
    ]


def deed(*, act: str, what: str) -> str:
    """How a line reads."""
    if act == Look.Act.DESK_VOUCHED:
        return str(_("Opened without card or PIN"))
    if act == Look.Act.DESK_OPENED:
        return str(_("Passport opened to help"))
    return str(DEEDS.get(what) or Look.Act(act).label)
