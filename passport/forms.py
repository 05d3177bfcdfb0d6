"""What learners type: an address, a code, a name, a choice; and the second step of staff."""

import json
import struct
from collections.abc import Sequence
from typing import Any

from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import validate_totp_code
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credentials.models import Credential

from . import secondfactors
from .models import Learner

#: In years, how old the oldest is who may come.
OLDEST = 115


class AddressForm(forms.Form):
    """A phone or an e-mail, as people write it."""

    address = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        help_text=_("We send you a code. No password."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "dir": "ltr", "autocapitalize": "none"}),
    )


class CodeForm(forms.Form):
    """The six digits."""

    code = forms.CharField(
        label=_("Type the code you received."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "dir": "ltr"}),
    )


class YearField(forms.CharField):
    """A year of birth, in any script of digits; empty is ``None``."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "bday-year", "dir": "ltr"}
        super().__init__(max_length=8, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value).strip()
        if not text:
            return None
        year = int(text) if text.isdecimal() else 0
        if not timezone.now().year - OLDEST <= year <= timezone.now().year:
            raise ValidationError(_("A year has four digits, such as 1994."))
        return year


def year_field(**kwargs: Any) -> YearField:
    """The year of birth, called so."""
    return YearField(**{"label": _("Year of birth")} | kwargs)


class NamesForm(forms.Form):
    """A person's name, in one script or both."""

    name_latin = forms.CharField(
        label=_("First and family name, in Latin letters"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"lang": "fr", "dir": "ltr", "autocomplete": "name"}),
    )
    name_arabic = forms.CharField(
        label=_("First and family name, in Arabic letters"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"lang": "ar", "dir": "rtl"}),
    )


class NameForm(NamesForm):
    """Who opens a passport."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class OpeningForm(NameForm):
    """Who opens a passport for herself."""

    birth_year = year_field(
        required=False, help_text=_("So that a guardian can help if you are under 18. Four digits.")
    )


class VisibilityForm(forms.Form):
    """Who sees a certificate's page."""

    visibility = forms.ChoiceField(
        label=_("Who sees its page?"),
        widget=forms.RadioSelect,
        choices=[
            (Credential.Visibility.LINK, _("Whoever has the paper or the link sees it")),
            (Credential.Visibility.PRIVATE, _("Others see only whether it is valid")),
            (Credential.Visibility.PUBLIC, _("Also on my public page")),
        ],
    )

    def __init__(self, *args: Any, offered: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["visibility"]
        field.choices = [  # type: ignore[attr-defined]  # a ChoiceField
            choice
            for choice in field.choices  # type: ignore[attr-defined]  # a ChoiceField
            if choice[0] in offered
        ]


# -- The second step of staff ---------------------------------------------------------------------
DIGITS_REFUSED = _("This code is not right, or was used already. Wait for the next one.")
#: allauth's name for too many wrong tries.
TRIED_OUT = "too_many_login_attempts"
PASSKEY_REFUSED = _("This passkey was not recognised. Try again.")

#: What reading a passkey's answer raises when it was not made by a browser.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, struct.error)


def _six_digits() -> forms.CharField:
    return forms.CharField(
        label=_("Six digits from your authenticator app"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "dir": "ltr"}),
    )


def _digits(text: str) -> str:
    """Western digits without spaces, whatever the keyboard gave."""
    return "".join(str(int(c)) for c in text if c.isdecimal())


class AppCodeForm(AuthenticateForm):  # type: ignore[misc]  # allauth is not typed
    """The digits that the authenticator app shows now."""

    code = _six_digits()

    def clean_code(self) -> str:
        self.cleaned_data["code"] = _digits(self.cleaned_data["code"])
        try:
            code = str(super().clean_code())
        except ValidationError as error:
            if error.code == TRIED_OUT:
                raise
            raise ValidationError(DIGITS_REFUSED) from error
        secondfactors.use_digits(learner=self.user, digits=code)
        return code


class AppSetupForm(forms.Form):
    """The first digits of an authenticator app that has just scanned its key."""

    code = _six_digits()

    def __init__(self, *args: Any, learner: Learner, secret: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.learner, self.secret = learner, secret

    def clean_code(self) -> str:
        digits = _digits(self.cleaned_data["code"])
        right = check_rate_limit(self.learner)
        if not validate_totp_code(self.secret, digits):
            raise ValidationError(DIGITS_REFUSED)
        right()
        secondfactors.use_digits(learner=self.learner, digits=digits)
        return digits


class PasskeyAnswer(forms.CharField):
    """What a browser says of a passkey: JSON of a bounded size."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput, max_length=16_384)

    def clean(self, value: Any) -> dict[str, Any]:
        text = super().clean(value)
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValidationError(PASSKEY_REFUSED) from error
        if not isinstance(answer, dict):
            raise ValidationError(PASSKEY_REFUSED)
        return answer


class PasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth is not typed
    """A passkey instead of digits."""

    credential = PasskeyAnswer()

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()
        except _UNREADABLE as error:
            raise ValidationError(PASSKEY_REFUSED) from error
        except ValidationError as error:
            if error.code == TRIED_OUT:
                raise
            raise ValidationError(PASSKEY_REFUSED) from error


class PasskeyDoorForm(PasskeyForm):
    """A passkey instead of a code: whose it is, it says itself."""

    passwordless = True

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, user=None)


class PasskeySetupForm(forms.Form):
    """A new passkey, and what its owner calls it."""

    name = forms.CharField(
        label=_("What do you call it?"),
        max_length=60,
        required=False,
        help_text=_("For example: my phone, the key on my key ring."),
    )
    credential = PasskeyAnswer()

    def clean_credential(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.cleaned_data["credential"]
        try:
            webauthn.parse_registration_response(answer)
            webauthn.complete_registration(answer)
        except (*_UNREADABLE, AssertionError, ValidationError) as error:
            raise ValidationError(PASSKEY_REFUSED) from error
        return answer


def complain(form: forms.Form, error: Any) -> None:
    """Put a refusal where it belongs: at its field if the form has it, else above the form."""
    field = getattr(error, "field", "")
    form.add_error(field if field in form.fields else None, str(error.message))
