"""The learner and her passport: accounts, addresses, entries, questions, consents, who looked."""

from credentials.models import AddressKind, Filing

from .consents import Consent
from .declarations import Declaration
from .entries import Entry, Opening, Proposal
from .looks import Look
from .people import Address, Code, Learner, LearnerManager
from .presentations import Presentation, PresentationOpening, Shown

__all__ = [
    "Address",
    "AddressKind",
    "Code",
    "Consent",
    "Declaration",
    "Entry",
    "Filing",
    "Learner",
    "LearnerManager",
    "Look",
    "Opening",
    "Presentation",
    "PresentationOpening",
    "Proposal",
    "Shown",
]
