"""What was awarded and signed: achievements, awards in their batches, credentials, status lists, messages."""

from .achievements import Achievement, AchievementAct
from .awards import AddressKind, Award, Batch, Chunk
from .credentials import Credential, Filing, StatusChange
from .lists import LIST_SIZE, StatusList, StatusListVersion
from .outgoing import Delivery, Endpoint, LocalMessage, Message, Outgoing, SmsDay
from .prints import PrintOrder, PrintPart

__all__ = [
    "LIST_SIZE",
    "Achievement",
    "AchievementAct",
    "AddressKind",
    "Award",
    "Batch",
    "Chunk",
    "Credential",
    "Delivery",
    "Endpoint",
    "Filing",
    "LocalMessage",
    "Message",
    "Outgoing",
    "PrintOrder",
    "PrintPart",
    "SmsDay",
    "StatusChange",
    "StatusList",
    "StatusListVersion",
]
