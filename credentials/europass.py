"""A certificate as European systems read it: what was signed, in the European Learning Model, unsigned."""

import json

from django.utils import translation
from django.utils.functional import Promise

from issuers.models import SigningKey
from issuers.reading import the_city

from . import elm, posting, securing
from .errors import NotYours
from .models import Achievement, Credential

LANGUAGES = ("fr", "ar")


def exported(*, credential: Credential) -> str:
    """The file. Raises NotYours where nothing signed is left to be exported, or its key was withdrawn."""
    if credential.erased_at or credential.key.state == SigningKey.State.COMPROMISED:
        raise NotYours
    picture = posting.square(achievement=credential.achievement, kind="png")
    document = elm.european(
        securing.unsecured(credential), words=_words(credential.achievement), picture=picture.data
    )
    return json.dumps(document, ensure_ascii=False, indent=1)


def _words(achievement: Achievement) -> elm.Words:
    issuer, city = achievement.issuer, the_city()
    return elm.Words(
        issuer=_named(issuer.name_fr, issuer.name_ar),
        city=_named(city.name_fr, city.name_ar),
        assessment=_said(Achievement.Assessment(achievement.assessment).label),
        mode=_said(Achievement.Mode(achievement.mode).label),
        identity=_said(Achievement.IdentityCheck(achievement.identity_check).label),
    )


def _named(french: str, arabic: str) -> elm.Texts:
    names = {"fr": french, "ar": arabic}
    return {language: name for language, name in names.items() if name}


def _said(label: str | Promise) -> elm.Texts:
    texts = {}
    for language in LANGUAGES:
        with translation.override(language):
            texts[language] = str(label)
    return texts
