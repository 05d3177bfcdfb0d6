"""The sentences of a foreign report: what was found, and what whoever holds the document may do about it."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

from .report import Finding, Standard, Step
from .wording_checks import CHECKS, ENDORSEMENTS, FAMILIES

Sentence = str | Promise

STEPS: dict[str, Sentence] = {
    Step.FORM: _("Form"),
    Step.SCHEMA: _("Members that the standard demands"),
    Step.PROOF: _("Signature"),
    Step.ISSUER_BINDING: _("The issuer's own key"),
    Step.VALIDITY: _("Dates"),
    Step.STATUS: _("Revocation"),
}
STANDARDS: dict[str, Sentence] = {
    Standard.OB3: _("Open Badges 3.0"),
    Standard.CLR2: _("Comprehensive Learner Record 2.0"),
    Standard.VC2: _("Verifiable Credential 2.0"),
    Standard.VC1: _("Verifiable Credential 1.1"),
    Standard.OB2: _("Open Badges 2.0"),
}
PASSED: dict[str, Sentence] = {
    Step.FORM: _("It can be read in full"),
    Step.SCHEMA: _("It has what its standard demands"),
    Step.PROOF: _("The signature matches"),
    Step.ISSUER_BINDING: _("The key is the issuer's own"),
    Step.VALIDITY: _("The dates are right"),
    Step.STATUS: _("It was not revoked"),
}

_ASK_ISSUER = _("The issuer made a mistake in it: ask the issuer for a corrected file.")
_KIND = _("It is signed in a way that cannot be checked here. Ask the issuer for another form of it.")

#: By code: what is wrong, and the way on.
FAULTS: dict[str, Sentence] = {
    "no-status": _("It names no list of revocations: it cannot be revoked"),
    "not-made": _("Not checked, because an earlier check left nothing to look at"),
    # -- form
    "not-linked-data": _("It is not written as its standard demands. Ask the issuer for a corrected file."),
    "context-unknown": _("It uses words that we do not know, so its signature cannot be checked here."),
    "term-undefined": _("It holds a word that no standard defines. It was changed, or made wrongly."),
    "id-relative": _("It holds a name that is no whole address. It was changed, or made wrongly."),
    "too-complex": _("It is larger or more tangled than any certificate. It is not checked here."),
    "too-slow": _("Checking it takes longer than is allowed here. Try again later."),
    "token-form": _("It is cut off or damaged. Ask for the original file."),
    "token-header": _("Its head holds what no certificate may hold. Do not rely on it."),
    "token-alg": _("It names a kind of signature that its key does not have, or that is not safe."),
    "token-type": _("It says that it is another kind of document than a certificate."),
    "token-key": _("It does not say with which key it is signed."),
    "token-claim": _("Its head and its content contradict each other. Do not rely on it."),
    # -- proof
    "proof-missing": _("There is no signature. Anybody could have written this."),
    "proof-suite": _KIND,
    "proof-purpose": _("Its signature was made for another purpose than to confirm a certificate."),
    "proof-dates": _("The date of its signature cannot be read."),
    "proof-expired": _("Its signature has expired. Ask the issuer for a file signed anew."),
    "proof-value": _("Its signature is cut off or damaged. Ask for the original file."),
    "proof-previous": _("Its signature refers to another one that is not there."),
    "proof-key": _("Its signature and its key are of different kinds. Do not rely on it."),
    "proof-context": _("The meaning of its words was changed after it was signed. Do not rely on it."),
    "proof-document": _("It holds a number that cannot be checked."),
    "proof-tampered": _("It was changed after it was signed, or another key signed it. Do not rely on it."),
    # -- the key
    "method-url": _("It names its key in a way that leads nowhere."),
    "method-unsupported": _("Its key is of a kind that cannot be looked up here."),
    "method-unreachable": _("The issuer's key could not be fetched. Try again later."),
    "method-document": _("What the issuer publishes of its keys cannot be read, or contradicts itself."),
    "method-not-found": _("The issuer publishes no such key. Do not rely on it."),
    "method-key": _("The issuer's key is of a kind that cannot be used here."),
    "method-weak-key": _("The issuer's key is too short to be safe."),
    "method-private-key": _("The issuer has published the secret half of its key: anybody could sign."),
    "method-not-authorised": _("The issuer does not use this key for certificates. Do not rely on it."),
    "method-revoked": _("The issuer has withdrawn this key. Ask for a file signed anew."),
    "method-expired": _("The issuer's key has expired. Ask for a file signed anew."),
    "issuer-missing": _("It does not say who issued it."),
    "issuer-not-controller": _("It names one issuer, and another's key has signed it. Do not rely on it."),
    # -- dates
    "dates-unreadable": _("Its dates cannot be read, or have no time zone."),
    "expired": _("It has expired. Ask the issuer for a renewed one."),
    "not-yet-valid": _("It counts from a later day. Check it again from that day."),
    # -- a learner record
    "inner-unreadable": _("A certificate within it cannot be read."),
}

ENDORSED: Sentence = _("Genuine and current: it is signed by whom it names.")


def sentence(code: str, step: str) -> Sentence:
    """What this finding means, in the reader's language."""
    if code == "passed":
        return PASSED[step]
    if code in FAULTS:
        return FAULTS[code]
    if code in CHECKS:
        return CHECKS[code]
    for start, said in FAMILIES.items():
        if code.startswith(start):
            return _named(said, code.removeprefix(start))
    return _ASK_ISSUER


def _named(said: Sentence, member: str) -> Sentence:
    """The sentence with the member's name in it, still in the language of whoever reads it."""
    return lazy(lambda: str(said).format(member=member), str)()


def of(finding: Finding) -> Sentence:
    """What this finding means, in the reader's language."""
    return sentence(finding.code, finding.step.value)


def told(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report as ``to_json`` gives it, each finding with its name and sentence in the reader's language."""
    findings = [
        each | {"title": str(STEPS[each["name"]]), "sentence": str(sentence(each["code"], each["name"]))}
        for each in report["findings"]
    ]
    endorsed = [
        each | {"sentence": str(endorsement(each["code"]))} for each in report.get("endorsements", ())
    ]
    inner = [told(each) for each in report["inner"]]
    return {**report, "findings": findings, "inner": inner, "endorsements": endorsed}


def endorsement(code: str) -> Sentence:
    """What was found of an endorsement within, in the reader's language."""
    if code == "passed":
        return ENDORSED
    return ENDORSEMENTS.get(code) or sentence(code, Step.FORM)


#: What a document of elsewhere is, to somebody who asks what it is worth here.
GENUINE: Sentence = _(
    "Genuine and current: it is signed by whom it names. The city does not know this issuer and says nothing "
    "of what it is worth."
)


def elsewhere(holds: bool | None, *, code: str, step: str) -> Sentence:
    """What a document of elsewhere is, in one sentence: genuine, or what speaks against it."""
    return GENUINE if holds is True or not code else sentence(code, step)
