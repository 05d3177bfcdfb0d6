"""Who vouches for a provider: asked of whatever keeps endorsements; the register itself keeps none."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .models import Issuer

Source = Callable[[Issuer], Sequence[Any]]
Brings = TypeVar("Brings", bound=Source)

_sources: list[Source] = []


def brings(source: Brings) -> Brings:
    """Decorates what finds the endorsements that a provider shows."""
    _sources.append(source)
    return source


def of(issuer: Issuer) -> list[Any]:
    """Every endorsement that this provider shows."""
    return [each for source in _sources for each in source(issuer)]
