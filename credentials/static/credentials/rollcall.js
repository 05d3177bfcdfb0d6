// Renews the roll-call's code when it changes, and who is here with it. Without this module the page
// reloads itself.
const LOOK_EVERY = 3;

let left = 0;
let looked = 0;
let asking = false;

// The browser makes the document by itself: where Trusted Types hold, no script turns text into one.
function ask(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.addEventListener("load", () => resolve(request));
    request.addEventListener("error", () => reject(new Error("no answer")));
    request.send();
  });
}

function tick() {
  const moving = document.getElementById("moving");
  const ring = moving.querySelector(".clock .b");
  left -= 1;
  looked += 1;
  if (ring) ring.setAttribute("stroke-dasharray", `${Math.max(left, 0)} 15`);
  if ((left <= 0 || looked >= LOOK_EVERY) && !asking) look(moving);
}

async function look(moving) {
  asking = true;
  looked = 0;
  try {
    const address = new URL(moving.dataset.from, location.href).href;
    const request = await ask(address);
    if (request.responseURL !== address || request.status === 409) {
      location.reload(); // signed out, or closed by a colleague
      return;
    }
    if (request.status === 200) {
      const news = document.adoptNode(request.response.getElementById("moving"));
      moving.replaceWith(news);
      left = Number(news.dataset.left);
    }
  } catch {
    // No network for a moment: the code on the screen goes stale, and the next look brings another.
  } finally {
    asking = false;
  }
}

left = Number(document.getElementById("moving").dataset.left);
setInterval(tick, 1000);
