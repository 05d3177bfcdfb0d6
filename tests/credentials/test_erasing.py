"""Erasing a certificate: whom it names goes everywhere, what was given away still verifies."""

from typing import Any

import pytest
from django.apps import apps
from django.db import models

from credentials import (
    batches,
    corrections,
    erasing,
    issuance,
    outbox,
    printing,
    rechecking,
    reissue,
    revocation,
    statuslists,
)
from credentials.errors import WrongStatus
from credentials.models import Achievement, Award, Batch, Credential, Message, PrintPart
from credentials.people import Person
from issuers import sealing
from issuers.models import AuditEvent
from tests.factories import (
    NOW,
    city_officer,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    publish_keys,
)
from verify import verifier
from verify.report import Verdict

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db

PHONE = "+212683000001"
FATIMA = Person(
    name_latin="Fatima-Zahra El Idrissi",
    name_arabic="فاطمة الزهراء الإدريسي",
    address_kind="phone",
    address=PHONE,
)
OMAR = Person(
    name_latin="Omar Alaoui", name_arabic="عمر العلوي", address_kind="phone", address="+212683000002"
)
#: What would tell who she was.
TRACES = (FATIMA.name_latin, FATIMA.name_arabic, PHONE, "Idrissi")


@pytest.fixture
def course(key_room: Any) -> Achievement:
    found = make_achievement(make_issuer())
    publish_keys()
    return found


def everything() -> str:
    """Every row of the product's own tables, as text."""
    said: list[str] = []
    for app in ("issuers", "credentials", "verify", "passport"):
        for model in apps.get_app_config(app).get_models():
            fields = [f.attname for f in model._meta.concrete_fields]
            rows = model._default_manager.values_list(*fields)
            said.extend(" ".join(_text(value) for value in row) for row in rows)
    return "\n".join(said)


def _text(value: Any) -> str:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", "ignore")
    return str(value)


def test_nothing_in_any_table_tells_who_it_was(course: Achievement) -> None:
    credential = make_credential(course, FATIMA, OMAR, kind=Batch.Kind.ROSTER)
    by = city_officer()
    revocation.suspend(
        credential=credential, reason="under-review", note="Idrissi, à vérifier", by=by, now=NOW
    )
    revocation.reinstate(credential=credential, reason="review-closed", by=by, now=NOW)
    corrections.ask(credential=credential, what="name", should_be="Idrissi El Fassi", now=NOW)
    order = printing.order_batch(batch=credential.award.batch, layout="pages", by=by, now=NOW)
    printing.prepare(now=NOW)
    assert all(trace in everything() for trace in TRACES)

    erasing.erase(ids=[credential.pk], by=None, now=NOW)

    said = everything()
    assert not [trace for trace in TRACES if trace in said]
    assert OMAR.name_latin in said
    assert OMAR.address in said
    names = [name for name, _data in printing._files(order, [0])]
    assert len(names) == 2, "Omar's page, and the note"
    assert not any("Idrissi" in name for name in names)


def test_the_copy_that_was_given_away_still_verifies_and_the_recheck_finds_nothing_wrong(
    course: Achievement,
) -> None:
    credential = make_credential(course, FATIMA)
    neighbour = make_credential(course, OMAR)
    sealing.seal(now=NOW)
    (gone,) = erasing.erase(ids=[credential.pk], by=None, now=NOW)
    assert verifier.verify(source=credential.jwt, now=NOW, door="page").verdict == Verdict.VALID
    tally = rechecking.Tally()
    assert list(rechecking.recheck(now=NOW, tally=tally)) == []
    assert (tally.checked, tally.erased) == (2, 1)
    stays = Credential.objects.get(pk=credential.pk)
    assert (stays.jwt, bytes(stays.paper), stays.name, stays.address) == ("", b"", "", "")
    assert (stays.status_list_id, stays.status_index) == gone.slot
    assert bytes(stays.sha256).hex() == gone.sha256
    assert stays.subject_id != credential.subject_id, "with it the hash could be tried against names"
    assert Credential.objects.get(pk=neighbour.pk).jwt


def test_two_people_of_one_class_can_be_erased(course: Achievement) -> None:
    first = make_credential(course, FATIMA, OMAR, kind=Batch.Kind.ROSTER)
    ids = list(Credential.objects.values_list("pk", flat=True))
    assert len(erasing.erase(ids=ids, by=None, now=NOW)) == 2
    assert erasing.erase(ids=[first.pk], by=None, now=NOW) == [], "once"
    assert AuditEvent.objects.filter(event="certificate-erased").count() == 2


def test_what_it_replaced_and_what_replaced_it_go_with_it(course: Achievement) -> None:
    old = make_credential(course, FATIMA)
    revocation.replace(
        credential=old, person=FATIMA, reason="corrected", by=city_officer(), idempotency_key="k", now=NOW
    )
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)
    assert Credential.objects.count() == 2
    gone = erasing.erase(ids=[old.pk], by=None, now=NOW)
    assert {each.id for each in gone} == set(Credential.objects.values_list("pk", flat=True))
    assert FATIMA.name_latin not in everything()


def test_whoever_was_just_being_signed_anew_is_not_stored_afterwards(course: Achievement) -> None:
    old = make_credential(course, FATIMA)
    batch = revocation.replace(
        credential=old, person=FATIMA, reason="corrected", by=city_officer(), idempotency_key="k", now=NOW
    )
    chunk = batch.chunks.get()
    row = batch.awards.get()
    erasing.erase(ids=[old.pk], by=None, now=NOW)
    assert row.state == Award.State.PENDING
    # A worker that had read the row before goes on as if nothing had happened.
    Award.objects.filter(pk=row.pk).update(
        state="pending",
        name_latin=row.name_latin,
        name_arabic=row.name_arabic,
        address=row.address,
        address_kind=row.address_kind,
        person_hash=row.person_hash,
    )
    assert chunk.state == "ready"
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)
    assert Credential.objects.count() == 1
    row.refresh_from_db()
    assert (row.state, row.error_code) == ("failed", "predecessor-ended")
    assert erasing.tend(now=NOW) == 1
    assert FATIMA.name_latin not in everything()
    assert erasing.tend(now=NOW) == 0


def test_an_order_that_waits_when_it_is_erased_is_cancelled(course: Achievement) -> None:
    old = make_credential(course, FATIMA)
    batch = revocation.replace(
        credential=old, person=FATIMA, reason="corrected", by=city_officer(), idempotency_key="k", now=NOW
    )
    erasing.erase(ids=[old.pk], by=None, now=NOW)
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)
    assert batch.awards.get().state == Award.State.CANCELLED
    batches.close_finished(now=NOW)
    batch.refresh_from_db()
    assert batch.state == Batch.State.COMPLETE
    assert FATIMA.name_latin not in everything()


def test_a_print_that_was_being_made_meanwhile_is_cut_by_the_sweeper(course: Achievement) -> None:
    credential = make_credential(course, FATIMA, OMAR, kind=Batch.Kind.ROSTER)
    printing.order_batch(batch=credential.award.batch, layout="pages", by=city_officer(), now=NOW)
    printing.prepare(now=NOW)
    late = PrintPart.objects.values("data", "files").get()
    before = bytes(late["data"] or b"")
    erasing.erase(ids=[credential.pk], by=None, now=NOW)
    PrintPart.objects.update(**late)
    assert erasing.tend(now=NOW) == 1
    assert len(bytes(PrintPart.objects.get().data or b"")) < len(before)


def test_reissue_the_outbox_and_the_provider_leave_it_alone(course: Achievement) -> None:
    credential = make_credential(course, FATIMA)
    assert Message.objects.get().state == Message.State.PENDING
    erasing.erase(ids=[credential.pk], by=None, now=NOW)
    assert not Message.objects.exists(), "a message that waited is not sent"
    credential.refresh_from_db()
    assert not reissue._living(credential.key, now=NOW).exists()
    assert "replace" not in revocation.possible_acts(credential)
    with pytest.raises(WrongStatus):
        revocation.check(credential, "replace", "corrected")
    revocation.revoke(credential=credential, reason="fraud", by=city_officer(), now=NOW)
    statuslists.publish_changed(now=NOW)
    assert outbox.deliver_due(now=NOW) == 0


def test_an_awards_row_without_a_name_says_that_it_was_erased(course: Achievement) -> None:
    rule = next(c for c in Award._meta.constraints if c.name == "award_names_a_person")
    assert isinstance(rule, models.CheckConstraint)
    assert erasing.GONE in str(rule.condition)
