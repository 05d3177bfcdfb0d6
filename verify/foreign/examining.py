"""Examines a credential of elsewhere in any form: six checks in their order, each with a finding of its own.

1 it can be read · 2 it has what its standard demands · 3 its proof holds · 4 the key is the issuer's own ·
5 dates · 6 status. A learner record is examined with every credential within it.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from credentials import linkeddata
from credentials.linkeddata import Contexts
from verify.errors import Malformed
from verify.report import LEEWAY

from . import apart, endorsements, forms, openbadges2, proofs, reading, schemas, status
from .fetching import Bounded, Fetch, FetchError
from .proofs import Hashing, NotAuthorised, ProofError, Secured
from .report import Endorsed, Finding, ForeignReport, Standard, Step, complete, failed, passed, unknown
from .secured import speaks_for

MAX_INNER = 200
#: What cannot be told is not the same as what is wrong.
UNDECIDED = frozenset(
    {
        "context-unknown",
        "method-unreachable",
        "method-unsupported",
        "proof-suite",
        "too-complex",
        "too-slow",
    }
)
#: Codes of what the reading of a proof finds out about the document itself.
OF_FORM = frozenset(
    {
        "context-unknown",
        "id-relative",
        "not-linked-data",
        "proof-document",
        "term-undefined",
        "token-form",
        "too-complex",
        "too-slow",
    }
)


def examine(
    *,
    data: bytes | str,
    now: datetime,
    fetch: Fetch,
    hashing: Hashing = apart.hash_data,
    contexts: Contexts | None = None,
    ours: endorsements.Ours = endorsements.nobody,
) -> ForeignReport:
    """The report on whatever this is; ``fetch`` says whom it may ask (``NO_FETCH``: nobody), ``ours`` judges
    endorsements in the name of this city.

    Raises Malformed and TooLarge when there is no credential to report on.
    """
    asking = Bounded(fetch)
    form = forms.read(data)
    if form.url:
        form = _fetched(form.url, asking)
    if openbadges2.recognises(form.raw, form.document):
        return openbadges2.read(form.raw, fetch=asking, now=now)
    return _Examination(now=now, fetch=asking, hashing=hashing, contexts=contexts, ours=ours).of(form)


def _fetched(url: str, fetch: Fetch) -> forms.Form:
    """What lies at an address: a credential in any form, but not another address. Raises Malformed."""
    try:
        body = fetch(url).body
    except FetchError as error:
        raise Malformed("link-too-large" if error.code == "too-large" else "link-unreachable") from None
    return forms.without_link(forms.read(body))


class _Examination:
    """One examination, with the time and the ways that it has."""

    def __init__(
        self,
        *,
        now: datetime,
        fetch: Fetch,
        hashing: Hashing,
        contexts: Contexts | None,
        ours: endorsements.Ours,
    ) -> None:
        self.now, self.fetch, self.hashing, self.contexts = now, fetch, hashing, contexts
        self.ours = ours

    def of(self, form: forms.Form, *, within: bool = False, endorses: bool = False) -> ForeignReport:
        """The report on this credential; what endorses an endorsement is not looked at. Raises Malformed."""
        findings: list[Finding] = []
        secured = self._proved(form, findings)
        document = secured[0].credential if secured and form.document is None else form.document
        if document is None:
            document = _unproved(form.raw)
        forms.require_credential(document)
        standard = reading.standard(document)
        findings.append(schemas.check(document))
        findings.append(self._validity(document, secured))
        if secured:  # where nobody vouches for its words, nobody is asked in its name
            findings.append(self._status(document))
        inner: tuple[ForeignReport, ...] = ()
        if standard is Standard.CLR2 and not within:
            inner = tuple(self._inner(document, findings))
        return ForeignReport(
            standard=standard,
            securing=secured[0].suite if secured else _securing(form),
            document=document,
            raw=form.raw,
            issuer_id=reading.issuer_id(document),
            issuer_name=reading.issuer_name(document),
            findings=complete(findings),
            checked_at=self.now,
            stated=reading.stated(document),
            identifiers=reading.identifiers(document),
            subject_id=reading.text(reading.subject(document).get("id")),
            recipient_names=reading.names(document),
            inner=inner,
            endorsements=self._endorsements(document) if secured and not endorses else (),
        )

    def _endorsements(self, document: Mapping[str, Any]) -> tuple[Endorsed, ...]:
        return endorsements.check(document, examine=partial(self.of, endorses=True), ours=self.ours)

    # -- 1, 3 and 4 -----------------------------------------------------------------------------
    def _proved(self, form: forms.Form, findings: list[Finding]) -> list[Secured]:
        """What the proof proves; notes the form, the proof and whose key it is."""
        try:
            secured = self._secured(form)
        except NotAuthorised as refused:
            findings += [
                passed(Step.FORM),
                passed(Step.PROOF, detail=refused.secured.suite),
                failed(Step.ISSUER_BINDING, refused.code, refused.detail),
            ]
            return [refused.secured]
        except ProofError as refused:
            step = Step.FORM if refused.code in OF_FORM else Step.PROOF
            note = unknown if refused.code in UNDECIDED else failed
            findings.append(note(step, refused.code, refused.detail))
            if step is Step.PROOF:
                findings.append(passed(Step.FORM))
            return []
        findings.append(passed(Step.FORM))
        findings.append(passed(Step.PROOF, detail=", ".join(each.suite for each in secured)))
        findings.append(binding(secured))
        return secured

    def _secured(self, form: forms.Form) -> list[Secured]:
        """Raises ProofError, NotAuthorised."""
        if form.document is None:
            return [proofs.verify_token(form.raw, fetch=self.fetch, now=self.now)]
        is_record = reading.standard(form.document) is Standard.CLR2
        bounds = apart.RECORD if is_record else linkeddata.FOREIGN
        return proofs.verify_document(
            form.document,
            fetch=self.fetch,
            contexts=self.contexts,
            now=self.now,
            hashing=partial(self.hashing, bounds=bounds),
        )

    # -- 5 and 6 --------------------------------------------------------------------------------
    def _validity(self, document: Mapping[str, Any], secured: list[Secured]) -> Finding:
        begins, ends = (reading.moment(each) for each in (reading.starts(document), reading.ends(document)))
        if (begins is None) != (reading.starts(document) is None) or (
            (ends is None) != (reading.ends(document) is None)
        ):
            return failed(Step.VALIDITY, "dates-unreadable")
        if secured and secured[0].suite == proofs.VC_JWT:  # the claims bound it too (RFC 7519, 4.1)
            begins = max(filter(None, (begins, secured[0].created)), default=None)
            ends = min(filter(None, (ends, secured[0].expires)), default=None)
        if ends is not None and ends <= self.now:
            return failed(Step.VALIDITY, "expired", f"{ends:%Y-%m-%dT%H:%M:%SZ}")
        if begins is not None and begins > self.now + LEEWAY:
            return failed(Step.VALIDITY, "not-yet-valid", f"{begins:%Y-%m-%dT%H:%M:%SZ}")
        return passed(Step.VALIDITY)

    def _status(self, document: Mapping[str, Any]) -> Finding:
        prove = status.proving(fetch=self.fetch, now=self.now, hashing=self.hashing)
        return status.check(document, fetch=self.fetch, prove=prove, now=self.now)

    # -- A learner record ------------------------------------------------------------------------
    def _inner(self, record: Mapping[str, Any], findings: list[Finding]) -> list[ForeignReport]:
        """Every credential within a record (CLR 2.0, ClrSubject)."""
        given = reading.listed(reading.subject(record).get("verifiableCredential"))
        if len(given) > MAX_INNER:
            findings.append(unknown(Step.FORM, "too-complex", "credentials within"))
            return []
        found = []
        for each in given:
            try:
                found.append(self.of(forms.within(each), within=True))
            except Malformed as refused:
                findings.append(failed(Step.FORM, "inner-unreadable", refused.fault))
        return found


def _unproved(raw: str) -> dict[str, Any]:
    """The credential of a token that does not hold, for what can be said of it. Raises Malformed."""
    try:
        return proofs.credential_of(raw)
    except ProofError as refused:
        raise Malformed(refused.detail or refused.code) from None


def binding(secured: list[Secured]) -> Finding:
    """Whether one of those who signed is the issuer that the document names."""
    issuer = reading.issuer_id(secured[0].credential)
    if not issuer:
        return failed(Step.ISSUER_BINDING, "issuer-missing")
    signers = [each.controller for each in secured]
    if any(speaks_for(each, issuer) for each in signers):
        return passed(Step.ISSUER_BINDING, detail=issuer[:200])
    return failed(Step.ISSUER_BINDING, "issuer-not-controller", ", ".join(signers)[:300])


def _securing(form: forms.Form) -> str:
    """How the document says that it is secured, where no proof of it holds."""
    if form.document is None:
        return proofs.VC_JWT
    proof = next((each for each in reading.listed(form.document.get("proof")) if isinstance(each, dict)), {})
    return reading.text(proof.get("cryptosuite", proof.get("type")))[:80]
