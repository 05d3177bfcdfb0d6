// Checks the code of a certificate with node and its WebCrypto alone, as ../paper-format.md says.
//
// node check_paper.mjs CODE CITY ROOTS FOLDER: the text of the code, the city's DID, a JWK set of its roots, and
// where keys.jwt and the three lists (revocation-N.jwt, …) were saved. It prints what was signed, or what is wrong.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const unb64 = (text) => Buffer.from(text, "base64url");
const need = (holds, verdict) => { if (!holds) throw new Error(verdict); };

/** [value, where it ends] of one CBOR item: as much as a code has of it (whole numbers, bytes, text, maps). */
function cbor(data, at) {
  const [major, low] = [data[at] >> 5, data[at] & 31];
  const width = low < 24 ? 0 : 2 ** (low - 24);
  need([0, 1, 2, 3, 5].includes(major) && low < 28 && at + 1 + width <= data.length, "malformed");
  const size = width ? Number(`0x${data.subarray(at + 1, at + 1 + width).toString("hex")}`) : low;
  let next = at + 1 + width;
  if (major < 2) return [major ? -1 - size : size, next];
  if (major < 4) return [major === 2 ? data.subarray(next, next + size) : data.toString("utf8", next, next + size), next + size];
  const items = [];
  for (let n = 0; n < 2 * size; n++) [items[n], next] = cbor(data, next);
  return [Object.fromEntries(items.flatMap((item, n) => (n % 2 ? [[items[n - 1], item]] : []))), next];
}

async function isSigned({ kty, crv, x, y }, message, signature) {
  const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, message);
}

async function opened(token, typ, jwks) {
  const [head, body, signature] = token.trim().split(".");
  need(JSON.parse(unb64(head)).typ === typ, "not trusted: header");
  for (const jwk of jwks) if (await isSigned(jwk, Buffer.from(`${head}.${body}`), unb64(signature))) return JSON.parse(unb64(body));
  throw new Error("not trusted: signature");
}

export async function check(code, city, roots, folder, now = Date.now() / 1000) {
  const hex = BigInt(code.split("#").pop()).toString(16);
  const raw = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  const [header, headerEnd] = cbor(raw, 3); // after format version 1, tag 18, array of four
  const [body, bodyEnd] = cbor(raw, headerEnd + 1); // after the empty unprotected header
  const fixed = Buffer.concat([raw.subarray(0, 3), raw.subarray(headerEnd, headerEnd + 1), raw.subarray(bodyEnd, bodyEnd + 2)]);
  need(fixed.toString("hex") === "01d284a05840" && raw.length === bodyEnd + 66 && cbor(header, 0)[0][1] === -7, "malformed");
  const toSign = Buffer.concat([Buffer.from("\x84\x6aSignature1", "latin1"), raw.subarray(3, headerEnd), Buffer.of(0x40), raw.subarray(headerEnd + 1, bodyEnd)]);
  const saved = (name) => readFileSync(`${folder}/${name}.jwt`, "utf8");
  const root = await opened(JSON.parse(unb64(saved("keys").split(".")[1])).delegation, "delegation+jwt", JSON.parse(readFileSync(roots)).keys);
  const keys = await opened(saved("keys"), "keys+jwt", [root.jwk]);
  need(root.iss === city && keys.iss === city && keys.sub === "keys", "not trusted: another city or document");
  need(root.nbf <= Math.min(keys.iat, now) && Math.max(keys.iat, now) < root.exp, "not trusted: period");
  const [claims, kid] = [cbor(body, 0)[0], cbor(header, 0)[0][4].toString("hex")];
  for (const issuer of keys.issuers) for (const key of issuer.keys) {
    if (key.kid !== kid || !(await isSigned(key.jwk, toSign, raw.subarray(-64)))) continue;
    need(!key.compromised, "key withdrawn");
    need(key.nbf <= claims[6] && (key.until === null || claims[6] < key.until), "outside the key's period");
    const [number, index] = [Math.floor(claims[-65537][5] / 131072), claims[-65537][5] % 131072];
    for (const [purpose, verdict] of [["replacement", "replaced"], ["revocation", "revoked"], ["suspension", "suspended"]]) {
      const list = await opened(saved(`${purpose}-${number}`), "vc+jwt", issuer.keys.filter((each) => !each.compromised).map((each) => each.jwk));
      need(list.sub.endsWith(`/s/${purpose}/${number}`) && list.exp > now, "status unknown");
      const bits = gunzipSync(unb64(list.credentialSubject.encodedList.slice(1)), { maxOutputLength: 2 ** 20 });
      need(!(bits[index >> 3] & (0x80 >> (index & 7))), verdict);
    }
    need((claims[4] ?? Infinity) > now, "expired");
    return { issuer: issuer.names, claims };
  }
  throw new Error("tampered, or of an unknown issuer");
}

const isProgram = process.argv[1] === fileURLToPath(import.meta.url);
if (isProgram) check(...process.argv.slice(2, 6)).then(console.log, (wrong) => process.exit(console.error(wrong.message) ?? 1));
