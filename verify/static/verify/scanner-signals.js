// A short sound and a tremble when a code was read; both stay away where they are not wanted.

const QUIET = "scanner quiet";
const PITCH = 880; // Hz
const LENGTH = 0.09; // seconds
const LOUDNESS = 0.08;

let sound;

/** Whether this device was told to be quiet. */
export function isQuiet() {
  try {
    return localStorage.getItem(QUIET) === "1";
  } catch {
    return false;
  }
}

export function setQuiet(quiet) {
  try {
    localStorage.setItem(QUIET, quiet ? "1" : "0");
  } catch {
    // storage is forbidden here: the next visit asks again
  }
}

/** Browsers let a page sound only after somebody touched it; before, nothing is heard. */
export function signal(quiet) {
  if (quiet) return;
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) navigator.vibrate?.(60);
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
  try {
    sound ??= new AudioContext();
    const [tone, volume] = [sound.createOscillator(), sound.createGain()];
    tone.frequency.value = PITCH;
    volume.gain.setValueAtTime(LOUDNESS, sound.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + LENGTH);
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + LENGTH);
  } catch {
    // a device without sound
  }
}
