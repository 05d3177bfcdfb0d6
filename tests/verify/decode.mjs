// Runs the scanner's own modules outside a browser: reads questions as JSON lines, writes answers.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

// node fetches no files
globalThis.fetch = async (url) => new Response(await readFile(new URL(url)), { headers: { "Content-Type": "application/wasm" } });

const folder = new URL(process.argv[2]); // static files as a server lays them out: verify beside built
const { enhanced, greyOf } = await import(new URL("enhancing.js", folder));
const { around, locate } = await import(new URL("decoding-locating.js", folder));
const { chooseEngine } = await import(new URL("decoding-engine.js", folder));
const { readFrame } = await import(new URL("decoding-pictures.js", folder));
const { openCamera } = await import(new URL("scanner-camera.js", folder));
const { watchHints } = await import(new URL("scanner-hints.js", folder));

const engines = { zxing: await chooseEngine(), qr: await chooseEngine({ compiled: false }) };

/** RGBA pixels of a grey picture in base64. */
function pixelsOf({ grey, width, height }) {
  const values = Buffer.from(grey, "base64");
  const data = new Uint8ClampedArray(values.length * 4).fill(255);
  values.forEach((value, at) => data.fill(value, 4 * at, 4 * at + 3));
  return { data, width, height };
}

/** A device whose camera answers like this. */
async function opening({ failure, secure, missing }) {
  globalThis.window = { isSecureContext: secure !== false };
  const getUserMedia = async () => {
    throw new DOMException("no", failure);
  };
  Object.defineProperty(globalThis, "navigator", { value: { mediaDevices: missing ? undefined : { getUserMedia } }, configurable: true });
  try {
    return await openCamera({}, { onLost() {} });
  } catch (error) {
    return error.reason;
  }
}

/** What the scanner says after each of these looks: `[milliseconds, module or null]`. */
function hinting({ looks }) {
  let now = 0;
  globalThis.performance.now = () => now;
  const place = { dataset: {}, textContent: "" };
  const hints = watchHints(place, (word) => word);
  hints.begin();
  return looks.map(([at, module]) => {
    now = at;
    hints.saw(module === null ? null : { module, corners: [] });
    return place.textContent;
  });
}

const acts = {
  enhance: (picture) => {
    const { width, height, ...made } = enhanced(pixelsOf(picture));
    return { width, height, grey: Buffer.from(greyOf({ width, height, ...made })).toString("base64") };
  },
  locate: (picture) => {
    const large = enhanced(pixelsOf(picture));
    return locate(greyOf(large), large.width, large.height);
  },
  around: ({ corners, frame, share }) => around(corners, frame, share),
  read: ({ by, enhance, ...picture }) => readFrame(engines[by], pixelsOf(picture), { enhance }),
  engines: () => Object.entries(engines).map(([wanted, { name, why }]) => [wanted, name, why]),
  open: opening,
  hint: hinting,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { act, ...given } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify((await acts[act](given)) ?? null)}\n`);
}
