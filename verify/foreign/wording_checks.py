"""The sentences for what is wrong with structure, status and older badges: what it is, and the way on."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Sentence = str | Promise

CHECKS: dict[str, Sentence] = {
    # -- structure
    "schema-order-validUntil": _("It ends before it begins. Ask the issuer for a corrected file."),
    "schema-not-known": _(
        "It names rules of its own that we do not know, so it cannot be held against them. Ask the issuer."
    ),
    # -- status
    "status-revoked": _("The issuer has withdrawn it. It proves nothing any more."),
    "status-suspended": _("The issuer has suspended it. For now it proves nothing. Ask again later."),
    "status-refresh": _("It was not revoked, but the issuer has a newer one. Ask for that one."),
    "status-message": _("It was not revoked, and the issuer has left a note about it. Ask the issuer."),
    "status-type": _("How it would be revoked is told in a way that we do not know. Ask the issuer."),
    "status-unknown-purpose": _("The issuer has marked it, and we do not know what for. Ask the issuer."),
    "status-unreachable": _("The list of revocations could not be fetched. Try again later."),
    "status-entry": _("It says wrongly where it would be revoked. Ask the issuer for a corrected file."),
    "status-purpose": _("The list that it names is for something else. Ask the issuer for a corrected file."),
    "status-index": _("The list of revocations has no place for it. Ask the issuer for a corrected file."),
    "status-list-form": _("The list of revocations cannot be read. Tell the issuer, and try again later."),
    "status-list-proof": _(
        "The signature of the list of revocations does not hold, or cannot be checked. Tell the issuer, and "
        "try again later."
    ),
    "status-list-issuer": _("The list of revocations is not the issuer's own. Do not rely on it."),
    "status-list-dates": _("The list of revocations is out of date. Try again later."),
    "status-list-length": _("The list of revocations is shorter than is allowed. Tell the issuer."),
    "status-list-encoding": _("The list of revocations cannot be unpacked. Tell the issuer."),
    # -- Open Badges 2.0
    "ob2-differs": _("The issuer's site says something else. Do not rely on this copy: ask for the link."),
    "ob2-gone": _("The issuer's site no longer shows it. Ask the issuer whether it still counts."),
    "ob2-unreachable": _("The issuer's site does not answer. Try again later."),
    "ob2-unreadable": _("What the issuer's site shows cannot be read. Tell the issuer, and try again later."),
    "ob2-no-address": _("Only its address could confirm it, and it has none. Ask the person for the link."),
    "ob2-not-as-declared": _("It is not confirmed in the way that it says itself. Do not rely on it."),
    "ob2-other-id": _("What lies at an address that it names is something else. Do not rely on it."),
    "ob2-scope": _("It does not lie where this issuer keeps its certificates. Do not rely on it."),
}
#: Of endorsements within a document, beside the faults that any credential may have.
ENDORSEMENTS: dict[str, Sentence] = {
    "endorsement-form": _("It is no endorsement that can be read."),
    "endorsement-subject": _("It is genuine, and speaks of something else. Do not count it."),
    "endorsement-many": _("There are more endorsements within than are looked at here."),
    "endorsement-unknown": _("This city never gave it. Do not count it."),
    "endorsement-not-active": _("Whoever gave it is suspended by the city or closed."),
}
#: Codes that name the member at fault, by how they begin.
FAMILIES: dict[str, Sentence] = {
    "schema-missing-": _(
        "A part that its standard demands is missing: “{member}”. Ask the issuer for a corrected file."
    ),
    "schema-null-": _(
        "A part of it is there and says nothing: “{member}”. Ask the issuer for a corrected file."
    ),
    "schema-empty-": _("A part of it is empty: “{member}”. Ask the issuer for a corrected file."),
    "schema-unknown-": _(
        "It holds a part where its standard allows none: “{member}”. Ask the issuer for a corrected file."
    ),
    "schema-form-": _(
        "A part of it is not written as its standard says: “{member}”. Ask the issuer for a corrected file."
    ),
    "schema-twice-": _("A part of it is there twice: “{member}”. Ask the issuer for a corrected file."),
}
