// Keeps the page on this device: its service worker, the reader's language, storage that lasts, the install button.

const EVERY = 3600000; // milliseconds between looks for a newer page, where the page stays open

/** Register the worker and settle in. `isIdle()` tells when a newer page may take this one's place. */
export function settle({ config, isIdle, isKiosk }) {
  const isInstalled = window.matchMedia("(display-mode: standalone), (display-mode: fullscreen)").matches || navigator.standalone === true;
  if (isInstalled || isKiosk) navigator.storage?.persist?.().catch(() => {});
  offerInstalling();
  if (!navigator.serviceWorker) return;
  register(config, isIdle, isInstalled || isKiosk).catch(() => {}); // private windows: the page works, from the network
}

async function register({ worker }, isIdle, isToStay) {
  const container = navigator.serviceWorker;
  const url = trusted(worker);
  const registration = await container.register(url, { scope: "/v" });
  // The scanner's own worker lies among the static files, outside the page's scope.
  container.register(url, { scope: "/static/verify/" }).catch(() => {});
  followReleases(registration, isIdle);
  await container.ready;
  const tell = (message) => registration.active?.postMessage(message);
  tell({ act: "language", language: document.documentElement.lang });
  tell({ act: "keep", urls: loaded() });
  if (isToStay) tell({ act: "stay" });
  window.addEventListener("appinstalled", () => {
    navigator.storage?.persist?.().catch(() => {});
    tell({ act: "stay" });
  });
  if (container.controller) await followLanguage(registration, isIdle);
}

/** A newer page waits until nothing is being looked at; then all of it takes over, and never a part. */
function followReleases(registration, isIdle) {
  const hadPage = Boolean(navigator.serviceWorker.controller);
  const offer = () => {
    if (registration.waiting && isIdle()) registration.waiting.postMessage({ act: "take-over" });
  };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  document.addEventListener("visibilitychange", offer);
  window.setInterval(() => registration.update().then(offer, () => {}), EVERY);
  offer();
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (hadPage && isIdle()) location.reload();
  });
}

/** The language may have been chosen on another page, whose cookie no script can read: the server tells it. */
async function followLanguage(registration, isIdle) {
  const answer = await fetch("/v", { method: "HEAD" }).catch(() => null);
  const language = answer?.ok && answer.headers.get("Content-Language");
  if (!language || language === document.documentElement.lang || !isIdle()) return;
  registration.active.postMessage({ act: "language", language });
  location.reload();
}

/** The files that this page came with: its fonts differ by language. */
function loaded() {
  return performance.getEntriesByType("resource").map(({ name }) => new URL(name)).filter((url) => url.origin === location.origin && url.pathname.startsWith("/static/")).map(({ pathname }) => pathname);
}

function trusted(worker) {
  if (!window.trustedTypes) return worker;
  const policy = window.trustedTypes.createPolicy("verifier", { createScriptURL: () => worker });
  return policy.createScriptURL(worker);
}

function offerInstalling() {
  const button = document.getElementById("install");
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    button.hidden = false;
    button.onclick = () => event.prompt();
  });
  window.addEventListener("appinstalled", () => {
    button.hidden = true;
  });
}
