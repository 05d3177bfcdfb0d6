// The city's keys and lists in one signed file, for devices that are seldom on a network: read, checked, kept.

import { NotTrusted, unb64 } from "./jws.js";
import { fetched } from "./lists.js";
import { gunzipped, placesIn } from "./packing.js";
import { hasExactly, isWhole, openUnderRoot } from "./trust.js";

const CLOCK_DRIFT = 300;
const PATIENCE = 30000; // milliseconds
const DAY = 86400;
const MOST_FILE = 600000; // characters
const MOST_CONTENT = 4 * 1024 * 1024;
const NUMBERS = 2 ** 15; // of lists, as many as a paper can name
const AS_FILE = 30 * DAY; // what was carried here on a stick may be as old as anything that is relied on
const MEMBERS = ["content", "delegation", "iat", "iss", "sub", "ttl", "version"];
const PARTS = ["issuers", "lists"];
const LIST = ["exp", "iat", "issuer", "number", "replacement", "revocation", "suspension"];
const ISSUER = ["accredited", "did", "keys", "names", "slug"];
const KEY = ["compromised", "jwk", "kid", "nbf", "until"];

/**
 * Take in a bundle and keep it: {iat, issuers, lists} say how much it knows. `context` is {config, now, memory, store};
 * `asFile` when a person brought it, rather than the network. Throws NotTrusted, and keeps nothing of it then.
 */
export async function takeBundle(body, context, { asFile = false } = {}) {
  if (body.length > MOST_FILE) throw new NotTrusted("form");
  const found = await openUnderRoot(body, { typ: "bundle+jwt", name: "bundle", atLeast: asFile ? AS_FILE : 0 }, context, async (said) => {
    if (!hasExactly(said, MEMBERS) || typeof said.content !== "string") throw new NotTrusted("members");
    return { iat: said.iat, version: said.version, ...(await contentOf(said)) };
  });
  const { iat, version, issuers, lists, seq } = found;
  const stamp = { seq, bundled: true };
  const kept = lists.map(({ number, ...list }) => [`list/${number}`, { ...list, ...stamp }]);
  await context.store.put([["directory", { iat, version, issuers, lists: lists.length, ...stamp }], ...kept]);
  return { iat, issuers: issuers.length, lists: lists.length };
}

/** Take in the bundle that the city offers now, as `takeBundle` does. Throws NotTrusted, or Error where there is none. */
export async function fetchBundle(context) {
  const body = await fetched(context.config.bundle, { ...context, cache: "no-cache", until: Date.now() + PATIENCE });
  if (body === null) throw new Error("there is none");
  return takeBundle(body, context);
}

/** Once a day, after a verdict, the device learns all keys and lists: the next paper may be another's, in a cellar. */
export async function learnCity(context) {
  const isFresh = context.now - (context.store.get("directory")?.iat ?? 0) < DAY;
  if (isFresh || !navigator.onLine || navigator.connection?.saveData) return;
  await fetchBundle(context).catch(() => {}); // another time
}

async function contentOf({ content, iat }) {
  const bytes = await gunzipped(unb64(content), MOST_CONTENT);
  let inside;
  try {
    inside = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new NotTrusted("form");
  }
  if (!isPlain(inside)) throw new NotTrusted("form");
  if (!hasExactly(inside, PARTS) || !PARTS.every((part) => Array.isArray(inside[part]))) throw new NotTrusted("members");
  if (!inside.issuers.every(isIssuer)) throw new NotTrusted("members");
  const numbers = new Set();
  const lists = inside.lists.map((list) => {
    if (!isList(list) || list.iat > iat + CLOCK_DRIFT || numbers.has(list.number)) throw new NotTrusted("members");
    numbers.add(list.number);
    const [revocation, suspension, replacement] = [list.revocation, list.suspension, list.replacement].map(gapsIn);
    return { number: list.number, issuer: list.issuer, iat: list.iat, revocation, suspension, replacement };
  });
  return { issuers: inside.issuers, lists };
}

function isIssuer(issuer) {
  return hasExactly(issuer, ISSUER) && typeof issuer.did === "string" && typeof issuer.slug === "string" && isPlain(issuer.names) && isPlain(issuer.accredited) && Array.isArray(issuer.keys) && issuer.keys.every(isKey);
}

function isKey(key) {
  return hasExactly(key, KEY) && /^[0-9a-f]{16}$/.test(key.kid) && isPlain(key.jwk) && isWhole(key.nbf) && (key.until === null || isWhole(key.until)) && typeof key.compromised === "boolean";
}

function isList(list) {
  return hasExactly(list, LIST) && isWhole(list.number) && list.number < NUMBERS && typeof list.issuer === "string" && isWhole(list.iat) && isWhole(list.exp);
}

function isPlain(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The places set, as bytes; each is looked at once here, so that no scan meets a broken list. */
function gapsIn(encoded) {
  if (typeof encoded !== "string") throw new NotTrusted("members");
  const gaps = encoded === "" ? new Uint8Array() : unb64(encoded);
  for (const place of placesIn(gaps)) if (place < 0) break;
  return gaps;
}
