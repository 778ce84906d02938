/* What every page needs: it says what happened, keeps focus and place over swaps,
   carries selected words to the Quote link, and fetches the other modules when the
   page has something for them. Everything works without it, only less smoothly. */

const COMPOSER = "[data-js-composer]";
const status = document.getElementById("status");
const alarm = document.getElementById("alert");

// ---- Modules, when first needed; their hashed addresses stand on our own script element

const modules = document.getElementById("forum-js").dataset;

/** What nobody has asked for: without it the page goes on by its links and forms. */
const fetchQuietly = (name) => import(modules[name]).catch(() => null);

/** What somebody has just asked for: that it cannot be fetched is said. */
addEventListener("unhandledrejection", (event) => {
  const { reason } = event;
  const isModule = /module/i.test(reason?.message);
  if (!isModule && reason?.name !== "RequestError") return;
  event.preventDefault();
  alarm.textContent = isModule ? alarm.dataset.jsOffline : reason.message;
});

function equip() {
  if (document.querySelector(COMPOSER)) {
    for (const name of ["composer", "quoting", "mentions"]) fetchQuietly(name);
  }
  for (const { dataset } of document.querySelectorAll("[data-js-needs]")) {
    for (const name of dataset.jsNeeds.split(" ")) fetchQuietly(name);
  }
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-js-menu]")) fetchQuietly("menu");
  if (target.closest(".more-row")) fetchQuietly("parts");
});

/** A quote opens. What people wrote may hold nothing of htmx's, so this link is asked for by hand. */
document.addEventListener("click", (event) => {
  const peek = event.target.closest("[data-js-peek]");
  if (!peek || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  import(modules.peek).then(({ toggle }) => toggle(peek), () => location.assign(peek.href));
});

/** Pressed at once after loading, too: by the link alone the folds kept for this tab would come back. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-js-fold-all]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  import(modules.folds).then(({ pressed }) => pressed(event), () => location.assign(link.href));
});

// Words that a link leads to are marked by the browser itself, if it can.
if (!("fragmentDirective" in document)) fetchQuietly("words");

// Keys, and what serves a thread as one moves about in it, come with the first such event.
function move() {
  fetchQuietly("place");
  if (document.querySelector(".many")) fetchQuietly("back");
}

if (history.state?.place) fetchQuietly("back");
if (document.querySelector("[data-js-order]")) {
  for (const kind of ["scroll", "pointerover", "keydown"]) addEventListener(kind, move, { once: true });
  if (sessionStorage.folds) move();
}
document.addEventListener("keydown", (event) => {
  if (event.key.length > 1 || event.target.matches("input, textarea, select")) return;
  import(modules.keys).then(({ pressed }) => pressed(event));
});

// ---- Saying what went wrong, where the reader is

/** Shows a message in the composer that the request came from, else in the alert region. */
function showError(source, message) {
  const composer = source.closest(COMPOSER);
  if (!composer) {
    alarm.textContent = message;
    return;
  }
  const note = document.createElement("p");
  note.className = "note bad";
  note.role = "alert";
  note.dataset.jsNote = "";
  composer.querySelector(".row").before(note);
  note.textContent = message;
}

function clearErrors(source) {
  alarm.textContent = "";
  source.closest(COMPOSER)?.querySelector("[data-js-note]")?.remove();
}

const parseHtml = (html) => new DOMParser().parseFromString(html, "text/html");

/** Returns what a page of the forum's says went wrong; its fresh token goes into the forms of this one. */
function learnFrom(html) {
  const page = parseHtml(html);
  import(modules.dom).then(({ refreshToken }) => refreshToken(page), () => null);
  const said = [...page.querySelectorAll("h1, .lead")].map((part) => part.textContent.trim());
  return said.join(". ") || alarm.dataset.jsBroken;
}

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, ({ detail: { requestConfig: { elt, verb } } }) => {
    showError(elt, verb === "get" ? alarm.dataset.jsOffline : alarm.dataset.jsUnanswered);
  });
}

/** What is not the forum's own is neither swapped in nor obeyed, whatever its status says. */
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, requestConfig: { elt } } = event.detail;
  if (xhr.getResponseHeader("Plait-Response")) return; // forum.middleware.ResponseMark
  event.preventDefault();
  showError(elt, xhr.status < 500 ? alarm.dataset.jsForeign : alarm.dataset.jsBroken);
});

document.addEventListener("htmx:responseError", ({ detail: { xhr, requestConfig } }) => {
  // Of the server's own failures only "busy" has words of ours that fit here.
  const ours = xhr.status < 500 || xhr.status === 503;
  const words = ours ? learnFrom(xhr.responseText) : alarm.dataset.jsBroken;
  showError(requestConfig.elt, words);
});

/** A whole page where a part was asked for is never put into the page: it would take typed text with it. */
function turnAwayPage(detail) {
  const { xhr, requestConfig: { elt, verb } } = detail;
  detail.shouldSwap = false;
  if (verb === "get" || (xhr.status < 400 && !elt.closest(COMPOSER))) {
    location.assign(xhr.responseURL);
  } else {
    showError(elt, learnFrom(xhr.responseText));
  }
}

/** A composer makes room only for what says that its text was taken, or for the composer again. */
function isComplete({ xhr, requestConfig: { elt } }) {
  return !elt.matches(COMPOSER) || parseHtml(xhr.responseText).querySelector(`[data-js-taken], ${COMPOSER}`);
}

document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") alarm.textContent = "";
});

// ---- A request under way: busy, and not sent twice

const pending = new Set();
let slow = 0;

function setBusy({ target, requestConfig: { elt } }, busy) {
  clearTimeout(slow);
  if (busy) target.setAttribute("aria-busy", "true");
  else target.removeAttribute("aria-busy");
  if (elt.matches("form")) setPending(elt, busy);
}

function setPending(form, busy) {
  if (busy) pending.add(form);
  else pending.delete(form);
  for (const button of form.querySelectorAll("button")) {
    if (busy) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const { elt } = detail.requestConfig;
  clearErrors(elt);
  setBusy(detail, true);
  if (elt.matches(COMPOSER)) {
    slow = setTimeout(() => { status.textContent = status.dataset.jsPosting; }, 400);
  }
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  setBusy(detail, false);
  if (status.textContent === status.dataset.jsPosting) status.textContent = "";
});

document.addEventListener("submit", (event) => {
  if (!pending.has(event.target)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("submit", ({ target: form, defaultPrevented }) => {
  // After this event: a button disabled now would not send its name.
  if (!defaultPrevented && form.method === "post") setTimeout(() => setPending(form, true));
});

addEventListener("pageshow", () => {
  for (const form of pending) setPending(form, false);
});

// ---- Focus and place over a swap

let place = null; // the topmost post in view, and where it stood
let held = null; // what had focus: the post around it, and the button by name

/** With `isAbove` of the posts below what is swapped: they are what is read on. */
function topmostPost(swapped, isAbove) {
  for (const post of document.querySelectorAll(".post")) {
    const { top, bottom } = post.getBoundingClientRect();
    const counts = !isAbove || swapped.compareDocumentPosition(post) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (bottom > 0 && counts && !swapped.contains(post)) return { post, top };
  }
  return null;
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { xhr, target, requestConfig: { elt } } = detail;
  if (!detail.shouldSwap || elt.getAttribute("hx-swap") === "none") return;
  if (/^\s*<!doctype/i.test(xhr.responseText)) {
    turnAwayPage(detail);
    return;
  }
  if (!isComplete(detail)) {
    detail.shouldSwap = false;
    showError(elt, alarm.dataset.jsBroken);
    return;
  }
  const { id, name, value } = document.activeElement;
  const post = target.closest(".node")?.querySelector("article") ?? document.querySelector("article");
  held = { form: target.id, id, name, value, post };
  place = topmostPost(target, elt.rel === "prev");
});

document.addEventListener("htmx:afterSwap", () => {
  if (place?.post.isConnected) {
    scrollBy({ top: place.post.getBoundingClientRect().top - place.top, behavior: "instant" });
  }
  place = null;
});

document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  // More replies took the place of the link to them: on with the first of these.
  if (held && target.matches(".replies")) held.post = target.querySelector("article");
  const wanted = document.querySelector("[data-focus]");
  if (wanted) land(wanted, detail.requestConfig.verb === "post");
  else setTimeout(rescueFocus);
  equip();
});

/** Moves focus, scrolls only as far as needed to see the beginning, and marks a post just made. */
function land(element, made) {
  element.removeAttribute("data-focus");
  element.focus({ preventScroll: true });
  if (element.matches("textarea")) element.setSelectionRange(element.value.length, element.value.length);
  const { top, height } = element.getBoundingClientRect();
  if (top < 0 || top + Math.min(height, 128) > innerHeight) element.scrollIntoView({ block: "nearest" });
  if (made && element.matches("article[id]")) {
    const list = element.closest("ol");
    if (list.nextElementSibling?.matches(".branch, .replies")) list.classList.replace("chain", "fork");
    element.classList.add("is-here");
    history.replaceState(history.state, "", `#${element.id}`);
  }
}

/** Focus fell to the page because its element was swapped away: the same button again, else the post. */
function rescueFocus() {
  if (!held || document.activeElement !== document.body) return;
  const form = document.getElementById(held.form);
  const same = [...(form?.elements ?? [])].find((field) => held.name && field.name === held.name && field.value === held.value);
  const next = same ?? form?.querySelector("[aria-invalid=true], textarea") ?? held.post ?? document.getElementById("main");
  next.focus({ preventScroll: true });
}

// ---- Reply and Quote: never a second composer over the first, and words go to the one that is open

document.addEventListener("selectionchange", () => {
  if (!getSelection().isCollapsed) fetchQuietly("quoting");
});

document.addEventListener("forum:quote", async ({ target, detail }) => {
  (await import(modules.quoting)).quoteHere(detail?.post ?? target);
});

document.addEventListener("htmx:configRequest", (event) => {
  const { verb, path, elt } = event.detail;
  const [, number, query] = path.match(/^\/p\/(\d+)\/reply\/(.*)/) ?? [];
  if (verb !== "get" || !number) return;
  const there = document.querySelector(`#p${number} + .note, #reply-${number} textarea`);
  const quotes = query && document.querySelector(COMPOSER);
  if (!quotes && !there) return;
  event.preventDefault();
  if (quotes) import(modules.quoting).then(({ quote }) => quote(elt.closest(".post")));
  else there.focus();
});

// ---- Light or dark, without loading the page again

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { elt, parameters } = detail.requestConfig;
  if (!detail.successful || !elt.matches("[data-js-theme]")) return;
  const { theme } = parameters;
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.querySelector("[name=color-scheme]").content = theme === "auto" ? "light dark" : theme;
  for (const button of elt.querySelectorAll("button")) button.ariaPressed = String(button.value === theme);
});

// ---- Logging out: no words of theirs are left on the device

function leavesWords() {
  try {
    return document.querySelector(COMPOSER) || Object.keys(localStorage).some((key) => key.startsWith("draft "));
  } catch {
    return false; // nothing may be kept here
  }
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.dataset.jsLeaves || form.dataset.jsParted || !leavesWords()) return;
  event.preventDefault();
  form.dataset.jsParted = "true";
  import(modules.parting).then(({ part }) => part(form)).catch(() => null).then(() => form.requestSubmit(submitter));
}, true);

// What came is asked for later, or when somebody wants it.
if (document.querySelector("[data-js-arrivals]")) {
  setTimeout(fetchQuietly, 20_000, "arrivals");
  document.addEventListener("forum:show-arrivals", async () => (await import(modules.arrivals)).check());
}

const awaited = document.querySelector("[data-focus]");
if (awaited) land(awaited, false);
equip();
