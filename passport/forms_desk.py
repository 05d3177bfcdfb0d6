"""What is typed at a desk: one question at a time, and what a card is opened with."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from issuers.models import Arrondissement

from .forms import OLDEST, AddressForm, CodeForm, NameForm
from .models import Relationship

_DIGITS = {"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}


def shared_box(**more: Any) -> forms.BooleanField:
    """The tick by which a device forgets."""
    return forms.BooleanField(
        label=_("This phone or computer is shared: forget me after five minutes"), required=False, **more
    )


class PinForm(forms.Form):
    """The PIN of a card that was scanned."""

    pin = forms.CharField(
        label=_("PIN"),
        max_length=20,
        help_text=_("Six digits, on the folded slip that came with the card."),
        widget=forms.PasswordInput(attrs=_DIGITS, render_value=False),
    )


class CardForm(PinForm):
    """The passport number, and the PIN."""

    number = forms.CharField(
        label=_("Passport number"),
        max_length=30,
        help_text=_("Ten digits, on the card."),
        widget=forms.TextInput(attrs=_DIGITS),
    )
    field_order = ("number", "pin")


class SharedPinForm(PinForm):
    """At the door: as above."""

    shared = shared_box(initial=True)


class SharedCardForm(CardForm):
    """At the door: as above."""

    shared = shared_box(initial=True)


class DoorForm(AddressForm):
    """The one door: an address, and whether the device is shared."""

    shared = shared_box()


# -- Finding and vouching ---------------------------------------------------------------------------
def _year_field(**more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        min_value=1900,
        max_value=2100,
        widget=forms.TextInput(attrs=_DIGITS | {"maxlength": "4"}),
        **more,
    )


class FindForm(forms.Form):
    """A scanned card, a number, or a name with a year."""

    text = forms.CharField(
        label=_("Card, passport number or whole name"),
        max_length=200,
        help_text=_("Scan the card into this field, or type."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    birth_year = _year_field(label=_("Year of birth"), required=False, help_text=_("Needed with a name."))


class VouchForm(forms.Form):
    """Neither card nor PIN."""

    seen = forms.BooleanField(
        label=_("I see the person, and her identity paper. I note no number."), required=False
    )
    reason = forms.CharField(
        label=_("Why is there neither card nor PIN?"),
        max_length=60,
        required=False,
        help_text=_("She will read this."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )


class FactForm(forms.Form):
    """For a new card or PIN: the person is there, and knows something of herself."""

    seen = forms.BooleanField(
        label=_("I see the person, and her identity paper. I note no number."), required=False
    )
    fact = forms.CharField(
        label=_("Her year of birth, or a certificate of hers"),
        max_length=120,
        required=False,
        help_text=_("Let her say it, and type what she says. With her card or PIN it is not needed."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )


class YearForm(forms.Form):
    """When a certificate was given."""

    year = _year_field(label=_("In which year did she receive it?"))


class DeskAddressForm(AddressForm):
    """The person's own phone or e-mail."""

    field_order = ("address",)


class DeskCodeForm(CodeForm):
    """What her phone shows; she reads it out or types it."""


# -- A new passport, one question a page --------------------------------------------------------------
class LanguageForm(forms.Form):
    """In which language the clerk reads aloud, and the card speaks."""

    language = forms.ChoiceField(
        label=_("In which language do we go on?"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )


class SeenForm(forms.Form):
    """The tick: nothing of the paper is kept."""

    seen = forms.BooleanField(
        label=_("I see the person, and her identity paper. I note no number."),
        error_messages={
            "required": _(
                "Tick that you see the person and her identity paper. Without that, a desk does nothing."
            )
        },
    )


class DeskNameForm(NameForm):
    """Both scripts; the language is asked for before."""

    language = None  # type: ignore[assignment]  # Django's way to leave a field out


class BornForm(forms.Form):
    """The year alone; and who stands for a minor."""

    birth_year = _year_field(label=_("In which year was she born?"))
    guardian = forms.CharField(
        label=_("Number of the guardian's passport"),
        max_length=30,
        required=False,
        help_text=_("Under 18 alone: the guardian is there and shows a passport."),
        widget=forms.TextInput(attrs=_DIGITS),
    )

    def clean_birth_year(self) -> int:
        year = int(self.cleaned_data["birth_year"])
        if year > timezone.localdate().year:
            raise forms.ValidationError(_("This year is still to come."))
        return year


class BirthYearForm(forms.Form):
    """The year on the paper that lies on the desk; and who answers for a child."""

    birth_year = _year_field(
        label=_("Year of birth on the identity paper"),
        help_text=_("Four digits. Note no number of the paper."),
    )
    seen = forms.BooleanField(
        label=_("I see the person, and her identity paper. I note no number."), required=False
    )
    guardian = forms.CharField(
        label=_("Number of the guardian's passport"),
        max_length=30,
        required=False,
        help_text=_("Under 12 alone, if nobody answers for the child yet: the guardian is there."),
        widget=forms.TextInput(attrs=_DIGITS),
    )
    relationship = forms.ChoiceField(
        label=_("What is the guardian to the child?"),
        choices=[("", _("No guardian is named")), *Relationship.choices],
        required=False,
    )

    def clean_birth_year(self) -> int:
        year = int(self.cleaned_data["birth_year"])
        if not timezone.localdate().year - OLDEST <= year <= timezone.localdate().year:
            raise forms.ValidationError(_("A year has four digits, such as 1994."))
        return year

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if typed.get("guardian") and not typed.get("relationship"):
            self.add_error("relationship", _("Say what the guardian is to the child."))
        return typed


class DistrictForm(forms.Form):
    """Where she lives, if she says so."""

    district = forms.ModelChoiceField(
        label=_("In which district does she live?"),
        queryset=Arrondissement.objects.all(),
        required=False,
        empty_label=_("She does not say"),
        to_field_name="code",
    )


class AgreeForm(forms.Form):
    """One purpose, read aloud; neither answer is ticked before she speaks."""

    agreed = forms.ChoiceField(
        label=_("What does she say?"),
        choices=[("yes", _("She says yes")), ("no", _("She says no"))],
        widget=forms.RadioSelect,
    )
