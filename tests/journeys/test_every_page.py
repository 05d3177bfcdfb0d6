"""Every page of every role in a browser, in both scripts, and what people may write on all that shows it.

No policy is broken, no script fails, nothing speaks up that was only meant to be read.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.utils import timezone
from playwright.sync_api import Browser
from pypdf import PdfReader

from credentials import batches, issuance, rosters, statuslists
from credentials.models import Achievement, Award, Batch, Credential
from issuers.models import ApiClient, Issuer, Membership, RegisterChange
from passport.models import Address, Entry, Learner
from tests.architecture.test_matrix import ALL, ROWS
from tests.factories import award, make_achievement, make_learner
from tests.furnished import House, furnished

from .indoors import visitor

pytestmark = pytest.mark.django_db
PAGES = [row for row in ROWS if row.method == "GET" and not row.route.startswith("api-b")]
#: Answers that a browser saves or shows as they are: no page.
FILES = ("credential-jwt", "credential-pdf", "me-jwt", "me-pdf", "teach-list-result", "teach-list-template")
FILES += (
    "set-language",
    "status-list",
    "key",
    "keys",
    "city-did",
    "issuer-did",
    "issuer-json",
    "api-schema",
    "api-issuers",
)
READERS = ("nobody", "learner", "trainer", "signer", "owner", "officer", "approver", "auditor")

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
PAYLOADS = (*MARKUP, *TEMPLATES, *SIGNS)


@pytest.fixture(scope="module", autouse=True)
def same_thread() -> Iterator[None]:
    """The browser's loop runs in this thread, beside which nothing else asks the database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="module")
def house(
    django_db_setup: None,
    django_db_blocker: Any,
    same_thread: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    with django_db_blocker.unblock(), furnished(tmp_path_factory.mktemp("house")) as house:
        yield house


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
    with visitor(browser, session=house.sessions.get(reader, ""), language=language) as indoors:
        for route in routes:
            caches["process"].clear()
            page = indoors.open(ALL[route].path(house))
            if page.locator("html[lang]").count():
                assert page.locator("html").get_attribute("lang") == language, route
                assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
