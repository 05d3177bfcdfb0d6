"""The learner and her passport: accounts, addresses, entries, questions, consents, who looked."""

from credentials.models import AddressKind, Filing

from .consents import Consent
from .declarations import Declaration
from .entries import Entry, Opening, Proposal
from .erasures import Erasure, IdleNotice
from .looks import Look
from .people import Address, Code, Learner, LearnerManager

__all__ = [
    "Address",
    "AddressKind",
    "Code",
    "Consent",
    "Declaration",
    "Entry",
    "Erasure",
    "Filing",
    "IdleNotice",
    "Learner",
    "LearnerManager",
    "Look",
    "Opening",
    "Proposal",
]
