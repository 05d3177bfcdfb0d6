"""No template and no module says to people what no catalogue knows."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("config", "passport", "verify", "credentials", "issuers")
TEMPLATES = sorted(path for app in APPS for path in (ROOT / app).rglob("templates/**/*.html"))
#: Notes of models and of the API are for who writes programs; the demo's people speak for themselves.
FOR_PROGRAMS = {"migrations", "demo", "models", "models.py", "api", "api.py", "apidoc.py"}
MODULES = sorted(
    path for app in APPS for path in (ROOT / app).rglob("*.py") if not FOR_PROGRAMS & {*path.parts}
)
TRANSLATED = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
COMMENT = re.compile(r"{%\s*comment.*?{%\s*endcomment\s*%}|{#.*?#}", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
#: Two letters of any script together: less is a sign.
WORD = re.compile(r"[^\W\d_]{2,}")
#: What a reader hears or sees of an attribute.
SPOKEN = ("alt", "aria-label", "aria-description", "title", "placeholder")
#: Said as they are in every language: file formats, units, names of standards.
SAME_EVERYWHERE = {
    "PDF",
    "JWT",
    "CSV",
    "QR",
    "MB",
    "Excel",
    "SMS",
    "API",
    "CEFR",
    "ESCO",
    "DigComp",
    "BZF",
    "FZ",
    "DK",
    "SHA",
}
#: Elements whose text is no sentence.
CODE = ("code", "script", "style", "svg")
#: Of Python's calls and keywords, those whose text is shown.
SHOWS = {"success", "info", "warning", "error"}
KEYWORDS = {"label", "help_text", "empty_label"}


class Spoken(HTMLParser):
    """Collects what a page says by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in CODE or given.get("lang") == "zgh":
            self.inside.append(tag)
        if given.get("lang") != "zgh":
            self.said += [value or "" for name, value in attrs if name in SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.said.append(data)


def hard_coded(template: str) -> list[str]:
    """The words of a template that stand outside of every translation."""
    for pattern in (COMMENT, TRANSLATED, TAG):
        template = pattern.sub(" ", template)
    parser = Spoken()
    parser.feed(template)
    return [word for said in parser.said for word in WORD.findall(said) if word not in SAME_EVERYWHERE]


def shown_unmarked(source: str) -> Iterator[str]:
    """Sentences that this Python hands to people without marking them for translation."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        texts: list[ast.expr] = [k.value for k in node.keywords if k.arg in KEYWORDS]
        name = node.func
        if isinstance(name, ast.Attribute) and getattr(name.value, "id", "") == "messages":
            texts += node.args[1:2] if name.attr in SHOWS else node.args[2:3]
        if getattr(name, "id", getattr(name, "attr", "")) == "ValidationError":
            texts += node.args[:1]
        for text in texts:
            if isinstance(text, ast.JoinedStr) or (
                isinstance(text, ast.Constant) and isinstance(text.value, str) and WORD.search(text.value)
            ):
                yield ast.unparse(text)


@pytest.mark.parametrize("path", TEMPLATES, ids=[str(path.relative_to(ROOT)) for path in TEMPLATES])
def test_a_template_says_nothing_in_one_language_alone(path: Path) -> None:
    assert hard_coded(path.read_text()) == []


def test_python_shows_no_sentence_that_is_not_marked() -> None:
    found = {str(p.relative_to(ROOT)): list(shown_unmarked(p.read_text())) for p in MODULES}
    assert {path: said for path, said in found.items() if said} == {}


def test_what_these_tests_look_for_is_found() -> None:
    assert hard_coded('<p>{% translate "A" %} Bonjour <bdi>{{ x }}</bdi></p>') == ["Bonjour"]
    assert hard_coded('<img alt="شهادة">{# not this #}<code>nor this</code>') == ["شهادة"]
    assert hard_coded("{% blocktranslate %}Read <b>this</b>{% endblocktranslate %} 12 MB") == []
    assert list(shown_unmarked("messages.success(request, 'Done')\nCharField(label='Name')")) == [
        "'Done'",
        "'Name'",
    ]
    assert list(shown_unmarked("messages.success(request, _('Done'))\nCharField(label=_('Name'))")) == []
