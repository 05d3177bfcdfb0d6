/* The skills picker of a course: what is typed narrows the list, in whichever language; without it all is there. */
const picker = document.querySelector("[data-skills]");
const finder = picker.querySelector("[data-finder]");
const input = finder.querySelector("input");
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const groups = [...picker.querySelectorAll("details")].map((box) => ({
  box,
  open: box.open,
  rows: [...box.querySelectorAll("label")].map((row) => ({ row, words: plain(row.dataset.words) })),
}));

function narrow() {
  const wanted = plain(input.value).split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const group of groups) {
    let here = 0;
    for (const { row, words } of group.rows) {
      row.hidden = !wanted.every((word) => words.includes(word));
      if (!row.hidden) here += 1;
    }
    group.box.hidden = here === 0;
    group.box.open = wanted.length ? here > 0 : group.open;
    shown += here;
  }
  finder.querySelector("[data-none]").hidden = shown > 0;
}

function count() {
  finder.querySelector("[data-count]").textContent = picker.querySelectorAll("input:checked").length;
}

input.addEventListener("input", narrow);
input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
picker.addEventListener("change", count);
finder.hidden = false;
count();
