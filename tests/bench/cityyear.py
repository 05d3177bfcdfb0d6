"""A city's issuers and lists as the product's own pure functions write them, without a million rows."""

import gzip
import random
import statistics
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from credentials import bitstring, bundle, bundling, linting, openbadges
from issuers import jose, profiles
from issuers.profiles import PublicIssuer, PublicKey
from issuers.signable import Form, header

ISSUERS = 200
CERTIFICATES = 1_000_000
#: Share of certificates with a bit set.
MARKED = {"revocation": 0.01, "suspension": 0.001, "replacement": 0.001}
ROUNDS = 5
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
THEMES = ("digital", "languages", "trades", "culture", "citizenship")
NAMES_FR = ("Médiathèque", "Maison de jeunes", "Centre social", "Association", "Institut", "Foyer féminin")
NAMES_AR = ("الخزانة الوسائطية", "دار الشباب", "المركز الاجتماعي", "جمعية", "معهد", "النادي النسوي")

Row = tuple[int, str, str]


def bundled(shape: str, keys: str) -> dict[str, Any]:
    """The bundle of a million certificates in ``shape`` lists: bytes, milliseconds and MiB to make it.

    So many ``keys`` an issuer, of as many years. The lists are signed by the issuers, and opened as the
    signer opens them.
    """
    chance = random.Random(f"bundle {shape}")
    held = [ec.generate_private_key(ec.SECP256R1()) for _ in range(ISSUERS)]
    issuers = [_issuer(number, held, int(keys), chance) for number in range(ISSUERS)]
    rows = list(_signed_lists(int(shape), issuers, held, chance))
    milliseconds = []
    token = ""
    for _ in range(ROUNDS):
        before = time.process_time()
        token = _made(issuers, rows, held[0])
        milliseconds.append(1000 * (time.process_time() - before))
    tracemalloc.start()
    _made(issuers, rows, held[0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {
        "file": len(token),
        "over_http": len(gzip.compress(token.encode(), mtime=0)),
        "milliseconds": statistics.median(milliseconds),
        "mebibytes": peak / 2**20,
    }


def _issuer(
    number: int, held: Sequence[ec.EllipticCurvePrivateKey], years: int, chance: random.Random
) -> dict[str, Any]:
    """As the directory lists it: a key in use, and one of each year before."""
    keys = [_key(held[number], "active", chance.uniform(0, 365))]
    keys += [
        _key(ec.generate_private_key(ec.SECP256R1()), "retired", chance.uniform(0, 365) + 365 * year)
        for year in range(1, years)
    ]
    issuer = PublicIssuer(
        slug=f"{chance.choice(('maison', 'centre', 'institut', 'foyer'))}-sidi-moumen-{number}",
        name_fr=f"{chance.choice(NAMES_FR)} de Sidi Moumen {number}",
        name_ar=f"{chance.choice(NAMES_AR)} بسيدي مومن {number}",
        keys=keys,
        accredited={theme: [(date(2025, 9, 1), None)] for theme in chance.sample(THEMES, 2)},
    )
    return profiles.directory_entry(issuer, base_url=settings.BASE_URL)


def _key(private: ec.EllipticCurvePrivateKey, state: str, days: float) -> PublicKey:
    jwk = jose.jwk_of(private.public_key())
    thumbprint = jose.thumbprint(jwk)
    since = NOW - timedelta(days=days)
    return PublicKey(
        thumbprint=thumbprint,
        kid8=jose.kid8(thumbprint),
        algorithm="ES256",
        jwk=jwk,
        state=state,
        not_before=since,
        not_after=since + timedelta(days=365) if state == "retired" else None,
    )


def _signed_lists(
    shape: int,
    issuers: Sequence[dict[str, Any]],
    held: Sequence[ec.EllipticCurvePrivateKey],
    chance: random.Random,
) -> Iterator[Row]:
    """The certificates strewn over the lists as a keyed permutation does, some of them marked."""
    each = CERTIFICATES // shape
    for number in range(1, shape + 1):
        slots = chance.sample(range(bitstring.SIZE), each)
        signed_at = NOW - timedelta(seconds=chance.randrange(43_200))
        issuer, key = issuers[number % ISSUERS], held[number % ISSUERS]
        for purpose in bundle.PURPOSES:
            document = openbadges.status_list(
                base_url=settings.BASE_URL,
                number=number,
                purpose=purpose,
                issuer_id=issuer["did"],
                packed=bitstring.encode(slots[: round(each * MARKED[purpose])]),
                version=1,
                valid_from=signed_at,
                valid_until=signed_at + timedelta(days=2),
                ttl_seconds=300,
            )
            payload = linting.lint_status_list(document, issuer_id=1).payload
            kid = f"{issuer['did']}#{jose.thumbprint(issuer['keys'][0]['jwk'])}"
            yield number, purpose, jose.compact({"typ": "vc+jwt", "alg": "ES256", "kid": kid}, payload, key)


def _made(issuers: Sequence[dict[str, Any]], rows: Sequence[Row], key: ec.EllipticCurvePrivateKey) -> str:
    """The bundle as the signer makes it, with a delegation of usual length."""
    city = profiles.did_for_city(base_url=settings.BASE_URL)
    document = bundle.compose(
        city=city,
        issuers=issuers,
        lists=bundling.vouched(rows, issuers=issuers),
        delegation="e" * 830,
        version=1,
        issued_at=NOW,
    )
    if len(document["lists"]) != rows[-1][0]:
        raise SystemExit("a list is missing in the bundle")
    payload = linting.lint_bundle(document).payload
    kid = f"{city}#{jose.thumbprint(jose.jwk_of(key.public_key()))}"
    return jose.compact(header(Form.BUNDLE, kid), payload, key)
