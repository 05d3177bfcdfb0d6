"""Pure. Whether a document from elsewhere is about this learner: by an address that she proved, or by name.

Identifiers are compared in the clear or by their salted hash (Open Badges 3.0, IdentityObject and 9.3: the
identifier's UTF-8 with the salt behind it). What a document calls its subject's address must be hers; where
it gives none, the names decide by the rule that files certificates.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from verify.foreign.report import ForeignReport, HashedIdentifier

from . import names

#: Who somebody is, whatever else the identifier may name (a book, a tool, a course).
ADDRESSES = frozenset(
    {"emailaddress", "email", "telephone", "phone", "phonenumber", "ext:phone", "ext:telephone"}
)
NATIONAL = frozenset({"nationalidentitynumber"})
NAMES = frozenset({"name"})
#: Identifiers whose kind may be anything, an address too.
OPEN = frozenset({"identifier", "username", "accountid", "id", "url"})
_HASHES = {"sha256": 64, "md5": 32}
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_SCHEMES = ("mailto:", "tel:", "sms:")


class Belongs(StrEnum):
    """What came of the comparison."""

    BY_ADDRESS = "by-address"
    BY_NAME = "by-name"
    OTHER_ADDRESS = "other-address"  # it names an address, and she has proved none like it
    OTHER_NAME = "other-name"
    NOBODY = "nobody"  # it does not say whom it is about
    NATIONAL_NUMBER = "national-number"  # it carries what is kept nowhere here


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Of a learner what is compared: names, and the phones (E.164) and e-mails that she proved."""

    name_latin: str
    name_arabic: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def belongs(report: ForeignReport, person: Person) -> Belongs:
    """Whether the document of this report is about this person."""
    identifiers = [*report.identifiers, *_of_subject(report.subject_id)]
    if any(_kind(each) in NATIONAL for each in identifiers):
        return Belongs.NATIONAL_NUMBER
    forms = set(_forms(person))
    named = [each for each in identifiers if _kind(each) in ADDRESSES or _looks_like_address(each)]
    if any(_is_one_of(each, forms) for each in (*named, *(i for i in identifiers if _kind(i) in OPEN))):
        return Belongs.BY_ADDRESS
    if named:
        return Belongs.OTHER_ADDRESS
    said = recipients(report)
    if not said:
        return Belongs.NOBODY
    return Belongs.BY_NAME if is_named(said, person) else Belongs.OTHER_NAME


def recipients(report: ForeignReport) -> list[str]:
    """The names that the document gives its subject, each once."""
    plain = [each.value for each in report.identifiers if _kind(each) in NAMES and not each.hashed]
    return [name for name in dict.fromkeys(map(str.strip, (*report.recipient_names, *plain))) if name]


def is_named(said: Iterable[str], person: Person) -> bool:
    """Whether these names are hers: every script that both have agrees."""
    given = list(said)
    latin = next((name for name in given if not _ARABIC.search(name)), "")
    arabic = next((name for name in given if _ARABIC.search(name)), "")
    return names.match(latin=(latin, person.name_latin), arabic=(arabic, person.name_arabic))


def _kind(identifier: HashedIdentifier) -> str:
    return identifier.type.lower()


def _of_subject(subject: str) -> list[HashedIdentifier]:
    """A subject that is named by a mail or phone address."""
    if subject.lower().startswith("mailto:"):
        return [HashedIdentifier(type="emailAddress", hashed=False, value=subject)]
    if subject.lower().startswith("tel:"):
        return [HashedIdentifier(type="phone", hashed=False, value=subject)]
    return []


def _looks_like_address(identifier: HashedIdentifier) -> bool:
    return _kind(identifier) in OPEN and not identifier.hashed and _plain(identifier.value).count("@") == 1


def _plain(value: str) -> str:
    """An address without its scheme, case and the spaces of people."""
    text = value.strip().lower()
    for scheme in _SCHEMES:
        text = text.removeprefix(scheme)
    return re.sub(r"[\s().-]", "", text) if "@" not in text else text


def _forms(person: Person) -> Iterator[str]:
    """Every way in which her addresses are written by others before they are hashed."""
    for email in person.emails:
        yield email
        yield f"mailto:{email}"
    for phone in person.phones:
        digits = phone.removeprefix("+")
        forms = [phone, digits, f"00{digits}"]
        if phone.startswith("+212"):  # as it is dialled in Morocco
            forms.append(f"0{phone[4:]}")
        yield from forms
        yield from (f"tel:{form}" for form in forms)


def _is_one_of(identifier: HashedIdentifier, forms: set[str]) -> bool:
    if not identifier.hashed:
        return _plain(identifier.value) in forms
    algorithm, _dollar, digest = identifier.value.partition("$")
    if len(digest) != _HASHES.get(algorithm.lower()):
        return False
    return any(_hashed(algorithm.lower(), form + identifier.salt) == digest.lower() for form in forms)


def _hashed(algorithm: str, text: str) -> str:
    # MD5 stands in the specification; that nobody else's address has this hash is all that is asked of it.
    return hashlib.new(algorithm, text.encode(errors="replace"), usedforsecurity=False).hexdigest()
