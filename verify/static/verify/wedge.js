// Hand scanners that pass for a keyboard: they type a code anywhere on the page, in whatever layout they believe in.

import { digitsIn } from "./sp1.js";

const PAUSE = 2000; // milliseconds; nobody types a hundred digits by hand, so this need not be short

/**
 * Calls `onCode(digits)` when a code was typed, wherever the focus is. A scanner set for another keyboard garbles
 * everything but the place of the digit keys, so digits are read by what they mean and by where they lie; and by
 * where they lie with shift, which a scanner set for the keyboard of France presses for each of them.
 */
export function listenForWedge(place, onCode, { now = () => performance.now() } = {}) {
  let [meant, pressed, shifted, last] = ["", "", "", -Infinity];
  place.addEventListener(
    "keydown",
    (event) => {
      if (now() - last > PAUSE) [meant, pressed, shifted] = ["", "", ""];
      last = now();
      if (event.key === "Enter" || event.key === "Tab") {
        const digits = digitsIn(meant) || digitsIn(pressed) || digitsIn(shifted);
        [meant, pressed, shifted] = ["", "", ""];
        if (!digits) return;
        event.preventDefault();
        event.stopPropagation(); // it is no hand on the verdict that stands
        if (event.target?.value !== undefined) event.target.value = "";
        onCode(digits);
      } else if (!["Shift", "Alt", "AltGraph", "Control", "CapsLock", "NumLock"].includes(event.key)) {
        meant += /^[0-9]$/.test(event.key) ? event.key : "x";
        pressed += (!event.shiftKey && lyingAt(event)) || "x";
        shifted += (event.shiftKey && lyingAt(event)) || "x";
      }
    },
    true,
  );
}

/** The digit that lies at this key, whatever the layout writes there; with these modifiers it is some other sign. */
function lyingAt({ code = "", ctrlKey, altKey }) {
  const [, digit] = /^(?:Digit|Numpad)([0-9])$/.exec(code) || [];
  return ctrlKey || altKey ? undefined : digit;
}
