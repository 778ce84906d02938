/* Loaded on every page: reports errors, keeps focus and place over htmx's swaps, and loads the other
   scripts when the page needs them. It imports nothing at once, so that a first visit requests only
   one script of ours. */

const COMPOSER = "[data-js-composer]";
const status = document.getElementById("status");
const alarm = document.getElementById("alert");

// ---- Loading the other scripts

/** Ignores that a script could not be loaded: the page's links and forms work without it. */
const quietly = (loading) => loading.catch(() => null);

/** Reports that a script that is needed now cannot be loaded. */
addEventListener("unhandledrejection", (event) => {
  const { reason } = event;
  const isModule = /module/i.test(reason?.message);
  if (!isModule && reason?.name !== "RequestError") return;
  event.preventDefault();
  alarm.textContent = isModule ? alarm.dataset.jsOffline : reason.message;
});

// By the names that stand in data-js-needs.
const scripts = {
  drafts: () => import("./drafts.js"),
  keys: () => import("./keys.js"),
  page_updates: () => import("./page_updates.js"),
  reasons: () => import("./reasons.js"),
  read_state: () => import("./read_state.js"),
};

function init() {
  if (document.querySelector(COMPOSER)) {
    quietly(import("./composer.js"));
    quietly(import("./quoting.js"));
    quietly(import("./mentions.js"));
  }
  for (const { dataset } of document.querySelectorAll("[data-js-needs]")) quietly(scripts[dataset.jsNeeds]());
}

/** Leaves links opened in a new tab or window, or downloaded, to the browser. */
addEventListener("click", (event) => {
  const { ctrlKey, metaKey, shiftKey, altKey, target } = event;
  if ((ctrlKey || metaKey || shiftKey || altKey) && target.closest("a[href]")) event.stopPropagation();
}, true);

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-js-menu]")) quietly(import("./menu.js"));
  if (target.closest(".more-row")) quietly(import("./load_more.js"));
});

/** A quote opens. Posts may hold no attributes of htmx's, so this link is requested by hand. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-js-peek]");
  if (!link) return;
  event.preventDefault();
  import("./quote_preview.js").then(({ toggle }) => toggle(link), () => location.assign(link.href));
});

/** By the link alone the folds kept for this tab would come back. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-js-fold-all]");
  if (!link) return;
  event.preventDefault();
  import("./folds.js").then(({ toggleAll }) => toggleAll(), () => location.assign(link.href));
});

// The browser itself marks the words that a link leads to, if it can.
if (!("fragmentDirective" in document)) quietly(import("./text_fragments.js"));

// What serves a thread as one moves about in it is loaded with the first movement.
function loadOnMove() {
  quietly(import("./jumps.js"));
  if (document.querySelector(".many")) quietly(import("./scroll_restore.js"));
}

if (history.state?.place) quietly(import("./scroll_restore.js"));
if (document.querySelector("[data-js-order]")) {
  for (const kind of ["scroll", "pointerover", "keydown"]) addEventListener(kind, loadOnMove, { once: true });
  if (sessionStorage.folds) loadOnMove();
}
document.addEventListener("keydown", (event) => {
  const { key, target, ctrlKey, metaKey } = event;
  if (key.length > 1 || target.matches("input, textarea, select")) return;
  const field = document.querySelector(":root:not([data-keys], :has(dialog[open])) .site-header [type=search]");
  if (key === "/" && !ctrlKey && !metaKey && field?.checkVisibility()) {
    event.preventDefault(); // words may follow before a script is loaded
    field.focus();
  } else import("./keys.js").then(({ handleKey }) => handleKey(event));
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
  note.className = "note error";
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

/** Returns the message of an error page; its CSRF token goes into the forms of this page. */
function readErrorPage(html) {
  const page = parseHtml(html);
  quietly(import("./dom.js").then(({ refreshToken }) => refreshToken(page)));
  const said = [...page.querySelectorAll("h1, .lead")].map((part) => part.textContent.trim());
  return said.join(". ") || alarm.dataset.jsBroken;
}

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, ({ detail: { requestConfig: { elt, verb } } }) => {
    showError(elt, verb === "get" ? alarm.dataset.jsOffline : alarm.dataset.jsUnanswered);
  });
}

/** A response that is not the forum's own is ignored, whatever its status. */
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, requestConfig: { elt } } = event.detail;
  if (xhr.getResponseHeader("Plait-Response")) return; // forum.middleware.ResponseMark
  event.preventDefault();
  showError(elt, xhr.status < 500 ? alarm.dataset.jsForeign : alarm.dataset.jsBroken);
});

document.addEventListener("htmx:responseError", ({ detail: { xhr, requestConfig } }) => {
  // Of the server's own failures only "busy" has words of ours that fit here.
  const ours = xhr.status < 500 || xhr.status === 503;
  const words = ours ? readErrorPage(xhr.responseText) : alarm.dataset.jsBroken;
  showError(requestConfig.elt, words);
});

/** A whole page in place of a part is never put into the page: it would take typed text with it. */
function refusePage(detail) {
  const { xhr, requestConfig: { elt, verb } } = detail;
  detail.shouldSwap = false;
  if (verb === "get" || (xhr.status < 400 && !elt.closest(COMPOSER))) {
    location.assign(xhr.responseURL);
  } else {
    showError(elt, readErrorPage(xhr.responseText));
  }
}

/** A composer is replaced only by a response that its text was accepted, or by a composer. */
function isComplete({ xhr, requestConfig: { elt } }) {
  return !elt.matches(COMPOSER) || parseHtml(xhr.responseText).querySelector(`[data-js-taken], ${COMPOSER}`);
}

document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") alarm.textContent = "";
});

/** A link to a post that has moved, or is on another page: the post's own address knows where. */
function followPost() {
  const [id, number] = /^#p(\d+)/.exec(location.hash) ?? [];
  if (!id || !location.pathname.startsWith("/t/")) return;
  if (document.getElementById(id.slice(1))) {
    delete sessionStorage.followed;
  } else if (sessionStorage.followed !== location.href) { // it may lead back here: only once
    sessionStorage.followed = location.href;
    location.replace(`/p/${number}/`);
  }
}

addEventListener("hashchange", followPost);
followPost();

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

let place = null; // the topmost post in view, and how far from the top of the window it was
let focus = null; // what had focus: its form, its name and value, and the post around it

/** With `isAbove`, of the posts below what is swapped: they are what is being read. */
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
    refusePage(detail);
    return;
  }
  if (!isComplete(detail)) {
    detail.shouldSwap = false;
    showError(elt, alarm.dataset.jsBroken);
    return;
  }
  const { id, name, value } = document.activeElement;
  const post = target.closest(".node")?.querySelector("article") ?? document.querySelector("article");
  focus = { form: target.id, id, name, value, post };
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
  if (focus && target.matches(".replies")) focus.post = target.querySelector("article");
  const wanted = document.querySelector("[data-focus]");
  if (wanted) focusOn(wanted, detail.requestConfig.verb === "post");
  else setTimeout(rescueFocus);
  init();
});

/** Moves focus, scrolls only as far as needed to see the beginning, and marks a post just made. */
function focusOn(element, isMade) {
  element.removeAttribute("data-focus");
  // Who is in the field already may have selected something to replace.
  if (element.matches("textarea") && element !== document.activeElement) {
    element.setSelectionRange(element.value.length, element.value.length);
  }
  element.focus({ preventScroll: true });
  const { top, height } = element.getBoundingClientRect();
  if (top < 0 || top + Math.min(height, 128) > innerHeight) element.scrollIntoView({ block: "nearest" });
  if (isMade && element.matches("article[id]")) {
    const list = element.closest("ol");
    if (list.nextElementSibling?.matches(".branch, .replies")) list.classList.replace("chain", "fork");
    element.classList.add("is-here");
    history.replaceState(history.state, "", `#${element.id}`);
  }
}

/** Focus fell to the page because its element was swapped away: the same button again, else the post. */
function rescueFocus() {
  if (!focus || document.activeElement !== document.body) return;
  const { name, value, post } = focus;
  const form = document.getElementById(focus.form);
  const fields = [...(form?.elements ?? [])];
  const sameField = name && fields.find((field) => field.name === name && field.value === value);
  const inForm = sameField || form?.querySelector("[aria-invalid=true], textarea");
  const next = inForm ?? post ?? document.getElementById("main");
  next.focus({ preventScroll: true });
}

// ---- Reply and Quote: never a second composer over the first, and words go to the one that is open

document.addEventListener("selectionchange", () => {
  if (!getSelection().isCollapsed) quietly(import("./quoting.js"));
});

document.addEventListener("forum:quote", async ({ target, detail }) => {
  (await import("./quoting.js")).quoteSelectionOrPost(detail?.post ?? target);
});

document.addEventListener("htmx:configRequest", (event) => {
  const { verb, path, elt } = event.detail;
  const [, number, query] = path.match(/^\/p\/(\d+)\/reply\/(.*)/) ?? [];
  if (verb !== "get" || !number) return;
  const there = document.querySelector(`#p${number} + .note, #reply-${number} textarea`);
  const quotes = query && document.querySelector(COMPOSER);
  if (!quotes && !there) return;
  event.preventDefault();
  if (quotes) import("./quoting.js").then(({ quote }) => quote(elt.closest(".post")));
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

// ---- Logging out: no drafts are left on the device

function leavesDrafts() {
  try {
    return document.querySelector(COMPOSER) || Object.keys(localStorage).some((key) => key.startsWith("draft "));
  } catch {
    return false; // nothing may be kept here
  }
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.dataset.jsLeaves || form.dataset.jsUploaded || !leavesDrafts()) return;
  event.preventDefault();
  form.dataset.jsUploaded = "true";
  const uploading = import("./logout.js").then(({ uploadDrafts }) => uploadDrafts(form));
  quietly(uploading).then(() => form.requestSubmit(submitter));
}, true);

// ---- Times in the reader's own zone

const { jsZone: pageZone } = document.documentElement.dataset;
if (pageZone && pageZone !== Intl.DateTimeFormat().resolvedOptions().timeZone) quietly(import("./times.js"));

// ---- Pages kept for the Back button: each is for the person who was logged in when it was made

const reader = document.querySelector("[data-js-leaves]")?.dataset.jsLeaves ?? "";

/** Whether nobody has logged in or out since this page was made. */
function isSameReader() {
  try {
    return localStorage.reader === reader;
  } catch {
    return true; // nothing may be kept here; the server asks the browser to drop such pages, too
  }
}

/** Reloads a page that the browser kept, if somebody has logged in or out since; else updates its counts. */
function checkKept() {
  if (!isSameReader()) {
    document.body.hidden = true;
    location.reload();
  } else if (reader && document.querySelector("main [data-js-live-count]")) {
    quietly(import("./dom.js").then(({ refreshCounts }) => refreshCounts()));
  }
}

addEventListener("pageshow", ({ persisted }) => { if (persisted) checkKept(); });
if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") checkKept();
try {
  localStorage.reader = reader;
} catch { /* nothing may be kept here */ }

// Whether there are new replies is asked later, or when somebody wants to know.
if (document.querySelector("[data-js-arrivals]")) {
  setTimeout(() => quietly(import("./live_updates.js")), 20_000);
  document.addEventListener("forum:show-arrivals", async () => (await import("./live_updates.js")).check());
}

const awaited = document.querySelector("[data-focus]");
if (awaited) focusOn(awaited, false);
init();
