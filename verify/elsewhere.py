"""What comes from elsewhere: the city does not recognise its issuer, and says all the same what it is."""

from dataclasses import replace
from datetime import datetime

from . import endorsed
from .errors import Malformed, TooLarge
from .foreign import examining, wording
from .foreign.fetching import Fetch
from .report import Outcome, Reason, Report, Step
from .sheet import Sheet, only_read

#: Faults of a link, not of a document.
LINKS = ("link-unreachable", "link-too-large")
#: What is no document that anybody could check; the rest is genuine or not, but not of the register.
_UNREADABLE = frozenset({"token-form", "token-header", "token-alg", "token-type", "token-key"})
_NOT_CHECKED = frozenset({"proof-suite", "context-unknown", "method-unsupported"})


def verify_elsewhere(data: str, *, now: datetime, fetch: Fetch) -> Report:
    """The city does not recognise its issuer, whoever it is; what else there is to say stands in ``foreign``.

    Raises Malformed for a link behind which nothing is found.
    """
    try:
        found = examining.examine(data=data, now=now, fetch=fetch, ours=endorsed.judging(now=now))
    except TooLarge:
        raise
    except Malformed as refused:
        if refused.fault in LINKS:
            raise
        return only_read(now=now, detail=refused.fault)
    codes = {each.code for each in found.findings if each.outcome is not Outcome.PASSED}
    if unreadable := codes & _UNREADABLE:
        return only_read(now=now, detail=min(unreadable).removeprefix("token-"))
    exam = Sheet(now=now)
    if codes & _NOT_CHECKED:
        exam.found(Step.READABLE, Reason.FOREIGN_PROOF, min(codes & _NOT_CHECKED))
    else:
        exam.passed(Step.READABLE, f"{found.standard.value}, {found.securing}")
        exam.found(Step.ISSUER, Reason.UNKNOWN_ISSUER, found.issuer_id[:200])
    return replace(exam.report(), foreign=wording.told(found.of_what_is_proved().to_json()))
