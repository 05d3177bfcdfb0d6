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
from .watch import Recovery, median

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
        f" longest stall {outcome.longest_stall:.1f} s"
    )
    say("  " + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in outcome.phases.items()))
    for kind, times in sorted(outcome.faults.items()):
        found = outcome.recoveries.get(kind, [])
        limit = KINDS[kind].limit if kind in KINDS else None
        said = f"{_recovered(found)}{f' of {limit:.0f}' if limit else ''}" if found else ""
        say(f"  {kind:<32}{times:4}{said}")
    if outcome.answers:
        say("  clients " + ", ".join(f"{what} {n} times" for what, n in sorted(outcome.answers.items())))
    if outcome.poisoned:
        say(f"  poison killed {outcome.poisoned} processes more")
    for line in (*outcome.remarks, *(f"TOO SLOW {each}" for each in outcome.too_slow)):
        say(f"  {line}")
    for line in verdict.lines():
        say(f"  WRONG {line}")


def _recovered(found: Sequence[Recovery]) -> str:
    """Median and maximum as they were; the maximum counted from the last fault that fell into it."""
    seconds = [each.seconds for each in found]
    alone = max(each.alone for each in found)
    return f"{median(seconds):9.1f} s{max(seconds):9.1f} s{alone:9.1f} s"


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
        lines.append(f"{kind:<32}{times:6}{_recovered(found) if found else ''}")
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
        "seconds": {name: round(seconds, 1) for name, seconds in outcome.phases.items()},
        "longest_stall": round(outcome.longest_stall, 2),
        "faults": dict(outcome.faults),
        "recovery": {
            kind: {
                "times": len(found),
                "median": round(median(each.seconds for each in found), 2),
                "max": round(max(each.seconds for each in found), 2),
                "max_since_last_fault": round(max(each.alone for each in found), 2),
            }
            for kind, found in outcome.recoveries.items()
            if found
        },
        "too_slow": outcome.too_slow,
        "wrong": outcome.verdict.lines(),
        "remarks": outcome.remarks,
        "good": good(outcome),
    }
