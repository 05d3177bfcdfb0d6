"""Open Badges 2.0: hosted and signed, whole and broken, and as an independent library reads them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from openbadgeslib.ob2 import OB2VerificationError, OB2Verifier

from tests.gallery import make
from verify.errors import Malformed
from verify.foreign import examining, openbadges2
from verify.foreign.report import ForeignReport, HashedIdentifier, Standard
from verify.report import Outcome

from . import signers
from .badges2 import (
    ASSERTION,
    BADGE,
    HASH,
    HOME,
    KEY,
    PROFILE,
    REVOKED,
    RSA,
    WEAK,
    assertion,
    pages,
    pem,
    signed,
    to_sign,
)

RECIPIENT = assertion()["recipient"]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FAILED, UNKNOWN = Outcome.FAILED, Outcome.UNKNOWN


def read(data: Any, site: dict[str, Any] | None = None) -> ForeignReport:
    """The report on this, where that is what the issuer's site answers."""
    given = json.dumps(data) if isinstance(data, dict) else data
    return openbadges2.read(given, fetch=signers.hosts(pages() if site is None else site), now=NOW)


def worst(data: Any, site: dict[str, Any] | None = None) -> tuple[Outcome, str] | None:
    found = read(data, site).worst
    return (found.outcome, found.code) if found else None


def site(address: str, **changes: Any) -> dict[str, Any]:
    """The issuer's site with members of one page changed, or that page taken away."""
    made = pages()
    if not changes:
        del made[address]
        return made
    page = made[address] | changes
    made[address] = {name: value for name, value in page.items() if value is not None}
    return made


def svg(inside: str) -> bytes:
    """A picture with this inside, in the namespace of the second generation."""
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:ob="http://openbadges.org"'
    return f"<svg {names}>{inside}</svg>".encode()


# -- Whole ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("data", [assertion(), ASSERTION], ids=["json", "link"])
def test_a_hosted_assertion_holds_by_what_its_site_says(data: Any) -> None:
    report = read(data)
    assert (report.holds, report.standard, report.securing) == (True, Standard.OB2, "hosted")
    assert (report.issuer_id, report.issuer_name) == (PROFILE, "مدرسة قديمة")
    assert [title.text for title in report.stated.titles] == ["Couture"]
    assert report.stated.valid_from == datetime(2019, 6, 1, 9, tzinfo=UTC)
    assert report.identifiers == (
        HashedIdentifier(type="emailAddress", hashed=True, value=HASH, salt="Kosher"),
    )
    assert report.document["badge"]["issuer"]["id"] == PROFILE


def test_a_signed_assertion_holds_by_a_key_that_the_issuer_lists() -> None:
    report = read(signed())
    assert (report.holds, report.securing, report.raw) == (True, "jws", signed())


def test_what_is_kept_can_be_read_again() -> None:
    for data in (assertion(), ASSERTION, signed()):
        report = read(data)
        again = read(report.raw)
        assert (again.holds, again.findings, again.document) == (True, report.findings, report.document)


@pytest.mark.parametrize(
    "image",
    [
        make.png(make.itxt(signed(), keyword=b"openbadges")),
        make.png(make.itxt(json.dumps(assertion()), keyword=b"openbadges")),
        make.png(make.itxt(ASSERTION, keyword=b"openbadges")),
        svg(f'<ob:assertion verify="{signed()}"/>'),
        svg(f"<ob:assertion><![CDATA[{json.dumps(assertion())}]]></ob:assertion>"),
    ],
    ids=["png-jws", "png-json", "png-link", "svg-jws", "svg-json"],
)  # fmt: skip
def test_a_baked_image_gives_up_its_assertion(image: bytes) -> None:
    assert read(image).holds is True


@pytest.mark.parametrize(
    "image",
    [
        make.png(make.itxt(signed())),
        make.png(make.itxt(signed(), keyword=b"openbadgesx")),
        make.svg(f'<openbadges:credential verify="{signed()}"/>').encode(),
    ],
)
def test_an_image_of_another_generation_has_no_assertion(image: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        read(image)
    assert refused.value.fault == "image-without-credential"


def test_badge_class_and_key_may_stand_within_what_is_signed_or_listed() -> None:
    made = pages()
    inline = signed(to_sign(badge=made[BADGE]))
    assert read(inline).holds is True
    listed = pages(publicKey=made[KEY])
    del listed[KEY]
    assert read(signed(), listed).holds is True
    nameless = {"type": "SignedBadge"}
    assert read(signed(to_sign(verification=nameless)), listed).holds is True


@pytest.mark.parametrize(
    "verification",
    [
        {"startsWith": f"{HOME}/assertions/"},
        {"startsWith": ["https://elsewhere.example/", HOME]},
        {"allowedOrigins": ["ancien.example", "elsewhere.example"]},
    ],
)
def test_an_issuer_says_where_it_hosts(verification: dict[str, Any]) -> None:
    assert read(assertion(), pages(verification=verification)).holds is True


# -- Broken ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "answers", "expected"),
    [
        (assertion(), site(ASSERTION), (FAILED, "ob2-gone")),
        (assertion(), site(ASSERTION, revoked=True), (FAILED, "status-revoked")),
        (assertion(), {**pages(), ASSERTION: {"revoked": True}}, (FAILED, "status-revoked")),
        (assertion(expires="2030-01-01T00:00:00Z"), None, (FAILED, "ob2-differs")),
        (assertion(), site(ASSERTION, issuedOn="2018-06-01T09:00:00Z"), (FAILED, "ob2-differs")),
        (assertion(), site(ASSERTION, recipient=RECIPIENT | {"salt": "x"}), (FAILED, "ob2-differs")),
        (assertion(), {**pages(), ASSERTION: b"<html>"}, (FAILED, "ob2-unreadable")),
        (assertion(id="urn:uuid:1"), None, (FAILED, "ob2-no-address")),
        (assertion(), site(BADGE, id=f"{HOME}/badges/8"), (FAILED, "ob2-other-id")),
        (assertion(), site(PROFILE, id="https://good.example/issuer"), (FAILED, "ob2-other-id")),
        (assertion(), pages(verification={"startsWith": f"{HOME}/badges/"}), (FAILED, "ob2-scope")),
        (assertion(), pages(verification={"startsWith": "https://ancien.exampl"}), (FAILED, "ob2-scope")),
        (assertion(), pages(verification={"allowedOrigins": "elsewhere.example"}), (FAILED, "ob2-scope")),
        (assertion(verification={"type": "SignedBadge"}), None, (FAILED, "ob2-not-as-declared")),
        (signed(assertion()), None, (FAILED, "ob2-not-as-declared")),
        (assertion(issuedOn=None), None, (FAILED, "schema-missing-issuedOn")),
        (assertion(recipient=RECIPIENT | {"identity": "x"}), None, (FAILED, "schema-form-identity")),
        (assertion(issuedOn="2019"), None, (FAILED, "schema-form-issuedOn")),
        (assertion(), site(BADGE, criteria=None), (FAILED, "schema-missing-criteria")),
        (assertion(), site(PROFILE, email=None), (FAILED, "schema-missing-email")),
        (signed(to_sign(expires="2020-01-01T00:00:00Z")), None, (FAILED, "expired")),
        (signed(to_sign(issuedOn="2027-01-01T00:00:00Z")), None, (FAILED, "not-yet-valid")),
        (signed(key=WEAK), None, (FAILED, "proof-tampered")),
        (signed(), site(KEY, publicKeyPem=pem(WEAK)), (FAILED, "method-weak-key")),
        (signed(), site(KEY, publicKeyPem="no key"), (FAILED, "method-key")),
        (signed(), site(KEY, owner="https://other.example/issuer"), (FAILED, "issuer-not-controller")),
        (signed(), pages(publicKey=f"{HOME}/keys/2"), (FAILED, "issuer-not-controller")),
        (signed(), site(KEY), (UNKNOWN, "method-unreachable")),
        (signed(), site(REVOKED, revokedAssertions=[to_sign()["id"]]), (FAILED, "status-revoked")),
        (signed(), site(REVOKED, revokedAssertions=[{"id": to_sign()["id"]}]), (FAILED, "status-revoked")),
        (signed(), site(REVOKED, issuer="https://other.example/issuer"), (FAILED, "status-list-issuer")),
        (signed(), site(REVOKED), (UNKNOWN, "status-unreachable")),
        (signed(alg="ES256"), None, (FAILED, "token-alg")),
    ],
)  # fmt: skip
def test_what_is_broken_in_one_place_is_named_for_it(data: Any, answers: Any, expected: Any) -> None:
    assert worst(data, answers) == expected


def test_a_flipped_bit_in_any_part_of_a_signed_assertion_fails() -> None:
    head, body, signature = signed().split(".")
    other = signed(to_sign(issuedOn="2019-06-01T09:00:01Z")).split(".")
    assert worst(f"{head}.{other[1]}.{signature}") == (FAILED, "proof-tampered")
    assert worst(f"{head}.{body}.{other[2]}") == (FAILED, "proof-tampered")


@pytest.mark.parametrize("data", ["{}", "words", "https://ancien.example/nothing", '{"type": "BadgeClass"}'])
def test_what_is_no_assertion_is_refused(data: str) -> None:
    with pytest.raises(Malformed):
        read(data)


# -- As an independent library reads them ---------------------------------------------------------
def theirs(data: Any, answers: dict[str, Any]) -> bool:
    """Whether openbadgeslib accepts it."""
    fetch = signers.hosts(answers)
    verifier = OB2Verifier(download=lambda url: fetch(url).body)
    try:
        if isinstance(data, dict):
            verifier.verify_hosted(data, check_revocation=True)
        else:
            verifier.verify(data, check_revocation=True)
    except OB2VerificationError:
        return False
    return True


@pytest.mark.parametrize(
    ("data", "answers"),
    [
        (assertion(), pages()),
        (signed(), pages()),
        (assertion(), pages(verification={"allowedOrigins": "elsewhere.example"})),
        (assertion(), site(ASSERTION, issuedOn="2018-06-01T09:00:00Z")),
        (signed(key=WEAK), pages()),
        (signed(), pages(publicKey=f"{HOME}/keys/2")),
        (signed(), site(KEY, owner="https://other.example/issuer")),
        (signed(), site(REVOKED, revokedAssertions=[to_sign()["id"]])),
        (signed(to_sign(expires="2020-01-01T00:00:00Z")), pages()),
    ],
)
def test_an_independent_library_says_the_same(data: Any, answers: dict[str, Any]) -> None:
    assert theirs(data, answers) is (read(data, answers).holds is True)


def test_the_key_of_the_tests_is_strong_enough() -> None:
    assert RSA.key_size == 2048


# -- In an examination ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "data",
    [
        json.dumps(assertion()),
        ASSERTION,
        signed(),
        make.png(make.itxt(signed(), keyword=b"openbadges")),
        make.png(make.itxt(ASSERTION, keyword=b"openbadges")),
        svg(f'<ob:assertion verify="{ASSERTION}"/>'),
    ],
    ids=["json", "link", "jws", "png-jws", "png-link", "svg-link"],
)
def test_an_examination_knows_an_assertion_in_every_form(data: bytes | str) -> None:
    report = examining.examine(data=data, now=NOW, fetch=signers.hosts(pages()))
    assert (report.standard, report.holds) == (Standard.OB2, True)


STRANGE: tuple[Any, ...] = (None, True, -1, "", "x", "https://[", [], {}, [None], {"id": []})


@pytest.mark.parametrize("address", [PROFILE, BADGE, KEY, REVOKED, ASSERTION])
@pytest.mark.parametrize("strange", STRANGE, ids=repr)
def test_whatever_an_issuers_site_says_is_reported_and_breaks_nothing(address: str, strange: Any) -> None:
    for member in pages()[address]:
        made = pages()
        made[address] = made[address] | {member: strange}
        for data in (assertion(), signed(), signed(to_sign(verification={"type": "SignedBadge"}))):
            assert len(read(data, made).findings) == 6
