"""The sheet on which the checks of one document are noted, and the report that follows from them."""

from datetime import datetime

from .report import Check, Issuer, Outcome, Reason, Report, Stated, Step, worst
from .wording import CHECKS, FACES, NOT_MADE


def only_read(reason: Reason = Reason.MALFORMED, *, now: datetime, detail: str = "") -> Report:
    """The report on what could not be examined further than its form."""
    sheet = Sheet(now=now)
    sheet.found(Step.READABLE, reason, detail)
    return sheet.report()


class Sheet:
    """One document: its checks so far, and what they mean."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.checks: list[Check] = []
        self.reasons: list[Reason] = []
        self.issuer: Issuer | None = None
        self.stated: Stated | None = None
        self.status_as_of: datetime | None = None

    def passed(self, step: Step, detail: str = "") -> None:
        self._note(step, "passed", detail)

    def found(self, step: Step, reason: Reason, detail: str = "") -> None:
        """The check did not simply pass: it failed, could not be made, or needs its own word."""
        self._note(step, reason, detail)
        self.reasons.append(reason)

    def worse(self, step: Step, reason: Reason, detail: str) -> None:
        """As ``found``, where a check has several subjects: the first of the worst is told."""
        before = [check for check in self.checks if check.step is step]
        if before and worst([reason, *self.reasons]) is not reason:
            self.reasons.append(reason)
            return
        self.checks = [check for check in self.checks if check.step is not step]
        self.found(step, reason, detail)

    def _note(self, step: Step, code: str, detail: str) -> None:
        outcome, sentence = CHECKS[step, code]
        self.checks.append(Check(step=step, outcome=outcome, sentence=str(sentence), detail=detail))

    def subject(self, *, named: bool) -> None:
        """8: it names somebody, to be compared with an identity document."""
        if named:
            self.passed(Step.SUBJECT)
        else:
            self.found(Step.SUBJECT, Reason.CONTRADICTORY, "no name")

    def report(self) -> Report:
        """What follows from the checks; those that were not made are unknown."""
        reason = worst(self.reasons)
        made = {check.step for check in self.checks}
        missing = [
            Check(step=step, outcome=Outcome.UNKNOWN, sentence=str(NOT_MADE), made=False)
            for step in Step
            if step not in made
        ]
        shows = reason.shows_claim
        return Report(
            reason=reason,
            headline=str(FACES[reason].headline),
            sentence=str(FACES[reason].sentence),
            checks=tuple(sorted([*self.checks, *missing], key=lambda check: check.number)),
            checked_at=self.now,
            issuer=self.issuer if shows else None,
            stated=self.stated if shows else None,
            status_as_of=self.status_as_of if shows else None,
        )
