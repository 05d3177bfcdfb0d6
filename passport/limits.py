"""How often one place may try the codes of a room's screen and of slips, and one learner bring documents."""

from typing import Any

from issuers.limits import PerPlace

from .models import Learner


class JoinCodes(PerPlace):
    """Six characters from a screen: a class behind one address types them at once."""

    scope = "join-code"


class SlipCodes(PerPlace):
    """Codes of slips: typed by hand, so that they could be tried by machine."""

    scope = "slip-code"


class Imports(PerPlace):
    """What one learner brings from elsewhere, or has checked again."""

    scope = "imports"

    def __init__(self, learner: Learner) -> None:
        super().__init__()
        self.learner = learner

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.key_of(str(self.learner.pk))
