// The scanner on the page: looks through the camera or at a photo, says what helps, and hands over what it read.

import { engine, readFrame, readImage } from "./decoding.js";
import { around } from "./decoding-locating.js";
import { CameraRefused, countCameras, openCamera } from "./scanner-camera.js";
import { watchHints } from "./scanner-hints.js";
import { isQuiet, setQuiet, signal } from "./scanner-signals.js";
import { digitsIn } from "./sp1.js";

const BETWEEN_LOOKS = 66; // milliseconds; fifteen looks a second spare a phone's battery
const REGION = 0.72; // of the frame's shorter side: what the marks on the page show
const ENHANCED = 560; // pixels of a side at most: more keeps a slow phone busy for too long
const AROUND = 0.25; // of a code's size, around one that was found and not read: the hand moves
const SAME_AGAIN = 3000; // milliseconds in which another's code is not told twice
const LOOKS = ["region", "enhanced", "region", "enhanced", "whole"];

/**
 * Puts the content of ``<template id="scanner">`` into ``host`` and looks for codes.
 *
 * ``onCode(digits)``: a certificate's code was read, whatever host stands in it; the scanner waits for ``resume``.
 * ``onOther(text)``: a code of others. A ``kiosk`` keeps the camera open while it waits; otherwise it is closed.
 * ``stop`` closes the camera and empties ``host``.
 */
export async function startScanner({ host, onCode, onOther = () => {}, kiosk = false }) {
  const scanner = new Scanner(host, { onCode, onOther, kiosk });
  scanner.resume();
  return { stop: () => scanner.stop(), resume: () => scanner.resume() };
}

class Scanner {
  constructor(host, { onCode, onOther, kiosk }) {
    Object.assign(this, { host, onCode, onOther, kiosk });
    this.wanted = false; // somebody waits for a code
    this.round = 0; // rises when looking begins anew, which ends the look before
    this.other = { text: "", until: 0 };
    host.replaceChildren(document.getElementById("scanner").content.cloneNode(true));
    this.parts = Object.fromEntries([...host.querySelectorAll("[data-slot]")].map((part) => [part.dataset.slot, part]));
    this.hints = watchHints(this.parts.hint, (word) => this.#word(word));
    this.#listen();
    engine().catch(() => {}); // brought while the reader is asked for the camera
  }

  resume() {
    this.wanted = true;
    if (!document.hidden) this.#open();
  }

  stop() {
    this.wanted = false;
    this.listening.abort();
    this.#close();
    this.host.replaceChildren();
  }

  #listen() {
    this.listening = new AbortController();
    const until = { signal: this.listening.signal };
    const on = (part, event, act) => part.addEventListener(event, act, until);
    on(document, "visibilitychange", () => {
      if (document.hidden) this.#close();
      else if (this.wanted) this.#open();
    });
    on(this.parts.light, "click", () => this.#light(!isPressed(this.parts.light)));
    on(this.parts.other, "click", () => this.#open({ after: this.camera }));
    on(this.parts.close, "click", () => this.#shut());
    on(this.parts.again, "click", () => this.resume());
    on(this.parts.zoom, "input", () => this.camera?.zoomTo(Number(this.parts.zoom.value)));
    on(this.parts.quiet, "click", () => this.#quiet(!isQuiet()));
    for (const field of this.host.querySelectorAll("input[type=file]")) {
      on(field, "change", () => this.#photo(field));
    }
    this.#quiet(isQuiet());
  }

  async #open({ after = null } = {}) {
    if (this.camera && !after) return this.#look();
    this.#close();
    const round = (this.round += 1);
    this.parts.refused.hidden = this.parts.shut.hidden = true;
    this.hints.say("opening");
    try {
      const camera = await openCamera(this.parts.video, { after, onLost: () => this.#refuse("busy") });
      if (round !== this.round || document.hidden) return camera.close();
      this.camera = camera;
    } catch (error) {
      if (!(error instanceof CameraRefused)) throw error;
      if (round === this.round) this.#refuse(error.reason);
      return undefined;
    }
    await this.#furnish();
    return this.#look();
  }

  #close() {
    this.round += 1;
    this.camera?.close();
    this.camera = null;
    this.parts.video.srcObject = null;
    this.parts.view.hidden = true;
    this.parts.tools.hidden = true;
    this.hints.say("");
  }

  #refuse(reason) {
    this.#close();
    this.parts.why.textContent = this.#word(`refused-${reason}`);
    this.parts.refused.hidden = this.parts.shut.hidden = false;
  }

  /** The reader wants no camera; a photo is still read. */
  #shut() {
    this.wanted = false;
    this.#close();
    this.parts.shut.hidden = false;
    this.parts.again.focus();
  }

  /** The buttons for what this camera can do. */
  async #furnish() {
    const { camera, parts } = this;
    parts.view.hidden = parts.tools.hidden = false;
    parts.light.hidden = !camera.hasLight;
    press(parts.light, false);
    parts["zoom-field"].hidden = !camera.zoom;
    if (camera.zoom) Object.assign(parts.zoom, camera.zoom);
    this.host.scrollIntoView({ block: "nearest" });
    parts.other.hidden = (await countCameras()) < 2;
  }

  async #light(on) {
    if (await this.camera?.light(on)) press(this.parts.light, on);
  }

  #quiet(quiet) {
    setQuiet(quiet);
    press(this.parts.quiet, quiet);
  }

  // One look after another, never two at once: a slow phone looks less often, and never late.
  async #look() {
    const round = (this.round += 1);
    const { video } = this.parts;
    if (this.wanted) this.hints.begin();
    for (let look = 0, seen = null; this.wanted && round === this.round; look += 1) {
      const began = performance.now();
      const part = partOf(video, LOOKS[look % LOOKS.length], seen);
      const found = part && (await this.#readPart(video, part));
      if (!this.wanted || round !== this.round) return;
      if (found) {
        if (part.enhance) seen = found.located && { ...found.located, at: part };
        this.hints.saw(seen);
        for (const text of found.texts) if (this.#read(text)) return;
      }
      await nextFrame(video, Math.max(0, BETWEEN_LOOKS - (performance.now() - began)));
    }
  }

  async #readPart(video, { x, y, width, height, enhance }) {
    try {
      return await readFrame(await createImageBitmap(video, x, y, width, height), { enhance });
    } catch {
      return null; // the camera has no picture just now
    }
  }

  /** Hand over what was read; whether it was a certificate's. */
  #read(text) {
    const digits = digitsIn(text);
    if (!digits) {
      const now = performance.now();
      if (text !== this.other.text || now > this.other.until) this.onOther(text);
      this.other = { text, until: now + SAME_AGAIN };
      this.hints.say("other");
      return false;
    }
    this.wanted = false;
    if (this.kiosk) this.hints.say("");
    else this.#close();
    signal(isQuiet());
    this.onCode(digits);
    return true;
  }

  async #photo(field) {
    const [file] = field.files;
    if (!file) return;
    this.parts.photo.textContent = this.#word("photo-reading");
    const texts = await readImage(file).catch(() => null);
    field.value = "";
    this.parts.photo.textContent = texts?.length ? "" : this.#word(texts ? "photo-none" : "photo-unreadable");
    const ours = texts?.find((text) => digitsIn(text));
    if (ours || texts?.length) this.#read(ours || texts[0]);
  }

  #word(name) {
    return name ? this.host.querySelector(`[data-word="${name}"]`).textContent : "";
  }
}

function press(button, on) {
  button.setAttribute("aria-pressed", String(on));
}

function isPressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

/** The part of a frame to look at now, in its pixels, or null while there is no picture. */
function partOf(video, look, seen) {
  const [width, height] = [video.videoWidth, video.videoHeight];
  if (!width || !height) return null;
  if (look === "whole") return { x: 0, y: 0, width, height, enhance: false };
  if (look === "enhanced" && seen) {
    const corners = seen.corners.map(({ x, y }) => ({ x: x + seen.at.x, y: y + seen.at.y }));
    return { ...around(corners, { width, height }, AROUND), enhance: true };
  }
  const side = Math.min(Math.round(REGION * Math.min(width, height)), look === "enhanced" ? ENHANCED : Infinity);
  const middle = { x: Math.round((width - side) / 2), y: Math.round((height - side) / 2), width: side, height: side };
  return { ...middle, enhance: look === "enhanced" };
}

/** The next frame of the video, not before ``wait`` milliseconds; on its own if the camera stands still. */
async function nextFrame(video, wait) {
  await new Promise((later) => setTimeout(later, wait));
  await new Promise((shown) => {
    const limit = setTimeout(shown, 500);
    const done = () => {
      clearTimeout(limit);
      shown();
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(done);
    else requestAnimationFrame(done);
  });
}
