// Reads QR codes from photos and camera frames, in a worker of its own; nothing of a picture leaves the device.

let decoder; // one for the page, made when first asked for

/** The texts of the QR codes in an image file, in no order; none, an empty list. Rejects where it is no image. */
export async function readImage(blob) {
  return (await chosen()).ask({ act: "picture", file: blob });
}

/**
 * What is in a frame: ``{texts, located}``. ``located`` is a code that was found and could not be read,
 * ``{corners, module}`` in the frame's pixels, or null. ``enhance`` sharpens it first, and looks for such a code. An ImageBitmap is used up.
 */
export async function readFrame(frame, { enhance = false } = {}) {
  return (await chosen()).ask({ act: "frame", frame, enhance }, "close" in frame ? [frame] : []);
}

/** Which reader this browser uses, ``zxing`` or ``qr``, and why not the first. It is brought by this. */
export async function engine() {
  return (await chosen()).ask({ act: "engine" });
}

function chosen() {
  decoder ??= beside().catch(within);
  return decoder;
}

/** Decodes in a worker. Rejects where it does not start: an old browser, or a policy that a proxy added. */
function beside() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(trusted(new URL("./decoding-worker.js", import.meta.url).href), { type: "module" });
    const waiting = new Map();
    let last = 0;
    const ask = (question, transfer = []) =>
      new Promise((answered, refused) => {
        last += 1;
        waiting.set(last, { answered, refused });
        worker.postMessage({ id: last, ...question }, transfer);
      });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      reject(new Error("the worker did not start"));
    });
    worker.addEventListener("message", ({ data }) => {
      if (data.ready) return resolve({ ask });
      const { answered, refused } = waiting.get(data.id);
      waiting.delete(data.id);
      return "refused" in data ? refused(new Error(data.refused)) : answered(data.answer);
    });
  });
}

/** Decodes in the page itself, whose policy compiles nothing. */
async function within() {
  const [{ chooseEngine }, pictures] = await Promise.all([import("./decoding-engine.js"), import("./decoding-pictures.js")]);
  const plain = await chooseEngine({ compiled: false });
  const acts = {
    engine: async () => ({ name: plain.name, why: plain.why }),
    frame: ({ frame, enhance }) => pictures.readFrame(plain, frame, { enhance }),
    picture: ({ file }) => pictures.readPicture(plain, file),
  };
  return { ask: ({ act, ...given }) => acts[act](given) };
}

/** The page's policy lets no text become a script's address; this one address is the house's own. */
function trusted(address) {
  if (!window.trustedTypes) return address;
  return window.trustedTypes.createPolicy("decoding-worker", { createScriptURL: () => address }).createScriptURL("");
}
