// Runs the verifier page's own modules outside a browser: reads questions as JSON lines, writes answers.
import { createInterface } from "node:readline";
import { onDevice } from "./worker.mjs";

const folder = new URL(process.argv[2] || "../../verify/static/verify/", import.meta.url);
const { readCode, digitsIn } = await import(new URL("sp1.js", folder));
const { memoryIn } = await import(new URL("memory.js", folder));
const { openDirectory } = await import(new URL("trust.js", folder));
const { examineTwice, ORDER } = await import(new URL("verdict.js", folder));
const { openStore } = await import(new URL("store.js", folder));
const { takeBundle } = await import(new URL("bundle.js", folder));
const { gapsOf, gunzipped, isAmong, placesIn } = await import(new URL("packing.js", folder));
const { listenForWedge } = await import(new URL("wedge.js", folder));

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Answers from the documents handed over; notes what was asked for. */
function shelf(documents, asked) {
  return async (url) => {
    asked.push(url);
    const body = documents[url];
    if (body === undefined) return { ok: false, status: 404 };
    if (body === null) throw new TypeError("no network");
    return { ok: true, status: 200, text: async () => body };
  };
}

/** A device's storage; `broken` is one that throws whatever it is asked. */
class Storage {
  items = {};
  broken = false;

  getItem(key) {
    if (this.broken) throw new DOMException("no storage", "SecurityError");
    return this.items[key] ?? null;
  }

  setItem(key, value) {
    if (this.broken) throw new DOMException("no storage", "QuotaExceededError");
    this.items[key] = String(value);
  }
}

let storage = new Storage();
let memory = memoryIn(storage);
let store = await openStore(null);

/** A new visit on the same device, or (`fresh`) on another one. */
async function visit({ fresh, broken }) {
  if (fresh) {
    storage = new Storage();
    store = await openStore(null);
  }
  storage.broken = Boolean(broken);
  memory = memoryIn(broken === "missing" ? null : storage);
  return storage.items;
}

async function answer({ act, digits, config, documents, now, ...rest }) {
  if (act === "visit") return visit(rest);
  if (act === "trust") {
    try {
      return { directory: await openDirectory(rest.body, rest.name, { config, now, memory }) };
    } catch (error) {
      return { refused: error.message, kind: error.constructor.name };
    }
  }
  if (act === "order") return ORDER;
  if (act === "find") return digitsIn(digits);
  if (act === "read") {
    try {
      const { kid, claim, signed, signature } = readCode(digits);
      return { kid, claim, signed: hex(signed), signature: hex(signature) };
    } catch (error) {
      return { refused: error.message, kind: error.constructor.name };
    }
  }
  if (act === "bundle") {
    try {
      return await takeBundle(rest.body, { config, now, memory, store }, { asFile: Boolean(rest.asFile) });
    } catch (error) {
      return { refused: error.message, kind: error.constructor.name };
    }
  }
  if (act === "put") {
    await store.put(rest.records);
    return store.names();
  }
  if (act === "kept") return Object.fromEntries(store.names().map((name) => [name, store.get(name)]));
  if (act === "worker") return onDevice(rest.steps);
  if (act === "gaps") return gaps(rest);
  if (act === "wedge") return wedge(rest.keys);
  // A visitor who has never been here has nothing kept, unless she stays.
  const shelfOfHers = rest.stays ? store : await openStore(null);
  const asked = [];
  const shown = [];
  const started = performance.now();
  const note = ({ state, checks, claim, issuer, asOf, trouble }, isLast) => {
    shown.push({ state, checks, name: claim && claim.name, issuer: issuer && issuer.slug, asOf, trouble, isLast, asked: [...asked], after: performance.now() - started });
  };
  await examineTwice(digits, { config, now, memory, store: shelfOfHers, fetch: shelf(documents, asked) }, note);
  return { ...shown.at(-1), shown, asked };
}

/** What becomes of a list's bits, or of gaps from elsewhere. */
function gaps({ bits, gaps: given }) {
  try {
    const packed = given === undefined ? gapsOf(Uint8Array.from(Buffer.from(bits, "hex"))) : Uint8Array.from(Buffer.from(given, "hex"));
    const places = [...placesIn(packed)];
    return { gaps: hex(packed), places, among: places.every((place) => isAmong(packed, place)) && !isAmong(packed, (places.at(-1) ?? -1) + 1) };
  } catch (error) {
    return { refused: error.message, kind: error.constructor.name };
  }
}

/** What a hand scanner's keys come to. */
function wedge(keys) {
  const found = [];
  const place = new EventTarget();
  let clock = 0;
  listenForWedge(place, (digits) => found.push(digits), { now: () => clock });
  for (const { after = 5, ...key } of keys) {
    clock += after;
    place.dispatchEvent(Object.assign(new Event("keydown", { cancelable: true }), key));
  }
  return found;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
