"""What makes the verifier page work without a server: shell, service worker, manifest, icons."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.test import Client, override_settings
from PIL import Image
from whitenoise.storage import CompressedManifestStaticFilesStorage

from config import icons
from config.files import HashedFiles
from issuers import trust
from tests.factories import make_learner, sign_in
from verify import offline, scanning

from .browsing import Node

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in settings.LANGUAGES]
DIGITS = "3917" * 120


def files_of(release: dict[str, Any]) -> dict[str, str]:
    """Each file of all parts, with its digest."""
    return {url: digest for part in release["parts"].values() for url, digest in part.items()}


def release_of(script: bytes) -> dict[str, Any]:
    found = re.match(rb"const RELEASE = (.*);\n", script)
    assert found
    return dict(json.loads(found[1]))


# -- The shell --------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("query", ["", "?kiosk"])
def test_the_shell_is_the_same_for_everybody(client: Client, language: str, query: str) -> None:
    stranger = client.get(f"/verify/page/{language}{query}")
    learner = make_learner()
    sign_in(client, learner)
    known = client.get(f"/verify/page/{language}{query}", headers={"accept-language": "en"})
    assert known.content == stranger.content
    assert not known.cookies
    assert "no-cache" in known["Cache-Control"]
    html = known.content.decode()
    assert f'<html lang="{language}"' in html
    assert ("kiosk-panel" in html) is bool(query)
    assert 'next=/v"' in html


def test_the_shell_is_the_page_that_a_stranger_gets(client: Client) -> None:
    for language in LANGUAGES:
        page = client.get("/v", headers={"accept-language": language})
        assert client.get(f"/verify/page/{language}").content == page.content
        for name in ("Content-Security-Policy", "Permissions-Policy", "Referrer-Policy", "Content-Language"):
            assert client.get(f"/verify/page/{language}")[name] == page[name], name


def test_there_is_no_shell_and_no_manifest_in_another_language(client: Client) -> None:
    assert client.get("/verify/page/de").status_code == 404
    assert client.get("/verify/de.webmanifest").status_code == 404


# -- The release ------------------------------------------------------------------------------------
def test_the_worker_names_each_file_by_what_is_in_it(client: Client) -> None:
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    release = release_of(answer.content)
    for url, digest in files_of(release).items():
        assert hashlib.sha256(client.get(url).getvalue()).hexdigest()[:32] == digest, url
    assert release["languages"] == LANGUAGES
    for language in LANGUAGES:
        assert release["shell"] + language in release["parts"][language]
        assert set(release["parts"][f"entrance {language}"]) == {f"{release['shell']}{language}?kiosk"}


def test_whatever_the_page_loads_is_in_the_release(client: Client) -> None:
    release = release_of(client.get("/sw.js").content)
    html = client.get("/v?kiosk").content.decode()
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html)) - {"/static/built/icons/app-180.png"}
    assert loaded <= set(files_of(release))
    for name in (*scanning.FILES, *scanning.FALLBACK):
        assert f"/static/{name}" in release["scanner"]
        assert finders.find(name), name


def worker_at(host: str) -> bytes:
    request = HttpRequest()
    request.META = {"HTTP_HOST": host, "SERVER_NAME": host, "SERVER_PORT": "80"}
    return offline.service_worker(request)


def test_another_page_is_another_release_and_other_roots_make_another_page(
    key_room: Path, tmp_path: Path
) -> None:
    first = worker_at("localhost")
    assert worker_at("localhost") == first
    roots = tmp_path / "roots.json"
    roots.write_text(json.dumps({"keys": trust.pinned()[:1]}))
    elsewhere = worker_at("testserver")
    with override_settings(ROOT_KEYS_FILE=str(roots), LOCAL_ROOT_DIR=""):
        with_one_root = worker_at("localhost")
    assert len({release_of(script)["version"] for script in (first, elsewhere, with_one_root)}) == 3


@pytest.fixture
def hashed(tmp_path: Path) -> Iterator[Path]:
    """A city's static root, without the compression that follows there."""
    storage = HashedFiles(location=str(tmp_path), base_url="/static/")
    names = {*offline.FRAME, *offline.FIRST, *offline.THEN, *offline.KIOSK, "verify/service-worker.js"}
    wanted = ("built/", *(path for path in scanning.FILES if path.startswith("verify/")), *names)
    files = {
        path: (source, path)
        for finder in finders.get_finders()
        for path, source in finder.list([])
        if path.startswith(wanted)
    }
    for path, (source, name) in files.items():
        with source.open(name) as content:
            storage.save(path, content)
    hashing: Any = super(CompressedManifestStaticFilesStorage, storage)
    for name, _stored, done in hashing.post_process({path: (storage, path) for path in files}):
        assert not isinstance(done, Exception), name
    backend = {"BACKEND": "config.files.HashedFiles"}
    with override_settings(
        STATIC_ROOT=str(tmp_path),
        STORAGES=settings.STORAGES | {"staticfiles": backend},
        ALLOWED_HOSTS=["hashed"],
    ):
        yield tmp_path


def test_with_hashed_names_a_release_names_all_that_its_modules_import(hashed: Path, key_room: Path) -> None:
    release = release_of(worker_at("hashed"))
    files = files_of(release)
    sent = offline.content_of("verify/page.js").decode()
    assert sent.count("import ") >= 7
    assert not re.search(r"^\s*(//|/\*)", sent, re.MULTILINE)
    names = [url for url in files if url.startswith("/static/")]
    assert all(re.search(r"\.[0-9a-f]{12}\.\w+$", name) for name in names)
    for url in names:
        stored = (hashed / url.removeprefix("/static/")).read_bytes()
        assert hashlib.sha256(stored).hexdigest()[:32] == files[url]
        for imported in re.findall(r'^import .*"\./([\w.-]+\.js)";$', stored.decode("latin-1"), re.MULTILINE):
            assert f"/static/verify/{imported}" in files, (url, imported)


# -- How much -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_phone_keeps_is_below_100_kb_and_an_entrance_needs_little_more(
    client: Client, hashed: Path, key_room: Path, language: str
) -> None:
    """Bytes on the way: text as it is compressed, fonts as they are. The scanner is counted apart."""
    script = worker_at("hashed")
    parts = release_of(script)["parts"]
    page = len(gzip.compress(script, 6)) + sum(
        on_the_way(client, url) for url in parts["page"] | parts[language]
    )
    entrance = sum(on_the_way(client, url) for url in parts["entrance"] | parts[f"entrance {language}"])
    assert page < 100_000
    assert page + entrance < 115_000


def on_the_way(client: Client, url: str) -> int:
    if not url.startswith("/static/"):
        return len(gzip.compress(client.get(url, headers={"host": "hashed"}).content, 6))
    content = (Path(str(settings.STATIC_ROOT)) / url.removeprefix("/static/")).read_bytes()
    return len(content if url.endswith(".woff2") else gzip.compress(content, 6))


# -- The manifest -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("language", "direction"), [("fr", "ltr"), ("ar", "rtl"), ("en", "ltr")])
def test_a_phone_can_install_it_in_each_language(client: Client, language: str, direction: str) -> None:
    page = client.get("/v", headers={"accept-language": language}).content.decode()
    assert f'<link rel="manifest" href="/verify/{language}.webmanifest">' in page
    answer = client.get(f"/verify/{language}.webmanifest")
    assert answer["Content-Type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert (manifest["lang"], manifest["dir"], manifest["display"]) == (language, direction, "standalone")
    assert manifest["start_url"].startswith(manifest["scope"])
    for icon in manifest["icons"]:
        file = finders.find(icon["src"].removeprefix("/static/"))
        with Image.open(str(file)) as drawn:
            assert drawn.format == "PNG"
            assert f"{drawn.width}x{drawn.height}" == icon["sizes"]
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}


def test_the_names_differ_by_language(client: Client) -> None:
    names = {client.get(f"/verify/{language}.webmanifest").json()["name"] for language in LANGUAGES}
    assert len(names) == 3


def test_a_maskable_icon_survives_a_round_hole() -> None:
    for name, (pixels, _part) in icons.ICONS.items():
        with Image.open(icons.FOLDER / name) as drawn:
            marked = drawn.convert("L").point(lambda grey: 255 if grey < 250 else 0).getbbox()
        assert marked
        left, top, right, bottom = marked
        assert abs(left - (pixels - right)) <= 2
        assert abs(top - (pixels - bottom)) <= 2
        if "maskable" in name:
            reach = ((pixels / 2 - left) ** 2 + (pixels / 2 - top) ** 2) ** 0.5
            assert reach < 0.4 * pixels


# -- The service worker -----------------------------------------------------------------------------
def release(version: str = "1", **files: str) -> dict[str, Any]:
    """A small release: page and entrance in three languages, two files, a face, a file of the scanner."""
    parts: dict[str, list[str]] = {
        "page": ["/static/verify/page.js", "/static/css/a.css"],
        "entrance": ["/static/verify/kiosk.js"],
    }
    for language in LANGUAGES:
        parts[language] = [f"/verify/page/{language}"]
        parts[f"entrance {language}"] = [f"/verify/page/{language}?kiosk"]
    parts["ar"].append("/static/arabic.woff2")
    bodies = {url: url for urls in parts.values() for url in urls}
    bodies |= {"/static/verify/page.js": f"page {version}"} | files
    return {
        "version": version,
        "home": "/v",
        "static": "/static/",
        "shell": "/verify/page/",
        "languages": LANGUAGES,
        "parts": {
            name: {url: hashlib.sha256(bodies[url].encode()).hexdigest()[:32] for url in urls}
            for name, urls in parts.items()
        },
        "scanner": ["/static/verify/scanner.js"],
        "bodies": bodies,
    }


def part(made: dict[str, Any], *names: str) -> set[str]:
    """The files of these parts."""
    return {url for name in names for url in made["parts"][name]}


def on_device(node: Node, *steps: dict[str, Any]) -> list[Any]:
    return list(node.ask(act="worker", steps=list(steps)))


def installed(made: dict[str, Any], scope: str = "/v") -> list[dict[str, Any]]:
    return [
        {"network": made["bodies"] | {"/static/verify/scanner.js": "scanner"}, "start": made, "scope": scope},
        {"install": None},
        {"activate": None},
    ]


CUT: dict[str, Any] = {"network": {"/nothing": ""}}
STAY: dict[str, Any] = {"tell": {"act": "stay"}}


def opens(url: str) -> dict[str, Any]:
    return {"ask": {"url": url, "mode": "navigate"}}


@pytest.mark.parametrize(
    "address",
    [
        "/v",
        f"/v#{DIGITS}",
        f"/v%23{DIGITS}",
        f"/v%2523{DIGITS}",
        f"/v/{DIGITS}",
        f"/v?x={DIGITS}",
        f"/v/{DIGITS}/x",
    ],
)
def test_without_a_network_the_page_opens_and_its_address_is_asked_of_nobody(
    node: Node, address: str
) -> None:
    results = on_device(node, *installed(release()), CUT, {"asked": None}, opens(address), {"asked": None})
    assert results[-2:] == ["/verify/page/en", []]


def test_with_a_network_too_a_scanned_address_leads_to_no_request(node: Node) -> None:
    results = on_device(
        node, *installed(release()), {"asked": None}, opens(f"/v%23{DIGITS}"), {"asked": None}
    )
    assert results[-2:] == ["/verify/page/en", []]


def test_nothing_that_a_page_was_asked_with_is_held(node: Node) -> None:
    addresses = [f"/v#{DIGITS}", f"/v%23{DIGITS}", f"/v/{DIGITS}", f"/v?{DIGITS}"]
    results = on_device(node, *installed(release()), *map(opens, addresses), {"held": None})
    held = results[-1]
    assert DIGITS[:20] not in json.dumps(held)
    assert set(held["verifier 1"]) == part(release(), "page", "en")


def test_an_entrance_has_its_own_page_once_it_was_opened(node: Node) -> None:
    opened = on_device(node, *installed(release()), opens("/v?kiosk"), CUT, opens("/v?kiosk"))
    assert opened[-3::2] == ["/verify/page/en?kiosk"] * 2


def test_a_page_that_is_to_stay_has_all_of_an_entrance_before_it_is_one(node: Node) -> None:
    *_, held, _cut, page, module = on_device(
        node,
        *installed(release()),
        STAY,
        {"held": None},
        CUT,
        opens("/v?kiosk"),
        {"ask": {"url": "/static/verify/kiosk.js"}},
    )
    stays = part(release(), "page", "en", "entrance", "entrance en") | {"/static/verify/scanner.js"}
    assert set(held["verifier 1"]) == stays
    assert (page, module) == ("/verify/page/en?kiosk", "/static/verify/kiosk.js")


def test_an_entrance_that_was_never_opened_leads_to_the_page(node: Node) -> None:
    there = {"ask": {"url": "/v?kiosk", "mode": "navigate", "leads": True}}
    assert on_device(node, *installed(release()), CUT, there)[-1] == "https://passport.example/v"


def test_a_newer_release_brings_what_is_to_stay_before_it_takes_over(node: Node) -> None:
    new = release("2")
    network = new["bodies"] | {"/static/verify/scanner.js": "newer"}
    results = on_device(
        node,
        *installed(release("1")),
        {"tell": {"act": "language", "language": "ar"}},
        STAY,
        {"network": network, "start": new},
        {"install": None},
        CUT,
        {"activate": None},
        {"held": None},
        opens("/v?kiosk"),
        {"ask": {"url": "/static/verify/scanner.js"}},
    )
    expected = part(new, "page", "ar", "entrance", "entrance ar") | {"/static/verify/scanner.js"}
    assert set(results[-3]["verifier 2"]) == expected
    assert results[-2:] == ["/verify/page/ar?kiosk", "newer"]


def test_a_newer_release_that_lacks_a_part_of_the_entrance_is_not_installed(node: Node) -> None:
    new = release("2")
    network = {url: body for url, body in new["bodies"].items() if url != "/static/verify/kiosk.js"}
    results = on_device(
        node, *installed(release("1")), STAY, {"network": network, "start": new}, {"install": None}
    )
    assert results[-1] == "no network"


def test_the_page_is_kept_in_the_language_in_which_the_city_answers(node: Node) -> None:
    made = release()
    network = made["bodies"] | {"/v": {"language": "ar"}}
    results = on_device(
        node, {"network": network, "start": made}, {"install": None}, {"activate": None}, {"held": None}
    )
    assert set(results[-1]["verifier 1"]) == part(made, "page", "ar")


def test_the_language_chosen_last_counts_and_without_one_the_devices(node: Node) -> None:
    choose = [{"tell": {"act": "language", "language": language}} for language in ("ar", "xx")]
    results = on_device(node, *installed(release()), opens("/v"), *choose, CUT, opens("/v"), {"held": None})
    assert (results[3], results[-2]) == ("/verify/page/en", "/verify/page/ar")
    assert "/static/arabic.woff2" in results[-1]["verifier 1"]


def test_a_language_chosen_without_a_network_shows_the_page_as_it_is_held(node: Node) -> None:
    choose = {"tell": {"act": "language", "language": "ar"}}
    address = f"/v%23{DIGITS}"
    *_, held, asked = on_device(
        node, *installed(release()), CUT, choose, {"asked": None}, opens(address), {"asked": None}
    )
    assert held == "/verify/page/en"
    assert asked == ["/verify/page/ar"]


@pytest.mark.parametrize(
    "asked",
    [
        {"url": "/", "mode": "navigate"},
        {"url": "/verify/page/fr", "mode": "navigate"},
        {"url": "/vault", "mode": "navigate"},
        {"url": "/c/abc", "mode": "navigate"},
        {"url": "/v", "mode": "navigate", "method": "POST"},
        {"url": "/k/0123456789abcdef"},
        {"url": "/s/revocation/1"},
        {"url": "/bundle.jwt"},
        {"url": "/api/v1/verify"},
        {"url": "https://elsewhere.example/static/verify/page.js"},
    ],
)
def test_all_else_goes_its_own_way(node: Node, asked: dict[str, Any]) -> None:
    assert on_device(node, *installed(release()), {"ask": asked})[-1] is None


def test_files_come_from_the_release(node: Node) -> None:
    results = on_device(node, *installed(release()), CUT, {"ask": {"url": "/static/verify/page.js"}})
    assert results[-1] == "page 1"


def test_the_scanner_stays_once_it_was_used_or_the_page_installed(node: Node) -> None:
    ask = {"ask": {"url": "/static/verify/scanner.js"}}
    never = on_device(node, *installed(release()), CUT, ask)
    used = on_device(node, *installed(release()), ask, CUT, ask)
    kept = on_device(node, *installed(release()), STAY, CUT, ask)
    assert [never[-1], used[-1], kept[-1]] == ["no network", "scanner", "scanner"]


def test_the_files_that_a_page_came_with_stay_and_no_others(node: Node) -> None:
    keep = {"tell": {"act": "keep", "urls": ["/static/verify/scanner.js", f"/v%23{DIGITS}", "/k/1"]}}
    held = on_device(node, *installed(release()), keep, {"held": None})[-1]["verifier 1"]
    assert "/static/verify/scanner.js" in held
    assert not {"/k/1", f"/v%23{DIGITS}"} & set(held)


def test_half_a_release_is_never_installed(node: Node) -> None:
    made = release()
    for bodies in (
        made["bodies"] | {"/static/verify/page.js": "of another release"},
        {url: body for url, body in made["bodies"].items() if url != "/static/css/a.css"},
    ):
        results = on_device(node, {"network": bodies, "start": made}, {"install": None}, {"held": None})
        assert results[1] in ("another release", "no network")
        assert "verifier 1" not in results[-1]


def test_a_newer_release_waits_until_the_page_lets_it_and_the_older_goes_then(node: Node) -> None:
    old, new = release("1"), release("2")
    results = on_device(
        node,
        *installed(old),
        {"network": new["bodies"], "start": new},
        {"install": None},
        {"did": None},
        {"held": None},
        {"tell": {"act": "take-over"}},
        {"did": None},
        {"activate": None},
        {"held": None},
        {"ask": {"url": "/static/verify/page.js"}},
    )
    _start, _installed, did, both, _told, took, _active, one, page = results[3:]
    assert did == []
    assert {"verifier 1", "verifier 2"} <= set(both)
    assert took == ["skipWaiting"]
    assert set(one) == {"verifier 2", "verifier settings"}
    assert page == "page 2"


def test_the_scanners_registration_serves_files_and_removes_no_release(node: Node) -> None:
    results = on_device(
        node,
        *installed(release()),
        {"start": release("2"), "scope": "/static/verify/"},
        {"activate": None},
        {"did": None},
        CUT,
        {"ask": {"url": "/static/verify/page.js"}},
    )
    assert results[-3] == []
    assert results[-1] == "page 1"
