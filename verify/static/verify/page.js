// The verifier page: whatever way a code comes in, it is examined here, on the device, and its verdict shown.

import { isKiosk, opened, takeFromAddress } from "./address.js";
import { config, copy, draw, drawBusy, drawWays } from "./drawing.js";
import { settle } from "./installing.js";
import { memoryIn, ownStorage } from "./memory.js";
import { digitsIn } from "./sp1.js";
import { openStore, ownDatabase } from "./store.js";
import { examineTwice } from "./verdict.js";

const memory = memoryIn(ownStorage());
const opening = openStore(ownDatabase());
const ways = document.getElementById("ways");
const host = document.getElementById("scanner-host");
const knows = () => ({ config, now: Date.now() / 1000, fetch: (...request) => window.fetch(...request), memory });
let turns = 0; // an answer to an earlier code is of no interest any more
let scanner = null;

/** Examine what was scanned, typed or pasted, and show its verdict; settles when the last word is said. */
async function check(scanned) {
  turns += 1;
  const turn = turns;
  drawBusy();
  if (!window.crypto?.subtle || !window.DecompressionStream) return draw({ state: "old-browser", checks: [], trouble: null });
  const context = { ...knows(), store: await opening };
  await examineTwice(digitsIn(scanned) || scanned, context, (seen, isLast) => turn === turns && draw(seen, isLast));
  const { learnCity } = await import("./bundle.js");
  return isKiosk || learnCity(context);
}

/** A code was read, and it is none of a certificate; what it says stays with the reader. */
function showOther() {
  turns += 1;
  draw({ state: "not-ours", checks: [], trouble: null });
}

async function scan() {
  if (scanner) return undefined;
  host.hidden = false;
  host.focus({ preventScroll: true }); // the button that was pressed goes while the camera is open
  const scanning = await import("./scanner.js").catch(() => null); // never used here, and no network
  if (!scanning) return host.replaceChildren(copy("no-scanner"));
  scanner = await scanning.startScanner({ host, onCode: (digits) => found(() => check(digits)) });
  return host.scrollIntoView({ block: "nearest" });
}

function found(act) {
  stopScanning();
  act();
}

function stopScanning() {
  scanner?.stop();
  scanner = null;
  host.hidden = true;
  host.replaceChildren();
}

/** Nothing is being looked at, read or written, so the page may be replaced by a newer one. */
function isIdle() {
  const isTouched = [...ways.querySelectorAll("input,textarea")].some((field) => field.value);
  return !document.body.dataset.state && document.getElementById("result").hidden && !scanner && !isTouched;
}

async function standAtEntrance() {
  const { startKiosk } = await import("./kiosk.js");
  await startKiosk({ knows, store: await opening, check, showOther });
}

function readAddress(scanned) {
  if (scanned) check(scanned);
}

// A pasted code is checked here too; whatever else is handed over goes to the server, if there is a way.
ways.addEventListener("submit", (event) => {
  const digits = digitsIn(event.target.elements.text?.value || "");
  document.getElementById("needs-network").hidden = Boolean(digits) || navigator.onLine;
  if (!digits && navigator.onLine) return;
  event.preventDefault();
  if (digits) check(digits);
  else document.getElementById("needs-network").scrollIntoView({ block: "center" });
});
document.getElementById("scan").classList.remove("held");
document.getElementById("scan-start").addEventListener("click", scan);
document.getElementById("result").addEventListener("click", (event) => {
  if (!event.target.closest("[data-again]")) return;
  event.preventDefault();
  turns += 1;
  drawWays();
  document.getElementById("scan-start").focus();
});
window.addEventListener("hashchange", () => readAddress(takeFromAddress()));
settle({ config, isIdle, isKiosk });
if (isKiosk) standAtEntrance();
readAddress(opened);
