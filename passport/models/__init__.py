"""The learner and her passport: accounts, addresses, entries, questions, consents, who looked."""

from credentials.models import AddressKind, Filing

from .cards import Card
from .consents import Consent
from .declarations import Declaration
from .entries import Entry, Opening, Proposal
from .looks import Look
from .people import Address, Code, Learner, LearnerManager

__all__ = [
    "Address",
    "AddressKind",
    "Card",
    "Code",
    "Consent",
    "Declaration",
    "Entry",
    "Filing",
    "Learner",
    "LearnerManager",
    "Look",
    "Opening",
    "Proposal",
]
