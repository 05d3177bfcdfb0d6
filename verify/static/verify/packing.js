// Small forms of large things: gunzip within limits, and the places set in a list as gaps (docs/paper-format.md).

import { NotTrusted } from "./jws.js";

const GREATEST = 131072; // places in a list that a paper can name

/** The bytes behind gzip; more than `most`, or what is no gzip, throws NotTrusted. */
export async function gunzipped(bytes, most) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new NotTrusted("form");
    });
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new NotTrusted("form");
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** The places that are set, as LEB128 gaps: the first, then each less the one before and 1. */
export function gapsOf(bits) {
  const gaps = [];
  let next = 0;
  for (let at = 0; at < bits.length; at += 1) {
    for (let left = bits[at], bit = 0; left; bit += 1, left = (left << 1) & 0xff) {
      if (!(left & 0x80)) continue;
      const index = at * 8 + bit;
      if (index >= GREATEST) return Uint8Array.from(gaps);
      let gap = index - next;
      for (; gap > 127; gap >>>= 7) gaps.push((gap & 127) | 128);
      gaps.push(gap);
      next = index + 1;
    }
  }
  return Uint8Array.from(gaps);
}

/** Whether a place is among them. */
export function isAmong(gaps, wanted) {
  for (const index of placesIn(gaps)) if (index >= wanted) return index === wanted;
  return false;
}

/** The places in rising order. Throws NotTrusted where a gap is cut off, longer than needed, or leads too far. */
export function* placesIn(gaps) {
  let next = 0;
  for (let at = 0; at < gaps.length; ) {
    let gap = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = gaps[at++];
      if (byte === undefined || shift > 14 || (shift && byte === 0)) throw new NotTrusted("members");
      gap |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    const index = next + gap;
    if (index >= GREATEST) throw new NotTrusted("members");
    yield index;
    next = index + 1;
  }
}
