"""What an owner types to have a program of hers told what happens."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Endpoint


class EndpointForm(forms.Form):
    """An address of a program, and what it is told."""

    url = forms.CharField(
        label=_("Address of the program"),
        max_length=500,
        widget=forms.URLInput(attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Whoever writes the program knows it. It begins with https://."),
    )
    events = forms.MultipleChoiceField(
        label=_("It is told when"),
        choices=Endpoint.Event.choices,
        widget=forms.CheckboxSelectMultiple,
    )
