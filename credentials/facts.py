"""From rows to facts: what the pure composers need, read from the models once."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from issuers.reading import profile_of

from . import hosted, openbadges, paper
from .models import Achievement


def achievement_facts(achievement: Achievement) -> openbadges.AchievementFacts:
    """What the achievement says, as the composers take it."""
    return openbadges.AchievementFacts(
        id=achievement.pk,
        code=achievement.code,
        version=achievement.version,
        kind=achievement.kind,
        title_fr=achievement.title_fr,
        title_ar=achievement.title_ar,
        description_fr=achievement.description_fr,
        description_ar=achievement.description_ar,
        criteria_fr=achievement.criteria_fr,
        criteria_ar=achievement.criteria_ar,
        theme=achievement.theme,
        hours=achievement.hours,
        cnc_level=achievement.cnc_level,
        cefr_level=achievement.cefr_level,
        digcomp=tuple((item["code"], item["level"]) for item in achievement.digcomp),
        skills=tuple(_skills(achievement.skills)),
        assessment=achievement.assessment,
        assessment_uri=achievement.assessment_uri,
        mode=achievement.mode,
        mode_uri=achievement.mode_uri,
        identity_check=achievement.identity_check,
        results=achievement.results,
        prerequisites=achievement.prerequisites_fr or achievement.prerequisites_ar,
    )


def _skills(skills: Iterable[dict[str, str]]) -> Iterable[openbadges.Skill]:
    for skill in skills:
        yield openbadges.Skill(
            uri=skill["uri"],
            label=skill.get("label_fr") or skill.get("label_en") or skill.get("label_ar", ""),
        )


def quality_assurance(city_name: str) -> str:
    """How quality is assured: the city's accreditation, by two persons, in a public register."""
    return f"Accréditation par la ville de {city_name}, registre public des organismes"


def achievement_document(achievement: Achievement, *, profile: dict[str, Any]) -> dict[str, Any]:
    """The composed Achievement of an issuer with this Profile; the same in all its credentials."""
    return openbadges.achievement_document(
        achievement_facts(achievement),
        base_url=settings.BASE_URL,
        creator=profile,
        quality_assurance=quality_assurance(profile["address"]["addressLocality"]),
    )


def languages_of(achievement: Achievement) -> list[str]:
    """The languages in which there is a document of it."""
    return hosted.languages(achievement_facts(achievement))


def hosted_achievement(achievement: Achievement, *, language: str = "") -> dict[str, Any]:
    """The Achievement as a document of its own, in this one of its languages or in its first."""
    facts = achievement_facts(achievement)
    issuer = achievement.issuer
    profile = profile_of(issuer)
    arabic = language == "ar" and issuer.name_ar
    return hosted.achievement(
        facts,
        language=language or facts.language,
        base_url=settings.BASE_URL,
        creator=profile | ({"name": issuer.name_ar} if arabic else {}),
        quality_assurance=quality_assurance(profile["address"]["addressLocality"]),
    )


def link_prefix() -> int:
    """The characters of a printed link before its digits."""
    return len(settings.BASE_URL) + len("/v#")


def paper_claim(
    *,
    achievement: Achievement,
    name_latin: str,
    name_arabic: str,
    status: int,
    issued_at: int,
    expires_at: int | None,
    cti: bytes,
) -> paper.Claim:
    """The paper claim of a certificate, as it fits the printed code (see ``paper.fitted``)."""
    first, second = (name_latin, name_arabic) if name_latin else (name_arabic, "")
    claim = paper.Claim(
        name=first,
        second_name=second or None,
        title=achievement.title_fr or achievement.title_ar,
        level=achievement.cefr_level or f"CNC {achievement.cnc_level}",
        hours=achievement.hours,
        status=status,
        issued_at=issued_at,
        expires_at=expires_at,
        cti=cti,
    )
    return paper.fitted(claim, prefix=link_prefix())
