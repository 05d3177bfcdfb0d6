// CBOR in its one deterministic form, and COSE_Sign1 around it (RFC 8949, RFC 9052). Whatever is lax is refused.

export class Malformed extends Error {}

const MAX_DEPTH = 8;
const SIGN1_TAG = 18;
const ALGORITHMS = [-7, -9]; // ES256, and ESP256: RFC 9864's name of the same
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One item that fills all the bytes: a number, text, Uint8Array, Array, Map, boolean, null or {tag, value}. */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.item(0);
  if (reader.position !== bytes.length) throw new Malformed("trailing bytes");
  return value;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.position = 0;
  }

  take(count) {
    const end = this.position + count;
    if (end > this.bytes.length) throw new Malformed("cut off");
    const part = this.bytes.subarray(this.position, end);
    this.position = end;
    return part;
  }

  /** The argument of an item's head, which must be written as short as it can be. */
  argument(info) {
    if (info < 24) return info;
    if (info > 27) throw new Malformed("indefinite length");
    const size = 2 ** (info - 24);
    let value = 0n;
    for (const byte of this.take(size)) value = (value << 8n) | BigInt(byte);
    const least = size === 1 ? 24n : 1n << BigInt(size * 4);
    if (value < least) throw new Malformed("longer than needed");
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed("number too large");
    return Number(value);
  }

  item(depth) {
    if (depth > MAX_DEPTH) throw new Malformed("nested too deep");
    const [head] = this.take(1);
    const major = head >> 5;
    const info = head & 31;
    if (major === 7) {
      if (info === 20 || info === 21) return info === 21;
      if (info === 22) return null;
      throw new Malformed("no number, text, list or map");
    }
    const argument = this.argument(info);
    if (major === 0) return argument;
    if (major === 1) return -1 - argument;
    if (major === 2) return this.take(argument);
    if (major === 3) return this.text(argument);
    if (major === 4) return this.list(argument, depth);
    if (major === 5) return this.map(argument, depth);
    return { tag: argument, value: this.item(depth + 1) };
  }

  text(length) {
    try {
      return text.decode(this.take(length));
    } catch (error) {
      throw error instanceof Malformed ? error : new Malformed("not UTF-8");
    }
  }

  list(length, depth) {
    const items = [];
    for (let n = 0; n < length; n += 1) items.push(this.item(depth + 1));
    return items;
  }

  /** Keys are whole numbers or text, each once, the shorter first, then by their bytes. */
  map(length, depth) {
    const members = new Map();
    let last = null;
    for (let n = 0; n < length; n += 1) {
      const start = this.position;
      const key = this.item(depth + 1);
      if (typeof key !== "number" && typeof key !== "string") throw new Malformed("a key of another kind");
      const encoded = this.bytes.subarray(start, this.position);
      if (last !== null && !isBefore(last, encoded)) throw new Malformed("keys out of order or twice");
      last = encoded;
      members.set(key, this.item(depth + 1));
    }
    return members;
  }
}

function isBefore(one, other) {
  if (one.length !== other.length) return one.length < other.length;
  for (let n = 0; n < one.length; n += 1) if (one[n] !== other[n]) return one[n] < other[n];
  return false;
}

/** The parts of a tagged COSE_Sign1 message with ES256, an 8-byte key id and nothing unprotected. */
export function openSign1(bytes) {
  const message = decode(bytes);
  if (message === null || message.tag !== SIGN1_TAG) throw new Malformed("tag 18 is required");
  const parts = message.value;
  if (!Array.isArray(parts) || parts.length !== 4) throw new Malformed("not four parts");
  const [wrapped, unprotected, payload, signature] = parts;
  if (![wrapped, payload, signature].every((part) => part instanceof Uint8Array)) throw new Malformed("a part has the wrong type");
  if (!(unprotected instanceof Map) || unprotected.size !== 0) throw new Malformed("unprotected header");
  if (signature.length !== 64) throw new Malformed("signature length");
  const header = decode(wrapped);
  if (!(header instanceof Map) || header.size !== 2 || !ALGORITHMS.includes(header.get(1))) throw new Malformed("algorithm");
  const kid = header.get(4);
  if (!(kid instanceof Uint8Array) || kid.length !== 8) throw new Malformed("key id");
  return { kid: hex(kid), claims: decode(payload), signed: toBeSigned(wrapped, payload), signature };
}

/** The Sig_structure of RFC 9052, section 4.4, with no external data. */
function toBeSigned(wrapped, payload) {
  const context = new TextEncoder().encode("Signature1");
  return joined([[0x84], head(3, context.length), context, head(2, wrapped.length), wrapped, head(2, 0), head(2, payload.length), payload]);
}

function head(major, length) {
  if (length < 24) return [(major << 5) | length];
  if (length < 256) return [(major << 5) | 24, length];
  return [(major << 5) | 25, length >> 8, length & 255];
}

function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
