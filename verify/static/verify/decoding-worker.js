// Decodes beside the page, so that the page stays quick; its policy alone lets WebAssembly be compiled.

import { chooseEngine } from "./decoding-engine.js";
import { readFrame, readPicture } from "./decoding-pictures.js";

const engine = chooseEngine();

const acts = {
  engine: async ({ name, why }) => ({ name, why }),
  frame: (chosen, { frame, enhance }) => readFrame(chosen, frame, { enhance }),
  picture: (chosen, { file }) => readPicture(chosen, file),
};

addEventListener("message", async ({ data: { id, act, ...given } }) => {
  try {
    postMessage({ id, answer: await acts[act](await engine, given) });
  } catch (error) {
    postMessage({ id, refused: String(error?.message || error) });
  }
});
postMessage({ ready: true });
