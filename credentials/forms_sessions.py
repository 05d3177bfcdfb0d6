"""What staff type about a session: its plan, the people in it."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from issuers.models import Arrondissement

from . import people, slips
from .forms import MESSAGE_LANGUAGES
from .models import Achievement, Enrolment, Session
from .people import Person
from .sessions import Plan

_WHEN = "%Y-%m-%dT%H:%M"


def _line(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"} | attrs)


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local", "dir": "ltr"}, format=_WHEN)


class SessionForm(forms.Form):
    """When, where and for whom a course is given."""

    achievement = forms.ModelChoiceField(label=_("Course"), queryset=Achievement.objects.none())
    group = forms.CharField(
        label=_("Name of the session"),
        max_length=80,
        widget=_line(),
        help_text=_("As you call it among yourselves, with the month or a number."),
    )
    place = forms.CharField(
        label=_("Place"), max_length=120, widget=_line(), help_text=_("The house and the room.")
    )
    arrondissement = forms.ModelChoiceField(
        label=_("Arrondissement"), queryset=Arrondissement.objects.order_by("code")
    )
    starts_at = forms.DateTimeField(label=_("First day, and from when"), widget=_moment())
    ends_at = forms.DateTimeField(label=_("Last day, and until when"), widget=_moment())
    seats = forms.IntegerField(
        label=_("Seats"),
        required=False,
        min_value=1,
        max_value=2000,
        widget=forms.NumberInput(attrs={"dir": "ltr", "inputmode": "numeric"}),
    )
    language = forms.ChoiceField(
        label=_("Language of the course"), choices=MESSAGE_LANGUAGES, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, courses: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["achievement"]
        chosen.queryset, chosen.label_from_instance = courses, lambda course: course.title
        districts: Any = self.fields["arrondissement"]
        districts.label_from_instance = lambda district: district.name

    @property
    def plan(self) -> Plan:
        return Plan(**self.cleaned_data)

    @staticmethod
    def of(session: Session, *, courses: Any) -> "SessionForm":
        """The form filled with a session."""
        initial = {name: getattr(session, name) for name in SessionForm.base_fields}
        for name in ("starts_at", "ends_at"):
            initial[name] = timezone.localtime(initial[name])
        return SessionForm(courses=courses, initial=initial)


class SeatForm(forms.Form):
    """A person who sits in a session."""

    name_latin = forms.CharField(
        label=_("First and family name, in Latin letters"),
        max_length=120,
        required=False,
        widget=_line(lang="fr", dir="ltr"),
    )
    name_arabic = forms.CharField(
        label=_("First and family name, in Arabic letters"),
        max_length=120,
        required=False,
        widget=_line(lang="ar", dir="rtl"),
    )
    address = forms.CharField(
        label=_("Phone, e-mail or passport number"),
        max_length=254,
        required=False,
        widget=_line(dir="ltr", autocapitalize="none"),
        help_text=_("Without one, print a slip."),
    )
    language = forms.ChoiceField(label=_("Language of the messages"), choices=MESSAGE_LANGUAGES)

    def clean_address(self) -> str:
        """What kind of address it is, and whether it is one."""
        text: str = self.cleaned_data["address"].strip()
        self.kind = ""
        if text:
            try:
                self.kind, text = _read(text)
            except people.Slip as slip:
                raise forms.ValidationError(slips.sentence(slip.code)) from slip
        return text

    @property
    def person(self) -> Person:
        data = self.cleaned_data
        return Person(
            name_latin=data["name_latin"],
            name_arabic=data["name_arabic"],
            address_kind=self.kind,
            address=data["address"],
            language=data["language"],
        )

    @staticmethod
    def of(seat: Enrolment) -> "SeatForm":
        """The form filled with a seat."""
        return SeatForm(initial={name: getattr(seat, name) for name in SeatForm.base_fields})


def _read(text: str) -> tuple[str, str]:
    if "@" in text:
        return "email", people.email(text)
    try:
        return "passport", people.passport_number(text)
    except people.Slip:
        return "phone", people.phone(text)
