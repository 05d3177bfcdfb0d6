"""Seals short secrets that lie in the database, under a key derived from the product's secret key.

Whoever reads a dump reads no authenticator's secret: the secret key is not in it.
"""

import secrets
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from .errors import SecretUnreadable

VERSION = "v1$"  # no base32 secret begins so: what does not was stored before there were seals
NONCE = 12


def seal(text: str) -> str:
    """The text, readable with this installation's secret key alone."""
    nonce = secrets.token_bytes(NONCE)
    sealed = _cipher(settings.SECRET_KEY).encrypt(nonce, text.encode(), VERSION.encode())
    return VERSION + b64encode(nonce + sealed).decode()


def unseal(text: str) -> str:
    """What was sealed, or what was stored unsealed in earlier days. Raises SecretUnreadable."""
    if not text.startswith(VERSION):
        return text
    try:
        sealed = b64decode(text.removeprefix(VERSION), validate=True)
        plain = _cipher(settings.SECRET_KEY).decrypt(sealed[:NONCE], sealed[NONCE:], VERSION.encode())
    except (InvalidTag, Base64Error, ValueError):
        raise SecretUnreadable from None
    return plain.decode()


@lru_cache(maxsize=2)
def _cipher(secret_key: str) -> AESGCM:
    derived = HKDF(SHA256(), 32, salt=None, info=b"passport second factor v1")  # RFC 5869
    return AESGCM(derived.derive(secret_key.encode()))
