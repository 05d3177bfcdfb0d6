"""What somebody types who comes in from a room or with a slip."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .forms import NamesForm

_CODE = {"dir": "ltr", "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class RoomCodeForm(forms.Form):
    """The six characters on the room's screen."""

    code = forms.CharField(
        label=_("The code on the screen"),
        max_length=20,
        widget=forms.TextInput(attrs=_CODE | {"class": "code"}),
    )


class SlipCodeForm(forms.Form):
    """The twelve characters on a slip."""

    code = forms.CharField(
        label=_("The code on your slip"),
        max_length=40,
        widget=forms.TextInput(attrs=_CODE | {"class": "code"}),
    )


class ComerForm(NamesForm):
    """Who comes in: a name, and a phone if she wants."""

    address = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        required=False,
        help_text=_(
            "We send you a code, and your certificate comes by itself. Without a phone, leave it empty."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "dir": "ltr", "autocapitalize": "none"}),
    )
