// Examines a printed code in the order in which the server examines certificates; the worst finding decides.

import { Malformed } from "./cose.js";
import { isSignedBy, NotTrusted } from "./jws.js";
import { current, kept, standing } from "./knowledge.js";
import { readCode } from "./sp1.js";

const CLOCK_DRIFT = 300;
const DAY = 86400;
/** Days for which what was kept is as good as new, and after which it says nothing any more. */
const [FRESH, USELESS] = [7, 30];
const [PATIENT, HURRIED] = [10000, 4000]; // milliseconds for all answers: with nothing to show, and beside a verdict
/** From the worst to the best, as in the server's reports. */
export const ORDER = [
  "malformed", "offline", "not-trusted", "unknown-issuer", "tampered", "key-withdrawn", "outside-key-period", "contradictory",
  "replaced", "revoked", "not-accredited", "suspended", "expired", "not-yet-valid", "status-unknown", "status-stale", "valid",
];
/** After these nothing of the claim is shown: no recognised issuer stands behind it. */
const SHOWS_NOTHING = ORDER.slice(0, ORDER.indexOf("replaced"));

/**
 * Shows the verdict of what this device kept, at once, then that of the city's latest answers: `show(seen, isLast)`.
 * `context` is {config, now, fetch, memory, store}. Only a key's short name and a list's number leave this device.
 */
export async function examineTwice(digits, context, show) {
  const first = await examine(digits, context, kept(context));
  if (first.state === "malformed") return show(first, true); // nobody could say more
  const isSomething = first.state !== "offline";
  if (isSomething) show(first, false);
  const until = Date.now() + (isSomething ? HURRIED : PATIENT);
  const cache = isSomething ? "no-cache" : "default"; // what is only some minutes old is known already
  return show(await examine(digits, context, current({ until, cache, ...context })), true);
}

/** {state, checks: [[step, finding]], claim, issuer, asOf, trouble}, as `source` knows keys and lists. */
export async function examine(digits, context, source) {
  const checks = [];
  const note = (step, finding = "passed") => checks.push([step, finding]);
  const seen = { checks, claim: null, issuer: null, asOf: null };
  try {
    await examineInOrder(digits, context, source, note, seen);
  } catch (error) {
    if (!(error instanceof Halt)) throw error;
  }
  const found = checks.map(([, finding]) => finding).filter((finding) => finding !== "passed");
  const state = ORDER.find((each) => found.includes(each)) || "valid";
  const trouble = source.trouble || null;
  return SHOWS_NOTHING.includes(state) ? { state, checks, claim: null, issuer: null, asOf: null, trouble } : { state, ...seen, trouble };
}

class Halt extends Error {}

async function examineInOrder(digits, context, source, note, seen) {
  const halt = (step, finding) => {
    note(step, finding);
    throw new Halt();
  };
  // 1. It can be read.
  const code = parsed(digits) || halt("readable", "malformed");
  const { claim } = code;
  note("readable");
  // 2. The city's directory knows a key of this name.
  const { signers, iat } = await known(code, source, (finding) => halt("issuer", finding));
  if (!signers.length) halt("issuer", "unknown-issuer");
  note("issuer");
  // 3. That key signed it; two keys may share a short name, so all are tried.
  const signer = await signerAmong(signers, code);
  if (!signer) halt("signature", "tampered");
  note("signature");
  // 4. The key and the accreditation held at the time.
  const { key, issuer } = signer;
  if (key.compromised) halt("authority", "key-withdrawn");
  if (claim.issuedAt < key.nbf || (key.until !== null && claim.issuedAt >= key.until)) halt("authority", "outside-key-period");
  note("authority", wasAccredited(issuer, claim.issuedAt) ? "passed" : "not-accredited");
  // 5. Its parts say the same.
  if (claim.issuer !== undefined && claim.issuer !== issuer.did) halt("shape", "contradictory");
  note("shape");
  Object.assign(seen, { claim, issuer });
  // 6. Dates.
  const today = Math.max(context.now, context.memory.recall(context.config.city).latest); // a clock may be set back
  note("dates", dates(claim, context.now, today));
  // 7. Status. A key may have been withdrawn since, so what was kept of it ages as lists do.
  const [finding, asOf] = await status(claim, signer, source, (listsAt) => age(today, iat, listsAt));
  note("status", finding);
  seen.asOf = asOf;
  // 8. Whom it names.
  note("subject", claim.name.trim() ? "passed" : "contradictory");
}

function parsed(digits) {
  try {
    return readCode(digits);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** No answer, or one that no pinned root stands behind: the question stays open. */
async function known({ kid, claim }, source, halt) {
  try {
    return await source.signers(kid, claim.issuedAt);
  } catch (error) {
    return halt(error instanceof NotTrusted ? "not-trusted" : "offline");
  }
}

async function signerAmong(signers, code) {
  for (const each of signers) if (await isSignedBy(each.key.jwk, code.signed, code.signature)) return each;
  return null;
}

/** The paper does not name its theme, so any counts; the city's midnight is within an hour of UTC's. */
function wasAccredited(issuer, issuedAt) {
  const days = [issuedAt, issuedAt + 3600].map((seconds) => new Date(seconds * 1000).toISOString().slice(0, 10));
  return Object.values(issuer.accredited).flat().some(([start, end]) => days.some((day) => start <= day && (end === null || day < end)));
}

function dates(claim, now, today) {
  if (claim.expiresAt !== undefined && claim.expiresAt <= today) return "expired";
  return claim.issuedAt > now + CLOCK_DRIFT ? "not-yet-valid" : "passed";
}

/** What speaks against it counts however old it is; that nothing does is worth less with each week. */
async function status(claim, signer, source, ageWith) {
  let lists;
  try {
    lists = await source.lists(claim.list, signer);
  } catch {
    return ["status-unknown", null]; // unknown is never good news
  }
  const asOf = lists.asOf ?? lists.iat;
  const { replaced, revoked, suspended } = standing(lists, claim.index);
  if (replaced) return ["replaced", asOf];
  if (revoked) return ["revoked", asOf];
  if (suspended) return ["suspended", asOf];
  const days = ageWith(lists.iat);
  if (days > USELESS) return ["status-unknown", asOf];
  return [lists.overdue || days > FRESH ? "status-stale" : "passed", asOf];
}

/** In days, of the oldest of what was kept; what came just now has no age. */
function age(today, ...moments) {
  return Math.max(0, ...moments.filter((moment) => moment !== undefined).map((moment) => (today - moment) / DAY));
}
