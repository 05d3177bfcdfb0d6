"""A minor asks for a guardian: she names an address, and whoever proves it says yes or no."""

from datetime import datetime, timedelta

from django.db import transaction

from . import codes, families
from .errors import AlreadyDecided, NotAMinor, NotYourPassport, OwnAddress, TooManyRequests
from .models import Address, GuardianRequest, Guardianship, Learner

PER_DAY = 3
#: After this a request is asked anew, not answered any more.
REQUEST_HOLDS = timedelta(days=30)


@transaction.atomic
def ask(*, ward: Learner, address: str, now: datetime) -> GuardianRequest:
    """A minor names a guardian's phone or e-mail; whoever proves it may accept. Asking again is one request.

    Raises BadAward, NotAMinor, OwnAddress, TooManyRequests.
    """
    kind, value = codes.read_address(address)
    Learner.objects.select_for_update().get(pk=ward.pk)
    if not families.is_minor(ward, now):
        raise NotAMinor
    if Address.objects.filter(learner=ward, kind=kind, value=value).exists():
        raise OwnAddress
    mine = GuardianRequest.objects.filter(ward=ward)
    mine.filter(answer="", asked_at__lte=now - REQUEST_HOLDS).delete()
    open_already = mine.filter(kind=kind, value=value, answer="").first()
    if open_already:
        return open_already
    if mine.filter(asked_at__gt=now - timedelta(days=1)).count() >= PER_DAY:
        raise TooManyRequests
    return GuardianRequest.objects.create(ward=ward, kind=kind, value=value, asked_at=now)


def requests_to(*, learner: Learner, now: datetime) -> list[GuardianRequest]:
    """What minors ask of her, at the addresses that she has proved."""
    proved = Address.objects.filter(learner=learner, verified_at__isnull=False).values_list("kind", "value")
    reached = set(proved)
    open_ones = GuardianRequest.objects.filter(
        value__in=[value for _kind, value in reached], answer="", asked_at__gt=now - REQUEST_HOLDS
    ).exclude(ward=learner)
    return [one for one in open_ones.select_related("ward") if (one.kind, one.value) in reached]


def requests_of(*, ward: Learner, now: datetime) -> list[GuardianRequest]:
    """Whom she has asked and who has not answered."""
    return list(GuardianRequest.objects.filter(ward=ward, answer="", asked_at__gt=now - REQUEST_HOLDS))


@transaction.atomic
def answer(
    *,
    learner: Learner,
    request_id: str,
    yes: bool,
    relationship: str,
    own_birth_year: int | None,
    now: datetime,
) -> Guardianship | None:
    """She says yes or no to a minor's request. Raises NotYourPassport for one that was not asked of her,
    AlreadyDecided, NotOfAge, NotAMinor, GuardianAlready.
    """
    asked = next((one for one in requests_to(learner=learner, now=now) if one.pk == request_id), None)
    if asked is None:
        raise NotYourPassport
    said = GuardianRequest.Answer.YES if yes else GuardianRequest.Answer.NO
    begun = None
    if yes:
        begun = families.begin(
            guardian=learner,
            ward=asked.ward,
            relationship=relationship,
            how=Guardianship.How.ASKED,
            own_birth_year=own_birth_year,
            by=None,
            house=None,
            now=now,
        )
    taken = GuardianRequest.objects.filter(pk=asked.pk, answer="").update(
        answer=said, answered_at=now, answered_by=learner
    )
    if not taken:
        raise AlreadyDecided
    return begun
