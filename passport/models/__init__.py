"""The learner and her passport: accounts, addresses, families, entries, questions, consents, who looked."""

from credentials.models import AddressKind, Filing

from .cards import Card
from .consents import Consent
from .declarations import Declaration
from .entries import Entry, Opening, Proposal
from .erasures import Erasure, IdleNotice
from .families import Assent, GuardianRequest, Guardianship, MergedPassport, Relationship
from .imports import Import
from .looks import Look
from .pathways import Pathway, Step
from .people import Address, Code, Learner, LearnerManager
from .presentations import Presentation, PresentationOpening, Shown
from .records import Record

__all__ = [
    "Address",
    "AddressKind",
    "Assent",
    "Card",
    "Code",
    "Consent",
    "Declaration",
    "Entry",
    "Erasure",
    "Filing",
    "GuardianRequest",
    "Guardianship",
    "IdleNotice",
    "Import",
    "Learner",
    "LearnerManager",
    "Look",
    "MergedPassport",
    "Opening",
    "Pathway",
    "Presentation",
    "PresentationOpening",
    "Proposal",
    "Record",
    "Relationship",
    "Shown",
    "Step",
]
