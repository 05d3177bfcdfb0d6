"""How often one place may try the codes of a room's screen and of slips."""

from issuers.limits import PerPlace


class JoinCodes(PerPlace):
    """Six characters from a screen: a class behind one address types them at once."""

    scope = "join-code"


class SlipCodes(PerPlace):
    """Codes of slips: typed by hand, so that they could be tried by machine."""

    scope = "slip-code"
