"""What staff type about awards, certificates and achievements, read and bounded."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from issuers.models import Theme

from . import delivering
from .forms_skills import Area, DigComp, Group, Skills, digcomp_areas, read_skills, skill_groups
from .frameworks import CEFR_LEVELS
from .models import Achievement, AddressKind, StatusChange
from .people import Person
from .revocation import ACTS

ON_PAPER = "none"
MESSAGE_LANGUAGES = [("fr", "Français"), ("ar", "العربية"), ("en", "English")]

#: The European Learning Model's controlled lists "assessment type" and "mode of learning and assessment".
ASSESSMENT_TERMS = {
    "continuous": "http://data.europa.eu/snb/assessment/3484bd7e51",
    "oral": "http://data.europa.eu/snb/assessment/d30284d7df",
    "written": "http://data.europa.eu/snb/assessment/6e6cb2cc78",
    "practical": "http://data.europa.eu/snb/assessment/6a4db9f11d",
    "quiz": "http://data.europa.eu/snb/assessment/b1b68f6735",
    "project": "http://data.europa.eu/snb/assessment/795dac4096",
    "portfolio": "http://data.europa.eu/snb/assessment/4f03b91c0e",
    "attendance": "http://data.europa.eu/snb/assessment/7331eb4762",
}
MODE_TERMS = {
    "onsite": "http://data.europa.eu/snb/learning-assessment/9191af2ed9",
    "blended": "http://data.europa.eu/snb/learning-assessment/e92d221e4d",
    "online": "http://data.europa.eu/snb/learning-assessment/920fbb3cbe",
    "work": "http://data.europa.eu/snb/learning-assessment/729f3bed4b",
}


def _text(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


def _area(rows: int, **attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


def _choice(**attrs: Any) -> forms.Select:
    return forms.Select(attrs=attrs)


def _number(**attrs: Any) -> forms.NumberInput:
    return forms.NumberInput(attrs={"dir": "ltr", "inputmode": "numeric", **attrs})


def _reasons(act: str) -> list[tuple[str, Any]]:
    return [(reason, StatusChange.Reason(reason).label) for reason in ACTS[act][2]]


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", "dir": "ltr"}, format="%Y-%m-%d")


class PersonForm(forms.Form):
    """A name in one or both scripts, an address if there is one, and the day of the award."""

    name_latin = forms.CharField(
        label=_("Name in Latin letters"),
        required=False,
        max_length=120,
        widget=_text(lang="fr", dir="ltr", autocapitalize="words"),
    )
    name_arabic = forms.CharField(
        label=_("Name in Arabic letters"),
        required=False,
        max_length=120,
        widget=_text(lang="ar", dir="rtl"),
        help_text=_("One of the two is enough. Write both as on the identity card, and both are printed."),
    )
    address_kind = forms.ChoiceField(
        label=_("How do we reach the person?"),
        choices=[
            (AddressKind.PHONE.value, _("Phone")),
            (AddressKind.EMAIL.value, _("E-mail")),
            (AddressKind.PASSPORT.value, _("Passport number")),
            (ON_PAPER, _("Not at all: on paper only")),
        ],
        widget=forms.RadioSelect,
    )
    address = forms.CharField(
        label=_("Phone, e-mail or passport number"),
        required=False,
        max_length=254,
        widget=_text(dir="ltr", inputmode="email", spellcheck="false"),
        help_text=_("The certificate finds its way into the passport by it. It is not printed on it."),
    )
    awarded_on = forms.DateField(label=_("Date of the award"), widget=_day())
    language = forms.ChoiceField(
        label=_("Language of the message"), choices=MESSAGE_LANGUAGES, widget=forms.RadioSelect
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64, min_length=16)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("name_latin") and not cleaned.get("name_arabic") and not self.errors:
            self.add_error("name_latin", _("Type the person's name, in Latin or in Arabic letters."))
        kind, address = cleaned.get("address_kind"), cleaned.get("address")
        if kind and kind != ON_PAPER and not address and "address" not in self.errors:
            self.add_error("address", _("Type it here, or choose “not at all”."))
        if address and kind == ON_PAPER:
            self.add_error("address_kind", _("Choose what this is: a phone, an e-mail or a passport number."))
        return cleaned

    @property
    def person(self) -> Person:
        """To whom, once the form is valid."""
        on_paper = self.cleaned_data["address_kind"] == ON_PAPER
        return Person(
            name_latin=self.cleaned_data["name_latin"],
            name_arabic=self.cleaned_data["name_arabic"],
            address_kind="" if on_paper else self.cleaned_data["address_kind"],
            address="" if on_paper else self.cleaned_data["address"],
            language=self.cleaned_data["language"],
        )


class AwardForm(PersonForm):
    """One award; ``key`` is made with the form, so that the same form sent twice gives one certificate."""

    @staticmethod
    def fresh(*, today: date, language: str, typed: dict[str, Any] | None = None) -> "AwardForm":
        """A form of today with a key of its own, holding what was typed before if anything was."""
        initial = {"awarded_on": today, "language": language, "address_kind": "phone"}
        return AwardForm(initial=initial | (typed or {}) | {"key": uuid4().hex})


class SearchForm(forms.Form):
    """A name or a short code, to find a certificate of one's own provider."""

    q = forms.CharField(
        label=_("Name or short code"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "dir": "auto", "autocomplete": "off"}),
    )
    only = forms.ChoiceField(
        label=_("Which ones"), required=False, choices=delivering.FILTERS, widget=_choice()
    )


class ReasonForm(forms.Form):
    """Why a certificate's status changes: a reason that fits the act, and a note for colleagues."""

    reason = forms.ChoiceField(label=_("Reason"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Note for your colleagues"),
        required=False,
        max_length=300,
        widget=_area(3, dir="auto"),
        help_text=_("It is never published."),
    )

    def __init__(self, *args: Any, act: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = forms.ChoiceField(
            label=_("Reason"),
            widget=forms.RadioSelect,
            choices=_reasons(act),
        )


class AgainForm(forms.Form):
    """Another message about a certificate, to the same address or to a better one."""

    address = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        widget=_text(dir="ltr", inputmode="email", spellcheck="false"),
        help_text=_("Change it if it was wrong. The certificate stays as it is: no address stands in it."),
    )


class SendBackForm(forms.Form):
    """What is to be changed before a course can be published."""

    note = forms.CharField(
        label=_("What is to be changed"), required=False, max_length=500, widget=_area(3, dir="auto")
    )


class ReplaceForm(PersonForm):
    """A corrected certificate in place of another: the same fields, and why."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        widget=forms.RadioSelect,
        choices=_reasons(StatusChange.Act.REPLACE),
    )
    note = forms.CharField(
        label=_("Note for your colleagues"),
        required=False,
        max_length=300,
        widget=_area(2, dir="auto"),
        help_text=_("It is never published."),
    )


class AchievementForm(forms.Form):
    """A draft of what can be awarded, in French, Arabic or both."""

    code = forms.RegexField(
        r"^[A-Za-z0-9._-]+$",
        label=_("Code"),
        max_length=20,
        widget=_text(dir="ltr"),
        help_text=_("Your own, such as C08. Letters, digits, dot and dash."),
        error_messages={"invalid": _("Letters, digits, dot and dash only.")},
    )
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices, widget=_choice())
    kind = forms.ChoiceField(
        label=_("Kind of certificate"), choices=Achievement.Kind.choices, widget=forms.RadioSelect
    )
    title_fr = forms.CharField(
        label=_("Title in French"), required=False, max_length=120, widget=_text(lang="fr", dir="ltr")
    )
    title_ar = forms.CharField(
        label=_("Title in Arabic"), required=False, max_length=120, widget=_text(lang="ar", dir="rtl")
    )
    description_fr = forms.CharField(
        label=_("What it is about, in French"),
        required=False,
        max_length=1000,
        widget=_area(3, lang="fr", dir="ltr"),
    )
    description_ar = forms.CharField(
        label=_("What it is about, in Arabic"),
        required=False,
        max_length=1000,
        widget=_area(3, lang="ar", dir="rtl"),
    )
    criteria_fr = forms.CharField(
        label=_("What the learner can do afterwards, in French"),
        required=False,
        max_length=2000,
        widget=_area(4, lang="fr", dir="ltr"),
    )
    criteria_ar = forms.CharField(
        label=_("What the learner can do afterwards, in Arabic"),
        required=False,
        max_length=2000,
        widget=_area(4, lang="ar", dir="rtl"),
    )
    hours = forms.IntegerField(
        label=_("Hours of learning"), min_value=1, max_value=2000, widget=_number(min=1, max=2000)
    )
    cnc_level = forms.TypedChoiceField(
        label=_("Level (CNC)"),
        coerce=int,
        choices=[(level, str(level)) for level in range(1, 9)],
        widget=_choice(),
    )
    cefr_level = forms.ChoiceField(
        label=_("Language level (CEFR)"),
        required=False,
        choices=[("", _("Not a language course")), *((level, level) for level in CEFR_LEVELS)],
        widget=_choice(),
    )
    assessment = forms.ChoiceField(
        label=_("Assessment"), choices=Achievement.Assessment.choices, widget=_choice()
    )
    results = forms.ChoiceField(
        label=_("Result on the certificate"),
        required=False,
        choices=Achievement.Results.choices,
        widget=_choice(),
        help_text=_("What a trainer may note beside “completed”."),
    )
    mode = forms.ChoiceField(label=_("How it is taught"), choices=Achievement.Mode.choices, widget=_choice())
    identity_check = forms.ChoiceField(
        label=_("Supervision of the assessment"), choices=Achievement.IdentityCheck.choices, widget=_choice()
    )
    prerequisites_fr = forms.CharField(
        label=_("Needed beforehand, in French"),
        required=False,
        max_length=300,
        widget=_text(lang="fr", dir="ltr"),
    )
    prerequisites_ar = forms.CharField(
        label=_("Needed beforehand, in Arabic"),
        required=False,
        max_length=300,
        widget=_text(lang="ar", dir="rtl"),
    )
    valid_months = forms.IntegerField(
        label=_("Valid for how many months"),
        min_value=0,
        max_value=600,
        initial=0,
        widget=_number(min=0, max=600),
        help_text=_("0: it does not expire."),
    )
    min_age = forms.IntegerField(
        label=_("From which age"), min_value=0, max_value=99, initial=0, widget=_number(min=0, max=99)
    )
    digcomp = DigComp(label=_("Digital competences (DigComp)"), required=False)
    skills = Skills(label=_("Skills (ESCO)"), required=False)

    def __init__(self, *args: Any, kept: Sequence[dict[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = {skill["uri"]: skill for skill in kept}

    @property
    def skill_groups(self) -> list[Group]:
        """The picker's skills by theme."""
        return skill_groups(chosen=self["skills"].value(), kept=self.kept)

    @property
    def digcomp_areas(self) -> list[Area]:
        """The picker's competences by area."""
        return digcomp_areas(chosen=self["digcomp"].value())

    def clean_skills(self) -> list[dict[str, str]]:
        return read_skills(self.cleaned_data["skills"], kept=self.kept)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("title_fr") and not cleaned.get("title_ar"):
            self.add_error("title_fr", _("Give a title, in French or in Arabic."))
        attended = cleaned.get("assessment") == Achievement.Assessment.ATTENDANCE
        if cleaned.get("kind") == Achievement.Kind.MICRO_CREDENTIAL and attended:
            self.add_error("assessment", _("A micro-credential is assessed. Choose how."))
        if cleaned.get("kind") == Achievement.Kind.COMPLETION and not attended:
            self.add_error(
                "assessment", _("A certificate of attendance is not assessed. Choose “attendance”.")
            )
        if cleaned.get("cefr_level") and cleaned.get("theme") != Theme.LANGUAGES:
            self.add_error("cefr_level", _("Only a language course has this level."))
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """The achievement's fields, with the controlled terms that go with the choices."""
        return self.cleaned_data | {
            "assessment_uri": ASSESSMENT_TERMS[self.cleaned_data["assessment"]],
            "mode_uri": MODE_TERMS[self.cleaned_data["mode"]],
        }

    @staticmethod
    def of(achievement: Achievement) -> "AchievementForm":
        """The form filled with a draft."""
        return AchievementForm(
            initial={name: getattr(achievement, name) for name in AchievementForm.base_fields}
            | {"skills": [skill["uri"] for skill in achievement.skills]},
            kept=achievement.skills,
        )


def shown(form: forms.Form, name: str) -> Any:
    """The label of the choice that a valid form holds, for showing it back."""
    choices: Any = getattr(form.fields[name], "choices", ())
    return dict(choices).get(form.cleaned_data.get(name), "")
