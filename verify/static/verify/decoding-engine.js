// Reads QR codes from pixels: with zxing-cpp in WebAssembly, or in plain JavaScript where that cannot run.

const WASM = new URL("../built/scanner/zxing/reader/zxing_reader.wasm", import.meta.url).href;
const MODULES = 61; // a side of the codes that certificates carry (versions 11 and 12), when the code does not say
const OURS = { formats: ["QRCode"], textMode: "Plain", tryRotate: false, returnErrors: true, maxNumberOfSymbols: 4 };
const PATIENCE = 80; // milliseconds that the plain reader may spend on one frame
const CORNERS = ["topLeft", "topRight", "bottomRight", "bottomLeft"];

/**
 * The reader of this browser: ``{name, why, read}``. ``why`` says what kept the better one away, or is "".
 * ``read(pixels, {thorough})`` gives the codes that it read and those that it found and could not read.
 */
export async function chooseEngine({ compiled = true } = {}) {
  let why = "no worker";
  if (compiled) {
    try {
      return { name: "zxing", why: "", read: await zxing() };
    } catch (error) {
      why = String(error?.message || error).slice(0, 200);
    }
  }
  return { name: "qr", why, read: await plain() };
}

async function zxing() {
  if (typeof WebAssembly !== "object") throw new Error("no WebAssembly");
  const { prepareZXingModule, readBarcodes } = await import("../built/scanner/zxing/reader/index.js");
  // Without locateFile the package would ask a host of others for this file.
  await prepareZXingModule({ overrides: { locateFile: () => WASM }, fireImmediately: true });
  return async (pixels, { thorough = false } = {}) => {
    const found = await readBarcodes(pixels, { ...OURS, tryInvert: thorough, tryRotate: thorough, tryDenoise: thorough });
    const codes = found.filter((one) => one.isValid && one.text).map((one) => ({ text: one.text, corners: cornersOf(one.position) }));
    const located = found.filter((one) => !one.isValid).map((one) => measured(cornersOf(one.position), versionOf(one)));
    return { codes, located };
  };
}

async function plain() {
  const { decodeQR, decodeQRBatch } = await import("../built/scanner/qr/decode.js");
  return async (pixels, { thorough = false } = {}) => {
    if (thorough) {
      const [texts] = await decodeQRBatch([pixels]);
      return { codes: texts.filter((text) => typeof text === "string").map((text) => ({ text, corners: null })), located: [] };
    }
    let seen = null;
    try {
      const text = decodeQR(pixels, { timeLimit: PATIENCE, pointsOnDetect: (points) => (seen = points) });
      return { codes: [{ text, corners: seen && seen.bounds.map(({ x, y }) => ({ x, y })) }], located: [] };
    } catch {
      const located = seen ? [{ corners: seen.bounds.map(({ x, y }) => ({ x, y })), module: seen.tl.moduleSize }] : [];
      return { codes: [], located };
    }
  };
}

function cornersOf(position) {
  return CORNERS.map((corner) => ({ x: position[corner].x, y: position[corner].y }));
}

/** How many modules a side has: 21 for version 1, four more for each further one. */
function versionOf({ version }) {
  const number = Number.parseInt(version, 10);
  return number >= 1 && number <= 40 ? 17 + 4 * number : MODULES;
}

/** A code that was found and not read, and how many pixels one of its modules has. */
function measured(corners, modules) {
  const around = corners.map(({ x, y }, at) => Math.hypot(x - corners[(at + 1) % 4].x, y - corners[(at + 1) % 4].y));
  return { corners, module: around.reduce((sum, side) => sum + side, 0) / 4 / modules };
}
