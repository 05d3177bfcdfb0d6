"""What a run found, for people on the screen and for programs in ``var/faults.json``."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from config.launch import BASE_DIR

from .acts import KINDS
from .run import Outcome
from .watch import median

RESULTS = BASE_DIR / "var" / "faults.json"


def say(line: str = "") -> None:
    """Tell who watches, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show(outcome: Outcome) -> None:
    """One run: each kind of fault with its recovery times, then what is wrong."""
    play, verdict = outcome.play, outcome.verdict
    faults = sum(outcome.faults.values())
    say(
        f"seed {play.seed} on {play.database}: issued {verdict.issued}, {faults} faults,"
        f" {outcome.seconds:.0f} s, longest stall {outcome.longest_stall:.1f} s"
    )
    for kind, times in sorted(outcome.faults.items()):
        found = outcome.recoveries.get(kind, [])
        limit = KINDS[kind].limit if kind in KINDS else None
        said = f"  went on after {median(found):5.1f} s, at most {max(found):5.1f} s" if found else ""
        said += f" (limit {limit:.0f} s)" if found and limit else ""
        say(f"  {kind:<32}{times:4}{said}")
    if outcome.answers:
        say("  clients " + ", ".join(f"{what} {n} times" for what, n in sorted(outcome.answers.items())))
    if outcome.poisoned:
        say(f"  poison killed {outcome.poisoned} processes more")
    for line in (*outcome.remarks, *(f"TOO SLOW {each}" for each in outcome.too_slow)):
        say(f"  {line}")
    for line in verdict.lines():
        say(f"  WRONG {line}")


def good(outcome: Outcome) -> bool:
    """Whether nothing is wrong and every limit held."""
    return outcome.verdict.good and not outcome.too_slow


def summary(outcomes: Sequence[Outcome]) -> str:
    """The last line."""
    verdicts = [outcome.verdict for outcome in outcomes]
    figures = {
        "seeds": len(outcomes),
        "issued": sum(verdict.issued for verdict in verdicts),
        "faults": sum(sum(outcome.faults.values()) for outcome in outcomes),
        "lost": sum(len(verdict.lost) for verdict in verdicts),
        "duplicated": sum(len(verdict.duplicated) for verdict in verdicts),
        "wrongly_refused": sum(len(verdict.wrongly_refused) for verdict in verdicts),
    }
    return " ".join(f"{name}={value}" for name, value in figures.items())


def totals(outcomes: Sequence[Outcome]) -> list[str]:
    """Every kind of fault over all runs, as rows of a table."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts.update(outcome.faults)
    lines = []
    for kind, times in counts.most_common():
        found = [each for outcome in outcomes for each in outcome.recoveries.get(kind, [])]
        said = f"{median(found):8.1f}{max(found):8.1f}" if found else ""
        lines.append(f"{kind:<32}{times:6}{said}")
    return lines


def keep(outcomes: Sequence[Outcome]) -> None:
    """Write it all down."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([_plain(outcome) for outcome in outcomes], indent=1) + "\n")


def _plain(outcome: Outcome) -> dict[str, Any]:
    play = asdict(outcome.play)
    return {
        "seed": play["seed"],
        "database": play["database"],
        "rows": play["rows"],
        "issued": outcome.verdict.issued,
        "seconds": round(outcome.seconds, 1),
        "longest_stall": round(outcome.longest_stall, 2),
        "faults": dict(outcome.faults),
        "recovery": {
            kind: {"median": round(median(found), 2), "max": round(max(found), 2), "times": len(found)}
            for kind, found in outcome.recoveries.items()
            if found
        },
        "too_slow": outcome.too_slow,
        "wrong": outcome.verdict.lines(),
        "remarks": outcome.remarks,
        "good": good(outcome),
    }
