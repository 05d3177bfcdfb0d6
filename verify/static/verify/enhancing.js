// The second look at a blurred or small code: its edges sharpened, its modules twice as large. Pure.

const SIGMA = 1.4; // pixels; with AMOUNT it reads the most codes at 5 to 10 pixels a millimetre (docs/scanning.md)
const AMOUNT = 1.2;
const RADIUS = 4;
const ONE = 1024;
const OPAQUE = 0xff000000;
const WEIGHTS = weights();

/** RGBA pixels as one grey value each, as television weighs colours. */
export function greyOf({ data, width, height }) {
  const grey = new Uint8ClampedArray(width * height);
  for (let at = 0, from = 0; at < grey.length; at += 1, from += 4) {
    grey[at] = (306 * data[from] + 601 * data[from + 1] + 117 * data[from + 2] + 512) >> 10;
  }
  return grey;
}

/** The same picture in grey, unsharp-masked and doubled; RGBA again, since that is what readers take. */
export function enhanced(pixels) {
  const { width, height } = pixels;
  return doubled(sharpened(greyOf(pixels), width, height), width, height);
}

function weights() {
  const bell = Array.from({ length: 2 * RADIUS + 1 }, (_, at) => Math.exp(-((at - RADIUS) ** 2) / (2 * SIGMA ** 2)));
  const sum = bell.reduce((one, other) => one + other);
  return bell.map((weight) => Math.round((weight / sum) * ONE));
}

function sharpened(grey, width, height) {
  const across = blurred(grey, width, height, 1, width);
  const blur = blurred(across, height, width, width, 1);
  const sharp = new Uint8ClampedArray(grey.length);
  for (let at = 0; at < sharp.length; at += 1) sharp[at] = grey[at] + AMOUNT * (grey[at] - blur[at]);
  return sharp;
}

/** Blurs lines of ``length`` values that lie ``step`` apart; the ends of a line go on as they are. */
function blurred(values, length, lines, step, stride) {
  const soft = new Uint8ClampedArray(values.length);
  for (let line = 0; line < lines; line += 1) {
    const start = line * stride;
    const last = length - 1;
    for (let at = 0; at < length; at += 1) {
      let sum = 0;
      if (at < RADIUS || at > last - RADIUS) {
        for (let tap = -RADIUS; tap <= RADIUS; tap += 1) {
          sum += WEIGHTS[tap + RADIUS] * values[start + Math.min(last, Math.max(0, at + tap)) * step];
        }
      } else {
        let from = start + (at - RADIUS) * step;
        for (let tap = 0; tap <= 2 * RADIUS; tap += 1, from += step) sum += WEIGHTS[tap] * values[from];
      }
      soft[start + at * step] = sum / ONE;
    }
  }
  return soft;
}

/** Twice as wide and high, linear between the centres of pixels. */
function doubled(values, width, height) {
  const wide = 2 * width;
  const colours = new Uint32Array(wide * 2 * height);
  for (let row = 0; row < 2 * height; row += 1) {
    const near = (row >> 1) * width;
    const far = Math.min(height - 1, Math.max(0, (row >> 1) + (row & 1 ? 1 : -1))) * width;
    const target = row * wide;
    let before = 3 * values[near] + values[far];
    let here = before;
    for (let at = 0; at < width; at += 1) {
      const next = at + 1 < width ? at + 1 : at;
      const after = 3 * values[near + next] + values[far + next];
      colours[target + 2 * at] = OPAQUE | (((before + 3 * here + 8) >> 4) * 0x010101);
      colours[target + 2 * at + 1] = OPAQUE | (((3 * here + after + 8) >> 4) * 0x010101);
      before = here;
      here = after;
    }
  }
  return { data: new Uint8ClampedArray(colours.buffer), width: wide, height: 2 * height };
}
