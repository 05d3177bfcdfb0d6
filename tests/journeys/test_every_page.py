"""Every page of every role in a browser, in both scripts, and what people may write on all that shows it.

No policy is broken, no script fails, nothing speaks up that was only meant to be read.
"""

import io

import pytest
from django.core.cache import caches
from django.utils import timezone
from playwright.sync_api import Browser
from pypdf import PdfReader

from credentials import batches, issuance, rosters, statuslists
from credentials.models import Batch, Credential
from issuers.models import ApiClient, Issuer, Membership, RegisterChange
from passport.models import Address, Entry, Learner
from tests.architecture.test_matrix import ALL, ROWS
from tests.factories import award, make_achievement, make_learner
from tests.furnished import House

from .indoors import reader_of, visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_thread")]
PAGES = [row for row in ROWS if row.method == "GET" and not row.route.startswith("api-b")]
#: Answers that a browser saves or shows as they are: no page.
FILES: tuple[str, ...] = (
    "bench-csv",
    "bench-receipt",
    "credential-jwt",
    "credential-json",
    "credential-pdf",
    "credential-card",
    "credential-image",
    "me-jwt",
    "me-json",
    "me-pdf",
    "me-card",
    "erasure-receipt-file",
    "me-export",
    "me-record-json",
    "me-share-json",
    "shared-json",
    "shared-stay",
    "teach-achievement-specimen",
    "teach-session-slips",
    "teach-list-result",
    "teach-print-archive",
    "teach-list-template",
    "teach-list-slips",
)
FILES += (
    "credential-elm",
    "credential-endorsements",
    "credential-png",
    "credential-svg",
    "me-elm",
    "me-import-file",
    "me-png",
    "me-svg",
)
FILES += (
    "set-language",
    "bundle",
    "achievement-badge",
    "achievement-in-language",
    "achievement-json",
    "city-endorsement-status",
    "city-json",
    "endorsement",
    "endorsement-status",
    "status-list",
    "status-list-json",
    "status-list-jwt",
    "key",
    "keys",
    "city-did",
    "issuer-did",
    "issuer-json",
    "api-schema",
    "api-issuers",
)
READERS = ("nobody", "learner", "clerk", "trainer", "signer", "owner", "officer", "approver", "auditor")

ACT = "alert(1)"
MARKUP = (
    f"<script>{ACT}</script>",
    f"<img src=x onerror={ACT}>",
    f"<svg onload={ACT}>",
    f"<svg><script>{ACT}</script></svg>",
    f"<svg><animate onbegin={ACT} attributeName=x dur=1s>",
    f"<body onload={ACT}>",
    f"<iframe src=javascript:{ACT}>",
    f"<iframe srcdoc='<script>{ACT}</script>'>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={ACT}>",
    f"<details open ontoggle={ACT}>",
    f"<input autofocus onfocus={ACT}>",
    f"<video><source onerror={ACT}>",
    f"<object data=javascript:{ACT}>",
    f"<embed src=javascript:{ACT}>",
    f"<a href=javascript:{ACT}>x</a>",
    f"<form action=javascript:{ACT}><button>x",
    f"<meta http-equiv=refresh content='0;url=javascript:{ACT}'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<base href=//evil.example/>",
    "<style>*{display:none}</style>",
    "<plaintext>",
    "<!--",
    "--><h1>x",
    "]]><h1>x",
    "</title><h1>x",
    f"</textarea><script>{ACT}</script>",
    f"</script><script>{ACT}</script>",
    f"</style><img src=x onerror={ACT}>",
    f'"><img src=x onerror={ACT}>',
    f"'><img src=x onerror={ACT}>",
    f'" autofocus onfocus={ACT} x="',
    f"' autofocus onfocus={ACT} x='",
    f"` onmouseover={ACT} `",
    f"javascript:{ACT}",
    f"&lt;script&gt;{ACT}&lt;/script&gt;",
    f"&#60;img src=x onerror={ACT}&#62;",
    f"%3Cscript%3E{ACT}%3C/script%3E",
    f"\\u003cscript\\u003e{ACT}\\u003c/script\\u003e",
    f"\\x3cscript\\x3e{ACT}",
    f"＜script＞{ACT}＜/script＞",
)
TEMPLATES = (
    "{{ 7|add:7 }}",
    "{% debug %}",
    "{% load static %}",
    "{{ settings.SECRET_KEY }}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "%(name)s %s %d",
    "{0.__class__}",
    '#eval("1+1")',
    '#image("/etc/passwd")',
    "$ sum_1^2 $ *x* _y_ @z <w>",
    "#let x = 1; #x",
    "\\input{/etc/passwd}",
)
SIGNS = (
    "\u202eimdaS aislaS",
    "Salma\u202eTazi\u202c",
    "\u2066Salma\u2069 Tazi",
    "\u200fSalma\u200e",
    "Sal\u200bma",
    "ﷺ ﷽ 𒐫",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘",
    '=HYPERLINK("//evil.example")',
    "'; DROP TABLE passport_learner; --",
)
#: What a payload would have become; data for our own scripts is not among it.
ALIVE = "main :is(script:not([type='application/json']), iframe, object, embed, base, [onerror], [onload])"
PAYLOADS = (*MARKUP, *TEMPLATES, *SIGNS)


def pages_of(reader: str) -> list[str]:
    """The routes that this reader may open and that are pages; those for everybody are the visitor's."""
    found = []
    for row in PAGES:
        open_to_all = row.cells["nobody"] == "ok"
        if row.cells[reader] == "ok" and row.route not in FILES and (reader == "nobody") == open_to_all:
            found.append(row.route)
    return found


# -- Every page -----------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("reader", READERS)
def test_every_page_of_a_reader_breaks_no_policy(
    house: House, browser: Browser, reader: str, language: str
) -> None:
    routes = pages_of(reader)
    assert len(routes) >= 3
    with reader_of(house, browser, reader, language=language) as indoors:
        for route in routes:
            caches["process"].clear()
            page = indoors.open(ALL[route].path(house))
            spoken = "ar" if route == "verify-shell" else language  # its address names the language
            if page.locator("html[lang]").count():
                assert page.locator("html").get_attribute("lang") == spoken, route
                assert page.locator("html").get_attribute("dir") == ("rtl" if spoken == "ar" else "ltr")


# -- What people may write ------------------------------------------------------------------------
@pytest.fixture(scope="module")
def written(house: House) -> list[str]:
    """Every name that a page shows is a payload: people's, providers', courses', programs', reasons; ids of
    certificates whose signed course is one."""
    assert len(PAYLOADS) >= 60
    mine = Issuer.objects.get(slug=house.things["provider"].own)
    learner = house.people["learner"]
    for number, text in enumerate(PAYLOADS):
        course = make_achievement(mine, title_fr=text, title_ar=text, criteria_fr=text, description_fr=text)
        award(course, now=timezone.now(), key=f"payload-{number}")
        person = make_learner(name_latin=text[:120], name_arabic=text[:120])
        Membership.objects.create(person=person, issuer=mine, role="clerk", since=timezone.now())
        Membership.objects.create(person=person, issuer=None, role="auditor", since=timezone.now())
        RegisterChange.objects.create(
            at=timezone.now(), event="issuer-suspended", issuer=mine, by=person, detail={"reason": text}
        )
        ApiClient.objects.create(
            issuer=mine,
            name=text[:80],
            scopes=["read"],
            secret_hash="0" * 64,
            created_by=person,
            created_at=timezone.now(),
            id=f"payload{number:015d}",
        )
        Address.objects.create(learner=learner, kind="email", value=text[:254], added_at=timezone.now())
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=timezone.now())
    statuslists.publish_changed(now=timezone.now())
    ids = list(
        Credential.objects.filter(award__batch__idempotency_key__startswith="payload-").values_list(
            "pk", flat=True
        )
    )
    Entry.objects.bulk_create(
        Entry(learner=learner, credential_id=pk, how="match", filed_at=timezone.now()) for pk in ids
    )
    header = "Nom complet;Téléphone\n"
    cells = "".join('"' + text.replace('"', '""') + '";06\n' for text in PAYLOADS)
    data = (header + cells).encode()
    sheet = rosters.read(data, filename="l.csv")
    made = batches.draft(
        issuer=mine,
        achievement=course,
        awarded_on=timezone.localdate(),
        sheet=sheet,
        data=data,
        file_name=MARKUP[1],
        language="fr",
        by=house.people["trainer"],
        now=timezone.now(),
        session=MARKUP[1],
        notify=False,
    )
    house.things["draft-list"] = house.things["draft-list"]._replace(own=made.batch.pk)
    house.things["achievement"] = house.things["achievement"]._replace(own=course.pk)
    Issuer.objects.filter(pk=mine.pk).update(name_fr=MARKUP[1], name_ar=MARKUP[1], state_reason=MARKUP[0])
    Learner.objects.filter(pk__in=[p.pk for p in house.people.values()]).update(
        name_latin=MARKUP[1], name_arabic=MARKUP[1]
    )
    assert len(ids) >= 50  # the rest the linter does not let us sign
    return ids


@pytest.mark.parametrize("reader", READERS)
def test_names_stay_text_on_every_page(
    house: House, written: list[str], browser: Browser, reader: str
) -> None:
    with reader_of(house, browser, reader) as indoors:
        for route in pages_of(reader):
            caches["process"].clear()
            page = indoors.open(ALL[route].path(house))
            assert page.locator(ALIVE).count() == 0
            assert page.locator("footer").is_visible() or not page.locator("html[lang]").count()


def test_each_signed_text_stays_text_on_its_certificates_pages(
    house: House, written: list[str], browser: Browser
) -> None:
    with visitor(browser, session=house.sessions["learner"]) as indoors:
        for credential in Credential.objects.filter(pk__in=written).select_related("achievement"):
            caches["process"].clear()
            for path in (f"/c/{credential.pk}", f"/a/{credential.achievement_id}"):
                page = indoors.open(path)
                shown = " ".join(page.locator("main").inner_text().split())
                assert " ".join(credential.achievement.title_fr.split()) in shown, path
                assert page.locator("footer").is_visible()


def test_printed_certificates_run_nothing(house: House, written: list[str]) -> None:
    for credential in Credential.objects.filter(pk__in=written):
        Credential.objects.filter(pk=credential.pk).update(name_latin=credential.achievement.title_fr[:120])
        for kind in ("", ".card"):
            answer = house.visitor("learner").get(f"/me/c/{credential.pk}{kind}.pdf")
            caches["process"].clear()
            assert answer.status_code == 200
            reader = PdfReader(io.BytesIO(answer.content))
            assert len(reader.pages) == 1
            raw = answer.content
            assert not any(
                name in raw for name in (b"/JavaScript", b"/JS ", b"/Launch", b"/SubmitForm", b"/GoToR")
            )
            links = [a.get_object().get("/A", {}).get("/URI", "") for a in reader.pages[0].get("/Annots", [])]
            assert not [link for link in links if "localhost" not in str(link)]
            text = reader.pages[0].extract_text()
            assert "root:" not in text
            assert "49" not in text.split("7*7")[-1][:3]
