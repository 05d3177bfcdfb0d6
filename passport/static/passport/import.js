// Reads the code in a photo here, in the browser, and hands over its text alone. Without this module a file or a
// link is brought all the same.
const form = document.getElementById("bring");
const { file, text } = form.elements;
const said = document.getElementById("said");
const PICTURE = /\.(jpe?g|png|webp|heic|heif|gif|bmp|avif)$/i;
const BAKED = "openbadge"; // a badge: its file is the certificate, not its picture

for (const hint of document.querySelectorAll("[data-scripts]")) hint.hidden = false;

function say(name) {
  said.textContent = name ? document.getElementById("words").content.querySelector(`[data-word="${name}"]`).textContent : "";
}

async function isPicture(chosen) {
  if (chosen.type === "image/svg+xml" || /\.svg$/i.test(chosen.name)) return false;
  if (!PICTURE.test(chosen.name) && !chosen.type.startsWith("image/")) return false;
  const isPng = chosen.type === "image/png" || /\.png$/i.test(chosen.name);
  if (!isPng || chosen.size > 2 * 1024 * 1024) return true;
  return !(await chosen.text()).includes(BAKED);
}

// A link or a signed text first, whatever else is in the picture.
function best(texts) {
  return texts.find((each) => /^(https:|eyJ|\{)/.test(each.trim())) ?? texts[0];
}

form.addEventListener("submit", async (event) => {
  const [chosen] = file.files;
  if (!chosen) return;
  event.preventDefault();
  const button = form.querySelector("p > button");
  if (button.disabled) return;
  button.disabled = true;
  try {
    if (await isPicture(chosen)) {
      say("reading");
      const { readImage } = await import(new URL(form.dataset.decoder, location.href).href);
      const texts = await readImage(chosen).catch(() => null);
      if (!texts?.length) return say(texts ? "none" : "unreadable");
      text.value = best(texts);
      file.value = "";
      say("");
    }
    form.submit();
  } finally {
    button.disabled = false;
  }
});
