"""Publishes status lists: each issuer's bits, for three purposes, signed by the issuer itself."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Prefetch
from django.db.models.functions import Left

from issuers import audit, doorbell, jose, keys, orders, profiles, storing
from issuers.errors import NoActiveKey, NoKeyRoom, SealBroken

from . import bitstring, linting, listproofs, openbadges
from .models import Credential, StatusList, StatusListVersion

TTL_SECONDS = 300
SIGN_ANEW_AFTER = timedelta(hours=12)
VALID_FOR = timedelta(days=2)
HEAD = 1000  # characters of a JWS that hold its header: a DID and a thumbprint
#: So many lists cannot have been opened between a backup and its restore: each is 131,072 certificates, or
#: the first of a new issuer. Paper has room for 32,767 numbers.
NUMBERS_SKIPPED = 100
Purpose = StatusListVersion.Purpose

#: Which statuses set a bit in the list of a purpose. A replaced certificate counts as revoked to every
#: verifier in the world, and as replaced to those who know our published convention.
SETS = {
    Purpose.REVOCATION: (Credential.Status.REVOKED, Credential.Status.REPLACED),
    Purpose.SUSPENSION: (Credential.Status.SUSPENDED,),
    Purpose.REPLACEMENT: (Credential.Status.REPLACED,),
}


def publish_changed(*, now: datetime) -> int:
    """Sign anew every list that is missing, changed, stale or of a withdrawn key; returns how many.

    One that only lacks its embedded proof is proved as it stands. Raises NoKeyRoom where this process cannot
    sign. A closed issuer's lists go on being signed; an issuer without an active key is passed over until it
    has one.
    """
    if not keys.can_sign():
        raise NoKeyRoom
    signed = 0
    unbelieved = _signed_by_withdrawn_keys()
    unproved = set(listproofs.wanting().values_list("pk", flat=True))
    newest = Prefetch("versions", StatusListVersion.objects.defer("body", "bits", "document"))
    lists = StatusList.objects.select_related("issuer").prefetch_related(newest)
    for status_list in lists.order_by("number"):
        known = {version.purpose: version for version in status_list.versions.all()}
        for purpose in Purpose:
            version = known.get(purpose)
            fresh = version and version.stale_at > now and version.changes >= status_list.changes
            if version and fresh and version.pk not in unbelieved:
                if version.pk in unproved:
                    signed += listproofs.prove(version_id=version.pk, now=now)
                continue
            try:
                signed += publish(status_list=status_list, purpose=purpose, now=now)
            except (NoActiveKey, SealBroken):
                break
    return signed


def _signed_by_withdrawn_keys() -> set[int]:
    """Which of the newest versions nobody believes any more, since their key was withdrawn."""
    withdrawn = keys.compromised_thumbprints()
    if not withdrawn:
        return set()
    versions = StatusListVersion.objects.filter(status_list__issuer__keys__thumbprint__in=withdrawn)
    heads = versions.annotate(head=Left("body", HEAD)).values_list("pk", "head").distinct()
    return {pk for pk, head in heads if jose.kid_of(head).rpartition("#")[2] in withdrawn}


@transaction.atomic
def publish(*, status_list: StatusList, purpose: Purpose, now: datetime) -> int:
    """Sign one list for one purpose, with a version above the last one's."""
    held = (
        StatusListVersion.objects.select_for_update().filter(status_list=status_list, purpose=purpose).first()
    )
    # Seconds since 1970 keep the version rising even after an old backup was restored.
    version = max(held.version + 1 if held else 1, int(now.timestamp()))
    # Read before the bits: a change that commits in between is seen as news the next time.
    changes = StatusList.objects.values_list("changes", flat=True).get(pk=status_list.pk)
    packed = bitstring.encode(_indexes(status_list, purpose))
    document = openbadges.status_list(
        base_url=settings.BASE_URL,
        number=status_list.number,
        purpose=purpose,
        issuer_id=profiles.did_for_issuer(base_url=settings.BASE_URL, slug=status_list.issuer.slug),
        packed=packed,
        version=version,
        valid_from=now,
        valid_until=now + VALID_FOR,
        ttl_seconds=TTL_SECONDS,
        checkpoint=audit.newest_note(),
    )
    signable = linting.lint_status_list(document, issuer_id=status_list.issuer_id)
    signer = keys.signer(issuer=status_list.issuer, now=now)
    body = keys.signed(signable, by=signer)
    signer.require_active()
    fields: dict[str, Any] = {
        "version": version,
        "body": body,
        "bits": packed,
        "changes": changes,
        "etag": urlsafe_b64encode(hashlib.sha256(body.encode()).digest()).rstrip(b"=").decode(),
        "signed_at": now,
        "stale_at": now + SIGN_ANEW_AFTER,
    } | listproofs.fields(document, issuer=status_list.issuer, now=now)
    if held is None:
        StatusListVersion.objects.create(status_list=status_list, purpose=purpose, **fields)
        return 1
    return StatusListVersion.objects.filter(pk=held.pk, version=held.version).update(**fields)


def read(*, number: int, purpose: str) -> StatusListVersion | None:
    """The newest signed list, or ``None``; any process may read."""
    return StatusListVersion.objects.filter(status_list_id=number, purpose=purpose).first()


def wanted(*, number: int, purpose: str, now: datetime) -> StatusListVersion | None:
    """The same, signed first where it is missing; ``None`` when the signer takes longer than a page may."""
    look = partial(read, number=number, purpose=purpose)
    return orders.obtain(kind="status-list", subject=f"{purpose}/{number}", look=look, now=now)


def wanted_with_proof(*, number: int, purpose: str, now: datetime) -> StatusListVersion | None:
    """The same with its embedded proof; one whose key was withdrawn is not handed out."""
    look = partial(_proved, number=number, purpose=purpose)
    return orders.obtain(kind="status-list", subject=f"{purpose}/{number}", look=look, now=now)


def _proved(*, number: int, purpose: str) -> StatusListVersion | None:
    versions = StatusListVersion.objects.filter(status_list_id=number, purpose=purpose)
    return versions.exclude(pk__in=listproofs.wanting().values("pk")).first()


@orders.makes("status-list")
def _make(subject: str, now: datetime) -> None:
    """Sign one list for one purpose, unless it was signed meanwhile; prove it where that is wanting."""
    purpose, _, number = subject.partition("/")
    if version := read(number=int(number), purpose=purpose):
        listproofs.prove(version_id=version.pk, now=now)
    else:
        publish(
            status_list=StatusList.objects.select_related("issuer").get(pk=number),
            purpose=Purpose(purpose),
            now=now,
        )


def checkpoints() -> set[str]:
    """The audit log's checkpoints that the published lists carry, as their signers put them there."""
    found = set()
    for body in StatusListVersion.objects.values_list("body", flat=True).iterator(chunk_size=20):
        payload = json.loads(jose.unb64(body.split(".")[1]))
        if "auditCheckpoint" in payload:
            found.add(payload["auditCheckpoint"])
    return found


def mark_changed(*, numbers: Iterable[int]) -> None:
    """Say, in the transaction of the change, that bits changed; the signer publishes the lists anew."""
    StatusList.objects.filter(pk__in=list(numbers)).update(changes=F("changes") + 1)
    doorbell.ring("credentials.publish_lists", queue="upkeep")


def _indexes(status_list: StatusList, purpose: Purpose) -> Iterable[int]:
    return (
        Credential.objects.filter(status_list=status_list, status__in=SETS[purpose])
        .values_list("status_index", flat=True)
        .iterator(chunk_size=5000)
    )


@transaction.atomic
def close_all(*, now: datetime) -> int:
    """After a restore: give out no further slot of any list, sign all lists anew; returns how many closed.

    A slot beyond a list's counter may have been given out after the backup. The next acceptance opens a
    fresh list, whose number is above any that may have been in use.
    """
    StatusListVersion.objects.update(stale_at=now)
    storing.skip_numbers(StatusList, by=NUMBERS_SKIPPED)
    return StatusList.objects.filter(closed_at__isnull=True).update(closed_at=now)


def exists(*, number: int) -> bool:
    """Whether there is such a list, signed or not yet."""
    return StatusList.objects.filter(pk=number).exists()
