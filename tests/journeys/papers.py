"""Makes the certificates that employers scan, by the product's own verbs, inside a running product.

``python -m tests.journeys.papers ACT …``, with the environment of an operator of that product. What an act
made is its last line, as JSON. A certificate is awarded through the queue and signed by the product's worker;
where no worker would sign what is wanted, the issuer's own key signs it here.
"""

import gzip
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import django
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from credentials import paper, revocation, statuslists
from credentials.models import LIST_SIZE, Achievement, Batch, Credential, StatusList, StatusListVersion
from credentials.people import Person
from issuers import jose, keys, profiles, publications, withdrawals
from issuers.cose import protected_header, sealed, to_be_signed
from issuers.models import Publication, SigningKey
from issuers.signable import Form, Signable
from tests import factories

PATIENCE = 60.0
LONG_AGO = timedelta(days=120)  # when the issuers' keys were made
BEFORE = timedelta(days=60)  # when what has expired was awarded, for a month
NO_SUCH_LIST = 31_000


def person(latin: str, arabic: str) -> Person:
    """Somebody with a name in both scripts and no address."""
    return Person(name_latin=latin, name_arabic=arabic)


def course(slug: str, *, starts: timedelta, now: datetime, **fields: Any) -> Achievement:
    """A course of a new issuer, accredited for so long and with keys of long ago."""
    with transaction.atomic():  # the worker, too, makes keys where there are none
        issuer = factories.make_issuer(
            slug=slug,
            starts_on=timezone.localdate(now - starts),
            now=now - LONG_AGO,
            name_fr=f"Médiathèque Ennour ({slug})",
            name_ar="الخزانة الوسائطية النور",
        )
    return factories.make_achievement(issuer, **fields)


def awarded(achievement: Achievement, who: Person, **rest: Any) -> Credential:
    """The certificate, once the product's worker has signed it."""
    return issued(factories.award(achievement, who, **rest))


def issued(batch: Batch) -> Credential:
    """What a batch of one became."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        found = Credential.objects.filter(award__batch=batch).select_related("issuer").first()
        if found:
            return found
        time.sleep(0.02)
    raise SystemExit("an award was not signed in time")


def printed(credential: Credential) -> str:
    """What a camera reads from it."""
    return paper.qr_text(base_url=settings.BASE_URL, cose=bytes(credential.paper))


def signed_here(like: Credential, **changes: Any) -> str:
    """A code that says something else than this certificate's, signed with its issuer's key all the same."""
    claim = paper.parse(bytes(like.paper)).claim
    members = {name: getattr(claim, name) for name in claim.__dataclass_fields__} | changes
    body = paper.payload(paper.Claim(**members))
    signer = keys.signer(issuer=like.issuer, now=timezone.now())
    return paper.qr_text(
        base_url=settings.BASE_URL, cose=signer.cose(Signable(Form.PAPER, like.issuer_id, body))
    )


def signed_elsewhere(like: Credential) -> str:
    """A code that says what this certificate's says, signed with a key that this city has never seen."""
    key = ec.generate_private_key(ec.SECP256R1())
    kid8 = jose.kid8(jose.thumbprint(jose.jwk_of(key.public_key())))
    protected = protected_header(kid8)
    body = paper.payload(paper.parse(bytes(like.paper)).claim)
    r, s = decode_dss_signature(key.sign(to_be_signed(protected, body), ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return paper.qr_text(base_url=settings.BASE_URL, cose=sealed(protected, body, signature))


def publish() -> None:
    """Lists and keys as they stand, at once: what the sweeper does within seconds."""
    now = timezone.now()
    publications.tend(now=now)
    statuslists.publish_changed(now=now)


# -- Acts -----------------------------------------------------------------------------------------
def make() -> dict[str, Any]:
    """One code for each state that a certificate can be in, and some to change later."""
    now = timezone.now()
    first = course("ennour", starts=LONG_AGO, now=now)
    short = factories.make_achievement(first.issuer, valid_months=1, title_fr="Gestes de premiers secours")
    young = course("tiwizi", starts=timedelta(days=10), now=now)
    robbed = course("al-amal", starts=LONG_AGO, now=now)
    papers: dict[str, str] = {}

    valid = awarded(first, person("Nadia Benjelloun", "نادية بنجلون"), now=now)
    papers["valid"] = printed(valid)
    papers["valid-until"] = printed(awarded(short, person("Omar Bennis", "عمر بنيس"), now=now))
    revoked = awarded(first, person("Hajar Tazi", "هاجر التازي"), now=now)
    revocation.revoke(credential=revoked, reason="issued-in-error", by=None, now=now)
    papers["revoked"] = printed(revoked)
    suspended = awarded(first, person("Imane Chraibi", "إيمان الشرايبي"), now=now)
    revocation.suspend(credential=suspended, reason="under-review", by=None, now=now)
    papers["suspended"] = printed(suspended)
    replaced = awarded(first, person("Salma Idrisi", "سلمى الإدريسي"), now=now)
    papers["replaced"] = printed(replaced)
    newer = revocation.replace(
        credential=replaced,
        person=person("Salma Idrissi", "سلمى الإدريسي"),
        reason="corrected",
        by=None,
        idempotency_key="corrected",
        now=now,
    )
    papers["successor"] = printed(issued(newer))
    then = now - BEFORE
    papers["expired"] = printed(awarded(short, person("Youssef Alaoui", "يوسف العلوي"), now=then))
    tomorrow = now + timedelta(days=1)
    papers["not-yet-valid"] = printed(
        awarded(first, person("Karim Sefrioui", "كريم الصفريوي"), now=tomorrow, awarded_on=now.date())
    )
    taken = awarded(robbed, person("Meryem Fassi", "مريم الفاسي"), now=now)
    papers["key-withdrawn"] = printed(taken)
    withdraw(robbed.issuer.slug)

    # What no worker signs: the keys are the issuers', the product made and published them.
    papers["outside-key-period"] = signed_here(valid, issued_at=int((now - 2 * LONG_AGO).timestamp()))
    recent = awarded(young, person("Driss Berrada", "إدريس برادة"), now=now)
    papers["not-accredited"] = signed_here(recent, issued_at=int((now - BEFORE).timestamp()))
    papers["status-unknown"] = signed_here(valid, status=NO_SUCH_LIST * LIST_SIZE)
    papers["contradictory"] = signed_here(valid, issuer="did:web:elsewhere.example")
    papers["unknown-issuer"] = signed_elsewhere(valid)
    papers["to-revoke"] = printed(awarded(first, person("Zineb Lahlou", "زينب لحلو"), now=now))
    publish()
    return papers


def withdraw(slug: str) -> dict[str, str]:
    """Two persons of the city withdraw the key with which this issuer signs paper."""
    key = SigningKey.objects.get(issuer__slug=slug, algorithm="ES256", state=keys.State.ACTIVE)
    withdrawals.revoke(
        key=key,
        reason="Ordinateur volé",
        by=factories.city_officer(),
        seconded_by=factories.city_approver(),
        now=timezone.now(),
    )
    publish()
    return {"kid": key.kid8}


def address(latin: str) -> dict[str, str]:
    """Where the one certificate of this person is shown and printed."""
    return {"address": f"/c/{Credential.objects.get(name_latin=latin).pk}"}


def seeded() -> list[dict[str, str]]:
    """Two valid certificates of the demo city, of different issuers and people: whose, and where they are."""
    found: dict[int, Credential] = {}
    holders = set[str]()
    for credential in Credential.objects.filter(status="active", valid_until=None).order_by("-issued_at"):
        if credential.issuer_id not in found and credential.name_latin not in holders | {""}:
            found[credential.issuer_id] = credential
            holders.add(credential.name_latin)
    return [{"name": each.name_latin, "address": f"/c/{each.pk}"} for each in list(found.values())[:2]]


def demo(status: str, latin: str, title: str) -> dict[str, str]:
    """Of somebody in the demo city: where her certificate is shown and printed, and what a camera reads."""
    credential = Credential.objects.get(status=status, name_latin=latin, achievement__title_fr=title)
    return {"address": f"/c/{credential.pk}", "code": printed(credential)}


def revoke(latin: str) -> dict[str, str]:
    """Revoke the certificate of this person; its list is published when this returns."""
    credential = Credential.objects.get(name_latin=latin)
    revocation.revoke(credential=credential, reason="issued-in-error", by=None, now=timezone.now())
    publish()
    return {"revoked": credential.pk}


#: What is handed out, and the fields of which a document consists.
PUBLISHED: dict[str, tuple[Any, tuple[str, ...]]] = {
    "publication": (Publication, ("version", "body", "etag")),
    "list": (StatusListVersion, ("version", "body", "etag")),
}


def published() -> list[list[Any]]:
    """What is published now, as an intruder would keep it for later."""
    return [
        [kind, row.pk, {name: getattr(row, name) for name in fields}]
        for kind, (model, fields) in PUBLISHED.items()
        for row in model.objects.all()
    ]


def bundle() -> dict[str, str]:
    """The city's keys and lists in one file, as docs/paper-format.md has it, for a kiosk's stick."""
    now = timezone.now()
    signer = keys.city_signer(purpose=SigningKey.Purpose.DIRECTORY, now=now)
    directory = json.loads(jose.unb64(Publication.objects.get(pk="keys").body.split(".")[1]))
    content = {"issuers": directory["issuers"], "lists": [bundled(each) for each in StatusList.objects.all()]}
    payload = {name: directory[name] for name in ("iss", "ttl", "delegation")} | {
        "sub": "bundle",
        "iat": int(now.timestamp()),
        "version": int(now.timestamp()),
        "content": jose.b64(gzip.compress(json.dumps(content).encode(), mtime=0)),
    }
    header = {"typ": "bundle+jwt", "alg": "ES256", "kid": signer.kid}
    return {"bundle": jose.compact(header, json.dumps(payload).encode(), signer._p256())}


def bundled(status_list: StatusList) -> dict[str, Any]:
    """A status list within a bundle: what is set, as gaps."""
    signed = [version.signed_at for version in status_list.versions.all()]
    told: dict[str, Any] = {
        "number": status_list.number,
        "issuer": profiles.did_for_issuer(base_url=settings.BASE_URL, slug=status_list.issuer.slug),
        "iat": int(min(signed).timestamp()),
        "exp": int((min(signed) + statuslists.VALID_FOR).timestamp()),
    }
    for purpose, statuses in statuslists.SETS.items():
        there = Credential.objects.filter(status_list=status_list, status__in=statuses)
        told[purpose.value] = gaps(sorted(there.values_list("status_index", flat=True)))
    return told


def gaps(places: list[int]) -> str:
    """The first place, then the distance of each from the next one that was possible, in LEB128."""
    packed = bytearray()
    for before, place in zip([-1, *places], places, strict=False):
        rest = place - before - 1
        while rest > 127:
            packed.append(rest & 127 | 128)
            rest >>= 7
        packed.append(rest)
    return jose.b64(bytes(packed))


def sign_anew() -> dict[str, int]:
    """Every key of the directory is published again, with a version above the last one's."""
    return {"signed": publications.refresh(now=timezone.now(), force=True)}


def put_back(kept: str) -> dict[str, int]:
    """Hand out again what was published before, as an intruder with the database, or an old mirror, would."""
    documents = json.loads(kept)
    for kind, key, fields in documents:
        PUBLISHED[kind][0].objects.filter(pk=key).update(**fields)
    return {"documents": len(documents)}


ACTS: dict[str, Callable[..., Any]] = {
    "make": make,
    "withdraw": withdraw,
    "revoke": revoke,
    "address": address,
    "seeded": seeded,
    "demo": demo,
    "published": published,
    "bundle": bundle,
    "sign-anew": sign_anew,
    "put-back": put_back,
}

if __name__ == "__main__":
    print(json.dumps(ACTS[sys.argv[1]](*sys.argv[2:])))
