// A shared device forgets: a minute before, it says so; a tap stays; else nothing of the person is left on the page.
const IDLE = 300_000;
const WARNS = 60_000;
const GONE = 1_500; // the server has forgotten by then

const others = "BroadcastChannel" in window ? new BroadcastChannel("forgetting") : null;
let seen = Date.now();

function begin() {
  const bar = document.querySelector(".forgetting");
  if (!bar) return;
  const left = bar.querySelector("[data-left]");
  const button = bar.querySelector("button");
  let before = null;

  const stay = () => {
    seen = Date.now();
    bar.hidden = true;
    if (before) before.focus();
    before = null;
  };
  const leave = () => location.replace(bar.dataset.gone);

  const look = () => {
    const rest = IDLE - (Date.now() - seen);
    if (rest <= -GONE) return leave();
    if (rest > WARNS) {
      bar.hidden = true;
      return;
    }
    const seconds = Math.max(0, Math.ceil(rest / 1000));
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (bar.hidden) {
      before = document.activeElement;
      bar.hidden = false;
      button.focus();
    }
  };

  button.addEventListener("click", async () => {
    const answer = await fetch(bar.dataset.stay, { cache: "no-store" }).catch(() => null);
    if (!answer || !answer.ok) return leave();
    stay();
    others?.postMessage("here");
  });
  others?.addEventListener("message", stay); // another page of the same device was touched
  others?.postMessage("here");
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  document.addEventListener("visibilitychange", look);
  setInterval(look, 1000);
}

begin();
