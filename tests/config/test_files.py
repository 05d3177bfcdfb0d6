"""Static files as a city's server names them: every module from one release, the worker and its file too."""

import posixpath
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

from config.files import HashedFiles

SCANNER = "verify/scanner.js"
NAMED = re.compile(r"""(?:from|import\(|new URL\()\s*["'](\.[^"']+)["']""")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> HashedFiles:
    """The house's own scripts, hashed, without the compression that follows in a city."""
    folder = tmp_path_factory.mktemp("static")
    storage = HashedFiles(location=str(folder), base_url="/static/")
    files = {
        path: (source, path)
        for finder in finders.get_finders()
        for path, source in finder.list([])
        if path.startswith(("verify/", "built/scanner/", "js/"))
    }
    for path, (source, name) in files.items():
        with source.open(name) as content:
            storage.save(path, content)
    hashed = ManifestStaticFilesStorage.post_process(storage, {path: (storage, path) for path in files})
    for name, _stored, done in hashed:
        assert not isinstance(done, Exception), name
    return storage


def leads_to(shelf: HashedFiles, name: str) -> set[str]:
    """Every file that this stored one names, and those that they name."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if name.endswith(".js"):
            named = NAMED.findall(Path(shelf.path(name)).read_text())
            waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(name), other)) for other in named]
    return found


@pytest.mark.parametrize("entrance", [SCANNER, "verify/page.js", "verify/decoding-worker.js"])
def test_everything_that_a_module_leads_to_is_named_by_its_content(shelf: HashedFiles, entrance: str) -> None:
    reached = leads_to(shelf, shelf.stored_name(entrance))
    assert len(reached) > 5
    for name in reached:
        assert re.search(r"\.[0-9a-f]{12}\.(js|wasm)$", name), name
        assert shelf.exists(name)


def test_the_scanner_leads_to_its_worker_and_the_compiled_reader(shelf: HashedFiles) -> None:
    reached = leads_to(shelf, shelf.stored_name(SCANNER))
    assert shelf.stored_name("verify/decoding-worker.js") in reached
    assert shelf.stored_name("built/scanner/zxing/reader/zxing_reader.wasm") in reached
    assert shelf.stored_name("built/scanner/qr/decode.js") in reached


def test_under_its_hashed_name_the_worker_still_has_its_own_policy(shelf: HashedFiles) -> None:
    for name, compiles in ((shelf.url("verify/decoding-worker.js"), True), (shelf.url(SCANNER), False)):
        headers: dict[str, str] = {}
        settings.WHITENOISE_ADD_HEADERS_FUNCTION(headers, "", name)
        assert ("'wasm-unsafe-eval'" in headers.get("Content-Security-Policy", "")) is compiles


def test_the_compiled_reader_goes_out_compressed_where_nothing_is_collected() -> None:
    plain = finders.find("built/scanner/zxing/reader/zxing_reader.wasm")
    assert plain
    sizes = {suffix: Path(f"{plain}{suffix}").stat().st_size for suffix in ("", ".gz", ".br")}
    assert sizes[".br"] < sizes[".gz"] < sizes[""] / 2


def test_licences_lie_beside_the_readers() -> None:
    notice = finders.find("built/scanner/NOTICE")
    assert notice
    folder = Path(notice).parent
    named = set(re.findall(r"\((\S*LICENSE)\)", (folder / "NOTICE").read_text()))
    assert named == {"LICENSE", "zxing/LICENSE", "qr/LICENSE"}
    for name in named:
        assert "opyright" in (folder / name).read_text()
