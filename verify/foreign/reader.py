"""Pure. The other end of ``apart.py``: a program that hashes what strangers wrote, and may be killed for it.

It knows no framework, no database and no secret; it reads a question (four bytes of length, JSON), answers it
likewise, and goes when nobody asks any more. Each question has a share of the processor's time, and all of
them a share of memory.
"""

import json
import resource
import struct
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

from credentials import dataintegrity, linkeddata

#: What it may take at most: bytes of memory in all, seconds of the processor for one question.
MEMORY = 512 * 1024 * 1024
SECONDS = 5
LENGTH = struct.Struct(">I")


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The bytes that a proof signs, or the name of what is wrong with the document."""
    contexts = question.get("contexts")
    known = {
        address: Path(entry) if isinstance(entry, str) else entry
        for address, entry in (contexts or {}).items()
    }
    try:
        data = dataintegrity.hash_data(
            question["document"],
            question["proof"],
            previous=question["previous"],
            bounds=linkeddata.Bounds(**question["bounds"]),
            contexts=known or None,
        )
    except dataintegrity.DataIntegrityError as error:
        return {"error": "DataIntegrityError", "where": error.what}
    except linkeddata.LinkedDataError as error:
        return {"error": type(error).__name__, "where": error.where}
    except (RecursionError, MemoryError):
        return {"error": "TooComplex", "where": "depth or memory"}
    return {"data": data.hex()}


def framed(message: dict[str, Any]) -> bytes:
    """The message with its length before it."""
    body = json.dumps(message).encode()
    return LENGTH.pack(len(body)) + body


def parsed(came: bytes) -> dict[str, Any] | None:
    """The message, once all of it came. Raises ValueError."""
    if len(came) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack_from(came)
    if len(came) < LENGTH.size + length:
        return None
    message: dict[str, Any] = json.loads(came[LENGTH.size :])
    return message


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until nobody asks any more."""
    while len(head := questions.read(LENGTH.size)) == LENGTH.size:
        body = questions.read(LENGTH.unpack(head)[0])
        # Should whoever asked be gone, the kernel ends what would run for ever.
        _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)  # a worker's child has one that it cannot raise
        most = int(time.process_time()) + SECONDS + 1
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (least, hard))
        answers.write(framed(answer(json.loads(body))))
        answers.flush()


def main() -> None:
    """A process of its own, which writes nothing to disk, and never dumps what it read."""
    for limit, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        _soft, hard = resource.getrlimit(limit)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (least, hard))
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
