"""The sentences of a verdict: what an employer reads, in her language, on every page and in every report."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .report import Outcome, Reason, Step

Sentence = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """How a verdict looks: ``tone`` is its colour, ``seal`` its shape (``parts/seal.html``).

    ``todo`` is the way on, where the sentence does not say it already.
    """

    state: str
    tone: str
    seal: str
    headline: Sentence
    sentence: Sentence
    todo: Sentence = ""


def _face(
    state: str, tone: str, seal: str, headline: Sentence, sentence: Sentence, todo: Sentence = ""
) -> Face:
    return Face(state=state, tone=tone, seal=seal, headline=headline, sentence=sentence, todo=todo)


_LATER = _("Before you decide, check it again where there is a network.")


_FACES = (
    _face(
        Reason.VALID,
        "ok",
        "valid",
        _("Valid certificate"),
        _("Genuine and current, checked just now."),
    ),
    _face(
        Reason.LOGGED_BEFORE,
        "ok",
        "valid",
        _("Valid certificate, key withdrawn since"),
        _(
            "Genuine and current. Its key was withdrawn later; the city's log shows that it was signed "
            "before. Checked without this page it counts for nothing: ask for the one signed anew."
        ),
    ),
    _face(
        Reason.STATUS_UNKNOWN,
        "age",
        "clock",
        _("Genuine, status not known"),
        _("The signature is right. Whether it was revoked since cannot be seen now. Try again in a minute."),
        _LATER,
    ),
    _face(
        Reason.STATUS_STALE,
        "age",
        "clock",
        _("Genuine, status to be refreshed"),
        _("The signature is right. But the list of revocations is too old: a newer one would not show here."),
        _LATER,
    ),
    _face(
        Reason.EXPIRED,
        "age",
        "expired",
        _("Expired certificate"),
        _("It was genuine, and its time has run out. Ask for the renewed one."),
    ),
    _face(
        Reason.NOT_YET_VALID,
        "age",
        "not-yet",
        _("Not valid yet"),
        _("It is genuine, and it counts from a later day."),
        _("Check it again from that day."),
    ),
    _face(
        Reason.SUSPENDED,
        "off",
        "paused",
        _("Suspended certificate"),
        _("The issuer is looking into it. For now it proves nothing. Ask again later."),
    ),
    _face(
        Reason.REPLACED,
        "off",
        "replaced",
        _("Replaced certificate"),
        _("The issuer corrected it. Ask for the newer one: only that one counts."),
    ),
    _face(
        Reason.REVOKED,
        "off",
        "revoked",
        _("Revoked certificate"),
        _("It was issued, then withdrawn by the issuer. It proves nothing any more."),
        _("If the person says otherwise, ask the issuer."),
    ),
    _face(
        Reason.NOT_ACCREDITED,
        "far",
        "unknown",
        _("Issuer not accredited for this"),
        _("The issuer signed it, but the city had not accredited it for this on that day."),
        _("Ask the city what it is worth."),
    ),
    _face(
        Reason.CONTRADICTORY,
        "bent",
        "broken",
        _("Certificate that contradicts itself"),
        _("Its parts do not say the same. Do not rely on it, and tell the issuer."),
    ),
    _face(
        Reason.OUTSIDE_KEY_PERIOD,
        "bent",
        "broken",
        _("Signed outside the key's period"),
        _("The issuer's key did not count on the day that it gives. Do not rely on it, and ask the issuer."),
    ),
    _face(
        Reason.KEY_WITHDRAWN,
        "bent",
        "broken",
        _("Issuer's key withdrawn"),
        _("Somebody else may hold the key that signed it. Ask the person for a certificate signed anew."),
    ),
    _face(
        Reason.TAMPERED,
        "bent",
        "broken",
        _("Document changed"),
        _("What it says does not match its signature. Do not rely on it, nor on the paper."),
        _("Scan it once more. If this page says the same, ask the person for the signed file or the link."),
    ),
    _face(
        Reason.UNKNOWN_KEY,
        "far",
        "unknown",
        _("Key not recognised"),
        _("It names an issuer of the city's register, but that issuer has no such key. Do not rely on it."),
    ),
    _face(
        Reason.UNKNOWN_ISSUER,
        "far",
        "unknown",
        _("Issuer not recognised"),
        _("Its issuer is not in the city's register. We cannot say whether it deserves trust."),
        _("Ask the person where this document comes from, or call the issuer yourself."),
    ),
    _face(
        Reason.UNSIGNED,
        "far",
        "unknown",
        _("Document without a signature"),
        _("Anybody could have written this. Ask for the signed file, or for the certificate's link."),
    ),
    _face(
        Reason.FOREIGN_PROOF,
        "far",
        "unknown",
        _("Not checkable here yet"),
        _("This kind of signature cannot be checked here yet. Ask for the certificate's link or JWT file."),
    ),
    _face(
        Reason.MALFORMED,
        "far",
        "unknown",
        _("Not a certificate that we can read"),
        _("It is cut off, damaged or of another kind. Scan the code again, or ask for the original file."),
    ),
    _face(
        Reason.ERASED,
        "far",
        "unknown",
        _("Page erased by its holder"),
        _("The holder had this page erased. The paper or the file that you were given can still be checked."),
    ),
)
FACES: dict[str, Face] = {face.state: face for face in _FACES}

#: States that only the reader's own browser can be in.
BROWSER_FACES = (
    _face(
        "offline",
        "age",
        "clock",
        _("Not checked: no connection"),
        _("The issuer's key could not be fetched. Connect to the network and scan the code again."),
    ),
    _face(
        "not-trusted",
        "far",
        "unknown",
        _("Not checkable at present"),
        _("The city's list of keys is out of date, or not the city's own. Try again later, or ask the city."),
    ),
    _face(
        "old-browser",
        "age",
        "clock",
        _("This browser is too old"),
        _("It cannot check a signature. Type the short code from the paper instead."),
    ),
    _face(
        "not-ours",
        "far",
        "unknown",
        _("Not a certificate of this city"),
        _("This is a code of another kind. Nothing in it comes from the city."),
        _("Scan the square code that is printed on the certificate."),
    ),
)

#: What a verdict says instead where it rests on what the reader's device knew already.
KEPT: dict[str, Sentence] = {
    Reason.VALID: _("Genuine, and nothing spoke against it when this device last heard from the city."),
    Reason.STATUS_STALE: _(
        "The signature is right. But this device has not heard from the city for more than a week."
    ),
    Reason.STATUS_UNKNOWN: _(
        "The signature is right. But this device knows too little to say whether it was revoked."
    ),
}

_P, _F, _U = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN

#: By step and by what was found there: the outcome and its sentence.
CHECKS: dict[tuple[Step, str], tuple[Outcome, Sentence]] = {
    (Step.READABLE, "passed"): (_P, _("It can be read in full")),
    (Step.READABLE, Reason.MALFORMED): (_F, _("It cannot be read as a certificate")),
    (Step.READABLE, Reason.FOREIGN_PROOF): (_U, _("Its kind of signature is not known here yet")),
    (Step.READABLE, Reason.ERASED): (_U, _("The document is no longer kept here")),
    (Step.ISSUER, "passed"): (_P, _("The issuer is in the city's register")),
    (Step.ISSUER, Reason.UNKNOWN_ISSUER): (_U, _("The issuer is not in the city's register")),
    (Step.ISSUER, Reason.UNKNOWN_KEY): (_F, _("The issuer has no such key")),
    (Step.ISSUER, "offline"): (_U, _("The issuer's key could not be fetched")),
    (Step.ISSUER, "not-trusted"): (_U, _("The list of keys that was fetched cannot be relied on")),
    (Step.SIGNATURE, "passed"): (_P, _("The signature matches")),
    (Step.SIGNATURE, Reason.TAMPERED): (_F, _("The signature does not match")),
    (Step.SIGNATURE, Reason.UNSIGNED): (_F, _("There is no signature")),
    (Step.AUTHORITY, "passed"): (_P, _("The issuer was accredited on that day")),
    (Step.AUTHORITY, Reason.KEY_WITHDRAWN): (_F, _("The issuer's key was withdrawn")),
    (Step.AUTHORITY, Reason.LOGGED_BEFORE): (
        _P,
        _("The issuer's key was withdrawn later; the city's log shows that it signed this before"),
    ),
    (Step.AUTHORITY, Reason.OUTSIDE_KEY_PERIOD): (_F, _("The issuer's key did not count on that day")),
    (Step.AUTHORITY, Reason.NOT_ACCREDITED): (_F, _("The issuer was not accredited for this on that day")),
    (Step.SHAPE, "passed"): (_P, _("Its parts say the same")),
    (Step.SHAPE, Reason.CONTRADICTORY): (_F, _("Its parts do not say the same")),
    (Step.DATES, "passed"): (_P, _("The dates are right")),
    (Step.DATES, Reason.EXPIRED): (_F, _("It has expired")),
    (Step.DATES, Reason.NOT_YET_VALID): (_F, _("It is not valid yet")),
    (Step.STATUS, "passed"): (_P, _("It was neither revoked nor suspended")),
    (Step.STATUS, Reason.REVOKED): (_F, _("The issuer revoked it")),
    (Step.STATUS, Reason.REPLACED): (_F, _("The issuer replaced it by a corrected one")),
    (Step.STATUS, Reason.SUSPENDED): (_F, _("The issuer suspended it")),
    (Step.STATUS, Reason.STATUS_UNKNOWN): (_U, _("Whether it was revoked is not known")),
    (Step.STATUS, Reason.STATUS_STALE): (_U, _("Whether it was revoked lately is not known")),
    (Step.SUBJECT, "passed"): (_P, _("It names one person")),
    (Step.SUBJECT, Reason.CONTRADICTORY): (_F, _("It does not name one person")),
}

NOT_MADE = _("Not checked")
