// Reads QR codes from pixels: with zxing-cpp in WebAssembly, or in plain JavaScript where that cannot run.

const WASM = new URL("../built/scanner/zxing/reader/zxing_reader.wasm", import.meta.url).href;
const QR = { formats: ["QRCode"], textMode: "Plain", maxNumberOfSymbols: 4 };
const PATIENCE = 80; // milliseconds that the plain reader may spend on one frame

/**
 * The reader of this browser: ``{name, why, read}``. ``why`` says what kept the better one away, or is "".
 * ``read(pixels, {thorough})`` gives the texts of the codes that it could read.
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
  // Without locateFile the package would ask a host of others for this file; what fails is told by ``why``.
  await prepareZXingModule({ overrides: { locateFile: () => WASM, printErr: () => {} }, fireImmediately: true });
  return async (pixels, { thorough = false } = {}) => {
    const found = await readBarcodes(pixels, { ...QR, tryRotate: thorough, tryInvert: thorough, tryDenoise: thorough });
    return found.map((one) => one.text).filter(Boolean);
  };
}

async function plain() {
  const { decodeQR, decodeQRBatch } = await import("../built/scanner/qr/decode.js");
  return async (pixels, { thorough = false } = {}) => {
    if (thorough) return (await decodeQRBatch([pixels]))[0].filter((text) => text && typeof text === "string");
    try {
      return [decodeQR(pixels, { timeLimit: PATIENCE })];
    } catch {
      return []; // it throws where it reads nothing
    }
  };
}
