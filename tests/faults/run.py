"""One run: the product on a fresh database, clients, faults, and the judgement at the end."""

import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from config.launch import BASE_DIR, CannotStart
from tests import services

from . import forgeries, oracle, people, tamper
from .acts import AT_POINT, KINDS, REQUESTS
from .database import Away, PostgreSQL, Sqlite
from .plan import KEY, Due, Play
from .stage import PRODUCT, Stage
from .watch import Recovery, Watch

TICK = 0.03
RETRY_SECONDS = 0.5  # a fault that could not be done just now is tried again
ARMED_SECONDS = 15.0  # a crash point that nobody reaches in the end is disarmed
DUMP_AT = 0.5  # of all lists are accepted: the slots of the others are not in the dump
DRAIN_SECONDS = 240.0
MOST_ENDS = 12  # of one unit, that nobody killed: what is in the broker ends a worker once


@dataclass(kw_only=True)
class Outcome:
    """What a run found."""

    play: Play
    verdict: oracle.Verdict
    faults: Counter[str] = field(default_factory=Counter)
    recoveries: dict[str, list[Recovery]] = field(default_factory=dict)
    longest_stall: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)
    too_slow: list[str] = field(default_factory=list)
    poisoned: int = 0
    remarks: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


class Run:
    """Holds the stage, and walks through the play."""

    def __init__(self, play: Play, *, disk: Path, small_disk: bool) -> None:
        self.play, self.small_disk = play, small_disk
        self.var_dir = disk.parent / "var"
        self.var_dir.mkdir()
        self.database = PostgreSQL(disk) if play.database == "postgresql" else Sqlite(disk)
        port = services.free_port()
        self.stage = Stage(
            port=port,
            base_url=f"http://localhost:{port}",
            var_dir=self.var_dir,
            environment=services.plain_environment() | {"DEMO": "0"},
            database=self.database,
            sign_seconds=play.sign_seconds,
            with_redis=play.with_redis,
        )
        self.chance = random.Random(play.seed)
        self.script = people.script(
            seed=play.seed,
            rows=play.rows,
            lists=play.lists,
            per_provider=play.per_provider,
            singles=play.singles,
            wrong=play.wrong,
            repeats=play.repeats,
            poison=play.poison,
            late=play.late,
        )
        self.web = oracle.Web(port, f"localhost:{port}")
        self.outcome = Outcome(play=play, verdict=oracle.Verdict())
        self.city: dict[str, Any] = {}
        self.did_documents: list[dict[str, Any]] = []
        self.revoked: dict[str, Any] | None = None
        self._revoking: subprocess.Popen[bytes] | None = None
        self._reached = 0
        self._journal: list[dict[str, Any]] = []
        self.dump: Path | None = None
        self.watch = Watch(self.database.url)

    # -- The whole of it --------------------------------------------------------------------------------
    def go(self) -> Outcome:
        """Everything, from the empty database to the last word. Raises CannotStart."""
        try:
            for act in (self._prepare, self._perform, self._judge, self._restore, self._tamper):
                began = time.monotonic()
                act()
                self.outcome.phases[act.__name__.strip("_")] = time.monotonic() - began
        finally:
            self.stage.close()
        return self.outcome

    def _prepare(self) -> None:
        stage = self.stage
        stage.open()
        stage.prepare()
        asked = self.var_dir / "script.json"
        providers = -(-self.play.lists // self.play.per_provider)
        asked.write_text(json.dumps(self.script.plain() | {"providers": providers}))
        self.city = self._answer(stage.helper("city", "make", str(asked), signs=True))
        stage.go()
        stage.wait_for_web()
        self._see_keys()

    @staticmethod
    def _answer(helper: "subprocess.Popen[bytes]") -> dict[str, Any]:
        output, _ = helper.communicate()
        if helper.returncode:
            raise CannotStart(f"A step of the harness failed: {helper.args!r}")
        return dict(json.loads(output))

    def _see_keys(self) -> None:
        for provider in self.city["providers"]:
            with suppress(OSError):
                self.did_documents.append(json.loads(self.web.get(f"/issuers/{provider['slug']}/did.json")))

    # -- Clients and faults -----------------------------------------------------------------------------
    def _perform(self) -> None:
        journal = self.var_dir / "journal.jsonl"
        journal.touch()
        clients = self._clients(self.script.lists, self.script.singles, journal)
        began = time.monotonic()
        until = began + self.play.seconds + DRAIN_SECONDS
        waiting = sorted(self.play.dues, key=lambda due: due.at)
        idle_since = 0.0
        while time.monotonic() < until:
            now = time.monotonic()
            self._tick(now, journal)
            waiting = self._faults(waiting, now - began)
            if waiting or clients.poll() is None or self._revoking or not self.stage.settled:
                idle_since = now
                self.outcome.phases["clients and faults"] = now - began
            elif now > idle_since + ARMED_SECONDS or not self._armed():
                self._disarm()
                if self.watch.done(messages=self.play.until_sent):
                    break
            time.sleep(TICK)
        else:
            self.outcome.verdict.lost.append(f"not finished after {time.monotonic() - began:.0f} s")
        self.watch.close()
        self._see_keys()

    def _tick(self, now: float, journal: Path) -> None:
        """Keep the stage up; hear what clients and processes say; dump once in the middle."""
        self.stage.tick()
        self._hear(journal)
        self.watch.look(now)
        self._crashes()
        self._revocation()
        accepted = len({line["key"] for line in self._journal if line["event"] == "answer"})
        if self.play.late and self.dump is None and accepted >= self.play.lists * DUMP_AT:
            self._dump()

    def _hear(self, journal: Path) -> None:
        lines = journal.read_text().splitlines()[len(self._journal) :]
        for line in map(json.loads, lines):
            self._journal.append(line)
            if line["event"] == "later":
                self.outcome.answers[f"answered {line['status']}"] += 1
            elif line["event"] == "unheard":
                self.outcome.answers["not heard"] += 1
        if lines:
            final = sum(line["event"] in ("answer", "single") for line in self._journal)
            self.watch.answered(final)
            if self._journal[-1]["event"] == "done":
                self.watch.no_more(REQUESTS)

    def _faults(self, waiting: list[Due], seconds: float) -> list[Due]:
        """Do what is due; what could not be done is due again in a moment."""
        later = [due for due in waiting if due.at > seconds]
        for due in waiting[: len(waiting) - len(later)]:
            if due.kind == KEY:
                self._see_keys()
                self._revoke()
                self.outcome.faults[KEY] += 1
            elif due.kind == "disk full" and not self.small_disk:
                self.outcome.remarks.append("disk full: not possible here, no small disk could be mounted")
            elif not KINDS[due.kind].act(self.stage, self.chance):
                later.append(Due(at=seconds + RETRY_SECONDS, kind=due.kind))
            elif not KINDS[due.kind].point:  # these happen when somebody gets there
                self.outcome.faults[due.kind] += 1
                self.watch.begin(due.kind, at=time.monotonic())
        return sorted(later, key=lambda due: due.at)

    def _crashes(self) -> None:
        reached = self.stage.faults_dir / "reached.jsonl"
        if not reached.exists():
            return
        lines = reached.read_text().splitlines()
        for line in map(json.loads, lines[self._reached :]):
            if line["point"] == "poison":
                self.outcome.poisoned += 1
                continue
            kind = AT_POINT[line["point"]]
            self.outcome.faults[kind] += 1
            self.watch.begin(kind, at=line["at"])
        self._reached = len(lines)

    def _revoke(self) -> None:
        providers = self.city["providers"]
        hit = providers[len(providers) // 2]
        self._revoking = self.stage.helper("city", "compromise", hit["slug"], signs=True)

    def _revocation(self) -> None:
        """An operator whose command met a fault enters it again."""
        if self._revoking is None or self._revoking.poll() is None:
            return
        if self._revoking.returncode:
            self._revoke()
        else:
            self.revoked, self._revoking = self._answer(self._revoking), None

    def _armed(self) -> bool:
        return any((self.stage.faults_dir / "armed").iterdir())

    def _disarm(self) -> None:
        for armed in (self.stage.faults_dir / "armed").iterdir():
            armed.unlink(missing_ok=True)

    def _dump(self) -> None:
        path = self.var_dir / "older.dump"
        with suppress(*Away, subprocess.CalledProcessError):
            path.unlink(missing_ok=True)
            self.database.dump(path)
            self.dump = path

    def _clients(
        self, lists: list[list[people.Person]], singles: list[people.Person], journal: Path, *, first: int = 0
    ) -> "subprocess.Popen[bytes]":
        step = self.play.seconds / max(1, len(lists))
        asked = {
            "port": self.stage.port,
            "host": f"localhost:{self.stage.port}",
            "terms": {"awarded_on": self.city["day"]},
            "achievement": self.city["providers"][0]["achievement"],
            "session": self.city["session"],
            "journal": str(journal),
            "patience": self.play.patience,
            "singles": [asdict(one) for one in singles],
            "every": self.play.seconds / max(1, len(singles)),
            "lists": [
                {
                    "key": f"list-{first + number}",
                    "at": number * step,
                    "rows": [asdict(one) for one in rows],
                    **self._provider(first + number),
                    "csv": number % 2 == 0,
                    "twins": self.play.twins,
                    "again": number == 0,
                    "change": number % 10 == min(8, len(lists) - 1) and len(rows) > 10,
                }
                for number, rows in enumerate(lists)
            ],
        }
        path = self.var_dir / f"clients-{first}.json"
        path.write_text(json.dumps(asked))
        return self.stage.helper("load", str(path))

    def _provider(self, number: int) -> dict[str, str]:
        """Who hands over the list of this number; late ones come from those whose lists were the last."""
        at = min(number, self.play.lists - 1) // self.play.per_provider
        return dict(self.city["providers"][at])

    # -- The end ------------------------------------------------------------------------------------------
    def _judge(self) -> None:
        found = self._look()
        verdict = self.outcome.verdict
        verdict.issued = found.issued
        for name in ("lost", "duplicated", "wrongly_refused", "other"):
            getattr(verdict, name).extend(getattr(found, name))
        verdict.other += self.stage.complaints
        for name in ("web", "quick", "bulk"):
            if (times := self.stage.ended[name]) > MOST_ENDS:
                verdict.other.append(f"{name} ended by itself {times} times: it dies of what it reads")
        if Path(forgeries.WITNESS).exists():
            verdict.other.append("a pickle was read")
        self.outcome.recoveries = dict(self.watch.recoveries)
        self.outcome.longest_stall = self.watch.longest_stall
        self.outcome.too_slow = self.watch.too_slow

    def _look(self) -> oracle.Verdict:
        return oracle.judge(self.database.url, web=self.web, told=self._told())

    def _tamper(self) -> None:
        """Nothing runs any more but the web: what is changed now, the oracle alone can see."""
        if not self.play.tamper:
            return
        self.stage.end("quick", "bulk", "sweeper")
        if missed := tamper.unseen(self.database.url, judge=self._look):
            self.outcome.verdict.other.append(f"the oracle does not see: {', '.join(missed)}")
        else:
            self.outcome.remarks.append(f"the oracle sees {len(tamper.MANIPULATIONS)} manipulations")

    def _told(self) -> oracle.Told:
        lists = {f"list-{number}": rows for number, rows in enumerate(self.script.lists)}
        return oracle.Told(
            lists={key: [asdict(one) for one in rows] for key, rows in lists.items()},
            singles=[asdict(one) for one in self.script.singles],
            learners=[asdict(one) for one in self.script.learners],
            journal=self._journal,
            did_documents=self.did_documents,
            revoked_key=self.revoked,
            until_sent=self.play.until_sent,
        )

    def _restore(self) -> None:
        """Go on from an older dump as after a disaster: no status slot is used a second time."""
        if not self.play.late:
            return
        if not list(BASE_DIR.glob("*/management/commands/after_restore.py")):
            self.outcome.remarks.append("restore: not possible, there is no manage.py after_restore")
            return
        if self.dump is None:
            self.outcome.verdict.other.append("restore: there was no moment for a dump")
            return
        out_there = oracle.slots(self.database.url)
        self.stage.end(*PRODUCT)
        url = self.database.restore(self.dump)
        self.stage.environment["DATABASE_URL"] = url
        self.stage.manage("after_restore", quiet=True)
        self.outcome.faults["restore an older dump"] += 1
        self.stage.go()
        self.stage.wait_for_web()
        self.watch = Watch(url)
        journal = self.var_dir / "late.jsonl"
        journal.touch()
        self._journal = []
        clients = self._clients(self.script.late, [], journal, first=self.play.lists)
        self._until(lambda: clients.poll() is not None and self.watch.done(), journal)
        now_there = oracle.slots(url)
        clashes = [pk for slot, pk in now_there.items() if out_there.get(slot, pk) != pk]
        if clashes:
            self.outcome.verdict.duplicated.append(f"{len(clashes)} status slots, such as {clashes[:3]}")
        fresh = len(set(now_there.values()) - set(out_there.values()))
        expected = sum(len(rows) for rows in self.script.late)
        if fresh < expected:
            self.outcome.verdict.lost.append(f"{expected - fresh} certificates of lists after the restore")

    def _until(self, condition: Callable[[], bool], journal: Path) -> None:
        until = time.monotonic() + DRAIN_SECONDS
        while not condition():
            self._tick(time.monotonic(), journal)
            if time.monotonic() > until:
                self.outcome.verdict.lost.append("not finished after the restore")
                return
            time.sleep(TICK)
