// Keys and status lists from the network: asked for by number alone, verified by signature, unpacked within limits.
// A context has `fetch`, `cache` and `until`, the moment in milliseconds by which there is an answer or none.

import { hex } from "./cose.js";
import { NotTrusted, openJws, unb64 } from "./jws.js";
import { gapsOf, gunzipped } from "./packing.js";
import { openDirectory } from "./trust.js";

export class Unreachable extends Error {}

const PURPOSES = ["revocation", "suspension", "replacement"];
const MAX_DOCUMENT = 600000;
const MAX_LIST = 2 ** 20;
const MIN_LIST = 131072 / 8;
const CLOCK_DRIFT = 300; // seconds that this device's clock may be wrong

/** {iat, seq, signers: [{issuer, key}]}: who has a key of this short name; null where the city knows none. */
export async function fetchSigners(kid, context) {
  const directory = await directoryOf(kid, context);
  if (directory === null) return null;
  return { iat: directory.iat, seq: directory.seq, signers: signersIn(directory, kid) };
}

export function signersIn({ issuers }, kid) {
  return issuers.flatMap(({ keys, ...issuer }) => keys.filter((key) => key.kid === kid).map((key) => ({ issuer, key })));
}

/** One that is older than what was seen here may come from a cache on the way: it is asked for once more, past that. */
async function directoryOf(kid, context) {
  const [url, name] = [context.config.keys + kid, `k/${kid}`];
  const body = await fetched(url, context);
  if (body === null) return null;
  try {
    return await openDirectory(body, name, context);
  } catch (error) {
    if (!(error instanceof NotTrusted) || error.message !== "older") throw error;
  }
  const newer = await fetched(url, context, { cache: "reload" });
  return newer === null ? null : openDirectory(newer, name, context);
}

/** {iat, issuer, revocation, suspension, replacement, overdue}: the issuer's lists of one number, each as gaps. */
export async function fetchLists(number, signer, context, signersOf) {
  const lists = await Promise.all(PURPOSES.map((purpose) => readList(purpose, number, signer, context, signersOf)));
  const [revocation, suspension, replacement] = lists.map((list) => list.gaps);
  return {
    iat: Math.min(...lists.map((list) => list.iat)),
    issuer: signer.issuer.did,
    revocation,
    suspension,
    replacement,
    overdue: lists.some((list) => list.until + CLOCK_DRIFT < context.now),
  };
}

async function readList(purpose, number, signer, context, signersOf) {
  const path = `${purpose}/${number}`;
  const body = await fetched(context.config.lists + path, context);
  if (body === null) throw new Unreachable("no such list");
  const list = await signedList(openJws(body, "vc+jwt"), signer, signersOf);
  const subject = list.credentialSubject;
  if (list.iss !== signer.issuer.did || list.issuer !== list.iss) throw new NotTrusted("a list of another issuer");
  if (list.id !== list.sub || !list.id.endsWith(`/s/${path}`) || subject.statusPurpose !== purpose) throw new NotTrusted("another list");
  if (!Number.isSafeInteger(list.iat) || !Number.isSafeInteger(list.exp)) throw new NotTrusted("members");
  return { gaps: gapsOf(await bitsOf(subject.encodedList)), iat: list.iat, until: list.exp };
}

async function signedList(jws, signer, signersOf) {
  for (const jwk of await keysOfSameIssuer(jws.kid, signer, signersOf)) if (await jws.isSignedBy(jwk)) return jws.unverified();
  throw new NotTrusted("signature");
}

/** A list may be signed by a younger key of the same issuer than the code is. */
async function keysOfSameIssuer(named, signer, signersOf) {
  const [did, thumbprint = ""] = named.split("#");
  if (did !== signer.issuer.did) throw new NotTrusted("a list of another issuer");
  const kid = hex(unb64(thumbprint).subarray(0, 8));
  const known = kid === signer.key.kid ? [signer] : await signersOf(kid);
  return known.filter((each) => each.issuer.did === did && !each.key.compromised).map((each) => each.key.jwk);
}

async function bitsOf(encoded) {
  if (typeof encoded !== "string" || encoded[0] !== "u") throw new NotTrusted("not base64url");
  const bits = await gunzipped(unb64(encoded.slice(1)), MAX_LIST);
  if (bits.length < MIN_LIST) throw new NotTrusted("the list is too short");
  return bits;
}

/** The body of a document of ours, or null when there is none; one that is being signed is asked for again. */
export async function fetched(url, context, { tries = 3, cache = context.cache } = {}) {
  const stop = new AbortController();
  const alarm = setTimeout(() => stop.abort(), Math.max(0, context.until - Date.now()));
  try {
    const answer = await context.fetch(url, { signal: stop.signal, cache, credentials: "omit", referrerPolicy: "no-referrer" });
    if (answer.status === 404) return null;
    if ([202, 503].includes(answer.status) && tries > 1) {
      await new Promise((done) => setTimeout(done, 1000));
      return await fetched(url, context, { tries: tries - 1, cache });
    }
    if (answer.status !== 200) throw new Unreachable(`answer ${answer.status}`);
    const body = await answer.text();
    if (body.length > MAX_DOCUMENT) throw new NotTrusted("too long");
    return body;
  } catch (error) {
    throw error instanceof NotTrusted ? error : new Unreachable(error.message);
  } finally {
    clearTimeout(alarm);
  }
}
