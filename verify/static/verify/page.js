// The verifier page: takes a printed code out of the address, cleans the address, shows the verdict.

import { memoryIn, ownStorage } from "./memory.js";
import { digitsIn } from "./sp1.js";
import { examine } from "./verdict.js";

const config = JSON.parse(document.getElementById("config").textContent);
const { words } = config;
const result = document.getElementById("result");
const ways = document.getElementById("ways");
const language = document.documentElement.lang || "fr";
const locale = { fr: "fr-MA", ar: "ar-MA-u-nu-latn", en: "en-GB" }[language] || "fr-MA";
const STEPS = 8;
const memory = memoryIn(ownStorage());

/** What stands behind # or, where a camera app mangled it, behind %23 or a slash. The address is clean after. */
function takeFromAddress() {
  const path = location.pathname.slice(config.home.length).replace(/^(?:%23|\/)/i, "");
  const code = location.hash.length > 1 ? location.hash.slice(1) : path;
  if (location.hash || path) history.replaceState(null, "", config.home);
  return code;
}

async function run(scanned) {
  show(copy("busy"));
  if (!window.crypto?.subtle || !window.DecompressionStream) return draw({ state: "old-browser", checks: [] });
  const context = { config, now: Date.now() / 1000, fetch: (...request) => window.fetch(...request), memory };
  return draw(await examine(digitsIn(scanned) || scanned, context));
}

function draw(seen) {
  const face = words.faces[seen.state];
  const page = copy("verdict");
  page.querySelector(".verdict").classList.add(face.tone);
  slot(page, "seal").replaceWith(copy(`seal-${face.seal}`));
  slot(page, "headline").textContent = face.headline;
  slot(page, "sentence").textContent = face.sentence;
  slot(page, "body").append(...[seen.claim && four(seen), seen.checks.length && checks(seen), copy("after")].filter(Boolean));
  document.title = face.headline;
  show(page);
  document.body.dataset.state = seen.state;
  result.querySelector("h1").focus();
}

function show(page) {
  delete document.body.dataset.state;
  result.replaceChildren(page);
  result.hidden = false;
  ways.hidden = true;
}

function four({ state, claim, issuer, asOf }) {
  const part = copy("four");
  const [first, second] = [claim.name, claim.secondName].filter(Boolean).sort((one, other) => isForeign(one) - isForeign(other));
  write(slot(part, "name"), first);
  if (second) write(slot(part, "second").firstChild, second);
  else slot(part, "second").remove();
  write(slot(part, "title"), claim.title);
  slot(part, "level").textContent = claim.level;
  slot(part, "hours").textContent = new Intl.NumberFormat(locale, { style: "unit", unit: "hour", unitDisplay: "long" }).format(claim.hours);
  const name = (language === "ar" && issuer.names.ar) || issuer.names.fr;
  write(slot(part, "issuer"), name);
  slot(part, "issuer").href = config.issuers + issuer.slug;
  const current = state === "valid" && claim.expiresAt !== undefined ? words.current["valid-until"] : words.current[state];
  slot(part, "current").textContent = (current || "").replace("%(day)s", () => day(claim.expiresAt));
  if (state === "not-accredited") slot(part, "since").remove();
  if (asOf === null) slot(part, "asof").remove();
  else slot(part, "asof").lastElementChild.textContent = moment(asOf);
  slot(part, "signed").textContent = day(claim.issuedAt);
  if (claim.expiresAt === undefined) slot(part, "until").remove();
  else slot(part, "until").lastElementChild.textContent = day(claim.expiresAt);
  return part;
}

function checks(seen) {
  const part = copy("checks");
  const list = part.querySelector("ol");
  for (const [step, finding] of seen.checks) {
    const [outcome, sentence] = words.checks[`${step}.${finding}`];
    const line = copy(`check-${outcome}`);
    slot(line, "sentence").textContent = sentence;
    list.append(line);
  }
  if (seen.checks.length < STEPS) list.lastElementChild.lastElementChild.append(copy("stopped"));
  return part;
}

/** Text of the paper, in the direction and voice of its own script. */
function write(place, text) {
  place.textContent = text;
  place.lang = scriptOf(text);
}

function scriptOf(text) {
  return /[\u0600-\u06ff\u0750-\u077f]/.test(text) ? "ar" : "fr";
}

/** Whether a text is in the other script than the page's; the reader's own comes first. */
function isForeign(text) {
  return scriptOf(text) !== (language === "ar" ? "ar" : "fr");
}

function day(seconds) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }).format(seconds * 1000);
}

function moment(seconds) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }).format(seconds * 1000);
}

function copy(id) {
  return document.getElementById(id).content.cloneNode(true);
}

function slot(part, name) {
  return part.querySelector(`[data-slot="${name}"]`);
}

function readAddress() {
  const scanned = takeFromAddress();
  if (scanned) run(scanned);
}

// A pasted code is checked here too; whatever else is pasted goes to the server.
document.getElementById("pasted").addEventListener("submit", (event) => {
  const digits = digitsIn(event.target.elements.text.value);
  if (!digits) return;
  event.preventDefault();
  run(digits);
});
window.addEventListener("hashchange", readAddress);
readAddress();
