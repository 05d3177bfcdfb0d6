"""Who signs in to the demo, and where the codes appear."""

from dataclasses import dataclass

from django.conf import settings

from issuers.models import Role
from passport.models import Address

from . import people


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One row of the table of demo sign-ins."""

    role: str
    name: str
    address: str
    codes: str


def sign_ins() -> list[SignIn]:
    """The demo's accounts that are in this database: none in a real city."""
    accounts = (people.FATIMA, *people.PROVIDER_STAFF, *people.CITY_STAFF)
    present = set(
        Address.objects.filter(value__in=[account.address for account in accounts]).values_list(
            "value", flat=True
        )
    )
    return [
        SignIn(
            role=str(Role(account.role).label).split(":")[0] if account.role else "Learner",
            name=account.name_latin,
            address=account.address,
            codes=f"{settings.BASE_URL}/outbox/",
        )
        for account in accounts
        if account.address in present
    ]
