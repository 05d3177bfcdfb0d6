"""The key room: the key-encryption key, wherever this process has it, and the seals that it makes and opens.

The key-encryption key is in neither the database nor its backup. It comes from the first of these that is
given: a PKCS#11 token, which never lets it out; systemd's credential ``kek``; a file; the environment. The
web is given none of them.
"""

import hashlib
import logging
import os
import secrets
from abc import ABC, abstractmethod
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, cast, final

import pkcs11
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PinIncorrect, PKCS11Error

from .errors import NoKeyRoom, SealBroken, TokenAway, WrongState

log = logging.getLogger(__name__)

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

NONCE = 12  # bytes; random, and each seal is made once (NIST SP 800-38D, 8.2.2)
TAG_BITS = 128
TOKEN = "token"  # noqa: S105  # how an operator names the PKCS#11 token
#: What a key that seals signing keys may be and do; the rest is forbidden to it.
TEMPLATE = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
    Attribute.WRAP: False,
    Attribute.UNWRAP: False,
    Attribute.SIGN: False,
    Attribute.VERIFY: False,
}


class KeyRoom(ABC):
    """The key-encryption key, for the moment of one act. ``kek_id`` names it and gives nothing away."""

    __slots__ = ("kek_id",)
    kek_id: str

    def seal(self, private: PrivateKey, *, aad: bytes) -> bytes:
        """The private key, readable in this key room alone and with the same associated data."""
        nonce = secrets.token_bytes(NONCE)
        plain = private.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return nonce + self._encrypt(nonce, plain, aad)

    def open(self, sealed: bytes, *, aad: bytes) -> PrivateKey:
        """The private key behind a seal. Raises SealBroken, TokenAway."""
        plain = self._decrypt(sealed[:NONCE], sealed[NONCE:], aad)
        return cast(PrivateKey, serialization.load_der_private_key(plain, password=None))

    @abstractmethod
    def _encrypt(self, nonce: bytes, plain: bytes, aad: bytes) -> bytes: ...

    @abstractmethod
    def _decrypt(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes: ...


@final
class _OwnRoom(KeyRoom):
    """A key-encryption key that this process holds in its memory."""

    __slots__ = ("_aead",)

    def __init__(self, kek: bytes) -> None:
        self._aead = AESGCM(kek)
        self.kek_id = hashlib.sha256(b"kek-id" + kek).hexdigest()[:16]

    def _encrypt(self, nonce: bytes, plain: bytes, aad: bytes) -> bytes:
        return self._aead.encrypt(nonce, plain, aad)

    def _decrypt(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
        try:
            return self._aead.decrypt(nonce, sealed, aad)
        except (InvalidTag, ValueError):
            raise SealBroken from None


# -- Which one ------------------------------------------------------------------------------------
def enter() -> KeyRoom:
    """The key room of this process. Raises NoKeyRoom where there is none, TokenAway."""
    if settings.PKCS11_MODULE:
        return _TokenRoom(settings.PKCS11_KEK_LABEL)
    credential = Path(settings.CREDENTIALS_DIRECTORY or os.devnull) / "kek"
    if credential.is_file():
        return _room_of_file(credential)
    if settings.KEY_ENCRYPTION_KEY_FILE:
        return _room_of_file(Path(settings.KEY_ENCRYPTION_KEY_FILE))
    if settings.KEY_ENCRYPTION_KEY:
        return _OwnRoom(_kek(settings.KEY_ENCRYPTION_KEY, "KEY_ENCRYPTION_KEY"))
    raise NoKeyRoom


def enter_named(source: str) -> KeyRoom:
    """The key room that an operator names: ``token``, ``token:LABEL``, or the path of a file.

    Raises NoKeyRoom, TokenAway.
    """
    kind, _, label = source.partition(":")
    if kind != TOKEN:
        return _room_of_file(Path(source))
    if not settings.PKCS11_MODULE:
        raise NoKeyRoom
    return _TokenRoom(label or settings.PKCS11_KEK_LABEL)


def is_given() -> bool:
    """Whether this process was given a key-encryption key; a token is believed to be there."""
    if settings.PKCS11_MODULE:
        return True
    try:
        enter()
    except NoKeyRoom:
        return False
    return True


def _room_of_file(path: Path) -> KeyRoom:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError):
        raise NoKeyRoom from None
    return _OwnRoom(_kek(text, f"KEY_ENCRYPTION_KEY_FILE ({path})"))


def _kek(text: str, where: str) -> bytes:
    try:
        kek = b64decode(text.strip(), validate=True)
    except (ValueError, Base64Error):
        kek = b""
    if len(kek) != 32:
        # Nothing of what was given may reach a log, so the cause is cut off.
        raise ImproperlyConfigured(f"{where} must hold 32 bytes in base64.") from None
    return kek


# -- A token (PKCS#11) ----------------------------------------------------------------------------
class _Tokens:
    """The PKCS#11 library of this process: one login at a time, and made anew after a fork.

    A child of a fork must initialise the library itself (PKCS #11 v3.0, 6.7.2). A PIN that was refused is
    not tried again: after a few tries a token locks itself.
    """

    def __init__(self) -> None:
        self._process = 0
        self._lock = Lock()
        self._refused: set[tuple[str, str, str]] = set()

    @contextmanager
    def session(self, *, change: bool = False) -> Iterator[pkcs11.Session]:
        """A session of this moment. Raises TokenAway."""
        login = (settings.PKCS11_MODULE, settings.PKCS11_TOKEN, settings.PKCS11_PIN)
        if self._process != os.getpid():
            self._lock = Lock()  # the parent's may have been held while it forked
        with self._lock:
            if login in self._refused:
                raise TokenAway
            try:
                with (
                    self._library()
                    .get_token(token_label=login[1])
                    .open(rw=change, user_pin=login[2]) as session
                ):
                    yield session
            except PinIncorrect:
                self._refused.add(login)
                log.error("the token refuses PKCS11_PIN; it is not tried again before a restart")  # noqa: TRY400  # the trace says nothing more
                raise TokenAway from None
            except PKCS11Error as error:
                log.error("the token cannot be used", extra={"error": type(error).__name__})  # noqa: TRY400  # as above
                raise TokenAway from error

    def _library(self) -> Any:
        library = pkcs11.lib(settings.PKCS11_MODULE)
        if self._process not in (0, os.getpid()):
            with suppress(PKCS11Error):  # libraries that notice a fork have nothing to finalise
                library.finalize()
            library.initialize()
        self._process = os.getpid()
        return library


_tokens = _Tokens()


@final
class _TokenRoom(KeyRoom):
    """A key-encryption key that never leaves its token: AES-GCM is done there."""

    __slots__ = ("_label",)

    def __init__(self, label: str) -> None:
        self._label = label
        with _tokens.session() as session:
            key = _find(session, label)
            name = bytes(key[Attribute.ID])
            kept = key[Attribute.SENSITIVE] and not key[Attribute.EXTRACTABLE] and key.key_length == 256
        if not kept or not name:
            log.error(
                "the key in the token could leave it, is short or has no CKA_ID", extra={"label": label}
            )
            raise TokenAway
        self.kek_id = hashlib.sha256(b"token-kek-id" + name).hexdigest()[:16]

    def _encrypt(self, nonce: bytes, plain: bytes, aad: bytes) -> bytes:
        with _tokens.session() as session:
            return cast(bytes, _find(session, self._label).encrypt(plain, **_gcm(nonce, aad)))

    def _decrypt(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
        with _tokens.session() as session:
            key = _find(session, self._label)
            try:
                return cast(bytes, key.decrypt(sealed, **_gcm(nonce, aad)))
            except PKCS11Error:  # each token has a name of its own for a seal that does not open
                raise SealBroken from None


def make_in_token(*, name: bytes) -> KeyRoom:
    """Make a key-encryption key in the token, under the label of the settings; it can never be taken out.

    ``name`` becomes its CKA_ID, which a copy in another token keeps. Raises NoKeyRoom, TokenAway, WrongState
    if there is one of this label.
    """
    if not settings.PKCS11_MODULE:
        raise NoKeyRoom
    label = settings.PKCS11_KEK_LABEL
    with _tokens.session(change=True) as session:
        if next(iter(session.get_objects(_wanted(label))), None) is not None:
            raise WrongState
        session.generate_key(KeyType.AES, 256, id=name, label=label, store=True, template=TEMPLATE)
    return _TokenRoom(label)


def _wanted(label: str) -> dict[Attribute, Any]:
    return {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: KeyType.AES,
        Attribute.LABEL: label,
    }


def _find(session: pkcs11.Session, label: str) -> Any:
    return session.get_key(ObjectClass.SECRET_KEY, KeyType.AES, label)


def _gcm(nonce: bytes, aad: bytes) -> dict[str, Any]:
    parameters = pkcs11.GCMParams(nonce, aad, TAG_BITS)
    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": parameters}
