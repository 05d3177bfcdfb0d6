"""Certificates on paper: what a page and a card cost, and how many prints are read after what life does."""

from config.launch import Stack
from tests.credentials.degrading import SCENES

from .figures import Figure, at_least, at_most, beside_limit
from .steps import inside


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
    shares = inside(stack, "scans")
    return [
        at_least(
            f"printed code, single frame read: {scene.name}", 100 * shares[scene.name], "%", 100 * scene.least
        )
        for scene in SCENES
    ]
