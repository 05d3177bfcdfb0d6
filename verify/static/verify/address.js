// Takes a scanned code out of the address before anything else runs, so that no history and no referrer keeps it.

const MANGLED = /^(?:%(?:25)?23|\/)/i; // camera apps turn # into %23 or a slash

/** Whether this page was opened to stand at an entrance, one scan after another. */
export const isKiosk = new URLSearchParams(location.search).has("kiosk");

/** What stood behind the address's #; the address is clean after. "" when there was nothing. */
export function takeFromAddress() {
  const home = "/v";
  const path = location.pathname.slice(home.length).replace(MANGLED, "");
  const code = location.hash.length > 1 ? location.hash.slice(1) : path;
  if (location.hash || path) history.replaceState(null, "", home + (isKiosk ? "?kiosk" : ""));
  return code;
}

/** What this page was opened with. */
export const opened = takeFromAddress();
