/* Functions that several scripts share: requests, folds, focus, and keeping the text in its place. */

// ---- Requests

const { jsOffline: OFFLINE, jsForeign: FOREIGN, jsBroken: BROKEN } = document.getElementById("alert").dataset;

/** The forum did not respond. The message is for the reader; forum.js shows it if nothing catches it. */
export class RequestError extends Error {
  name = "RequestError";

  constructor(message, retryAfter = null) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

export const parseHtml = (html) => new DOMParser().parseFromString(html, "text/html");

/**
 * Requests a part of a page, or a whole one. Throws `RequestError` unless the forum itself responded,
 * and all of its response came.
 */
export async function fetchFragment(address, { isPage = false, ...options } = {}) {
  let response;
  let html;
  try {
    response = await fetch(address, { ...options, headers: isPage ? {} : { "HX-Request": "true" } });
    html = await response.text();
  } catch (error) {
    throw error.name === "AbortError" ? error : new RequestError(OFFLINE);
  }
  const { status, ok, headers } = response;
  // Something else may have responded: see forum.middleware.ResponseMark.
  if (!headers.has("Plait-Response")) {
    throw new RequestError(status < 500 ? FOREIGN : BROKEN, headers.get("Retry-After"));
  }
  return { status, ok, headers, page: parseHtml(html) };
}

/** Puts the CSRF token of a response into the forms of this page; returns whether it had one. */
export function refreshToken(page) {
  const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!token) return false;
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  return true;
}

// ---- Telling the reader

const status = document.getElementById("status");

/** Shows a message for a moment, and has it read out. Text only for screen readers goes into `#status`. */
export function say(words) {
  const toast = document.createElement("span");
  toast.className = "toast";
  toast.textContent = words;
  status.replaceChildren(toast);
}

/** Updates the counts of unread posts, replies and notifications from a response. */
export function updateCounts(page) {
  for (const fresh of page.querySelectorAll("[data-js-live-count]")) {
    for (const shown of document.querySelectorAll(`[data-js-live-count="${fresh.dataset.jsLiveCount}"]`)) {
      if (shown.textContent === fresh.textContent) continue;
      shown.replaceChildren(...document.importNode(fresh, true).childNodes);
    }
  }
  const count = page.querySelector("[data-js-unread]")?.dataset.jsUnread;
  if (count === undefined) return;
  for (const element of document.querySelectorAll("[data-js-if-unread]")) element.hidden = !count;
  document.title = document.title.replace(/^(\([\d,+]+\) )?/, count && `(${count}) `);
}

/** When the browser restores a page as it was left, its counts are requested again. */
export async function refreshCounts() {
  const { ok, page } = await fetchFragment(location.href, { isPage: true });
  if (ok) updateCounts(page);
}

// ---- Fields

/** Whether a key belongs to an input method; Safari's last one is recognised by its code alone. */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** Replaces a part of a field as if it were typed, so that the browser can undo it. */
export function insertText(field, text, start, end) {
  field.focus({ preventScroll: true });
  field.setSelectionRange(start, end);
  // Deprecated, but there is no other way into the browser's history.
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// ---- Place on the screen

export const isAfter = (node, other) => Boolean(node.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);

/** The post being read: the topmost one that reaches into the window. */
export function topmostPost(posts = document.querySelectorAll(".post[id]")) {
  return [...posts].find((post) => post.getBoundingClientRect().bottom > 0);
}

/** Scrolls until an element is `top` pixels below the edge of the window; returns by how much. */
export function scrollToOffset(element, top) {
  const offset = element.getBoundingClientRect().top - top;
  if (Math.abs(offset) >= 1) scrollBy({ top: offset, behavior: "instant" });
  return offset;
}

/** Changes the page without moving a post, which the change may replace. */
export function keepInPlace(change, { id } = topmostPost() ?? document.querySelector(".post[id]")) {
  const { top } = document.getElementById(id).getBoundingClientRect();
  change();
  scrollToOffset(document.getElementById(id), top);
}

/** Draws a list of replies as a fork once it holds more than one. */
export function updateListShape(list) {
  const replies = list.querySelectorAll(":scope > .node");
  if (replies.length > 1) list.classList.replace("chain", "fork");
}

/** Opens every closed fold around an element. */
export function openAncestors(element) {
  const closed = "details:not([open])";
  for (let fold = element.closest(closed); fold; fold = fold.closest(closed)) fold.open = true;
}

export function focusPost(post) {
  openAncestors(post);
  post.focus({ preventScroll: true });
  post.scrollIntoView({ block: "start", behavior: "instant" });
}
