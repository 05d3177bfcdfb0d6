"""Who signs in to the demo."""

from dataclasses import dataclass

from issuers.models import Role
from passport.models import Address

from . import people


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One row of the table of demo sign-ins."""

    role: str
    name: str
    address: str
    second_step: bool


def sign_ins() -> list[SignIn]:
    """The demo's accounts that are in this database: none in a real city."""
    accounts = (*people.LEARNER_ACCOUNTS, *people.PROVIDER_STAFF, *people.CITY_STAFF)
    present = set(
        Address.objects.filter(value__in=[account.address for account in accounts]).values_list(
            "value", flat=True
        )
    )
    return [
        SignIn(
            role=_role(account),
            name=account.name_latin,
            address=account.address,
            second_step=bool(account.role),
        )
        for account in accounts
        if account.address in present
    ]


def _role(account: people.Account) -> str:
    name = str(Role(account.role).label).split(":")[0] if account.role else "Learner"
    return f"{name}, {account.about}" if account.about else name
