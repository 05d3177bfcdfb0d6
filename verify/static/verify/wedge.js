// Hand scanners that pass for a keyboard: they type a code anywhere on the page, in whatever layout they believe in.

import { digitsIn } from "./sp1.js";

const PAUSE = 2000; // milliseconds; nobody types a hundred digits by hand, so this need not be short

/**
 * Calls `onCode(digits)` when a code was typed, wherever the focus is. A scanner set for another keyboard garbles
 * everything but the place of the digit keys, so digits are read by what they mean and by where they lie.
 */
export function listenForWedge(place, onCode, { now = () => performance.now() } = {}) {
  let [meant, pressed, last] = ["", "", -Infinity];
  place.addEventListener(
    "keydown",
    (event) => {
      if (now() - last > PAUSE) [meant, pressed] = ["", ""];
      last = now();
      if (event.key === "Enter" || event.key === "Tab") {
        const digits = digitsIn(meant) || digitsIn(pressed);
        [meant, pressed] = ["", ""];
        if (!digits) return;
        event.preventDefault();
        if (event.target?.value !== undefined) event.target.value = "";
        onCode(digits);
      } else if (!["Shift", "Alt", "AltGraph", "Control", "CapsLock", "NumLock"].includes(event.key)) {
        meant += /^[0-9]$/.test(event.key) ? event.key : "x";
        pressed += lyingAt(event) ?? "x";
      }
    },
    true,
  );
}

/** The digit that lies at this key, whatever the layout writes there; with a modifier it is some other sign. */
function lyingAt({ code = "", shiftKey, ctrlKey, altKey }) {
  const [, digit] = /^(?:Digit|Numpad)([0-9])$/.exec(code) || [];
  return shiftKey || ctrlKey || altKey ? undefined : digit;
}
