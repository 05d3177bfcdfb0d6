// Examines a printed code in the order in which the server examines certificates; the worst finding decides.

import { Malformed } from "./cose.js";
import { isSignedBy, NotTrusted } from "./jws.js";
import { signersNamed, standing } from "./lists.js";
import { readCode } from "./sp1.js";

const CLOCK_DRIFT = 300;
/** From the worst to the best, as in the server's reports. */
export const ORDER = [
  "malformed", "offline", "not-trusted", "unknown-issuer", "tampered", "key-withdrawn", "outside-key-period", "contradictory",
  "replaced", "revoked", "not-accredited", "suspended", "expired", "not-yet-valid", "status-unknown", "status-stale", "valid",
];
/** After these nothing of the claim is shown: no recognised issuer stands behind it. */
const SHOWS_NOTHING = ORDER.slice(0, ORDER.indexOf("replaced"));

/**
 * {state, checks: [[step, finding]], claim, issuer, asOf}; `context` is {config, now, fetch, memory}, now in seconds.
 * Nothing but a key's short name and a list's number leaves this device.
 */
export async function examine(digits, context) {
  const checks = [];
  const note = (step, finding = "passed") => checks.push([step, finding]);
  const seen = { checks, claim: null, issuer: null, asOf: null };
  try {
    await examineInOrder(digits, context, note, seen);
  } catch (error) {
    if (!(error instanceof Halt)) throw error;
  }
  const found = checks.map(([, finding]) => finding).filter((finding) => finding !== "passed");
  const state = ORDER.find((each) => found.includes(each)) || "valid";
  return SHOWS_NOTHING.includes(state) ? { state, checks, claim: null, issuer: null, asOf: null } : { state, ...seen };
}

class Halt extends Error {}

async function examineInOrder(digits, context, note, seen) {
  const halt = (step, finding) => {
    note(step, finding);
    throw new Halt();
  };
  // 1. It can be read.
  const code = parsed(digits) || halt("readable", "malformed");
  const { claim } = code;
  note("readable");
  // 2. The city's directory knows a key of this name.
  const candidates = await known(code.kid, context, (finding) => halt("issuer", finding));
  if (!candidates.length) halt("issuer", "unknown-issuer");
  note("issuer");
  // 3. That key signed it; two keys may share a short name, so all are tried.
  const signer = await signerAmong(candidates, code);
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
  note("dates", dates(claim, context.now));
  // 7. Status.
  const [finding, asOf] = await status(claim, signer, context);
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
async function known(kid, context, halt) {
  try {
    return await signersNamed(kid, context);
  } catch (error) {
    return halt(error instanceof NotTrusted ? "not-trusted" : "offline");
  }
}

async function signerAmong(candidates, code) {
  for (const each of candidates) if (await isSignedBy(each.key.jwk, code.signed, code.signature)) return each;
  return null;
}

/** The paper does not name its theme, so any counts; the city's midnight is within an hour of UTC's. */
function wasAccredited(issuer, issuedAt) {
  const days = [issuedAt, issuedAt + 3600].map((seconds) => new Date(seconds * 1000).toISOString().slice(0, 10));
  return Object.values(issuer.accredited).flat().some(([start, end]) => days.some((day) => start <= day && (end === null || day < end)));
}

function dates(claim, now) {
  if (claim.expiresAt !== undefined && claim.expiresAt <= now) return "expired";
  return claim.issuedAt > now + CLOCK_DRIFT ? "not-yet-valid" : "passed";
}

async function status(claim, signer, context) {
  let lists;
  try {
    lists = await standing(claim, signer, context);
  } catch {
    return ["status-unknown", null]; // the same: unknown is never good news
  }
  if (lists.replacement) return ["replaced", lists.asOf];
  if (lists.revocation) return ["revoked", lists.asOf];
  if (lists.suspension) return ["suspended", lists.asOf];
  return [lists.stale ? "status-stale" : "passed", lists.asOf];
}
