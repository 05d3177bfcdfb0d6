"""Open Badges 2.0: an assertion that its issuer hosts, or has signed; with its badge class and its issuer.

A hosted assertion holds because its issuer's own site says the same: it is fetched from its id, and that copy
counts. A signed one holds by a key that the issuer's profile lists. Neither is ever believed for what it
brings along.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from verify import carriers, gate
from verify.errors import Malformed, TooLarge
from verify.report import LEEWAY

from . import keys_ob2, reading, shapes_ob2
from .fetching import Fetch, FetchError
from .report import Finding, ForeignReport, Standard, Step, complete, failed, passed, unknown
from .secured import ProofError
from .tokens import TYPES, credential_of, open_jws, require_signature

HOSTED, JWS = "hosted", "jws"
_TOKEN_TYPES = TYPES | {"JWS"}
_BADGE = "badge"


def read(data: bytes | str, *, fetch: Fetch, now: datetime) -> ForeignReport:
    """The report on an assertion as JSON, as JWS, at its address, or baked into a PNG or SVG.

    Raises Malformed and TooLarge when there is none.
    """
    text = _carried(data)
    if text.startswith("https://") and len(text.split()) == 1:
        try:
            text = fetch(text).body.decode("utf-8-sig").strip()
        except (FetchError, UnicodeDecodeError):
            raise Malformed("link-unreachable") from None
    if text.startswith("{"):
        document, jws = gate.strict_json(text), ""
    else:
        text = jws = re.sub(r"[\r\n]+[\t ]*", "", text)
        document = _payload(text)
    if not shapes_ob2.is_assertion(document):
        raise Malformed("unknown-form")
    return _Reading(fetch=fetch, now=now).of(document, jws=jws, raw=text)


def recognises(text: str, document: Mapping[str, Any] | None) -> bool:
    """Whether this JSON object, or else the payload of this JWS, is an assertion."""
    if document is None:
        try:
            document = _payload(text)
        except Malformed:
            return False
    return shapes_ob2.is_assertion(document)


def _carried(data: bytes | str) -> str:
    """The text, out of the picture that carries it. Raises Malformed, TooLarge."""
    if len(data) > gate.MAX_UPLOAD:
        raise TooLarge("upload-too-large")
    if isinstance(data, bytes):
        if carriers.is_png(data):
            return carriers.from_png(data, keywords=(carriers.PNG_KEYWORD_2,)).strip()
        try:
            data = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Malformed("unknown-form") from None
    text = data.strip()
    if carriers.is_svg(text):
        text = carriers.from_svg(text, elements=(carriers.SVG_ELEMENT_2,)).strip()
    if len(text) > gate.MAX_DOCUMENT:
        raise TooLarge("document-too-large")
    return text


def _payload(text: str) -> dict[str, Any]:
    """What a JWS says, whether or not its signature holds. Raises Malformed."""
    try:
        return credential_of(text)
    except ProofError as error:
        raise Malformed(error.code) from None


class _StepError(Exception):
    """A step ends here, with this finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


class _Reading:
    """One assertion read, with the time and the way to ask."""

    def __init__(self, *, fetch: Fetch, now: datetime) -> None:
        self.fetch, self.now = fetch, now

    def of(self, given: dict[str, Any], *, jws: str, raw: str) -> ForeignReport:
        """The report on this assertion; of a hosted one, on the copy that its issuer hosts."""
        found: list[Finding] = [passed(Step.FORM)]
        assertion, badge, profile = given, _nothing(), _nothing()
        try:
            self._require_shape("Assertion", given)
            if not jws:
                assertion = self._hosted(given)
                self._require_shape("Assertion", assertion)
            elif not _is_signed(given):
                found.append(failed(Step.PROOF, "ob2-not-as-declared", HOSTED))
            badge = self._linked(assertion[_BADGE], "badge class", trust=True)
            self._require_shape("BadgeClass", badge)
            profile = self._linked(badge["issuer"], "issuer", trust=False)
            self._require_shape("Profile", profile)
            found.append(passed(Step.SCHEMA))
            if jws:
                found += self._signed(jws, assertion, profile)
            else:
                found += self._scope(assertion, profile)
            found.append(self._status(assertion, profile))
        except _StepError as error:
            found.append(error.finding)
        found.append(self._dates(assertion))
        return ForeignReport(
            standard=Standard.OB2,
            securing=JWS if jws else HOSTED,
            document=_joined(assertion, badge, profile),
            raw=raw,
            issuer_id=reading.text(profile.get("id")),
            issuer_name=reading.text(profile.get("name")),
            findings=complete(found),
            checked_at=self.now,
            stated=shapes_ob2.stated(assertion, badge),
            identifiers=shapes_ob2.recipient(assertion),
        )

    # -- What it is made of ---------------------------------------------------------------------
    @staticmethod
    def _require_shape(name: str, document: Mapping[str, Any]) -> None:
        for fault in shapes_ob2.faults(name, document):
            raise _StepError(failed(Step.SCHEMA, fault.code, f"{name}{fault.where}"))

    def _linked(self, link: Any, what: str, *, trust: bool) -> dict[str, Any]:
        """The object behind a link, which must call itself so; one that stands there counts if ``trust``.

        A badge class that stands within is part of what is hosted or signed; an issuer that does is not
        the issuer's own word.
        """
        if isinstance(link, dict) and trust:
            return link
        address = link["id"] if isinstance(link, dict) else link
        found = self._object(address, Step.PROOF)
        if found.get("id") != address:
            raise _StepError(failed(Step.PROOF, "ob2-other-id", what))
        return found

    def _object(self, address: str, step: Step) -> dict[str, Any]:
        """The JSON object at this address. Raises _StepError."""
        try:
            return gate.strict_json(self.fetch(address).body.decode())
        except FetchError as error:
            if error.code == "not-found" and step is Step.PROOF:
                raise _StepError(failed(step, "ob2-gone", address[:200])) from None
            code = "ob2-unreachable" if step is Step.PROOF else "status-unreachable"
            raise _StepError(unknown(step, code, error.code)) from None
        except (UnicodeDecodeError, Malformed):
            code = "ob2-unreadable" if step is Step.PROOF else "status-list-form"
            raise _StepError(failed(step, code, address[:200])) from None

    # -- Hosted ---------------------------------------------------------------------------------
    def _hosted(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The assertion as its site has it, which says all that the given one says."""
        address = reading.text(given.get("id"))
        if _is_signed(given):
            raise _StepError(failed(Step.PROOF, "ob2-not-as-declared", JWS))
        if not address.startswith("https://"):
            raise _StepError(failed(Step.PROOF, "ob2-no-address", address[:200]))
        hosted = self._object(address, Step.PROOF)
        if hosted.get("revoked") is True and hosted.get("id", address) == address:
            raise _StepError(failed(Step.STATUS, "status-revoked"))
        for name, value in given.items():
            if _plain(name, hosted.get(name)) != _plain(name, value):
                raise _StepError(failed(Step.PROOF, "ob2-differs", name[:40]))
        return hosted

    def _scope(self, assertion: Mapping[str, Any], profile: Mapping[str, Any]) -> list[Finding]:
        if not shapes_ob2.in_scope(assertion["id"], profile):
            where = failed(Step.ISSUER_BINDING, "ob2-scope", profile["id"][:200])
        else:
            where = passed(Step.ISSUER_BINDING, detail=profile["id"][:200])
        return [passed(Step.PROOF, detail=HOSTED), where]

    # -- Signed ---------------------------------------------------------------------------------
    def _signed(self, jws: str, assertion: Mapping[str, Any], profile: Mapping[str, Any]) -> list[Finding]:
        """The signature by the key that it names, and that key as one of the issuer's."""
        creator = assertion["verification"].get("creator")
        try:
            opened = open_jws(jws, types=_TOKEN_TYPES)
            key = keys_ob2.find(creator, profile, fetch=self.fetch)
            require_signature(opened, key.method)
        except ProofError as error:
            told = unknown if error.code == "method-unreachable" else failed
            return [told(Step.PROOF, error.code, error.detail)]
        proof = passed(Step.PROOF, detail=opened.alg)
        if not key.is_listed:
            return [proof, failed(Step.ISSUER_BINDING, "issuer-not-controller", key.method.controller[:200])]
        return [proof, passed(Step.ISSUER_BINDING, detail=profile["id"][:200])]

    # -- Dates and status -----------------------------------------------------------------------
    def _dates(self, assertion: Mapping[str, Any]) -> Finding:
        issued, ends = (shapes_ob2.moment(assertion, name) for name in ("issuedOn", "expires"))
        if issued is None or (ends is None and "expires" in assertion):
            return failed(Step.VALIDITY, "dates-unreadable")
        if ends is not None and ends <= self.now:
            return failed(Step.VALIDITY, "expired")
        if issued > self.now + LEEWAY:
            return failed(Step.VALIDITY, "not-yet-valid")
        return passed(Step.VALIDITY)

    def _status(self, assertion: Mapping[str, Any], profile: Mapping[str, Any]) -> Finding:
        """The issuer's list, for what it signs; a hosted assertion is revoked where it lies."""
        address = profile.get("revocationList")
        if not _is_signed(assertion):
            return passed(Step.STATUS)
        if address is None:
            return passed(Step.STATUS, "no-status")
        try:
            listed = self._object(address, Step.STATUS)
        except _StepError as error:
            return error.finding
        names = listed.get("revokedAssertions", [])
        if not isinstance(names, list):
            return failed(Step.STATUS, "status-list-form", "revokedAssertions")
        if listed.get("issuer", profile["id"]) not in (profile["id"], {"id": profile["id"]}):
            return failed(Step.STATUS, "status-list-issuer")
        ids = [each.get("id", each.get("uid")) if isinstance(each, dict) else each for each in names]
        return failed(Step.STATUS, "status-revoked") if assertion["id"] in ids else passed(Step.STATUS)


def _nothing() -> dict[str, Any]:
    return {}


def _is_signed(assertion: Mapping[str, Any]) -> bool:
    kinds = reading.listed(reading.member(assertion.get("verification"), "type"))
    return any(kind in shapes_ob2.SIGNED for kind in kinds)


def _plain(name: str, value: Any) -> Any:
    """A member for comparing: a badge class that stands within is as good as its address."""
    return value.get("id") if name == _BADGE and isinstance(value, dict) else value


def _joined(
    assertion: Mapping[str, Any], badge: Mapping[str, Any], profile: Mapping[str, Any]
) -> dict[str, Any]:
    """The assertion with its badge class and its issuer within, for whoever shows it."""
    issuer = {"issuer": dict(profile)} if profile else {}
    return {**assertion, _BADGE: {**badge, **issuer}} if badge else dict(assertion)
