/* Live updates of a thread: new replies are polled, announced as a count, and inserted on request.
   The text that is being read does not move. */

import { fetchFragment, isAfter, keepInPlace, RequestError, say, topmostPost } from "./dom.js";
import { updatePage } from "./page_updates.js";
import { place } from "./reply_places.js";

const box = document.querySelector("[data-js-arrivals]");
const status = document.getElementById("status");
const bar = document.querySelector(".thread-bar");
const address = box.dataset.jsArrivals;

const SECOND = 1000;
const INTERVAL = 20 * SECOND; // and up to …
const SPREAD = 10 * SECOND; // … so much later, so that not all ask at once
const IDLE_AFTER = 300 * SECOND; // without a sign of the reader
const IDLE_INTERVAL = 120 * SECOND;
const LONGEST_INTERVAL = 900 * SECOND;
const ANNOUNCE_INTERVAL = 60 * SECOND;
const FINAL_STATUSES = [401, 403, 404, 410]; // not asked again

let number = Number(box.dataset.jsNumber); // of the last change that the page shows,
let known = number; // and of the last that was announced
let timer = 0;
let failures = 0;
let problem = null; // why the last request got no response
let isOver = false;
let isComposing = false;
let active = Date.now();

// ---- Asking

async function fetched(query) {
  const { status: code, ok, headers, page } = await fetchFragment(`${address}?after=${number}${query}`);
  return { code, ok, headers, part: code === 200 ? page.querySelector("[data-number]") : null };
}

const secondsIn = (retryAfter) => Number(retryAfter) * SECOND || 0; // a date is left unread

function scheduleAsk(wait = 0) {
  clearTimeout(timer);
  if (isOver || document.visibilityState !== "visible") return;
  const every = Date.now() - active > IDLE_AFTER ? IDLE_INTERVAL : INTERVAL + Math.random() * SPREAD;
  timer = setTimeout(ask, Math.max(wait, Math.min(LONGEST_INTERVAL, every * 2 ** failures)));
}

/** Asks whether there is anything that the page does not show. */
async function ask() {
  clearTimeout(timer);
  let wait = 0;
  // A character that takes several keys must not be disturbed.
  if (!isComposing) {
    try {
      const { code, ok, headers, part } = await fetched(`&known=${known}`);
      if (FINAL_STATUSES.includes(code)) isOver = true;
      if (part) announceCount(part);
      failures = ok ? 0 : failures + 1;
      problem = null;
      wait = secondsIn(headers.get("Retry-After"));
    } catch (error) {
      failures += 1;
      problem = error;
      wait = secondsIn(error.retryAfter);
    }
  }
  scheduleAsk(wait);
  return known > number;
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && !isOver) ask();
  else clearTimeout(timer);
});
document.addEventListener("compositionstart", () => { isComposing = true; });
document.addEventListener("compositionend", () => { isComposing = false; });
for (const kind of ["pointermove", "scroll", "keydown", "touchstart"]) {
  addEventListener(kind, () => { active = Date.now(); }, { passive: true });
}

// ---- Announcing: a count, and no more than one message a minute

let announcedAt = -Infinity;
let announcing = 0;

function announce(message) {
  clearTimeout(announcing);
  const now = Date.now();
  const wait = announcedAt + ANNOUNCE_INTERVAL - now;
  if (wait > 0) {
    announcing = setTimeout(announce, wait, message);
    return;
  }
  announcedAt = now;
  status.textContent = message;
}

/** The Reply button stays at the end. */
function addToBar(button) {
  bar?.insertBefore(button, bar.querySelector("a:last-of-type"));
}

function clear() {
  box.replaceChildren();
  bar?.querySelector("[data-waiting]")?.remove();
}

function announceCount(part) {
  known = Number(part.dataset.number);
  const line = part.querySelector("p");
  const button = part.querySelector("[data-waiting]");
  const before = box.textContent;
  if (line) {
    clear();
    box.append(line);
    addToBar(button);
  }
  if (line && box.textContent !== before) announce(line.textContent);
  for (const note of part.querySelectorAll("[data-post]")) addNote(document.getElementById(note.dataset.post), note);
  for (const tombstone of part.querySelectorAll("article")) replaceWithTombstone(tombstone);
}

/** Adds a line under the byline, or, where that would push the text being read, at the end of the post. */
function addNote(post, note) {
  if (!post) return;
  post.querySelector("[data-post]")?.remove();
  const line = post.querySelector(".byline");
  const height = post.offsetHeight;
  if (line) line.append(note);
  if (line && post.offsetHeight === height) return;
  (post.querySelector(".post-actions") ?? post).append(note);
}

/** Removes at once what a moderator hid; its space stays until it is out of sight. */
function replaceWithTombstone(tombstone) {
  const post = document.getElementById(tombstone.id);
  if (!post || post.matches(".tombstone, .opening-post")) return;
  const { height } = post.getBoundingClientRect();
  tombstone.style.minBlockSize = `${height}px`;
  replacePost(post, tombstone);
  const watcher = new IntersectionObserver(([{ isIntersecting }]) => {
    if (isIntersecting) return;
    watcher.disconnect();
    keepInPlace(() => { tombstone.style.minBlockSize = ""; });
  });
  watcher.observe(tombstone);
}

function replacePost(post, now) {
  const had = post.contains(document.activeElement);
  post.replaceWith(now);
  htmx.process(now);
  if (had) now.focus({ preventScroll: true });
}

// ---- Showing

function linkElsewhere(nodes, { elsewhereOne, elsewhereMany, elsewhere, go }) {
  const line = document.createElement("p");
  const link = document.createElement("a");
  line.append(nodes.length === 1 ? elsewhereOne : elsewhereMany.replace("{count}", nodes.length), " ", link);
  link.href = `/p/${nodes[0].querySelector("article").id.slice(1)}/`;
  link.textContent = go;
  box.replaceChildren(line);
  const button = link.cloneNode();
  button.className = "button";
  button.dataset.waiting = "";
  button.textContent = elsewhere.replace("{count}", nodes.length);
  addToBar(button);
  return line.textContent;
}

async function show(what) {
  const { code, part } = await fetched(`&show=${what}`);
  if (!part) throw new Error(code);
  const isInPage = (post) => Boolean(document.getElementById(post.id));
  const nodes = [...part.querySelectorAll(".node")].filter((node) => !isInPage(node.querySelector("article")));
  const changed = [...part.querySelectorAll(":scope > article")].filter(isInPage);
  const elsewhere = [];
  const shown = [];
  const { id: read } = topmostPost() ?? document.querySelector(".post[id]");
  keepInPlace(() => {
    for (const node of nodes) (place(node) ? shown : elsewhere).push(node);
    for (const now of changed) replacePost(document.getElementById(now.id), now);
  });
  for (const node of shown) htmx.process(node);
  updatePage().catch(() => null); // the replies are there
  return { part, changed, elsewhere, shown, read: document.getElementById(read) };
}

async function showAll() {
  if (known === number && !(await ask())) return;
  const { part, changed, elsewhere, shown, read } = await show("all");
  number = Number(part.dataset.number);
  known = Math.max(known, number);
  clear();
  clearTimeout(announcing);
  const above = shown.filter((node) => isAfter(node, read)).length;
  const words = [];
  if (shown.length) words.push(part.dataset.above.replace("{above}", above).replace("{below}", shown.length - above));
  if (elsewhere.length) words.push(linkElsewhere(elsewhere, part.dataset));
  say(words.join(" ") || part.dataset.changed);
  const first = shown[0]?.querySelector("article") ?? changed[0];
  const fold = first?.closest("details:not([open])");
  (fold?.querySelector("summary") ?? first)?.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("forum:posts-added"));
}

async function showOne(link) {
  const { part, changed } = await show(link.dataset.jsShow);
  if (!changed.length) throw new Error("not a reply");
  say(part.dataset.changed);
  changed[0].focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("forum:posts-added"));
}

const leave = () => location.assign(`${address}?after=${number}`);

/** Goes to a page that shows the replies, unless the forum did not respond: then forum.js says so. */
function giveUp(error, go = leave) {
  if (error instanceof RequestError) throw error;
  go();
}

/** Shows new replies, or says that there are none: for the link at the end of the thread, or a key. */
export async function check() {
  const isMore = await ask();
  if (failures) giveUp(problem);
  else if (isMore) showAll().catch((error) => giveUp(error));
  else say(box.dataset.jsNone);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-js-show], [data-js-check]");
  if (!link) return;
  event.preventDefault();
  const { jsShow } = link.dataset;
  if (!jsShow) check();
  else if (jsShow === "all") showAll().catch((error) => giveUp(error));
  else showOne(link).catch((error) => giveUp(error, () => location.assign(link.href)));
});

// Who is writing may be in the middle of a character that takes several keys.
if (document.visibilityState === "visible" && !document.activeElement.matches("textarea, input")) ask();
else scheduleAsk();
