"""The chain of trust as this server holds it: pinned roots, installed delegations, what they vouch for.

It reads public material alone. The roots come from a file that the operators keep, not from the database:
whoever can write rows cannot make himself the city.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction

from . import delegations, doorbell, profiles, registry
from .delegations import Delegation, Directory, Reason, Request, Roots
from .errors import NoActiveKey, NoDelegation, NotTrusted, WrongState
from .models import Delegation as Row
from .models import SigningKey
from .signable import Form

log = logging.getLogger(__name__)

#: From here on the pages and the status command say that the yearly act is due.
WARNS_BEFORE = timedelta(days=60)
A_YEAR = timedelta(days=365)
LIVING = (SigningKey.State.ACTIVE, SigningKey.State.PENDING)


def city() -> str:
    """The DID that roots and directories speak for."""
    return profiles.did_for_city(base_url=settings.BASE_URL)


# -- Roots ----------------------------------------------------------------------------------------
def roots() -> Roots:
    """The pinned roots, by thumbprint; none where no file is named. Raises ImproperlyConfigured."""
    name = settings.ROOT_KEYS_FILE
    if not name:
        return {}
    try:
        found = Path(name).stat()
        return _roots(name, found.st_mtime_ns, found.st_size)
    except OSError as error:
        raise ImproperlyConfigured(f"ROOT_KEYS_FILE cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ImproperlyConfigured(f"ROOT_KEYS_FILE does not hold the city's roots: {error}.") from error


@lru_cache(maxsize=8)
def _roots(name: str, changed: int, size: int) -> Roots:
    return delegations.read_roots(Path(name).read_text())


def pinned() -> list[dict[str, str]]:
    """The public JWKs of the roots, as a verifier page pins them."""
    return delegations.roots_set(roots())["keys"]


# -- Reading --------------------------------------------------------------------------------------
def delegation_of(*, key: SigningKey, now: datetime) -> Delegation:
    """The newest delegation to this directory key that holds now. Raises NoDelegation, NotTrusted."""
    for row in Row.objects.filter(thumbprint=key.thumbprint):
        found = _read(row)
        if found.holds(at=now):
            return found
    raise NoDelegation


def _read(row: Row) -> Delegation:
    """The delegation in this row. Raises NotTrusted, which the log hears of too."""
    try:
        found = delegations.read_delegation(row.body, roots=roots(), city=city())
    except NotTrusted as error:
        _refused("delegation", str(row.seq), error.reason)
        raise
    said = (found.seq, found.thumbprint, found.not_before, found.not_after)
    if said != (row.seq, row.thumbprint, row.not_before, row.not_after):
        _refused("delegation", str(row.seq), Reason.ROW)
        raise NotTrusted(Reason.ROW)
    return found


def _refused(kind: str, name: str, reason: str) -> None:
    log.error("not vouched for by a pinned root", extra={"kind": kind, "document": name, "reason": reason})


def read_directory(token: str, *, name: str) -> Directory:
    """A published directory of this server, if it leads back to a pinned root. Raises NotTrusted."""
    try:
        return delegations.read_directory(token, name=name, roots=roots(), city=city())
    except NotTrusted as error:
        _refused("directory", name, error.reason)
        raise


def read_vouched(token: str, *, form: Form, name: str, unpack: Callable[[bytes], bytes] = bytes) -> Directory:
    """The same of any document that the directory key signs; its own members are the caller's to look at."""
    try:
        return delegations.read_vouched(
            token, form=form, name=name, roots=roots(), city=city(), unpack=unpack
        )
    except NotTrusted as error:
        _refused(name, name, error.reason)
        raise


def directory_keys() -> list[SigningKey]:
    """The directory key in use and the one announced after it, the active first."""
    keys = SigningKey.objects.filter(purpose=SigningKey.Purpose.DIRECTORY, state__in=LIVING)
    return sorted(keys.defer("sealed"), key=lambda key: LIVING.index(SigningKey.State(key.state)))


# -- The yearly act, its two halves on this side -----------------------------------------------------
def request(*, now: datetime, days: int = A_YEAR.days, thumbprint: str = "") -> Request:
    """What to carry to the root: for the directory key of this name, or the one that needs it first.

    That is an announced key before it takes over; otherwise the one in use. Raises NoActiveKey.
    """
    keys = [key for key in directory_keys() if not thumbprint or key.thumbprint == thumbprint]
    if not keys:
        raise NoActiveKey
    needing = [key for key in reversed(keys) if not lasts(key=key, now=now)]
    last = Row.objects.first()
    begin = now.replace(microsecond=0)
    return Request(
        city=city(),
        jwk=(needing or keys)[0].public_jwk,
        not_before=begin,
        not_after=begin + timedelta(days=days),
        after=last.seq if last else 0,
    )


def lasts(*, key: SigningKey, now: datetime) -> bool:
    """Whether nobody need think of this key's delegation for a while."""
    try:
        return delegation_of(key=key, now=now).not_after > now + WARNS_BEFORE
    except (NoDelegation, NotTrusted):
        return False


def install(*, token: str, now: datetime) -> Delegation:
    """Keep what the root signed; the signer publishes under it at once. The same again changes nothing.

    Raises NotTrusted for what no pinned root signed for a directory key of this city, or for an older one;
    WrongState if another was installed meanwhile.
    """
    last = Row.objects.first()
    if last is not None and last.body == token:
        return _read(last)
    found = delegations.read_delegation(token, roots=roots(), city=city(), after=last.seq if last else 0)
    if now >= found.not_after:
        raise NotTrusted(Reason.EXPIRED)
    if not any(key.thumbprint == found.thumbprint for key in directory_keys()):
        raise NotTrusted(Reason.KEY)
    try:
        with transaction.atomic():
            Row.objects.create(
                seq=found.seq,
                follows=last,
                thumbprint=found.thumbprint,
                body=found.body,
                not_before=found.not_before,
                not_after=found.not_after,
                installed_at=now,
            )
            registry.record(
                event="delegation-installed",
                issuer=None,
                by=None,
                now=now,
                seq=found.seq,
                kid=found.thumbprint,
                root=found.root,
                until=found.not_after.isoformat(),
            )
            doorbell.ring("issuers.tend", queue="upkeep")
    except IntegrityError:
        raise WrongState from None
    return found
