"""What staff give with a list: the file, its day, its group, how people are told."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from . import rosters, slips
from .forms import MESSAGE_LANGUAGES

MEGABYTE = 1024 * 1024


class FileForm(forms.Form):
    """A file with a list of people; once it is valid ``sheet`` and ``content`` hold it."""

    file = forms.FileField(
        label=_("The list"),
        allow_empty_file=True,  # the sentence of an empty file is ours
        help_text=_("A spreadsheet (.xlsx) or a .csv file: 10,000 rows and 10 MB at most."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    content: bytes
    sheet: rosters.Sheet

    def clean_file(self) -> Any:
        """Read the whole file; what is wrong with it is said at its field."""
        upload = self.cleaned_data["file"]
        if upload.size > rosters.MAX_BYTES:
            raise forms.ValidationError(slips.sentence("too-large", {"limit": rosters.MAX_BYTES // MEGABYTE}))
        self.content = upload.read()
        try:
            self.sheet = rosters.read(self.content, filename=upload.name)
        except rosters.RosterError as error:
            raise forms.ValidationError(slips.sentence(error.code, error.params)) from error
        return upload


class SeatsForm(FileForm):
    """A list of those who come to a session."""

    language = forms.ChoiceField(
        label=_("Language of the messages"), choices=MESSAGE_LANGUAGES, widget=forms.RadioSelect
    )


class ListForm(FileForm):
    """A list of people who get the same certificate."""

    awarded_on = forms.DateField(
        label=_("Date of the award"),
        widget=forms.DateInput(attrs={"type": "date", "dir": "ltr"}, format="%Y-%m-%d"),
        help_text=_("For the rows that have no date of their own."),
    )
    session = forms.CharField(
        label=_("Name of the group"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        help_text=_("For yourselves. The same person in another group is not taken for a repeat."),
    )
    language = forms.ChoiceField(
        label=_("Language of the messages"), choices=MESSAGE_LANGUAGES, widget=forms.RadioSelect
    )
    notify = forms.BooleanField(
        label=_("Tell each person by SMS or e-mail when the certificate is there"), required=False
    )


class NameForm(forms.Form):
    """A name, to find a row of a list."""

    q = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "dir": "auto", "autocomplete": "off"}),
    )
