// Copies a link, or hands it to the phone's own sheet for sending. Without this module the link is copied
// by hand from its field.
for (const row of document.querySelectorAll("[data-share]")) {
  const link = row.dataset.share;
  const copy = row.querySelector("[data-act=copy]");
  const send = row.querySelector("[data-act=send]");
  const said = row.querySelector("[role=status]");

  if (navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(link);
        said.textContent = said.dataset.copied;
      } catch {
        // Not allowed here: the field is selected, so that one more key copies it.
        document.getElementById("link").select();
      }
    });
  }
  if (navigator.share) {
    send.hidden = false;
    send.addEventListener("click", () => {
      navigator.share({ url: link }).catch(() => {}); // closed without sending: nothing to say
    });
  }
}
