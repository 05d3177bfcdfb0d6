"""Finds a colleague by the number and the name of her passport, and changes what she may do."""

import unicodedata
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from . import staff
from .errors import BadEntry
from .models import Membership


class NobodyFound(BadEntry):
    """No passport has this number and this name: the same answer whichever of the two is wrong."""

    message = _("No passport has this number and this name. Check both with your colleague.")
    status = 404


def find(*, passport_number: str, name: str) -> Any:
    """The learner with this number whose name holds every word of ``name``. Raises NobodyFound.

    Both are asked for, so that numbers tried one after the other tell nobody's name.
    """
    digits = "".join(str(int(c)) for c in passport_number if c.isdecimal())
    learner = get_user_model().objects.filter(passport_number=digits, is_active=True).first()
    if learner is not None:
        typed = _words(name)
        for known in (_words(learner.name_latin), _words(learner.name_arabic)):
            if typed and typed <= known and len(typed) >= min(2, len(known)):
                return learner
    raise NobodyFound


def _words(name: str) -> frozenset[str]:
    """The words of a name without case, accents and vowel signs, whatever divides them."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return frozenset("".join(c if c.isalnum() else " " for c in plain.casefold()).split())


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: Any, now: datetime) -> Membership:
    """Give a member another role in place of this one. Raises all that adding and removing raise."""
    if membership.role == role:
        return membership
    changed = staff.add_member(issuer=membership.issuer, person=membership.person, role=role, by=by, now=now)
    staff.remove_member(membership=membership, by=by, now=now)
    return changed
