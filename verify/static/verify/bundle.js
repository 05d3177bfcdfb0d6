// The city's keys and lists in one signed file, for devices that are seldom on a network: read, checked, kept.

import { json, NotTrusted, thumbprint, unb64 } from "./jws.js";
import { hex } from "./cose.js";
import { fetched } from "./lists.js";
import { gunzipped, placesIn } from "./packing.js";
import { jwkAt } from "./points.js";
import { hasExactly, isWhole, openUnderRoot } from "./trust.js";

const CLOCK_DRIFT = 300;
const PATIENCE = 30000; // milliseconds
const DAY = 86400;
const MOST_FILE = 600000; // characters
const MOST_CONTENT = 4 * 1024 * 1024;
const NUMBERS = 2 ** 15; // of lists, as many as a paper can name
const AS_FILE = 30 * DAY; // what was carried here on a stick may be as old as anything that is relied on
const MEMBERS = ["delegation", "iat", "iss", "issuers", "lists", "sub", "ttl", "version"];
const LIST = ["exp", "iat", "issuer", "number", "replacement", "revocation", "suspension"];
const ISSUER = ["accredited", "did", "keys", "names", "slug"];
const KEY = ["compromised", "nbf", "point", "until"];

/**
 * Take in a bundle and keep it: {iat, issuers, lists} say how much it knows. `context` is {config, now, memory, store};
 * `asFile` when a person brought it, rather than the network. Throws NotTrusted, and keeps nothing of it then.
 */
export async function takeBundle(body, context, { asFile = false } = {}) {
  if (body.length > MOST_FILE) throw new NotTrusted("form");
  const kind = { typ: "bundle+jose", cty: "gzip", name: "bundle", atLeast: asFile ? AS_FILE : 0, unpacked };
  const found = await openUnderRoot(body, kind, context, partsOf);
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

async function unpacked(bytes) {
  return json(await gunzipped(bytes, MOST_CONTENT));
}

async function partsOf(said) {
  const { iat, version } = said;
  if (!hasExactly(said, MEMBERS) || !Array.isArray(said.issuers) || !Array.isArray(said.lists)) throw new NotTrusted("members");
  const issuers = [];
  for (const issuer of said.issuers) issuers.push(await issuerOf(issuer));
  const numbers = new Set();
  const lists = said.lists.map((list) => {
    if (!isList(list) || list.iat > iat + CLOCK_DRIFT || numbers.has(list.number)) throw new NotTrusted("members");
    numbers.add(list.number);
    const [revocation, suspension, replacement] = [list.revocation, list.suspension, list.replacement].map(gapsIn);
    return { number: list.number, issuer: list.issuer, iat: list.iat, revocation, suspension, replacement };
  });
  return { iat, version, issuers, lists };
}

/** As the directory lists it: each key by its name and with both coordinates. */
async function issuerOf(issuer) {
  const isSound = hasExactly(issuer, ISSUER) && typeof issuer.did === "string" && typeof issuer.slug === "string" && isPlain(issuer.names) && isPlain(issuer.accredited) && Array.isArray(issuer.keys);
  if (!isSound) throw new NotTrusted("members");
  const keys = [];
  for (const key of issuer.keys) keys.push(await keyOf(key));
  return { ...issuer, keys };
}

async function keyOf(key) {
  const isSound = hasExactly(key, KEY) && isWhole(key.nbf) && (key.until === null || isWhole(key.until)) && typeof key.compromised === "boolean";
  if (!isSound) throw new NotTrusted("members");
  const { point, ...rest } = key;
  const jwk = jwkAt(bytesOf(point));
  return { kid: hex(unb64(await thumbprint(jwk)).subarray(0, 8)), jwk, ...rest };
}

function isList(list) {
  return hasExactly(list, LIST) && isWhole(list.number) && list.number < NUMBERS && typeof list.issuer === "string" && isWhole(list.iat) && isWhole(list.exp);
}

function isPlain(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The places set, as bytes; each is looked at once here, so that no scan meets a broken list. */
function gapsIn(encoded) {
  const gaps = bytesOf(encoded);
  for (const place of placesIn(gaps)) if (place < 0) break;
  return gaps;
}

function bytesOf(encoded) {
  if (typeof encoded !== "string") throw new NotTrusted("members");
  return encoded === "" ? new Uint8Array() : unb64(encoded);
}
