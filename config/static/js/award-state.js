// Asks how far an award is and shows the page anew once it is decided. Without this module the page reloads itself.
const FIRST_WAIT = 300;
const LONGEST_WAIT = 5000;
const LAST_ASK = 10 * 60 * 1000;

let wait = FIRST_WAIT;
const until = Date.now() + LAST_ASK;

async function ask() {
  if (document.hidden) {
    document.addEventListener("visibilitychange", ask, { once: true });
    return;
  }
  try {
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store", redirect: "manual" });
    if (answer.status !== 202) {
      location.reload();
      return;
    }
  } catch {
    // No network for a moment: the order is kept on the server, so ask again later.
  }
  wait = Math.min(wait * 1.4, LONGEST_WAIT);
  if (Date.now() < until) setTimeout(ask, wait);
}

setTimeout(ask, wait);
