"""The plan of the believable year: a pilot's volumes, a city's calendar, its people."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache

from passport.demo import data, season, timetable
from passport.demo.crowd import Citizen
from passport.demo.timetable import Group, Plan

NOW = datetime(2026, 6, 16, 10, 0, tzinfo=UTC)
LAST = date(2026, 6, 15)
FIRST = date(2025, 6, 16)
OPENED = datetime(2022, 7, 20, 9, 0, tzinfo=UTC)
PILOT = 35_000


def plan(*, certificates: int = PILOT, seed: int = 35, numbers: tuple[str, ...] = ()) -> Plan:
    """A year that ends in June."""
    return timetable.plan(
        now=NOW, last=LAST, certificates=certificates, seed=seed, numbers=numbers, opened=OPENED
    )


@cache
def pilot() -> Plan:
    """The year that a city of this size pilots."""
    return plan()


def of_the_year() -> list[Group]:
    """Its classes, without those of years ago."""
    return [group for group in pilot().groups if group.moment.date() >= FIRST]


def issued(group: Group) -> int:
    """How many certificates come of this class."""
    return sum(seat.ends == "issued" for seat in group.seats)


def by_day() -> Counter[date]:
    """Certificates by the day on which they are signed."""
    days: Counter[date] = Counter()
    for group in of_the_year():
        days[group.moment.date()] += issued(group)
    return days


def working_days() -> list[date]:
    """Monday to Friday, without public holidays."""
    return [day for day in season.year_before(LAST) if season.is_open(day) and day.weekday() < 5]


def people() -> list[Citizen]:
    """Everybody on a list."""
    known = {seat.citizen.passport_number: seat.citizen for group in pilot().groups for seat in group.seats}
    return list(known.values())


# -- The calendar -----------------------------------------------------------------------------------
def test_nothing_ends_and_nothing_is_signed_on_a_sunday_or_a_public_holiday() -> None:
    for group in pilot().groups:
        for day in (group.awarded_on, group.moment.date()):
            assert day.weekday() != 6, group.key
            assert (day.month, day.day) not in season.HOLIDAYS, group.key
        assert group.awarded_on <= group.moment.date()


def test_every_public_holiday_of_a_fixed_date_has_its_name() -> None:
    assert set(season.HOLIDAYS) == {
        *((1, 1), (1, 11), (1, 14), (5, 1), (7, 30)),
        *((8, 14), (8, 20), (8, 21), (11, 6), (11, 18)),
    }
    assert all(season.HOLIDAYS.values())


def test_the_year_is_365_days_in_a_leap_year_too_and_the_campaign_finds_its_days() -> None:
    days = season.year_before(date(2024, 6, 17))  # without the 18th of June
    assert len(days) == 365
    assert days[0] == date(2023, 6, 19)
    assert season.nearest(days, month=6, number=18) in (date(2023, 6, 19), date(2024, 6, 17))
    assert season.nearest(days, month=11, number=18) == date(2023, 11, 17)


def test_a_working_day_has_140_certificates_in_the_mean_and_350_in_the_season() -> None:
    days, working = by_day(), working_days()
    assert 130 <= sum(days.values()) / len(working) <= 150
    full = [days[day] for day in working if (6, 1) <= (day.month, day.day) <= (7, 10)]
    assert 300 <= sorted(full)[len(full) // 2] <= 400


def test_the_peak_day_has_about_1750_most_of_them_on_one_list() -> None:
    (day, count), (_next, second) = by_day().most_common(2)
    assert day == date(2025, 6, 18)
    assert 1600 <= count <= 1900
    assert second < 1400
    assert max(issued(group) for group in of_the_year() if group.moment.date() == day) == 1400


def test_december_and_march_are_fuller_august_is_quiet_and_ramadan_quieter() -> None:
    days = by_day()
    months: dict[int, list[int]] = {}
    for day in working_days():
        if days[day] < 800:  # without the campaign
            months.setdefault(day.month, []).append(days[day])
    mean = {month: sum(found) / len(found) for month, found in months.items()}
    usual = mean[10]
    assert mean[12] > 1.2 * usual
    assert mean[8] < 0.3 * usual
    ramadan = [days[day] for day in working_days() if date(2026, 2, 19) <= day <= date(2026, 3, 19)]
    rest_of_march = [days[day] for day in working_days() if date(2026, 3, 23) <= day <= date(2026, 3, 31)]
    assert sum(ramadan) / len(ramadan) < 0.7 * sum(rest_of_march) / len(rest_of_march)


# -- Classes ----------------------------------------------------------------------------------------
def test_there_are_as_many_certificates_as_were_asked_for() -> None:
    assert sum(map(issued, pilot().groups)) == PILOT
    assert sum(map(issued, plan(certificates=700).groups)) == 700


def test_most_classes_have_8_to_40_people_and_a_few_lectures_have_hundreds() -> None:
    sizes = [group.size for group in of_the_year()]
    assert sum(8 <= size <= 40 for size in sizes) / len(sizes) > 0.8
    assert 3 <= sum(120 <= size <= 420 for size in sizes) <= 25
    assert sum(size >= 1000 for size in sizes) == 3


def test_the_largest_provider_has_a_quarter_and_none_is_left_out() -> None:
    shares: Counter[str] = Counter()
    for group in of_the_year():
        shares[group.provider] += issued(group)
    ranked = shares.most_common()
    assert len(ranked) == 12
    assert ranked[0][0] == "P02"
    assert 0.22 <= ranked[0][1] / PILOT <= 0.29
    assert ranked[-1][1] < ranked[0][1] / 10


def test_every_course_is_taught() -> None:
    assert {group.code for group in of_the_year()} == {course["code"] for course in data.courses()}


def test_some_lines_do_not_become_certificates() -> None:
    ends = Counter(seat.ends for group in pilot().groups for seat in group.seats)
    assert ends["duplicate"] >= 100
    assert ends["failed"] >= 10
    assert sum(group.halted for group in pilot().groups) == 1


# -- People -----------------------------------------------------------------------------------------
def test_25000_people_hold_one_or_several_certificates() -> None:
    held = Counter(
        seat.citizen.passport_number
        for group in pilot().groups
        for seat in group.seats
        if seat.ends == "issued"
    )
    assert 23_500 <= len(held) <= 26_500
    assert 1.3 <= PILOT / len(held) <= 1.5
    assert sum(count > 1 for count in held.values()) > 5_000
    assert max(held.values()) <= 10


def test_nobody_is_awarded_the_same_course_twice() -> None:
    taken = Counter(
        (group.code, seat.citizen.passport_number)
        for group in pilot().groups
        for seat in group.seats
        if seat.ends == "issued"
    )
    assert set(taken.values()) == {1}


def test_everybody_is_old_enough_and_the_bands_of_age_are_all_there() -> None:
    least = {course["code"]: course["min_age"] for course in data.courses()}
    for group in pilot().groups:
        for seat in group.seats:
            assert group.moment.year - seat.citizen.birth_year >= least[group.code]
    bands = Counter(min((2025 - one.birth_year) // 10, 6) for one in people())
    assert all(bands[decade] > 500 for decade in range(1, 7))


def test_arrondissements_have_learners_by_population_and_need() -> None:
    living = Counter(one.district for one in people())
    rows = {row["code"]: row for row in data.census()["arrondissements"]}
    assert set(living) == set(rows)
    rate = {code: 1000 * living[code] / rows[code]["pop_15plus"] for code in rows}
    names = {row["name_fr"]: code for code, row in rows.items()}
    assert 5 <= min(rate.values()) < max(rate.values()) <= 25
    assert rate[names["Sidi Othmane"]] > rate[names["Maârif"]]


def test_most_are_reached_by_phone_and_some_by_nothing() -> None:
    kinds = Counter(seat.kind for group in pilot().groups for seat in group.seats)
    whole = sum(kinds.values())
    assert 0.65 <= kinds["phone"] / whole <= 0.85
    assert all(kinds[kind] / whole >= 0.03 for kind in ("email", "passport", ""))
    scripts = Counter(
        (bool(seat.name_latin), bool(seat.name_arabic)) for group in pilot().groups for seat in group.seats
    )
    assert all(scripts[both] > 500 for both in ((True, True), (True, False), (False, True)))
    assert {one.language for one in people()} == {"ar", "fr", "en"}


def test_families_share_a_phone_and_a_name() -> None:
    by_phone: dict[str, list[Citizen]] = {}
    for one in people():
        if one.phone:
            by_phone.setdefault(one.phone, []).append(one)
    shared = [family for family in by_phone.values() if len(family) > 1]
    assert len(shared) > 500
    assert all(len({one.family_name for one in family}) == 1 for family in shared)


def test_60_of_a_hundred_have_a_passport_many_of_them_after_their_first_certificate() -> None:
    assert 0.55 <= len(pilot().joining) / len(people()) <= 0.68
    first = {
        seat.citizen.passport_number: group.moment
        for group in reversed(pilot().groups)
        for seat in group.seats
    }
    late = [moment > first[one.passport_number] for moment, one in pilot().joining]
    assert 0.3 <= sum(late) / len(late) <= 0.65
    assert all(OPENED.date() <= moment.date() <= LAST for moment, _one in pilot().joining)


def test_whoever_gives_a_passport_number_has_that_passport_already() -> None:
    for group in pilot().groups:
        for seat in group.seats:
            if seat.kind == "passport":
                assert seat.citizen.joined_at
                assert seat.citizen.joined_at < group.moment


# -- Afterwards -------------------------------------------------------------------------------------
def test_changes_have_their_shares_and_come_after_their_certificates() -> None:
    acts = Counter(change.act for change in pilot().changes)
    touched = {(change.key, change.row) for change in pilot().changes if change.act != "replace"}
    assert 0.007 <= len(touched) / PILOT <= 0.009
    assert 0.004 <= acts["replace"] / PILOT <= 0.006
    moments = {group.key: group.moment for group in pilot().groups}
    for change in pilot().changes:
        assert moments[change.key] + timedelta(days=2) < change.moment < NOW
        assert season.is_open(change.moment.date())


def test_the_same_dice_give_the_same_year_and_other_dice_another() -> None:
    assert plan(certificates=500) == plan(certificates=500)
    assert plan(certificates=500) != plan(certificates=500, seed=36)


def test_a_passport_number_that_somebody_has_is_not_given_again() -> None:
    given = tuple(one.passport_number for _moment, one in plan(certificates=300).joining)
    again = plan(certificates=300, numbers=given)
    assert set(given).isdisjoint(one.passport_number for _moment, one in again.joining)
