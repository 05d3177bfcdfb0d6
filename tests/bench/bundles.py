"""The bundle for kiosks and USB sticks at a city's size: bytes, milliseconds, memory."""

from config.launch import Stack

from .figures import Figure, at_most, beside
from .steps import inside

KILOBYTES = 100.0  # of 1,000 bytes
#: How a million certificates lie in lists, and how many keys each of 200 issuers publishes: one a year.
SHAPES = (
    ("8 full lists", "8", "1"),
    ("200 lists of 5,000", "200", "1"),
    ("200 lists of 5,000, two keys an issuer", "200", "2"),
    ("200 lists of 5,000, three keys an issuer", "200", "3"),
)


def of_a_million(stack: Stack) -> list[Figure]:
    """Both shapes of a million certificates of 200 issuers, and the third year of the larger."""
    figures = []
    for shape, lists, keys in SHAPES:
        run = inside(stack, "bundle", lists, keys)
        name = f"bundle of 1,000,000 certificates in {shape}"
        size = run["file"] / 1000
        figures += [
            at_most(name, size, "KB", KILOBYTES),
            beside(f"{name}: over HTTP", run["over_http"] / 1000, "KB", f"{size:.0f} KB as a file", size),
            at_most(f"{name}: made", run["milliseconds"], "ms", 1000.0),
            at_most(f"{name}: memory to make it", run["mebibytes"], "MiB", 50.0),
        ]
    return figures
