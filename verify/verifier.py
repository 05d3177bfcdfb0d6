"""Verifies: numbered checks in one order, the worst of which is the verdict.

1. form: the gate reads it. 2. issuer: the key is in the city's register. 3. signature: the key made it.
4. key: it was in its period and is not withdrawn. 5. accreditation: the issuer could award this that day.
6. shape: the claims repeat the credential. 7. dates. 8. status: revoked, suspended, replaced.
"""


import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from credentials import bitstring, paper, reading
from credentials.errors import NotYours
from credentials.models import LIST_SIZE, Credential, StatusListVersion
from issuers import keys, registry
from issuers.models import SigningKey

from . import gate, resolver
from .errors import Malformed, TooLarge, VerifyError
from .report import Check, IssuerLine, Outcome, Report, Signed, Verdict

Purpose = StatusListVersion.Purpose
PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN
#: A list older than this says nothing about today.
LIST_HOLDS = timedelta(days=7)
#: When several checks fail, the first of these is the verdict.
WORST = (
    Verdict.TAMPERED,
    Verdict.UNKNOWN_ISSUER,
    Verdict.KEY_WITHDRAWN,
    Verdict.OUTSIDE_PERIOD,
    Verdict.REPLACED,
    Verdict.REVOKED,
    Verdict.SUSPENDED,
    Verdict.EXPIRED,
    Verdict.NOT_YET_VALID,
    Verdict.NOT_CHECKABLE,
)
CHECKS = ("form", "issuer", "signature", "key", "accreditation", "shape", "dates", "status")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", re.ASCII)


@dataclass
class _Run:
    """One verification under way."""

    now: datetime
    form: str
    checks: list[Check] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    signed: Signed = field(default_factory=Signed)
    issuer: IssuerLine | None = None
    status_as_of: datetime | None = None
    successor: str = ""

    def passed(self, name: str, detail: str = "") -> None:
        self._add(name, PASSED, detail)

    def failed(self, name: str, verdict: Verdict, detail: str) -> None:
        self._add(name, FAILED, detail)
        self.verdicts.append(verdict)

    def unknown(self, name: str, detail: str) -> None:
        self._add(name, UNKNOWN, detail)
        self.verdicts.append(Verdict.NOT_CHECKABLE)

    def _add(self, name: str, outcome: Outcome, detail: str) -> None:
        self.checks.append(Check(CHECKS.index(name) + 1, name, outcome, detail))

    def report(self) -> Report:
        """The worst verdict; checks that were not reached are unknown, and with them nothing is valid."""
        done = {check.name for check in self.checks}
        rest = [Check(n, name, UNKNOWN, "not reached") for n, name in enumerate(CHECKS, 1) if name not in done]
        verdict = next((v for v in WORST if v in self.verdicts), Verdict.NOT_CHECKABLE if rest else Verdict.VALID)
        return Report(
            verdict=verdict,
            checks=[*self.checks, *rest],
            form=self.form,
            checked_at=self.now,
            signed=self.signed,
            issuer=self.issuer,
            status_as_of=self.status_as_of,
            successor=self.successor,
        )


def verify(*, source: bytes | str, now: datetime) -> Report:
    """Verify whatever was handed over: JWT, JSON, PNG, SVG, PDF, code text, short code, or a link of ours.

    What the gate refuses ends as tampered or not checkable, with the rule in the detail. Raises TooLarge,
    and nothing else.
    """
    try:
        read = gate.read_source(source)
        if read.kind is gate.Kind.PAPER:
            return _verify_paper(paper.parse(read.cose), now=now)
        if read.kind is gate.Kind.JWT:
            return _verify_token(gate.parse_token(read.text), form="jwt", now=now)
        if read.kind is gate.Kind.UNSECURED:
            return _not_checkable("json", "no proof of a kind that this version checks", now=now)
        found = reading.by_short_code(read.text) if read.kind is gate.Kind.SHORT_CODE else reading.by_id(read.text)
        return verify_stored(credential=found, now=now)
    except TooLarge:
        raise
    except (Malformed, paper.PaperError) as error:
        return _not_checkable("unreadable", getattr(error, "fault", str(error)), now=now)
    except NotYours:
        run = _Run(now, "reference")
        run.failed("form", Verdict.UNKNOWN_ISSUER, "no certificate has this code")
        return run.report()
    except VerifyError as error:
        return _not_checkable("unreadable", type(error).__name__, now=now)


def verify_stored(*, credential: Credential, now: datetime) -> Report:
    """Verify one of our own from what is stored, its signature checked afresh."""
    if credential.erased_at is not None:
        return _verify_erased(credential, now=now)
    return _verify_token(gate.parse_token(credential.jwt), form="stored", now=now, stored=credential)


def _not_checkable(form: str, detail: str, *, now: datetime) -> Report:
    run = _Run(now, form)
    run.unknown("form", detail)
    return run.report()


# -- VC-JWT -----------------------------------------------------------------------------------------
def _verify_token(token: gate.Token, *, form: str, now: datetime, stored: Credential | None = None) -> Report:
    run = _Run(now, form)
    run.passed("form", f"compact JWS, {token.algorithm}")
    # 2. The issuer's key, from our register alone. A foreign issuer costs no network request.
    found = resolver.key_by_kid(token.kid)
    if found is None:
        run.failed("issuer", Verdict.UNKNOWN_ISSUER, "the key is in nobody's name in the register")
        return run.report()
    run.passed("issuer", found.did)
    # 3. The signature.
    if not keys.verify_raw(token.signed, token.signature, key=found.key):
        run.failed("signature", Verdict.TAMPERED, "ES256 does not hold")
        return run.report()
    run.passed("signature", f"ES256, key {found.key.thumbprint}")
    document = token.payload
    # 6. The shape is read before 4 and 5 need its dates and its theme.
    fault = _shape_fault(document, did=found.did)
    if fault:
        run.failed("shape", Verdict.TAMPERED, fault)
        return run.report()
    achievement = document["credentialSubject"]["achievement"]
    signed_at = _moment(document["validFrom"])
    run.signed, run.issuer = _signed(document), _issuer_line(found)
    _check_key(run, found.key, signed_at)
    _check_accreditation(run, found.key, achievement.get("fieldOfStudy", ""), signed_at)
    run.passed("shape", "claims repeat the credential")
    _check_dates(run, signed_at, run.signed.valid_until)
    entry = document["credentialStatus"]
    number = int(entry["statusListCredential"].rsplit("/", 1)[1])
    # Identity is the credential's id, never its bytes.
    credential = stored or _stored(document["id"])
    _check_status(run, number, int(entry["statusListIndex"]), credential, found.key)
    return run.report()


def _shape_fault(document: dict[str, Any], *, did: str) -> str:
    """The first rule that the credential breaks, or nothing (Open Badges 3.0, 8.2 and appendix B)."""
    try:
        subject, issuer, status = document["credentialSubject"], document["issuer"], document["credentialStatus"]
        achievement = subject["achievement"]
        pairs = {
            "iss": (document.get("iss"), issuer["id"]),
            "issuer": (issuer["id"], did),
            "jti": (document.get("jti"), document["id"]),
            "sub": (document.get("sub"), subject["id"]),
            "nbf": (document.get("nbf"), int(_moment(document["validFrom"]).timestamp())),
        }
        if "exp" in document or "validUntil" in document:
            pairs["exp"] = (document.get("exp"), int(_moment(document["validUntil"]).timestamp()))
        for name, (one, other) in pairs.items():
            if one != other:
                return f"{name} does not repeat the credential"
        if "VerifiableCredential" not in document["type"] or "OpenBadgeCredential" not in document["type"]:
            return "not an OpenBadgeCredential"
        if "vc" in document or not isinstance(achievement["name"], str):
            return "not a credential of VCDM 2.0"
        expected = f"{settings.BASE_URL}/s/revocation/"
        if status["type"] != "BitstringStatusListEntry" or not status["statusListCredential"].startswith(expected):
            return "the status is not in a list of ours"
        if not 0 <= int(status["statusListIndex"]) < LIST_SIZE:
            return "the status index lies outside the list"
        int(status["statusListCredential"].removeprefix(expected))
    except (KeyError, TypeError, ValueError, AttributeError):
        return "a member is missing or of the wrong type"
    return ""


def _stored(url: str) -> Credential | None:
    prefix = f"{settings.BASE_URL}/c/"
    if not url.startswith(prefix):
        return None
    try:
        return reading.by_id(url.removeprefix(prefix))
    except NotYours:
        return None


# -- Paper ------------------------------------------------------------------------------------------
def _verify_paper(message: paper.Paper, *, now: datetime) -> Report:
    run = _Run(now, "paper")
    claim = message.claim
    run.passed("form", "SP1 paper claim")
    found, known = resolver.key_by_paper(message)
    if found is None:
        if known:
            run.passed("issuer", f"key {message.kid8}")
            run.failed("signature", Verdict.TAMPERED, "ES256 does not hold")
        else:
            run.failed("issuer", Verdict.UNKNOWN_ISSUER, "the key is in nobody's name in the register")
        return run.report()
    run.passed("issuer", found.did)
    run.passed("signature", f"ES256, key {message.kid8}")
    signed_at = datetime.fromtimestamp(claim.issued_at, UTC)
    expires = datetime.fromtimestamp(claim.expires_at, UTC) if claim.expires_at is not None else None
    credential = reading.by_cti(claim.cti)
    names = (claim.name, claim.second_name or "")
    arabic = any("\u0600" <= c <= "\u06ff" for c in claim.name)
    title_arabic = any("\u0600" <= c <= "\u06ff" for c in claim.title)
    run.issuer = _issuer_line(found)
    run.signed = Signed(
        id=f"{settings.BASE_URL}/c/{credential.pk}" if credential else "",
        name_latin="" if arabic else names[0],
        name_arabic=names[0] if arabic else names[1],
        title_fr="" if title_arabic else claim.title,
        title_ar=claim.title if title_arabic else "",
        level=claim.level,
        hours=claim.hours,
        valid_from=signed_at,
        valid_until=expires,
    )
    _check_key(run, found.key, signed_at)
    _check_accreditation(run, found.key, credential.achievement.theme if credential else "", signed_at)
    run.passed("shape", "bound to the stored certificate" if credential else "claim alone")
    _check_dates(run, signed_at, expires)
    number, index = divmod(claim.status, LIST_SIZE)
    _check_status(run, number, index, credential, found.key)
    return run.report()


def _verify_erased(credential: Credential, *, now: datetime) -> Report:
    """Its personal data are gone; its status still answers for copies that were given away."""
    run = _Run(now, "erased")
    run.unknown("form", "the holder had its personal data erased here; show the paper or the file")
    _check_status(run, credential.status_list_id, credential.status_index, credential, credential.key)
    return run.report()


# -- Checks that both share -------------------------------------------------------------------------
def _check_key(run: _Run, key: SigningKey, signed_at: datetime) -> None:
    if key.state == SigningKey.State.COMPROMISED:
        run.failed("key", Verdict.KEY_WITHDRAWN, "the key was withdrawn as compromised")
    elif signed_at < key.not_before.replace(microsecond=0) or (key.not_after and signed_at >= key.not_after):
        run.failed("key", Verdict.OUTSIDE_PERIOD, "dated outside the key's period")
    else:
        run.passed("key", key.state)


def _check_accreditation(run: _Run, key: SigningKey, theme: str, signed_at: datetime) -> None:
    """The register as it stands for that day; a later suspension voids nothing older."""
    issuer = key.issuer
    on = timezone.localdate(signed_at)
    themes = [theme] if theme else list(registry.accredited_periods(issuer=issuer)) if issuer else []
    if issuer and any(registry.was_accredited(issuer=issuer, theme=name, on=on) for name in themes):
        run.passed("accreditation", f"{theme or 'issuer'} on {on.isoformat()}")
    else:
        run.failed("accreditation", Verdict.OUTSIDE_PERIOD, "not accredited for this on that day")


def _check_dates(run: _Run, valid_from: datetime, valid_until: datetime | None) -> None:
    if valid_from > run.now + timedelta(seconds=60):  # clocks differ by seconds
        run.failed("dates", Verdict.NOT_YET_VALID, "validFrom lies ahead")
    elif valid_until and valid_until <= run.now:
        run.failed("dates", Verdict.EXPIRED, "validUntil has passed")
    else:
        run.passed("dates")


def _check_status(run: _Run, number: int, index: int, credential: Credential | None, key: SigningKey) -> None:
    """The bits of the newest published lists of the same issuer (Bitstring Status List 1.0, section 3.2)."""
    lists = {
        version.purpose: version
        for version in StatusListVersion.objects.filter(
            status_list_id=number, status_list__issuer_id=key.issuer_id
        ).defer("body")
    }
    if Purpose.REVOCATION not in lists:
        run.unknown("status", "the list is not published yet")
        return
    run.status_as_of = min(version.signed_at for version in lists.values())
    bits = {
        purpose: bitstring.is_set(bitstring.decode(bytes(version.bits)), index) for purpose, version in lists.items()
    }
    if bits.get(Purpose.REPLACEMENT):
        run.failed("status", Verdict.REPLACED, "replaced by a newer certificate")
        run.successor = (credential.replaced_by_id or "") if credential else ""
    elif bits[Purpose.REVOCATION]:
        run.failed("status", Verdict.REVOKED, "revoked")
    elif bits.get(Purpose.SUSPENSION):
        run.failed("status", Verdict.SUSPENDED, "suspended")
    elif run.status_as_of < run.now - LIST_HOLDS or len(lists) < len(Purpose):
        run.unknown("status", "the published list is too old")
    else:
        run.passed("status", f"lists {number}, index {index}")


def _moment(stamp: Any) -> datetime:
    if not isinstance(stamp, str) or not STAMP.match(stamp):
        raise ValueError("not an xsd:dateTimeStamp in UTC")
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S%z")


def _issuer_line(found: resolver.Found) -> IssuerLine | None:
    issuer = found.key.issuer
    if issuer is None:
        return None
    return IssuerLine(
        did=found.did, slug=issuer.slug, name_fr=issuer.name_fr, name_ar=issuer.name_ar, since=issuer.approved_at
    )


def _signed(document: dict[str, Any]) -> Signed:
    subject = document["credentialSubject"]
    achievement = subject["achievement"]
    names = [i["identityHash"] for i in subject.get("identifier", []) if i.get("identityType") == "name"]
    arabic = [name for name in names if any("\u0600" <= c <= "\u06ff" for c in name)]
    latin = [name for name in names if name not in arabic]
    titles = achievement.get("names") or {achievement.get("inLanguage", "fr"): achievement["name"]}
    criteria = achievement.get("criteriaIn") or {
        achievement.get("inLanguage", "fr"): achievement.get("criteria", {}).get("narrative", "")
    }
    levels = {a.get("targetFramework"): a.get("targetCode", "") for a in achievement.get("alignment", [])}
    level = " · ".join(
        part for part in (levels.get("CEFR", ""), f"CNC {levels['CNC']}" if levels.get("CNC") else "") if part
    )
    return Signed(
        id=document["id"],
        name_latin=latin[0] if latin else "",
        name_arabic=arabic[0] if arabic else "",
        title_fr=titles.get("fr", ""),
        title_ar=titles.get("ar", ""),
        level=level,
        hours=int(achievement.get("volumeOfLearning", "PT0H")[2:-1] or 0),
        kind=achievement.get("achievementType", ""),
        criteria_fr=criteria.get("fr", ""),
        criteria_ar=criteria.get("ar", ""),
        awarded_on=document.get("awardedDate", "")[:10],
        valid_from=_moment(document["validFrom"]),
        valid_until=_moment(document["validUntil"]) if "validUntil" in document else None,
    )


