"""Records: a passport, or what a link shows of it, as one file that the city signs (CLR 2.0).

It is made when somebody asks first, and kept until it would say something else: what it should say is looked
up anew each time. What a learner declares is not in it, since the city cannot vouch for it; nor is what no
longer holds, or came from elsewhere.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from jwt import InvalidTokenError

from credentials import dataintegrity, ownterms, records, securing
from credentials.models import Achievement, Credential, SecuredDocument
from issuers import audit, jose, keys, orders, profiles
from issuers.models import SigningKey
from issuers.reading import the_city

from . import pathways, sharing, showing
from .errors import NothingToRecord, ShowsLess
from .models import Entry, Learner, Presentation, Record
from .requirements import read_all

log = logging.getLogger(__name__)

KIND = "record"
#: Something changed while it was being signed: so often it is signed again at once.
TRIES = 3
COMPROMISED = SigningKey.State.COMPROMISED


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a record would say now; ``digest`` changes with it."""

    facts: records.RecordFacts
    credentials: list[Credential]
    digest: str


# -- Whoever has it ---------------------------------------------------------------------------------
def obtain(*, learner: Learner, presentation: Presentation | None = None, now: datetime) -> str | None:
    """The record of her passport, or of what this link shows, ordered first where it is not there.

    ``None`` if the signer takes longer than a page may. Raises NothingToRecord where no certificate would be
    in it, ShowsLess for a link that shows less than the certificates say.
    """
    contents = _contents(learner, presentation, now=now)
    if not contents.credentials:
        raise NothingToRecord
    if body := _said(learner, presentation, contents):
        return body
    subject = f"{learner.pk}/{presentation.pk}" if presentation else str(learner.pk)
    look = _look(learner, presentation, now=now)
    return orders.obtain(kind=KIND, subject=subject, look=look, now=now)


def _look(learner: Learner, presentation: Presentation | None, *, now: datetime) -> Callable[[], str | None]:
    """Looks for a record that still says what it should, and judges each one that it meets once."""
    judged: set[str] = set()

    def look() -> str | None:
        new = _kept(learner, presentation).exclude(pk__in=judged).values_list("pk", flat=True).first()
        if new is None:
            return None
        judged.add(new)
        return _said(learner, presentation, _contents(learner, presentation, now=now))

    return look


def _said(learner: Learner, presentation: Presentation | None, contents: Contents) -> str | None:
    """The record that says this, if it is there."""
    said = _kept(learner, presentation).filter(content=contents.digest)
    body: str | None = said.values_list("body", flat=True).first()
    return body


def held(*, learner: Learner, now: datetime) -> str | None:
    """The record of her whole passport, if it is there and says what it should."""
    return _said(learner, None, _contents(learner, None, now=now))


def take(*, token: str, counts: bool, reader: Any, now: datetime) -> str | None:
    """The record of what this link shows, while she shows it; whoever takes it has opened it.

    Raises LeadsNowhere, LinkHasExpired, and what ``obtain`` raises.
    """
    presentation = showing.open_presentation(token=token, now=now)
    body = obtain(learner=presentation.learner, presentation=presentation, now=now)
    if body is not None and counts and reader != presentation.learner:
        showing.count_opening(presentation=presentation, now=now)
    return body


def size(*, learner: Learner) -> int:
    """How many certificates the record of her whole passport would hold."""
    return len(_certificates(learner, None))


def _kept(learner: Learner, presentation: Presentation | None) -> Any:
    found = Record.objects.filter(learner=learner, presentation=presentation)
    return found.exclude(key__state=COMPROMISED)


# -- What it says -----------------------------------------------------------------------------------
def _contents(learner: Learner, presentation: Presentation | None, *, now: datetime) -> Contents:
    credentials = _certificates(learner, presentation)
    with translation.override(learner.language):
        facts = _facts(learner, credentials, now=now)
    named = [(each.pk, _made(each)) for each in credentials]
    return Contents(facts=facts, credentials=credentials, digest=facts.digest(*named))


def _certificates(learner: Learner, presentation: Presentation | None) -> list[Credential]:
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


# -- The signer -------------------------------------------------------------------------------------
@orders.makes(KIND)
def _make(subject: str, now: datetime) -> None:
    """Sign this record, unless it is there or nobody could be given it any more."""
    person, _slash, link = subject.partition("/")
    learner = Learner.objects.filter(pk=int(person), is_active=True).first()
    shown = Presentation.objects.filter(pk=link, learner=learner, withdrawn_at__isnull=True).first()
    if learner is None or (link and shown is None):
        return
    for _try in range(TRIES):
        if _signed(learner, shown, now=now):
            return


def _signed(learner: Learner, presentation: Presentation | None, *, now: datetime) -> bool:
    """Whether the record is there now, or cannot be; not if the passport changed while it was signed."""
    ids = [each.pk for each in _certificates(learner, presentation)]
    securing.secure_these(ids=ids, now=now)
    contents = _contents(learner, presentation, now=now)
    inside = _documents(contents.credentials)
    if not inside or _kept(learner, presentation).filter(content=contents.digest).exists():
        return True
    body, key_signer = _sign(contents, list(inside.values()), now=now)
    with transaction.atomic():
        key_signer.require_active()
        Learner.objects.select_for_update().get(pk=learner.pk)  # whoever erases waits, or was first
        if _contents(learner, presentation, now=now).digest != contents.digest:
            return False
        Record.objects.filter(learner=learner, presentation=presentation).delete()
        made = Record.objects.create(
            learner=learner,
            presentation=presentation,
            content=contents.digest,
            key=key_signer.key,
            body=body,
            signed_at=now,
        )
        made.credentials.set(each for each in contents.credentials if each.pk in inside)
        sha256 = jose.digest(body.encode())
        audit.append(event="record-signed", now=now, about=made.pk, certificates=len(inside), sha256=sha256)
    return True


def _documents(credentials: Sequence[Credential]) -> dict[str, dict[str, Any]]:
    """The files of these certificates, each held against the VC-JWT that its issuer signed."""
    kept = SecuredDocument.objects.filter(credential__in=[each.pk for each in credentials])
    files = dict(kept.exclude(key__state=COMPROMISED).values_list("credential", "body"))
    found = {}
    for credential in credentials:
        document = json.loads(files.get(credential.pk, "{}"))
        said = {name: value for name, value in document.items() if name != "proof"}
        try:
            same = bool(said) and ownterms.spelled_out(said) == securing.statement(credential)
        except InvalidTokenError:
            same = False
        if same:
            found[credential.pk] = document
        else:
            log.error("not in a record", extra={"credential": credential.pk})
    return found


def _sign(
    contents: Contents, certificates: Sequence[dict[str, Any]], *, now: datetime
) -> tuple[str, keys.Signer]:
    document = records.compose(
        contents.facts, number=uuid4(), subject=uuid4(), valid_from=now, certificates=certificates
    )
    signer = keys.city_proof_signer(now=now)
    proof = dataintegrity.options(cryptosuite=securing.SUITE, verification_method=signer.kid, created=now)
    signable = records.lint_record(document, proof, city=profiles.did_for_city(base_url=settings.BASE_URL))
    signature = signer.proof(signable)
    if not keys.verify_bytes(signable.payload, signature, key=signer.key):
        raise RuntimeError("own signature does not verify")
    signed = dataintegrity.signed(document, proof, signature, array=True)
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")), signer
