"""What to say about a slip: a plain sentence with its remedy for every code of a list or of a row of it."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from issuers import errors as register

from . import errors

SENTENCES: dict[str, Any] = {
    # names
    "name-missing": _("Type the person's name, in Latin or in Arabic letters."),
    "name-long": _("This name is longer than 80 characters. Shorten it."),
    "name-signs": _("A name has letters only. Remove digits and signs."),
    "name-formula": _("A name does not begin with =, +, - or @. Type the name itself."),
    "name-not-latin": _("Write this name in Latin letters, or leave it empty."),
    "name-not-arabic": _("Write this name in Arabic letters, or leave it empty."),
    "name-mixed": _(
        "Latin and Arabic letters are mixed here. Write the whole name in one, then in the other."
    ),
    "name-two": _("There are two different names in this row. Keep one."),
    # addresses
    "address-kind": _("Give a phone, an e-mail or a passport number, or none at all."),
    "phone": _("This is not a phone number. Example: 06 12 34 56 78."),
    "phone-digits": _("This phone number has too few or too many digits. Example: 06 12 34 56 78."),
    "phone-one-missing": _("One digit is missing from this number. Example: 06 12 34 56 78."),
    "phone-one-too-many": _("This number has one digit too many. Example: 06 12 34 56 78."),
    "phone-start": _(
        "No Moroccan number begins like this. Example: 06 12 34 56 78. "
        "A number from abroad begins with + and the code of its country."
    ),
    "phone-two": _("There are two numbers here. Keep one."),
    "phone-rounded": _(
        "The spreadsheet has rounded this number. Format the column as text and type the number again."
    ),
    "email": _("This is not an e-mail address. Example: name@example.org."),
    "passport": _("This passport number has a slip: check its ten digits on the card."),
    # the rest of a row
    "language-unknown": _("This language is not offered. Write French, Arabic or English, or nothing."),
    "date-missing": _("The date is missing. Write day/month/year. Example: 05/03/2026."),
    "date-unreadable": _("This is not a date. Write day/month/year. Example: 05/03/2026."),
    "date-impossible": _(
        "There is no such day. Write the day first, then the month, then the year. Example: 05/03/2026."
    ),
    "date-future": _("The date of the award lies in the future."),
    "date-expired": _("With this date the certificate would already have expired."),
    "cells-extra": _(
        "This row has more cells than the header. Put a cell that contains the separator between double "
        "quotes, or remove what is too much."
    ),
    # a row among others, and on its way
    "duplicate-in-file": _("This person is in row %(row)s already. Remove one of the two rows."),
    "already-issued": errors.DuplicateAward.message,
    "waiting-elsewhere": _("This certificate is being prepared for this person already. Remove this row."),
    "qr-too-dense": errors.QrTooDense.message,
    "outside-mandate": register.OutsideMandate.message,
    "issuer-suspended": register.IssuerSuspended.message,
    "lint": errors.LintFailed.message,
    "quarantined": _("It could not be prepared, and we have set it aside. Award it again."),
    "predecessor-ended": _("The certificate that it would replace was ended meanwhile. Nothing was issued."),
    # the file: what it is
    "empty": _("This file is empty. Choose the file that holds the list."),
    "picture": _("This is a picture. Type the list in a spreadsheet, one person in each row."),
    "pdf": _("This is a PDF. Choose the spreadsheet that it was made from, as .xlsx or .csv."),
    "word": _("This is a text document. Copy its table into a spreadsheet and save it as .xlsx."),
    "zip": _("This is an archive. Unpack it and choose the list that is inside."),
    "web-page": _(
        "This file is a web page, whatever its name says. Open it in a spreadsheet and save it as .xlsx."
    ),
    "workbook-old": _("This is an old kind of workbook. Open it in a spreadsheet and save it as .xlsx."),
    "workbook-other": _("This kind of workbook is not read here. Open it and save it as .xlsx or .csv."),
    "workbook-locked": _("This workbook is locked with a password. Save it without one."),
    "workbook-damaged": _("This workbook is damaged. Open it in a spreadsheet and save it again as .xlsx."),
    "workbook-inflated": _(
        "This workbook holds far more than a list. Copy the rows of the list into a new workbook."
    ),
    "not-text": _("This is not a list. Choose a file that ends in .xlsx or .csv."),
    "encoding-broken": _(
        "Some letters of this file are broken. Go back to the spreadsheet and save the list as .xlsx."
    ),
    # the file: what is in it
    "too-large": _("This file is larger than %(limit)s MB. Keep the list alone, or divide it."),
    "too-many-rows": _("This list has more than %(limit)s rows. Divide it."),
    "too-many-columns": _("This list has more than %(limit)s columns. Keep those that are needed."),
    "cell-too-long": _("A cell in row %(row)s has more than %(limit)s characters. Shorten it."),
    "quote-open": _("In row %(row)s, a double quote opens and never closes. Close or remove it."),
    "no-header": _(
        "The first row must name the columns, and it has: %(found)s. "
        "Add a row above, with “Full name” over the names and “Phone” over the phones."
    ),
    "columns-missing": _(
        "No column is named as the one with the names. There is: %(found)s. "
        "Name it “Full name”, or two columns “First name” and “Last name”, in French, Arabic or English."
    ),
    "no-rows": _("There is a header and nobody below it. Write one person in each row."),
    "only-examples": _("Only the example rows are filled in. Write one person in each row below them."),
}


def sentence(code: str, params: Mapping[str, object] | None = None) -> Any:
    """The sentence, in the language of whoever reads it; behind a colon a code may say more for engineers."""
    return _worded(code.partition(":")[0], dict(params or {}))


class _Params(dict[str, object]):
    """What fills a sentence; a gap stays visible rather than breaking the page."""

    def __getitem__(self, name: str) -> str:
        value = self.get(name, "…")
        if name == "limit" and isinstance(value, int):
            return number_format(value, use_l10n=True, force_grouping=True)
        if isinstance(value, (list, tuple)):
            comma = "، " if (get_language() or "").startswith("ar") else ", "
            return comma.join(str(item) for item in value)
        return str(value)


def _said(code: str, params: dict[str, object]) -> str:
    return str(SENTENCES[code]) % _Params(params)


_worded = lazy(_said, str)
