// Hands many certificates over: takes dropped files, reads codes from pictures in this browser, shows how far
// the upload is. Without this module the form does it all but the pictures.
const form = document.getElementById("bench");
const input = document.getElementById("files");
const drop = document.getElementById("drop");
const picked = document.getElementById("picked");
const counted = document.getElementById("counted");
const twice = document.getElementById("twice");
const said = document.getElementById("said");
const sending = document.getElementById("sending");
const MOST = Number(form.dataset.most);
const MOST_BYTES = 60 * 1024 * 1024;
const PICTURE = /\.(jpe?g|png|webp|heic|heif|gif|bmp|avif)$/i;
const BAKED = "openbadgecredential"; // a badge: its file is the certificate, not its picture
const CODE = /\d{100}|\/c\/|^[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}$/;

let files = [];

for (const hint of document.querySelectorAll("[data-scripts]")) hint.hidden = false;

function word(name) {
  return document.getElementById("words").content.querySelector(`[data-word="${name}"]`).textContent;
}

function complain(...sentences) {
  said.replaceChildren();
  for (const sentence of sentences) {
    const line = document.createElement("p");
    line.className = "err";
    line.setAttribute("role", "alert");
    const text = document.createElement("bdi");
    text.textContent = sentence;
    line.append(text);
    said.append(line);
  }
  if (sentences.length) said.scrollIntoView({ block: "nearest" });
}

// -- What is chosen -------------------------------------------------------------------------------
let taking = Promise.resolve(); // one handful after the other
function take(list) {
  const handful = [...list]; // before the field is emptied
  input.value = "";
  taking = taking.then(() => takeAll(handful));
}

async function takeAll(handful) {
  const again = [];
  for (const file of handful) {
    if (await isThere(file)) again.push(file.name);
    else files.push(file);
  }
  show(again);
}

/** Two people's certificates may share name, size and date, as an archive unpacks them; their bytes differ. */
async function isThere(file) {
  for (const known of files) {
    if (known.name === file.name && known.size === file.size && (await alike(known, file))) return true;
  }
  return false;
}

async function alike(...both) {
  const [one, other] = await Promise.all(both.map((file) => file.arrayBuffer().then((read) => new Uint8Array(read))));
  return one.every((byte, place) => byte === other[place]);
}

function show(again = []) {
  picked.replaceChildren();
  picked.hidden = counted.hidden = !files.length;
  counted.querySelector("b").textContent = files.length;
  twice.hidden = !again.length;
  twice.querySelector("bdi").textContent = again.join(", ");
  for (const file of files) {
    const line = document.createElement("li");
    const name = document.createElement("bdi");
    name.textContent = file.name;
    const out = document.createElement("button");
    out.type = "button";
    out.className = "link";
    out.textContent = word("remove");
    out.setAttribute("aria-label", `${word("remove")} ${file.name}`);
    out.addEventListener("click", () => {
      files = files.filter((f) => f !== file);
      show();
      (picked.querySelector("button") ?? input).focus();
    });
    line.append(name, out);
    picked.append(line);
  }
}

input.addEventListener("change", () => take(input.files));
for (const kind of ["dragenter", "dragover"]) {
  form.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) {
  form.addEventListener(kind, (event) => {
    if (kind === "drop" || !form.contains(event.relatedTarget)) drop.classList.remove("over");
  });
}
form.addEventListener("drop", (event) => {
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  take(event.dataTransfer.files);
});

// -- Pictures -------------------------------------------------------------------------------------
async function isPicture(file) {
  if (!PICTURE.test(file.name) && !file.type.startsWith("image/")) return false;
  if (file.type === "image/svg+xml" || /\.svg$/i.test(file.name)) return false;
  const isPng = file.type === "image/png" || /\.png$/i.test(file.name);
  if (!isPng || file.size > 2 * 1024 * 1024) return true;
  return !(await file.text()).includes(BAKED);
}

let decoder = null;
function readImage(file) {
  decoder ??= import(new URL(form.dataset.decoder, location.href).href);
  return decoder.then((module) => module.readImage(file));
}

// The text of each code goes under the picture's name: the picture itself stays here.
async function withoutPictures() {
  const ready = [];
  const refused = [];
  for (const [number, file] of files.entries()) {
    if (!(await isPicture(file))) {
      ready.push(file);
      continue;
    }
    progress(word("reading"), number / files.length);
    let texts;
    try {
      texts = await readImage(file);
    } catch {
      refused.push([file, word("nodecoder")]);
      continue;
    }
    const codes = texts.filter((text) => CODE.test(text));
    const chosen = codes.length ? codes : texts.slice(0, 1);
    if (!chosen.length) refused.push([file, word("nocode")]);
    for (const [place, text] of chosen.entries()) {
      const name = chosen.length > 1 ? `${file.name} (${place + 1})` : file.name;
      ready.push(new File([text], name, { type: "text/plain" }));
    }
  }
  return { ready, refused };
}

// -- Handing over ---------------------------------------------------------------------------------
function progress(sentence, share) {
  sending.hidden = false;
  const line = sending.querySelector("p");
  if (line.textContent !== sentence) line.textContent = sentence;
  document.getElementById("sent").value = Math.round(share * 100);
}

function post(body) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.responseType = "document";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(word("sending"), event.loaded / event.total);
    });
    request.addEventListener("load", () => resolve(request));
    request.addEventListener("error", () => reject(new Error("no answer")));
    request.send(body);
  });
}

async function handOver() {
  await taking;
  const { ready, refused } = await withoutPictures();
  const lines = form.elements.text.value.split("\n").filter((line) => line.trim());
  if (refused.length) {
    // Said before anything is sent: without these, or with better ones, the next press sends the rest.
    files = files.filter((file) => !refused.some(([unread]) => unread === file));
    show();
    complain(...refused.map(([file, sentence]) => `${file.name}: ${sentence}`));
    return;
  }
  if (!ready.length && !lines.length) return complain(word("nothing"));
  if (ready.length + lines.length > MOST) return complain(word("toomany"));
  if (ready.reduce((sum, file) => sum + file.size, 0) > MOST_BYTES) return complain(word("toolarge"));
  const body = new FormData();
  for (const file of ready) body.append("files", file, file.name);
  body.append("text", form.elements.text.value);
  progress(word("sending"), 0);
  const answer = await post(body);
  if (answer.status < 400 && answer.responseURL !== form.action) {
    location.assign(answer.responseURL);
    return;
  }
  const refusal = answer.response?.getElementById("refused") ?? answer.response?.querySelector("main .say");
  complain(refusal ? refusal.textContent.trim() : word("offline"));
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("p > button");
  if (button.disabled) return;
  button.disabled = true;
  complain();
  try {
    await handOver();
  } catch {
    complain(word("offline"));
  }
  sending.hidden = true;
  button.disabled = false;
});
