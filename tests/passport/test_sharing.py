"""Sharing: what she chose and nothing else, until the day she set, gone when she takes it back."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials import revocation, statuslists
from credentials.models import Credential
from credentials.people import Person
from passport import accounts, consents, filing, holding, sharing, showing
from passport.errors import (
    GuardianNeeded,
    LeadsNowhere,
    LinkHasExpired,
    NoPublicPageYet,
    NothingChosen,
    ShareIsOver,
    TooManyShares,
)
from passport.models import (
    Consent,
    Declaration,
    Entry,
    Learner,
    Look,
    Presentation,
    PresentationOpening,
    Shown,
)
from passport.sharing import Detail
from tests.factories import (
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    publish_keys,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
PHONE = "+212683000001"
BROWSER = {
    "user-agent": "Mozilla/5.0 (Linux; Android 14) Chrome/130.0",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
}
SKILLS = [
    {
        "uri": "http://data.europa.eu/esco/skill/b0964159-d7b2-4f1e-a0d1-5d100445fcdb",
        "label_en": "sew",
        "label_fr": "tirer l’aiguille",
        "label_ar": "الخياطة",
    }
]


@pytest.fixture
def fatima(key_room: Any) -> Learner:
    """She holds two certificates of one provider and declares one thing."""
    now = timezone.now()
    issuer = make_issuer(now=now)
    publish_keys(now=now)
    learner = make_learner(birth_year=1995)
    accounts.prove(learner=learner, kind="phone", value=PHONE, now=now)
    for title, level in (("Coudre", 2), ("Broder", 3)):
        course = make_achievement(issuer, title_fr=title, title_ar="", skills=SKILLS, cnc_level=level)
        named = {"name_latin": learner.name_latin, "name_arabic": learner.name_arabic}
        make_credential(course, Person(**named, address_kind="phone", address=PHONE), now=now)
    filing.consider_unfiled(now=now)
    statuslists.publish_changed(now=now)
    Declaration.objects.create(
        learner=learner, kind="work", title="Atelier du quartier", began_on="2004-01-01", made_at=now
    )
    return learner


def everything(learner: Learner) -> list[str]:
    there = sharing.choosable(learner=learner)
    return [sharing.key_of(item) for item in there.items]


def share(learner: Learner, keys: list[str] | None = None, **fields: Any) -> Presentation:
    given: dict[str, Any] = {
        "keys": everything(learner) if keys is None else keys,
        "detail": Detail(),
        "days": 30,
        "title": "Atelier Anfa",
        "language": "fr",
        "now": timezone.now(),
    }
    return sharing.make(learner=learner, **(given | fields))


def path_of(presentation: Presentation) -> str:
    return "/p/" + sharing.link_of(presentation).rsplit("/", 1)[1]


def seen(presentation: Presentation, client: Client | None = None) -> str:
    answer = (client or Client()).get(path_of(presentation), headers=BROWSER)
    assert answer.status_code == 200
    return str(answer.content.decode())


# -- What the other sees ----------------------------------------------------------------------------
def test_the_other_reads_who_what_who_says_so_and_whether_it_is_current(fatima: Learner) -> None:
    page = seen(share(fatima))
    assert fatima.name_latin in page
    assert "Coudre" in page
    assert "Médiathèque Ennour" in page
    assert "en vigueur : 2 sur 2" in page
    assert "Atelier du quartier" in page
    assert len(page.encode()) < 60_000


def test_the_page_is_kept_by_nobody_and_tells_nobody_where_its_reader_came_from(fatima: Learner) -> None:
    answer = Client().get(path_of(share(fatima)))
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Referrer-Policy"] == "no-referrer"


def test_only_what_she_chose_is_shown(fatima: Learner) -> None:
    first = Entry.objects.filter(learner=fatima)[0]
    page = seen(share(fatima, [sharing.key_of(first)]))
    other = Entry.objects.filter(learner=fatima)[1]
    assert first.credential.achievement.title in page
    assert other.credential.achievement.title not in page
    assert "Atelier du quartier" not in page
    assert PHONE not in page


def test_a_short_name_without_dates_and_levels_gives_no_link_that_would_say_more(fatima: Learner) -> None:
    detail = Detail(whole_name=False, with_dates=False, with_levels=False)
    page = seen(share(fatima, detail=detail))
    credential = Entry.objects.filter(learner=fatima)[0].credential
    assert "Fatima-Zahra I." in page
    assert "Idrissi" not in page
    assert credential.pk not in page
    assert "CNC" not in page


def test_a_proven_phone_is_shown_if_she_chose_it_and_nobody_elses_ever(fatima: Learner) -> None:
    other = make_learner(name_latin="Mehdi Sebti", name_arabic="")
    accounts.prove(learner=other, kind="phone", value="+212683000002", now=timezone.now())
    mine, foreign = fatima.addresses.get().pk, other.addresses.get().pk
    assert PHONE in seen(share(fatima, detail=Detail(contact=mine)))
    assert "+212683000002" not in seen(share(fatima, detail=Detail(contact=foreign)))


def test_a_name_that_the_certificate_does_not_bear_is_told(fatima: Learner) -> None:
    presentation = share(fatima)
    accounts.rename(learner=fatima, name_latin="Mehdi Sebti", name_arabic="", language="fr")
    shared = showing.of(presentation=Presentation.objects.get(pk=presentation.pk), now=timezone.now())
    assert [one.named and one.named.name_latin for one in shared.certificates] == [
        "Fatima-Zahra El Idrissi",
        "Fatima-Zahra El Idrissi",
    ]
    assert "Fatima-Zahra El Idrissi" in seen(presentation)


def test_a_skill_counts_once_at_its_highest_level(fatima: Learner) -> None:
    shared = showing.of(presentation=share(fatima), now=timezone.now())
    assert [(line.learning, len(line.current)) for line in shared.skills] == [(3, 2)]


def test_what_is_revoked_shows_its_verdict_and_vouches_for_nothing(fatima: Learner) -> None:
    presentation = share(fatima)
    entry = Entry.objects.filter(learner=fatima).order_by("credential__achievement__cnc_level").last()
    assert entry is not None
    signer = make_learner(name_latin="Salma Signer", name_arabic="")
    revocation.revoke(
        credential=entry.credential, reason="issued-in-error", note="", by=signer, now=timezone.now()
    )
    statuslists.publish_changed(now=timezone.now())
    shared = showing.of(presentation=presentation, now=timezone.now())
    assert (shared.genuine, len(shared.certificates)) == (1, 2)
    assert shared.face.state == "revoked"
    assert [(line.learning, len(line.current)) for line in shared.skills] == [(2, 1)]
    assert "en vigueur : 1 sur 2" in seen(presentation)


def test_what_she_hides_is_gone_from_what_is_shared(fatima: Learner) -> None:
    presentation = share(fatima)
    entry = Entry.objects.filter(learner=fatima)[0]
    holding.hide(entry=entry, now=timezone.now())
    Declaration.objects.update(hidden_at=timezone.now())
    page = seen(presentation)
    assert entry.credential.achievement.title not in page
    assert "Atelier du quartier" not in page


def test_what_was_erased_is_gone_too(fatima: Learner) -> None:
    presentation = share(fatima)
    Credential.objects.update(erased_at=timezone.now())
    assert showing.of(presentation=presentation, now=timezone.now()).certificates == []


# -- The link ---------------------------------------------------------------------------------------
def test_unknown_and_withdrawn_links_are_answered_with_the_same_bytes(fatima: Learner) -> None:
    presentation = share(fatima)
    path = path_of(presentation)
    sharing.withdraw(presentation=presentation, now=timezone.now())
    gone, unknown = (Client().get(each) for each in (path, "/p/" + "A" * 22))
    assert gone.status_code == unknown.status_code == 404
    assert gone.content.decode().replace(path, "") == unknown.content.decode().replace("/p/" + "A" * 22, "")
    assert str(LeadsNowhere.message) in gone.content.decode()


def test_a_link_that_has_run_out_says_so_and_shows_nothing(fatima: Learner) -> None:
    then = timezone.now() - timedelta(days=8)
    presentation = share(fatima, days=7, now=then)
    answer = Client().get(path_of(presentation))
    assert answer.status_code == 410
    assert fatima.name_latin not in answer.content.decode()
    with pytest.raises(LinkHasExpired):
        showing.open_link(token=path_of(presentation)[3:], counts=True, reader=None, now=timezone.now())
    sharing.extend(presentation=presentation, days=7, now=timezone.now())
    assert fatima.name_latin in seen(presentation)


def test_a_withdrawn_link_is_not_brought_back(fatima: Learner) -> None:
    presentation = share(fatima)
    sharing.withdraw(presentation=presentation, now=timezone.now())
    with pytest.raises(ShareIsOver):
        sharing.extend(presentation=presentation, days=7, now=timezone.now())


def test_the_token_lies_nowhere_in_the_database(fatima: Learner) -> None:
    presentation = share(fatima)
    token = path_of(presentation)[3:]
    kept = Presentation.objects.filter(pk=presentation.pk).values().get()
    assert not any(token in str(value) for value in kept.values())
    assert len(token) == 22


def test_consent_that_is_taken_back_closes_every_link_and_a_new_one_opens_none(fatima: Learner) -> None:
    first = share(fatima)
    consents.withdraw(learner=fatima, purpose=Consent.Purpose.SHOWING, now=timezone.now())
    assert Client().get(path_of(first)).status_code == 404
    second = share(fatima)
    assert Client().get(path_of(first)).status_code == 404
    assert Client().get(path_of(second)).status_code == 200


def test_agreeing_is_recorded_in_the_same_step(fatima: Learner) -> None:
    assert not consents.holds(learner=fatima, purpose=Consent.Purpose.SHOWING)
    share(fatima, language="ar")
    assert Consent.objects.get(purpose="showing").language == "ar"


# -- Openings ---------------------------------------------------------------------------------------
def opened(presentation: Presentation) -> int:
    return sum(PresentationOpening.objects.filter(presentation=presentation).values_list("times", flat=True))


def test_each_opening_is_counted_by_hour_and_told_once_an_hour(fatima: Learner) -> None:
    presentation = share(fatima)
    seen(presentation)
    seen(presentation)
    opening = PresentationOpening.objects.get()
    assert opening.times == 2
    assert (opening.hour.minute, opening.hour.second) == (0, 0)
    look = Look.objects.get(act=Look.Act.SHOWN)
    assert (look.about, look.by) == (presentation.pk, None)


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "WhatsApp/2.24.1 A"},
        {"user-agent": "facebookexternalhit/1.1"},
        {"user-agent": "TelegramBot (like TwitterBot)"},
        {"user-agent": "Mozilla/5.0 (compatible; Discordbot/2.0)"},
        {"user-agent": "Mozilla/5.0 AppleWebKit facebookexternalhit/1.1 Facebot Twitterbot/1.0"},
        BROWSER | {"sec-purpose": "prefetch;prerender"},
        BROWSER | {"purpose": "prefetch"},
        BROWSER | {"sec-fetch-mode": "no-cors"},
        {"user-agent": "curl/8"},
        {},
    ],
)
def test_a_preview_or_a_fetch_ahead_is_no_opening(fatima: Learner, headers: dict[str, str]) -> None:
    presentation = share(fatima)
    assert Client().get(path_of(presentation), headers=headers).status_code == 200
    assert opened(presentation) == 0


def test_asking_for_the_head_and_her_own_look_are_no_openings(fatima: Learner, client: Client) -> None:
    presentation = share(fatima)
    assert Client().head(path_of(presentation), headers=BROWSER).status_code == 200
    client.force_login(fatima)
    seen(presentation, client)
    assert opened(presentation) == 0


def test_a_browser_that_says_nothing_of_its_fetch_is_counted(fatima: Learner) -> None:
    presentation = share(fatima)
    Client().get(path_of(presentation), headers={"user-agent": "Mozilla/5.0 (Linux; Android 8) Chrome/70.0"})
    assert opened(presentation) == 1


# -- Who may, and how much --------------------------------------------------------------------------
def test_who_is_under_18_asks_her_guardian(fatima: Learner, client: Client) -> None:
    Learner.objects.update(birth_year=timezone.localdate().year - 15)
    fatima.refresh_from_db()
    with pytest.raises(GuardianNeeded):
        share(fatima)
    with pytest.raises(NoPublicPageYet):
        sharing.open_page(learner=fatima, keys=everything(fatima), language="fr", now=timezone.now())
    client.force_login(fatima)
    assert client.get(reverse("me-share-new")).status_code == 403
    assert str(GuardianNeeded.message) in client.get(reverse("me-share")).content.decode()


def test_nothing_is_no_share_and_somebody_elses_entry_is_nothing(fatima: Learner) -> None:
    other = make_learner(name_latin="Mehdi Sebti", name_arabic="")
    for keys in ([], everything(fatima)):
        with pytest.raises(NothingChosen):
            share(other, keys)
    assert not Consent.objects.filter(learner=other).exists()


def test_fifty_links_are_enough(fatima: Learner) -> None:
    first = share(fatima)
    made = {
        "learner": fatima,
        "sealed": "v1$",
        "language": "fr",
        "made_at": first.made_at,
        "expires_at": first.expires_at,
    }
    Presentation.objects.bulk_create(
        Presentation(digest=str(number), **made) for number in range(sharing.MAX_SHARES - 1)
    )
    with pytest.raises(TooManyShares):
        share(fatima)


def test_the_database_itself_refuses_what_must_not_be(fatima: Learner) -> None:
    presentation = share(fatima)
    wrong: list[Callable[[], object]] = [
        lambda: Presentation.objects.filter(pk=presentation.pk).update(expires_at=None),
        lambda: Presentation.objects.filter(pk=presentation.pk).update(expires_at=presentation.made_at),
        lambda: Shown.objects.filter(presentation=presentation, place=0).update(place=50),
        lambda: Shown.objects.filter(presentation=presentation, place=0).update(place=1),
        lambda: Shown.objects.filter(presentation=presentation, place=0).update(entry=None),
    ]
    for act in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


# -- The public page --------------------------------------------------------------------------------
def test_a_public_page_shows_what_is_public_and_closing_it_makes_nothing_public(fatima: Learner) -> None:
    one, other = Entry.objects.filter(learner=fatima)
    assert "public" not in holding.visibilities(learner=fatima)
    page = sharing.open_page(learner=fatima, keys=[sharing.key_of(one)], language="fr", now=timezone.now())
    assert page.expires_at is None
    text = seen(page)
    assert one.credential.achievement.title in text
    assert other.credential.achievement.title not in text
    holding.set_visibility(entry=other, visibility="public")
    assert other.credential.achievement.title in seen(page)
    sharing.withdraw(presentation=page, now=timezone.now())
    assert not Credential.objects.filter(visibility="public").exists()
    assert Client().get(path_of(page)).status_code == 404


def test_changing_what_is_on_the_page_keeps_its_address(fatima: Learner) -> None:
    one, other = Entry.objects.filter(learner=fatima)
    now = timezone.now()
    page = sharing.open_page(learner=fatima, keys=[sharing.key_of(one)], language="fr", now=now)
    again = sharing.open_page(learner=fatima, keys=[sharing.key_of(other)], language="fr", now=now)
    assert again.pk == page.pk
    assert one.credential.achievement.title not in seen(page)


# -- Her pages --------------------------------------------------------------------------------------
def chosen_form(learner: Learner, **fields: Any) -> dict[str, Any]:
    return {
        "entries": everything(learner),
        "name": "whole",
        "with_dates": "on",
        "with_levels": "on",
        "contact": "",
        "days": "30",
        "title": "Atelier Anfa",
    } | fields


def test_she_chooses_looks_shares_and_withdraws(fatima: Learner, client: Client) -> None:
    client.force_login(fatima)
    new = reverse("me-share-new")
    preview = client.post(new, chosen_form(fatima) | {"act": "look"}).content.decode()
    assert "en vigueur : 2 sur 2" in preview
    assert not Presentation.objects.exists()
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', preview)
    assert ("title", "Atelier Anfa") in hidden
    made = client.post(new, chosen_form(fatima) | {"act": "share"})
    presentation = Presentation.objects.get()
    assert made["Location"] == reverse("me-share-one", args=[presentation.pk])
    page = client.get(made["Location"]).content.decode()
    assert sharing.link_of(presentation) in page
    assert "<svg" in page
    client.post(reverse("me-share-withdraw", args=[presentation.pk]))
    presentation.refresh_from_db()
    assert presentation.withdrawn_at is not None
    assert sharing.link_of(presentation) not in client.get(made["Location"]).content.decode()


def test_the_preview_is_what_the_other_sees(fatima: Learner, client: Client) -> None:
    client.force_login(fatima)
    preview = client.post(reverse("me-share-new"), chosen_form(fatima) | {"act": "look"}).content.decode()
    client.post(reverse("me-share-new"), chosen_form(fatima) | {"act": "share"})
    page = seen(Presentation.objects.get())

    def body(text: str) -> list[str]:
        start = text.index('<div class="verdict')
        words = re.sub(r"<[^>]+>", " ", text[start : text.index("Vérifié le", start)])
        return words.split()

    assert body(preview) == body(page)


def test_nothing_typed_is_lost_when_nothing_is_chosen(fatima: Learner, client: Client) -> None:
    client.force_login(fatima)
    page = client.post(
        reverse("me-share-new"), chosen_form(fatima, entries=[], days="7") | {"act": "look"}
    ).content.decode()
    assert 'value="Atelier Anfa"' in page
    assert re.search(r'value="7"[^>]*checked', page)
    assert 'id="id_entries-error"' in page


def test_a_period_that_is_not_offered_is_refused_on_the_page(fatima: Learner, client: Client) -> None:
    presentation = share(fatima)
    client.force_login(fatima)
    client.post(reverse("me-share-extend", args=[presentation.pk]), {"days": "9999"})
    client.post(reverse("me-share-extend", args=[presentation.pk]), {"days": "365"})
    before, presentation = presentation, Presentation.objects.get()
    assert presentation.expires_at is not None
    assert before.expires_at is not None
    assert presentation.expires_at > before.expires_at


def test_somebody_elses_share_and_none_at_all_look_the_same(fatima: Learner, client: Client) -> None:
    presentation = share(fatima)
    client.force_login(make_learner(name_latin="Mehdi Sebti", name_arabic=""))
    for name, ask in (
        ("me-share-one", client.get),
        ("me-share-withdraw", client.post),
        ("me-share-extend", client.post),
    ):
        assert {ask(reverse(name, args=[pk])).status_code for pk in (presentation.pk, "x" * 22)} == {404}
    presentation.refresh_from_db()
    assert presentation.withdrawn_at is None


def test_the_wall_shows_the_badges_of_what_holds(fatima: Learner, client: Client) -> None:
    one, other = Entry.objects.filter(learner=fatima)
    Credential.objects.filter(pk=other.credential_id).update(status="revoked")
    client.force_login(fatima)
    page = client.get(reverse("me-wall")).content.decode()
    wall = page[page.index('class="wallgrid"') :]
    assert one.credential.achievement.title_fr in wall
    assert other.credential.achievement.title_fr not in wall
