"""Signs the key directory and the single keys, keeps them fresh, and hands out what was signed."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Prefetch
from jwt import InvalidTokenError

from . import audit, doorbell, jose, keys, orders, profiles, registry, rotation, trust
from .delegations import Delegation, Reason
from .errors import NoKeyRoom, NotTrusted
from .models import Issuer, Publication, SigningKey
from .signable import Form, Signable

DIRECTORY = "keys"
#: A verifier relies on a directory for a day; signed every few hours, it survives a signer's bad night.
SIGN_ANEW_AFTER = timedelta(hours=6)


#: How a body is read from the pinned roots down: (body, name) → its version. Raises NotTrusted.
Reader = Callable[[str, str], int]


# -- Reading, by any process ----------------------------------------------------------------------
def _directory_version(body: str, name: str) -> int:
    return trust.read_directory(body, name=name).version


#: What was read from the roots down in this process → its version. Bytes, roots and city name it, so that a
#: row that somebody edited, or another set of roots, is read anew.
_believed: dict[tuple[str, ...], int] = {}
MOST_BELIEVED = 4096


def read(*, name: str, reader: Reader = _directory_version) -> Publication | None:
    """The newest signed document of this name (``keys``, ``k/<kid8>``), or ``None``.

    Raises NotTrusted if what is stored does not lead back to a pinned root. Its age is the reader's to judge.
    """
    publication = Publication.objects.filter(pk=name).first()
    if publication is not None and publication.version != _version(publication, reader):
        raise NotTrusted(Reason.ROW)
    return publication


def _version(publication: Publication, reader: Reader) -> int:
    """What the document itself says, read from the roots down once for the same bytes."""
    what = (publication.name, jose.digest(publication.body.encode()), trust.city(), *sorted(trust.roots()))
    if what not in _believed:
        version = reader(publication.body, publication.name)
        if len(_believed) >= MOST_BELIEVED:
            _believed.clear()
        _believed[what] = version
    return _believed[what]


def wanted(
    *, name: str, now: datetime, kind: str = "publication", reader: Reader = _directory_version
) -> Publication | None:
    """The same, signed first where it is missing or not to be relied on.

    ``None`` when the signer takes longer than a page may.
    """
    refused = ""
    try:
        if held := read(name=name, reader=reader):
            return held
    except NotTrusted:
        refused = Publication.objects.values_list("etag", flat=True).get(pk=name)
    look = partial(_other, name=name, than=refused, reader=reader)
    return orders.obtain(kind=kind, subject=name, look=look, now=now)


def _other(*, name: str, than: str, reader: Reader) -> Publication | None:
    """What is published by now in the place of what was refused."""
    there = Publication.objects.filter(pk=name).exclude(etag=than).exists()
    return read(name=name, reader=reader) if there else None


def key_exists(*, kid8: str) -> bool:
    """Whether an issuer has a key of this short name, published or about to be."""
    return bool(_directory_keys().filter(kid8=kid8).exists())


def issuer_did_document(*, issuer: Issuer) -> dict[str, Any]:
    """The issuer's did:web document, as its keys stand."""
    did = profiles.did_for_issuer(base_url=settings.BASE_URL, slug=issuer.slug)
    return profiles.did_document(did=did, keys=_public(issuer.keys.all()))


def city_did_document() -> dict[str, Any]:
    """The city's did:web document."""
    did = profiles.did_for_city(base_url=settings.BASE_URL)
    return profiles.did_document(did=did, keys=_public(SigningKey.objects.filter(issuer__isnull=True)))


# -- Signing, by the signer alone -----------------------------------------------------------------
def tend(*, now: datetime) -> int:
    """Make the keys that are missing or due, then sign what is stale; returns how many documents were signed.

    Raises NoKeyRoom where this process cannot sign.
    """
    if not keys.can_sign():
        raise NoKeyRoom
    keys.ensure_city_keys(now=now)
    without = keys.issuers_without_keys()
    for issuer in without:
        keys.ensure_issuer_keys(issuer=issuer, now=now)
    if without:  # one of them may have lost its key a moment ago, and its lists wait for the new one
        doorbell.ring("credentials.publish_lists", queue="upkeep")
    rotation.tend(now=now)
    return refresh(now=now)


@orders.makes("publication")
def _make(name: str, now: datetime) -> None:
    """Sign what is missing; everything stale is, with it."""
    tend(now=now)


def refresh(*, now: datetime, force: bool = False) -> int:
    """Sign anew the directory and every single key that changed or grew stale, with versions that rise.

    Returns how many were signed. Raises NoKeyRoom, NoActiveKey without a directory key; NoDelegation where
    the root has not delegated to it, NotTrusted where what is stored of that is not the root's.
    """
    signer = keys.city_signer(purpose=keys.Purpose.DIRECTORY, now=now)
    delegation = trust.delegation_of(key=signer.key, now=now)
    signed = 0
    contents = dict(_contents())
    held = {each.name: each for each in Publication.objects.filter(pk__in=list(contents))}
    for name, listed in contents.items():
        present = held.get(name)
        content = profiles.key_directory(
            base_url=settings.BASE_URL, name=name, issuers=listed, delegation=delegation.body
        )
        if present is None or force or present.stale_at <= now or _content(present, signer) != content:
            signed += _publish(name, listed, signer=signer, delegation=delegation, now=now)
    return signed


def outdate(*, now: datetime) -> None:
    """Have the signer sign everything anew, whatever it says."""
    Publication.objects.update(stale_at=now)


def _contents() -> Iterable[tuple[str, Sequence[profiles.PublicIssuer]]]:
    """What is to be published: everybody under ``keys``, each key with its issuer under ``k/<kid8>``."""
    issuers = (
        Issuer.objects.filter(approved_at__isnull=False)
        .prefetch_related("mandates", Prefetch("keys", queryset=_directory_keys()))
        .order_by("slug")
    )
    single: dict[str, list[profiles.PublicIssuer]] = {}
    everybody = []
    for issuer in issuers:
        listed = list(issuer.keys.all())
        accredited = registry.accredited_periods(issuer=issuer)
        everybody.append(_public_issuer(issuer, listed, accredited))
        for key in listed:
            # Two keys may share 8 bytes; a verifier tries all of that name.
            single.setdefault(f"k/{key.kid8}", []).append(_public_issuer(issuer, [key], accredited))
    yield DIRECTORY, everybody
    yield from single.items()


def _directory_keys() -> Any:
    return SigningKey.objects.filter(purpose=keys.Purpose.ISSUER, algorithm=keys.Algorithm.ES256)


def _public_issuer(
    issuer: Issuer, listed: Iterable[SigningKey], accredited: dict[str, list[registry.Period]]
) -> profiles.PublicIssuer:
    return profiles.PublicIssuer(
        slug=issuer.slug,
        name_fr=issuer.name_fr,
        name_ar=issuer.name_ar,
        keys=_public(listed),
        accredited=accredited,
    )


def _public(listed: Iterable[SigningKey]) -> list[profiles.PublicKey]:
    return [
        profiles.PublicKey(
            thumbprint=key.thumbprint,
            kid8=key.kid8,
            algorithm=key.algorithm,
            jwk=key.public_jwk,
            state=key.state,
            not_before=key.not_before,
            not_after=key.not_after,
            compromised_at=key.compromised_at,
        )
        for key in listed
    ]


def _content(publication: Publication, signer: keys.Signer) -> dict[str, Any] | None:
    """What a publication says apart from when it was signed; ``None`` if this signer did not sign it."""
    try:
        said: dict[str, Any] = json.loads(keys.verify_jws(publication.body, key=signer.key))
    except InvalidTokenError:
        return None
    return said | {"version": 0, "iat": 0}


def _publish(
    name: str,
    listed: Sequence[profiles.PublicIssuer],
    *,
    signer: keys.Signer,
    delegation: Delegation,
    now: datetime,
) -> int:
    def compose(version: int) -> Signable:
        document = profiles.key_directory(
            base_url=settings.BASE_URL,
            name=name,
            issuers=listed,
            delegation=delegation.body,
            version=version,
            issued_at=now,
        )
        return lint_directory(document)

    return publish(
        name=name,
        compose=compose,
        reader=_directory_version,
        signer=signer,
        now=now,
        logged=name == DIRECTORY,
    )


@transaction.atomic
def publish(
    *,
    name: str,
    compose: Callable[[int], Signable],
    reader: Reader,
    signer: keys.Signer,
    now: datetime,
    source: str = "",
    logged: bool = False,
) -> int:
    """Sign and store what ``compose`` makes of a version above the last one; returns how many that were.

    None if another signer was quicker. ``logged`` says that the audit log hears of it. Raises NoActiveKey if
    the key was ended meanwhile, NotTrusted if it would be refused by who reads it.
    """
    held = Publication.objects.select_for_update().filter(pk=name).first()
    # Seconds since 1970 keep the version rising even after an old backup was restored.
    version = max(held.version + 1 if held else 1, int(now.timestamp()))
    signable = compose(version)
    body = keys.signed(signable, by=signer)
    reader(body, name)  # as a verifier reads it, from the pinned roots down
    signer.require_active()
    fields = {
        "version": version,
        "body": body,
        "etag": jose.digest(body.encode()),
        "signed_at": now,
        "stale_at": now + SIGN_ANEW_AFTER,
        "source": source,
    }
    if logged:
        audit.append(event="directory-signed", now=now, version=version, sha256=fields["etag"])
    if held is not None:
        return Publication.objects.filter(pk=name, version__lt=version).update(**fields)
    try:
        with transaction.atomic():
            Publication.objects.create(name=name, **fields)
    except IntegrityError:  # another signer was quicker
        return 0
    return 1


def lint_directory(document: dict[str, Any]) -> Signable:
    """The key directory as bytes to be signed, if every key in it is public, sound and named rightly.

    Raises ValueError.
    """
    profiles.check_entries(document["issuers"])
    payload = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Signable(Form.KEY_DIRECTORY, None, payload.encode())
