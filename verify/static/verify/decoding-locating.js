// Finds the three corner squares of a QR code that is too small or too blurred to be read. Pure.

const WINDOW = 10; // pixels each side whose mean tells dark from light
const SHADE = 5; // grey levels below that mean
const SQUARE = [1, 1, 3, 1, 1]; // dark, light, dark, light, dark across the middle of a corner square, in modules
const LOOSE = 0.9; // how far a run may be from its share, in modules
const SEEN = 2; // lines that must cross a square
const MOST = 16; // squares that are compared with one another
const CONTRAST = 20; // grey levels between the light ring of a square and what is dark around and within it
const [SHORTEST, LONGEST] = [14, 170]; // modules between two squares: versions 1 to 40

/**
 * The code in a grey picture, ``{corners, module}`` with the pixels that one of its modules has, or null.
 * Three squares of one size that stand like the corners of one square: neither noise nor print does that.
 */
export function locate(grey, width, height) {
  const dark = darkIn(grey, width, height);
  const squares = squaresIn(dark, width, height);
  let best = null;
  for (let one = 0; one < squares.length; one += 1) {
    for (let two = one + 1; two < squares.length; two += 1) {
      for (let three = two + 1; three < squares.length; three += 1) {
        const code = standing([squares[one], squares[two], squares[three]], (x, y) => shade(grey, width, height, x, y));
        if (code && (!best || code.doubt < best.doubt)) best = code;
      }
    }
  }
  return best && { corners: best.corners, module: best.module };
}

/** The part of a picture around four corners, with a share of its size on each side, in whole pixels. */
export function around(corners, { width, height }, share) {
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const margin = share * Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const [left, top] = [Math.max(0, Math.floor(Math.min(...xs) - margin)), Math.max(0, Math.floor(Math.min(...ys) - margin))];
  const right = Math.min(width, Math.ceil(Math.max(...xs) + margin));
  const bottom = Math.min(height, Math.ceil(Math.max(...ys) + margin));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** 1 where a pixel is darker than what surrounds it. */
function darkIn(grey, width, height) {
  const wide = width + 1;
  const sums = new Uint32Array(wide * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let row = 0;
    for (let x = 0; x < width; x += 1) {
      row += grey[y * width + x];
      sums[(y + 1) * wide + x + 1] = sums[y * wide + x + 1] + row;
    }
  }
  const dark = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const [top, bottom] = [Math.max(0, y - WINDOW) * wide, Math.min(height, y + WINDOW + 1) * wide];
    const rows = (bottom - top) / wide;
    for (let x = 0; x < width; x += 1) {
      const [left, right] = [Math.max(0, x - WINDOW), Math.min(width, x + WINDOW + 1)];
      const sum = sums[bottom + right] - sums[bottom + left] - sums[top + right] + sums[top + left];
      dark[y * width + x] = grey[y * width + x] < sum / (rows * (right - left)) - SHADE ? 1 : 0;
    }
  }
  return dark;
}

/** Places that look like a corner square along a row and along a column, those crossed most often first. */
function squaresIn(dark, width, height) {
  const found = [];
  for (let y = 0; y < height; y += 2) {
    for (const { middle, module } of runsLikeSquares(dark, y * width, 1, width)) {
      const x = Math.round(middle);
      const [top, bottom] = [Math.max(0, y - Math.ceil(6 * module)), Math.min(height, y + Math.ceil(6 * module) + 1)];
      const column = runsLikeSquares(dark, top * width + x, width, bottom - top);
      const across = column.find((one) => Math.abs(one.middle + top - y) < 1.5 * module);
      if (!across || across.module > 1.5 * module || module > 1.5 * across.module) continue;
      note(found, { x: middle, y: across.middle + top, module: (module + across.module) / 2 });
    }
  }
  return found
    .filter((square) => square.seen >= SEEN)
    .sort((one, other) => other.seen / other.module - one.seen / one.module)
    .slice(0, MOST);
}

function note(found, { x, y, module }) {
  const same = found.find((one) => Math.hypot(one.x - x, one.y - y) < 2 * one.module);
  if (!same) return found.push({ x, y, module, seen: 1 });
  const weight = 1 / (same.seen + 1);
  same.x += (x - same.x) * weight;
  same.y += (y - same.y) * weight;
  same.module += (module - same.module) * weight;
  same.seen += 1;
  return same;
}

/** Where a line of pixels goes dark, light, dark, light, dark in the shares of a corner square. */
function runsLikeSquares(dark, start, step, length) {
  const hits = [];
  const runs = [0, 0, 0, 0, 0]; // the last five, the newest last
  let [shade, run, count] = [0, 0, 0];
  for (let at = 0; at <= length; at += 1) {
    const next = at < length ? dark[start + at * step] : 1 - shade;
    if (next === shade) {
      run += 1;
      continue;
    }
    runs.shift();
    runs.push(run);
    count += 1;
    if (shade === 1 && count >= 5) {
      const total = runs[0] + runs[1] + runs[2] + runs[3] + runs[4];
      const module = total / 7;
      if (total >= 7 && runs.every((one, which) => Math.abs(one - SQUARE[which] * module) <= LOOSE * module)) {
        hits.push({ middle: at - runs[4] - runs[3] - runs[2] / 2 - 0.5, module });
      }
    }
    [shade, run] = [next, 1];
  }
  return hits;
}

/** Three squares as a code's corners, or null; ``doubt`` is how far they are from ideal. */
function standing(squares, shadeAt) {
  const modules = squares.map((square) => square.module);
  if (Math.max(...modules) > 1.6 * Math.min(...modules)) return null;
  const [corner, right, below] = [0, 1, 2]
    .map((at) => [squares[at], squares[(at + 1) % 3], squares[(at + 2) % 3]])
    .sort(([, b, c], [, e, f]) => away(e, f) - away(b, c))[0];
  const [wide, high, across] = [away(corner, right), away(corner, below), away(right, below)];
  const [side, module] = [(wide + high) / 2, (modules[0] + modules[1] + modules[2]) / 3];
  const doubt = Math.abs(wide - high) / side + Math.abs(across / side - Math.SQRT2);
  if (doubt > 0.45 || side < SHORTEST * module || side > LONGEST * module) return null;
  const steps = [unit(corner, right, module), unit(corner, below, module)];
  if (!squares.every((square) => isRinged(square, steps, shadeAt))) return null;
  return { doubt, module, corners: cornersOf(corner, right, below, module / side) };
}

/** One module's step from a square towards another. */
function unit(from, to, module) {
  const length = away(from, to) / module;
  return { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
}

/** Whether a square has its light ring between dark and dark, along the code's own edges. */
function isRinged({ x, y }, [along, down], shadeAt) {
  const at = (a, b) => shadeAt(x + a * along.x + b * down.x, y + a * along.y + b * down.y);
  const ring = (far) => {
    const sides = [-1, 0, 1].flatMap((aside) => [at(far, aside), at(-far, aside), at(aside, far), at(aside, -far)]);
    return sides.reduce((sum, one) => sum + one, 0) / sides.length;
  };
  const [middle, light, dark, outside] = [(at(0, 0) + ring(1)) / 2, ring(2), ring(3), ring(4)];
  return light - middle > CONTRAST && light - dark > CONTRAST && outside - dark > CONTRAST;
}

function shade(grey, width, height, x, y) {
  const [column, row] = [Math.round(x), Math.round(y)];
  const inside = column >= 0 && row >= 0 && column < width && row < height;
  return inside ? grey[row * width + column] : 255;
}

function away(one, other) {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

/** The middles of the squares lie three and a half modules within the code's edges. */
function cornersOf(corner, right, below, share) {
  const [a, b] = [
    { x: right.x - corner.x, y: right.y - corner.y },
    { x: below.x - corner.x, y: below.y - corner.y },
  ];
  const out = 3.5 * share;
  const point = (along, down) => ({ x: corner.x + a.x * along + b.x * down, y: corner.y + a.y * along + b.y * down });
  return [point(-out, -out), point(1 + out, -out), point(1 + out, 1 + out), point(-out, 1 + out)];
}
