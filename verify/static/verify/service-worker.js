// Answers for the verifier page where there is no network. It keeps the page, and nothing that a page was asked with.
// `RELEASE` stands before this text (verify/offline.py): {version, home, static, files: {url: sha256},
// shells: {language: [page, page at an entrance]}, scanner: [url]}.

const CACHE = `verifier ${RELEASE.version}`;
const SETTINGS = "verifier settings";
const LANGUAGE = "/v?language";
const isOfPages = () => new URL(self.registration.scope).pathname === RELEASE.home;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => event.waitUntil(hear(event.data)));
self.addEventListener("fetch", (event) => {
  const answer = answerTo(event.request);
  if (answer) event.respondWith(answer);
});

/** All of one release or none of it: each file is what this worker was written with, or nothing is installed. */
async function install() {
  if (await caches.has(CACHE)) return;
  const files = await Promise.all(Object.entries(RELEASE.files).map(async ([url, digest]) => [url, await brought(url, digest)]));
  const cache = await caches.open(CACHE);
  await Promise.all(files.map(([url, answer]) => cache.put(url, answer)));
}

async function brought(url, digest) {
  const answer = await fetch(url, { cache: "no-cache", credentials: "omit", redirect: "error" });
  if (!answer.ok) throw new Error(`answer ${answer.status}`);
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await answer.clone().arrayBuffer()));
  if (Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") !== digest) throw new Error("another release");
  return answer;
}

async function activate() {
  if (!isOfPages()) return;
  const old = (await caches.keys()).filter((name) => name.startsWith("verifier ") && ![CACHE, SETTINGS].includes(name));
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function hear({ act, language, urls }) {
  if (act === "take-over") await self.skipWaiting();
  if (act === "language" && language in RELEASE.shells) await (await caches.open(SETTINGS)).put(LANGUAGE, new Response(language));
  if (act === "keep") await keep(urls.filter((url) => url.startsWith(RELEASE.static)));
  if (act === "keep-scanner") await keep(RELEASE.scanner);
}

async function keep(urls) {
  const cache = await caches.open(CACHE);
  const missing = [];
  for (const url of urls) if (!(await cache.match(url))) missing.push(url);
  await Promise.all(missing.map((url) => staticFile(url).catch(() => {}))); // no network: another time
}

/** An answer to what belongs to the page; nothing for all else, which goes its own way. */
function answerTo(request) {
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return null;
  if (request.mode === "navigate") return isVerifier(pathname) ? shell(request) : null;
  return pathname.startsWith(RELEASE.static) ? staticFile(pathname) : null;
}

/** The page's address, and those that camera apps make of it; with them the code stays on the device. */
function isVerifier(pathname) {
  const rest = pathname.slice(RELEASE.home.length);
  return pathname.startsWith(RELEASE.home) && (rest === "" || /^(?:%(?:25)?23|\/)/i.test(rest));
}

async function shell(request) {
  const isKiosk = new URL(request.url).searchParams.has("kiosk");
  const chosen = await (await caches.open(SETTINGS)).match(LANGUAGE);
  const language = chosen ? await chosen.text() : preferred();
  return (await (await caches.open(CACHE)).match(RELEASE.shells[language][Number(isKiosk)])) || fetch(request);
}

function preferred() {
  const known = (self.navigator.languages || []).map((each) => each.slice(0, 2)).find((each) => each in RELEASE.shells);
  return known || Object.keys(RELEASE.shells)[0];
}

async function staticFile(url) {
  const cache = await caches.open(CACHE);
  const held = (await cache.match(url)) || (await caches.match(url));
  if (held) return held;
  const answer = await fetch(url, { credentials: "omit" });
  if (answer.ok && answer.status === 200) await cache.put(url, answer.clone());
  return answer;
}
