"""Lists as programs hand them over: rows or a file, checked; looked at without a trace, or accepted once."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.db.models import Q
from django.utils.translation import gettext as _

from issuers.models import ApiClient, Issuer

from . import achievements, awards, batches, checking, rosters, slips
from .errors import BadAward, ListRefused, NotYours
from .ledger import Row
from .models import Achievement, Award, Batch, Credential

#: Why a list as a whole is refused; ``slips`` has a sentence for each.
REFUSALS = (
    *("empty", "picture", "pdf", "word", "zip", "web-page", "not-text", "encoding-broken"),
    *("workbook-old", "workbook-other", "workbook-locked", "workbook-damaged", "workbook-inflated"),
    *("too-large", "too-many-rows", "too-many-columns", "cell-too-long", "quote-open"),
    *("no-header", "columns-missing", "no-rows", "only-examples"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for all rows: the course by id or code, the day, the group, how people are told."""

    achievement: str
    awarded_on: date
    session: str = ""
    language: str = "fr"
    notify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A list as it would be accepted. ``versions`` are the least and the most dense printed code."""

    achievement: Achievement
    rows: Sequence[Row]
    versions: tuple[int, int] | None


# -- Rows -----------------------------------------------------------------------------------------
def read(data: bytes, *, filename: str) -> rosters.Sheet:
    """The rows of a file. Raises ListRefused with a sentence for whoever made it."""
    try:
        return rosters.read(data, filename=filename)
    except rosters.RosterError as error:
        raise refused(error.code, **error.params) from error


def refused(code: str, **params: object) -> ListRefused:
    """The refusal of a whole list, in words."""
    return ListRefused(code, slips.sentence(code, params))


def check(rows: Iterable[tuple[int, Mapping[str, str]]], *, terms: Terms) -> list[rosters.Checked]:
    """Each row, given by its number and its cells, with all that is wrong in itself.

    A row that names no language keeps the one of the list, so that it is mended with it.
    """
    common = {"language": terms.language}
    return [
        rosters.check(
            cells if cells.get("language", "").strip() else {**cells, **common},
            number=number,
            default_day=terms.awarded_on,
            default_language=terms.language,
        )
        for number, cells in rows
    ]


# -- Acceptance -----------------------------------------------------------------------------------
def hand_over(
    *,
    client: ApiClient,
    terms: Terms,
    rows: Sequence[rosters.Checked],
    key: str,
    file_name: str,
    now: datetime,
) -> awards.Accepted:
    """Accept a program's list once under its key; the wrong rows are kept to be mended.

    A repeat gives the same batch whatever became of the course since. Raises KeyReused, NobodyToIssue,
    BadAward, IssuerSuspended, OutsideMandate.
    """
    own_key, asked = key_of(client=client, key=key), _hash(terms, rows)
    before = awards.asked_before(issuer=client.issuer, idempotency_key=own_key, request_hash=asked)
    if before:
        return before
    return batches.accept_rows(
        issuer=client.issuer,
        achievement=course(issuer=client.issuer, name=terms.achievement),
        awarded_on=terms.awarded_on,
        rows=rows,
        idempotency_key=own_key,
        request_hash=asked,
        now=now,
        client=client,
        session=terms.session,
        file_name=file_name,
        notify=terms.notify,
    )


def import_file(
    *,
    issuer: Issuer,
    achievement: Achievement,
    terms: Terms,
    rows: Sequence[rosters.Checked],
    data: bytes,
    file_name: str,
    by: Any,
    now: datetime,
) -> awards.Accepted:
    """Accept a file that somebody brings to this machine, once for the same course, day and group.

    A draft of this very file is accepted as it stands. Raises as ``hand_over``.
    """
    asked = batches.hash_of_file(
        data=data, achievement=achievement, awarded_on=terms.awarded_on, session=terms.session
    )
    opened = batches.accept_rows(
        issuer=issuer,
        achievement=achievement,
        awarded_on=terms.awarded_on,
        rows=rows,
        idempotency_key=batches.file_key(asked),
        request_hash=asked,
        now=now,
        by=by,
        session=terms.session,
        file_name=file_name,
        notify=terms.notify,
    )
    if opened.batch.state == Batch.State.DRAFT:
        accepted = batches.accept_draft(batch=opened.batch, by=by, now=now)
        return awards.Accepted(batch=accepted, created=True)
    return opened


def look(*, issuer: Issuer, terms: Terms, rows: Sequence[rosters.Checked], now: datetime) -> Look:
    """The list as it would be accepted; nothing is written. Raises as ``hand_over``, NobodyToIssue aside."""
    achievement = course(issuer=issuer, name=terms.achievement)
    awards.check_award(issuer=issuer, achievement=achievement, awarded_on=terms.awarded_on, now=now)
    judged = checking.judge(
        achievement=achievement,
        session=batches.group(terms.session),
        rows=rows,
        default_day=terms.awarded_on,
        now=now,
    )
    versions = batches.code_versions_of(achievement=achievement, rows=judged, now=now)
    return Look(achievement=achievement, rows=judged, versions=versions)


def course(*, issuer: Issuer, name: str) -> Achievement:
    """The issuer's open course with this id or code. Raises BadAward, the same for foreign and unknown."""
    found = achievements.published_for(issuers=[issuer]).filter(Q(pk=name) | Q(code=name))
    chosen = found.filter(pk=name).first() or found.order_by("-version").first()
    if chosen is None:
        raise BadAward(_("This course is not open for awards. Choose another."), field="achievement")
    return chosen


def key_of(*, client: ApiClient, key: str) -> str:
    """The key as the batch keeps it: programs do not meet each other's, nor those of files and forms."""
    return f"api:{client.pk}:{key}"


def _hash(terms: Terms, rows: Sequence[rosters.Checked]) -> str:
    asked = [
        *(terms.achievement, terms.awarded_on, terms.session, terms.language, terms.notify),
        [(row.number, row.cells) for row in rows],
    ]
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


# -- Mending --------------------------------------------------------------------------------------
def mend(*, batch: Batch, row: int, cells: Mapping[str, str], now: datetime) -> Award:
    """Judge a row anew with these cells in place of what was typed there; the others stay, an empty one goes.

    Raises NotYours, BatchClosed.
    """
    award = batch.awards.filter(row=row).first()
    if award is None:
        raise NotYours
    kept = {field: text for field, text in batches.typed(award).items() if field in batches.CELLS}
    return batches.mend(
        batch=batch, row=row, cells={**kept, **cells}, language=award.language or "fr", now=now
    )


def correct(*, credential: Credential, cells: Mapping[str, str]) -> rosters.Checked:
    """Whom a certificate names, with these cells in place of its own, checked as a row is."""
    kept = {"language": credential.award.language}
    if not cells.get("name"):
        kept |= {"name_latin": credential.name_latin, "name_arabic": credential.name_arabic}
    if credential.address_kind and not cells.keys() & {"phone", "email", "passport"}:
        kept[credential.address_kind] = credential.address
    return rosters.check(
        {**kept, **cells}, number=1, default_day=credential.awarded_on, default_language="fr"
    )


def slips_by_field(checked: rosters.Checked) -> dict[str, list[str]]:
    """What is wrong with one person, field by field, in words."""
    found: dict[str, list[str]] = {}
    for problem in checked.problems:
        found.setdefault(problem.field, []).append(str(slips.sentence(problem.code)))
    return found
