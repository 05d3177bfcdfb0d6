"""What a scan leaves behind: on the phone that made it, in the server's log, at anybody else's."""

import statistics
from collections.abc import Sequence

from config.launch import Stack
from tests.journeys.employers import City, told
from tests.journeys.films import start, wait_for_scanner

from .figures import Figure, at_most, beside, none
from .scans import chromium, leave, shown_after, visitor
from .steps import inside

KILO = 1000
EXAMINED = 101
#: The files that the page's worker keeps: [path, bytes, bytes gzipped].
FILES = """async () => {
  const files = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const body = await (await cache.match(request)).blob();
      const gzip = body.stream().pipeThrough(new CompressionStream("gzip"));
      const packed = await new Response(gzip).arrayBuffer();
      files.push([new URL(request.url).pathname, body.size, packed.byteLength]);
    }
  }
  return files;
}"""
#: Keys and lists as the database holds them, their bytes as they are and all else as text.
KNOWN = """async () => {
  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  const database = await asked(indexedDB.open("verifier"));
  const records = await asked(database.transaction("known").objectStore("known").getAll());
  database.close();
  let size = 0;
  const text = JSON.stringify(records, (_, value) => {
    if (!(value instanceof Uint8Array)) return value;
    size += value.length;
    return "";
  });
  return size + new TextEncoder().encode(text).length;
}"""
#: Milliseconds of each examination of a code by what the phone knows: signature and all, nothing drawn.
EXAMINE = """async ([digits, rounds]) => {
  const module = (name) => import(`/static/verify/${name}.js`);
  const verdict = await module("verdict");
  const [knowledge, memories, stores] = await Promise.all(["knowledge", "memory", "store"].map(module));
  const config = JSON.parse(document.getElementById("config").textContent);
  const store = await stores.openStore(indexedDB);
  const context = { config, now: Date.now() / 1000, memory: memories.memoryIn(localStorage), store };
  const taken = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = performance.now();
    const { state } = await verdict.examine(digits, context, knowledge.kept(context));
    taken.push(performance.now() - before);
    if (state !== "valid") throw new Error(state);
  }
  return taken;
}"""
#: What reads codes from pictures comes when it is asked for, and is counted by itself.
SCANNER = (
    "/static/built/scanner/",
    "/static/verify/scanner",
    "/static/verify/decoding",
    "/static/verify/enhancing",
)


def kept(stack: Stack) -> list[Figure]:
    """One phone scans, learns the city and keeps the scanner; then it is looked into."""
    city, code = City(stack), inside(stack, "code")["code"]
    with chromium() as browser:
        phone = visitor(browser, city)
        phone.settle()
        shown_after(phone, code)
        phone.learns_the_city()
        taken = phone.page.evaluate(EXAMINE, [code.rpartition("#")[2], EXAMINED])
        known = phone.page.evaluate(KNOWN)
        start(phone)
        wait_for_scanner(phone)
        files = phone.page.evaluate(FILES)
        elsewhere = [
            asked.url for asked in phone.asked if not asked.url.startswith((city.base_url, "about:"))
        ]
        leave(phone)
    scanner = [file for file in files if file[0].startswith(SCANNER)]
    fonts = [file for file in files if file[0].endswith(".woff2")]
    page = [file for file in files if file not in scanner and file not in fonts]
    packed = sum(file[2] for file in page) / KILO
    return [
        at_most("a code examined on the phone: median", statistics.median(taken), "ms", 5.0),
        at_most("kept by a phone: keys and lists of the demo city", known / KILO, "KB", 100.0),
        at_most("kept by a phone: the page in its language, gzipped, without fonts", packed, "KB", 100.0),
        beside("kept by a phone: that unpacked", unpacked(page), "KB", "gzipped", packed),
        beside("kept by a phone: its fonts", unpacked(fonts), "KB", "the page, gzipped", packed),
        at_most("kept by a phone: the scanner, unpacked", unpacked(scanner), "KB", 1200.0),
        none("lines of the server's logs with digits of a scanned code", len(told(city.logged(), code))),
        none("requests of a scanning phone to other hosts", len(elsewhere)),
    ]


def unpacked(files: Sequence[tuple[str, int, int]]) -> float:
    """Kilobytes of these files as the page's scripts get them."""
    return sum(size for _, size, _ in files) / KILO
