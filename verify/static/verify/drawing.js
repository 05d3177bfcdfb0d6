// Draws a verdict from the page's own templates: the headline, what was signed, what was checked, how old it is.

const config = JSON.parse(document.getElementById("config").textContent);
const { words } = config;
const language = document.documentElement.lang || "fr";
const locale = { fr: "fr-MA", ar: "ar-MA-u-nu-latn", en: "en-GB" }[language] || "fr-MA";
const STEPS = 8;
const result = document.getElementById("result");

export { config };

/** Show this finding; `isLast` unless the city is still being asked. The same verdict again leaves the reader where she is. */
export function draw(seen, isLast = true) {
  const face = words.faces[seen.state];
  const isSame = document.body.dataset.state === seen.state;
  const page = isSame ? result : copy("verdict");
  if (!isSame) {
    page.querySelector(".verdict").classList.add(face.tone);
    slot(page, "seal").replaceWith(copy(`seal-${face.seal}`));
    slot(page, "headline").textContent = face.headline;
    slot(page, "todo").textContent = face.todo;
    slot(page, "todo").hidden = !face.todo;
  }
  const isKept = !isLast || seen.trouble !== null;
  write(slot(page, "sentence"), (isKept && words.kept[seen.state]) || face.sentence, language);
  slot(page, "body").replaceChildren(...[source(seen, isLast), seen.claim && four(seen), seen.checks.length && checks(seen), copy("after")].filter(Boolean));
  document.title = face.headline;
  if (!isSame) show(page);
  document.body.dataset.state = seen.state;
  document.body.dataset.known = isLast ? seen.trouble || "now" : "asking";
  if (!isSame) result.querySelector("h1").focus();
}

/** The page that says that it is being looked at. */
export function drawBusy() {
  show(copy("busy"));
}

/** Back to the ways of handing something over. */
export function drawWays() {
  delete document.body.dataset.state;
  delete document.body.dataset.known;
  result.replaceChildren();
  result.hidden = true;
  document.getElementById("ways").hidden = false;
  document.title = config.title;
}

function show(page) {
  delete document.body.dataset.state;
  delete document.body.dataset.known;
  result.replaceChildren(page);
  result.hidden = false;
  document.getElementById("ways").hidden = true;
}

/** Where this comes from, when it is not what the city says now. */
function source({ state, trouble, asOf }, isLast) {
  if (!isLast) return copy("asking");
  if (!trouble || state === "offline" || state === "not-trusted") return null;
  const part = copy(`kept-${trouble}`);
  if (asOf === null) slot(part, "asof").remove();
  else slot(part, "moment").textContent = moment(asOf);
  return part;
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
  const isOpen = state === "valid" && claim.expiresAt !== undefined;
  slot(part, "current").textContent = (words.current[isOpen ? "valid-until" : state] || "").replace("%(day)s", () => day(claim.expiresAt));
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

/** Text in the direction and voice of its own script. */
function write(place, text, lang = scriptOf(text)) {
  if (place.textContent !== text) place.textContent = text;
  place.lang = lang;
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

/** A moment as the reader's language writes it. */
export function moment(seconds) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }).format(seconds * 1000);
}

/** How long ago, in the largest unit that is not zero. */
export function ago(seconds) {
  const [unit, size] = [["day", 86400], ["hour", 3600]].find(([, size]) => seconds >= size) || ["minute", 60];
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-Math.floor(seconds / size), unit);
}

/** A fresh copy of one of the page's templates. */
export function copy(id) {
  return document.getElementById(id).content.cloneNode(true);
}

/** The place of this name within a copy. */
export function slot(part, name) {
  return part.querySelector(`[data-slot="${name}"]`);
}
