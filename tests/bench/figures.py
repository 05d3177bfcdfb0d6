"""Figures: each beside a limit that it must hold or a peer that was measured in the same run."""

from collections.abc import Sequence
from dataclasses import dataclass

#: Units of what a machine's speed decides.
CLOCKS = ("s", "ms", "/s")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured figure; ``ratio`` is value over limit or peer."""

    name: str
    value: float
    unit: str
    against: str
    reference: float
    ratio: float
    holds: bool | None


def at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure that must stay below its limit."""
    return Figure(
        name=name,
        value=value,
        unit=unit,
        against=f"limit {limit:g}",
        reference=limit,
        ratio=value / limit,
        holds=value <= limit,
    )


def none(name: str, count: int) -> Figure:
    """A count of what must not be there at all."""
    return Figure(
        name=name,
        value=count,
        unit="",
        against="limit 0",
        reference=0,
        ratio=count,
        holds=count == 0,
    )


def beside(name: str, value: float, unit: str, peer: str, reference: float) -> Figure:
    """A figure beside a peer measured in the same run."""
    return Figure(
        name=name,
        value=value,
        unit=unit,
        against=peer,
        reference=reference,
        ratio=value / reference,
        holds=None,
    )


def beside_limit(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure beside a limit that it is not held to here."""
    return beside(name, value, unit, f"{limit:g}, the limit elsewhere", limit)


def at_least(name: str, value: float, unit: str, floor: float, *, against: str = "") -> Figure:
    """A figure that must reach its floor; ``against`` says what the floor is, if not itself a limit."""
    return Figure(
        name=name,
        value=value,
        unit=unit,
        against=against or f"at least {floor:g}",
        reference=floor,
        ratio=value / floor,
        holds=value >= floor,
    )


def share(name: str, value: float, unit: str, peer: str, reference: float, *, floor: float) -> Figure:
    """A figure that must reach a share of a peer measured in the same run."""
    return Figure(
        name=name,
        value=value,
        unit=unit,
        against=f"{peer}; at least {floor:g} of it",
        reference=reference,
        ratio=value / reference,
        holds=value >= floor * reference,
    )


def broken(figures: Sequence[Figure], *, told: bool = False) -> list[Figure]:
    """Those that do not hold. Where figures are ``told``, a clock's is not held against its machine."""
    return [f for f in figures if f.holds is False and not (told and f.unit in CLOCKS)]


def lines(figures: Sequence[Figure], *, told: bool = False) -> list[str]:
    """The table as it is printed; ``told`` as for ``broken``."""
    judged = broken(figures, told=told)
    marks = {True: "holds", False: "missed, which the machine may explain", None: ""}
    return [
        f"{f.name:78}{f.value:9.3g} {f.unit:4} {f.ratio:5.2f} × {f.against}  "
        + ("DOES NOT HOLD" if f in judged else marks[f.holds])
        for f in figures
    ]
