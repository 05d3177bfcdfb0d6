// Answers for the verifier page where there is no network. It keeps the page, and nothing that a page was asked with.
// `RELEASE` stands before this text (verify/offline.py): {version, home, static, shell, languages, scanner: [url],
// parts: {name: {url: digest}}}. The parts are "page", each language, "entrance", and "entrance " with each language.

const CACHE = `verifier ${RELEASE.version}`;
const SETTINGS = "verifier settings";
const LANGUAGE = "/v?language";
const STAYS = "/v?stays"; // installed, or at an entrance: there it must be whole before it is needed
const DIGESTS = Object.assign({}, ...Object.values(RELEASE.parts));
const isOfPages = () => new URL(self.registration.scope).pathname === RELEASE.home;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => event.waitUntil(hear(event.data)));
self.addEventListener("fetch", (event) => {
  const answer = answerTo(event.request);
  if (answer) event.respondWith(answer);
});

/** All of one release that this device needs, or none of it: each file is what this worker was written with. */
async function install() {
  if (await caches.has(CACHE)) return;
  const urls = needed((await said(LANGUAGE)) || (await languageHere()), await said(STAYS));
  const answers = await Promise.all(urls.map(brought));
  const cache = await caches.open(CACHE);
  await Promise.all(urls.map((url, n) => cache.put(url, answers[n])));
}

/** The page in one language; with all of the entrance and the scanner where it is to stay. */
function needed(language, stays) {
  const names = stays ? ["page", language, "entrance", `entrance ${language}`] : ["page", language];
  return [...names.flatMap((name) => Object.keys(RELEASE.parts[name])), ...(stays ? RELEASE.scanner : [])];
}

async function brought(url) {
  const answer = await fetch(url, { cache: "no-cache", credentials: "omit", redirect: "error" });
  if (!answer.ok) throw new Error(`answer ${answer.status}`);
  if (!DIGESTS[url]) return answer;
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await answer.clone().arrayBuffer()), 0, 16);
  if (Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") !== DIGESTS[url]) throw new Error("another release");
  return answer;
}

/** The language in which the city would answer this device now: its cookie says so, which no script can read. */
async function languageHere() {
  const answer = await fetch(RELEASE.home, { method: "HEAD" }).catch(() => null);
  const language = answer?.headers.get("Content-Language");
  return RELEASE.languages.includes(language) ? language : preferred();
}

async function said(what) {
  const held = await (await caches.open(SETTINGS)).match(what);
  return held && held.text();
}

async function note(what, word) {
  await (await caches.open(SETTINGS)).put(what, new Response(word));
}

async function activate() {
  if (!isOfPages()) return;
  const old = (await caches.keys()).filter((name) => name.startsWith("verifier ") && ![CACHE, SETTINGS].includes(name));
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function hear({ act, language, urls }) {
  if (act === "take-over") await self.skipWaiting();
  if (act === "keep") await keep(urls.filter((url) => url.startsWith(RELEASE.static)));
  if (act === "language" && RELEASE.languages.includes(language)) {
    await note(LANGUAGE, language);
    await keep(needed(language, await said(STAYS)));
  }
  if (act === "stay") {
    await note(STAYS, "yes");
    await keep(needed((await said(LANGUAGE)) || preferred(), true));
  }
}

async function keep(urls) {
  const cache = await caches.open(CACHE);
  const bring = async (url) => (await cache.match(url)) || cache.put(url, await brought(url));
  await Promise.all(urls.map((url) => bring(url).catch(() => {}))); // no network: another time
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

/** In the language chosen last, or as it is held; nothing of the request's address is asked for while any is held. */
async function shell(request) {
  const suffix = new URL(request.url).searchParams.has("kiosk") ? "?kiosk" : "";
  const chosen = RELEASE.shell + ((await said(LANGUAGE)) || preferred()) + suffix;
  const cache = await caches.open(CACHE);
  if (!(await cache.match(chosen))) await keep([chosen]);
  for (const url of [chosen, ...RELEASE.languages.map((each) => RELEASE.shell + each + suffix)]) {
    const held = await cache.match(url);
    if (held) return held;
  }
  return fetch(request).catch((error) => (suffix ? Response.redirect(self.location.origin + RELEASE.home) : Promise.reject(error)));
}

function preferred() {
  const known = (self.navigator.languages || []).map((each) => each.slice(0, 2)).find((each) => RELEASE.languages.includes(each));
  return known || RELEASE.languages[0];
}

async function staticFile(url) {
  const cache = await caches.open(CACHE);
  const held = (await cache.match(url)) || (await caches.match(url));
  if (held) return held;
  const answer = await fetch(url, { credentials: "omit" });
  if (answer.ok && answer.status === 200) await cache.put(url, answer.clone());
  return answer;
}
