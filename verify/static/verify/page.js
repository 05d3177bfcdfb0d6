// The verifier page: takes the digits out of the address, checks them here, shows the verdict.

import { coseOf, NotOurCode, parse } from "./sp1.js";
import { findKey, holds, NotTrusted, statusBit } from "./trust.js";

const LIST_SIZE = 131072;
const LIST_HOLDS = 7 * 24 * 3600 * 1000;
const CLOCK_DRIFT = 60;

const page = JSON.parse(document.getElementById("page-data").textContent);

/** The digits of a code, however the camera app passed them on; then the address is cleaned. */
function digitsOfAddress() {
  const { hash, pathname } = window.location;
  const tail = decodeURIComponent(hash || pathname.replace(/^\/v/, "")).replace(/^[#/]/, "");
  if (tail) window.history.replaceState(null, "", "/v");
  return tail;
}

/** The verdict, and what may be shown with it. */
async function check(digits) {
  let message;
  try {
    message = parse(coseOf(digits));
  } catch (error) {
    if (error instanceof NotOurCode) return { verdict: "not-checkable" };
    throw error;
  }
  const found = await findKey(message.kid, page.anchors);
  if (!found) return { verdict: "unknown-issuer" };
  if (!(await holds(found.key, message.signature, message.signed))) return { verdict: "tampered" };
  const { claim } = message;
  const shown = { claim, issuer: found.issuer };
  if (found.line.compromised) return { ...shown, verdict: "key-withdrawn" };
  const { nbf, until } = found.line;
  if (claim.issued < nbf || (until && claim.issued >= until) || !accredited(found.issuer, claim.issued)) {
    return { ...shown, verdict: "outside-period" };
  }
  const status = await statusOf(claim, found);
  return { ...shown, ...status, verdict: verdictOf(claim, status) };
}

function accredited(issuer, issued) {
  // The city's calendar day; its clock is within an hour of UTC, so the neighbours of the day count too.
  const days = [-3600, 0, 3600].map((shift) => new Date((issued + shift) * 1000).toISOString().slice(0, 10));
  return issuer.accredited.some((span) => days.some((day) => span.from <= day && (!span.until || day < span.until)));
}

async function statusOf(claim, found) {
  const number = Math.floor(claim.status / LIST_SIZE);
  const index = claim.status % LIST_SIZE;
  try {
    const [revoked, suspended, replaced] = await Promise.all(
      ["revocation", "suspension", "replacement"].map((purpose) => statusBit(purpose, number, index, found)),
    );
    if (!revoked || !suspended || !replaced) return {};
    return { revoked: revoked.set, suspended: suspended.set, replaced: replaced.set, asOf: revoked.asOf };
  } catch (error) {
    if (error instanceof NotTrusted || error instanceof TypeError) return {};
    throw error;
  }
}

function verdictOf(claim, status) {
  const now = Date.now() / 1000;
  if (status.replaced) return "replaced";
  if (status.revoked) return "revoked";
  if (status.suspended) return "suspended";
  if (claim.expires !== undefined && claim.expires <= now) return "expired";
  if (claim.issued > now + CLOCK_DRIFT) return "not-yet-valid";
  if (!status.asOf || Date.now() - status.asOf.getTime() > LIST_HOLDS) return "not-checkable";
  return "valid";
}

function show(result) {
  const answer = document.getElementById("answer");
  const parts = [copy(`verdict-${result.verdict}`)];
  if (result.claim) parts.push(facts(result));
  parts.push(copy("after"));
  answer.replaceChildren(...parts);
  answer.hidden = false;
  document.getElementById("ask").hidden = true;
  document.body.dataset.verdict = result.verdict;
  answer.querySelector("h1").focus();
}

const copy = (id) => document.getElementById(id).content.cloneNode(true);

function facts({ claim, issuer, asOf }) {
  const node = copy("facts");
  const language = document.documentElement.lang;
  const date = new Intl.DateTimeFormat(`${language}-MA-u-nu-latn`, { dateStyle: "long", timeZone: "UTC" });
  const values = {
    name: claim.name,
    name2: claim.secondName ?? "",
    title: claim.title,
    level: claim.level,
    hours: String(claim.hours),
    issuer: (language === "ar" && issuer.names.ar) || issuer.names.fr,
    issued: date.format(new Date(claim.issued * 1000)),
    expires: claim.expires === undefined ? "" : date.format(new Date(claim.expires * 1000)),
    status: asOf ? date.format(asOf) : "",
  };
  for (const slot of node.querySelectorAll("[data-fact]")) slot.textContent = values[slot.dataset.fact];
  for (const line of node.querySelectorAll("[data-when]")) if (!values[line.dataset.when]) line.remove();
  return node;
}

async function main() {
  const digits = digitsOfAddress();
  if (!digits) return;
  let result;
  try {
    result = await check(digits);
  } catch {
    result = { verdict: "not-checkable" };
  }
  show(result);
}

window.addEventListener("hashchange", main);
main();
