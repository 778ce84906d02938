/* The mention menu: people by name, after an at sign and a letter or two. GitHub's text expander shows it at
   the caret; its suggestions, announcements and keys are here. Loaded with a composer. */

import { fetchFragment, insertText, isComposing } from "./dom.js";

import("../vendor/text-expander.js").then(() => {
  // What was typed before it came counts too.
  const field = document.activeElement;
  if (field.matches("text-expander textarea")) field.dispatchEvent(new Event("input"));
}, () => null);

const status = document.getElementById("status");
const ARROW = /^Arrow(Up|Down)$/;
// Letters that end anywhere: of scripts without spaces between words, and of Hangul.
const LOOSE = ["Han", "Hira", "Kana", "Bopo", "Yi", "Thai", "Lao", "Khmr", "Mymr", "Tibt", "Tale", "Talu", "Lana",
  "Bali", "Java", "Hang"];
const scripts = (names) => names.map((name) => `\\p{Script=${name}}`).join("");
// Two letters, or one of those, which says as much.
const START = new RegExp(`^(?=[${scripts(LOOSE)}]|..)[\\p{L}\\p{Nd}][\\p{L}\\p{M}\\p{Nd}_-]{0,29}$`, "u");
// What an at sign is part of: an address, a path, a word.
const JOINED = new RegExp(
  `(?:[${scripts(["Latn", "Grek", "Cyrl", "Armn", "Geor", "Copt"])}\\p{Nd}_]\\p{M}*|[/.!#$%&*+=@])@$`, "u");
const LAST_WORD = /(?<![^\s([])[^\s([@]+@(?=[^\s@]*$)/u;
const PAUSE = 120; // milliseconds between letters that are typed in one go

const answers = new Map(); // address → list of people, null when there are none
let latest = 0;
let isMoved = false; // an arrow key chose somebody

const menuIn = (expander) => expander?.querySelector("[role=listbox]");

function addressOf(expander, start) {
  const address = new URL(expander.dataset.jsPeople, location.href);
  address.searchParams.set("q", start);
  return address.href;
}

/** The answer for these letters, when it was given already: nobody, when for fewer letters too. */
function known(expander, start) {
  for (let length = 1; length < start.length; length += 1) {
    if (answers.get(addressOf(expander, start.slice(0, length))) === null) return null;
  }
  const list = answers.get(addressOf(expander, start));
  return list ? list.cloneNode(true) : list;
}

async function ask(address) {
  const { ok, page } = await fetchFragment(address);
  if (!ok) throw new Error("not now");
  answers.set(address, page.querySelector("[role=listbox]"));
}

/** Returns a menu for the letters typed. Never resolves if more was typed meanwhile: a later one follows. */
async function suggest(expander, start) {
  latest += 1;
  const turn = latest;
  let fragment = START.test(start) ? known(expander, start) : null;
  try {
    if (fragment === undefined) {
      await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
      if (turn === latest) await ask(addressOf(expander, start));
      fragment = known(expander, start);
    }
  } catch {
    fragment = null; // no connection, or too often: one types the name
  }
  if (turn !== latest) await new Promise(() => {});
  return { matched: Boolean(fragment), fragment };
}

// The expander's events do not bubble: they are caught on their way down.
function on(name, listener) {
  document.addEventListener(`text-expander-${name}`, listener, true);
}

/** The expander's key comes after a space or a bracket. What else may stand before is made part of it. */
document.addEventListener("input", ({ target }) => {
  const expander = target.closest("text-expander");
  if (!expander) return;
  const word = target.value.slice(0, target.selectionEnd).match(LAST_WORD)?.[0];
  expander.setAttribute("keys", word && !JOINED.test(word) ? word : "@");
}, true);

on("change", ({ target, detail: { provide, text } }) => provide(suggest(target, text.toLowerCase())));

/** Inserts the chosen name. The expander would set the field's value, which clears the browser's undo. */
on("value", (event) => {
  event.preventDefault();
  const field = event.target.querySelector("textarea");
  const caret = field.selectionEnd;
  insertText(field, `@${event.detail.item.dataset.jsName} `, field.value.lastIndexOf("@", caret - 1), caret);
  event.target.dismiss();
});

on("activate", ({ target }) => {
  isMoved = false;
  queueMicrotask(() => settle(target)); // when the menu stands where it belongs
});

/** A field of several lines is no combobox: it names the menu, and the one chosen, while it is open. */
function settle(expander) {
  const menu = menuIn(expander);
  if (!menu) return;
  const field = expander.querySelector("textarea");
  for (const name of ["role", "aria-expanded"]) field.removeAttribute(name);
  const over = menu.getBoundingClientRect().right - expander.getBoundingClientRect().right;
  if (over > 0) menu.style.left = `${menu.offsetLeft - over}px`;
  menu.scrollIntoView({ block: "nearest" });
  status.textContent = menu.dataset.jsSaid;
}

document.addEventListener("keydown", (event) => {
  const expander = event.target.closest("text-expander");
  const menu = menuIn(expander);
  if (!menu) return;
  if (isComposing(event)) {
    event.stopPropagation(); // the expander takes every key for its own
    return;
  }
  if (ARROW.test(event.key)) isMoved = true;
  if (event.key !== "Enter") return;
  // A name typed out, or a post to be sent: the key means what it always means.
  const isWhole = [...menu.children].some((person) => person.dataset.jsName.toLowerCase() === menu.dataset.jsStart);
  if (event.ctrlKey || event.metaKey || (isWhole && !isMoved)) expander.dismiss();
}, true);

/** The expander chooses nobody past the end, or after a composition: an arrow key does. */
function choose({ target }, key) {
  const menu = menuIn(target.closest("text-expander"));
  if (!menu || menu.querySelector("[aria-selected=true]")) return;
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

document.addEventListener("keydown", (event) => { if (ARROW.test(event.key)) choose(event, event.key); });
document.addEventListener("compositionend", (event) => choose(event, "ArrowDown"));
