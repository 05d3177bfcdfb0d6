"""What staff type about awards, certificates and achievements: read, bounded, and handed on as typed values."""

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from .awards import Person
from .models import Achievement, AddressKind, StatusChange

MESSAGE_LANGUAGES = [("fr", "Français"), ("ar", "العربية"), ("en", "English")]
SKILL_LIMIT = 20


def _text(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "in", "autocomplete": "off", **attrs})


def _area(rows: int, **attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"class": "in", "rows": rows, **attrs})


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"class": "in", "type": "date", "dir": "ltr"}, format="%Y-%m-%d")


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
        help_text=_("One of the two is enough. Write both as on her card, and both are printed."),
    )
    address_kind = forms.ChoiceField(
        label=_("How do we reach the person?"),
        required=False,
        choices=[
            (AddressKind.PHONE.value, _("Phone")),
            (AddressKind.EMAIL.value, _("E-mail")),
            (AddressKind.PASSPORT.value, _("Passport number")),
            (AddressKind.NONE.value, _("Not at all: on paper only")),
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
        if kind and not address and "address" not in self.errors:
            self.add_error("address", _("Type it here, or choose “not at all”."))
        if address and not kind and "address_kind" not in self.errors:
            self.add_error("address_kind", _("Choose what this is: a phone, an e-mail or a passport number."))
        return cleaned

    @property
    def person(self) -> Person:
        """To whom, once the form is valid."""
        return Person(
            name_latin=self.cleaned_data["name_latin"],
            name_arabic=self.cleaned_data["name_arabic"],
            address_kind=self.cleaned_data["address_kind"],
            address=self.cleaned_data["address"],
            language=self.cleaned_data["language"],
        )


class AwardForm(PersonForm):
    """One award; ``key`` is made with the form, so that the same form sent twice gives one certificate."""

    @staticmethod
    def fresh(*, today: date, language: str) -> "AwardForm":
        """An empty form of today, with a key of its own."""
        initial = {"awarded_on": today, "language": language, "address_kind": "phone", "key": uuid4().hex}
        return AwardForm(initial=initial)


class SearchForm(forms.Form):
    """A name or a short code, to find a certificate of one's own provider."""

    q = forms.CharField(
        label=_("Name or short code"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"class": "in", "type": "search", "dir": "auto", "autocomplete": "off"}),
    )


REASONS: dict[str, list[StatusChange.Reason]] = {
    "suspend": [StatusChange.Reason.UNDER_REVIEW, StatusChange.Reason.HOLDER_REQUEST],
    "reinstate": [StatusChange.Reason.REVIEW_CLOSED, StatusChange.Reason.HOLDER_REQUEST],
    "revoke": [
        StatusChange.Reason.ISSUED_IN_ERROR,
        StatusChange.Reason.NOT_ACHIEVED,
        StatusChange.Reason.FRAUD,
        StatusChange.Reason.HOLDER_REQUEST,
    ],
    "replace": [
        StatusChange.Reason.CORRECTED,
        StatusChange.Reason.HOLDER_REQUEST,
        StatusChange.Reason.KEY_COMPROMISED,
    ],
}


class ReasonForm(forms.Form):
    """Why a certificate's status changes: a reason from the short list of that act, and a note for colleagues."""

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
            choices=[(reason.value, reason.label) for reason in REASONS[act]],
        )


class ReplaceForm(PersonForm):
    """A corrected certificate in place of another: the same fields, and why."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        widget=forms.RadioSelect,
        choices=[(reason.value, reason.label) for reason in REASONS["replace"]],
    )
    note = forms.CharField(
        label=_("Note for your colleagues"),
        required=False,
        max_length=300,
        widget=_area(2, dir="auto"),
        help_text=_("It is never published."),
    )


class SkillLines(forms.CharField):
    """ESCO skills, one a line as ``address | label``; read into ``[{uri, label_fr, …}]``."""

    widget = _area(4, dir="ltr", spellcheck="false")

    def to_python(self, value: Any) -> list[dict[str, str]]:  # type: ignore[override]  # lines in, skills out
        lines = [line.strip() for line in (value or "").splitlines() if line.strip()]
        if len(lines) > SKILL_LIMIT:
            raise forms.ValidationError(_("Twenty skills at most. Keep the ones that matter."))
        skills = []
        for line in lines:
            uri, _bar, label = (part.strip() for part in line.partition("|"))
            if not uri.startswith("http://data.europa.eu/esco/") or not label or len(line) > 300:
                raise forms.ValidationError(
                    _("Write “%(line)s” as address | label. Example: %(example)s"),
                    params={"line": line[:60], "example": "http://data.europa.eu/esco/skill/… | écrire en arabe"},
                )
            skills.append({"uri": uri, "label_fr": label})
        return skills

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(
            f"{skill['uri']} | {skill.get('label_fr') or skill.get('label_en') or skill.get('label_ar', '')}"
            for skill in value
        )


class AchievementForm(forms.ModelForm[Achievement]):
    """A draft of what can be awarded, in French, Arabic or both."""

    skills = SkillLines(
        label=_("Skills (ESCO), one a line"),
        required=False,
        help_text=_("address | label"),
    )

    class Meta:
        model = Achievement
        fields = (
            "code",
            "kind",
            "theme",
            "title_fr",
            "title_ar",
            "description_fr",
            "description_ar",
            "criteria_fr",
            "criteria_ar",
            "hours",
            "cnc_level",
            "cefr_level",
            "assessment",
            "mode",
            "identity_check",
            "prerequisites_fr",
            "prerequisites_ar",
            "valid_months",
            "min_age",
            "skills",
        )
