"""What a learner hands over: a file, or a text that she pastes, types or scans."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .errors import BroughtTooLarge, NothingBrought
from .importing import MAX_BYTES

#: A link, a signed text, or a whole JSON document.
MAX_TEXT = 600_000


class ImportForm(forms.Form):
    """One of the two; the file counts where both are given."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("The badge (PNG, SVG), the signed file (JSON, JWT) or the PDF, as you received it."),
        error_messages={"empty": _("This file is empty. Ask for it once more.")},
    )
    text = forms.CharField(
        label=_("Link or text"),
        required=False,
        max_length=MAX_TEXT,
        help_text=_("The address of the badge, or the signed text itself."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_file(self) -> Any:
        """Refuse what is too large before it is read."""
        given = self.cleaned_data["file"]
        if given and given.size > MAX_BYTES:
            raise forms.ValidationError(str(BroughtTooLarge.message))
        return given

    def clean(self) -> dict[str, Any]:
        """Something must be there."""
        given = super().clean() or {}
        if not self.errors and not given.get("file") and not given.get("text"):
            self.add_error("text", str(NothingBrought.message))
        return given

    @property
    def handed_over(self) -> bytes | str:
        """The file's bytes, or the text."""
        file = self.cleaned_data["file"]
        handed: bytes | str = file.read() if file else self.cleaned_data["text"]
        return handed
