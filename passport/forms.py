"""What learners type: an address, a code, a name, a choice."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from credentials.models import Credential


class AddressForm(forms.Form):
    """A phone or an e-mail, as people write it."""

    address = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        help_text=_("We send you a code. No password."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "dir": "ltr", "autocapitalize": "none"}),
    )


class CodeForm(forms.Form):
    """The six digits."""

    code = forms.CharField(
        label=_("Type the code you received."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "dir": "ltr"}),
    )


class NameForm(forms.Form):
    """Who opens a passport."""

    name_latin = forms.CharField(
        label=_("First and family name, in Latin letters"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"lang": "fr", "dir": "ltr", "autocomplete": "name"}),
    )
    name_arabic = forms.CharField(
        label=_("First and family name, in Arabic letters"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"lang": "ar", "dir": "rtl"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class VisibilityForm(forms.Form):
    """Who sees a certificate's page."""

    visibility = forms.ChoiceField(
        label=_("Who sees its page?"),
        widget=forms.RadioSelect,
        choices=[
            (Credential.Visibility.LINK, _("Whoever has the paper or the link sees it")),
            (Credential.Visibility.PRIVATE, _("Others see only whether it is valid")),
        ],
    )


class SecondFactorForm(forms.Form):
    """The six digits of the authenticator app."""

    code = forms.CharField(
        label=_("Six digits from your authenticator app"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "dir": "ltr"}),
    )


def complain(form: forms.Form, error: Any) -> None:
    """Put a refusal where it belongs: at its field if the form has it, else above the form."""
    field = getattr(error, "field", "")
    form.add_error(field if field in form.fields else None, str(error.message))
