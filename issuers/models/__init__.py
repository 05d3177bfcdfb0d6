"""The register: the city's districts, who may award what, with which keys, and who works where."""

from .keys import Delegation, KeyWithdrawal, Publication, SigningKey, SigningOrder
from .log import AuditCheckpoint, AuditEvent, AuditLeaf, AuditMail, AuditWaiting
from .people import CITY_ROLES, PROVIDER_ROLES, ApiClient, Membership, Role
from .register import Arrondissement, City, Issuer, IssuerKind, Mandate, RegisterChange, Theme, Whereabouts
from .words import in_language, random_token

__all__ = [
    "CITY_ROLES",
    "PROVIDER_ROLES",
    "ApiClient",
    "Arrondissement",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditLeaf",
    "AuditMail",
    "AuditWaiting",
    "City",
    "Delegation",
    "Issuer",
    "IssuerKind",
    "KeyWithdrawal",
    "Mandate",
    "Membership",
    "Publication",
    "RegisterChange",
    "Role",
    "SigningKey",
    "SigningOrder",
    "Theme",
    "Whereabouts",
    "in_language",
    "random_token",
]
