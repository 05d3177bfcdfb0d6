"""What is unusual waits for a second person: nothing of it is signed before, and never by who ordered it."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from credentials import awards, batches, holding, issuance, listings, releasing, rosters
from credentials.errors import AboveCap, BadAward, BatchClosed, DuplicateAward, OrderedByYou
from credentials.models import Achievement, Award, Batch, Chunk, Credential, StatusList
from credentials.people import Person
from issuers import keys, registry
from issuers.errors import IssuerSuspended, NotAllowed
from issuers.models import Issuer, RegisterChange
from tests.factories import (
    NOW,
    award,
    city_approver,
    city_officer,
    key_room,
    make_achievement,
    make_issuer,
    make_learner,
    make_member,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
INTERACTIVE, ROSTER = Batch.Kind.INTERACTIVE, Batch.Kind.ROSTER
State, Held = Batch.State, Batch.Held
YESTERDAY = NOW - timedelta(days=1)


@pytest.fixture
def achievement(key_room: Any) -> Achievement:
    return make_achievement(make_issuer(now=NOW - timedelta(days=200)))


def people(count: int, *, first: int = 0) -> list[Person]:
    names = (
        f"{chr(65 + n // 676)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}" for n in range(first, first + count)
    )
    return [Person(name_latin=f"Salma {name}") for name in names]


def order(achievement: Achievement, count: int, *, first: int = 0, now: datetime = NOW, **rest: Any) -> Batch:
    """A list of so many people, as it is after acceptance."""
    return award(achievement, *people(count, first=first), kind=ROSTER, now=now, **rest)


def with_cap(achievement: Achievement, cap: int) -> Achievement:
    """The same course under a mandate for so many a day, given by two of the city."""
    mandate = registry.propose_mandate(
        issuer=achievement.issuer,
        theme=achievement.theme,
        starts_on=date(2026, 1, 1),
        daily_cap=cap,
        by=city_officer(),
        now=NOW - timedelta(days=100),
    )
    registry.approve_mandate(mandate=mandate, by=city_approver(), now=NOW - timedelta(days=100))
    return achievement


def issue() -> int:
    return sum(issuance.issue_ready(kind=kind, now=NOW) for kind in (INTERACTIVE, ROSTER))


def fresh(batch: Batch) -> Batch:
    return Batch.objects.get(pk=batch.pk)


# -- What is unusual ------------------------------------------------------------------------------
@pytest.mark.parametrize(("rows", "state"), [(200, State.ACCEPTED), (201, State.HELD)])
def test_a_provider_without_history_may_award_two_hundred(
    achievement: Achievement, rows: int, state: str
) -> None:
    assert order(achievement, rows).state == state


def test_three_times_the_longest_list_of_ninety_days_passes_and_one_more_does_not(
    achievement: Achievement,
) -> None:
    order(achievement, 80, now=NOW - timedelta(days=30))
    assert order(achievement, 240, first=100).state == State.ACCEPTED
    held = order(achievement, 241, first=400)
    assert (held.state, held.held_because) == (State.HELD, Held.UNUSUAL_SIZE)


@pytest.mark.parametrize(("days", "state"), [(90, State.ACCEPTED), (91, State.HELD)])
def test_what_is_older_than_ninety_days_is_no_measure(
    achievement: Achievement, days: int, state: str
) -> None:
    order(achievement, 100, now=NOW - timedelta(days=days))
    assert order(achievement, 300, first=100).state == state


def test_who_climbs_in_one_day_is_held_where_she_began(achievement: Achievement) -> None:
    order(achievement, 100)
    assert order(achievement, 300, first=100).state == State.HELD


def test_what_was_held_stopped_or_another_providers_is_no_measure(achievement: Achievement) -> None:
    order(achievement, 250, now=YESTERDAY)  # held
    stopped = order(achievement, 199, first=300, now=YESTERDAY)
    batches.cancel(batch=stopped, by=None, now=YESTERDAY)
    other = make_achievement(make_issuer(now=NOW - timedelta(days=100)))
    order(other, 190, now=YESTERDAY)
    assert order(achievement, 201, first=600).state == State.HELD


def test_a_wrong_row_counts_since_it_can_be_mended(achievement: Achievement) -> None:
    rows = [{"name_latin": f"Salma {person.name_latin[6:]}"} for person in people(150)]
    rows += [{"name_latin": "R2D2"}] * 51
    held = accept_rows(achievement, rows)
    assert held.state == State.HELD


def accept_rows(achievement: Achievement, rows: list[dict[str, str]], **rest: Any) -> Batch:
    checked = [
        rosters.check(cells, number=number, default_day=NOW.date(), default_language="fr")
        for number, cells in enumerate(rows, start=1)
    ]
    return batches.accept_rows(
        issuer=achievement.issuer,
        achievement=achievement,
        awarded_on=NOW.date(),
        rows=checked,
        idempotency_key=rest.pop("key", "k-1"),
        request_hash=rest.pop("request_hash", "asked"),
        now=NOW,
        **rest,
    ).batch


def draft(achievement: Achievement, count: int, *, by: Any = None) -> Batch:
    text = "Nom complet\n" + "".join(f"{person.name_latin}\n" for person in people(count))
    sheet = rosters.read(text.encode(), filename="classe.csv")
    return batches.draft(
        issuer=achievement.issuer,
        achievement=achievement,
        awarded_on=NOW.date(),
        sheet=sheet,
        data=text.encode(),
        file_name="classe.csv",
        language="fr",
        by=by,
        now=NOW,
    ).batch


def test_a_draft_is_held_when_it_is_ordered(achievement: Achievement) -> None:
    batch = draft(achievement, 201)
    assert batch.state == State.DRAFT
    trainer = make_member(achievement.issuer, "trainer")
    assert batches.accept_draft(batch=batch, by=trainer, now=NOW).state == State.HELD


# -- The city's number a day ----------------------------------------------------------------------
def test_up_to_the_cap_passes_and_the_next_one_waits_for_the_city(achievement: Achievement) -> None:
    with_cap(achievement, 10)
    assert order(achievement, 9).state == State.ACCEPTED
    assert award(achievement, Person(name_latin="Omar Tazi")).state == State.ACCEPTED
    held = award(achievement, Person(name_latin="Hajar Tazi"))
    assert (held.state, held.held_because) == (State.HELD, Held.ABOVE_CAP)


def test_one_list_above_the_cap_waits_for_the_city(achievement: Achievement) -> None:
    assert order(with_cap(achievement, 10), 11).held_because == Held.ABOVE_CAP


def test_the_cap_comes_before_the_size(achievement: Achievement) -> None:
    assert order(achievement, 501).held_because == Held.ABOVE_CAP


def test_the_cap_is_of_one_day_one_theme_and_one_provider(key_room: Any) -> None:
    early = NOW - timedelta(days=100)
    issuer = make_issuer(now=early)
    digital = with_cap(make_achievement(issuer), 10)
    spoken = make_achievement(issuer, theme="languages")
    elsewhere = make_achievement(make_issuer(now=early))
    order(digital, 10, now=YESTERDAY)
    order(spoken, 50)
    order(elsewhere, 50)
    assert order(digital, 10, first=100).state == State.ACCEPTED
    assert order(digital, 1, first=200).state == State.HELD


def test_midnight_in_the_city_begins_a_new_day(achievement: Achievement) -> None:
    with_cap(achievement, 10)
    before = datetime.fromisoformat("2026-11-23T23:59:59+01:00")
    order(achievement, 10, now=before)
    assert order(achievement, 1, first=50, now=before).state == State.HELD
    assert order(achievement, 10, first=100, now=before + timedelta(seconds=1)).state == State.ACCEPTED


def test_of_a_stopped_list_what_was_signed_counts(achievement: Achievement) -> None:
    with_cap(achievement, 10)
    first = order(achievement, 4)
    issue()
    Batch.objects.filter(pk=first.pk).update(state=State.ACCEPTED, row_count=8)  # four more wait
    batches.cancel(batch=fresh(first), by=None, now=NOW)
    second = order(achievement, 6, first=50)
    assert second.state == State.ACCEPTED
    assert order(achievement, 1, first=100).state == State.HELD


def test_what_the_city_released_above_the_cap_does_not_use_it_up(achievement: Achievement) -> None:
    with_cap(achievement, 10)
    held = order(achievement, 150)
    releasing.release(batch=held, by=city_approver(), now=NOW)
    assert order(achievement, 10, first=200).state == State.ACCEPTED


@pytest.mark.django_db(transaction=True)
def test_orders_of_one_moment_do_not_pass_the_cap_together(achievement: Achievement) -> None:
    with_cap(achievement, 10)
    gate = threading.Barrier(6)
    found: list[str] = []

    def run(number: int) -> None:
        gate.wait()
        try:
            found.append(order(achievement, 4, first=number * 10).state)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["accepted", "accepted", "held", "held", "held", "held"]


# -- While it waits -------------------------------------------------------------------------------
def test_nothing_of_what_is_held_is_signed_or_in_line(achievement: Achievement) -> None:
    held = order(achievement, 201)
    assert issue() == 0
    batches.close_finished(now=NOW)
    assert fresh(held).state == State.HELD
    assert (Chunk.objects.count(), Credential.objects.count()) == (0, 0)
    assert not StatusList.objects.exists()
    assert set(held.awards.values_list("state", flat=True)) == {"pending"}


def test_a_repeat_of_what_is_held_is_the_same_order(achievement: Achievement) -> None:
    held = order(achievement, 201, key="same")
    assert order(achievement, 201, key="same") == held


def test_who_waits_in_a_held_list_is_not_ordered_a_second_time(achievement: Achievement) -> None:
    order(achievement, 201)
    with pytest.raises(DuplicateAward):
        award(achievement, *people(1))
    again = accept_rows(achievement, [{"name_latin": people(1)[0].name_latin}, {"name_latin": "Omar Tazi"}])
    assert list(again.awards.values_list("state", flat=True)) == ["duplicate", "pending"]


def test_a_row_mended_while_it_waits_is_released_with_the_others(achievement: Achievement) -> None:
    rows = [{"name_latin": person.name_latin} for person in people(200)] + [{"name_latin": "R2D2"}]
    held = accept_rows(achievement, rows)
    batches.mend(batch=held, row=201, cells={"name_latin": "Omar Tazi"}, language="fr", now=NOW)
    assert fresh(held).state == State.HELD
    assert issue() == 0
    releasing.release(batch=held, by=city_approver(), now=NOW)
    assert issue() == 201


def test_who_ordered_it_may_take_it_back(achievement: Achievement) -> None:
    held = order(achievement, 201)
    assert batches.cancel(batch=held, by=None, now=NOW) == 201
    assert fresh(held).state == State.CANCELLED


@pytest.mark.parametrize(
    ("language", "words"), [("fr", "deuxième personne"), ("ar", "شخص"), ("en", "second person")]
)
def test_why_and_for_whom_it_waits_is_said_in_every_language(
    achievement: Achievement, language: str, words: str
) -> None:
    from django.utils import translation

    held = order(achievement, 201)
    with translation.override(language):
        assert words in holding.said(held)
        assert words in listings.as_csv(batch=held).decode()
    assert holding.said(order(achievement, 1, first=900)) == ""


# -- Released -------------------------------------------------------------------------------------
@pytest.fixture
def held(achievement: Achievement) -> Batch:
    """A list of unusual size, ordered by a trainer who may sign as well."""
    by = make_member(achievement.issuer, "trainer")
    make_member(achievement.issuer, "signer", by)
    return order(achievement, 201, requested_by=by)


def second(batch: Batch, role: str) -> Any:
    return city_approver() if role == "approver" else make_member(batch.issuer, role)


@pytest.mark.parametrize("role", ["signer", "owner", "approver"])
def test_another_person_releases_it_and_it_is_issued(held: Batch, role: str) -> None:
    by = second(held, role)
    assert releasing.may_release(batch=held, by=by)
    later = NOW + timedelta(hours=3)
    released = releasing.release(batch=held, by=by, now=later)
    assert (released.state, released.released_by, released.released_at) == (State.ACCEPTED, by, later)
    assert released.held_because == Held.UNUSUAL_SIZE
    assert issuance.issue_ready(kind=ROSTER, now=later) == 201
    assert fresh(held).state == State.COMPLETE
    assert Credential.objects.filter(valid_from=later).count() == 201
    told = RegisterChange.objects.get(event="batch-released")
    assert (told.by, told.detail["batch"], told.detail["rows"]) == (by, held.pk, 201)


def test_who_ordered_it_never_releases_it(held: Batch) -> None:
    assert held.requested_by is not None
    assert not releasing.may_release(batch=held, by=held.requested_by)
    with pytest.raises(OrderedByYou):
        releasing.release(batch=held, by=held.requested_by, now=NOW)
    make_member(None, "approver", held.requested_by)
    with pytest.raises(OrderedByYou):
        releasing.release(batch=held, by=held.requested_by, now=NOW)
    assert fresh(held).state == State.HELD
    assert issue() == 0


def test_the_database_refuses_a_release_by_who_ordered_it(held: Batch) -> None:
    with pytest.raises(IntegrityError, match="batch_released_by_another"), transaction.atomic():
        Batch.objects.filter(pk=held.pk).update(
            state=State.ACCEPTED, released_by=held.requested_by, released_at=NOW
        )


@pytest.mark.parametrize(
    "fields",
    [
        {"released_at": NOW, "state": State.ACCEPTED},
        {"held_because": ""},
        {"state": State.ACCEPTED, "held_because": "", "released_at": NOW, "released_by": "city"},
        {"released_at": NOW, "released_by": "city"},
    ],
)
def test_the_database_refuses_half_a_release(held: Batch, fields: dict[str, Any]) -> None:
    fields = {name: city_approver() if value == "city" else value for name, value in fields.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=held.pk).update(**fields)


@pytest.mark.parametrize(
    "who",
    [
        lambda batch: make_member(batch.issuer, "trainer"),
        lambda batch: make_member(batch.issuer, "clerk"),
        lambda batch: make_member(make_issuer(), "signer"),
        lambda batch: make_member(make_issuer(), "owner"),
        lambda batch: city_officer(),
        lambda batch: make_member(None, "auditor"),
        lambda batch: make_learner(),
    ],
    ids=["trainer", "clerk", "foreign signer", "foreign owner", "officer", "auditor", "learner"],
)
def test_nobody_else_releases_it_or_turns_it_down(held: Batch, who: Callable[[Batch], Any]) -> None:
    by = who(held)
    assert not releasing.may_release(batch=held, by=by)
    with pytest.raises(NotAllowed):
        releasing.release(batch=held, by=by, now=NOW)
    with pytest.raises(NotAllowed):
        releasing.turn_down(batch=held, reason="Non", by=by, now=NOW)
    assert fresh(held).state == State.HELD


def test_what_a_program_handed_over_any_such_person_releases(achievement: Achievement) -> None:
    held = order(achievement, 201, requested_by=None)
    releasing.release(batch=held, by=make_member(achievement.issuer, "owner"), now=NOW)
    assert issue() == 201


@pytest.mark.parametrize("role", ["signer", "owner"])
def test_above_the_cap_the_city_alone_releases(achievement: Achievement, role: str) -> None:
    held = order(with_cap(achievement, 10), 11)
    by = make_member(achievement.issuer, role)
    assert not releasing.may_release(batch=held, by=by)
    with pytest.raises(AboveCap):
        releasing.release(batch=held, by=by, now=NOW)
    assert issue() == 0
    assert releasing.may_release(batch=held, by=city_approver())
    releasing.release(batch=held, by=city_approver(), now=NOW)
    assert issue() == 11


def test_what_has_gone_beyond_the_cap_while_it_waited_is_the_citys_too(achievement: Achievement) -> None:
    held = order(achievement, 400)
    order(achievement, 150, first=1000)
    signer = make_member(achievement.issuer, "signer")
    with pytest.raises(AboveCap):
        releasing.release(batch=held, by=signer, now=NOW)
    assert fresh(held).held_because == Held.UNUSUAL_SIZE
    releasing.release(batch=held, by=city_approver(), now=NOW)
    assert fresh(held).held_because == Held.ABOVE_CAP
    assert order(achievement, 150, first=2000).state == State.ACCEPTED  # the city's word used up nothing


def test_the_next_day_a_signer_releases_what_fits_into_it(achievement: Achievement) -> None:
    held = order(achievement, 400)
    order(achievement, 150, first=1000)
    signer = make_member(achievement.issuer, "signer")
    assert releasing.release(batch=held, by=signer, now=NOW + timedelta(days=1)).state == State.ACCEPTED


def test_it_is_released_once(held: Batch) -> None:
    releasing.release(batch=held, by=city_approver(), now=NOW)
    with pytest.raises(BatchClosed):
        releasing.release(batch=held, by=make_member(held.issuer, "signer"), now=NOW)
    assert StatusList.objects.get().next_index == 201


@pytest.mark.django_db(transaction=True)
def test_two_who_release_it_at_once_release_it_once(held: Batch) -> None:
    people = [city_approver(), make_member(held.issuer, "owner"), make_member(held.issuer, "signer")]
    gate = threading.Barrier(len(people))
    found: list[str] = []

    def run(by: Any) -> None:
        gate.wait()
        try:
            releasing.release(batch=held, by=by, now=NOW)
            found.append("released")
        except BatchClosed:
            found.append("closed")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(by,)) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["closed", "closed", "released"]
    assert Chunk.objects.count() == 1
    assert StatusList.objects.get().next_index == 201


def test_a_release_asks_the_register_and_the_course_anew(held: Batch) -> None:
    registry.suspend_issuer(issuer=held.issuer, reason="Contrôle", by=city_officer(), now=NOW)
    with pytest.raises(IssuerSuspended):
        releasing.release(batch=held, by=city_approver(), now=NOW)
    registry.reinstate_issuer(issuer=held.issuer, by=city_approver(), now=NOW)
    Achievement.objects.filter(pk=held.achievement_id).update(state=Achievement.State.WITHDRAWN)
    with pytest.raises(BadAward):
        releasing.release(batch=held, by=city_approver(), now=NOW)
    assert fresh(held).state == State.HELD


# -- Turned down ----------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["signer", "owner", "approver"])
@pytest.mark.parametrize("cap", [False, True], ids=["unusual", "above the cap"])
def test_it_is_turned_down_with_a_reason_and_its_file_may_come_again(
    achievement: Achievement, role: str, cap: bool
) -> None:
    if cap:
        with_cap(achievement, 150)
    held = batches.accept_draft(batch=draft(achievement, 201), by=None, now=NOW)
    by = second(held, role)
    down = releasing.turn_down(batch=held, reason="  Ce n’est pas\nnotre classe. ", by=by, now=NOW)
    assert (down.state, down.cancelled_by) == (State.CANCELLED, by)
    assert down.turned_down_because == "Ce n’est pas notre classe."
    assert set(down.awards.values_list("state", flat=True)) == {"cancelled"}
    assert issue() == 0
    assert draft(achievement, 201).pk != held.pk
    assert (
        RegisterChange.objects.get(event="batch-turned-down").detail["reason"] == "Ce n’est pas notre classe."
    )


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_a_refusal_has_a_reason_of_one_sentence(held: Batch, reason: str) -> None:
    with pytest.raises(BadAward) as refused:
        releasing.turn_down(batch=held, reason=reason, by=city_approver(), now=NOW)
    assert refused.value.field == "reason"
    assert fresh(held).state == State.HELD


def test_what_was_decided_is_not_turned_down(held: Batch) -> None:
    releasing.release(batch=held, by=city_approver(), now=NOW)
    with pytest.raises(BatchClosed):
        releasing.turn_down(batch=held, reason="Trop tard", by=city_approver(), now=NOW)


def test_somebody_who_releases_a_moment_late_is_refused(held: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    check = awards.check_award

    def meanwhile(**given: Any) -> Any:
        Batch.objects.filter(pk=held.pk).update(state=State.CANCELLED)
        return check(**given)

    monkeypatch.setattr(awards, "check_award", meanwhile)
    with pytest.raises(BatchClosed):
        releasing.release(batch=held, by=city_approver(), now=NOW)
    assert not Chunk.objects.exists()


# -- The mandate once more, when it is signed -----------------------------------------------------
def uses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every use of a private key from now on."""
    used: list[str] = []
    for form in ("jws", "cose"):
        act = getattr(keys.Signer, form)

        def noted(self: keys.Signer, signable: Any, *, act: Any = act, form: str = form) -> Any:
            used.append(form)
            return act(self, signable)

        monkeypatch.setattr(keys.Signer, form, noted)
    return used


def suspended(issuer: Issuer) -> None:
    registry.suspend_issuer(issuer=issuer, reason="Contrôle", by=city_officer(), now=NOW)


def test_a_provider_suspended_after_acceptance_signs_nothing_and_its_key_is_not_used(
    achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = order(achievement, 5)
    suspended(achievement.issuer)
    used = uses(monkeypatch)
    assert issue() == 0
    assert used == []
    assert set(batch.awards.values_list("state", "error_code")) == {("failed", "IssuerSuspended")}


def test_a_provider_suspended_while_its_rows_are_signed_stores_nothing(
    achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = order(achievement, 5)
    run = issuance.Signing.run

    def stopped(self: issuance.Signing, *given: Any) -> Any:
        signed = run(self, *given)
        suspended(achievement.issuer)
        return signed

    monkeypatch.setattr(issuance.Signing, "run", stopped)
    assert issue() == 0
    assert Credential.objects.count() == 0
    assert set(batch.awards.values_list("state", "error_code")) == {("failed", "IssuerSuspended")}
    assert fresh(batch).state == State.COMPLETE
    assert Award.objects.filter(state="issued").count() == 0
