"""Where a provider's programs want to be told what happens: registered, changed and removed by its owner.

A secret is needed in clear by whoever signs with it, so it is sealed (ChaCha20-Poly1305) under a key that
HKDF derives from the house's secret key, bound to the endpoint's id: a copy of the database alone does not
open it.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from issuers import outbound
from issuers.models import Issuer
from issuers.registry import record
from issuers.staff import require_owner

from . import standardwebhooks
from .errors import (
    BadEndpoint,
    EndpointExists,
    EndpointStopped,
    NotYours,
    SecretUnreadable,
    TooManyEndpoints,
)
from .models import Delivery, Endpoint

MOST = 10
#: How long the secret before the present one signs too.
BOTH_HOLD = timedelta(days=1)
_NONCE = 12
_PURPOSE = b"credentials.endpoints: secrets of webhooks"


@dataclass(frozen=True, kw_only=True)
class Secret:
    """An endpoint with a secret just made, which is shown once."""

    endpoint: Endpoint
    secret: str = field(repr=False)


# -- The owner's acts -----------------------------------------------------------------------------
def register(
    *,
    issuer: Issuer,
    url: str,
    events: Sequence[str],
    by: Any,
    now: datetime,
    client: outbound.Client | None = None,
) -> Secret:
    """Register an address for these events; it must be one that may be asked, and lead outside now.

    Raises NotAllowed unless an owner asks, BadEndpoint, OutboundError, EndpointExists, TooManyEndpoints.
    """
    require_owner(issuer, by)
    wanted = [event for event in Endpoint.Event.values if event in set(events)]
    if not wanted or len(wanted) != len(set(events)):
        raise BadEndpoint(field="events")
    target = (client or outbound.Client()).check(url)
    secret = standardwebhooks.new_secret()
    endpoint = Endpoint(issuer=issuer, url=target.url, events=wanted, created_by=by, created_at=now)
    endpoint.sealed = _seal(secret, endpoint)
    with transaction.atomic():
        Issuer.objects.select_for_update().get(pk=issuer.pk)  # two owners at once do not pass the limit
        if of_issuers(issuers=[issuer]).count() >= MOST:
            raise TooManyEndpoints
        try:
            with transaction.atomic():
                endpoint.save(force_insert=True)
        except IntegrityError:
            raise EndpointExists(field="url") from None
        record(event="webhook-registered", issuer=issuer, by=by, now=now, endpoint=endpoint.pk, events=wanted)
    return Secret(endpoint=endpoint, secret=standardwebhooks.shown(secret))


@transaction.atomic
def rotate(*, endpoint: Endpoint, by: Any, now: datetime) -> Secret:
    """Make a new secret; for a day the one before signs too. Raises NotAllowed, EndpointStopped."""
    held = lock(endpoint=endpoint, by=by)
    secret = standardwebhooks.new_secret()
    held.sealed_before, held.before_until = held.sealed, now + BOTH_HOLD
    held.sealed = _seal(secret, held)
    held.save(update_fields=["sealed", "sealed_before", "before_until"])
    record(event="webhook-secret-changed", issuer=held.issuer, by=by, now=now, endpoint=held.pk)
    return Secret(endpoint=held, secret=standardwebhooks.shown(secret))


@transaction.atomic
def remove(*, endpoint: Endpoint, by: Any, now: datetime) -> None:
    """Tell this address nothing more, also of what waits; its secret is destroyed.

    Raises NotAllowed, EndpointStopped when it is removed already.
    """
    held = lock(endpoint=endpoint, by=by)
    held.sealed = held.sealed_before = held.before_until = None
    held.removed_at = now
    held.save(update_fields=["sealed", "sealed_before", "before_until", "removed_at"])
    give_up(endpoint=held, let_go_at=now)
    held.deliveries.filter(let_go_at__isnull=True).update(let_go_at=now)
    record(event="webhook-removed", issuer=held.issuer, by=by, now=now, endpoint=held.pk)


@transaction.atomic
def resume(*, endpoint: Endpoint, by: Any, now: datetime) -> None:
    """Switch an endpoint on again that was switched off. Raises NotAllowed, EndpointStopped."""
    held = lock(endpoint=endpoint, by=by)
    held.stopped_at = held.failing_since = held.rests_until = None
    held.stopped_why, held.failures = "", 0
    held.save(update_fields=["stopped_at", "stopped_why", "failing_since", "failures", "rests_until"])
    record(event="webhook-resumed", issuer=held.issuer, by=by, now=now, endpoint=held.pk)


def give_up(*, endpoint: Endpoint, let_go_at: datetime | None = None) -> None:
    """What waits for this endpoint will not be sent; unless it is let go, somebody may send it again."""
    waiting = Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.PENDING)
    waiting.update(state=Delivery.State.FAILED, last_error=EndpointStopped.__name__, let_go_at=let_go_at)


def lock(*, endpoint: Endpoint, by: Any) -> Endpoint:
    """The endpoint, held for this transaction. Raises NotAllowed, EndpointStopped if it was removed."""
    require_owner(endpoint.issuer, by)
    held = Endpoint.objects.select_for_update(of=("self",)).select_related("issuer").get(pk=endpoint.pk)
    if held.removed_at is not None:
        raise EndpointStopped
    return held


# -- Reading --------------------------------------------------------------------------------------
def of_issuers(*, issuers: Iterable[Issuer]) -> QuerySet[Endpoint]:
    """The endpoints of these issuers that were not removed."""
    mine = Endpoint.objects.filter(issuer__in=list(issuers), removed_at__isnull=True)
    return mine.select_related("issuer", "created_by")


def own(*, issuers: Iterable[Issuer], endpoint_id: str) -> Endpoint:
    """An endpoint of one of these issuers. Raises NotYours."""
    found = of_issuers(issuers=issuers).filter(pk=endpoint_id).first()
    if found is None:
        raise NotYours
    return found


def keys(endpoint: Endpoint, *, now: datetime) -> list[bytes]:
    """The secrets that sign for this endpoint now, the present one first. Raises SecretUnreadable."""
    sealed = [endpoint.sealed]
    if endpoint.before_until is not None and now < endpoint.before_until:
        sealed.append(endpoint.sealed_before)
    return [_open(bytes(each), endpoint) for each in sealed if each]


# -- The seal -------------------------------------------------------------------------------------
def _cipher(secret_key: str) -> ChaCha20Poly1305:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE)
    return ChaCha20Poly1305(derived.derive(secret_key.encode()))


def _seal(secret: bytes, endpoint: Endpoint) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, secret, endpoint.pk.encode())


def _open(sealed: bytes, endpoint: Endpoint) -> bytes:
    for secret_key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _cipher(str(secret_key)).decrypt(sealed[:_NONCE], sealed[_NONCE:], endpoint.pk.encode())
        except InvalidTag:
            continue
    raise SecretUnreadable
