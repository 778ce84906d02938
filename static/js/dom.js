/* What several scripts need that come later than forum.js: requests to the forum. */

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

/** Requests a part of a page. Throws `RequestError` unless a whole response of the forum's own came. */
export async function fetchFragment(address, options = {}) {
  let response;
  let html;
  try {
    response = await fetch(address, { ...options, headers: { "HX-Request": "true" } });
    html = await response.text();
  } catch (error) {
    throw error.name === "AbortError" ? error : new RequestError(OFFLINE);
  }
  const { status, ok, headers } = response;
  // Something else may have responded: see forum.middleware.ResponseMark.
  if (!headers.has("Plait-Response")) throw new RequestError(status < 500 ? FOREIGN : BROKEN, headers.get("Retry-After"));
  return { status, ok, headers, page: parseHtml(html) };
}

/** Puts the fresh CSRF token of a response into the forms of this page; tells whether it had one. */
export function refreshToken(page) {
  const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!token) return false;
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  return true;
}
