"""What a learner chooses when she shares: entries, detail, for how long, and for whom."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Address, Learner
from .sharing import DAYS, USUAL_DAYS, Choosable, Detail, key_of

NOTHING = _("Choose at least one entry.")
GONE = _("One of these entries is no longer in your passport. Look through them once more.")
PERIODS = dict(zip(map(str, DAYS), (_("1 day"), _("7 days"), _("30 days"), _("1 year")), strict=True))


class EntriesForm(forms.Form):
    """Which entries; all that a public page asks for."""

    entries = forms.MultipleChoiceField(
        label=_("What do you show?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": NOTHING, "invalid_choice": GONE},
    )

    def __init__(self, *args: Any, there: Choosable, declared: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = there.items if declared else there.items[: len(there.entries)]
        self.fields["entries"].choices = [  # type: ignore[attr-defined]  # a MultipleChoiceField
            (key_of(item), item) for item in items
        ]

    def detail(self) -> Detail:
        """How much of herself she shows."""
        return Detail()


class ShareForm(EntriesForm):
    """Entries, detail, period, and for whom."""

    name = forms.ChoiceField(
        label=_("Your name"),
        widget=forms.RadioSelect,
        choices=[("whole", _("In full")), ("short", _("First name and initial"))],
        initial="whole",
    )
    with_dates = forms.BooleanField(label=_("The dates"), required=False, initial=True)
    with_levels = forms.BooleanField(label=_("Levels and hours"), required=False, initial=True)
    contact = forms.ChoiceField(
        label=_("How they reach you"), widget=forms.RadioSelect, required=False, initial=""
    )
    days = forms.ChoiceField(
        label=_("For how long?"),
        widget=forms.RadioSelect,
        choices=list(PERIODS.items()),
        initial=str(USUAL_DAYS),
    )
    title = forms.CharField(
        label=_("For whom?"),
        max_length=80,
        required=False,
        help_text=_("Only you see this: it is the name of the link in your list."),
    )

    def __init__(self, *args: Any, learner: Learner, **kwargs: Any) -> None:
        super().__init__(*args, declared=True, **kwargs)
        proven = Address.objects.filter(learner=learner, verified_at__isnull=False)
        self.fields["contact"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", _("Not at all")),
            *((str(address.pk), address.value) for address in proven),
        ]

    def detail(self) -> Detail:
        """How much of herself she shows."""
        given = self.cleaned_data
        return Detail(
            whole_name=given["name"] == "whole",
            with_dates=given["with_dates"],
            with_levels=given["with_levels"],
            contact=int(given["contact"]) if given["contact"] else None,
        )


class ExtendForm(forms.Form):
    """For how long from now on."""

    days = forms.ChoiceField(
        label=_("From today on for"), choices=list(PERIODS.items()), initial=str(USUAL_DAYS)
    )
