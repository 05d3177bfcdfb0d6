"""Hashes foreign documents in another process, which is killed when it takes too long.

How long it takes to tell the nodes of a graph apart is chosen by whoever wrote the graph, and no signal stops
a library in the midst of it. So one reader runs beside each process that verifies: started when it is first
needed, asked one question at a time, killed at a time limit and started afresh for the next.
"""

import atexit
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from select import POLLIN, POLLOUT, poll
from typing import Any

from credentials import dataintegrity, linkeddata
from credentials.dataintegrity import DataIntegrityError
from credentials.linkeddata import Bounds, Contexts, LinkedDataError, TooComplex

from . import reader

ROOT = Path(__file__).resolve().parents[2]
#: Seconds for one question, however busy the machine is (the reader itself has ``reader.SECONDS`` of the
#: processor); and to wait for one's turn.
SECONDS = 15.0
TURN = 15.0
#: Values of a document for each statement that its graph may have: most values are a statement each.
LEAVES = 2
PIECE = 64 * 1024
#: What a record of many certificates may be.
RECORD = Bounds(quads=20_000, blank_nodes=8_000, twins=400, looks=5_000)
_ERRORS: dict[str, type[LinkedDataError]] = {
    kind.__name__: kind
    for kind in (
        linkeddata.UnknownContext,
        linkeddata.UndefinedTerm,
        linkeddata.RelativeIdentifier,
        linkeddata.NotLinkedData,
        TooComplex,
    )
}


class TooSlow(LinkedDataError):
    """It took longer than is allowed, or longer than one waits for one's turn."""


class Reader:
    """A reader that is there when it is needed, for any thread of one process."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        os.register_at_fork(after_in_child=self._forget)

    def hash_data(
        self,
        document: Mapping[str, Any],
        proof: Mapping[str, Any],
        *,
        previous: Sequence[Mapping[str, Any]] = (),
        bounds: Bounds = linkeddata.FOREIGN,
        contexts: Contexts | None = None,
    ) -> bytes:
        """What ``dataintegrity.hash_data`` gives, and raises as it does; besides TooSlow."""
        if not dataintegrity.suite_of(proof).rdfc:
            return dataintegrity.hash_data(document, proof, previous=previous)  # as long as it is, no longer
        _require_few(document, most=LEAVES * bounds.quads)
        said = self._ask(
            {
                "document": dict(document),
                "proof": dict(proof),
                "previous": [dict(each) for each in previous],
                "bounds": asdict(bounds),
                "contexts": {
                    name: str(entry) if isinstance(entry, Path) else entry
                    for name, entry in (contexts or {}).items()
                },
            }
        )
        if "data" in said:
            return bytes.fromhex(said["data"])
        if said["error"] == "DataIntegrityError":
            raise DataIntegrityError(said["where"])
        raise _ERRORS[said["error"]](said["where"])

    def close(self) -> None:
        """End the reader; the next question starts another."""
        with self._turn:
            self._kill()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        if not self._turn.acquire(timeout=TURN):
            raise TooSlow("turn")
        try:
            process = self._running()
            try:
                return _told(process, question, until=time.monotonic() + self.seconds)
            except BaseException as error:  # what it says from now on would answer another question
                self._kill()
                if isinstance(error, OSError):  # it died, of the question or before
                    raise TooSlow("died") from None
                raise
        finally:
            self._turn.release()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._kill()
            self._process = subprocess.Popen(
                [sys.executable, "-B", "-m", "verify.foreign.reader"],
                cwd=ROOT,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},  # no address and no secret of ours
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,
            )
        return self._process

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _forget(self) -> None:
        """In a forked child: the reader is the parent's, and so is whoever holds the turn."""
        self._turn = threading.Lock()
        process, self._process = self._process, None
        if process is not None:
            process.returncode = 0  # not ours to wait for
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _require_few(document: Mapping[str, Any], *, most: int) -> None:
    """Refuse what has more values than a graph within bounds could come from, before it is read as one."""
    waiting: list[Any] = [document]
    found = 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            waiting += [value for name, value in part.items() if name != "@context"]
        elif isinstance(part, list):
            waiting += part
        else:
            found += 1
        if found + len(waiting) > most:
            raise TooComplex("values")


def _told(process: subprocess.Popen[bytes], question: dict[str, Any], *, until: float) -> dict[str, Any]:
    """The answer, however slowly the question is taken in. Raises TooSlow, OSError, ValueError."""
    if process.stdin is None or process.stdout is None:
        raise OSError("no pipe")
    asking, hearing = process.stdin.fileno(), process.stdout.fileno()
    os.set_blocking(asking, False)
    waiting = poll()
    waiting.register(hearing, POLLIN)
    waiting.register(asking, POLLOUT)
    sent, came = memoryview(reader.framed(question)), b""
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise TooSlow("time")
        for ready, _event in waiting.poll(left * 1000):
            if ready == hearing:
                piece = os.read(hearing, PIECE)
                if not piece:
                    raise OSError("it died")
                came += piece
                if (message := reader.parsed(came)) is not None:
                    return message
            else:
                sent = sent[os.write(asking, sent[:PIECE]) :]
                if not sent:
                    waiting.unregister(asking)


_reader = Reader()
atexit.register(_reader.close)
hash_data = _reader.hash_data
