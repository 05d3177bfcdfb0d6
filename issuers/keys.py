"""The one door to private keys: they are made, sealed, opened, used and destroyed here and nowhere else.

A private key is sealed with AES-256-GCM under the key-encryption key, which lies in a file that the
signing processes alone may read and that is in neither the database nor its backup. The seal is bound to
the row by its associated data, so a sealed key that was moved to another row does not open.
"""

import hashlib
import logging
import secrets
from base64 import b64decode
from binascii import Error as Base64Error
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, cast, final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction

from . import audit, cose, doorbell, jose, profiles
from .errors import NoActiveKey, NoKeyRoom, SealBroken, WrongState
from .models import Issuer, RegisterChange, SigningKey
from .signable import Form, Signable

log = logging.getLogger(__name__)

Algorithm = SigningKey.Algorithm
Purpose = SigningKey.Purpose
State = SigningKey.State
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

NONCE = 12  # bytes; random, and each seal is made once (NIST SP 800-38D, 8.2.2)

#: What a key of each purpose may sign as a JWS.
FORMS = {
    Purpose.ISSUER: {Form.CREDENTIAL, Form.STATUS_LIST},
    Purpose.DIRECTORY: {Form.KEY_DIRECTORY},
    Purpose.SERVICE: frozenset[Form](),
    Purpose.AUDIT: frozenset[Form](),
}

#: The city's own keys, and the algorithm of each: witnesses of a log read Ed25519 alone (C2SP signed-note).
CITY_KEYS = {
    Purpose.DIRECTORY: Algorithm.ES256,
    Purpose.SERVICE: Algorithm.ES256,
    Purpose.AUDIT: Algorithm.ED25519,
}

CURVES: dict[str, str] = {Algorithm.ES256: "P-256", Algorithm.ED25519: "Ed25519"}


# -- The key-encryption key -----------------------------------------------------------------------
@final
class _KeyRoom:
    """The key-encryption key, for the moment of one act. Its name says nothing when printed."""

    __slots__ = ("_aead", "kek_id")

    def __init__(self, kek: bytes) -> None:
        self._aead = AESGCM(kek)
        self.kek_id = hashlib.sha256(b"kek-id" + kek).hexdigest()[:16]

    def seal(self, private: PrivateKey, *, aad: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        plain = private.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return nonce + self._aead.encrypt(nonce, plain, aad)

    def open(self, sealed: bytes, *, aad: bytes) -> PrivateKey:
        try:
            plain = self._aead.decrypt(sealed[:NONCE], sealed[NONCE:], aad)
        except (InvalidTag, ValueError):
            raise SealBroken from None
        return cast(PrivateKey, serialization.load_der_private_key(plain, password=None))


def _key_room() -> _KeyRoom:
    """The key room of this process. Raises NoKeyRoom where there is none."""
    name = settings.KEY_ENCRYPTION_KEY_FILE
    if not name:
        raise NoKeyRoom
    try:
        text = Path(name).read_text()
    except OSError:
        raise NoKeyRoom from None
    try:
        kek = b64decode(text.strip(), validate=True)
    except (ValueError, Base64Error):
        kek = b""
    if len(kek) != 32:
        # Nothing of the file's content may reach a log, so the cause is cut off.
        raise ImproperlyConfigured("KEY_ENCRYPTION_KEY_FILE must hold 32 bytes in base64.") from None
    return _KeyRoom(kek)


def can_sign() -> bool:
    """Whether this process holds the key-encryption key."""
    try:
        _key_room()
    except NoKeyRoom:
        return False
    return True


def _aad(*, issuer_id: int | None, purpose: str, thumbprint: str, kek_id: str) -> bytes:
    """What a seal is bound to: the owner, the purpose, the public half and the key-encryption key."""
    owner = "city" if issuer_id is None else str(issuer_id)
    return "|".join((owner, purpose, thumbprint, kek_id)).encode()


# -- Making and destroying ------------------------------------------------------------------------
def ensure_issuer_keys(*, issuer: Issuer, now: datetime) -> None:
    """Give an approved issuer an active key of each algorithm, if it has none.

    Two processes may try: the database lets one win. Raises NoKeyRoom, WrongState before approval.
    """
    if issuer.approved_at is None:
        raise WrongState
    for algorithm in Algorithm:
        _ensure(issuer=issuer, purpose=Purpose.ISSUER, algorithm=algorithm, now=now)


def issuers_without_keys() -> list[Issuer]:
    """Approved issuers that lack an active key of some algorithm, closed ones included: their lists go on."""
    active = SigningKey.objects.filter(issuer__isnull=False, state=State.ACTIVE)
    held = set(active.values_list("issuer_id", "algorithm"))
    approved = Issuer.objects.filter(approved_at__isnull=False)
    return [issuer for issuer in approved if any((issuer.pk, a) not in held for a in Algorithm.values)]


def ensure_city_keys(*, now: datetime) -> None:
    """Give the city its keys: directory, service, audit log. Raises NoKeyRoom."""
    for purpose, algorithm in CITY_KEYS.items():
        _ensure(issuer=None, purpose=purpose, algorithm=algorithm, now=now)


def _ensure(*, issuer: Issuer | None, purpose: Purpose, algorithm: Algorithm, now: datetime) -> None:
    held = SigningKey.objects.filter(issuer=issuer, purpose=purpose, algorithm=algorithm, state=State.ACTIVE)
    if held.exists():
        return
    key = _new_key(issuer=issuer, purpose=purpose, algorithm=algorithm, now=now)
    try:
        with transaction.atomic():
            key.save(force_insert=True)
            _record("key-made", key, by=None, now=now)
    except IntegrityError:
        if not held.exists():  # not lost to another process: something is wrong, and must be seen
            raise


def _new_key(*, issuer: Issuer | None, purpose: Purpose, algorithm: Algorithm, now: datetime) -> SigningKey:
    room = _key_room()
    private: PrivateKey = (
        ec.generate_private_key(ec.SECP256R1())
        if algorithm == Algorithm.ES256
        else ed25519.Ed25519PrivateKey.generate()
    )
    jwk = jose.jwk_of(private.public_key())
    thumbprint = jose.thumbprint(jwk)
    issuer_id = issuer.pk if issuer else None
    aad = _aad(issuer_id=issuer_id, purpose=purpose, thumbprint=thumbprint, kek_id=room.kek_id)
    return SigningKey(
        issuer=issuer,
        purpose=purpose,
        algorithm=algorithm,
        state=State.ACTIVE,
        thumbprint=thumbprint,
        kid8=jose.kid8(thumbprint),
        public_jwk=jwk,
        sealed=room.seal(private, aad=aad),
        kek_id=room.kek_id,
        created_at=now,
        not_before=now.replace(microsecond=0),  # documents count in whole seconds
    )


def retire(*, key: SigningKey, by: Any, now: datetime) -> SigningKey:
    """End a key's signing and destroy its private part; what it signed stays good.

    Raises WrongState unless the key is pending or active. The signer makes a successor when it tends.
    """
    return _end(key, by=by, now=now, event="key-retired", state=State.RETIRED, not_after=now)


def mark_compromised(*, key: SigningKey, by: Any, now: datetime) -> SigningKey:
    """Say that somebody else may hold this key: nothing under it counts any more, whatever its date says.

    Raises WrongState if that was said before.
    """
    return _end(
        key,
        by=by,
        now=now,
        event="key-compromised",
        state=State.COMPROMISED,
        not_after=min(key.not_after or now, now),
        compromised_at=now,
    )


@transaction.atomic
def _end(
    key: SigningKey, *, by: Any, now: datetime, event: str, state: State, **fields: datetime
) -> SigningKey:
    before = [State.PENDING, State.ACTIVE]
    if state == State.COMPROMISED:
        before.append(State.RETIRED)
    ended = SigningKey.objects.filter(pk=key.pk, state__in=before).update(
        state=state, sealed=None, kek_id="", **fields
    )
    if not ended:
        raise WrongState
    key.refresh_from_db()
    _record(event, key, by=by, now=now)
    doorbell.ring("issuers.tend", queue="upkeep")
    return key


def _record(event: str, key: SigningKey, *, by: Any, now: datetime) -> None:
    detail = {"kid": key.thumbprint, "algorithm": key.algorithm, "purpose": key.purpose}
    RegisterChange.objects.create(at=now, by=by, issuer=key.issuer, event=event, detail=detail)
    audit.append(event=event, now=now, issuer=key.issuer, by=by, about=key.thumbprint, **detail)


# -- Signing --------------------------------------------------------------------------------------
@final
class Signer:
    """One opened key, for one piece of work; it signs what a linter has passed, and only its owner's."""

    __slots__ = ("_cose_header", "_private", "key", "kid")

    def __init__(self, key: SigningKey, private: PrivateKey, *, did: str) -> None:
        self.key = key
        self.kid = f"{did}#{key.thumbprint}"
        self._private = private
        self._cose_header = cose.protected_header(key.kid8)

    def __repr__(self) -> str:
        return f"<Signer {self.kid}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A signer stays in its process.")

    def jws(self, signable: Signable) -> str:
        """A compact JWS whose header has exactly alg, typ and kid."""
        self._check_owner(signable)
        if signable.form not in FORMS[Purpose(self.key.purpose)]:
            raise ValueError("this key does not sign documents of this form")
        header = {"typ": signable.form.value, "alg": "ES256", "kid": self.kid}
        return jose.compact(header, signable.payload, self._p256())

    def cose(self, signable: Signable) -> bytes:
        """A tagged COSE_Sign1 message with an empty unprotected header (RFC 9052, 4.2)."""
        self._check_owner(signable)
        if signable.form is not Form.PAPER or self.key.purpose != Purpose.ISSUER:
            raise ValueError("only an issuer's paper claim is signed as COSE")
        message = cose.to_be_signed(self._cose_header, signable.payload)
        signature = jose.raw_signature(self._p256(), message)
        return cose.sealed(self._cose_header, signable.payload, signature)

    def raw(self, signable: Signable) -> bytes:
        """The 64 bytes of an Ed25519 signature (RFC 8032) of a checkpoint's text as it is."""
        self._check_owner(signable)
        if signable.form is not Form.CHECKPOINT or self.key.purpose != Purpose.AUDIT:
            raise ValueError("only the audit key signs bare bytes, and only a checkpoint")
        return cast(ed25519.Ed25519PrivateKey, self._private).sign(signable.payload)

    def require_active(self) -> None:
        """Whether what this key signed may be stored. Raises NoActiveKey once it was ended."""
        if not SigningKey.objects.filter(pk=self.key.pk, state=State.ACTIVE).exists():
            raise NoActiveKey

    def _p256(self) -> ec.EllipticCurvePrivateKey:
        return cast(
            ec.EllipticCurvePrivateKey, self._private
        )  # by its purpose, and checked when it was opened

    def _check_owner(self, signable: Signable) -> None:
        if signable.issuer_id != self.key.issuer_id:
            raise ValueError("this document belongs to another issuer")


def signer(*, issuer: Issuer, now: datetime) -> Signer:
    """The issuer's active ES256 key, opened. Raises NoKeyRoom, NoActiveKey, SealBroken."""
    did = profiles.did_for_issuer(base_url=settings.BASE_URL, slug=issuer.slug)
    return _signer(issuer=issuer, purpose=Purpose.ISSUER, algorithm=Algorithm.ES256, did=did, now=now)


def city_signer(*, purpose: SigningKey.Purpose, now: datetime) -> Signer:
    """The city's active key of this purpose, opened. Raises NoKeyRoom, NoActiveKey, SealBroken."""
    did = profiles.did_for_city(base_url=settings.BASE_URL)
    return _signer(issuer=None, purpose=purpose, algorithm=CITY_KEYS[Purpose(purpose)], did=did, now=now)


def _signer(
    *, issuer: Issuer | None, purpose: Purpose, algorithm: Algorithm, did: str, now: datetime
) -> Signer:
    room = _key_room()
    key = SigningKey.objects.filter(
        issuer=issuer,
        purpose=purpose,
        algorithm=algorithm,
        state=State.ACTIVE,
        not_before__lte=now,
    ).first()
    if key is None:
        raise NoActiveKey
    try:
        return Signer(key, _opened(key, room), did=did)
    except SealBroken:
        log.exception("sealed key does not open", extra={"kid": key.thumbprint})
        raise


def _opened(key: SigningKey, room: _KeyRoom) -> PrivateKey:
    aad = _aad(issuer_id=key.issuer_id, purpose=key.purpose, thumbprint=key.thumbprint, kek_id=room.kek_id)
    private = room.open(bytes(key.sealed or b""), aad=aad)
    # The published half must be this one's: a row whose public part was edited signs nothing.
    jwk = jose.jwk_of(private.public_key())
    if not (
        jwk == key.public_jwk
        and jwk["crv"] == CURVES[key.algorithm]
        and jose.thumbprint(jwk) == key.thumbprint
        and jose.kid8(key.thumbprint) == key.kid8
    ):
        raise SealBroken
    return private


# -- Checking -------------------------------------------------------------------------------------
def public_key(key: SigningKey) -> ec.EllipticCurvePublicKey:
    """The P-256 public key of this row. Raises ValueError for a key of another algorithm."""
    if key.algorithm != Algorithm.ES256:
        raise ValueError("not a P-256 key")
    return jose.p256_key(key.public_jwk["x"], key.public_jwk["y"])


def is_signed(token: str, signable: Signable, *, key: SigningKey) -> bool:
    """Whether the token is this key's signature of exactly what the linter passed."""
    return jose.is_compact(token, payload=signable.payload, key=public_key(key))


def is_sealed(message: bytes, signable: Signable, *, key: SigningKey) -> bool:
    """Whether the COSE message is this key's signature of exactly what the linter passed."""
    protected = cose.protected_header(key.kid8)
    signature = cose.signature_of(message, protected=protected, body=signable.payload)
    return signature is not None and jose.verify_raw_signature(
        public_key(key), cose.to_be_signed(protected, signable.payload), signature
    )


def verify_jws(token: str, *, key: SigningKey) -> bytes:
    """The payload of a JWS that this key signed with ES256. Raises jwt.InvalidTokenError otherwise.

    It checks the signature alone: what the header may say is for the verifier's gate.
    """
    return cast(bytes, jose.JWS.decode(token, public_key(key), algorithms=["ES256"]))


def verify_raw(message: bytes, signature: bytes, *, key: SigningKey) -> bool:
    """Whether r || s is this key's signature of these bytes, as in COSE."""
    return jose.verify_raw_signature(public_key(key), message, signature)


def verify_bytes(message: bytes, signature: bytes, *, key: SigningKey) -> bool:
    """Whether this is the Ed25519 key's signature of exactly these bytes.

    Raises ValueError for a key of another algorithm.
    """
    if key.algorithm != Algorithm.ED25519:
        raise ValueError("not an Ed25519 key")
    public = ed25519.Ed25519PublicKey.from_public_bytes(jose.unb64(key.public_jwk["x"]))
    try:
        public.verify(signature, message)
    except InvalidSignature:
        return False
    return True
