// What the scanner says while it looks: one sentence at a time, and none that flickers.

const SMALL = 2.6; // pixels a module; below it few codes are read (docs/scanning.md)
const STAY = 1400; // milliseconds that a sentence stands at least, for who reads or hears it
const SOON = 500; // milliseconds until the first advice about a code that is seen
const PATIENCE = 2500; // milliseconds after which a code that is large enough should have been read

/** Says what helps in ``place``; ``wordOf`` has the sentences. */
export function watchHints(place, wordOf) {
  let [said, since, firstSeen, lastSeen] = ["", 0, 0, 0];

  function say(word) {
    if (word === said) return;
    place.textContent = wordOf(word);
    place.dataset.hint = said = word;
    since = performance.now();
  }

  return {
    say,

    /** Looking begins anew. */
    begin() {
      firstSeen = lastSeen = 0;
      say("search");
    },

    /** A look ended; ``code`` was found in it and not read, or is null. */
    saw(code) {
      const now = performance.now();
      if (code) lastSeen = now;
      if (code && !firstSeen) firstSeen = now;
      if (now - lastSeen > STAY) firstSeen = 0;
      if (now - since < STAY && said !== "search") return;
      if (!firstSeen) say("search");
      else if (code && code.module < SMALL && now - firstSeen > SOON) say("closer");
      else if (code && now - firstSeen > PATIENCE) say("still");
    },
  };
}
