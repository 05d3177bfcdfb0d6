"""The frame, the front page, the catalogue, the pages of text, what went wrong, and the operators' lamps."""

import gzip
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone

from config import problems
from credentials import catalogue, sessions
from credentials.models import Achievement
from issuers.models import Arrondissement, Issuer, Theme
from tests.credentials.rooms import make_session, seated
from tests.factories import make_achievement, make_issuer, make_learner, make_member, sign_in

ANFA = "06.141.01.01"
MAARIF = "06.141.01.05"
SIDI_MOUMEN = "06.141.01.53"
PUBLIC = ("/", "/catalogue", "/privacy", "/accessibility", "/nothing-lies-here")


def district(code: str, name: str, prefecture: str) -> Arrondissement:
    return Arrondissement.objects.create(
        code=code,
        name_fr=name,
        name_ar=f"{name} بالعربية",
        prefecture_code=prefecture,
        prefecture_fr=prefecture,
        prefecture_ar=prefecture,
        population=100_000,
        population_15plus=75_000,
    )


@pytest.fixture
def city(db: None) -> dict[str, Achievement]:
    """Two neighbours in one prefecture, Anfa without a course; and Sidi Moumen far from them."""
    district(ANFA, "Anfa", "west")
    maarif = make_issuer(slug="maarif", with_keys=False, arrondissement=district(MAARIF, "Maârif", "west"))
    moumen = make_issuer(
        slug="moumen", with_keys=False, arrondissement=district(SIDI_MOUMEN, "Sidi Moumen", "east")
    )
    return {
        "centre": make_achievement(maarif, title_fr="Conseiller client", theme="trades"),
        "phone": make_achievement(moumen, title_fr="Premiers pas", title_ar="الخطوات الأولى"),
        "news": make_achievement(moumen, title_fr="Fausses nouvelles"),
    }


def text_of(client: Client, path: str, language: str = "en", status: int = 200) -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == status
    return answer.content.decode()


def titles(html: str) -> list[str]:
    return re.findall(r'<h3><a href="/a/[^"]+"><bdi>([^<]+)</bdi>', html)


# -- The front page -------------------------------------------------------------------------------
def test_the_front_page_has_three_doors(client: Client, city: dict[str, Achievement]) -> None:
    assert re.findall(r'<a class="door" href="([^"]+)"', text_of(client, "/")) == ["/me/", "/teach/", "/v"]


def test_the_front_page_lists_published_courses_of_active_providers(
    client: Client, city: dict[str, Achievement]
) -> None:
    other = make_issuer(slug="stopped", state="suspended", with_keys=False)
    make_achievement(other, title_fr="Chez un organisme suspendu")
    make_achievement(city["phone"].issuer, state="draft", title_fr="Brouillon")
    make_achievement(city["phone"].issuer, state="withdrawn", title_fr="Retirée")
    assert titles(text_of(client, "/")) == ["Conseiller client", "Fausses nouvelles", "Premiers pas"]


def test_the_front_page_shows_four_courses_and_leads_to_the_rest(
    client: Client, city: dict[str, Achievement]
) -> None:
    for number in range(7):
        make_achievement(city["phone"].issuer, title_fr=f"Cours {number}")
    html = text_of(client, f"/?a={SIDI_MOUMEN}&t=digital")
    assert len(titles(html)) == 4
    assert f'href="/catalogue?a={SIDI_MOUMEN}&amp;t=digital"' in html
    assert "See all 9 courses" in html


def test_a_course_is_titled_in_the_reader_s_script_or_else_in_the_other(
    client: Client, city: dict[str, Achievement]
) -> None:
    make_achievement(city["phone"].issuer, title_fr="Seulement en français", title_ar="")
    shown = titles(text_of(client, f"/?a={SIDI_MOUMEN}", "ar"))
    assert "الخطوات الأولى" in shown
    assert "Seulement en français" in shown


def test_courses_are_listed_by_title_in_the_reader_s_language(
    client: Client, city: dict[str, Achievement]
) -> None:
    for fr, ar in (("Zoologie", "أولا"), ("Algèbre", "يوم")):
        make_achievement(city["phone"].issuer, title_fr=fr, title_ar=ar, theme="health")
    assert titles(text_of(client, "/catalogue?t=health", "fr")) == ["Algèbre", "Zoologie"]
    assert titles(text_of(client, "/catalogue?t=health", "ar")) == ["أولا", "يوم"]


# -- The neighbourhood ----------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/", "/catalogue"])
def test_a_neighbourhood_lists_its_own_courses_alone(
    client: Client, city: dict[str, Achievement], path: str
) -> None:
    html = text_of(client, f"{path}?a={SIDI_MOUMEN}")
    assert titles(html) == ["Fausses nouvelles", "Premiers pas"]
    assert "2 courses in Sidi Moumen" in html
    assert f'<option value="{SIDI_MOUMEN}" selected>' in html


@pytest.mark.parametrize("path", ["/", "/catalogue"])
def test_a_neighbourhood_without_courses_says_so_and_shows_its_neighbours(
    client: Client, city: dict[str, Achievement], path: str
) -> None:
    html = text_of(client, f"{path}?a={ANFA}")
    assert "Nothing in Anfa yet." in html
    assert "Next door" in html
    assert "<bdi>Maârif</bdi>" in html
    assert titles(html) == ["Conseiller client"]


def test_with_nothing_next_door_either_the_rest_of_the_city_is_shown(
    client: Client, city: dict[str, Achievement]
) -> None:
    html = text_of(client, f"/?a={ANFA}&t=digital")
    assert "Elsewhere in the city" in html
    assert "Next door" not in html
    assert titles(html) == ["Fausses nouvelles", "Premiers pas"]


def test_a_theme_that_nobody_teaches_asks_for_another(client: Client, city: dict[str, Achievement]) -> None:
    html = text_of(client, f"/?a={ANFA}&t=health")
    assert titles(html) == []
    assert "Choose another theme." in html


@pytest.mark.django_db
def test_a_city_without_courses_says_that_there_is_nothing_yet(client: Client) -> None:
    html = text_of(client, "/")
    assert "Nothing here yet." in html
    assert "Choose another theme." not in html


def test_a_theme_is_kept_when_the_neighbourhood_changes_and_the_other_way_round(
    client: Client, city: dict[str, Achievement]
) -> None:
    html = text_of(client, f"/?a={SIDI_MOUMEN}&t=digital")
    assert '<input type="hidden" name="t" value="digital">' in html
    assert f'href="?a={SIDI_MOUMEN}&amp;t=health#near"' in html
    assert f'href="?a={SIDI_MOUMEN}#near"' in html
    assert re.search(r't=digital#near" aria-current="true"', html)


@pytest.mark.parametrize(
    "query", ["a=elsewhere", "a=%00", "t=alchemy", "page=-1", "page=zz", "page=99999999999999999999", "a=%ff"]
)
def test_what_does_not_exist_asks_for_everything(
    client: Client, city: dict[str, Achievement], query: str
) -> None:
    assert len(titles(text_of(client, f"/catalogue?{query}"))) == 3


def test_the_catalogue_turns_its_pages_and_keeps_what_was_asked(
    client: Client, city: dict[str, Achievement]
) -> None:
    for number in range(20):
        make_achievement(city["phone"].issuer, title_fr=f"Cours {number:02d}")
    first = text_of(client, "/catalogue?t=digital")
    assert len(titles(first)) == 12
    assert 'rel="next" href="?t=digital&amp;page=2"' in first
    assert 'rel="prev"' not in first
    second = text_of(client, "/catalogue?t=digital&page=2")
    assert len(titles(second)) == 10
    assert "Page 2 of 2" in second
    assert 'rel="prev" href="?t=digital&amp;page=1"' in second
    assert set(titles(first)).isdisjoint(titles(second))


def test_the_catalogue_says_when_and_where_the_next_sessions_are(
    client: Client, city: dict[str, Achievement]
) -> None:
    now, course = timezone.now(), next(iter(city.values()))
    there = Arrondissement.objects.get(pk=SIDI_MOUMEN)
    elsewhere = {"place": "Salle des fêtes", "arrondissement": Arrondissement.objects.get(pk=MAARIF)}
    soon = {"starts_at": now + timedelta(days=2), "ends_at": now + timedelta(days=3)}
    make_session(course, now=now, **elsewhere, **soon)
    held = make_session(
        course,
        now=now,
        group="Autre",
        place="Maison de quartier",
        arrondissement=there,
        starts_at=now + timedelta(days=4),
        ends_at=now + timedelta(days=5),
        seats=1,
    )
    html = text_of(client, f"/catalogue?a={SIDI_MOUMEN}")
    assert "Maison de quartier" in html
    assert "Salle des fêtes" not in html  # in another arrondissement
    assert "0 of 1 seat taken" in html
    seated(held, "Omar Alaoui", now=now)
    page = text_of(client, f"/a/{course.pk}")
    assert "Maison de quartier" in page
    assert "Salle des fêtes" in page
    assert "full</span>" in page
    other = next(theme for theme in Theme.values if theme != course.theme)
    assert "Maison de quartier" not in text_of(client, f"/catalogue?a={SIDI_MOUMEN}&t={other}")


def test_a_session_that_was_called_off_or_whose_provider_is_stopped_is_not_listed(
    client: Client, city: dict[str, Achievement]
) -> None:
    now, course = timezone.now(), next(iter(city.values()))
    soon = {"starts_at": now + timedelta(days=2), "ends_at": now + timedelta(days=3)}
    held = make_session(course, now=now, place="Salle des fêtes", **soon)
    assert "Salle des fêtes" in text_of(client, "/catalogue")
    Issuer.objects.filter(pk=course.issuer_id).update(state=Issuer.State.SUSPENDED)
    assert "Salle des fêtes" not in text_of(client, "/catalogue")
    Issuer.objects.filter(pk=course.issuer_id).update(state=Issuer.State.ACTIVE)
    sessions.cancel(session=held, by=held.trainer, now=now)
    assert "Salle des fêtes" not in text_of(client, "/catalogue")
    assert "No session is planned at present" in text_of(client, f"/a/{course.pk}")


def test_every_theme_can_be_asked_for(client: Client, city: dict[str, Achievement]) -> None:
    html = text_of(client, "/catalogue")
    assert [f'href="?t={theme}#near"' in html for theme in Theme.values] == [True] * len(Theme)


def test_the_front_page_asks_the_database_few_questions(
    city: dict[str, Achievement], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(5):
        shelf = catalogue.near(arrondissement=SIDI_MOUMEN, theme="", now=timezone.now())
        assert [course.issuer.arrondissement.name for course in shelf.here] == ["Sidi Moumen"] * 2


def test_districts_are_listed_by_their_names_in_the_reader_s_language(
    client: Client, city: dict[str, Achievement]
) -> None:
    found = re.findall(r'<option value="[^"]+">([^<]+)</option>', text_of(client, "/", "ar"))
    assert found == sorted(found)
    assert all("بالعربية" in name for name in found)


# -- The frame ------------------------------------------------------------------------------------
SECTIONS = re.compile(r'<nav class="main".*?</nav>', re.S)


def sections(html: str) -> list[str]:
    found = SECTIONS.search(html)
    assert found
    return re.findall(r'href="([^"]+)"', found[0])


@pytest.mark.django_db
def test_a_visitor_sees_the_doors_that_are_hers(client: Client) -> None:
    assert sections(text_of(client, "/")) == ["/", "/me/", "/v", "/accounts/login/"]


@pytest.mark.django_db
def test_a_learner_sees_neither_the_teachers_door_nor_the_city_s(client: Client) -> None:
    sign_in(client, make_learner(), second_factor=False)
    html = text_of(client, "/")
    assert sections(html) == ["/", "/me/", "/v"]
    assert '<form method="post" action="/accounts/logout/">' in html


@pytest.mark.django_db
def test_staff_see_the_doors_of_their_houses(client: Client) -> None:
    trainer = make_member(make_issuer(with_keys=False), "trainer")
    sign_in(client, trainer)
    assert sections(text_of(client, "/")) == ["/", "/me/", "/teach/", "/v"]
    make_member(None, "auditor", trainer)
    assert sections(text_of(client, "/")) == ["/", "/me/", "/teach/", "/v", "/city/"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "door"), [("/", "/"), ("/catalogue", "/"), ("/v", "/v"), ("/privacy", None)]
)
def test_the_masthead_shows_where_the_reader_is(client: Client, path: str, door: str | None) -> None:
    found = SECTIONS.search(text_of(client, path))
    assert found
    assert re.findall(r'href="([^"]+)" aria-current="page"', found[0]) == ([door] if door else [])


@pytest.mark.django_db
def test_phones_reach_every_section_without_a_script(client: Client) -> None:
    html = text_of(client, "/")
    menu = re.search(r'<details class="menu">.*?</details>', html, re.S)
    assert menu
    assert set(sections(html)) <= set(re.findall(r'href="([^"]+)"', menu[0]))


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC)
def test_pages_hold_no_script_and_no_style_of_their_own(client: Client, path: str) -> None:
    html = client.get(path).content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert not re.search(r"<script(?![^>]* src=)", html)


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC)
def test_pages_have_one_main_one_heading_a_title_and_a_way_past_the_masthead(
    client: Client, path: str
) -> None:
    html = client.get(path).content.decode()
    assert html.count("<main ") == html.count("<h1") == html.count("<title>") == 1
    assert '<a class="skip" href="#main">' in html
    assert '<main id="main"' in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("level", "icon", "warned"),
    [
        (constants.SUCCESS, "M4 12l6 6L20 6", False),
        (constants.INFO, "M12 11v6", False),
        (constants.WARNING, "M12 3l10 18H2z", True),
        (constants.ERROR, "M12 3l10 18H2z", True),
    ],
)
def test_what_the_last_act_did_is_said_with_a_shape(level: int, icon: str, warned: bool) -> None:
    html = render_to_string("base.html", {"messages": [Message(level, "Said <b>plainly</b>.")]})
    note = re.search(r'<p class="note( age)?" role="status">.*?</p>', html, re.S)
    assert note
    assert bool(note[1]) is warned
    assert icon in note[0]
    assert "Said &lt;b&gt;plainly&lt;/b&gt;." in note[0]


# -- Weight ---------------------------------------------------------------------------------------
def weight(client: Client, path: str, *, fonts: tuple[str, ...]) -> int:
    """Bytes of a page with its styles, its pictures and these fonts, as a phone receives them."""
    squeezed = client.get(path, headers={"Accept-Encoding": "gzip", "Accept-Language": "ar"})
    assert squeezed.headers["Content-Encoding"] == "gzip"
    html = gzip.decompress(squeezed.content).decode()
    assert "<script" not in html
    total = len(squeezed.content)
    for address in re.findall(r'(?:href|src)="/static/((?!built/fonts)[^"]+)"', html):
        found = finders.find(address)
        assert isinstance(found, str)
        total += len(gzip.compress(Path(found).read_bytes(), 6))
    for address in re.findall(r'<img src="(/[^"]+)"', html):
        picture = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert picture.headers["Content-Encoding"] == "gzip"
        total += len(picture.content)
    for name in fonts:
        found = finders.find(f"built/fonts/{name}.woff2")
        assert isinstance(found, str), "python -m config.assets builds the fonts"
        total += Path(found).stat().st_size
    return total


def test_the_first_page_weighs_at_most_a_hundred_kilobytes_in_its_heaviest_language(
    client: Client, city: dict[str, Achievement]
) -> None:
    make_achievement(city["phone"].issuer, title_fr="Une autre")
    fonts = ("plex-arabic-400", "plex-arabic-600", "plex-latin")
    assert weight(client, "/", fonts=fonts) <= 100_000


@pytest.mark.django_db
def test_signed_documents_are_not_compressed_anew(client: Client) -> None:
    make_issuer(slug="ennour", with_keys=False)
    answer = client.get("/issuers/ennour.json", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


# -- What went wrong ------------------------------------------------------------------------------
@pytest.mark.django_db
def test_an_address_with_nothing_behind_it_says_so_and_shows_a_way_on(client: Client) -> None:
    html = text_of(client, "/nothing-lies-here", status=404)
    assert "There is nothing here under this address." in html
    assert '<a class="btn" href="/">' in html


def silent(*arguments: object) -> None:
    """A database that does not answer."""
    raise OperationalError("no route to the database")


@pytest.mark.django_db
@pytest.mark.parametrize("known", [True, False], ids=["learner", "visitor"])
def test_without_a_database_a_page_in_the_reader_s_language_says_so_and_shows_no_trace(
    client: Client, known: bool
) -> None:
    if known:
        sign_in(client, make_learner(), second_factor=False)
    client.raise_request_exception = False
    with connection.execute_wrapper(silent):
        answer = client.get("/?a=secret", headers={"Accept-Language": "ar"})
    html = answer.content.decode()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert '<html lang="ar" dir="rtl">' in html
    assert "no route" not in html
    assert "OperationalError" not in html
    assert "Traceback" not in html
    assert sections(html) == ["/", "/me/", "/v", "/accounts/login/"]


def test_a_program_hears_of_a_failure_as_a_problem_document() -> None:
    answer = problems.server_error(RequestFactory().get("/api/v1/issuers"))
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_a_form_without_its_token_is_explained(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    answer = strict.post("/accounts/login/", {"source": "x"})
    assert answer.status_code == 403
    html = answer.content.decode()
    assert "Go back, reload the page and send it again." in html
    assert sections(html)


@pytest.mark.django_db
def test_a_refused_visitor_is_shown_where_to_sign_in() -> None:
    request = RequestFactory().get("/teach/")
    html = problems.forbidden(request, PermissionError()).content.decode()
    assert 'href="/accounts/login/?next=/teach/"' in html


# -- The operators' lamps -------------------------------------------------------------------------
def test_the_process_says_that_it_lives_without_asking_the_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_the_lamp_is_lit_when_the_database_is_as_new_as_the_code(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_the_lamp_is_out_while_migrations_are_missing(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="verify").delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"migrations are missing\n")


@pytest.mark.django_db
def test_the_lamp_is_out_while_the_database_does_not_answer(client: Client) -> None:
    with connection.execute_wrapper(silent):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"the database does not answer\n")
