"""The faults, one function each: what it does to the stage, and whether it could be done just now."""

import random
import signal
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import psutil
import psycopg
from redis import Redis
from redis.exceptions import RedisError

from . import forgeries
from .database import Away, Books
from .stage import PRODUCT, Stage

BELLS = 300
WRONG_BY = timedelta(days=400).total_seconds()
WRONG_FOR = 3.0
FULL_FOR = 3.0
MARGIN = 2.0  # seconds beyond its lease that a frozen hand sleeps
LONGEST_LEASE = 60.0
TASKS = {"credentials.issue_batches": "batches", "credentials.issue_interactive": "interactive"}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fault: what it does, what has to come afterwards, and within how many seconds.

    ``hits`` names the paths that it interrupts (lists, singles, requests); recovery is measured on the first,
    from when the fault is over where it ``lasts``, and from when the database is back where it is one of its.
    One with a ``point`` happens when a process gets there.
    """

    act: Callable[[Stage, random.Random], bool]
    point: str = ""
    hits: tuple[str, ...] = ()
    limit: float | None = None
    lasts: float = 0.0
    of_database: bool = False
    on: tuple[str, ...] = ("postgresql", "sqlite")


# -- Processes ------------------------------------------------------------------------------------
def kill(name: str, stage: Stage, chance: random.Random) -> bool:
    """SIGKILL to a whole group."""
    return stage.kill(name)


def kill_child(stage: Stage, chance: random.Random) -> bool:
    """SIGKILL to one of the processes that sign lists."""
    hands = stage.hands("bulk")
    with suppress(psutil.NoSuchProcess):
        if hands:
            chance.choice(hands).kill()
            return True
    return False


def freeze_child(stage: Stage, chance: random.Random) -> bool:
    """SIGSTOP to one of them, until its lease has run out; then it wakes and believes it still has it."""
    hands = stage.hands("bulk")
    try:
        with closing(Books(stage.database.url)) as books:
            lease = books.value(
                "SELECT coalesce(extract(epoch FROM max(lease_until) - clock_timestamp()), 0)"
                " FROM credentials_chunk WHERE state = 'ready' AND lease_token <> ''"
            )
    except Away:
        return False
    if not hands or not 0 < float(lease) < LONGEST_LEASE:
        return False
    hand = chance.choice(hands)
    with suppress(psutil.NoSuchProcess):
        hand.suspend()
        stage.later(float(lease) + MARGIN, partial(_wake, hand))
        return True
    return False


def _wake(hand: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        hand.resume()


def deploy(stage: Stage, chance: random.Random) -> bool:
    """A new release: everything is stopped politely and started again."""
    return sum(stage.restart(name) for name in PRODUCT) > 0


def restart_one(stage: Stage, chance: random.Random) -> bool:
    """One unit is restarted."""
    return stage.restart(chance.choice(PRODUCT))


# -- Redis ----------------------------------------------------------------------------------------
def kill_redis(stage: Stage, chance: random.Random) -> bool:
    """Gone for a while, and empty when it is back."""
    return stage.kill("redis", seconds_down=chance.uniform(0.5, 3.0))


def empty_redis(stage: Stage, chance: random.Random) -> bool:
    """Everything in it is lost."""
    return _in_redis(stage, lambda client: client.flushall())


def hang_redis(stage: Stage, chance: random.Random) -> bool:
    """It takes connections and never answers."""
    hung = stage.child("redis")
    if hung is None or not stage.signal("redis", signal.SIGSTOP):
        return False

    def wake() -> None:
        if hung.process.poll() is None:
            hung.process.send_signal(signal.SIGCONT)

    stage.later(chance.uniform(3.0, 5.0), wake)
    return True


def starve_redis(stage: Stage, chance: random.Random) -> bool:
    """It has no memory for another message, for a while."""

    def feed() -> None:
        _in_redis(stage, lambda client: client.config_set("maxmemory", "64mb"))

    stage.later(chance.uniform(2.0, 4.0), feed)
    return _in_redis(stage, lambda client: client.config_set("maxmemory", "1"))


def ring_bells(stage: Stage, chance: random.Random) -> bool:
    """Hundreds of deliveries of messages that came already."""

    def ring(client: "Redis") -> None:
        for task, queue in TASKS.items():
            bells = [forgeries.envelope(task=task, body=[[], {}, {}]) for _ in range(BELLS // len(TASKS))]
            client.lpush(queue, *bells)

    return _in_redis(stage, ring)


def forge(stage: Stage, chance: random.Random) -> bool:
    """Messages that nobody of ours sent."""
    return _in_redis(stage, lambda client: client.lpush("batches", *forgeries.forged().values()))


def throw_garbage(stage: Stage, chance: random.Random) -> bool:
    """Half a message, or none."""
    piece = chance.choice(sorted(forgeries.garbage().values()))
    return _in_redis(stage, lambda client: client.lpush(chance.choice(["batches", "interactive"]), piece))


def _in_redis(stage: Stage, act: "Callable[[Redis], object]") -> bool:
    try:
        with Redis.from_url(stage.environment["REDIS_URL"], socket_timeout=2) as client:
            act(client)
    except (RedisError, OSError):
        return False
    return True


# -- Database, disk and clock ---------------------------------------------------------------------
def kill_postgres(stage: Stage, chance: random.Random) -> bool:
    """Its first process dies; what it leaves behind has to go before it starts again."""
    return stage.signal("postgres", signal.SIGKILL)


def alter_table(stage: Stage, chance: random.Random) -> bool:
    """An additive migration beside the workers, with a short patience for locks, as ours have."""
    assert stage.database.kind == "postgresql"
    with suppress(psycopg.Error), psycopg.connect(stage.database.url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '300ms'")
        connection.execute("ALTER TABLE credentials_award ADD COLUMN IF NOT EXISTS meanwhile integer")
        return True
    return False


def crash_postgres(stage: Stage, chance: random.Random) -> bool:
    """An immediate stop: it recovers from its log."""
    return stage.signal("postgres", signal.SIGQUIT)


def fill_disk(stage: Stage, chance: random.Random) -> bool:
    """No room on the database's disk for a while."""
    stage.database.fill()
    stage.later(FULL_FOR, stage.database.free)
    return True


def shift_clock(stage: Stage, chance: random.Random) -> bool:
    """A worker's clock is more than a year wrong, for a while."""
    name = chance.choice(("quick", "bulk", "sweeper"))
    clock = stage.faults_dir / "clock" / name
    _write(clock, str(chance.choice((WRONG_BY, -WRONG_BY))))
    stage.later(WRONG_FOR, partial(_write, clock, "0"))
    return True


# -- Crash points -----------------------------------------------------------------------------------
def arm(point: str, stage: Stage, chance: random.Random, *, sleep: float = 0.0) -> bool:
    """Whoever reaches this point next dies there, or sleeps there; not while it is armed already."""
    armed = stage.faults_dir / "armed" / point
    if armed.exists():
        return False
    _write(armed, str(sleep))
    return True


def _write(path: Path, text: str) -> None:
    """Whole, or not at all: others read it at any time."""
    draft = path.parent.parent / f"{path.name}.draft"
    draft.write_text(text)
    draft.rename(path)


#: Where a process dies: the kind's name → the point of ``wrapped.py``.
WORKERS_DIE = {
    "die right after the take": "worker-taken",
    "die signed, before INSERT": "worker-signed",
    "die inserted": "worker-inserted",
    "die before COMMIT": "worker-before-commit",
    "die after COMMIT": "worker-after-commit",
}
WEB_DIES = {"web dies before COMMIT": "web-before-commit", "web dies before the bell": "web-after-commit"}
STALL_SECONDS = 9.0  # longer than a lease, inside the transaction that stores

LISTS, SINGLES, REQUESTS = "lists", "singles", "requests"
ALL = (LISTS, SINGLES, REQUESTS)
PROCESS, REDIS, DATABASE = 10.0, 15.0, 30.0
KINDS: dict[str, Kind] = {
    "kill bulk worker": Kind(act=partial(kill, "bulk"), hits=(LISTS,), limit=PROCESS),
    "kill quick worker": Kind(act=partial(kill, "quick"), hits=(SINGLES,), limit=PROCESS),
    "kill one signing child": Kind(act=kill_child, hits=(LISTS,), limit=PROCESS),
    "kill sweeper": Kind(act=partial(kill, "sweeper"), hits=(LISTS,), limit=PROCESS),
    "kill web": Kind(act=partial(kill, "web"), hits=(REQUESTS,), limit=PROCESS),
    "restart one unit": Kind(act=restart_one, hits=ALL, limit=PROCESS),
    "deploy": Kind(act=deploy, hits=ALL, limit=PROCESS),
    "kill redis, all lost": Kind(act=kill_redis, hits=(LISTS, SINGLES), limit=REDIS),
    "empty redis": Kind(act=empty_redis, hits=(LISTS, SINGLES), limit=REDIS),
    "hang redis": Kind(act=hang_redis, hits=(LISTS, SINGLES), limit=REDIS),
    "bells by the hundred": Kind(act=ring_bells),
    "forged messages": Kind(act=forge),
    "garbage in the broker": Kind(act=throw_garbage, hits=(LISTS, SINGLES), limit=REDIS),
    "redis out of memory": Kind(act=starve_redis, hits=(LISTS, SINGLES), limit=REDIS),
    "kill postgres": Kind(act=kill_postgres, hits=ALL, limit=DATABASE, of_database=True, on=("postgresql",)),
    "alter a table meanwhile": Kind(act=alter_table, on=("postgresql",)),
    "stall inside a transaction": Kind(
        act=partial(arm, "worker-stalls", sleep=STALL_SECONDS),
        point="worker-stalls",
        hits=(LISTS,),
        on=("postgresql",),
    ),
    "crash postgres": Kind(
        act=crash_postgres, hits=ALL, limit=DATABASE, of_database=True, on=("postgresql",)
    ),
    "disk full": Kind(act=fill_disk, hits=ALL, limit=DATABASE, lasts=FULL_FOR, of_database=True),
    "freeze a child past its lease": Kind(act=freeze_child, hits=(LISTS,), on=("postgresql",)),
    "clock wrong by 400 days": Kind(act=shift_clock, hits=(LISTS, SINGLES), on=("postgresql",)),
    **{
        name: Kind(act=partial(arm, point), point=point, hits=hits, limit=PROCESS)
        for points, hits in ((WORKERS_DIE, (LISTS,)), (WEB_DIES, (REQUESTS,)))
        for name, point in points.items()
    },
    # Not in a run of everything: its messages wait two minutes.
    "die after sending": Kind(act=partial(arm, "message-sent"), point="message-sent", on=()),
}
AT_POINT = {kind.point: name for name, kind in KINDS.items() if kind.point}
