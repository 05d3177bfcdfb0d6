"""The command line that the VC-JOSE-COSE suite drives: ``python -m verify.conformance.jose issue|verify``.

It writes ``{"result": "success" | "failure" | "error", "data": …}`` to ``--output`` and ends with 0
whenever it could say something.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from credentials.linkeddata import Contexts
from verify.foreign.publickeys import BadKey

from . import keyfiles, securing


def main(arguments: list[str]) -> int:
    """Read the command line, do what it says, write the result."""
    asked = _read(arguments)
    try:
        key = keyfiles.read(json.loads(asked.key.read_text()))
        text = asked.input.read_text().strip()
        contexts = _contexts(asked.contexts)
    except (OSError, ValueError, KeyError, BadKey) as error:
        return _write(asked.output, "error", type(error).__name__)
    try:
        feature = securing.FEATURES[asked.feature]
        if asked.act == "issue":
            document = json.loads(text)
            data = securing.secure(document, feature=feature, key=key, hidden=asked.sd, contexts=contexts)
        else:
            data = json.dumps(securing.opened(text, feature=feature, key=key, contexts=contexts))
    except (*securing.REFUSALS, ValueError) as error:
        return _write(asked.output, "failure", f"{type(error).__name__}: {error}")
    return _write(asked.output, "success", data)


def _read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verify.conformance.jose", description=__doc__)
    parser.add_argument("act", choices=("issue", "verify"))
    parser.add_argument("--input", type=Path, required=True, help="the document, or what secures it")
    parser.add_argument("--key", type=Path, required=True, help="a verification method with its key")
    parser.add_argument("--feature", choices=sorted(securing.FEATURES), required=True)
    parser.add_argument("--sd", type=json.loads, default=[], help="JSON list of paths to hide")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--contexts", type=Path, help="JSON: address → file, contexts besides our own")
    return parser.parse_args(arguments)


def _contexts(index: Path | None) -> Contexts | None:
    if index is None:
        return None
    listed: dict[str, Any] = json.loads(index.read_text())
    return {
        address: index.parent / (names if isinstance(names, str) else names[0])
        for address, names in listed.items()
    }


def _write(output: Path, result: str, data: str) -> int:
    output.write_text(json.dumps({"result": result, "data": data}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
