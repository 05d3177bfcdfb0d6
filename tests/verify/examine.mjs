// Runs the verifier page's own modules outside a browser: reads questions as JSON lines, writes answers.
import { createInterface } from "node:readline";

const folder = new URL("../../verify/static/verify/", import.meta.url);
const { readCode, digitsIn } = await import(new URL("sp1.js", folder));
const { memoryIn } = await import(new URL("memory.js", folder));
const { openDirectory } = await import(new URL("trust.js", folder));
const { examine, ORDER } = await import(new URL("verdict.js", folder));

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

/** A new visit on the same device, or (`fresh`) on another one. */
function visit({ fresh, broken }) {
  if (fresh) storage = new Storage();
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
  const asked = [];
  const { state, checks, claim, issuer } = await examine(digits, { config, now, memory, fetch: shelf(documents, asked) });
  return { state, checks, name: claim && claim.name, issuer: issuer && issuer.slug, asked };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
