// A browser around the service worker: caches that last, a network that may be away, pages that ask.
import { readFile } from "node:fs/promises";
import { runInNewContext } from "node:vm";

const SOURCE = await readFile(new URL("../../verify/static/verify/service-worker.js", import.meta.url), "utf8");
const ORIGIN = "https://passport.example";

/** One device: what its caches hold, and every address that its worker asked the network for. */
class Device {
  caches = new Map();
  asked = [];
  network = {};

  open(name) {
    if (!this.caches.has(name)) this.caches.set(name, new Map());
    const held = this.caches.get(name);
    const path = (key) => (typeof key === "string" ? key : new URL(key.url).pathname);
    return {
      match: async (key) => held.get(path(key))?.clone(),
      put: async (key, answer) => void held.set(path(key), answer.clone()),
    };
  }

  /** The worker of this release, as the browser starts it for one of its registrations. */
  start(release, scope) {
    const heard = {};
    const did = [];
    const self = {
      registration: { scope: ORIGIN + scope },
      location: { origin: ORIGIN },
      navigator: { languages: ["en-GB", "ar"] },
      clients: { claim: async () => did.push("claim") },
      skipWaiting: async () => did.push("skipWaiting"),
      addEventListener: (name, act) => (heard[name] = act),
    };
    const caches = {
      open: async (name) => this.open(name),
      has: async (name) => this.caches.has(name),
      keys: async () => [...this.caches.keys()],
      delete: async (name) => this.caches.delete(name),
      match: async (key) => {
        for (const name of this.caches.keys()) {
          const found = await this.open(name).match(key);
          if (found) return found;
        }
        return undefined;
      },
    };
    const fetch = async (request) => {
      const url = typeof request === "string" ? request : request.url;
      this.asked.push(url);
      const body = this.network[url.replace(ORIGIN, "")];
      if (body === undefined) throw new TypeError("no network");
      return typeof body === "string" ? new Response(body) : new Response("", { headers: { "Content-Language": body.language } });
    };
    runInNewContext(`const RELEASE = ${JSON.stringify(release)};\n${SOURCE}`, { self, caches, fetch, crypto, URL, Response, Uint8Array, Array, Object, Promise, Error });
    const happen = async (name, event) => {
      const waits = [];
      heard[name]({ ...event, waitUntil: (promise) => waits.push(promise) });
      return Promise.all(waits).then(() => "done", (error) => error.message);
    };
    return {
      install: () => happen("install", {}),
      activate: () => happen("activate", {}),
      tell: (data) => happen("message", { data }),
      did: async () => [...did],
      held: async () => Object.fromEntries([...this.caches].map(([name, held]) => [name, [...held.keys()]])),
      ask: async ({ url, mode = "no-cors", method = "GET", leads = false }) => {
        let answer = null;
        heard.fetch({ request: { url: url.startsWith("http") ? url : ORIGIN + url, mode, method }, respondWith: (promise) => (answer = promise) });
        return answer && answer.then((found) => (leads ? found.headers.get("Location") : found.text()), (error) => error.message);
      },
    };
  }
}

/** Runs `steps` on one device: [{start: release, scope}, {network}, {install: true}, …]; returns what each came to. */
export async function onDevice(steps) {
  const device = new Device();
  const results = [];
  let worker = null;
  for (const { start, scope = "/v", network, ...step } of steps) {
    if (network) device.network = network;
    if (start) worker = device.start(start, scope);
    const [[act, given]] = Object.entries(step).concat([["none", null]]);
    results.push(act === "none" ? null : act === "asked" ? device.asked.splice(0) : await worker[act](given));
  }
  return results;
}
