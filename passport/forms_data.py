"""What a learner chooses about her own data: what is wrong, what is erased, what stays."""

from django import forms
from django.utils.translation import gettext_lazy as _

from credentials.models import CorrectionRequest


class CorrectionForm(forms.Form):
    """What is wrong on a certificate, and what it should be."""

    what = forms.ChoiceField(
        label=_("What is wrong?"), widget=forms.RadioSelect, choices=CorrectionRequest.What.choices
    )
    should_be = forms.CharField(
        label=_("What should it be?"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("In your words. No identity-card number, please."),
    )


class ClosingForm(forms.Form):
    """What becomes of the certificates when a passport is closed."""

    chosen = forms.ChoiceField(
        label=_("And your certificates?"),
        widget=forms.RadioSelect,
        choices=[
            ("leave", _("They stay with their providers. They come back if you open a passport again.")),
            ("erase", _("Erase them too. Nobody can bring them back.")),
        ],
    )
