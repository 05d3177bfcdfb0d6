"""What a learner holds, and how she lets it be seen."""

from datetime import datetime

from django.db.models import QuerySet

from credentials.errors import BadAward
from credentials.models import Credential

from .errors import NotYourPassport
from .models import Entry, Learner, Presentation

#: What she may choose for a certificate's page; the public one only where there is a public page.
VISIBILITIES = (Credential.Visibility.LINK, Credential.Visibility.PRIVATE)
#: What a list of certificates does without.
DOCUMENTS = ("credential__jwt", "credential__paper")


def _of(learner: Learner) -> QuerySet[Entry]:
    return Entry.objects.filter(learner=learner).select_related(
        "credential__achievement__issuer", "credential__issuer"
    )


def entry_of(*, learner: Learner, credential_id: str) -> Entry:
    """One line of this passport. Raises NotYourPassport, the same for foreign and unknown."""
    found = _of(learner).filter(credential_id=credential_id).first()
    if found is None:
        raise NotYourPassport
    return found


def successor_of(*, entry: Entry) -> Entry | None:
    """The line of the same passport whose certificate has taken this one's place."""
    return Entry.objects.filter(learner=entry.learner_id, credential=entry.credential.replaced_by_id).first()


def visibilities(*, learner: Learner) -> tuple[str, ...]:
    """What she may choose from: public only while she has a public page."""
    page = Presentation.objects.filter(
        learner=learner, kind=Presentation.Kind.PAGE, withdrawn_at__isnull=True
    )
    return (*VISIBILITIES, Credential.Visibility.PUBLIC) if page.exists() else VISIBILITIES


def set_visibility(*, entry: Entry, visibility: str) -> None:
    """Who sees the certificate's page. Raises BadAward for a choice that there is not."""
    if visibility not in visibilities(learner=entry.learner):
        raise BadAward(field="visibility")
    Credential.objects.filter(pk=entry.credential_id).update(visibility=visibility)


def hide(*, entry: Entry, now: datetime) -> None:
    """Take it off the timeline; the certificate itself stays what it is."""
    Entry.objects.filter(pk=entry.pk).update(hidden_at=now)


def show(*, entry: Entry) -> None:
    """Put it back on the timeline."""
    Entry.objects.filter(pk=entry.pk).update(hidden_at=None)


def hidden(*, learner: Learner) -> list[Entry]:
    """What she has taken off the timeline."""
    return list(_of(learner).filter(hidden_at__isnull=False).defer(*DOCUMENTS))
