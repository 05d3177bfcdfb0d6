"""What the city's staff and a provider's owner type: read, bounded, and handed on as typed values."""

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from .models import CITY_ROLES, PROVIDER_ROLES, ApiClient, Arrondissement, Issuer, IssuerKind, Theme


def _text(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


def _choice(**attrs: Any) -> forms.Select:
    return forms.Select(attrs=attrs)


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", "dir": "ltr"}, format="%Y-%m-%d")


class DistrictField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """An arrondissement, named in the reader's script."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class ProviderForm(forms.Form):
    """A provider to be entered in the register."""

    name_fr = forms.CharField(label=_("Name in French"), max_length=160, widget=_text(lang="fr", dir="ltr"))
    name_ar = forms.CharField(label=_("Name in Arabic"), max_length=160, widget=_text(lang="ar", dir="rtl"))
    kind = forms.ChoiceField(label=_("What it is"), choices=IssuerKind.choices, widget=_choice())
    arrondissement = DistrictField(
        label=_("Arrondissement"), queryset=Arrondissement.objects.none(), widget=_choice(), empty_label=None
    )
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    slug = forms.SlugField(
        label=_("Short name in the address"),
        required=False,
        max_length=60,
        widget=_text(dir="ltr", spellcheck="false"),
        help_text=_(
            "Small letters, digits and dashes. Left empty, it is made from the French name. It never changes."
        ),
        error_messages={"invalid": _("Small letters, digits and dashes only.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["arrondissement"].queryset = Arrondissement.objects.order_by("name_fr")  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "slug" in self.errors:
            return cleaned
        slug = cleaned.get("slug", "").lower() or slugify(cleaned.get("name_fr", "").replace("’", "-"))[:60]
        cleaned["slug"] = slug
        if not slug and "name_fr" not in self.errors:
            self.add_error("slug", _("Type a short name in Latin letters."))
        elif slug == "new" or Issuer.objects.filter(slug=slug).exists():
            self.add_error("slug", _("“%(slug)s” is taken. Choose another.") % {"slug": slug})
        return cleaned


class MandateForm(forms.Form):
    """A theme that a provider is to be accredited for, from a day, until a day, so many a day."""

    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices, widget=_choice())
    starts_on = forms.DateField(label=_("From"), widget=_day())
    ends_on = forms.DateField(
        label=_("Until, that day not included"),
        required=False,
        widget=_day(),
        help_text=_("Left empty, it has no end."),
    )
    daily_cap = forms.IntegerField(
        label=_("Certificates a day, at most"),
        min_value=1,
        max_value=100_000,
        initial=500,
        widget=forms.NumberInput(attrs={"dir": "ltr", "min": 1, "max": 100_000}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and ends <= starts:
            self.add_error("ends_on", _("The end must come after the start."))
        return cleaned


class WhyForm(forms.Form):
    """Why a provider or a mandate is suspended, reinstated or closed."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("One sentence. It stays in the register's history."),
    )


class OwnerForm(forms.Form):
    """A person by the number and the name of her passport, as she reads them to whoever names her."""

    passport_number = forms.CharField(
        label=_("Passport number"),
        max_length=30,
        widget=_text(dir="ltr", inputmode="numeric", spellcheck="false"),
        help_text=_("Ten digits, at the top of her passport."),
    )
    name = forms.CharField(
        label=_("Name, as in the passport"),
        max_length=120,
        widget=_text(dir="auto"),
        help_text=_("So that a slip in the number names nobody else."),
    )


class MemberForm(OwnerForm):
    """A colleague of a provider, and her role."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role.value, role.label) for role in PROVIDER_ROLES],
        widget=forms.RadioSelect,
    )


class CityMemberForm(OwnerForm):
    """A colleague of the city, and her role."""

    role = forms.ChoiceField(
        label=_("Role"), choices=[(role.value, role.label) for role in CITY_ROLES], widget=forms.RadioSelect
    )


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(
        label=_("Role"), choices=[(role.value, role.label) for role in PROVIDER_ROLES], widget=_choice()
    )


class ApiClientForm(forms.Form):
    """A program that will act for the provider, and what it may do."""

    name = forms.CharField(
        label=_("Name of the program"),
        max_length=80,
        widget=_text(dir="auto"),
        help_text=_("So that you recognise it later, such as “Enrolment software”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=ApiClient.Scope.choices, widget=forms.CheckboxSelectMultiple
    )
