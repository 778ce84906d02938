/* Composer: Ctrl+Enter posts, Escape leaves, and the characters left are counted. drafts.js saves the text. */

import { isComposing } from "./dom.js";

const COMPOSER = "[data-js-composer]";

const textOf = (form) => form.querySelector("textarea");

/** Returns the post that a composer replies to, when it is on this page. */
const parentOf = (form) => document.getElementById(form.id.replace(/^reply-/, "p"));

document.addEventListener("htmx:afterSettle", prepare);

// ---- The field: its height where CSS cannot, and how much room is left

const grows = CSS.supports("field-sizing", "content");

function fit(field) {
  if (grows) return;
  field.style.blockSize = "auto";
  field.style.blockSize = `${field.scrollHeight + 2}px`;
}

function count(form) {
  const counter = form.querySelector("[data-js-count]");
  if (!counter) return;
  const { limit, jsCount: label } = counter.dataset;
  const { value } = textOf(form);
  // Characters as people count them; above 500 the exact number does not matter.
  const left = value.length > limit - 500 ? limit - [...value].length : limit;
  counter.textContent = left < 500 ? `${label} ${left}` : "";
}

function prepare() {
  for (const form of document.querySelectorAll(COMPOSER)) {
    fit(textOf(form));
    count(form);
    const button = form.querySelector("[data-js-wait]");
    if (button) countDown(button);
  }
}

/** Shows the seconds until it can be posted again; the button stays enabled. */
function countDown(button) {
  const until = Date.now() + button.dataset.jsWait * 1000;
  const rest = document.createElement("span");
  rest.ariaHidden = "true";
  button.removeAttribute("data-js-wait");
  button.append(rest);
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    rest.textContent = left > 0 ? clock : "";
    if (left > 0 && button.isConnected) setTimeout(tick, 1000);
  };
  tick();
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest(COMPOSER);
  if (!form || target !== textOf(form)) return;
  fit(target);
  count(form);
});

// ---- Keys, and leaving for good

document.addEventListener("keydown", (event) => {
  const form = event.target.closest(COMPOSER);
  if (!form || isComposing(event)) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.querySelector(".primary")?.click(); // htmx sends the button pressed last
  } else if (event.key === "Escape" && !closeHelp(event.target.closest(HELP))) {
    parentOf(form)?.focus();
  }
});

// ---- Help, opened beside the text and closed where it was opened

const HELP = "[data-js-help]";

function closeHelp(help) {
  if (!help) return false;
  help.closest(COMPOSER).querySelector("[data-js-helps]").focus();
  help.remove();
  return true;
}

document.addEventListener("htmx:configRequest", (event) => {
  const { elt } = event.detail;
  if (elt.matches("[data-js-helps]") && closeHelp(elt.closest(COMPOSER).querySelector(HELP))) event.preventDefault();
});

document.addEventListener("click", ({ target }) => {
  if (target.matches(`${HELP} > button`)) closeHelp(target.parentElement);
});

document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-js-discard]")?.closest(COMPOSER);
  // What was written is discarded by the server, which can give it back.
  if (!form || textOf(form).value.trim() || form.querySelector("[name=version]")) return;
  const post = parentOf(form);
  if (!post || post === form) return;
  event.preventDefault();
  form.remove();
  post.querySelector(".post-actions a").focus();
});

prepare();
