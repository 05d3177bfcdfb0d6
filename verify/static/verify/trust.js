// From the pinned roots to a document: delegation, directory key's signature, age; and never back to an older one.
// Each refusal is named as the server names it (issuers/delegations.py).

import { json, NotTrusted, openJws, thumbprint } from "./jws.js";

const CLOCK_DRIFT = 300; // seconds that this device's clock may be wrong
const LONGEST = 400 * 86400;
const MEMBERS = ["exp", "iss", "jwk", "nbf", "seq", "sub"];
const JWK_MEMBERS = ["crv", "kty", "x", "y"];

/** The directory called `name`, as `openUnderRoot` lets it in. */
export function openDirectory(body, name, context) {
  return openUnderRoot(body, { typ: "keys+jwt", name }, context, (directory) => {
    if (!Array.isArray(directory.issuers)) throw new NotTrusted("members");
    return directory;
  });
}

/**
 * What `read` makes of the document called `name`, if a pinned root stands behind it and nothing newer was seen here.
 * `context` is {config: {city, roots}, now, memory}; `atLeast`: seconds in which it is taken in, whatever it says;
 * `cty` and `unpacked`: what a payload is that is not JSON, and how it becomes an object.
 */
export async function openUnderRoot(body, { typ, name, atLeast = 0, cty, unpacked = json }, { config, now, memory }, read) {
  const seen = memory.recall(config.city);
  // A device whose clock was set back has still seen what it has seen.
  const today = Math.max(now, seen.latest);
  const jws = openJws(body, typ, cty);
  const said = await unpacked(jws.payload());
  if (typeof said.delegation !== "string") throw new NotTrusted("members");
  const delegation = await openDelegation(said.delegation, config);
  if (today + CLOCK_DRIFT < delegation.nbf) throw new NotTrusted("not-yet");
  if (today - CLOCK_DRIFT >= delegation.exp) throw new NotTrusted("expired");
  if (delegation.seq < seen.seq) throw new NotTrusted("older");
  if (jws.kid !== delegation.sub) throw new NotTrusted("directory-key");
  if (!(await jws.isSignedBy(delegation.jwk))) throw new NotTrusted("signature");
  if (said.iss !== config.city) throw new NotTrusted("city");
  if (said.sub !== name) throw new NotTrusted("name");
  if (![said.version, said.iat, said.ttl].every(isWhole)) throw new NotTrusted("members");
  if (said.iat < delegation.nbf || said.iat >= delegation.exp) throw new NotTrusted("outside");
  if (said.iat > now + CLOCK_DRIFT) throw new NotTrusted("not-yet");
  const lasts = Math.max(said.ttl, atLeast);
  if (said.iat + lasts < today - CLOCK_DRIFT) throw new NotTrusted("expired");
  if (said.version < (seen.versions[name] || { version: 0 }).version) throw new NotTrusted("older");
  const found = await read(said);
  const until = said.iat + lasts + 2 * CLOCK_DRIFT; // from then on it is refused for its age anyway
  memory.keep(config.city, { seq: delegation.seq, latest: said.iat, versions: { [name]: { version: said.version, until } } });
  return { ...found, seq: delegation.seq };
}

/** What a pinned root signed for this city. Throws NotTrusted. */
async function openDelegation(token, { roots, city }) {
  const jws = openJws(token, "delegation+jwt");
  const root = roots.find((jwk) => jwk.kid === jws.kid);
  if (!root) throw new NotTrusted("root");
  if (!(await jws.isSignedBy(root))) throw new NotTrusted("signature");
  const said = jws.unverified();
  if (!hasExactly(said, MEMBERS)) throw new NotTrusted("members");
  if (said.iss !== city) throw new NotTrusted("city");
  if (!hasExactly(said.jwk, JWK_MEMBERS) || said.jwk.kty !== "EC" || said.jwk.crv !== "P-256") throw new NotTrusted("key");
  if (said.sub !== `${city}#${await thumbprint(said.jwk)}`) throw new NotTrusted("key");
  if (![said.nbf, said.exp, said.seq].every(isWhole)) throw new NotTrusted("members");
  if (said.exp <= said.nbf || said.exp > said.nbf + LONGEST) throw new NotTrusted("period");
  return said;
}

export function hasExactly(value, members) {
  return value !== null && typeof value === "object" && Object.keys(value).sort().join() === members.join();
}

export function isWhole(value) {
  return Number.isSafeInteger(value) && value >= 0;
}
