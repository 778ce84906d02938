/* The More menu of a post. The link fetches it; it closes on Escape, on a click elsewhere and when focus
   moves on. Without this module the link leads to a page. */

const LINK = "[data-js-menu]";
const status = document.getElementById("status");

const menuOf = (link) => (link.nextElementSibling?.matches(".menu") ? link.nextElementSibling : null);

function close(menu) {
  const link = menu.previousElementSibling;
  link.ariaExpanded = "false";
  if (menu.contains(document.activeElement)) link.focus();
  menu.remove();
}

function closeAllBut(target) {
  for (const menu of document.querySelectorAll(".menu")) {
    if (!menu.contains(target) && !menu.previousElementSibling.contains(target)) close(menu);
  }
}

/** Places a menu above its link where there is no room below; the page scrolls if there is none at all. */
function place(menu) {
  const { top } = menu.previousElementSibling.getBoundingClientRect();
  const { bottom, height } = menu.getBoundingClientRect();
  const foot = document.querySelector(".thread-bar")?.offsetHeight ?? 0;
  menu.classList.toggle("is-above", bottom > innerHeight - foot && top > height);
  menu.scrollIntoView({ block: "nearest", behavior: "instant" });
}

function markOpen() {
  for (const menu of document.querySelectorAll(".menu")) {
    if (menu.previousElementSibling.ariaExpanded === "true") continue;
    menu.previousElementSibling.ariaExpanded = "true";
    place(menu);
  }
}

document.addEventListener("htmx:configRequest", (event) => {
  const menu = event.detail.elt.matches(LINK) && menuOf(event.detail.elt);
  if (!menu) return;
  event.preventDefault();
  close(menu);
});

document.addEventListener("htmx:afterSettle", markOpen);
document.addEventListener("focusin", ({ target }) => closeAllBut(target));
document.addEventListener("keydown", ({ key, target }) => {
  const menu = target.closest(".menu") ?? (target.matches(LINK) && menuOf(target));
  if (key !== "Escape" || !menu) return;
  menu.previousElementSibling.focus();
  close(menu);
});

document.addEventListener("click", async (event) => {
  closeAllBut(event.target);
  const away = event.target.closest("[data-js-away]");
  if (away) {
    // What the menu put under the post goes, and the reader is at the post again.
    event.preventDefault();
    const note = away.closest(".note");
    note.previousElementSibling.focus();
    note.remove();
    return;
  }
  const copy = event.target.closest("[data-js-copy]");
  if (!copy || !navigator.clipboard) return;
  event.preventDefault();
  await navigator.clipboard.writeText(new URL(copy.dataset.jsCopy, location.href).href);
  // Said where the reader looks, and to those who listen; the menu stays until focus moves on.
  status.textContent = copy.textContent = copy.dataset.jsCopied;
  copy.closest(".menu").previousElementSibling.focus();
});

markOpen();
