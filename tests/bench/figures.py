"""Figures: each beside a limit that it must hold or a peer that was measured in the same run."""

from dataclasses import dataclass


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


def lines(figures: list[Figure]) -> list[str]:
    """The table as it is printed."""
    marks = {True: "holds", False: "DOES NOT HOLD", None: ""}
    return [
        f"{f.name:78}{f.value:9.3g} {f.unit:4} {f.ratio:5.2f} × {f.against}  {marks[f.holds]}"
        for f in figures
    ]
