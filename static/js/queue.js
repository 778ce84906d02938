/* The review queue by keyboard; leaving a case releases it. Without this module the same buttons and
   links are there. */

const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const ROWS = "#result_list tbody tr";
const page = document.querySelector("[data-js-case]");
const isOff = document.querySelector("[data-js-keys-off]"); // by a setting of the member's

function step(by) {
  const rows = [...document.querySelectorAll(ROWS)];
  const current = rows.indexOf(document.activeElement.closest(ROWS));
  const row = rows[current < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, current + by))];
  row?.querySelector(".open").focus();
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (isOff || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || target.closest(TYPING)) return;
  if (!page && (key === "j" || key === "k")) {
    event.preventDefault();
    step(key === "j" ? 1 : -1);
    return;
  }
  const place = page ?? document.activeElement.closest(ROWS);
  const wanted = /^[a-z]$/.test(key) && place?.querySelector(`[data-js-key="${key}"]`);
  if (!wanted) return;
  event.preventDefault();
  wanted.click();
});

// ---- Going away leaves the case; going on to answer it does not

const release = page?.dataset.jsRelease;
let goesOn = false;

if (release) {
  page.addEventListener("submit", () => { goesOn = true; });
  page.addEventListener("click", ({ target }) => {
    if (target.closest(".post-actions a")) goesOn = true;
  });
  addEventListener("pageshow", () => { goesOn = false; });
  addEventListener("pagehide", () => {
    if (!goesOn) navigator.sendBeacon(release, new FormData(page.querySelector("form")));
  });
}
