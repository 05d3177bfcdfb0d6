"""Signs the bundle of all keys and lists anew where it is due, keeps it, and hands it out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.db.models import Count, Sum

from issuers import delegations, jose, keys, orders, publications, trust
from issuers.errors import NoKeyRoom, NotTrusted
from issuers.models import Publication
from issuers.signable import Form, Signable

from . import bitstring, bundle, linting
from .bundle import Listed
from .models import StatusListVersion

#: Lists change all day long. Once signed, a bundle stays for this long, so that whoever asks has one that is
#: five minutes old at most, and a busy day does not make the signer sign it without end.
LISTS_WAIT = timedelta(minutes=4)


# -- Reading, by any process ----------------------------------------------------------------------
def _version(body: str, name: str) -> int:
    """As a verifier reads it, from the pinned roots down. Raises NotTrusted."""
    if len(body) > bundle.MAX_FILE:
        raise NotTrusted(delegations.Reason.FORM)
    directory = trust.read_vouched(body, form=Form.BUNDLE, name=name, unpack=bundle.unpacked)
    bundle.opened(directory)
    return directory.version


def wanted(*, now: datetime) -> Publication | None:
    """The newest bundle, signed first where it is missing or not to be relied on.

    ``None`` when the signer takes longer than a page may.
    """
    return publications.wanted(name=bundle.NAME, now=now, kind="bundle", reader=_version)


# -- Signing, by the signer alone -----------------------------------------------------------------
def tend(*, now: datetime) -> int:
    """Sign the bundle anew where it is due; returns how many that were, one or none.

    It is due at once when the key directory changed, ``LISTS_WAIT`` after its last signing when a list did,
    and before it grows stale. Raises NoKeyRoom where this process cannot sign.
    """
    if not keys.can_sign():
        raise NoKeyRoom
    directory = publications.read(name=publications.DIRECTORY)
    if directory is None:
        return 0
    # Looked at before the lists are read: what changes in between is seen as news the next time.
    source = _source(directory)
    if not _is_due(source, now=now):
        return 0
    signer = keys.city_signer(purpose=keys.Purpose.DIRECTORY, now=now)
    delegation = trust.delegation_of(key=signer.key, now=now)
    issuers = trust.read_directory(directory.body, name=directory.name).document["issuers"]
    lists = list(vouched(_rows(), issuers=issuers))

    def compose(version: int) -> Signable:
        document = bundle.compose(
            city=trust.city(),
            issuers=issuers,
            lists=lists,
            delegation=delegation.body,
            version=version,
            issued_at=now,
        )
        return linting.lint_bundle(document)

    return publications.publish(
        name=bundle.NAME, compose=compose, reader=_version, signer=signer, now=now, source=source
    )


@orders.makes("bundle")
def _make(name: str, now: datetime) -> None:
    """Sign it for somebody who waits; it is due, since there is none or none that holds."""
    publications.tend(now=now)
    tend(now=now)


def _source(directory: Publication) -> str:
    """What a bundle made now would be made of. Versions only rise, so their sum tells any change."""
    lists = StatusListVersion.objects.aggregate(count=Count("pk"), sum=Sum("version"))
    return f"keys {directory.version} lists {lists['count']} {lists['sum'] or 0}"


def _is_due(source: str, *, now: datetime) -> bool:
    try:
        held = publications.read(name=bundle.NAME, reader=_version)
    except NotTrusted:
        return True
    if held is None or held.stale_at <= now:
        return True
    if held.source == source:
        return False
    same_keys = held.source.split()[:2] == source.split()[:2]
    return not same_keys or held.signed_at + LISTS_WAIT <= now


# -- What the issuers' signed lists say -------------------------------------------------------------
def vouched(
    rows: Iterable[tuple[int, str, str]], *, issuers: Sequence[Mapping[str, Any]]
) -> Iterator[Listed]:
    """Every number whose three lists are published and signed by a key of these issuers that counts.

    ``rows`` are (number, purpose, signed list), by number. The bits are read from what the issuer signed, not
    from beside it: whoever can write rows gets no word of the city's for them.
    """
    signers = {
        f"{issuer['did']}#{jose.thumbprint(key['jwk'])}": key["jwk"]
        for issuer in issuers
        for key in issuer["keys"]
        if not key["compromised"]
    }
    for number, group in groupby(rows, key=itemgetter(0)):
        if listed := _listed(number, group, signers):
            yield listed


def _rows() -> Iterator[tuple[int, str, str]]:
    versions = StatusListVersion.objects.order_by("status_list_id", "purpose")
    return versions.values_list("status_list_id", "purpose", "body").iterator(chunk_size=60)


def _listed(
    number: int, group: Iterable[tuple[int, str, str]], signers: Mapping[str, delegations.Jwk]
) -> Listed | None:
    said = {purpose: _signed(number, purpose, body, signers) for _, purpose, body in group}
    found = [each for each in said.values() if each is not None]
    if len(found) < len(bundle.PURPOSES) or len({each["iss"] for each in found}) != 1:
        return None
    return Listed(
        number=number,
        issuer=found[0]["iss"],
        issued_at=min(each["iat"] for each in found),
        expires_at=min(each["exp"] for each in found),
        marks={purpose: _marks(each) for purpose, each in said.items() if each is not None},
    )


def _signed(
    number: int, purpose: str, body: str, signers: Mapping[str, delegations.Jwk]
) -> dict[str, Any] | None:
    """What a key of this issuer signed of this list, or ``None``."""
    try:
        jws = delegations.Jws(body, Form.STATUS_LIST)
        jwk = signers.get(jws.kid)
        payload = jws.payload(jwk) if jwk else None
    except NotTrusted:
        return None
    if payload is None or payload["iss"] != jws.kid.partition("#")[0]:
        return None
    here = f"{settings.BASE_URL}/s/{purpose}/{number}"
    subject = payload["credentialSubject"]
    return payload if (payload["id"], subject["statusPurpose"]) == (here, purpose) else None


def _marks(payload: Mapping[str, Any]) -> frozenset[int]:
    encoded = payload["credentialSubject"]["encodedList"].removeprefix("u")
    return frozenset(bitstring.set_places(bitstring.decode(jose.unb64(encoded))))
