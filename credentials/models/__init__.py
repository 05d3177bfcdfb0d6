"""What was awarded and signed: achievements, awards in their batches, credentials, status lists, messages."""

from .achievements import Achievement, AchievementAct
from .awards import AddressKind, Award, Batch, Chunk
from .corrections import CorrectionRequest
from .credentials import Credential, Filing, StatusChange
from .documents import SecuredDocument
from .endorsements import Endorsement, EndorsementList
from .lists import LIST_SIZE, StatusList, StatusListVersion
from .outgoing import Delivery, Endpoint, LocalMessage, Message, Outgoing, SmsDay
from .prints import PrintOrder, PrintPart
from .sessions import Enrolment, PaperSlip, Session

__all__ = [
    "LIST_SIZE",
    "Achievement",
    "AchievementAct",
    "AddressKind",
    "Award",
    "Batch",
    "Chunk",
    "CorrectionRequest",
    "Credential",
    "Delivery",
    "Endorsement",
    "EndorsementList",
    "Endpoint",
    "Enrolment",
    "Filing",
    "LocalMessage",
    "Message",
    "Outgoing",
    "PaperSlip",
    "PrintOrder",
    "PrintPart",
    "SecuredDocument",
    "Session",
    "SmsDay",
    "StatusChange",
    "StatusList",
    "StatusListVersion",
]
