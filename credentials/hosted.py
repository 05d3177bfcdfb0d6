"""Pure. An achievement as a document of its own, in each language that it is in (Open Badges 3.0, B.1.2).

The one at the achievement's address is the one that its certificates carry. Each language has an address,
``?lang=``, which certificates name under ``related``, and which stands for that version of the achievement.
"""

from typing import Any

from . import openbadges

CONTEXTS: list[Any] = [openbadges.VC_CONTEXT, openbadges.OB_CONTEXT, openbadges.CITY_CONTEXT]


def languages(facts: openbadges.AchievementFacts) -> list[str]:
    """The languages that it has a title in, its own first."""
    other = "ar" if facts.language == "fr" else "fr"
    return [facts.language] + ([other] if getattr(facts, f"title_{other}") else [])


def address(base_url: str, facts: openbadges.AchievementFacts, language: str) -> str:
    """Where it lies in this language; in its own, that is the achievement's identifier."""
    here = f"{base_url}/a/{facts.id}"
    return here if language == facts.language else f"{here}?lang={language}"


def achievement(
    facts: openbadges.AchievementFacts,
    *,
    language: str,
    base_url: str,
    creator: dict[str, Any],
    quality_assurance: str,
) -> dict[str, Any]:
    """The Achievement in one of its ``languages``, with its contexts, criteria page and versions."""
    document = openbadges.achievement_document(
        facts, base_url=base_url, creator=creator, quality_assurance=quality_assurance
    )
    title = str(getattr(facts, f"title_{language}"))
    description = str(getattr(facts, f"description_{language}")) or title
    here = address(base_url, facts, language)
    return (
        {"@context": CONTEXTS}
        | document
        | {
            "id": here,
            "name": title,
            "description": description,
            "criteria": {
                "id": here,
                "narrative": str(getattr(facts, f"criteria_{language}")) or description,
            },
            "image": document["image"] | {"caption": title},
            "inLanguage": language,
            "related": [
                {"id": address(base_url, facts, other), "type": ["Related"], "inLanguage": other}
                for other in languages(facts)
                if other != language
            ],
        }
    )
