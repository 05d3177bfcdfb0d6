"""The city's root key on the machine that is never online: made once, opened once a year to delegate.

It knows neither a database nor a setting: the commands around it run where there is none. The private part
is a PEM file (PKCS#8) under a passphrase; the file's cipher counts on a passphrase that nobody guesses,
since it stretches it little, so a short one is refused. Web and workers never import this module.
"""

import os
from datetime import datetime
from pathlib import Path
from typing import NoReturn, final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from . import jose
from .delegations import Jwk, Request, lint_delegation
from .errors import FileThere, RootClosed, WeakPassphrase
from .signable import SelfCheckFailed, header

SHORTEST_PASSPHRASE = 20
LARGEST_FILE = 4096


@final
class RootKey:
    """An opened root. Its name says nothing of the private part, and it stays in its process."""

    __slots__ = ("_private", "jwk", "thumbprint")

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self.jwk: Jwk = jose.jwk_of(private.public_key())
        self.thumbprint = jose.thumbprint(self.jwk)

    def __repr__(self) -> str:
        return f"<RootKey {self.thumbprint}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A root key stays in its process.")

    def delegate(self, request: Request, *, now: datetime) -> str:
        """The delegation that was requested, as a compact JWS. Raises BadDelegationRequest."""
        signable = lint_delegation(request=request, now=now)
        token = jose.compact(header(signable.form, self.thumbprint), signable.payload, self._private)
        if not jose.is_compact(token, payload=signable.payload, key=self._private.public_key()):
            raise SelfCheckFailed
        return token


def make(path: Path, *, passphrase: str) -> RootKey:
    """A new root in a new file that only its owner reads. Raises WeakPassphrase, FileThere."""
    if len(passphrase.strip()) < SHORTEST_PASSPHRASE:
        raise WeakPassphrase
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FileThere from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    return open_file(path, passphrase=passphrase)


def open_file(path: Path, *, passphrase: str) -> RootKey:
    """The root in this file. Raises RootClosed."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise RootClosed
        private = serialization.load_pem_private_key(path.read_bytes(), passphrase.encode())
    except (OSError, ValueError, TypeError):  # TypeError: the file has no passphrase at all
        raise RootClosed from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise RootClosed
    return RootKey(private)
