"""Pure. The city's own terms by their full names, so that a certificate's file needs no context of ours.

The VC-JWT defines them in line, for readers of plain JSON. Verifiers of embedded proofs may refuse every
context that they do not carry (Data Integrity, 2.4.1, context validation; openbadgeslib does): for them each
term stands under its IRI. Both spellings make the same graph, and so the same proof.
"""

from collections.abc import Mapping
from typing import Any

from .openbadges import CITY_CONTEXT

TERM_OF: dict[str, str] = {definition["@id"]: term for term, definition in CITY_CONTEXT.items()}


def spelled_out(credential: Mapping[str, Any]) -> dict[str, Any]:
    """The credential with published contexts alone: the same statements, ours by their IRIs."""
    subject = credential["credentialSubject"]
    return {
        **credential,
        "@context": [context for context in credential["@context"] if context != CITY_CONTEXT],
        "credentialSubject": {**subject, "achievement": by_full_names(subject["achievement"])},
    }


def by_full_names(achievement: Mapping[str, Any]) -> dict[str, Any]:
    """An achievement with our terms by their IRIs."""
    return {
        CITY_CONTEXT[name]["@id"] if name in CITY_CONTEXT else name: (
            _expanded(CITY_CONTEXT[name], value) if name in CITY_CONTEXT else value
        )
        for name, value in achievement.items()
    }


def in_our_words(achievement: Mapping[str, Any]) -> dict[str, Any]:
    """An achievement with our terms as the VC-JWT writes them; anything else stays as it is."""
    return {TERM_OF.get(name, name): _short(name, value) for name, value in achievement.items()}


def _expanded(definition: Mapping[str, str], value: Any) -> Any:
    """The value as JSON-LD writes it under an IRI that no context knows."""
    if definition.get("@container") == "@language":
        texts = [{"@language": language, "@value": text} for language, text in value.items()]
        return texts if len(texts) > 1 else texts[0]
    match definition.get("@type"):
        case None:
            return value
        case "@id":
            return {"id": value}
        case datatype:
            return {"type": datatype, "@value": value}


def _short(name: str, value: Any) -> Any:
    """The value as our term's definition lets it be written; as it is where it has no such form."""
    definition = CITY_CONTEXT.get(TERM_OF.get(name, ""), {})
    if definition.get("@container") == "@language":
        texts = value if isinstance(value, list) else [value]
        if all(isinstance(text, dict) and {"@language", "@value"} <= text.keys() for text in texts):
            return {text["@language"]: text["@value"] for text in texts}
    elif definition and isinstance(value, dict):
        return value.get("id", value.get("@value", value))
    return value
