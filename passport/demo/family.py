"""The demo's families: a mother answers for her son, Fatima-Zahra for her daughter; who came in lately."""

from datetime import datetime, timedelta

from issuers.models import Issuer, Membership, Role
from passport import accounts, families
from passport.models import Learner

from . import people

SON = "Anas Lahlou"
DAUGHTER = ("Inès El Idrissi", "إيناس الإدريسي", 8)


def tell(*, now: datetime) -> None:
    """A clerk saw Khadija and Anas; Fatima-Zahra opened Inès’s passport; all came in lately."""
    _at_a_desk(now=now)
    fatima = Learner.objects.get(addresses__value=people.FATIMA_PHONE)
    latin, arabic, age = DAUGHTER
    families.open_for_child(
        guardian=fatima,
        name_latin=latin,
        name_arabic=arabic,
        language="fr",
        birth_year=now.year - age,
        relationship="mother",
        own_birth_year=None,
        now=now - timedelta(days=30),
    )
    reached = [("phone", people.FATIMA_PHONE), ("email", people.FATIMA_EMAIL), ("phone", people.FAMILY_PHONE)]
    for kind, value in reached:
        for learner in accounts.passports_of(kind=kind, value=value):
            accounts.prove(learner=learner, kind=kind, value=value, now=now - timedelta(days=2))


def _at_a_desk(*, now: datetime) -> None:
    """The mother lets her son share, and he says yes himself."""
    mother = Learner.objects.get(addresses__value=people.FAMILY_PHONE, name_latin=people.MOTHER.name_latin)
    son = Learner.objects.get(addresses__value=people.FAMILY_PHONE, name_latin=SON)
    house = Issuer.objects.filter(members__role=Role.CLERK)[0]
    clerk = Membership.objects.filter(role=Role.CLERK, issuer=house).select_related("person")[0]
    began = now - timedelta(days=200)
    linked = families.link_at_desk(
        guardian=mother,
        number=son.passport_number,
        relationship="mother",
        by=clerk.person,
        house=house,
        now=began,
    )
    families.allow_sharing(wardship=linked, now=began + timedelta(hours=1))
    families.say(
        learner=son, purpose=families.SHOWING, yes=True, language="fr", now=began + timedelta(days=1)
    )
