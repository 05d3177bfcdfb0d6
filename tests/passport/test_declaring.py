"""Declared learning: in the learner's own words, never taken for a certificate, hers alone."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from passport import declaring, life, looks, months
from passport.errors import (
    BeforeBirth,
    EndedBeforeItBegan,
    EvidenceNotSafe,
    InTheFuture,
    NotYourPassport,
    PassportError,
    TitleMissing,
    TooManyDeclarations,
)
from passport.models import Declaration, Learner, Look
from tests.factories import NOW, make_issuer, make_learner, make_member, sign_in
from tests.passport.test_acting import opened

pytestmark = pytest.mark.django_db
SEWING = "http://data.europa.eu/esco/skill/0d207bf2-b0dd-4a36-933f-d2cd3da2933d"


def told(**other: Any) -> dict[str, Any]:
    return {"kind": "work", "title": "Couturière", "began": months.read("mars 2012")} | other


@pytest.mark.parametrize(
    ("text", "first_day", "year_only"),
    [
        ("2019", date(2019, 1, 1), True),
        ("mars 2019", date(2019, 3, 1), False),
        ("3/2019", date(2019, 3, 1), False),
        ("2019-03", date(2019, 3, 1), False),
        ("12 mars 2019", date(2019, 3, 1), False),
        ("غشت 1988", date(1988, 8, 1), False),
        ("٢٠١٩", date(2019, 1, 1), True),
    ],
)
def test_a_month_is_read_as_people_write_it(text: str, first_day: date, year_only: bool) -> None:
    assert months.read(text) == months.Month(first_day=first_day, year_only=year_only)


@pytest.mark.parametrize("text", ["", "hier", "19", "13/2019", "mars", "1700", "2019 2020", "mars 19"])
def test_what_is_no_month_is_not_guessed(text: str) -> None:
    with pytest.raises(months.Unreadable):
        months.read(text)


def test_a_line_keeps_what_she_said() -> None:
    made = declaring.declare(
        learner=make_learner(),
        now=NOW,
        **told(
            ended=months.read("octobre 2019"), skills=[SEWING, "", "nothing"], evidence="https://a.example/x"
        ),
    )
    kept = Declaration.objects.get(pk=made.pk)
    assert (kept.began_on, kept.ended_on, kept.year_only) == (date(2012, 3, 1), date(2019, 10, 1), False)
    assert [skill["uri"] for skill in kept.skills] == [SEWING]
    assert kept.skills[0]["label_fr"] == "coudre des articles textiles"


def test_a_year_alone_makes_both_ends_years() -> None:
    made = declaring.declare(
        learner=make_learner(), now=NOW, **told(began=months.read("mars 2012"), ended=months.read("2012"))
    )
    assert (made.began_on, made.ended_on, made.year_only) == (date(2012, 1, 1), date(2012, 1, 1), True)


@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"title": "  "}, TitleMissing),
        ({"ended": months.read("2011")}, EndedBeforeItBegan),
        ({"began": months.read("2031")}, InTheFuture),
        ({"ended": months.read("décembre 2026")}, InTheFuture),
        ({"began": months.read("1990")}, BeforeBirth),
        ({"evidence": "http://a.example/"}, EvidenceNotSafe),
        ({"evidence": "javascript:alert(1)"}, EvidenceNotSafe),
    ],
)
def test_each_slip_has_its_own_refusal(other: dict[str, Any], refusal: type[PassportError]) -> None:
    with pytest.raises(refusal):
        declaring.declare(learner=make_learner(birth_year=1994), now=NOW, **told(**other))
    assert not Declaration.objects.exists()


def test_a_passport_is_no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaring, "MOST", 1)
    learner = make_learner()
    declaring.declare(learner=learner, now=NOW, **told())
    with pytest.raises(TooManyDeclarations):
        declaring.declare(learner=learner, now=NOW, **told())


def test_the_database_holds_the_order_of_its_ends() -> None:
    with pytest.raises(IntegrityError):
        Declaration.objects.create(
            learner=make_learner(),
            kind="work",
            title="x",
            began_on=date(2020, 1, 1),
            ended_on=date(2019, 1, 1),
            made_at=NOW,
        )


def test_it_is_changed_hidden_shown_and_removed() -> None:
    learner = make_learner()
    made = declaring.declare(learner=learner, now=NOW, **told())
    declaring.change(declaration=made, now=NOW, **told(title="Modéliste"))
    declaring.hide(declaration=made, now=NOW)
    assert life.of(learner=learner, today=NOW.date()).lines == []
    assert [one.title for one in declaring.hidden(learner=learner)] == ["Modéliste"]
    declaring.show(declaration=made)
    assert len(life.of(learner=learner, today=NOW.date()).lines) == 1
    declaring.remove(declaration=made)
    with pytest.raises(NotYourPassport):
        declaring.declaration_of(learner=learner, declaration_id=made.pk)


# -- The timeline ---------------------------------------------------------------------------------
def test_a_life_is_told_by_ages_newest_first() -> None:
    learner = make_learner(birth_year=1994)
    for began, ended in (("2000", "2005"), ("2007", "2009"), ("2012", "2019"), ("2023", None)):
        ends = months.read(ended) if ended else None
        declaring.declare(learner=learner, now=NOW, **told(began=months.read(began), ended=ends))
    phases = life.of(learner=learner, today=NOW.date()).phases
    assert [phase.label for phase in phases] == [
        "De 25 à 34 ans",
        "De 12 à 17 ans",
        "Enfance",
    ]
    assert [line.what.began_on.year for line in phases[0].lines] == [2023, 2012]


def test_without_a_year_of_birth_it_is_told_by_years() -> None:
    learner = make_learner()
    declaring.declare(learner=learner, now=NOW, **told(ended=months.read("2019")))
    assert [phase.label for phase in life.of(learner=learner, today=NOW.date()).phases] == ["2019"]


def test_a_long_life_has_pages() -> None:
    learner = make_learner()
    for year in range(1930, 1930 + life.PAGE + 2):
        declaring.declare(
            learner=learner, now=NOW, **told(began=months.read(str(year)), ended=months.read(str(year)))
        )
    first = life.of(learner=learner, today=NOW.date())
    second = life.of(learner=learner, today=NOW.date(), page=first.earlier)
    assert (len(first.lines), len(second.lines)) == (life.PAGE, 2)
    assert (first.later, second.later, second.earlier) == (0, 1, 0)
    assert life.of(learner=learner, today=NOW.date(), page=99).lines == second.lines


# -- The pages ------------------------------------------------------------------------------------
def test_nothing_typed_is_lost(client: Client) -> None:
    sign_in(client, make_learner())
    answer = client.post(
        reverse("me-declare"), {"kind": "work", "title": "Couturière", "began": "2019", "ended": "2018"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Couturière"' in page
    assert "La fin est avant le début" in page
    answer = client.post(reverse("me-declare"), {"kind": "work", "title": "Couturière", "began": "jadis"})
    assert "Nous ne lisons pas ce mois" in answer.content.decode()


def test_a_declared_line_says_so_and_is_no_certificate(client: Client) -> None:
    learner = make_learner()
    sign_in(client, learner)
    client.post(reverse("me-declare"), {"kind": "work", "title": "Couturière", "began": "mars 2012"})
    page = client.get(reverse("me")).content.decode()
    assert "tag dash" in page
    assert "déclaré" in page
    assert "tag ok" not in page
    line = Declaration.objects.get()
    page = client.get(reverse("me-declaration", args=[line.pk])).content.decode()
    assert 'value="3/2012"' in page


def test_somebody_elses_line_and_none_at_all_look_the_same(client: Client) -> None:
    line = declaring.declare(learner=make_learner(), now=NOW, **told())
    sign_in(client, make_learner(name_latin="Mehdi Sebti"))
    for name in ("me-declaration-hide", "me-declaration-remove", "me-declaration"):
        answers = [client.post(reverse(name, args=[pk])) for pk in (line.pk, "x" * 22)]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert Declaration.objects.filter(pk=line.pk, hidden_at__isnull=True).exists()


def test_a_clerk_declares_for_her_and_she_reads_it(client: Client) -> None:
    clerk, learner = make_member(make_issuer(with_keys=False), "clerk"), make_learner()
    sign_in(client, clerk)
    opened(client, clerk, learner)
    client.post(reverse("me-declare"), {"kind": "work", "title": "Couturière", "began": "2012"})
    assert Declaration.objects.get().learner == learner
    assert [(line.act, line.what) for line in looks.of(learner=learner)] == [
        (Look.Act.DESK_ACTED, "me-declare"),
        (Look.Act.DESK_OPENED, ""),
    ]


def test_what_she_hid_is_found_again_under_settings(client: Client) -> None:
    learner: Learner = make_learner()
    line = declaring.declare(learner=learner, now=NOW - timedelta(days=9), **told())
    sign_in(client, learner)
    client.post(reverse("me-declaration-hide", args=[line.pk]))
    assert "Couturière" not in client.get(reverse("me")).content.decode()
    assert "Couturière" in client.get(reverse("me-settings")).content.decode()
    client.post(reverse("me-declaration-hide", args=[line.pk]))
    client.post(reverse("me-declaration-remove", args=[line.pk]))
    assert not Declaration.objects.exists()
