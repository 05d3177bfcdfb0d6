// Looks through one picture: a camera's frame once and quickly, a photo again and again until a code is read.

import { around, locate } from "./decoding-locating.js";
import { enhanced, greyOf } from "./enhancing.js";

const FIRST_LOOK = 1600; // pixels of a photo's longer side; most codes are large enough in it
const CLOSER_LOOK = 4000; // as much as phones have memory for
const ENHANCED_LOOK = 1400; // doubled by the enhancement
const MARGIN = 0.25; // around a code that was found and not read, for its quiet zone

/**
 * What ``engine`` sees in a frame (an ImageBitmap, which is closed, or ImageData): ``{texts, located}``, where
 * ``located`` is a code that was found and not read, in the frame's coordinates, or null. Only an enhanced frame
 * is searched for one: in a plain one the squares of a code that small run into one another.
 */
export async function readFrame(engine, frame, { enhance = false } = {}) {
  const plain = "data" in frame ? frame : pixelsOf(frame);
  frame.close?.();
  const pixels = enhance ? enhanced(plain) : plain;
  const texts = await engine.read(pixels);
  return { texts, located: enhance && !texts.length ? locatedIn(pixels, 2) : null };
}

/** The texts of all QR codes in a picture file. Rejects where the file is no picture. */
export async function readPicture(engine, file) {
  const picture = await createImageBitmap(file);
  const longer = Math.max(picture.width, picture.height);
  let located = null;
  try {
    for (const side of longer > FIRST_LOOK ? [FIRST_LOOK, CLOSER_LOOK] : [longer]) {
      const scale = Math.min(1, side / longer);
      const pixels = pixelsOf(picture, { scale });
      const texts = await engine.read(pixels, { thorough: true });
      if (texts.length) return [...new Set(texts)];
      located = locatedIn(pixels, scale) ?? located;
    }
    for (const box of [located && around(located.corners, picture, MARGIN), whole(picture)].filter(Boolean)) {
      const scale = Math.min(1, ENHANCED_LOOK / Math.max(box.width, box.height));
      const texts = await engine.read(enhanced(pixelsOf(picture, { box, scale })), { thorough: true });
      if (texts.length) return [...new Set(texts)];
    }
    return [];
  } finally {
    picture.close();
  }
}

/** A code in pixels that are ``scale`` times the picture's. */
function locatedIn(pixels, scale) {
  const code = locate(greyOf(pixels), pixels.width, pixels.height);
  return code && { corners: code.corners.map(({ x, y }) => ({ x: x / scale, y: y / scale })), module: code.module / scale };
}

function whole({ width, height }) {
  return { x: 0, y: 0, width, height };
}

/** RGBA pixels of a picture, or of a part of it, at some scale. */
export function pixelsOf(picture, { box = whole(picture), scale = 1 } = {}) {
  const width = Math.max(1, Math.round(box.width * scale));
  const height = Math.max(1, Math.round(box.height * scale));
  const brush = canvas(width, height).getContext("2d", { willReadFrequently: true });
  brush.imageSmoothingQuality = "high";
  brush.fillStyle = "#fff"; // under pictures with transparent parts
  brush.fillRect(0, 0, width, height);
  brush.drawImage(picture, box.x, box.y, box.width, box.height, 0, 0, width, height);
  return brush.getImageData(0, 0, width, height);
}

function canvas(width, height) {
  if (typeof OffscreenCanvas === "function") return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
}
