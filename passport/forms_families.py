"""What families type: a child, a year of birth, who answers; and the one thing more after a long time."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from issuers.models import Arrondissement

from .forms import AddressForm, NameForm, YearField, year_field
from .models import Address, Guardianship, Learner, Relationship


def _relationship() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("What are you to the child?"), choices=Relationship.choices, widget=forms.RadioSelect
    )


def _own_year() -> YearField:
    return year_field(
        required=False,
        label=_("Your own year of birth"),
        help_text=_("Whoever answers for a child is of age."),
    )


class ChildForm(NameForm):
    """A guardian opens a passport for her child."""

    birth_year = year_field(label=_("The child’s year of birth"))
    relationship = _relationship()
    own_birth_year = _own_year()
    address_id = forms.TypedChoiceField(
        label=_("Which phone or e-mail is for the child?"),
        help_text=_("Certificates sent there find their way to the child too."),
        widget=forms.RadioSelect,
        required=False,
        coerce=int,
        empty_value=None,
    )
    field_order = ("name_latin", "name_arabic", "birth_year", "relationship", "own_birth_year")

    def __init__(self, *args: Any, guardian: Learner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = Address.objects.filter(learner=guardian, verified_at__isnull=False)
        choice: Any = self.fields["address_id"]
        choice.choices = [*((one.pk, one.value) for one in held), ("", _("None of these"))]
        if guardian.birth_year:
            del self.fields["own_birth_year"]


class AnswerForm(forms.Form):
    """An adult says what she is to the minor who asks."""

    relationship = _relationship()
    own_birth_year = _own_year()

    def __init__(self, *args: Any, guardian: Learner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if guardian.birth_year:
            del self.fields["own_birth_year"]


class AskForm(AddressForm):
    """A minor names her guardian's phone or e-mail."""

    address = forms.CharField(
        label=_("Your guardian’s phone or e-mail"),
        max_length=254,
        help_text=_("We write there, without your name. Your guardian signs in and says yes."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr", "autocapitalize": "none"}),
    )


class LinkForm(forms.Form):
    """A clerk who sees both names the other passport by its number."""

    number = forms.CharField(
        label=_("Passport number of the child"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}),
    )
    relationship = _relationship()


class EndForm(forms.Form):
    """Why a guardianship ends before its time."""

    reason = forms.ChoiceField(
        label=_("Why does it end?"),
        widget=forms.RadioSelect,
        choices=[
            (Guardianship.Reason.DESK, Guardianship.Reason.DESK.label),
            (Guardianship.Reason.COURT, Guardianship.Reason.COURT.label),
        ],
    )


class FactForm(forms.Form):
    """The one thing more that is asked of whoever was not here for a year."""

    fact = forms.CharField(
        label=_("Your year of birth, or the number of your passport"),
        max_length=20,
        help_text=_("For example 1994, or the ten digits on your card."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}),
    )


class DistrictField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A district, by its name in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class AboutForm(forms.Form):
    """What she tells about herself, if she likes."""

    birth_year = year_field(required=False)
    gender = forms.ChoiceField(
        label=_("Woman or man"),
        required=False,
        choices=[("", _("I do not say")), *Learner._meta.get_field("gender").flatchoices],  # Django's
    )
    arrondissement = DistrictField(
        label=_("District"),
        required=False,
        queryset=Arrondissement.objects.all(),
        empty_label=_("I do not say"),
    )
