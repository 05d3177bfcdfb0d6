"""Pure. Which faults come when: each kind once, the rest at random, all of it from one seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

#: How often a kind comes compared with another, when it comes at random.
WEIGHTS = {
    "deploy": 0.4,
    "kill web": 0.5,
    "stall inside a transaction": 0.3,
    "disk full": 0.5,
    "freeze a child past its lease": 0.3,
    "crash postgres": 0.7,
}
KEY = "revoke the key"


@dataclass(frozen=True, kw_only=True)
class Due:
    """A fault and its moment, in seconds after the clients begin."""

    at: float
    kind: str


@dataclass(frozen=True, kw_only=True)
class Play:
    """Everything that one run does; ``seconds`` is how long clients and faults go on.

    So many lists a minute are allowed to one provider: each hands over ``per_provider``.

    ``until_sent`` waits for the last message too, ``tamper`` proves in the end that the oracle can say no.
    """

    seed: int
    database: str = "postgresql"
    rows: int = 5000
    lists: int = 30
    per_provider: int = 2
    singles: int = 40
    wrong: int = 10
    repeats: int = 7
    poison: int = 2
    late: int = 0
    seconds: float = 70.0
    sign_seconds: float = 0.01
    twins: int = 2
    dues: Sequence[Due] = field(default=())
    with_redis: bool = True
    patience: float = 180.0
    until_sent: bool = False
    tamper: bool = False


def random_dues(
    *, seed: int, kinds: Sequence[str], count: int, seconds: float, revoke: bool = True
) -> tuple[Due, ...]:
    """``count`` faults between the first and the last client, each of ``kinds`` at least once."""
    chance = random.Random(seed)
    chosen = list(kinds)
    weights = [WEIGHTS.get(kind, 1.0) for kind in kinds]
    chosen += chance.choices(kinds, weights, k=max(0, count - len(chosen)))
    if revoke:
        chosen.append(KEY)
    chance.shuffle(chosen)
    step = seconds / len(chosen)
    return tuple(
        Due(at=1.0 + step * (number + chance.random()), kind=kind) for number, kind in enumerate(chosen)
    )
