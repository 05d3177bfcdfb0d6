"""A list of people from its first look to its last row: judged, accepted, issued, mended, stopped."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from credentials import (
    batches,
    bitstring,
    checking,
    issuance,
    ledger,
    outbox,
    paper,
    queue,
    reading,
    rosters,
    slips,
)
from credentials.errors import BadAward, BatchClosed, NobodyToIssue, NotYours
from credentials.models import (
    LIST_SIZE,
    Achievement,
    Award,
    Batch,
    Chunk,
    Credential,
    Message,
    StatusList,
)
from credentials.people import Person
from issuers import jose, registry
from issuers.errors import IssuerSuspended
from passport.models import Entry
from tests.factories import (
    NOW,
    city_officer,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    make_member,
)
from verify import verifier

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
ROSTER = Batch.Kind.ROSTER
DAY = date(2026, 11, 20)


@pytest.fixture
def achievement(key_room: Any) -> Achievement:
    return make_achievement(make_issuer())


def letters(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(3)).title()


def people(count: int) -> list[dict[str, str]]:
    """So many rows that are right."""
    return [{"name_latin": f"Salma {letters(n)}", "phone": f"06{12_000_000 + n}"} for n in range(count)]


def checked(rows: Sequence[Mapping[str, str]], *, day: date = DAY) -> list[rosters.Checked]:
    return [
        rosters.check(row, number=line, default_day=day, default_language="fr")
        for line, row in enumerate(rows, start=2)
    ]


def accept(
    achievement: Achievement, rows: Sequence[Mapping[str, str]], *, key: str = "k", **rest: Any
) -> Batch:
    return batches.accept_rows(
        issuer=achievement.issuer,
        achievement=achievement,
        awarded_on=DAY,
        rows=checked(rows),
        idempotency_key=key,
        request_hash=rest.pop("request_hash", "h"),
        now=NOW,
        **rest,
    ).batch


def draft(achievement: Achievement, text: str, **rest: Any) -> Any:
    data = text.encode()
    return batches.draft(
        issuer=achievement.issuer,
        achievement=achievement,
        awarded_on=DAY,
        sheet=rosters.read(data, filename="classe.csv"),
        data=data,
        file_name="classe.csv",
        language="fr",
        by=rest.pop("by", None),
        now=rest.pop("now", NOW),
        **rest,
    )


CLASS = """Nom complet;Téléphone
Salma Tazi;0612345678
Omar Alaoui;06123
Hajar Naciri;0612345679
salma TAZI;06 12 34 56 78
"""


def states(batch: Batch) -> list[str]:
    return list(batch.awards.order_by("row").values_list("state", flat=True))


# -- Judging --------------------------------------------------------------------------------------
def test_a_draft_judges_every_row_and_signs_nothing(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    assert states(batch) == ["pending", "failed", "pending", "duplicate"]
    bad = batch.awards.get(row=2)
    assert (bad.line, bad.error_field, bad.typed) == (
        3,
        "phone",
        {"name": "Omar Alaoui", "phone": "06123"},
    )
    assert [problem["code"] for problem in bad.problems] == [bad.error_code]
    assert batch.awards.get(row=4).problems[0] == {
        "field": "name_latin",
        "code": "duplicate-in-file",
        "value": "",
        "row": 2,
    }
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 0
    assert not Chunk.objects.exists()


def test_a_row_with_several_slips_names_them_all(achievement: Achievement) -> None:
    rows = checking.judge(
        achievement=achievement,
        session="",
        rows=checked([{"name_latin": "R2D2", "phone": "12", "awarded_on": "31/02/2026"}]),
        default_day=DAY,
        now=NOW,
    )
    assert {problem["field"] for problem in rows[0].problems} == {"name_latin", "phone", "awarded_on"}


@pytest.mark.parametrize(
    ("written", "code"), [("25/11/2026", "date-future"), ("01/01/2020", "date-expired"), ("hier", "date")]
)
def test_a_day_that_cannot_be_awarded_is_a_problem_of_its_row(key_room: Any, written: str, code: str) -> None:
    achievement = make_achievement(make_issuer(), valid_months=12)
    (row,) = checking.judge(
        achievement=achievement,
        session="",
        rows=checked([{"name_latin": "Salma Tazi", "awarded_on": written}]),
        default_day=DAY,
        now=NOW,
    )
    assert row.problems[0]["field"] == "awarded_on"
    assert row.problems[0]["code"].startswith(code)


def test_a_row_has_a_day_of_its_own(achievement: Achievement) -> None:
    batch = accept(achievement, [{"name_latin": "Salma Tazi", "awarded_on": "5 mars 2026"}])
    issuance.issue_ready(kind=ROSTER, now=NOW)
    assert Credential.objects.get(award__batch=batch).awarded_on == date(2026, 3, 5)


def test_a_name_too_long_for_the_printed_code_is_told_before_anything_is_signed(
    key_room: Any,
) -> None:
    achievement = make_achievement(make_issuer(), title_fr="Atelier " + "très " * 20 + "long")
    name = "محمد بن عبد القادر الشرقاوي " * 2 + "بن عبد السلام الإدريسي"
    first, second = checking.judge(
        achievement=achievement,
        session="",
        rows=checked([{"name_latin": "Salma Tazi"}, {"name_arabic": name}]),
        default_day=DAY,
        now=NOW,
    )
    assert (first.state, first.error_code) == ("pending", "")
    assert (second.line, second.error_code, second.error_field) == (3, "qr-too-dense", "name_arabic")
    assert second.problems == [{"field": "name_arabic", "code": "qr-too-dense", "value": name}]
    with translation.override("en"):
        assert "Write it shorter" in str(slips.sentence("qr-too-dense"))


def test_a_long_title_is_shortened_on_paper_and_nowhere_else(key_room: Any) -> None:
    title = "Atelier " + "très " * 20 + "long"
    achievement = make_achievement(make_issuer(), title_fr=title)
    credential = make_credential(achievement, Person(name_latin="Salma " + "Benabdelkader " * 5 + "Tazi"))
    claim = paper.parse(bytes(credential.paper)).claim
    assert claim.title.endswith("très…")
    assert paper.is_title(claim.title, title)
    assert json.loads(jose.unb64(credential.jwt.split(".")[1]))["name"] == title
    assert verifier.verify(source=reading.qr_text(credential), now=NOW, door="page").verdict == "valid"


def test_who_has_the_certificate_already_is_a_repeat_that_names_it(achievement: Achievement) -> None:
    held = make_credential(achievement, Person(name_latin="Salma Tazi"), awarded_on=DAY)
    batch = accept(achievement, [{"name_latin": "SALMA  Tazi"}, {"name_latin": "Omar Alaoui"}])
    assert states(batch) == ["duplicate", "pending"]
    assert batch.awards.get(row=1).problems[0]["credential"] == held.pk


def test_another_session_or_another_day_is_no_repeat(achievement: Achievement) -> None:
    make_credential(achievement, Person(name_latin="Salma Tazi"), awarded_on=DAY)
    assert states(accept(achievement, [{"name_latin": "Salma Tazi"}], session="B")) == ["pending"]
    renewed = [{"name_latin": "Salma Tazi", "awarded_on": "2026-11-21"}]
    assert states(accept(achievement, renewed, key="k2")) == ["pending"]


def test_who_waits_in_another_list_is_a_repeat(achievement: Achievement) -> None:
    accept(achievement, [{"name_latin": "Salma Tazi"}])
    batch = accept(achievement, [{"name_latin": "Salma Tazi"}, {"name_latin": "Omar Alaoui"}], key="k2")
    assert batch.awards.get(row=1).problems[0]["code"] == "waiting-elsewhere"


def test_siblings_with_one_phone_both_pass(achievement: Achievement) -> None:
    rows = [{"name_latin": name, "phone": "0612345678"} for name in ("Hajar Tazi", "Omar Tazi")]
    assert states(accept(achievement, rows)) == ["pending", "pending"]


def test_the_same_person_on_another_day_of_the_list_is_a_renewal(achievement: Achievement) -> None:
    rows = [{"name_latin": "Salma Tazi", "awarded_on": day} for day in ("2026-11-19", "2026-11-20")]
    assert states(accept(achievement, rows)) == ["pending", "pending"]


# -- Accepting ------------------------------------------------------------------------------------
def test_bad_rows_stay_and_the_others_are_issued(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    batches.accept_draft(batch=batch, by=None, now=NOW)
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 2
    assert states(batch) == ["issued", "failed", "issued", "duplicate"]
    batch.refresh_from_db()
    assert batch.state == Batch.State.COMPLETE


def test_the_same_file_again_leads_to_the_list_that_is_here(achievement: Achievement) -> None:
    first = draft(achievement, CLASS)
    again = draft(achievement, CLASS)
    assert (again.batch.pk, again.created) == (first.batch.pk, False)
    assert draft(achievement, CLASS, session="B").created


def test_the_same_key_with_other_rows_is_refused(achievement: Achievement) -> None:
    accept(achievement, people(1))
    with pytest.raises(BadAward):
        accept(achievement, people(2), request_hash="other")


def test_a_list_without_a_right_row_is_refused_with_its_rows(achievement: Achievement) -> None:
    with pytest.raises(NobodyToIssue) as refused:
        accept(achievement, [{"name_latin": "R2D2"}, {"phone": "0612345678"}])
    assert len(refused.value.rows) == 2
    assert not Batch.objects.exists()


def test_a_draft_without_a_right_row_is_not_accepted(achievement: Achievement) -> None:
    batch = draft(achievement, "Nom;Téléphone\nR2D2;06\n").batch
    with pytest.raises(NobodyToIssue):
        batches.accept_draft(batch=batch, by=None, now=NOW)


def test_a_draft_is_accepted_once(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    batches.accept_draft(batch=batch, by=None, now=NOW)
    with pytest.raises(BatchClosed):
        batches.accept_draft(batch=batch, by=None, now=NOW)


def test_a_provider_that_was_stopped_meanwhile_accepts_nothing(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    registry.suspend_issuer(issuer=achievement.issuer, reason="Contrôle", by=city_officer(), now=NOW)
    with pytest.raises(IssuerSuspended):
        batches.accept_draft(batch=batch, by=None, now=NOW)


def test_every_row_has_a_slot_of_its_own_across_lists(
    achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "CHUNK_ROWS", 10)
    full = StatusList.objects.create(
        issuer=achievement.issuer, permutation_key=bytes(16), next_index=LIST_SIZE - 13
    )
    batch = accept(achievement, people(35))
    chunks = list(batch.chunks.order_by("first_row").values_list("first_row", "last_row"))
    assert chunks == [(1, 10), (11, 13), (14, 20), (21, 30), (31, 35)]
    issuance.issue_ready(kind=ROSTER, now=NOW)
    slots = list(Credential.objects.values_list("status_list_id", "status_index"))
    assert len(set(slots)) == 35
    old = {index for number, index in slots if number == full.pk}
    assert old == {bitstring.slot(bytes(16), LIST_SIZE - 13 + n) for n in range(13)}


def test_what_is_issued_goes_into_passports(
    achievement: Achievement, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    learner = make_learner(name_latin=f"Salma {letters(0)}", name_arabic="")
    learner.addresses.create(kind="phone", value="+212612000000", verified_at=NOW, added_at=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        accept(achievement, people(3))
        issuance.issue_ready(kind=ROSTER, now=NOW)
    assert Entry.objects.get().learner == learner


def test_messages_are_written_with_the_certificates(achievement: Achievement) -> None:
    accept(achievement, people(3))
    accept(achievement, people(5)[3:], key="quiet", notify=False)
    issuance.issue_ready(kind=ROSTER, now=NOW)
    assert Message.objects.count() == 3
    assert outbox.deliver_due(now=NOW) == 3


def test_messages_of_a_long_list_leave_once_it_has_had_time_to_end(
    achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "CHUNK_ROWS", 2)
    accept(achievement, people(3))
    issuance.issue_ready(kind=ROSTER, now=NOW)
    assert outbox.deliver_due(now=NOW) == 0
    assert outbox.deliver_due(now=NOW + issuance.LONG_LISTS_TELL) == 3


# -- Mending and trying again ---------------------------------------------------------------------
def test_a_mended_row_of_a_draft_waits_for_acceptance(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    row = batches.mend(
        batch=batch, row=2, cells={"name": "Omar Alaoui", "phone": "0612345670"}, language="fr", now=NOW
    )
    assert (row.state, row.address, row.typed, row.problems) == ("pending", "+212612345670", None, [])
    assert not Chunk.objects.exists()


def test_a_mended_row_is_issued_after_the_others(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    batches.accept_draft(batch=batch, by=None, now=NOW)
    issuance.issue_ready(kind=ROSTER, now=NOW)
    batches.mend(
        batch=batch, row=2, cells={"name": "Omar Alaoui", "phone": "0612345670"}, language="fr", now=NOW
    )
    batch.refresh_from_db()
    assert batch.state == Batch.State.ACCEPTED
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 1
    batch.refresh_from_db()
    assert batch.state == Batch.State.COMPLETE
    assert states(batch) == ["issued", "issued", "issued", "duplicate"]


def test_a_row_mended_wrongly_keeps_what_was_typed_now(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    row = batches.mend(batch=batch, row=2, cells={"name": "Omar", "phone": "07"}, language="fr", now=NOW)
    assert (row.state, row.typed) == ("failed", {"name": "Omar", "phone": "07"})


def test_a_row_mended_into_its_neighbour_is_a_repeat(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    cells = {"name": "Salma Tazi", "phone": "0612345678"}
    row = batches.mend(batch=batch, row=2, cells=cells, language="fr", now=NOW)
    assert (row.state, row.problems[0]["row"]) == ("duplicate", 2)


def test_a_repeat_can_be_mended_too(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    cells = {"name": "Salma Tazi-Alami", "phone": "0612345678"}
    assert batches.mend(batch=batch, row=4, cells=cells, language="fr", now=NOW).state == "pending"


def test_a_decided_row_is_not_mended_and_a_foreign_one_not_found(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    with pytest.raises(BatchClosed):
        batches.mend(batch=batch, row=1, cells={"name": "Omar"}, language="fr", now=NOW)
    with pytest.raises(NotYours):
        batches.mend(batch=batch, row=99, cells={"name": "Omar"}, language="fr", now=NOW)


def test_rows_that_failed_for_no_fault_of_theirs_are_tried_again(achievement: Achievement) -> None:
    batch = accept(achievement, [*people(3), {"name_latin": "R2D2"}])
    officer = city_officer()
    registry.suspend_issuer(issuer=achievement.issuer, reason="Contrôle", by=officer, now=NOW)
    issuance.issue_ready(kind=ROSTER, now=NOW)
    assert states(batch) == ["failed"] * 4
    registry.reinstate_issuer(issuer=achievement.issuer, by=make_member(None, "approver"), now=NOW)
    assert batches.retry(batch=batch, now=NOW) == 3
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 3
    assert states(batch) == ["issued", "issued", "issued", "failed"]


def test_one_row_alone_can_be_tried_again(achievement: Achievement) -> None:
    batch = accept(achievement, people(3))
    batch.awards.update(state="failed", error_code="quarantined")
    batch.chunks.update(state="done")
    assert batches.retry(batch=batch, rows=[2], now=NOW) == 1
    issuance.issue_ready(kind=ROSTER, now=NOW)
    assert states(batch) == ["failed", "issued", "failed"]


def test_a_draft_has_nothing_to_try_again(achievement: Achievement) -> None:
    with pytest.raises(BatchClosed):
        batches.retry(batch=draft(achievement, CLASS).batch, now=NOW)


# -- Stopping -------------------------------------------------------------------------------------
def test_cancelling_stops_what_is_not_signed_and_leaves_the_rest(
    achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "CHUNK_ROWS", 2)
    batch = accept(achievement, people(6))
    assert issuance.issue_ready(kind=ROSTER, now=NOW, limit=1) == 2
    assert batches.cancel(batch=batch, by=None, now=NOW) == 4
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 0
    assert states(batch) == ["issued"] * 2 + ["cancelled"] * 4
    assert set(Credential.objects.values_list("status", flat=True)) == {"active"}


def test_a_worker_in_the_middle_of_a_cancelled_chunk_stores_nothing(achievement: Achievement) -> None:
    batch = accept(achievement, people(3))
    taken = queue.take(kind=ROSTER)
    assert taken is not None
    batches.cancel(batch=batch, by=None, now=NOW)
    assert issuance.issue_chunk(taken, now=NOW) == 0
    assert not Credential.objects.exists()


def test_a_finished_list_is_not_cancelled(achievement: Achievement) -> None:
    batch = accept(achievement, people(1))
    issuance.issue_ready(kind=ROSTER, now=NOW)
    with pytest.raises(BatchClosed):
        batches.cancel(batch=batch, by=None, now=NOW)


def test_the_file_of_a_cancelled_list_may_come_again(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    batches.accept_draft(batch=batch, by=None, now=NOW)
    batches.cancel(batch=batch, by=None, now=NOW)
    assert draft(achievement, CLASS).created


def test_a_draft_is_thrown_away_with_all_that_was_typed(achievement: Achievement) -> None:
    batches.discard(batch=draft(achievement, CLASS).batch)
    assert not Award.objects.exists()
    accepted = accept(achievement, people(1))
    with pytest.raises(BatchClosed):
        batches.discard(batch=accepted)


def test_drafts_are_forgotten_after_a_week(achievement: Achievement) -> None:
    draft(achievement, CLASS)
    accept(achievement, people(1))
    assert batches.forget_drafts(now=NOW + timedelta(days=6)) == 0
    assert batches.forget_drafts(now=NOW + timedelta(days=8)) == 1
    assert Batch.objects.get().state == Batch.State.ACCEPTED


# -- Looking on -----------------------------------------------------------------------------------
def test_progress_counts_the_rows_by_state(achievement: Achievement) -> None:
    batch = draft(achievement, CLASS).batch
    counted = batches.progress(batch=batch, now=NOW)
    assert (counted.total, counted.pending, counted.failed, counted.duplicate) == (4, 2, 1, 1)
    batches.accept_draft(batch=batch, by=None, now=NOW)
    issuance.issue_ready(kind=ROSTER, now=NOW)
    batch.refresh_from_db()
    counted = batches.progress(batch=batch, now=NOW)
    assert (counted.issued, counted.pending, counted.percent, counted.seconds_left) == (2, 0, 100, None)


def test_the_time_left_follows_from_the_rate(
    achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "CHUNK_ROWS", 2)
    batch = accept(achievement, people(6))
    issuance.issue_ready(kind=ROSTER, now=NOW, limit=1)
    counted = batches.progress(batch=batch, now=NOW + timedelta(seconds=4))
    assert (counted.rate, counted.seconds_left) == (0.5, 9)


def test_counting_and_reading_rows_costs_the_same_however_many_there_are(
    achievement: Achievement, django_assert_max_num_queries: Any
) -> None:
    batch = accept(achievement, people(200))
    issuance.issue_ready(kind=ROSTER, now=NOW)
    with django_assert_max_num_queries(3):
        batches.progress(batch=batch, now=NOW)
        for row in batches.rows(batch=batch, state="issued"):
            assert row.credential.messages.all()


def test_a_list_whose_last_worker_died_is_closed_by_the_sweeper(achievement: Achievement) -> None:
    batch = accept(achievement, people(1))
    taken = queue.take(kind=ROSTER)
    assert taken is not None
    issuance.issue_chunk(taken, now=NOW)
    assert Batch.objects.get(pk=batch.pk).state == Batch.State.ACCEPTED
    batches.close_finished(now=NOW)
    assert Batch.objects.get(pk=batch.pk).state == Batch.State.COMPLETE


def test_a_key_that_ended_between_signing_and_storing_leaves_nothing_behind(
    achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    from issuers import keys
    from issuers.errors import NoActiveKey
    from issuers.models import SigningKey

    accept(achievement, people(2))
    run = issuance.Signing.run

    def late(self: issuance.Signing, *given: Any) -> Any:
        signed = run(self, *given)
        keys.mark_compromised(key=SigningKey.objects.get(pk=self.signer.key.pk), by=None, now=NOW)
        return signed

    monkeypatch.setattr(issuance.Signing, "run", late)
    taken = queue.take(kind=ROSTER)
    assert taken is not None
    with pytest.raises(NoActiveKey):
        issuance.issue_chunk(taken, now=NOW)
    assert not Credential.objects.exists()


# -- At once --------------------------------------------------------------------------------------
def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What ``act`` gives, done by so many threads at the same moment, each with a connection of its own."""
    gate, given = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        gate.wait()
        try:
            given[number] = act(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once_is_one_list(achievement: Achievement) -> None:
    opened = at_once(4, lambda _: draft(achievement, CLASS))
    assert len({each.batch.pk for each in opened}) == 1
    assert sorted(each.created for each in opened) == [False, False, False, True]
    assert Award.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_several_workers_issue_each_row_once(
    achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "CHUNK_ROWS", 10)
    batch = accept(achievement, people(150))
    issued = at_once(3, lambda _: issuance.issue_ready(kind=ROSTER, now=NOW))
    assert sum(issued) == 150
    assert set(states(batch)) == {"issued"}
    assert Credential.objects.filter(award__batch=batch).count() == 150
    assert Batch.objects.get(pk=batch.pk).state == Batch.State.COMPLETE


@pytest.mark.django_db(transaction=True)
def test_two_lists_with_the_same_people_issue_them_once(
    achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_waiting", lambda *_: {})  # as if both were judged before either was here
    both = [accept(achievement, people(40), key=key) for key in ("one", "two")]
    monkeypatch.setattr(queue, "BACKOFF", timedelta(0))
    at_once(2, lambda _: issuance.issue_ready(kind=ROSTER, now=NOW))
    issuance.issue_ready(kind=ROSTER, now=NOW)
    assert Credential.objects.count() == 40
    assert sorted([*states(both[0]), *states(both[1])]) == ["duplicate"] * 40 + ["issued"] * 40
