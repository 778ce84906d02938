/* A composer that helps: Ctrl+Enter posts, Escape steps out, Quote goes to the caret,
   the rest of the room is counted, and the page is not left over unsaved words. */

const COMPOSER = "[data-js-composer]";
const typed = new Set(); // ids of composers somebody has typed in

const textOf = (form) => form.querySelector("textarea");

/** The post a composer answers, when it stands under it in the page. */
const answeredBy = (form) => document.getElementById(form.id.replace(/^reply-/, "p"));

// ---- Words that nobody has saved

const hasWords = (id) => Boolean(document.getElementById(id)?.querySelector("textarea")?.value.trim());

function askBeforeLeaving(event) {
  if ([...typed].some(hasWords)) event.preventDefault();
}

function forget(form) {
  typed.delete(form.id);
  // A page with this listener may not be kept for the Back button, so it goes when it can.
  if (!typed.size) removeEventListener("beforeunload", askBeforeLeaving);
}

document.addEventListener("submit", ({ target, defaultPrevented }) => {
  if (target.matches(COMPOSER) && !defaultPrevented) forget(target);
});

document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr, requestConfig: { elt } } }) => {
  if (elt.matches(COMPOSER) && xhr.getResponseHeader("HX-Redirect")) forget(elt);
});

document.addEventListener("htmx:afterSettle", () => {
  for (const id of typed) {
    const form = document.getElementById(id);
    // What was refused is kept by the server, and given back.
    if (!form || form.querySelector("[aria-invalid]")) forget({ id });
  }
  prepare();
});

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
  // Characters as people count them; below the last 500 the exact number is nobody's business.
  const left = value.length > limit - 500 ? limit - [...value].length : limit;
  counter.textContent = left < 500 ? `${label} ${left}` : "";
}

function prepare() {
  for (const form of document.querySelectorAll(COMPOSER)) {
    fit(textOf(form));
    count(form);
  }
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest(COMPOSER);
  if (!form || target !== textOf(form)) return;
  typed.add(form.id);
  addEventListener("beforeunload", askBeforeLeaving);
  fit(target);
  count(form);
});

// ---- Keys, and leaving for good

document.addEventListener("keydown", (event) => {
  const form = event.target.closest(COMPOSER);
  if (!form || event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector(".go"));
  } else if (event.key === "Escape") {
    answeredBy(form)?.focus();
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-js-discard]");
  const form = link?.closest(COMPOSER);
  if (!form) return;
  forget(form);
  const post = answeredBy(form);
  if (!post || post === form) return;
  event.preventDefault();
  form.remove();
  post.querySelector(".acts a").focus();
});

// ---- Reply or Quote pressed again: the same composer, with the words at the caret

/** Markdown for a quotation: "> " before every line, ">" between paragraphs, an empty line after. */
function asQuote(words) {
  const lines = words.trim().split(/\n\s*\n/).join("\n\n").split("\n");
  return `${lines.map((line) => (line ? `> ${line}` : ">")).join("\n")}\n\n`;
}

/** What the post says itself, without what it quotes. */
function ownWords(post) {
  const parts = [...post.querySelector(".text").children].filter((part) => !part.matches(".q, blockquote"));
  return parts.map((part) => part.innerText).join("\n\n");
}

document.addEventListener("composer:resume", ({ target: form, detail: { quote, words } }) => {
  const field = textOf(form);
  field.focus();
  if (!quote) return;
  const before = field.value.slice(0, field.selectionStart);
  const gap = before && !before.endsWith("\n\n") ? (before.endsWith("\n") ? "\n" : "\n\n") : "";
  field.setRangeText(gap + asQuote(words || ownWords(answeredBy(form))), field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

prepare();
