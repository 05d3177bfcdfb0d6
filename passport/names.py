"""Pure. Whether two names are one person's: case, accents, hyphens, order and Arabic forms aside."""

import re
import unicodedata

_ARABIC = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ـ": "", "ء": ""}
)
_PARTICLE = re.compile(r"\b(el|al|ait|ben|bin|ibn|ould|abd)\s+", re.ASCII)
_ARABIC_PARTICLE = re.compile(r"\b(ايت|بن|ابن|عبد)\s+")


def plain(name: str) -> str:
    """The name without what people leave out: accents, case, hyphens, diacritics, spacing of particles."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_ARABIC)
    words = " ".join(re.sub(r"[^\w]+", " ", bare.replace("'", "").replace("’", "")).split())
    words = _PARTICLE.sub(lambda found: found.group(1), words)
    return _ARABIC_PARTICLE.sub(lambda found: found.group(1), words)


def same(one: str, other: str) -> bool:
    """Whether both names have the same words, in any order; an empty name is nobody's."""
    first, second = plain(one).split(), plain(other).split()
    return bool(first) and (sorted(first) == sorted(second) or "".join(first) == "".join(second))


def match(*, latin: tuple[str, str], arabic: tuple[str, str]) -> bool:
    """Whether two people, named in one or both scripts, are one: every script that they share agrees."""
    shared = [pair for pair in (latin, arabic) if pair[0] and pair[1]]
    return bool(shared) and all(same(*pair) for pair in shared)
