"""The one door to private keys: they are made, opened, used and destroyed here and nowhere else.

A private key is sealed under the key-encryption key (``issuers/keyroom.py``). The seal is bound to the row by
its associated data, so a sealed key that was moved to another row does not open.

A key is pending (published, does not sign), then active, then retired or compromised, and from then on has no
private part. Whoever ends a key waits for those who are storing what it signed, and nobody stores any later.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn, cast, final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from . import audit, cose, doorbell, jose, keyroom, locks, profiles, trust
from .errors import NoActiveKey, SealBroken, TooYoung, WrongState
from .keyroom import KeyRoom, PrivateKey
from .models import Issuer, RegisterChange, SigningKey
from .signable import Form, SelfCheckFailed, Signable, header

log = logging.getLogger(__name__)

Algorithm = SigningKey.Algorithm
Purpose = SigningKey.Purpose
State = SigningKey.State
#: ``now`` is read before we wait for those who are storing, and clocks differ: what was accepted a little
#: later and stored before the end was signed in time. The private part is gone: nobody signs in this while.
LATE = timedelta(minutes=5)
#: A successor signs once every cache in the world knows it (a key directory holds for a day).
OVERLAP = timedelta(days=7)

#: What a key of each purpose may sign as a JWS.
FORMS = {
    Purpose.ISSUER: {Form.CREDENTIAL, Form.STATUS_LIST},
    Purpose.DIRECTORY: {Form.KEY_DIRECTORY, Form.BUNDLE},
    Purpose.SERVICE: {Form.RECEIPT},
    Purpose.AUDIT: frozenset[Form](),
}

#: Whose Ed25519 keys prove documents: an issuer's its certificates, the city's the records of passports.
PROVING = {Purpose.ISSUER, Purpose.SERVICE}

#: The city's own keys, and the algorithms of each, the one for its tokens first: witnesses of a log read
#: Ed25519 alone (C2SP signed-note), and embedded proofs are Ed25519 (Open Badges 3.0, 8.3).
CITY_KEYS = {
    Purpose.DIRECTORY: (Algorithm.ES256,),
    Purpose.SERVICE: (Algorithm.ES256, Algorithm.ED25519),
    Purpose.AUDIT: (Algorithm.ED25519,),
}

CURVES: dict[str, str] = {Algorithm.ES256: "P-256", Algorithm.ED25519: "Ed25519"}


def can_sign() -> bool:
    """Whether this process holds the key-encryption key."""
    return keyroom.is_given()


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
    for purpose, algorithms in CITY_KEYS.items():
        for algorithm in algorithms:
            _ensure(issuer=None, purpose=purpose, algorithm=algorithm, now=now)


def _ensure(*, issuer: Issuer | None, purpose: Purpose, algorithm: Algorithm, now: datetime) -> None:
    held = SigningKey.objects.filter(issuer=issuer, purpose=purpose, algorithm=algorithm, state=State.ACTIVE)
    if held.exists():
        return
    key = _new_key(issuer=issuer, purpose=purpose, algorithm=algorithm, state=State.ACTIVE, now=now)
    _keep(key, held, event="key-made", by=None, now=now)


def _keep(key: SigningKey, held: QuerySet[SigningKey], *, event: str, by: Any, now: datetime) -> SigningKey:
    """Store a new key, or take the one with which another process was quicker."""
    try:
        with transaction.atomic():
            key.save(force_insert=True)
            _record(event, key, by=by, now=now)
    except IntegrityError:
        winner = held.first()
        if winner is None:  # not lost to another process: something is wrong, and must be seen
            raise
        return winner
    return key


def _new_key(
    *, issuer: Issuer | None, purpose: Purpose, algorithm: Algorithm, state: State, now: datetime
) -> SigningKey:
    room = keyroom.enter()
    private: PrivateKey = (
        ec.generate_private_key(ec.SECP256R1())
        if algorithm == Algorithm.ES256
        else ed25519.Ed25519PrivateKey.generate()
    )
    jwk = jose.jwk_of(private.public_key())
    thumbprint = jose.thumbprint(jwk)
    key = SigningKey(
        issuer=issuer,
        purpose=purpose,
        algorithm=algorithm,
        state=state,
        thumbprint=thumbprint,
        kid8=jose.kid8(thumbprint),
        public_jwk=jwk,
        kek_id=room.kek_id,
        created_at=now,
        not_before=now.replace(microsecond=0),  # documents count in whole seconds
    )
    key.sealed = room.seal(private, aad=_aad(key, room))
    return key


def _aad(key: SigningKey, room: KeyRoom) -> bytes:
    """What a seal is bound to: the owner, the purpose, the public half and the key-encryption key."""
    owner = "city" if key.issuer_id is None else str(key.issuer_id)
    return "|".join((owner, key.purpose, key.thumbprint, room.kek_id)).encode()


# -- Changing of the guard ------------------------------------------------------------------------
def prepare_successor(*, key: SigningKey, by: Any, now: datetime) -> SigningKey:
    """The key that will follow this active one: published from now on, and not signing yet.

    Asked again, it is the same one. Raises NoKeyRoom, WrongState unless the key is active.
    """
    if not SigningKey.objects.filter(pk=key.pk, state=State.ACTIVE).exists():
        raise WrongState
    waiting = _siblings(key).filter(state=State.PENDING)
    successor = waiting.first()
    if successor is None:
        made = _new_key(
            issuer=key.issuer,
            purpose=Purpose(key.purpose),
            algorithm=Algorithm(key.algorithm),
            state=State.PENDING,
            now=now,
        )
        successor = _keep(made, waiting, event="key-prepared", by=by, now=now)
        doorbell.ring("issuers.tend", queue="upkeep")
    return successor


@transaction.atomic
def activate(
    *, key: SigningKey, by: Any, now: datetime, overlap: timedelta = OVERLAP, at_once: bool = False
) -> SigningKey:
    """Let a pending key sign in the place of the active one, which retires; both or neither.

    Raises WrongState unless it is pending; TooYoung before it was published for ``overlap``, if that counts;
    NoDelegation for a directory key to which the root has not delegated.
    """
    if not at_once and now - key.created_at < overlap:
        raise TooYoung
    if key.purpose == Purpose.DIRECTORY:
        trust.delegation_of(key=key, now=now)
    for predecessor in _siblings(key).filter(state=State.ACTIVE):
        retire(key=predecessor, by=by, now=now)
    started = SigningKey.objects.filter(pk=key.pk, state=State.PENDING).update(
        state=State.ACTIVE, not_before=now.replace(microsecond=0)
    )
    if not started:
        raise WrongState
    key.refresh_from_db()
    _record("key-rotated", key, by=by, now=now)
    doorbell.ring("issuers.tend", queue="upkeep")
    return key


def compromised_thumbprints() -> set[str]:
    """The keys of issuers that count for nothing any more: what they signed last is to be signed anew."""
    ended = SigningKey.objects.filter(issuer__isnull=False, state=State.COMPROMISED)
    return set(ended.values_list("thumbprint", flat=True))


def retire(*, key: SigningKey, by: Any, now: datetime) -> SigningKey:
    """End a key's signing and destroy its private part; what it signed stays good.

    Raises WrongState unless the key is pending or active. The signer makes a successor when it tends.
    """
    return _end(key, by=by, now=now, event="key-retired", state=State.RETIRED, not_after=now + LATE)


@transaction.atomic
def mark_compromised(*, key: SigningKey, by: Any, now: datetime, **detail: Any) -> SigningKey:
    """Say that somebody else may hold this key: nothing under it counts any more, whatever its date says.

    The one that was to follow it lay beside it, and goes too. Raises WrongState if that was said before.
    """
    locks.hold(key_id=key.pk)
    if SigningKey.objects.filter(pk=key.pk, state=State.ACTIVE).exists():
        for waiting in _siblings(key).filter(state=State.PENDING):
            _compromise(waiting, by=by, now=now, beside=key.thumbprint)
    return _compromise(key, by=by, now=now, **detail)


def _compromise(key: SigningKey, *, by: Any, now: datetime, **detail: Any) -> SigningKey:
    ends = min(key.not_after or now, now)
    ended = {"state": State.COMPROMISED, "not_after": ends, "compromised_at": now}
    return _end(key, by=by, now=now, event="key-compromised", detail=detail, **ended)


@transaction.atomic
def _end(
    key: SigningKey,
    *,
    by: Any,
    now: datetime,
    event: str,
    detail: Mapping[str, Any] | None = None,
    **fields: Any,
) -> SigningKey:
    locks.hold(key_id=key.pk)
    before = [State.PENDING, State.ACTIVE]
    if fields["state"] == State.COMPROMISED:
        before.append(State.RETIRED)
    ended = SigningKey.objects.filter(pk=key.pk, state__in=before).update(sealed=None, kek_id="", **fields)
    if not ended:
        raise WrongState
    key.refresh_from_db()
    _record(event, key, by=by, now=now, **(detail or {}))
    doorbell.ring("issuers.tend", queue="upkeep")
    return key


def _siblings(key: SigningKey) -> QuerySet[SigningKey]:
    """The keys of the same owner for the same work."""
    return SigningKey.objects.filter(issuer=key.issuer_id, purpose=key.purpose, algorithm=key.algorithm)


def _record(event: str, key: SigningKey, *, by: Any, now: datetime, **rest: Any) -> None:
    detail = {"kid": key.thumbprint, "algorithm": key.algorithm, "purpose": key.purpose} | rest
    RegisterChange.objects.create(at=now, by=by, issuer=key.issuer, event=event, detail=detail)
    audit.append(
        event=event, now=now, issuer=key.issuer, by=by, about=key.thumbprint, **audit.wordless(detail)
    )


@transaction.atomic
def rewrap(*, old: KeyRoom, new: KeyRoom) -> int:
    """Seal every key anew under another key-encryption key; returns how many. All, or none.

    What lies under the new one already stays as it is. Raises SealBroken when one opens with neither.
    """
    others = SigningKey.objects.filter(sealed__isnull=False).exclude(kek_id=new.kek_id)
    held = list(others.select_for_update(no_key=True))
    for key in held:
        key.sealed = new.seal(_opened(key, old), aad=_aad(key, new))
        key.kek_id = new.kek_id
        key.save(update_fields=["sealed", "kek_id"])
    return len(held)


# -- Signing --------------------------------------------------------------------------------------
@final
class Signer:
    """One opened key, for one piece of work; it signs what a linter has passed, and only its owner's."""

    __slots__ = ("_cose_header", "_private", "did", "key", "kid")

    def __init__(self, key: SigningKey, private: PrivateKey, *, did: str) -> None:
        self.key, self.did = key, did
        self.kid = f"{did}#{key.thumbprint}"
        self._private = private
        self._cose_header = cose.protected_header(key.kid8)

    def __repr__(self) -> str:
        return f"<Signer {self.kid}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A signer stays in its process.")

    def jws(self, signable: Signable) -> str:
        """A compact JWS with the header of its form and no member more."""
        self._check_owner(signable)
        forms = FORMS[Purpose(self.key.purpose)]
        if signable.form not in forms or self.key.algorithm != Algorithm.ES256:
            raise ValueError("this key does not sign documents of this form")
        return jose.compact(header(signable.form, self.kid), signable.payload, self._p256())

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

    def proof(self, signable: Signable) -> bytes:
        """The 64 bytes of an Ed25519 signature of what a Data Integrity proof covers (eddsa-rdfc-2022)."""
        self._check_owner(signable)
        ours = self.key.purpose in PROVING and self.key.algorithm == Algorithm.ED25519
        if signable.form is not Form.PROOF or not ours:
            raise ValueError("only an Ed25519 key of an issuer or of service signs proofs, and nothing else")
        return cast(ed25519.Ed25519PrivateKey, self._private).sign(signable.payload)

    def require_active(self) -> None:
        """Whether what it signed may be stored in this transaction; nobody ends the key before that ends.

        Raises NoActiveKey once it was ended.
        """
        locks.share(key_id=self.key.pk)
        if not SigningKey.objects.filter(pk=self.key.pk, state=State.ACTIVE).exists():
            raise NoActiveKey

    def _p256(self) -> ec.EllipticCurvePrivateKey:
        # Its purpose says so, and it was checked when it was opened.
        return cast(ec.EllipticCurvePrivateKey, self._private)

    def _check_owner(self, signable: Signable) -> None:
        if signable.issuer_id != self.key.issuer_id:
            raise ValueError("this document belongs to another issuer")


def signed(signable: Signable, *, by: Signer) -> str:
    """``Signer.jws``, looked at once more with the published key. Raises SelfCheckFailed."""
    token = by.jws(signable)
    if not is_signed(token, signable, key=by.key):
        raise SelfCheckFailed
    return token


def sealed(signable: Signable, *, by: Signer) -> bytes:
    """``Signer.cose``, looked at once more with the published key. Raises SelfCheckFailed."""
    message = by.cose(signable)
    if not is_sealed(message, signable, key=by.key):
        raise SelfCheckFailed
    return message


def signed_bytes(signable: Signable, *, by: Signer) -> bytes:
    """``Signer.raw`` of a checkpoint, else ``Signer.proof``, looked at likewise. Raises SelfCheckFailed."""
    signature = by.raw(signable) if signable.form is Form.CHECKPOINT else by.proof(signable)
    if not verify_bytes(signable.payload, signature, key=by.key):
        raise SelfCheckFailed
    return signature


def signer(*, issuer: Issuer, now: datetime) -> Signer:
    """The issuer's active ES256 key, opened. Raises NoKeyRoom, NoActiveKey, SealBroken."""
    did = profiles.did_for_issuer(base_url=settings.BASE_URL, slug=issuer.slug)
    return _signer(issuer=issuer, purpose=Purpose.ISSUER, algorithm=Algorithm.ES256, did=did, now=now)


def proof_signer(*, issuer: Issuer, now: datetime) -> Signer:
    """The issuer's active Ed25519 key, opened. Raises NoKeyRoom, NoActiveKey, SealBroken."""
    did = profiles.did_for_issuer(base_url=settings.BASE_URL, slug=issuer.slug)
    return _signer(issuer=issuer, purpose=Purpose.ISSUER, algorithm=Algorithm.ED25519, did=did, now=now)


def city_signer(*, purpose: SigningKey.Purpose, now: datetime) -> Signer:
    """The city's active key of this purpose, opened. Raises NoKeyRoom, NoActiveKey, SealBroken."""
    did = profiles.did_for_city(base_url=settings.BASE_URL)
    algorithm = CITY_KEYS[Purpose(purpose)][0]
    return _signer(issuer=None, purpose=Purpose(purpose), algorithm=algorithm, did=did, now=now)


def city_proof_signer(*, now: datetime) -> Signer:
    """The city's active Ed25519 key of service, opened. Raises NoKeyRoom, NoActiveKey, SealBroken."""
    did = profiles.did_for_city(base_url=settings.BASE_URL)
    return _signer(issuer=None, purpose=Purpose.SERVICE, algorithm=Algorithm.ED25519, did=did, now=now)


def _signer(
    *, issuer: Issuer | None, purpose: Purpose, algorithm: Algorithm, did: str, now: datetime
) -> Signer:
    room = keyroom.enter()
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


def _opened(key: SigningKey, room: KeyRoom) -> PrivateKey:
    private = room.open(bytes(key.sealed or b""), aad=_aad(key, room))
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
