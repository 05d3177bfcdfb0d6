// What a page looks like to a finger, an eye and a keyboard: each check names what it finds, and nothing else.
(() => {
  const INTERACTIVE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && one.getClientRects().length > 0;
  const names = (one) => {
    const own = one.tagName.toLowerCase() + (one.id ? `#${one.id}` : "") + (one.classList.length ? `.${[...one.classList].join(".")}` : "");
    return `<${own}> ${(one.getAttribute("aria-label") || one.textContent || one.value || "").trim().replace(/\s+/g, " ").slice(0, 40)}`;
  };
  const all = () => [...document.querySelectorAll(INTERACTIVE)].filter(shown);

  /** A link within a sentence grows with the sentence: WCAG 2.5.8 lets it. */
  const inSentence = (one) => {
    if (getComputedStyle(one).display !== "inline") return false;
    let block = one.parentElement;
    while (block && getComputedStyle(block).display === "inline") block = block.parentElement;
    const rest = (block?.textContent ?? "").replace(one.textContent, "").replace(/[\s.,;:·–—()،؛]+/g, "");
    return rest.length > 0;
  };
  /** What a finger may hit: the thing, its label, or the whole card over which its ::after is stretched. */
  const area = (one) => {
    const boxes = [one.getBoundingClientRect()];
    for (const label of one.labels ?? []) boxes.push(label.getBoundingClientRect());
    if (getComputedStyle(one, "::after").position === "absolute" && one.offsetParent)
      boxes.push(one.offsetParent.getBoundingClientRect());
    return { wide: Math.max(...boxes.map((box) => box.width)), high: Math.max(...boxes.map((box) => box.height)) };
  };
  const small = () =>
    all()
      .filter((one) => !inSentence(one))
      .map((one) => ({ one, ...area(one) }))
      .filter(({ wide, high }) => wide < 43.5 || high < 43.5)
      .map(({ one, wide, high }) => `target of ${Math.round(wide)} × ${Math.round(high)}: ${names(one)}`);

  const sideways = () => {
    const page = document.documentElement;
    if (page.scrollWidth <= page.clientWidth + 1) return [];
    const scrolls = (one) => {
      for (let up = one.parentElement; up; up = up.parentElement)
        if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(up).overflowX)) return true;
      return false;
    };
    const wide = [...document.body.querySelectorAll("*")].filter((one) => {
      const box = one.getBoundingClientRect();
      return shown(one) && (box.right > page.clientWidth + 1 || box.left < -1) && !scrolls(one);
    });
    return [`sideways at ${innerWidth}: ${page.scrollWidth}, ${wide.slice(-2).map(names).join(" | ")}`];
  };

  /** Text that its own box cuts off. */
  const cut = () =>
    [...document.body.querySelectorAll("*")]
      .filter((one) => shown(one) && one.children.length === 0 && one.textContent.trim() && !one.closest(".sr, svg, option, thead, textarea"))
      .filter((one) => {
        const style = getComputedStyle(one);
        if (!["hidden", "clip"].includes(style.overflowX) && !["hidden", "clip"].includes(style.overflowY)) return false;
        return one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1;
      })
      .map((one) => `cut off: ${names(one)}`);

  const spaced = new CSSStyleSheet();
  spaced.replaceSync(
    `*{line-height:1.5!important;word-spacing:.16em!important}
     :not(:lang(ar)){letter-spacing:.12em!important} p{margin-block-end:2em!important}`,
  );

  const VAGUE = /^(ici|cliquez ici|lire la suite|en savoir plus|plus|lien|هنا|انقر هنا|المزيد|اقرأ المزيد|رابط|ok)$/i;
  const vague = () =>
    all()
      .filter((one) => one.matches("a[href], button, summary"))
      .map((one) => ({ one, name: (one.getAttribute("aria-label") ?? one.innerText ?? "").trim().replace(/\s+/g, " ") }))
      .filter(({ one, name }) => VAGUE.test(name) || (!/\p{L}|\p{N}/u.test(name) && !one.querySelector("img[alt]:not([alt=''])")))
      .map(({ one, name }) => `says nothing: “${name}” ${names(one)}`);

  const outline = () => {
    const heads = [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].filter(shown).map((one) => Number(one.tagName[1]));
    const found = [];
    if (heads.filter((level) => level === 1).length !== 1) found.push(`headings of the first level: ${heads.filter((level) => level === 1).length}`);
    heads.forEach((level, place) => {
      if (level > (heads[place - 1] ?? 0) + 1) found.push(`a heading of level ${level} after one of ${heads[place - 1] ?? 0}`);
    });
    return found;
  };

  /** Each thing with the keyboard's focus shows it, and nothing lies over it. Asked after one press of Tab. */
  const unseen = () => {
    const found = [];
    for (const one of all()) {
      one.focus();
      if (document.activeElement !== one) continue; // disabled
      const shows = (part) => {
        const style = getComputedStyle(part);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      };
      if (!shows(one) && !(one.parentElement && shows(one.parentElement))) found.push(`no focus to see: ${names(one)}`);
      one.scrollIntoView({ block: "nearest", behavior: "instant" });
      const box = one.getClientRects()[0];
      const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, innerHeight - 1));
      if (top && !one.contains(top) && !top.contains(one)) found.push(`focus under ${names(top)}: ${names(one)}`);
    }
    document.activeElement?.blur();
    scrollTo(0, 0);
    return found;
  };

  globalThis.faces = {
    small, sideways, cut, vague, outline, unseen,
    spaced: () => {
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, spaced];
      const found = [...sideways(), ...cut()].map((what) => `with text spaced, ${what}`);
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== spaced);
      return found;
    },
  };
})();
