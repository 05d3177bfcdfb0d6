// Signed keys and lists, checked with WebCrypto. Asks the server for a key's short name and list numbers only.

const P256 = { name: "ECDSA", namedCurve: "P-256" };
const ES256 = { name: "ECDSA", hash: "SHA-256" };
const MAX_LIST = 8 * 1024 * 1024;

export class NotTrusted extends Error {}

export const importKey = ({ kty, crv, x, y }) => crypto.subtle.importKey("jwk", { kty, crv, x, y }, P256, false, ["verify"]);

export const holds = (key, signature, signed) => crypto.subtle.verify(ES256, key, signature, signed);

function unb64(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new NotTrusted("not base64url");
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (character) => character.charCodeAt(0));
}

/** The payload of a compact JWS with this typ that one of these keys signed. Throws NotTrusted. */
export async function readJws(token, typ, keys) {
  const parts = token.trim().split(".");
  if (parts.length !== 3) throw new NotTrusted("not a JWS");
  const header = JSON.parse(new TextDecoder().decode(unb64(parts[0])));
  if (header.alg !== "ES256" || header.typ !== typ) throw new NotTrusted("header not allowed");
  const signed = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
  const signature = unb64(parts[2]);
  for (const key of keys) {
    if (await holds(key, signature, signed)) return JSON.parse(new TextDecoder().decode(unb64(parts[1])));
  }
  throw new NotTrusted("the signature does not hold");
}

async function fetched(path) {
  const answer = await fetch(path, { credentials: "omit", referrerPolicy: "no-referrer" });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new NotTrusted(`no answer: ${answer.status}`);
  return answer.text();
}

/** The issuer and key behind a short key name, as the pinned directory keys vouch for it; null if unknown. */
export async function findKey(kid, anchors) {
  const token = await fetched(`/k/${kid}`);
  if (token === null) return null;
  const pinned = await Promise.all(anchors.map(importKey));
  const document = await readJws(token, "keys+jwt", pinned);
  for (const issuer of document.issuers) {
    const line = issuer.keys.find((key) => key.kid === kid);
    if (line) return { issuer, line, key: await importKey(line.jwk) };
  }
  return null;
}

/** Whether the bit is set in the issuer's newest list, and when that list was signed; null if there is none. */
export async function statusBit(purpose, number, index, found) {
  const token = await fetched(`/s/${purpose}/${number}`);
  if (token === null) return null;
  const keys = await Promise.all(found.issuer.keys.filter((k) => !k.compromised).map((k) => importKey(k.jwk)));
  const list = await readJws(token, "vc+jwt", keys);
  const subject = list.credentialSubject;
  if (list.issuer !== found.issuer.did || subject.statusPurpose !== purpose) throw new NotTrusted("another list");
  if (!list.id.endsWith(`/s/${purpose}/${number}`)) throw new NotTrusted("another list");
  const bits = await inflated(unb64(subject.encodedList.slice(1)));
  if (index >= bits.length * 8 || bits.length < 16384) throw new NotTrusted("the list is too short");
  return { set: Boolean(bits[index >> 3] & (0x80 >> (index & 7))), asOf: new Date(list.validFrom), until: new Date(list.validUntil) };
}

async function inflated(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MAX_LIST) throw new NotTrusted("the list is too long");
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
