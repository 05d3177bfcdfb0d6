"""What somebody types who endorses: what it is, and why, in French, Arabic or both."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer

from . import endorsing_certificates
from .errors import CertificateNotEndorsable, NotYours
from .models import Achievement, Credential
from .models.endorsements import MAX_COMMENT

Choices = Sequence[tuple[Issuer, Sequence[Achievement]]]


def _said(language: str, direction: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 4, "lang": language, "dir": direction})


class _CommentForm(forms.Form):
    """Why, in one language at least; ``subject`` is the field that says what is endorsed."""

    subject: str

    comment_fr = forms.CharField(
        label=_("Why, in French"),
        required=False,
        max_length=MAX_COMMENT,
        widget=_said("fr", "ltr"),
        help_text=_(
            "French, Arabic or both: what you have seen, and what it is worth to you. Everybody reads it."
        ),
    )
    comment_ar = forms.CharField(
        label=_("Why, in Arabic"), required=False, max_length=MAX_COMMENT, widget=_said("ar", "rtl")
    )

    def clean(self) -> dict[str, Any]:
        """One language at least."""
        cleaned = super().clean() or {}
        said = cleaned.get("comment_fr", "").strip() or cleaned.get("comment_ar", "").strip()
        if not said and not {"comment_fr", "comment_ar"} & set(self.errors):
            self.add_error("comment_fr", _("Say in a sentence why you endorse it."))
        return cleaned


class EndorseForm(_CommentForm):
    """One endorsement of a course or a provider before it is signed."""

    what = forms.ChoiceField(label=_("What do you endorse?"))
    subject = "what"
    field_order = (subject,)

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._things: dict[str, tuple[Issuer, Achievement | None]] = {}
        groups: list[Any] = [("", _("Choose"))]
        for issuer, courses in choices:
            self._things[f"p-{issuer.pk}"] = (issuer, None)
            self._things |= {f"c-{course.pk}": (issuer, course) for course in courses}
            whole = (f"p-{issuer.pk}", _("%(name)s, the provider") % {"name": issuer.name})
            groups.append((issuer.name, [whole, *((f"c-{course.pk}", course.title) for course in courses)]))
        self.fields["what"].choices = groups  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def thing(self) -> dict[str, Any]:
        """What was chosen, as the verb takes it; call it when the form is valid."""
        owner, achievement = self._things[self.cleaned_data["what"]]
        return {"owner": owner, "achievement": achievement}


class EndorseCertificateForm(_CommentForm):
    """One endorsement of a person's certificate before it is signed."""

    certificate = forms.CharField(
        label=_("Link or short code of the certificate"),
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "autocapitalize": "none"}),
        help_text=_("As the person gave it to you. It stands on the certificate."),
    )
    subject = "certificate"
    field_order = (subject,)

    def __init__(self, *args: Any, endorser: Issuer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._endorser = endorser
        self.fields["comment_fr"].help_text = _(
            "French, Arabic or both: what you saw this person do, without the name. "
            "Others read it only if she or he agrees."
        )

    def clean_certificate(self) -> Credential:
        """The certificate itself."""
        try:
            return endorsing_certificates.find(text=self.cleaned_data["certificate"], endorser=self._endorser)
        except NotYours:
            raise forms.ValidationError(
                _("No certificate that you may see is there. Check the link or code; perhaps it is private.")
            ) from None
        except CertificateNotEndorsable as refusal:
            raise forms.ValidationError(str(refusal.message)) from None

    @property
    def thing(self) -> dict[str, Any]:
        """The certificate, as the verb takes it; call it when the form is valid."""
        return {"credential": self.cleaned_data["certificate"]}
