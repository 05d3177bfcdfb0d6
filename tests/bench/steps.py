"""Runs a step of ``tests.bench.inside`` in the product's own Python, as the signer runs."""

import json
import subprocess
import sys
from typing import Any

from config.launch import BASE_DIR, Stack


def start(stack: Stack, act: str, *arguments: str) -> "subprocess.Popen[bytes]":
    """Start a step; it answers in JSON on its standard output."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.inside", act, *arguments],
        cwd=BASE_DIR,
        env=stack.signer_environment(),
        stdout=subprocess.PIPE,
    )


def answer(step: "subprocess.Popen[bytes]") -> Any:
    """What a started step answers. Raises CalledProcessError when it failed."""
    output, _ = step.communicate()
    if step.returncode:
        raise subprocess.CalledProcessError(step.returncode, step.args)
    return json.loads(output)


def inside(stack: Stack, act: str, *arguments: str) -> Any:
    """Run a step to its end; returns what it answers."""
    return answer(start(stack, act, *arguments))
