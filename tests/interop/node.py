"""The verifiers that others wrote for Node: one process, asked line by line; its network is the test itself.

While an answer is awaited this process serves the requests that the library makes on its way: over real TLS,
with a certificate of a throw-away authority, by the product's own views. No thread is needed, so what a
test's transaction holds is what the library sees.
"""

import json
import os
import select
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import IO, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config import assets
from credentials.linkeddata import CONTEXTS

from . import packages

PATIENCE = 60.0  # seconds that one answer may take


class NodeError(RuntimeError):
    """The library threw, or the process ended."""


@dataclass(frozen=True)
class Page:
    """What an address answers."""

    status: int
    content_type: str
    body: bytes


#: Address and Accept header → the page.
Pages = Callable[[str, str], Page]


@dataclass
class Node:
    """The running process and the server that it talks to; ``pages`` says what that serves."""

    process: "subprocess.Popen[str]"
    server: "_Server"
    log: IO[str]
    pages: Pages | None = None
    asked: list[str] = field(default_factory=list)

    def ask(self, what: str, **request: Any) -> Any:
        """One answer; what the library fetches meanwhile is in ``asked``. Raises NodeError."""
        stdin = self.process.stdin
        assert stdin is not None
        self.asked.clear()
        stdin.write(json.dumps({"what": what, **request}) + "\n")
        stdin.flush()
        said = self._wait()
        if "error" in said:
            raise NodeError(said["error"])
        return said["answer"]

    def _wait(self) -> dict[str, Any]:
        stdout = self.process.stdout
        assert stdout is not None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            doors = [stdout.fileno(), self.server.fileno()]
            ready, _, _ = select.select(doors, [], [], 1.0)
            if self.server.fileno() in ready:
                self.server.handle_request()
            if stdout.fileno() in ready:
                line = stdout.readline()
                if not line:
                    break
                said: dict[str, Any] = json.loads(line)
                return said
        self.log.seek(0)
        raise NodeError(f"no answer: {self.log.read()[-2000:]}")


class _Server(HTTPServer):
    """Answers for every host that its certificate names, one request a connection."""

    node: Node

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        connection.settimeout(10)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A library that hangs up is told nothing; what the product raised is raised in the test."""
        raise  # noqa: PLE0704  # the base class calls this while it handles the error


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        url = f"https://{self.headers['Host']}{self.path}"
        node = self.server.node
        node.asked.append(url)
        assert node.pages is not None
        page = node.pages(url, self.headers.get("Accept", "*/*"))
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def log_message(self, *args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def running(folder: Path, *, hosts: list[str]) -> Iterator[Node]:
    """The process, for as long as the block lasts; ``hosts`` are the only names that it can reach."""
    modules = packages.require()
    authority, bundle = _certificates(folder, hosts)
    server = _Server(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    contexts = {url: str(path) for url, path in CONTEXTS.items() if "purl.imsglobal.org" in url}
    with (folder / "node.log").open("w+") as log:
        process = subprocess.Popen(
            [assets.node(), modules.parent / "foreign.mjs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=_environment(
                NODE_EXTRA_CA_CERTS=str(authority),
                INTEROP_PORT=str(server.server_port),
                INTEROP_OB_CONTEXTS=json.dumps(contexts),
            ),
        )
        node = server.node = Node(process, server, log)
        try:
            node._wait()  # it says that it is ready
            yield node
        finally:
            with suppress(BrokenPipeError):
                process.communicate(timeout=10)
            server.server_close()


def _environment(**further: str) -> Mapping[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "NODE_NO_WARNINGS": "1"} | further


# -- The throw-away authority ---------------------------------------------------------------------
def _certificates(folder: Path, hosts: list[str]) -> tuple[Path, Path]:
    """The authority's certificate, and the server's with its key."""
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Throw-away authority", root, root).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    server = _certificate("Server", key, root).add_extension(names, critical=False)
    paths = folder / "authority.pem", folder / "server.pem"
    signed = [each.sign(root, hashes.SHA256()) for each in (authority, server)]
    pem = serialization.Encoding.PEM
    paths[0].write_bytes(signed[0].public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths[1].write_bytes(signed[1].public_bytes(pem) + private)
    return paths


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, root: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Throw-away authority")])
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
