"""Certificates on paper: what a page and a card cost, and how many prints are read after what life does."""

from config.launch import Stack
from tests.credentials.degrading import SCENES

from .figures import Figure, at_least, at_most, beside_limit
from .steps import inside

ROUNDS = "2"  # of each scene, where time is short
USUAL = 12  # the version of most printed codes, or a smaller one


def made(stack: Stack) -> list[Figure]:
    """CPU a print, warm, one certificate each; and a class in archives."""
    spent, order = inside(stack, "prints"), inside(stack, "print-order")
    sent = order["sent"] / order["certificates"]
    return [
        at_most("PDF certificate, A4, CPU: median", spent["page"], "ms", 50.0),
        at_most("PDF certificate, card, CPU: median", spent["card"], "ms", 50.0),
        at_most("a card on a sheet of ten, CPU: median", spent["card on a sheet"], "ms", 50.0),
        beside_limit("PDF certificate, A4", spent["page bytes"] / 1000, "kB", 100.0),
        beside_limit("PDF certificate, card", spent["card bytes"] / 1000, "kB", 100.0),
        at_most("archive of a class, each certificate, CPU of the web", sent, "ms", 2.0),
    ]


def scanned(stack: Stack) -> list[Figure]:
    """Single frames of prints of 300 dots that are read, 10 pixels a millimetre, best of two passes."""
    return _read(inside(stack, "scans"))


def frames(stack: Stack) -> list[Figure]:
    """The same of fewer frames, as a test run has time for."""
    return _read(inside(stack, "scans", ROUNDS))


def _read(shares: dict[str, float]) -> list[Figure]:
    return [
        at_least(
            f"printed code, single frame read: {scene.name}", 100 * shares[scene.name], "%", 100 * scene.least
        )
        for scene in SCENES
    ]


def codes(stack: Stack) -> list[Figure]:
    """How dense the demo city's codes are, and whether their prints are read as they leave the printer."""
    found = inside(stack, "codes")
    versions = found["versions"]
    usual = 100 * sum(version <= USUAL for version in versions) / len(versions)
    return [
        at_most("printed code, version of the densest", max(versions), "", 13),
        at_least(
            f"printed codes of version {USUAL} at most", usual, "%", 50, against="normally: at least 50"
        ),
        at_least("prints of 300 dots, black and white, that are read", 100 * found["read"], "%", 100),
    ]
