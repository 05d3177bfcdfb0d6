// Looks through one picture: a camera's frame once and quickly, a photo again and again until a code is read.

import { enhanced } from "./enhancing.js";

const FIRST_LOOK = 1600; // pixels of a photo's longer side; most codes are large enough in it
const CLOSER_LOOK = 4000; // as much as phones have memory for
const ENHANCED_LOOK = 1400; // doubled by the enhancement
const MARGIN = 0.25; // around a code that was found and not read, for its quiet zone

/** What ``engine`` sees in a frame (an ImageBitmap, which is closed, or ImageData); coordinates are the frame's. */
export async function readFrame(engine, frame, { enhance = false } = {}) {
  const pixels = "data" in frame ? frame : pixelsOf(frame);
  frame.close?.();
  if (!enhance) return engine.read(pixels);
  return scaled(await engine.read(enhanced(pixels)), 0.5);
}

/** The texts of all QR codes in a picture file. Rejects where the file is no picture. */
export async function readPicture(engine, file) {
  const picture = await createImageBitmap(file);
  const longer = Math.max(picture.width, picture.height);
  try {
    let located = null;
    for (const side of longer > FIRST_LOOK ? [FIRST_LOOK, CLOSER_LOOK] : [longer]) {
      const scale = Math.min(1, side / longer);
      const seen = await engine.read(pixelsOf(picture, { scale }), { thorough: true });
      if (seen.codes.length) return textsOf(seen);
      if (seen.located.length) located = boxOf(seen.located[0].corners, scale, picture);
    }
    for (const box of [located, whole(picture)].filter(Boolean)) {
      const scale = Math.min(1, ENHANCED_LOOK / Math.max(box.width, box.height));
      const seen = await engine.read(enhanced(pixelsOf(picture, { box, scale })), { thorough: true });
      if (seen.codes.length) return textsOf(seen);
    }
    return [];
  } finally {
    picture.close();
  }
}

function textsOf(seen) {
  return [...new Set(seen.codes.map((code) => code.text))];
}

function scaled({ codes, located }, by) {
  const points = (corners) => corners && corners.map(({ x, y }) => ({ x: x * by, y: y * by }));
  return {
    codes: codes.map((code) => ({ ...code, corners: points(code.corners) })),
    located: located.map((one) => ({ corners: points(one.corners), module: one.module * by })),
  };
}

function whole({ width, height }) {
  return { x: 0, y: 0, width, height };
}

/** The part of a picture around four corners, with some of what surrounds them. */
export function boxOf(corners, scale, { width, height }) {
  const [xs, ys] = [corners.map(({ x }) => x / scale), corners.map(({ y }) => y / scale)];
  const margin = MARGIN * Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const [left, top] = [Math.max(0, Math.min(...xs) - margin), Math.max(0, Math.min(...ys) - margin)];
  const [right, bottom] = [Math.min(width, Math.max(...xs) + margin), Math.min(height, Math.max(...ys) + margin)];
  if (right - left < 21 || bottom - top < 21) return whole({ width, height });
  return { x: Math.floor(left), y: Math.floor(top), width: Math.ceil(right - left), height: Math.ceil(bottom - top) };
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
