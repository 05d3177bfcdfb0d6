"""How much waits behind the doors of a room: each room that has something to count brings its own counter."""

from collections.abc import Callable, Iterable

#: Takes the issuers whose things count; ``None`` stands for the whole city's.
Counter = Callable[[Iterable[int] | None], int]

_counters: dict[str, Counter] = {}


def counts(room: str) -> Callable[[Counter], Counter]:
    """Decorates what counts the things that wait in this room."""

    def keep(counter: Counter) -> Counter:
        _counters[room] = counter
        return counter

    return keep


def in_room(room: str, issuers: Iterable[int] | None) -> int:
    """How many things wait there; none where nothing is counted."""
    counter = _counters.get(room)
    return counter(issuers) if counter else 0
