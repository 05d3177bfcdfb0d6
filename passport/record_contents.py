"""What the record of a passport would say now: names, certificates, and how they belong together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from credentials import records
from credentials.models import Achievement, Credential
from issuers import profiles
from issuers.models import SigningKey
from issuers.reading import the_city

from . import pathways, sharing
from .errors import ShowsLess
from .models import Entry, Learner, Presentation
from .requirements import read_all

COMPROMISED = SigningKey.State.COMPROMISED


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a record would say now; ``digest`` changes with it."""

    facts: records.RecordFacts
    credentials: list[Credential]
    digest: str


def contents_of(learner: Learner, presentation: Presentation | None, *, now: datetime) -> Contents:
    """What the record of this passport, or of what this link shows, would say now. Raises ShowsLess."""
    credentials = certificates_of(learner, presentation)
    with translation.override(learner.language):
        facts = _facts(learner, credentials, now=now)
    named = [(each.pk, _made(each)) for each in credentials]
    return Contents(facts=facts, credentials=credentials, digest=facts.digest(*named))


def certificates_of(learner: Learner, presentation: Presentation | None) -> list[Credential]:
    """What holds or has expired of what belongs in it, without the documents. Raises ShowsLess."""
    ids = _chosen(learner, presentation)[: records.MOST]
    places = {each: place for place, each in enumerate(ids)}
    living = Credential.objects.filter(pk__in=ids, status=Credential.Status.ACTIVE, erased_at__isnull=True)
    found = (
        living.exclude(key__state=COMPROMISED)
        .select_related("achievement__issuer", "document__key")
        .defer("jwt", "paper", "document__body")
    )
    return sorted(found, key=lambda each: places[each.pk])


def _chosen(learner: Learner, presentation: Presentation | None) -> list[str]:
    """The certificates that belong in it, in the order of the page. Raises ShowsLess."""
    if presentation is None:
        shown = Entry.objects.filter(learner=learner, hidden_at__isnull=True)
        return list(shown.values_list("credential_id", flat=True))
    if not sharing.detail_of(presentation).whole:
        raise ShowsLess
    items = [each for each in sharing.items_of(presentation=presentation) if isinstance(each, Entry)]
    private = Credential.Visibility.PRIVATE
    return [each.credential_id for each in items if each.credential.visibility != private]


def _made(credential: Credential) -> str:
    """When its file was made; nothing where there is none that counts."""
    document = getattr(credential, "document", None)
    if document is None or document.key.state == COMPROMISED:
        return ""
    return str(document.signed_at.isoformat())


def _facts(learner: Learner, credentials: Sequence[Credential], *, now: datetime) -> records.RecordFacts:
    courses = {each.achievement_id: each.achievement for each in credentials}
    return records.RecordFacts(
        issuer=profiles.city_profile(base_url=settings.BASE_URL, name=the_city().name_fr),
        name=_("Learner passport"),
        language=learner.language,
        name_latin=learner.name_latin,
        name_arabic=learner.name_arabic,
        pathways=_pathways(list(courses.values()), now=now),
        replaced=tuple(
            (_url(older), _url(course.pk))
            for course in courses.values()
            if (older := course.supersedes_id) in courses
        ),
    )


def _pathways(courses: Sequence[Achievement], *, now: datetime) -> tuple[records.PathwayFacts, ...]:
    """The city's pathways of which one of these does a step, each with all its steps."""
    met: dict[int, dict[int, tuple[str, ...]]] = {}
    published = pathways.published()
    for pathway in published:
        met[pathway.pk] = {
            step.place: tuple(
                _url(course.pk)
                for course in courses
                if any(wanted.met_by(course) for wanted in read_all(step.any_of))
            )
            for step in pathway.steps.all()
        }
    begun = [pathway for pathway in published if any(met[pathway.pk].values())]
    return tuple(
        records.PathwayFacts(
            url=f"{settings.BASE_URL}/pathways/{standing.pathway.slug}",
            version=f"{standing.pathway.decided_at:%Y-%m-%d}",
            title_fr=standing.pathway.title_fr,
            title_ar=standing.pathway.title_ar,
            about_fr=standing.pathway.about_fr,
            about_ar=standing.pathway.about_ar,
            steps=tuple(
                records.StepFacts(
                    place=stage.place,
                    name=" / ".join(stage.labels),
                    done_by=met[standing.pathway.pk][stage.place],
                )
                for stage in standing.stages
            ),
        )
        for standing in pathways.standings(pathways=begun, learner=None, now=now)
    )


def _url(achievement_id: str | None) -> str:
    return f"{settings.BASE_URL}/a/{achievement_id}"
