"""A host of others for the tests: a real TLS server on this machine, with an authority of its own."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from issuers.outbound import Client

NAME = "hooks.provider.example"


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Manner = Callable[[ssl.SSLSocket, Asked], None]


def answers(status: int = 204, *, body: bytes = b"", **headers: str) -> Manner:
    """A host that answers this, at once."""
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    message = f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body

    def answer(connection: ssl.SSLSocket, asked: Asked) -> None:
        connection.sendall(message)

    return answer


@dataclass
class Host:
    """A running server: what it was asked, and how it answers, which may be changed while it runs."""

    port: int
    ca_file: str
    manner: Manner
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}/hook"

    def client(self, **rest: Any) -> Client:
        """A client that finds every name here, and knows this host's certificate authority."""
        given: dict[str, Any] = {
            "resolve": lambda host: ["127.0.0.1"],
            "permits": lambda address: True,
            "ports": {self.port},
            "ca_file": self.ca_file,
        }
        return Client(**given | rest)


@contextmanager
def host(folder: Path, *, manner: Manner | None = None, name: str = NAME) -> Iterator[Host]:
    """A host of this name, for the length of the block."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca_file, chain = make_certificate(folder, name)
    tls.load_cert_chain(chain)
    with socket.create_server(("127.0.0.1", 0)) as door:
        running = Host(door.getsockname()[1], str(ca_file), manner or answers())
        thread = threading.Thread(target=_serve, args=(door, tls, running), daemon=True)
        thread.start()
        yield running
        door.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _serve(door: socket.socket, tls: ssl.SSLContext, running: Host) -> None:
    while True:
        try:
            visitor, _ = door.accept()
        except OSError:
            return
        running.connections += 1
        threading.Thread(target=_attend, args=(visitor, tls, running), daemon=True).start()


def _attend(visitor: socket.socket, tls: ssl.SSLContext, running: Host) -> None:
    visitor.settimeout(30)
    with visitor, suppress(OSError), tls.wrap_socket(visitor, server_side=True) as connection:
        asked = _read(connection)
        running.asked.append(asked)
        running.manner(connection, asked)


def _read(connection: ssl.SSLSocket) -> Asked:
    came = b""
    while b"\r\n\r\n" not in came:
        if not (more := connection.recv(65_536)):
            raise OSError("it hung up")
        came += more
    head, _, body = came.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65_536)
    method, path, _ = first.split(" ")
    return Asked(method, path, headers, body)


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A new authority (its certificate's file), and a certificate with its key for this name."""
    now = datetime.now(UTC)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of the tests")])

    def signed(subject: x509.Name, public: Any, *, of_authority: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=of_authority, path_length=None), critical=True)
        )
        if not of_authority:
            names = x509.SubjectAlternativeName([x509.DNSName(name)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(authority_key, hashes.SHA256())

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A host of the tests")])
    ca_file, chain = folder / "ca.pem", folder / "host.pem"
    root = signed(authority, authority_key.public_key(), of_authority=True)
    ca_file.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    leaf = signed(subject, key.public_key(), of_authority=False)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + leaf.public_bytes(serialization.Encoding.PEM))
    return ca_file, chain
