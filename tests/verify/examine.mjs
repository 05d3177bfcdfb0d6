// Runs the verifier page's own modules outside a browser: reads questions as JSON lines, writes answers.
import { createInterface } from "node:readline";

const folder = new URL("../../verify/static/verify/", import.meta.url);
const { readCode, digitsIn } = await import(new URL("sp1.js", folder));
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

async function answer({ act, digits, config, documents, now }) {
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
  const { state, checks, claim, issuer } = await examine(digits, { config, now, fetch: shelf(documents, asked) });
  return { state, checks, name: claim && claim.name, issuer: issuer && issuer.slug, asked };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
