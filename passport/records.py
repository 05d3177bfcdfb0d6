"""Records: a passport, or what a link shows of it, as one file that the city signs (CLR 2.0).

It is made when somebody asks first, and kept until it would say something else: what it should say is looked
up anew each time. What a learner declares is not in it, since the city cannot vouch for it; nor is what no
longer holds, or came from elsewhere.
"""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import transaction
from jwt import InvalidTokenError

from credentials import ownterms, proving, records, securing
from credentials.models import Credential, SecuredDocument
from issuers import audit, jose, keys, orders

from . import showing
from .errors import NothingToRecord
from .models import Learner, Presentation, Record
from .record_contents import COMPROMISED, Contents, certificates_of, contents_of

log = logging.getLogger(__name__)

KIND = "record"
#: Something changed while it was being signed: so often it is signed again at once.
TRIES = 3


# -- Whoever has it ---------------------------------------------------------------------------------
def obtain(*, learner: Learner, presentation: Presentation | None = None, now: datetime) -> str | None:
    """The record of her passport, or of what this link shows, ordered first where it is not there.

    ``None`` if the signer takes longer than a page may. Raises NothingToRecord where no certificate would be
    in it, ShowsLess for a link that shows less than the certificates say.
    """
    contents = contents_of(learner, presentation, now=now)
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
        return _said(learner, presentation, contents_of(learner, presentation, now=now))

    return look


def _said(learner: Learner, presentation: Presentation | None, contents: Contents) -> str | None:
    """The record that says this, if it is there."""
    said = _kept(learner, presentation).filter(content=contents.digest)
    body: str | None = said.values_list("body", flat=True).first()
    return body


def held(*, learner: Learner, now: datetime) -> str | None:
    """The record of her whole passport, if it is there and says what it should."""
    return _said(learner, None, contents_of(learner, None, now=now))


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
    return len(certificates_of(learner, None))


def _kept(learner: Learner, presentation: Presentation | None) -> Any:
    found = Record.objects.filter(learner=learner, presentation=presentation)
    return found.exclude(key__state=COMPROMISED)


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
    ids = [each.pk for each in certificates_of(learner, presentation)]
    securing.secure_these(ids=ids, now=now)
    contents = contents_of(learner, presentation, now=now)
    inside = _documents(contents.credentials)
    if not inside or _kept(learner, presentation).filter(content=contents.digest).exists():
        return True
    body, key_signer = _sign(contents, list(inside.values()), now=now)
    with transaction.atomic():
        key_signer.require_active()
        Learner.objects.select_for_update().get(pk=learner.pk)  # whoever erases waits, or was first
        if contents_of(learner, presentation, now=now).digest != contents.digest:
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
    signer = proving.signer_of(None, now=now)
    lint = partial(records.lint_record, document, city=signer.did)
    signed = proving.proved(document, signer=signer, lint=lint, now=now, array=True)
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")), signer
