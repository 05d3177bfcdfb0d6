"""How often something may be tried: counted in the shared cache, by window."""

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .errors import PassportError


class TooOften(PassportError):
    """Too many tries in the window."""

    message = _("Too many tries. Wait ten minutes, then ask again.")
    status = 429


def take(key: str, *, limit: int, seconds: int) -> None:
    """One more of these in the present window. Raises TooOften beyond ``limit``."""
    window = int(timezone.now().timestamp() // seconds)
    name = f"limit:{key}:{window}"
    cache.add(name, 0, timeout=seconds * 2)
    if cache.incr(name) > limit:
        raise TooOften
