"""Examines a page as it stands in the browser: with axe-core, with a ruler, with the keyboard.

The page's own policy is in force: axe and ``faces.js`` come in through the browser's debugger, which no
policy of a page binds.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from config.assets import NODE_MODULES

from .indoors import Indoors

#: WCAG 2.0 to 2.2, levels A and AA, and what axe's makers hold for good practice.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: A page carries at most so much before anybody touches it, scripts apart.
MOST_BYTES = 100_000
MOST_REQUESTS = 5
MOST_SHIFT = 0.02
#: Asked for by a running script or on the way in the background; a page is whole without them.
LATER = ("script", "fetch", "xhr", "manifest", "other")

RUN_AXE = """async (only) => {
  const run = await axe.run(document, { ...only, resultTypes: ["violations"], preload: false });
  const why = (node) => (node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? "";
  const told = (node) => `${node.target.join(" ")} ${node.html.slice(0, 140)} ${why(node)}`;
  const all = (one) => one.nodes.slice(0, 4).map(told).join(" | ");
  return run.violations.map((one) => `${one.id}: ${one.help}: ${all(one)}`);
}"""
#: Told by the browser while it lays the page out: what moved by itself, and what the eye meets first.
WATCH = """(() => {
  globalThis.laidOut = { shift: 0, moved: [], largest: "" };
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) {
    laidOut.shift += entry.value;
    for (const source of entry.sources) laidOut.moved.push(source.node?.outerHTML?.slice(0, 80) ?? "text");
  } }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => { for (const entry of list.getEntries())
    laidOut.largest = entry.element?.tagName ?? entry.url;
  }).observe({ type: "largest-contentful-paint", buffered: true });
})()"""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
AT_REST = f"async () => {{ await document.fonts.ready; await ({PAINTED})(); return laidOut; }}"


@cache
def instruments() -> str:
    """axe-core and our own measures."""
    axe = (NODE_MODULES / "axe-core" / "axe.min.js").read_text()
    return axe + "\n" + Path(__file__).with_name("faces.js").read_text()


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """What came before anybody touched the page, and how still it lay."""

    weight: int
    requests: int
    scripts: int
    shift: float
    moved: tuple[str, ...]
    largest: str


def weigh(indoors: Indoors, path: str) -> Weighed | None:
    """Open a page whose fonts come late. None where the answer is no page of ours."""
    indoors.late = []
    page = indoors.open(path)
    page.evaluate(PAINTED)
    indoors.let_fonts_come()
    page.wait_for_load_state("load")
    if not page.locator("html[lang]").count():
        return None
    laid: dict[str, Any] = page.evaluate(AT_REST)
    first = [one for one in indoors.carried if one.kind not in LATER]
    scripts = sum(one.weight for one in indoors.carried if one.kind == "script")
    return Weighed(
        weight=sum(one.weight for one in first),
        requests=len({one.path for one in first}),
        scripts=scripts,
        shift=laid["shift"],
        moved=tuple(laid["moved"][:4]),
        largest=str(laid["largest"]),
    )


def found_by_axe(page: Page, *, rules: tuple[str, ...] = ()) -> list[str]:
    """What axe holds against this page."""
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(TAGS)}
    return list(page.evaluate(RUN_AXE, {"runOnly": only}))


def found_in_the_dark(page: Page) -> list[str]:
    """What the colours of the night hold against this page, once they have come."""
    page.emulate_media(color_scheme="dark")
    page.evaluate("async () => { await Promise.all(document.getAnimations().map((one) => one.finished)); }")
    found = found_by_axe(page, rules=("color-contrast",))
    page.emulate_media(color_scheme="light")
    return [f"in the dark, {what}" for what in found]


def found_by_measure(page: Page) -> list[str]:
    """What a finger, a magnifier, a reader of names and a keyboard hold against this page."""
    found: list[str] = []
    for width in (1280, 640, 320):
        page.set_viewport_size({"width": width, "height": 780})
        found += page.evaluate("() => faces.sideways()")
        if width != 640:
            found += [f"{width}: {what}" for what in page.evaluate("() => faces.small()")]
    found += page.evaluate("() => [...faces.spaced(), ...faces.vague(), ...faces.outline()]")
    page.keyboard.press("Tab")
    found += page.evaluate("() => faces.unseen()")
    page.set_viewport_size({"width": 360, "height": 780})
    return found
