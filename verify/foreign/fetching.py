"""Fetches what a foreign document refers to: keys, DID documents, status lists; bounded, or not at all.

Whoever checks hands the way down, so that a page that asks nobody stays silent by construction.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from threading import BoundedSemaphore

from issuers.errors import AddressNotPublic, AddressRefused, AnswerTooLarge, AnswerTooSlow, OutboundError
from issuers.outbound import Client

#: One answer; a status list of a million entries, packed, is within.
MAX_BYTES = 512 * 1024
ACCEPT = "application/did+json, application/vc, application/vc+jwt, application/json;q=0.9, */*;q=0.5"
#: For one document with all that it refers to: addresses asked, and seconds that go by.
ADDRESSES = 16
SECONDS = 12.0
#: While somebody waits for a page: seconds for one answer, and how many threads of a process may ask at once.
PATIENCE = 4.0
_SLOTS = BoundedSemaphore(4)


class FetchError(Exception):
    """Nothing came; ``code`` says why.

    It is refused, address, not-found, too-large, too-slow, failed, budget or busy.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What an address answered, whole."""

    url: str
    content_type: str
    body: bytes


Fetch = Callable[[str], Fetched]


def NO_FETCH(url: str) -> Fetched:  # noqa: N802  # the value "no way to fetch", handed down like a constant
    """Asks nobody. Raises FetchError always."""
    raise FetchError("refused")


def from_hosts(client: Client, *, slots: BoundedSemaphore | None = None) -> Fetch:
    """Asks hosts of others through this client, as long as one of the ``slots`` is free."""

    def fetch(url: str) -> Fetched:
        if slots is not None and not slots.acquire(blocking=False):
            raise FetchError("busy")
        try:
            return asked(url)
        finally:
            if slots is not None:
                slots.release()

    def asked(url: str) -> Fetched:
        try:
            answer = client.get(url, headers={"Accept": ACCEPT})
        except (AddressRefused, AddressNotPublic):
            raise FetchError("address") from None
        except AnswerTooLarge:
            raise FetchError("too-large") from None
        except AnswerTooSlow:
            raise FetchError("too-slow") from None
        except OutboundError:
            raise FetchError("failed") from None
        if answer.status in (404, 410):
            raise FetchError("not-found")
        if answer.status != 200:
            raise FetchError("failed")
        return Fetched(url=url, content_type=answer.content_type, body=answer.body)

    return fetch


def strangers() -> Fetch:
    """Asks hosts of strangers while somebody waits: few at once, and each for a short time.

    The client comes with the first question: to read the machine's authorities costs more than to check a
    certificate of ours, of which nobody is asked.
    """

    @cache
    def client() -> Fetch:
        return from_hosts(Client(seconds=PATIENCE, max_bytes=MAX_BYTES), slots=_SLOTS)

    def fetch(url: str) -> Fetched:
        return client()(url)

    return fetch


@dataclass
class Bounded:
    """One document's budget: each address once, so many of them, within a time. Called like any ``Fetch``."""

    fetch: Fetch
    addresses: int = ADDRESSES
    seconds: float = SECONDS
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, Fetched | FetchError] = field(default_factory=dict, init=False)
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = self.clock() + self.seconds

    def __call__(self, url: str) -> Fetched:
        if url not in self._known:
            if len(self._known) >= self.addresses or self.clock() >= self._until:
                raise FetchError("budget")
            try:
                self._known[url] = self.fetch(url)
            except FetchError as error:
                self._known[url] = error
        known = self._known[url]
        if isinstance(known, FetchError):
            raise FetchError(known.code)
        return known
