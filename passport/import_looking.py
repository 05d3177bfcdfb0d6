"""What a worker does with something that was brought: recognise, examine, compare, keep or answer.

What is the city's own is filed as every certificate is. All else is examined by the rules for documents from
elsewhere; it is kept only if it is what its issuer signed, and about her.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from verify import endorsed
from verify.errors import Malformed
from verify.foreign.examining import examine
from verify.foreign.fetching import Fetch
from verify.foreign.report import ForeignReport
from verify.report import Outcome

from . import belonging, cityown, import_reading, importing
from .belonging import Belongs, Person
from .errors import TooManyImports
from .importing import Answer
from .models import Address, Import, Learner

State, Standing, Hers = Import.State, Import.Standing, Import.Hers
REFUSED = {
    Belongs.OTHER_ADDRESS: Answer.OTHER_ADDRESS,
    Belongs.OTHER_NAME: Answer.OTHER_NAME,
    Belongs.NOBODY: Answer.NOBODY,
    Belongs.NATIONAL_NUMBER: Answer.NATIONAL_NUMBER,
}
#: Faults of the place where it lies, which may be another another time.
ELSEWHERE = frozenset({"link-unreachable"})
FREE: dict[str, Any] = {"wanted_at": None, "lease_token": "", "lease_until": None}


def look(*, brought: Import, fetch: Fetch, now: datetime) -> None:
    """Look at it, for the first time or again, and write down what was found.

    Nobody is written to twice: whatever became of it meanwhile (removed, taken by another) stays so.
    """
    if brought.state == State.KEPT:
        _check_again(brought, fetch=fetch, now=now)
        return
    content = bytes(brought.content or b"")
    data = content.decode() if brought.typed else content
    own = cityown.recognise(data)
    if own is not None:
        _file(brought, own, now=now)
        return
    try:
        report = examine(data=data, now=now, fetch=fetch, ours=endorsed.judging(now=now))
    except Malformed as refused:
        word = Answer.UNCHECKABLE if refused.fault in ELSEWHERE else Answer.UNREADABLE
        answer(brought, word, finding=refused.fault)
        return
    _judge(brought, report, now=now)


def answer(brought: Import, word: Answer, **about: Any) -> None:
    """Say why it is not kept; what may be tried again stays with it."""
    keeps = {} if word in importing.AGAIN else {"content": None}
    about["finding"] = about.get("finding", "")[:60]
    _mine(brought).update(state=State.ANSWERED, answer=word.value, **FREE, **keeps, **about)


def _mine(brought: Import) -> Any:
    """The row, as long as it is this worker's."""
    return Import.objects.filter(pk=brought.pk, lease_token=brought.lease_token, wanted_at__isnull=False)


# -- The city's own -------------------------------------------------------------------------------
def _file(brought: Import, own: cityown.Own, *, now: datetime) -> None:
    found = {each: cityown.file(learner=brought.learner, certificate_id=each, now=now) for each in own.ids}
    if own.record:
        answer(brought, Answer.CITY_RECORD)
        return
    if not found:
        answer(brought, Answer.CITY_UNKNOWN)
        return
    ((certificate_id, where),) = found.items()
    mine = {"certificate_id": certificate_id} if where == "here" else {}
    answer(brought, Answer(f"city-{where}"), **mine)


# -- From elsewhere -------------------------------------------------------------------------------
def _judge(brought: Import, report: ForeignReport, *, now: datetime) -> None:
    fault = import_reading.not_signed(report)
    if fault is not None:
        word = Answer.BROKEN if fault.outcome is Outcome.FAILED else Answer.UNCHECKABLE
        answer(brought, word, finding=fault.code)
        return
    person = person_of(brought.learner)
    whose = belonging.belongs(report, person)
    if whose in REFUSED:
        answer(brought, REFUSED[whose], names=_names(report))
        return
    hers = Hers.ADDRESS if whose is Belongs.BY_ADDRESS else Hers.NAME
    _keep(brought, report, hers=hers, now=now)


def person_of(learner: Learner) -> Person:
    """Of her what documents are compared with."""
    proven = Address.objects.filter(learner=learner, verified_at__isnull=False)
    held = list(proven.values_list("kind", "value"))
    return Person(
        name_latin=learner.name_latin,
        name_arabic=learner.name_arabic,
        phones=tuple(value for kind, value in held if kind == "phone"),
        emails=tuple(value for kind, value in held if kind == "email"),
    )


def _names(report: ForeignReport) -> list[str]:
    cleaned = (import_reading.clean(name, 120) for name in belonging.recipients(report)[:4])
    return [name for name in cleaned if name]


@transaction.atomic
def _keep(brought: Import, report: ForeignReport, *, hers: str, now: datetime) -> None:
    """Keep it once: another version of the same takes its place if it is newer, and leads to it if not."""
    Learner.objects.select_for_update().get(pk=brought.learner_id)
    read = import_reading.read(report)
    there = Import.objects.filter(learner=brought.learner_id, state=State.KEPT, key=read.key).first()
    found = _columns(report, read, before=there, now=now) | {
        "raw": report.raw,
        "size": len(report.raw.encode()),
        "hers": hers,
        "names": _names(report),
    }
    if there is not None:
        same = there.raw == report.raw
        newer = not same and import_reading.is_newer(read, than=there.valid_from)
        if same or newer:
            Import.objects.filter(pk=there.pk).update(**found)
        answer(brought, Answer.RENEWED if newer else Answer.KNOWN, leads_to=there)
        return
    try:
        importing.require_room(learner=brought.learner, size=found["size"])
    except TooManyImports:
        answer(brought, Answer.FULL)
        return
    _mine(brought).update(state=State.KEPT, content=None, kept_at=now, **FREE, **found)


def _columns(
    report: ForeignReport, read: import_reading.Read, *, before: Import | None, now: datetime
) -> dict[str, Any]:
    standing = import_reading.standing(report)
    genuine_at = now if standing == Standing.GENUINE else before.genuine_at if before else None
    return {**asdict(read), "standing": standing, "checked_at": now, "genuine_at": genuine_at}


def _check_again(brought: Import, *, fetch: Fetch, now: datetime) -> None:
    """The last check's findings take the place of those before; what it says and whose it is stay."""
    try:
        report = examine(data=brought.raw, now=now, fetch=fetch, ours=endorsed.judging(now=now))
    except Malformed as refused:  # our own rules have become stricter since
        gone = {"step": "form", "outcome": "failed", "code": refused.fault[:60], "detail": ""}
        found: dict[str, Any] = {
            "standing": Standing.BROKEN,
            "checked_at": now,
            "report": {**(brought.report or {}), "findings": [gone]},
        }
    else:
        whole = _columns(report, import_reading.read(report), before=brought, now=now)
        fault = import_reading.not_signed(report)
        if fault is not None and fault.outcome is Outcome.UNKNOWN:
            whole["standing"] = Standing.UNCHECKED
        found = {name: whole[name] for name in ("standing", "checked_at", "genuine_at", "report")}
    _mine(brought).update(**FREE, **found)
