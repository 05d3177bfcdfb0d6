"""Pure. Whether two names are one person's: case, accents, hyphens, order and Arabic forms aside."""

import re
import unicodedata
from difflib import get_close_matches
from itertools import permutations

_ARABIC = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ـ": "", "ء": ""}
)
_PARTICLE = re.compile(r"\b(el|al|ait|ben|bin|ibn|ould|abd)\s+", re.ASCII)
_ARABIC_PARTICLE = re.compile(r"\b(ايت|بن|ابن|عبد)\s+")
#: Names of more words are compared in their order alone.
_MOST_WORDS = 6
#: How alike two words are that may be one: a letter more, less or other in a name of five.
_ALIKE = 0.8


def plain(name: str) -> str:
    """The name without what people leave out: accents, case, hyphens, diacritics, spacing of particles."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_ARABIC)
    words = " ".join(re.sub(r"[\W_]+", " ", bare.replace("'", "").replace("’", "")).split())
    words = _PARTICLE.sub(lambda found: found.group(1), words)
    return _ARABIC_PARTICLE.sub(lambda found: found.group(1), words)


def same(one: str, other: str) -> bool:
    """Whether both names have the same words, in any order, joined or not; an empty name is nobody's."""
    if one == other:
        return any(map(str.isalnum, one)) or bool(plain(one))
    first, second = plain(one).split(), plain(other).split()
    if not first or sorted("".join(first)) != sorted("".join(second)):
        return False
    if sorted(first) == sorted(second) or "".join(first) == "".join(second):
        return True
    if max(len(first), len(second)) > _MOST_WORDS:
        return False
    return not _orders(first).isdisjoint(_orders(second))


def _orders(words: list[str]) -> set[str]:
    return {"".join(order) for order in permutations(words)}


def match(*, latin: tuple[str, str], arabic: tuple[str, str]) -> bool:
    """Whether two people, named in one or both scripts, are one: every script that they share agrees."""
    shared = [pair for pair in (latin, arabic) if pair[0] and pair[1]]
    return bool(shared) and all(same(*pair) for pair in shared)


def near(one: str, other: str) -> bool:
    """Whether a person who sees both would ask: each word of the shorter is in the longer, or nearly."""
    first, second = sorted((plain(one).split(), plain(other).split()), key=len)
    if not first or (len(first) < 2 and len(second) > 1):
        return False
    return all(get_close_matches(word, second, n=1, cutoff=_ALIKE) for word in first)
