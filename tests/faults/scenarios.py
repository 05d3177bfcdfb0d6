"""What is played: whole runs, the short one, and single faults (``python -m tests.faults --scenario s07``).

Numbers of scenarios are those of the first table of such faults, so that results can be held against each
other. What unit tests show (tampered logs, cancelled lists, equal bytes once restored) is not repeated.
"""

from dataclasses import replace

from .acts import KINDS, WORKERS_DIE
from .plan import KEY, Due, Play, random_dues

FAULTS = 46


def kinds_on(database: str) -> list[str]:
    """The kinds of fault that this database knows."""
    return [name for name, kind in KINDS.items() if database in kind.on]


def whole(*, seed: int, database: str) -> Play:
    """A run as the targets ask for it: 5,000 good rows, more than forty faults."""
    play = Play(seed=seed, database=database, late=50)
    dues = random_dues(seed=seed, kinds=kinds_on(database), count=FAULTS, seconds=play.seconds)
    return replace(play, dues=dues)


def short(*, seed: int, database: str) -> Play:
    """A small one for every day: each kind about once; on SQLite two writers and what kills them."""
    if database == "sqlite":
        kinds = ["kill bulk worker", "kill one signing child", "kill sweeper", *WORKERS_DIE]
        play = Play(seed=seed, database=database, rows=120, lists=6, singles=4, poison=0, seconds=10)
    else:
        kinds = [kind for kind in kinds_on(database) if kind != "deploy"]
        play = Play(seed=seed, rows=300, lists=10, singles=8, wrong=4, repeats=3, poison=1, seconds=15)
    dues = random_dues(seed=seed, kinds=kinds, count=0, seconds=play.seconds)
    return replace(play, dues=dues, tamper=True)


def _play(number: int, *kinds: str, every: float = 3.0, **changed: object) -> Play:
    """A small run in which these faults come one after the other."""
    dues = tuple(Due(at=1.0 + every * place, kind=kind) for place, kind in enumerate(kinds))
    small: dict[str, object] = {
        "rows": 400,
        "lists": 8,
        "singles": 4,
        "wrong": 0,
        "repeats": 0,
        "poison": 0,
        "seconds": max(8.0, every * len(kinds)),
        "dues": dues,
    }
    return Play(seed=number, **(small | changed))  # type: ignore[arg-type]  # fields of a Play, by name


SCENARIOS: dict[str, Play] = {
    # The web dies between its commit and the bell.
    "s01": _play(1, "web dies before the bell", "web dies before the bell"),
    # There never was a Redis.
    "s02": _play(2, with_redis=False),
    # Redis takes connections and never answers.
    "s03": _play(3, "hang redis", "hang redis", "hang redis", every=5.0),
    # PostgreSQL's first process is killed.
    "s04": _play(4, "kill postgres", "kill postgres", every=4.0),
    # The database's disk is full.
    "s05": _play(5, "disk full"),
    # Clocks of workers jump by 400 days.
    "s06": _play(6, *["clock wrong by 400 days"] * 4, every=2.0),
    # A frozen child wakes after its lease and believes that the chunk is still its own.
    "s07": _play(7, "freeze a child past its lease", "freeze a child past its lease", sign_seconds=0.03),
    # Two workers are in one chunk: the first one stalls inside its transaction beyond its lease.
    "s08": _play(8, "stall inside a transaction", "stall inside a transaction"),
    # Hundreds of deliveries of the same bells.
    "s09": _play(9, "bells by the hundred", "bells by the hundred", every=1.0),
    # A release and an additive migration in the middle of lists.
    "s10": _play(10, "alter a table meanwhile", "deploy", sign_seconds=0.03),
    # As many posts at once with one key as the limits allow one program.
    "s11": _play(11, twins=10, rows=200, lists=4, per_provider=1, singles=0, seconds=0.0),
    # The provider's key is compromised in the middle of lists.
    "s12": _play(12, KEY, sign_seconds=0.02),
    # Redis has no memory left.
    "s13": _play(13, "redis out of memory", "redis out of memory", every=4.0),
    # Whoever sends messages is killed between sending and writing it down.
    "s14": _play(14, *["die after sending"] * 3, until_sent=True),
    # SQLite: two workers and the sweeper write, and are killed.
    "s16": _play(16, *["kill bulk worker", "kill one signing child", "kill sweeper"] * 2, database="sqlite"),
    # Sixteen lists of two hundred are accepted at once.
    "s19": _play(19, rows=3200, lists=16, per_provider=8, singles=0, seconds=0.0, twins=1, sign_seconds=0.0),
    # After the restore of an older dump no status slot is used a second time.
    "s21": _play(21, late=50, sign_seconds=0.02),
    # Somebody else writes to the broker.
    "s22": _play(22, "forged messages", "bells by the hundred", "forged messages"),
    # What lies in the broker is no message.
    "s23": _play(23, *["garbage in the broker"] * 6, every=1.5),
}
