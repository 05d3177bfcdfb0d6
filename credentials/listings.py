"""A list's result as a file: every row, what became of it, where the certificate is."""

import csv
import io

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from . import batches, holding, people, teaching
from .models import Award, Batch

#: What a spreadsheet would take for the beginning of a formula, blanks before it included.
FORMULA = (*people.FORMULA, "\t", "\r")


def as_csv(*, batch: Batch) -> bytes:
    """UTF-8 with a mark, so that every spreadsheet reads it; no cell can be taken for a formula."""
    text = io.StringIO()
    table = csv.writer(text, delimiter="," if (get_language() or "").startswith("en") else ";")
    held = holding.said(batch)
    names_are = (_("Name in Latin letters"), _("Name in Arabic letters"))
    table.writerow([_("Row"), *names_are, _("State"), _("Why"), _("Certificate")])
    for row in batches.rows(batch=batch).iterator(chunk_size=1000):
        link = f"{settings.BASE_URL}/c/{row.credential_id}" if row.state == Award.State.ISSUED else ""
        names = (_plain(row.name_latin or teaching.name_as_typed(row)), _plain(row.name_arabic))
        reason = teaching.why_not_issued(row) or (held if row.state == Award.State.PENDING else "")
        table.writerow([row.line or row.row, *names, row.get_state_display(), reason, link])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _plain(text: str) -> str:
    return f"'{text}" if text.lstrip().startswith(FORMULA) or text.startswith(FORMULA) else text
