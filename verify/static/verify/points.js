// Public keys of P-256 from their compressed points (SEC 1, section 2.3.4): no browser's WebCrypto promises to read those.

import { hex } from "./cose.js";
import { b64, NotTrusted } from "./jws.js";

const PRIME = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** The JWK of these 33 bytes. Throws NotTrusted where they are no point. */
export function jwkAt(point) {
  const [head] = point;
  const x = BigInt(`0x0${hex(point.subarray(1))}`);
  const square = (x ** 3n - 3n * x + B) % PRIME;
  const root = power(square, (PRIME + 1n) / 4n);
  if (point.length !== 33 || (head !== 2 && head !== 3) || x >= PRIME || (root * root) % PRIME !== square) throw new NotTrusted("members");
  const y = root % 2n === BigInt(head % 2) ? root : PRIME - root;
  return { crv: "P-256", kty: "EC", x: b64(point.subarray(1)), y: b64(bytesOf(y)) };
}

function power(base, exponent) {
  let result = 1n;
  for (let left = exponent; left; left >>= 1n) {
    if (left & 1n) result = (result * base) % PRIME;
    base = (base * base) % PRIME;
  }
  return result;
}

function bytesOf(number) {
  return Uint8Array.from(number.toString(16).padStart(64, "0").match(/../g), (pair) => parseInt(pair, 16));
}
