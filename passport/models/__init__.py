"""The learner and her passport: accounts, proven addresses, entries, proposals."""

from credentials.models import AddressKind, Filing

from .entries import Entry, Opening, Proposal
from .people import Address, Code, Learner, LearnerManager

__all__ = [
    "Address",
    "AddressKind",
    "Code",
    "Entry",
    "Filing",
    "Learner",
    "LearnerManager",
    "Opening",
    "Proposal",
]
