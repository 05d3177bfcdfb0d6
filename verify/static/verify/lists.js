// Keys and status lists: fetched by number alone, verified by signature, unpacked within limits.

export class NotTrusted extends Error {}
export class Unreachable extends Error {}

const PURPOSES = ["revocation", "suspension", "replacement"];
const ES256 = { name: "ECDSA", hash: "SHA-256" };
const MAX_DOCUMENT = 600000;
const MAX_LIST = 2 ** 20;
const MIN_LIST = 131072 / 8;
const PATIENCE = 10000; // milliseconds for one request
const CLOCK_DRIFT = 300; // seconds that this device's clock may be wrong

/** Everybody in the signed directory who has a key of this short name; empty when the city knows none. */
export async function signersNamed(kid, { config, now, fetch }) {
  const body = await fetched(config.keys + kid, fetch);
  if (body === null) return [];
  const directory = await openJws(body, "keys+jwt", async (header) => {
    const anchor = config.anchors.find((jwk) => jwk.kid === fragment(header.kid));
    return anchor ? [anchor] : [];
  });
  if (directory.iat > now + CLOCK_DRIFT || directory.iat + directory.ttl < now - CLOCK_DRIFT) throw new NotTrusted("an old directory");
  return directory.issuers.flatMap((issuer) => issuer.keys.filter((key) => key.kid === kid).map((key) => ({ issuer, key })));
}

/** Whether these 64 bytes are this key's signature. */
export async function isSignedBy(jwk, signed, signature) {
  const key = await crypto.subtle.importKey("jwk", { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify(ES256, key, signature, signed);
}

/** What the issuer's three lists say of one place in them: {revocation, suspension, replacement, asOf, stale}. */
export async function standing(claim, signer, { config, now, fetch }) {
  const lists = await Promise.all(PURPOSES.map((purpose) => readList(purpose, claim.list, signer, { config, now, fetch })));
  const [revocation, suspension, replacement] = lists.map((list) => isSet(list.bits, claim.index));
  return {
    revocation,
    suspension,
    replacement,
    asOf: Math.min(...lists.map((list) => list.asOf)),
    stale: lists.some((list) => list.until + CLOCK_DRIFT < now),
  };
}

async function readList(purpose, number, signer, context) {
  const path = `${purpose}/${number}`;
  const body = await fetched(context.config.lists + path, context.fetch);
  if (body === null) throw new Unreachable("no such list");
  const list = await openJws(body, "vc+jwt", (header) => keysOfSameIssuer(header, signer, context));
  const subject = list.credentialSubject;
  if (list.iss !== signer.issuer.did || list.issuer !== list.iss) throw new NotTrusted("a list of another issuer");
  if (list.id !== list.sub || !list.id.endsWith(`/s/${path}`) || subject.statusPurpose !== purpose) throw new NotTrusted("another list");
  return { bits: await unpacked(subject.encodedList), asOf: list.iat, until: list.exp };
}

/** A list may be signed by a younger key of the same issuer than the code is. */
async function keysOfSameIssuer(header, signer, context) {
  const [did, thumbprint] = [header.kid.split("#")[0], fragment(header.kid)];
  if (did !== signer.issuer.did) throw new NotTrusted("a list of another issuer");
  const kid = Array.from(unb64(thumbprint).subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const known = kid === signer.key.kid ? [signer] : await signersNamed(kid, context);
  return known.filter((each) => each.issuer.did === did && !each.key.compromised).map((each) => each.key.jwk);
}

async function unpacked(encoded) {
  if (typeof encoded !== "string" || encoded[0] !== "u") throw new NotTrusted("not base64url");
  const stream = new Blob([unb64(encoded.slice(1))]).stream().pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MAX_LIST) {
      await reader.cancel();
      throw new NotTrusted("the list is too long");
    }
    parts.push(value);
  }
  if (size < MIN_LIST) throw new NotTrusted("the list is too short");
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function isSet(bits, index) {
  return Boolean(bits[index >> 3] & (0x80 >> (index & 7)));
}

/** The payload of a compact JWS that one of the keys signed; its header says ES256, this type, and which key. */
async function openJws(token, typ, keysFor) {
  const parts = token.trim().split(".");
  if (parts.length !== 3) throw new NotTrusted("not a JWS");
  const header = JSON.parse(utf8(unb64(parts[0])));
  if (header.alg !== "ES256" || header.typ !== typ || typeof header.kid !== "string" || Object.keys(header).length !== 3) throw new NotTrusted("another header");
  const signed = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
  for (const jwk of await keysFor(header)) {
    if (await isSignedBy(jwk, signed, unb64(parts[2]))) return JSON.parse(utf8(unb64(parts[1])));
  }
  throw new NotTrusted("the signature does not match");
}

/** The body of a document of ours, or null when there is none; one that is being signed is asked for again. */
async function fetched(url, fetch, tries = 3) {
  const stop = new AbortController();
  const alarm = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const answer = await fetch(url, { signal: stop.signal, credentials: "omit", referrerPolicy: "no-referrer" });
    if (answer.status === 404) return null;
    if (answer.status === 503 && tries > 1) {
      await new Promise((done) => setTimeout(done, 1000));
      return await fetched(url, fetch, tries - 1);
    }
    if (!answer.ok) throw new Unreachable(`answer ${answer.status}`);
    const body = await answer.text();
    if (body.length > MAX_DOCUMENT) throw new NotTrusted("too long");
    return body;
  } catch (error) {
    throw error instanceof NotTrusted ? error : new Unreachable(error.message);
  } finally {
    clearTimeout(alarm);
  }
}

function fragment(kid) {
  return kid.split("#")[1] || "";
}

function unb64(encoded) {
  if (!/^[A-Za-z0-9_-]*$/.test(encoded)) throw new NotTrusted("not base64url");
  return Uint8Array.from(atob(encoded.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

function utf8(bytes) {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
