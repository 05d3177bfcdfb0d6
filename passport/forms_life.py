"""What is typed into a timeline and a pathway: months as people say them, skills and steps from lists."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from credentials import frameworks
from issuers.forms import DistrictField
from issuers.models import Arrondissement, Theme

from . import months, requirements
from .models import Declaration, Pathway
from .signposts import MOST

SKILLS = 3


class MonthField(forms.CharField):
    """A month or a year in words or digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs)

    def clean(self, value: Any) -> months.Month | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return months.read(text)
        except months.Unreadable:
            raise forms.ValidationError(
                _("We cannot read this month. Write it as in “March 2019”, “3/2019”, or the year alone.")
            ) from None


class DeclarationForm(forms.Form):
    """One line of a life without a certificate."""

    kind = forms.ChoiceField(label=_("What was it?"), choices=Declaration.Kind.choices)
    title = forms.CharField(
        label=_("What did you learn or do?"),
        max_length=120,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        error_messages={"required": _("Say in a few words what you learned or did.")},
    )
    began = MonthField(
        label=_("Since when?"),
        help_text=_("For example: March 2019. The year alone is enough."),
        error_messages={"required": _("Say when it began. The year alone is enough.")},
    )
    ended = MonthField(
        label=_("Until when?"), required=False, help_text=_("Leave this empty while it goes on.")
    )
    place = forms.CharField(
        label=_("Where?"),
        max_length=120,
        required=False,
        help_text=_("School, employer, library …"),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    arrondissement = DistrictField(
        label=_("Arrondissement"), queryset=Arrondissement.objects.none(), required=False, empty_label="—"
    )
    about = forms.CharField(
        label=_("In your own words"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    skill_1 = forms.ChoiceField(label=_("A skill that it gave you"), required=False)
    skill_2 = forms.ChoiceField(label=_("Another skill"), required=False)
    skill_3 = forms.ChoiceField(label=_("One more skill"), required=False)
    evidence = forms.CharField(
        label=_("A link that shows it"),
        max_length=300,
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["arrondissement"].queryset = Arrondissement.objects.all()  # type: ignore[attr-defined]  # a ModelChoiceField
        listed = frameworks.skills().values()
        choices: list[Any] = [("", "—")]
        for theme in Theme:
            group = [(one.code, str(one)) for one in listed if one.theme == theme.value]
            choices.append((theme.label, sorted(group, key=lambda choice: choice[1])))
        for number in range(1, SKILLS + 1):
            self.fields[f"skill_{number}"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def told(self) -> dict[str, Any]:
        """As the verbs take it."""
        told = dict(self.cleaned_data)
        told["skills"] = [told.pop(f"skill_{number}") for number in range(1, SKILLS + 1)]
        return told


class PathwayForm(forms.Form):
    """A pathway in both languages, with up to eight steps, each with up to two ways to do it."""

    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices)
    title_fr = forms.CharField(
        label=_("Title in French"), max_length=120, widget=forms.TextInput(attrs={"lang": "fr", "dir": "ltr"})
    )
    title_ar = forms.CharField(
        label=_("Title in Arabic"), max_length=120, widget=forms.TextInput(attrs={"lang": "ar", "dir": "rtl"})
    )
    about_fr = forms.CharField(
        label=_("What it leads to, in French"),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3, "lang": "fr", "dir": "ltr"}),
    )
    about_ar = forms.CharField(
        label=_("What it leads to, in Arabic"),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3, "lang": "ar", "dir": "rtl"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for place in range(1, MOST + 1):
            for way in ("a", "b"):
                self.fields[f"step_{place}{way}"] = forms.CharField(
                    label=_("Step %(place)s") % {"place": place}
                    if way == "a"
                    else _("Step %(place)s, or instead") % {"place": place},
                    required=False,
                    max_length=90,
                    widget=forms.TextInput(attrs={"list": "ways", "dir": "ltr", "autocomplete": "off"}),
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in self.fields:
            if name.startswith("step_") and cleaned.get(name):
                try:
                    requirements.read(cleaned[name])
                except requirements.Unreadable:
                    self.add_error(name, _("Choose a course or a level out of the list."))
        return cleaned

    @property
    def steps(self) -> list[Any]:
        """The fields of the steps, in their order."""
        return [self[name] for name in self.fields if name.startswith("step_")]

    @property
    def texts(self) -> list[Any]:
        """The other fields."""
        return [self[name] for name in self.fields if not name.startswith("step_")]

    @property
    def told(self) -> dict[str, Any]:
        """As the verb takes it."""
        steps = [
            [way for letter in ("a", "b") if (way := self.cleaned_data.get(f"step_{place}{letter}"))]
            for place in range(1, MOST + 1)
        ]
        return {
            name: self.cleaned_data[name] for name in self.cleaned_data if not name.startswith("step_")
        } | {"steps": steps}

    @staticmethod
    def of(pathway: Pathway) -> dict[str, Any]:
        """A wording as the form shows it."""
        names = ("theme", "title_fr", "title_ar", "about_fr", "about_ar")
        initial: dict[str, Any] = {name: getattr(pathway, name) for name in names}
        for step in pathway.steps.all():
            ways: Sequence[str] = step.any_of
            for letter, way in zip(("a", "b"), ways, strict=False):
                initial[f"step_{step.place}{letter}"] = way
        return initial
