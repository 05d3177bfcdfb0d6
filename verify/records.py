"""A record of many certificates that the city itself signed (CLR 2.0): the same eight checks, and all within.

The city vouches for their having lain in one passport, and their issuers for what they say: so the verdict is
the worst of the record's own and of every certificate's in it, each of which is verified as if it came alone.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings

from issuers import profiles
from issuers.models import SigningKey

from . import embedded, resolver, shape
from .embedded import Embedded
from .errors import Malformed
from .foreign import apart
from .report import LEEWAY, Issuer, Outcome, Reason, Report, Stated, Step, Text
from .sheet import Sheet, only_read

CLR = "ClrCredential"


def is_record(document: dict[str, Any]) -> bool:
    """Whether this says that it is a record of the city."""
    types = document.get("type")
    city = profiles.did_for_city(base_url=settings.BASE_URL)
    return CLR in (types if isinstance(types, list) else [types]) and shape.issuer_id(document) == city


def verify(document: dict[str, Any], *, now: datetime, verify_one: Callable[[str], Report]) -> Report:
    """The report on a record; ``verify_one`` verifies a certificate within it."""
    sheet = Sheet(now=now)
    try:
        opened = embedded.open_document(document)
    except Malformed as refused:
        return only_read(now=now, detail=refused.fault)
    sheet.passed(Step.READABLE, opened.proof["cryptosuite"])
    key = resolver.service_key(did=opened.did, fragment=opened.fragment)
    if key is None:
        sheet.found(Step.ISSUER, Reason.UNKNOWN_KEY, "verificationMethod")
        return sheet.report()
    sheet.issuer = _city(opened.document)
    sheet.passed(Step.ISSUER, opened.did)
    try:
        is_signed = embedded.is_signed(opened, key=key, bounds=apart.RECORD)
    except apart.TooSlow:
        return only_read(now=now, detail="time")
    detail = f"{opened.proof['cryptosuite']}, key {key.kid8}"
    if not is_signed:
        sheet.found(Step.SIGNATURE, Reason.TAMPERED, detail)
        return sheet.report()
    sheet.passed(Step.SIGNATURE, detail)
    if _counts(sheet, opened, key):
        _contents(sheet, opened, verify_one)
    return sheet.report()


def _counts(sheet: Sheet, opened: Embedded, key: SigningKey) -> bool:
    """4: the city's key held when it signed; nobody accredits the city."""
    detail = f"signed {opened.created:%Y-%m-%dT%H:%M:%SZ}, key {key.kid8} {key.state}"
    if key.compromised_at is not None:
        sheet.found(Step.AUTHORITY, Reason.KEY_WITHDRAWN, detail)
        return False
    if opened.created < key.not_before or (key.not_after is not None and opened.created >= key.not_after):
        sheet.found(Step.AUTHORITY, Reason.OUTSIDE_KEY_PERIOD, detail)
        return False
    sheet.passed(Step.AUTHORITY, detail)
    return True


def _contents(sheet: Sheet, opened: Embedded, verify_one: Callable[[str], Report]) -> None:
    """5 to 8: its own parts, then the worst of what is within."""
    document = opened.document
    subject = document.get("credentialSubject")
    within = subject.get("verifiableCredential") if isinstance(subject, dict) else None
    starts = shape.read_moment(document.get("validFrom"))
    if starts is None or not isinstance(within, list) or not within:
        sheet.found(Step.SHAPE, Reason.CONTRADICTORY, "validFrom or verifiableCredential")
        return
    sheet.passed(Step.SHAPE, f"{len(within)} certificates")
    sheet.stated = _stated(document, starts)
    if starts > sheet.now + LEEWAY:
        sheet.found(Step.DATES, Reason.NOT_YET_VALID, "validFrom")
    reports = [verify_one(json.dumps(each, ensure_ascii=False)) for each in within]
    for number, report in enumerate(reports, 1):
        _note(sheet, number, report)
    noted = {check.step for check in sheet.checks}
    for step in (Step.DATES, Step.STATUS):
        if step not in noted:
            sheet.passed(step, "the record's own, and those of all within")
    sheet.status_as_of = min((each.status_as_of for each in reports if each.status_as_of), default=None)
    if Step.SUBJECT not in noted:
        sheet.subject(named=bool(sheet.stated.names))


def _note(sheet: Sheet, number: int, report: Report) -> None:
    """What speaks against a certificate within speaks against the record; the worst of each step is told."""
    if report.holds is True:
        return
    step = next(check.step for check in report.checks if check.outcome is not Outcome.PASSED)
    sheet.worse(step, report.reason, f"certificate {number} within")


def _city(document: dict[str, Any]) -> Issuer:
    """The city, as the record that it signed names it."""
    profile = document.get("issuer")
    name = str(profile.get("name", "")) if isinstance(profile, dict) else ""
    did = profiles.did_for_city(base_url=settings.BASE_URL)
    return Issuer(did=did, slug="", name_fr=name, name_ar="", url=f"{settings.BASE_URL}/")


def _stated(document: dict[str, Any], starts: datetime) -> Stated:
    title = document.get("name")
    titles = (Text(text=title, language=shape.script(title)),) if isinstance(title, str) and title else ()
    identifier = document.get("id")
    return Stated(
        id=identifier if isinstance(identifier, str) else "",
        names=shape.names(document),
        titles=titles,
        valid_from=starts,
    )
