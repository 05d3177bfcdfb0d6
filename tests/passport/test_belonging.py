"""Whose a document from elsewhere is: by an address that she proved, in the clear or hashed, or by name."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from passport.belonging import Belongs, Person, belongs, recipients
from verify.foreign.report import ForeignReport, HashedIdentifier, Standard

FATIMA = Person(
    name_latin="Fatima-Zahra El Idrissi",
    name_arabic="فاطمة الزهراء الإدريسي",
    phones=("+212683000001",),
    emails=("fatima@example.org",),
)


def report(*identifiers: HashedIdentifier, **fields: Any) -> ForeignReport:
    given: dict[str, Any] = {
        "standard": Standard.OB3,
        "securing": "eddsa-rdfc-2022",
        "document": {},
        "raw": "{}",
        "issuer_id": "did:key:z6Mk",
        "issuer_name": "",
        "findings": (),
        "checked_at": datetime(2026, 11, 24, tzinfo=UTC),
        "identifiers": identifiers,
    }
    return ForeignReport(**(given | fields))


def plain(value: str, kind: str = "emailAddress") -> HashedIdentifier:
    return HashedIdentifier(type=kind, hashed=False, value=value)


def hashed(value: str, salt: str = "", kind: str = "emailAddress") -> HashedIdentifier:
    return HashedIdentifier(type=kind, hashed=True, value=value, salt=salt)


def test_the_published_example_of_a_salted_hash_is_known() -> None:
    """Open Badges 3.0: sha256 of a@example.com and the salt Kosher."""
    person = Person(name_latin="A", name_arabic="", emails=("a@example.com",))
    digest = "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"
    assert belongs(report(hashed(digest, "Kosher")), person) is Belongs.BY_ADDRESS
    assert belongs(report(hashed(digest, "kosher")), person) is Belongs.OTHER_ADDRESS


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("fatima@example.org", "emailAddress"),
        (" Fatima@Example.ORG", "emailAddress"),
        ("mailto:fatima@example.org", "email"),
        ("fatima@example.org", "identifier"),
        ("+212683000001", "ext:phone"),
        ("0683-00 00 01", "telephone"),
        ("tel:+212683000001", "phone"),
        ("00212683000001", "identifier"),
    ],
)
def test_an_address_in_the_clear_is_hers_however_it_is_written(value: str, kind: str) -> None:
    assert belongs(report(plain(value, kind)), FATIMA) is Belongs.BY_ADDRESS


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("sha256$4d19bf3a61f25b4c1b2df07e32cf64b0bf6c6b1b4b7f9e7e1a8b6a2a4b2b1c00", "emailAddress"),
        ("sha256$", "emailAddress"),
        ("sha256$" + "é" * 64, "emailAddress"),
        ("sha1$" + "0" * 40, "emailAddress"),
        ("fatima@example.org", "emailAddress"),  # it says that this is a hash
    ],
)
def test_what_is_no_hash_of_hers_is_not_hers(value: str, kind: str) -> None:
    assert belongs(report(hashed(value, kind=kind)), FATIMA) is Belongs.OTHER_ADDRESS


def test_md5_of_the_older_badges_is_known() -> None:
    digest = hashlib.md5(b"fatima@example.orgsel", usedforsecurity=False).hexdigest()
    assert belongs(report(hashed(f"md5${digest}", "sel")), FATIMA) is Belongs.BY_ADDRESS


def test_an_address_that_is_not_hers_outweighs_a_name_that_is() -> None:
    named = report(plain("other@example.org"), recipient_names=("Fatima-Zahra El Idrissi",))
    assert belongs(named, FATIMA) is Belongs.OTHER_ADDRESS


@pytest.mark.parametrize(
    ("names", "outcome"),
    [
        (("FATIMA ZAHRA EL-IDRISSI",), Belongs.BY_NAME),
        (("فاطمة الزهراء الادريسي",), Belongs.BY_NAME),
        (("Fatima-Zahra El Idrissi", "فاطمة الزهراء الإدريسي"), Belongs.BY_NAME),
        (("Fatima-Zahra El Idrissi", "خديجة العمراني"), Belongs.OTHER_NAME),
        (("Khadija Amrani",), Belongs.OTHER_NAME),
        ((), Belongs.NOBODY),
        (("  ",), Belongs.NOBODY),
    ],
)
def test_without_an_address_the_names_decide(names: tuple[str, ...], outcome: Belongs) -> None:
    assert belongs(report(recipient_names=names), FATIMA) is outcome


def test_a_name_may_stand_among_the_identifiers() -> None:
    assert belongs(report(plain("Fatima Zahra El Idrissi", "name")), FATIMA) is Belongs.BY_NAME
    assert recipients(report(plain("Nour", "name"), recipient_names=("Nour",))) == ["Nour"]


def test_numbers_of_other_systems_say_nothing() -> None:
    student = report(plain("2019-4411", "sisSourcedId"), recipient_names=("Fatima-Zahra El Idrissi",))
    assert belongs(student, FATIMA) is Belongs.BY_NAME


def test_a_subject_may_be_an_address() -> None:
    assert belongs(report(subject_id="mailto:fatima@example.org"), FATIMA) is Belongs.BY_ADDRESS
    assert belongs(report(subject_id="tel:+212683000001"), FATIMA) is Belongs.BY_ADDRESS
    assert belongs(report(subject_id="mailto:o@example.org"), FATIMA) is Belongs.OTHER_ADDRESS


def test_a_national_number_is_never_taken_in() -> None:
    both = report(plain("fatima@example.org"), plain("BE123456", "nationalIdentityNumber"))
    assert belongs(both, FATIMA) is Belongs.NATIONAL_NUMBER
