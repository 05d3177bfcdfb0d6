"""What each verdict and each check is called on a page, in plain words."""

from django.utils.translation import gettext_lazy as _

from .report import Verdict

#: Verdict → (state of the page's look, seal, heading, sentence).
VERDICTS = {
    Verdict.VALID: ("ok", "valid", _("Valid certificate"), _("Genuine and current.")),
    Verdict.NOT_YET_VALID: (
        "age",
        "clock",
        _("Not valid yet"),
        _("Genuine, but its validity begins later."),
    ),
    Verdict.EXPIRED: ("age", "clock", _("Expired certificate"), _("Genuine, but its validity has ended.")),
    Verdict.SUSPENDED: (
        "age",
        "paused",
        _("Suspended certificate"),
        _("Genuine, but the provider has suspended it for now. Do not rely on it."),
    ),
    Verdict.REPLACED: (
        "age",
        "replaced",
        _("Replaced certificate"),
        _("There is a newer, corrected one. Ask for it."),
    ),
    Verdict.REVOKED: (
        "off",
        "revoked",
        _("Revoked certificate"),
        _("The provider has withdrawn it. Do not rely on this paper."),
    ),
    Verdict.KEY_WITHDRAWN: (
        "off",
        "revoked",
        _("Provider's key withdrawn"),
        _("The key that signed it is no longer trusted. Ask the provider for a new certificate."),
    ),
    Verdict.OUTSIDE_PERIOD: (
        "off",
        "revoked",
        _("Not accredited on that day"),
        _("The provider could not issue this certificate on the date that it bears."),
    ),
    Verdict.UNKNOWN_ISSUER: (
        "far",
        "unknown",
        _("Unknown issuer"),
        _("Nobody in the city's register has signed this. We cannot say anything about it."),
    ),
    Verdict.TAMPERED: (
        "bent",
        "broken",
        _("Altered document"),
        _("What it says is not what was signed. Do not rely on it."),
    ),
    Verdict.NOT_CHECKABLE: (
        "far",
        "unknown",
        _("Could not be checked"),
        _("We cannot tell whether it is valid. Try again, or type the short code printed below the QR code."),
    ),
}

CHECKS = {
    "form": _("The certificate can be read in full"),
    "issuer": _("The issuer is in the city's register"),
    "signature": _("The signature agrees"),
    "key": _("The issuer's key was in force"),
    "accreditation": _("The issuer was accredited on that day"),
    "shape": _("It says the same thing throughout"),
    "dates": _("The dates are right"),
    "status": _("It is neither revoked nor suspended"),
}
OUTCOMES = {"passed": _("Passed"), "failed": _("Failed"), "unknown": _("Not known")}
