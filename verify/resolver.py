"""Finds issuers, keys and status lists in the city's own register, never over the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import cast

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from credentials import bitstring, statuslists
from credentials.models import Credential, StatusListVersion
from issuers import profiles, registry
from issuers.models import Issuer, SigningKey

from .report import ListSeen

Purpose = StatusListVersion.Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedKey:
    """A key of the register with the issuer that it belongs to."""

    key: SigningKey
    issuer: Issuer
    did: str

    def counts_at(self, moment: datetime) -> bool:
        """Whether a signature that names this moment lies in the key's period."""
        ended = self.key.not_after
        return self.key.not_before <= moment and (ended is None or moment < ended)

    @property
    def compromised_at(self) -> datetime | None:
        """Since when somebody else may have the key, if that was ever said."""
        return self.key.compromised_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the lists say of one slot, and which they are; ``stale`` when the oldest is past its time."""

    revoked: bool
    suspended: bool
    replaced: bool
    as_of: datetime
    stale: bool
    lists: tuple[ListSeen, ...] = ()


def key_of(*, did: str, fragment: str, algorithm: str) -> ResolvedKey | None:
    """The issuer's key of this name and algorithm. A DID of elsewhere costs no query."""
    slug = _slug(did)
    found = (
        _keys().filter(issuer__slug=slug, thumbprint=fragment, algorithm=algorithm).first() if slug else None
    )
    return _resolved(found) if found else None


def service_key(*, did: str, fragment: str) -> SigningKey | None:
    """The key of this name with which the city signs records of passports."""
    if did != profiles.did_for_city(base_url=settings.BASE_URL):
        return None
    service = SigningKey.objects.filter(purpose=SigningKey.Purpose.SERVICE, issuer__isnull=True)
    ed25519 = service.filter(algorithm=SigningKey.Algorithm.ED25519).defer("sealed")
    return ed25519.filter(thumbprint=fragment).first()


def keys_of_paper(*, kid8: str) -> list[ResolvedKey]:
    """Every key with this short name; two may share 8 bytes, so all are to be tried."""
    return [_resolved(key) for key in _keys().filter(kid8=kid8, algorithm=SigningKey.Algorithm.ES256)]


def is_registered(*, did: str) -> bool:
    """Whether this DID is an issuer's that was ever approved."""
    slug = _slug(did)
    return bool(slug) and Issuer.objects.filter(slug=slug, approved_at__isnull=False).exists()


def _slug(did: str) -> str:
    prefix = profiles.did_for_issuer(base_url=settings.BASE_URL, slug="")
    return did.removeprefix(prefix) if did.startswith(prefix) else ""


def _keys() -> QuerySet[SigningKey]:
    return (
        SigningKey.objects.filter(purpose=SigningKey.Purpose.ISSUER, issuer__approved_at__isnull=False)
        .select_related("issuer")
        .prefetch_related("issuer__mandates")
        .defer("sealed")
    )


def _resolved(key: SigningKey) -> ResolvedKey:
    issuer = cast(Issuer, key.issuer)  # an issuer's key has its issuer: a constraint of the table
    did = profiles.did_for_issuer(base_url=settings.BASE_URL, slug=issuer.slug)
    return ResolvedKey(key=key, issuer=issuer, did=did)


def was_accredited(*, issuer: Issuer, theme: str, at: datetime) -> bool:
    """Whether the issuer was accredited at that moment, for this theme, or for any when it is not known.

    Mandates run by the city's days and periods by UTC's: around midnight the day of either counts.
    """
    days = {at.date(), timezone.localdate(at)}
    themes: Sequence[str] = [theme] if theme else list(registry.accredited_periods(issuer=issuer))
    return any(registry.was_accredited(issuer=issuer, theme=each, on=day) for each in themes for day in days)


def accredited_since(issuer: Issuer) -> date | None:
    """The first day on which the issuer was accredited for anything."""
    spans = registry.accredited_periods(issuer=issuer).values()
    return min((span[0] for periods in spans for span in periods), default=None)


def standing(*, number: int, index: int, issuer: Issuer, now: datetime) -> Standing | None:
    """What this issuer's newest published lists say of a slot; ``None`` when one of them is not there."""
    versions = {
        version.purpose: version
        for version in StatusListVersion.objects.filter(
            status_list_id=number, status_list__issuer=issuer
        ).only("purpose", "bits", "version", "signed_at")
    }
    if len(versions) < len(Purpose):
        return None
    try:
        marks = {
            purpose: bitstring.is_set(_bits(bytes(version.bits)), index)
            for purpose, version in versions.items()
        }
    except bitstring.BitstringError:
        return None
    as_of = min(version.signed_at for version in versions.values())
    return Standing(
        revoked=marks[Purpose.REVOCATION],
        suspended=marks[Purpose.SUSPENSION],
        replaced=marks[Purpose.REPLACEMENT],
        as_of=as_of,
        stale=as_of + statuslists.VALID_FOR <= now,
        lists=tuple(
            ListSeen(purpose=purpose.value, number=number, version=seen.version, signed_at=seen.signed_at)
            for purpose in Purpose
            if (seen := versions.get(purpose))
        ),
    )


def stored(*, credential_id: str) -> Credential | None:
    """What the register remembers of a credential apart from its documents and names."""
    return (
        Credential.objects.filter(pk=credential_id)
        .only(
            "issuer_id",
            "status_list_id",
            "status_index",
            "replaced_by_id",
            "short_code",
            "visibility",
            "erased_at",
        )
        .first()
    )


@lru_cache(maxsize=128)
def _bits(packed: bytes) -> bytes:
    return bitstring.decode(packed)
