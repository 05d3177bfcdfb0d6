// The SP1 paper claim: from the digits of a printed code to what it says (docs/paper-format.md).

import { Malformed, openSign1 } from "./cose.js";

const FORMAT_VERSION = 0x01;
const PRIVATE_CLAIM = -65537;
export const LIST_SIZE = 131072;

/** The digits at the end of a scanned or pasted text, or "" when it is no printed code. */
export function digitsIn(scanned) {
  const whole = scanned.replace(/\s+/g, "").replace(/%(?:25)?23/g, "#"); // as camera apps write it
  const found = /(?:^|[^0-9])([0-9]{100,1500})$/.exec(whole);
  return found ? found[1] : "";
}

/** The COSE bytes behind the digits: one big number whose first byte is the format's version. */
export function coseOf(digits) {
  if (!/^[1-9][0-9]{99,1499}$/.test(digits)) throw new Malformed("not 100 to 1500 digits");
  let raw = BigInt(digits).toString(16);
  if (raw.length % 2) raw = `0${raw}`;
  const bytes = Uint8Array.from(raw.match(/../g), (pair) => parseInt(pair, 16));
  if (bytes[0] !== FORMAT_VERSION) throw new Malformed("not format version 1");
  return bytes.subarray(1);
}

/** What the code says and who is said to have signed it; nothing is verified yet. Throws Malformed. */
export function readCode(digits) {
  const { kid, claims, signed, signature } = openSign1(coseOf(digits));
  return { kid, claim: readClaims(claims), signed, signature };
}

function readClaims(claims) {
  const own = claims instanceof Map ? claims.get(PRIVATE_CLAIM) : undefined;
  if (!(own instanceof Map)) throw new Malformed("the private claim is missing");
  const cti = claims.get(7);
  if (!(cti instanceof Uint8Array) || cti.length !== 16) throw new Malformed("cti");
  const status = whole(own, 5, 2 ** 32);
  return {
    name: string(own, 1),
    title: string(own, 2),
    level: string(own, 3),
    hours: whole(own, 4, 2 ** 16),
    list: Math.floor(status / LIST_SIZE),
    index: status % LIST_SIZE,
    secondName: optional(own, 6, string),
    issuedAt: whole(claims, 6),
    expiresAt: optional(claims, 4, whole),
    issuer: optional(claims, 1, string),
  };
}

function optional(members, key, read) {
  return members.has(key) ? read(members, key) : undefined;
}

function string(members, key) {
  const value = members.get(key);
  if (typeof value !== "string" || value.length > 400) throw new Malformed(`claim ${key} is not text`);
  return value;
}

function whole(members, key, limit = 2 ** 40) {
  const value = members.get(key);
  if (typeof value !== "number" || value < 0 || value >= limit) throw new Malformed(`claim ${key} is not a whole number`);
  return value;
}
