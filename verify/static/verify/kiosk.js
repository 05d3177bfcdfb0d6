// The page at an entrance: knows the whole city beforehand, keeps its camera open, shows each verdict for a while.

import { fetchBundle, takeBundle } from "./bundle.js";
import { ago, copy, drawWays, moment, slot } from "./drawing.js";
import { listenForWedge } from "./wedge.js";

const REFRESH = 30 * 60000; // milliseconds between looks for a newer bundle
const SHOWN = 8000; // milliseconds that a verdict stands, if nobody touches anything

/**
 * `check(digits)` and `showOther()` show verdicts as the page does; `knows()` is what examining needs, and `store`
 * keeps.
 */
export async function startKiosk({ knows, store, check, showOther }) {
  document.body.classList.add("kiosk");
  const panel = document.getElementById("kiosk");
  panel.replaceChildren(copy("kiosk-panel"));
  panel.hidden = false;
  const knowledge = showKnowledge(panel, store);
  const refresh = () => fetchBundle({ ...knows(), store }).then(knowledge.told, knowledge.refused);
  slot(panel, "file").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (file) await takeBundle((await file.text()).trim(), { ...knows(), store }, { asFile: true }).then(knowledge.told, knowledge.refused);
  });
  slot(panel, "fullscreen").addEventListener("click", () => document.documentElement.requestFullscreen?.().catch(() => {}));
  slot(panel, "fullscreen").hidden = !document.fullscreenEnabled;
  stayAwake();
  const turn = turntable(panel);
  const onCode = (digits) => turn.show(() => check(digits));
  listenForWedge(document, onCode);
  window.setInterval(refresh, REFRESH);
  window.addEventListener("online", refresh);
  refresh();
  const scanning = await import("./scanner.js").catch(() => null); // never used here, and no network
  if (!scanning) return slot(panel, "camera").replaceChildren(copy("no-scanner"));
  const scanner = await scanning.startScanner({ host: slot(panel, "camera"), kiosk: true, onCode, onOther: () => turn.show(showOther) });
  return turn.goesOn(() => scanner.resume());
}

/** How old the knowledge is, and what came of the last try to renew it. */
function showKnowledge(panel, store) {
  const trouble = slot(panel, "trouble");
  const tell = () => {
    const directory = store.get("directory");
    slot(panel, "none").hidden = Boolean(directory);
    slot(panel, "some").hidden = !directory;
    if (!directory) return;
    slot(panel, "moment").textContent = moment(directory.iat);
    slot(panel, "ago").textContent = ago(Math.max(0, Date.now() / 1000 - directory.iat));
    slot(panel, "issuers").textContent = directory.issuers.length;
    slot(panel, "lists").textContent = directory.lists;
  };
  const told = () => {
    trouble.hidden = true;
    tell();
  };
  tell();
  window.setInterval(tell, 60000);
  return {
    told,
    refused(error) {
      const isUntrusted = error.constructor.name === "NotTrusted";
      slot(panel, "unreached").hidden = isUntrusted;
      slot(panel, "untrusted").hidden = !isUntrusted;
      trouble.dataset.reason = isUntrusted ? error.message : "offline";
      trouble.hidden = false;
      tell();
    },
  };
}

/** One verdict at a time; it gives way to the next code after a while, unless a hand was put on it. */
function turntable(panel) {
  const next = slot(panel, "next");
  let [timer, turns, resume] = [0, 0, () => {}];
  const again = () => {
    turns += 1;
    window.clearTimeout(timer);
    next.hidden = true;
    panel.classList.remove("busy");
    drawWays();
    resume();
  };
  const hold = () => {
    window.clearTimeout(timer);
    next.hidden = false;
  };
  next.addEventListener("click", again);
  document.getElementById("result").addEventListener("click", (event) => event.target.closest("[data-again]") && again());
  for (const touch of ["pointerdown", "keydown", "wheel"]) document.getElementById("result").addEventListener(touch, hold, { passive: true });
  return {
    async show(act) {
      turns += 1;
      const turn = turns;
      window.clearTimeout(timer);
      next.hidden = true;
      panel.classList.add("busy");
      await act();
      if (turn === turns && next.hidden) timer = window.setTimeout(again, SHOWN);
    },
    goesOn(act) {
      resume = act;
    },
  };
}

/** The screen stays on for as long as the page is seen. */
function stayAwake() {
  const ask = () => document.visibilityState === "visible" && navigator.wakeLock?.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", ask);
  ask();
}
