// Brings the moving part of a list's page up to date, and shows the page anew once everything is decided.
// Without this module the page reloads itself.
const WAIT = 1000;
const LONGEST_WAIT = 8000;
const TELL_EVERY = 10;

let wait = WAIT;
let looked = 0;

function typing() {
  const typed = [...document.querySelectorAll(".mend .in")];
  return typed.some((input) => input.value !== input.defaultValue || input === document.activeElement);
}

function tell(moving) {
  // For screen readers: not every second, which nobody could follow.
  const told = document.getElementById("told");
  const said = moving.querySelector("[data-said]");
  if (told && said) told.textContent = said.textContent.trim().replace(/\s+/g, " ");
}

function end(news) {
  if (typing()) {
    // What is being typed stays; the numbers are the last ones.
    tell(news);
  } else if (document.body.querySelector("[data-posted]")) {
    location.replace(document.body.querySelector("[data-posted]").dataset.posted);
  } else {
    location.reload();
  }
}

// The browser makes the document by itself: where Trusted Types hold, no script turns text into one.
function ask(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.addEventListener("load", () => resolve(request.responseURL === address ? request : null));
    request.addEventListener("error", () => reject(new Error("no answer")));
    request.send();
  });
}

async function look() {
  if (document.hidden) {
    document.addEventListener("visibilitychange", look, { once: true });
    return;
  }
  const moving = document.getElementById("moving");
  try {
    const answer = await ask(new URL(moving.dataset.from, location.href).href);
    if (!answer) {
      location.assign(moving.dataset.list); // signed out meanwhile: the door leads back here
      return;
    }
    if (answer.status >= 400) throw new Error(`answered ${answer.status}`);
    const page = answer.response;
    const news = document.adoptNode(page.getElementById("moving"));
    moving.replaceWith(news);
    if (answer.status !== 202) {
      end(news);
      return;
    }
    if (looked++ % TELL_EVERY === 0) tell(news);
    wait = WAIT;
  } catch {
    // No network for a moment, or a server that restarts: the work goes on without us, so look again later.
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
  setTimeout(look, wait);
}

setTimeout(look, WAIT);
