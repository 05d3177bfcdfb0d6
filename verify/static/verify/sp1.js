// Reads an SP1 paper claim strictly: digits → bytes → COSE_Sign1 → CWT claims. Nothing is verified here.

const MAX_DEPTH = 8;

export class NotOurCode extends Error {}

const fail = (rule) => {
  throw new NotOurCode(rule);
};

/** The COSE bytes behind 100 to 1500 decimal digits of format version 1. */
export function coseOf(digits) {
  if (!/^[1-9][0-9]{99,1499}$/.test(digits)) fail("not 100 to 1500 digits");
  let hex = BigInt(digits).toString(16);
  if (hex.length % 2) hex = "0" + hex;
  const bytes = Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  if (bytes[0] !== 1) fail("not format version 1");
  return bytes.slice(1);
}

/** A reader of deterministic CBOR: definite lengths, shortest integers, sorted unique keys. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.position = 0;
  }

  take(count) {
    if (this.position + count > this.bytes.length) fail("cut off");
    const part = this.bytes.slice(this.position, this.position + count);
    this.position += count;
    return part;
  }

  head() {
    const first = this.take(1)[0];
    const info = first & 31;
    if (info < 24) return [first >> 5, info];
    if (info > 27) fail("indefinite or reserved length");
    let value = 0n;
    for (const byte of this.take(1 << (info - 24))) value = (value << 8n) | BigInt(byte);
    const least = [24n, 0x100n, 0x10000n, 0x100000000n][info - 24];
    if (value < least || value > BigInt(Number.MAX_SAFE_INTEGER)) fail("not the shortest integer");
    return [first >> 5, Number(value)];
  }

  item(depth = 0) {
    if (depth > MAX_DEPTH) fail("nested too deep");
    const [major, value] = this.head();
    switch (major) {
      case 0:
        return value;
      case 1:
        return -1 - value;
      case 2:
        return this.take(value);
      case 3:
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(value));
      case 4:
        return Array.from({ length: Math.min(value, 64) === value ? value : fail("array too long") }, () =>
          this.item(depth + 1),
        );
      case 5:
        return this.map(value, depth);
      case 6:
        return { tag: value, value: this.item(depth + 1) };
      default:
        return fail("simple values and floats are not used");
    }
  }

  map(size, depth) {
    if (size > 64) fail("map too long");
    const map = new Map();
    let before = null;
    for (let i = 0; i < size; i += 1) {
      const start = this.position;
      const key = this.item(depth + 1);
      const encoded = this.bytes.slice(start, this.position);
      if (before && compare(before, encoded) >= 0) fail("keys not sorted or not unique");
      before = encoded;
      map.set(key, this.item(depth + 1));
    }
    return map;
  }
}

// RFC 7049's canonical order, which for these keys is also RFC 8949's: shorter first, then bytewise.
function compare(a, b) {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

function decoded(bytes) {
  const reader = new Reader(bytes);
  let item;
  try {
    item = reader.item();
  } catch (error) {
    throw error instanceof NotOurCode ? error : new NotOurCode("not UTF-8");
  }
  if (reader.position !== bytes.length) fail("trailing bytes");
  return item;
}

const isBytes = (value, length) => value instanceof Uint8Array && (length === undefined || value.length === length);
const isWhole = (value, limit) => Number.isSafeInteger(value) && value >= 0 && value < limit;
const isText = (value) => typeof value === "string" && value.length <= 400;

/** The claim, the key's short name, what was signed and the signature. Throws NotOurCode. */
export function parse(cose) {
  const message = decoded(cose);
  if (!message || message.tag !== 18) fail("tag 18 is required");
  const parts = message.value;
  if (!Array.isArray(parts) || parts.length !== 4) fail("not four parts");
  const [header, unprotected, payload, signature] = parts;
  if (!isBytes(header) || !isBytes(payload) || !isBytes(signature, 64)) fail("a part has the wrong type");
  if (!(unprotected instanceof Map) || unprotected.size) fail("the unprotected header must be empty");
  const named = decoded(header);
  if (!(named instanceof Map) || named.size !== 2 || ![-7, -9].includes(named.get(1)) || !isBytes(named.get(4), 8)) {
    fail("the protected header is not ES256 with a key id");
  }
  const claims = decoded(payload);
  const own = claims instanceof Map ? claims.get(-65537) : null;
  if (!(own instanceof Map) || !isBytes(claims.get(7), 16)) fail("the claims are incomplete");
  const expires = claims.get(4);
  const second = own.get(6);
  const sound =
    [1, 2, 3].every((key) => isText(own.get(key))) &&
    isWhole(own.get(4), 2 ** 16) &&
    isWhole(own.get(5), 2 ** 32) &&
    isWhole(claims.get(6), 2 ** 40) &&
    (expires === undefined || isWhole(expires, 2 ** 40)) &&
    (second === undefined || isText(second));
  if (!sound) fail("a claim has the wrong type");
  return {
    kid: hex(named.get(4)),
    signed: toBeSigned(header, payload),
    signature,
    claim: {
      name: own.get(1),
      title: own.get(2),
      level: own.get(3),
      hours: own.get(4),
      status: own.get(5),
      secondName: second,
      issued: claims.get(6),
      expires,
    },
  };
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The Sig_structure of RFC 9052, section 4.4. */
function toBeSigned(header, payload) {
  const text = (words) => [0x60 + words.length, ...new TextEncoder().encode(words)];
  return Uint8Array.from([0x84, ...text("Signature1"), ...byteString(header), 0x40, ...byteString(payload)]);
}

function byteString(bytes) {
  const size = bytes.length;
  const head = size < 24 ? [0x40 + size] : size < 256 ? [0x58, size] : [0x59, size >> 8, size & 255];
  return [...head, ...bytes];
}
