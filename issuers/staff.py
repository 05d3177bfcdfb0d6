"""Who works where: members of issuers and of the city, and the programs that act for an issuer."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from .errors import AlreadyMember, BadEntry, LastOwner, NotAllowed, WrongState
from .models import CITY_ROLES, PROVIDER_ROLES, ApiClient, Issuer, Membership, Role
from .registry import record, require_city_role


# -- Members --------------------------------------------------------------------------------------
@transaction.atomic
def add_member(*, issuer: Issuer | None, person: Any, role: str, by: Any, now: datetime) -> Membership:
    """Give a person a role at an issuer, or at the city when ``issuer`` is None.

    An issuer's owner names its members; a city officer names an owner, a city approver the city's staff,
    and neither of these herself. Raises NotAllowed, BadEntry, AlreadyMember.
    """
    _require_appointer(issuer, role=role, by=by)
    if person.pk == by.pk and not _is_owner(issuer, by):
        raise NotAllowed
    return appoint(issuer=issuer, person=person, role=role, by=by, now=now)


@transaction.atomic
def appoint(*, issuer: Issuer | None, person: Any, role: str, now: datetime, by: Any = None) -> Membership:
    """Give a person a role without asking who says so: for the operator's commands. Raises as add_member."""
    if role not in (CITY_ROLES if issuer is None else PROVIDER_ROLES):
        raise BadEntry
    try:
        with transaction.atomic():
            membership = Membership.objects.create(person=person, issuer=issuer, role=role, since=now)
    except IntegrityError:
        raise AlreadyMember from None
    record(event="member-added", issuer=issuer, by=by, now=now, person=person.pk, role=role)
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: Any, now: datetime) -> None:
    """Take a role away. Raises NotAllowed, LastOwner, and WrongState when it is gone already."""
    _require_appointer(membership.issuer, role=membership.role, by=by)
    if membership.issuer is not None and membership.role == Role.OWNER:
        # The lock makes two owners who remove each other at the same moment come one after the other.
        Issuer.objects.select_for_update().get(pk=membership.issuer.pk)
        owners = Membership.objects.filter(issuer=membership.issuer, role=Role.OWNER)
        if not owners.exclude(pk=membership.pk).exists():
            raise LastOwner
    if not Membership.objects.filter(pk=membership.pk).delete()[0]:
        raise WrongState
    record(
        event="member-removed",
        issuer=membership.issuer,
        by=by,
        now=now,
        person=membership.person_id,
        role=membership.role,
    )


def _require_appointer(issuer: Issuer | None, *, role: str, by: Any) -> None:
    city_role = Role.APPROVER if issuer is None else Role.OFFICER
    if _is_owner(issuer, by):
        return
    if issuer is not None and role != Role.OWNER:
        raise NotAllowed
    require_city_role(by, city_role)


def _is_owner(issuer: Issuer | None, person: Any) -> bool:
    owners = Membership.objects.filter(issuer=issuer, role=Role.OWNER)
    return issuer is not None and owners.filter(person=person).exists()


# -- API clients ----------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class NewApiClient:
    """A client just made: ``token`` is shown once, to be sent as ``Authorization: Bearer …``."""

    client: ApiClient
    token: str = field(repr=False)


def secret_hash(secret: str) -> str:
    """SHA-256, hex: enough for a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create_api_client(
    *, issuer: Issuer, name: str, scopes: Sequence[str], by: Any, now: datetime
) -> NewApiClient:
    """Make a client of ``issuer`` within these scopes. Raises NotAllowed unless an owner asks, BadEntry."""
    require_owner(issuer, by)
    name, wanted = " ".join(name.split()), sorted(set(scopes))
    if not 0 < len(name) <= 80 or not wanted or not set(wanted) <= set(ApiClient.Scope.values):
        raise BadEntry
    secret = secrets.token_urlsafe(32)
    client = ApiClient.objects.create(
        issuer=issuer,
        name=name,
        scopes=wanted,
        secret_hash=secret_hash(secret),
        created_by=by,
        created_at=now,
    )
    record(event="api-client-made", issuer=issuer, by=by, now=now, client=client.pk, scopes=wanted)
    return NewApiClient(client=client, token=f"{client.pk}.{secret}")


@transaction.atomic
def withdraw_api_client(*, client: ApiClient, by: Any, now: datetime) -> ApiClient:
    """End a client: its secret opens nothing from now on. Raises NotAllowed, WrongState."""
    require_owner(client.issuer, by)
    if not ApiClient.objects.filter(pk=client.pk, withdrawn_at__isnull=True).update(withdrawn_at=now):
        raise WrongState
    client.refresh_from_db()
    record(event="api-client-withdrawn", issuer=client.issuer, by=by, now=now, client=client.pk)
    return client


def require_owner(issuer: Issuer, person: Any) -> None:
    """Raises NotAllowed unless this person owns this issuer's house."""
    if not _is_owner(issuer, person):
        raise NotAllowed
