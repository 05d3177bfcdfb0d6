// Keys and status lists: fetched by number alone, verified by signature, unpacked within limits.

import { NotTrusted, openJws, unb64 } from "./jws.js";
import { openDirectory } from "./trust.js";

export class Unreachable extends Error {}

const PURPOSES = ["revocation", "suspension", "replacement"];
const MAX_DOCUMENT = 600000;
const MAX_LIST = 2 ** 20;
const MIN_LIST = 131072 / 8;
const PATIENCE = 10000; // milliseconds for one request
const CLOCK_DRIFT = 300; // seconds that this device's clock may be wrong

/** Everybody in the signed directory who has a key of this short name; empty when the city knows none. */
export async function signersNamed(kid, context) {
  const directory = await directoryOf(kid, context);
  if (directory === null) return [];
  return directory.issuers.flatMap((issuer) => issuer.keys.filter((key) => key.kid === kid).map((key) => ({ issuer, key })));
}

/** One that is older than what was seen here may come from a cache on the way: it is asked for once more, past that. */
async function directoryOf(kid, context) {
  const [url, name] = [context.config.keys + kid, `k/${kid}`];
  const body = await fetched(url, context.fetch);
  if (body === null) return null;
  try {
    return await openDirectory(body, name, context);
  } catch (error) {
    if (!(error instanceof NotTrusted) || error.message !== "older") throw error;
  }
  const newer = await fetched(url, context.fetch, { cache: "reload" });
  return newer === null ? null : openDirectory(newer, name, context);
}

/** What the issuer's three lists say of one place in them: {revocation, suspension, replacement, asOf, stale}. */
export async function standing(claim, signer, context) {
  const lists = await Promise.all(PURPOSES.map((purpose) => readList(purpose, claim.list, signer, context)));
  const [revocation, suspension, replacement] = lists.map((list) => isSet(list.bits, claim.index));
  return {
    revocation,
    suspension,
    replacement,
    asOf: Math.min(...lists.map((list) => list.asOf)),
    stale: lists.some((list) => list.until + CLOCK_DRIFT < context.now),
  };
}

async function readList(purpose, number, signer, context) {
  const path = `${purpose}/${number}`;
  const body = await fetched(context.config.lists + path, context.fetch);
  if (body === null) throw new Unreachable("no such list");
  const list = await signedList(openJws(body, "vc+jwt"), signer, context);
  const subject = list.credentialSubject;
  if (list.iss !== signer.issuer.did || list.issuer !== list.iss) throw new NotTrusted("a list of another issuer");
  if (list.id !== list.sub || !list.id.endsWith(`/s/${path}`) || subject.statusPurpose !== purpose) throw new NotTrusted("another list");
  return { bits: await unpacked(subject.encodedList), asOf: list.iat, until: list.exp };
}

async function signedList(jws, signer, context) {
  for (const jwk of await keysOfSameIssuer(jws.kid, signer, context)) if (await jws.isSignedBy(jwk)) return jws.unverified();
  throw new NotTrusted("signature");
}

/** A list may be signed by a younger key of the same issuer than the code is. */
async function keysOfSameIssuer(named, signer, context) {
  const [did, thumbprint = ""] = named.split("#");
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

/** The body of a document of ours, or null when there is none; one that is being signed is asked for again. */
async function fetched(url, fetch, { tries = 3, cache = "default" } = {}) {
  const stop = new AbortController();
  const alarm = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const answer = await fetch(url, { signal: stop.signal, cache, credentials: "omit", referrerPolicy: "no-referrer" });
    if (answer.status === 404) return null;
    if (answer.status === 503 && tries > 1) {
      await new Promise((done) => setTimeout(done, 1000));
      return await fetched(url, fetch, { tries: tries - 1, cache });
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
