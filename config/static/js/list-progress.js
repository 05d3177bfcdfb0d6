// Brings the moving part of a list's page up to date, and shows the page anew once everything is decided.
// Without this module the page reloads itself.
const WAIT = 1000;
const LONGEST_WAIT = 8000;

let wait = WAIT;

async function look() {
  if (document.hidden) {
    document.addEventListener("visibilitychange", look, { once: true });
    return;
  }
  const moving = document.getElementById("moving");
  try {
    const answer = await fetch(moving.dataset.from, { cache: "no-store", redirect: "manual" });
    if (answer.status === 202) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const news = page.getElementById("moving");
      if (news) moving.replaceWith(document.adoptNode(news));
      wait = WAIT;
    } else if (answer.ok || answer.type === "opaqueredirect") {
      location.reload();
      return;
    }
  } catch {
    // No network for a moment: the work goes on without us, so look again later.
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
  setTimeout(look, wait);
}

setTimeout(look, WAIT);
