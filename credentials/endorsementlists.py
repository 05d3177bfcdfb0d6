"""The list in which each endorser says what it has withdrawn: signed when somebody asks, kept for half a day.

One list an endorser, apart from the lists of certificates, which the city has none of.
"""

import json
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from issuers import jose, orders
from issuers.errors import NoActiveKey, SealBroken
from issuers.models import Issuer, SigningKey

from . import bitstring, endorsements, linting, proving
from .errors import NotYours
from .models import Endorsement, EndorsementList

KIND = "endorsement-list"
#: In whose name an order is, where it is the city's: no short name of a provider.
CITY = "/"
TTL_SECONDS = 300
SIGN_ANEW_AFTER = timedelta(hours=12)
VALID_FOR = timedelta(days=2)


def address_of(endorser: Issuer | None) -> str:
    """Where the list lies."""
    return f"{settings.BASE_URL}/e/status/{endorser.slug}" if endorser else f"{settings.BASE_URL}/e/status"


def open_for(endorser: Issuer | None) -> None:
    """Have a list for this endorser."""
    EndorsementList.objects.get_or_create(endorser=endorser)


def mark_changed(*, endorser: Issuer | None, now: datetime) -> None:
    """Say, in the transaction of the withdrawal, that a bit changed; the signer signs the list anew."""
    EndorsementList.objects.filter(endorser=endorser).update(changes=F("changes") + 1)
    orders.place(kind=KIND, subject=endorser.slug if endorser else CITY, now=now)


def wanted(*, slug: str, now: datetime) -> EndorsementList | None:
    """The list of the provider with this short name, or of the city; signed first if it must.

    One that nothing was withdrawn since is handed out as long as it says that it is valid. ``None`` if the
    signer takes longer than a page may. Raises NotYours for who has never endorsed anything.
    """
    begun = now - (VALID_FOR - SIGN_ANEW_AFTER)
    lists = EndorsementList.objects.filter(**_of(slug))
    if not lists.exists():
        raise NotYours
    return orders.obtain(kind=KIND, subject=slug or CITY, look=lambda: _fresh(lists, begun).first(), now=now)


def tend(*, now: datetime) -> int:
    """Sign every list that is missing, changed or stale; returns how many."""
    made = 0
    fresh = _fresh(EndorsementList.objects.all(), now).values_list("pk", flat=True)
    for each in EndorsementList.objects.exclude(pk__in=list(fresh)).select_related("endorser"):
        try:
            made += _sign(each, now=now)
        except (NoActiveKey, SealBroken):  # it waits for its endorser's next key
            continue
    return made


@orders.makes(KIND)
def _make(subject: str, now: datetime) -> None:
    """Sign this list, unless that was done meanwhile."""
    lists = EndorsementList.objects.filter(**_of(subject.removeprefix(CITY))).select_related("endorser")
    found = lists.first()
    if found is not None and not _fresh(lists, now).exists():
        _sign(found, now=now)


def _of(slug: str) -> dict[str, object]:
    return {"endorser__slug": slug} if slug else {"endorser__isnull": True}


def _fresh(lists: QuerySet[EndorsementList], now: datetime) -> QuerySet[EndorsementList]:
    signed = lists.filter(key__isnull=False, stale_at__gt=now, signed_changes__gte=F("changes"))
    return signed.exclude(key__state=SigningKey.State.COMPROMISED)


def _sign(found: EndorsementList, *, now: datetime) -> bool:
    """Sign it as things stand. Raises NoActiveKey, SealBroken."""
    endorser = found.endorser
    signer = proving.signer_of(endorser, now=now)
    # Read before the bits: a withdrawal that commits in between is seen as news the next time.
    changes = EndorsementList.objects.values_list("changes", flat=True).get(pk=found.pk)
    withdrawn = Endorsement.objects.filter(endorser=endorser, withdrawn_at__isnull=False)
    document = endorsements.status_list(
        address=address_of(endorser),
        endorser_id=signer.did,
        packed=bitstring.encode(withdrawn.values_list("slot", flat=True)),
        valid_from=now,
        valid_until=now + VALID_FOR,
        ttl_seconds=TTL_SECONDS,
    )
    lint = partial(linting.lint_list_proof, document, issuer_id=found.endorser_id)
    secured = proving.proved(document, signer=signer, lint=lint, now=now, array=False)
    body = json.dumps(secured, ensure_ascii=False)
    with transaction.atomic():
        signer.require_active()
        newer = Q(signed_changes__lte=changes)
        return bool(
            EndorsementList.objects.filter(newer, pk=found.pk).update(
                body=body,
                key=signer.key,
                etag=jose.digest(body.encode()),
                signed_changes=changes,
                stale_at=now + SIGN_ANEW_AFTER,
            )
        )
