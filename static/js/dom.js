/* What several scripts share: requests to the forum, folds, focus, and keeping the text in its place. */

// ---- Requests

const { jsOffline: OFFLINE, jsForeign: FOREIGN, jsBroken: BROKEN } = document.getElementById("alert").dataset;

/** No response of the forum's came; the message is for the reader. Uncaught, forum.js shows it. */
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

/** Puts the fresh CSRF token of a response into the forms of this page; tells whether it had one. */
export function refreshToken(page) {
  const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!token) return false;
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  return true;
}

// ---- Events

/** Whether a click asks for a new tab or window, which is the browser's business. */
export const hasModifier = ({ ctrlKey, metaKey, shiftKey }) => ctrlKey || metaKey || shiftKey;

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
