"""Who vouches for a provider: asked of whatever keeps endorsements; the register itself keeps none."""

from collections.abc import Callable, Sequence
from typing import Any

from .models import Issuer

Source = Callable[[Issuer], Sequence[Any]]

_sources: list[Source] = []


def brings(source: Source) -> Source:
    """Decorates what finds the endorsements that a provider shows."""
    _sources.append(source)
    return source


def of(issuer: Issuer) -> list[Any]:
    """Every endorsement that this provider shows."""
    return [each for source in _sources for each in source(issuer)]
