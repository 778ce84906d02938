/* What comes while a thread is read: asked for now and then, told as a count, and put where it
   belongs when somebody wants to see it. The text that is being read stays where it is. */

import { fetchFragment, RequestError } from "./dom.js";

const modules = document.getElementById("forum-js").dataset;
const box = document.querySelector("[data-js-arrivals]");
const status = document.getElementById("status");
const bar = document.querySelector(".bar");
const { jsOrder: order } = document.querySelector("[data-js-order]").dataset;
const address = box.dataset.jsArrivals;

const SECOND = 1000;
const EVERY = 20 * SECOND; // and up to …
const SPREAD = 10 * SECOND; // … so much later, that not all ask at once
const IDLE_AFTER = 300 * SECOND; // without a sign of the reader
const IDLE = 120 * SECOND;
const LONGEST = 900 * SECOND;
const SAID_EVERY = 60 * SECOND;
const FOR_GOOD = [401, 403, 404, 410]; // not asked again

let number = Number(box.dataset.jsNumber); // of the last change that the page shows,
let known = number; // and of the last that was told
let timer = 0;
let failures = 0;
let problem = null; // why the last question got no answer
let isOver = false;
let isComposing = false;
let active = Date.now();

// ---- Asking

async function fetched(query) {
  const { status: code, ok, headers, page } = await fetchFragment(`${address}?after=${number}${query}`);
  return { code, ok, headers, part: code === 200 ? page.querySelector("[data-number]") : null };
}

const secondsIn = (retryAfter) => Number(retryAfter) * SECOND || 0; // a date is left unread

function plan(wait = 0) {
  clearTimeout(timer);
  if (isOver || document.visibilityState !== "visible") return;
  const every = Date.now() - active > IDLE_AFTER ? IDLE : EVERY + Math.random() * SPREAD;
  timer = setTimeout(ask, Math.max(wait, Math.min(LONGEST, every * 2 ** failures)));
}

/** Whether there is anything that the page does not show. */
async function ask() {
  clearTimeout(timer);
  let wait = 0;
  // What is being put together from several keys must not be disturbed.
  if (!isComposing) {
    try {
      const { code, ok, headers, part } = await fetched(`&known=${known}`);
      if (FOR_GOOD.includes(code)) isOver = true;
      if (part) tell(part);
      failures = ok ? 0 : failures + 1;
      problem = null;
      wait = secondsIn(headers.get("Retry-After"));
    } catch (error) {
      failures += 1;
      problem = error;
      wait = secondsIn(error.retryAfter);
    }
  }
  plan(wait);
  return known > number;
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && !isOver) ask();
  else clearTimeout(timer);
});
document.addEventListener("compositionstart", () => { isComposing = true; });
document.addEventListener("compositionend", () => { isComposing = false; });
for (const sign of ["pointermove", "scroll", "keydown", "touchstart"]) {
  addEventListener(sign, () => { active = Date.now(); }, { passive: true });
}

// ---- Telling: a count, and no more than one message a minute

let said = -Infinity;
let saying = 0;

function say(words) {
  clearTimeout(saying);
  const now = Date.now();
  const wait = said + SAID_EVERY - now;
  if (wait > 0) {
    saying = setTimeout(say, wait, words);
    return;
  }
  said = now;
  status.textContent = words;
}

function clear() {
  box.replaceChildren();
  bar?.querySelector("[data-waiting]")?.remove();
}

function tell(part) {
  known = Number(part.dataset.number);
  const line = part.querySelector("p");
  const button = part.querySelector("[data-waiting]");
  const before = box.textContent;
  if (line) {
    clear();
    box.append(line);
    bar?.append(button);
  }
  if (line && box.textContent !== before) say(line.textContent);
  for (const note of part.querySelectorAll("[data-post]")) mark(document.getElementById(note.dataset.post), note);
  for (const tombstone of part.querySelectorAll("article")) bury(tombstone);
}

/** One line under the byline, or, where that would push the text that is read, at the post's end. */
function mark(post, note) {
  if (!post) return;
  post.querySelector("[data-post]")?.remove();
  const line = post.querySelector(".by");
  const height = post.offsetHeight;
  if (line) line.append(note);
  if (line && post.offsetHeight === height) return;
  (post.querySelector(".acts") ?? post).append(note);
}

/** What a moderator hid is taken away at once; its room stays until it is out of sight. */
function bury(tombstone) {
  const post = document.getElementById(tombstone.id);
  if (!post || post.matches(".gone, .op")) return;
  const { height } = post.getBoundingClientRect();
  tombstone.style.minBlockSize = `${height}px`;
  replace(post, tombstone);
  const watcher = new IntersectionObserver(([{ isIntersecting }]) => {
    if (isIntersecting) return;
    watcher.disconnect();
    still(() => { tombstone.style.minBlockSize = ""; });
  });
  watcher.observe(tombstone);
}

function replace(post, now) {
  const had = post.contains(document.activeElement);
  post.replaceWith(now);
  htmx.process(now);
  if (had) now.focus({ preventScroll: true });
}

// ---- Showing

/** Does something without moving the post that is read. */
function still(deed) {
  const posts = [...document.querySelectorAll(".post[id]")];
  const { id } = posts.find((post) => post.getBoundingClientRect().bottom > 0) ?? posts[0];
  const top = () => document.getElementById(id).getBoundingClientRect().top;
  const before = top();
  deed();
  scrollBy({ top: top() - before, behavior: "instant" });
  return document.getElementById(id);
}

const listsOf = (post) => (post.matches(".op")
  ? [...document.querySelectorAll(".answers > .top-level")]
  : [...post.parentElement.querySelectorAll(":scope > ol, :scope > details > ol")]);

/** The one of a list's own items that an element is in. */
function itemOf(list, element) {
  let item = element.closest(".node");
  while (item && item.parentElement !== list) item = item.parentElement.closest(".node");
  return item;
}

/** Puts a reply where it belongs; false when that is not on this page. */
function place(node) {
  const answered = document.getElementById(`p${node.dataset.parent}`);
  const before = document.getElementById(`p${node.dataset.after}`);
  const isBranch = answered?.matches(".op");
  if (order === "time" || (isBranch && order !== "tree")) return placeAtEdge(node);
  if (!answered || !before) return false;
  const lists = listsOf(answered);
  const list = lists.at(-1) ?? document.createElement("ol");
  if (!lists.length) {
    list.className = "replies chain";
    list.role = "list";
    answered.parentElement.append(list);
  }
  const item = lists.map((one) => itemOf(one, before)).findLast(Boolean);
  const outermost = itemOf(before.closest(".top-level"), before);
  if (before === answered || isBranch && before.matches(".op")) list.prepend(node);
  else if (item && item.parentElement === list) item.after(node);
  else if (answered.parentElement.contains(before)) list.append(node);
  else outermost.after(node); // of a part that was added by itself
  if (list.matches(".chain") && list.querySelectorAll(":scope > .node").length > 1) list.classList.replace("chain", "fork");
  return true;
}

/** By time what is new comes last, of branches first. */
function placeAtEdge(node) {
  const lists = document.querySelectorAll(".answers > .top-level");
  const isLast = order === "time";
  if (document.querySelector(`.more-row [rel=${isLast ? "next" : "prev"}]`)) return false;
  if (isLast) lists[lists.length - 1].append(node);
  else lists[0].prepend(node);
  return true;
}

function tellElsewhere(nodes, { elsewhereOne, elsewhereMany, elsewhere, go }) {
  const line = document.createElement("p");
  const link = document.createElement("a");
  line.append(nodes.length === 1 ? elsewhereOne : elsewhereMany.replace("{count}", nodes.length), " ", link);
  link.href = `/p/${nodes[0].querySelector("article").id.slice(1)}/`;
  link.textContent = go;
  box.replaceChildren(line);
  const button = link.cloneNode();
  button.className = "btn";
  button.dataset.waiting = "";
  button.textContent = elsewhere.replace("{count}", nodes.length);
  bar?.append(button);
  return line.textContent;
}

async function show(what) {
  const [{ code, part }, { follow }] = await Promise.all([fetched(`&show=${what}`), import(modules.joined)]);
  if (!part) throw new Error(code);
  const nodes = [...part.querySelectorAll(".node")].filter((node) => !document.getElementById(node.querySelector("article").id));
  const changed = [...part.querySelectorAll(":scope > article")].filter(({ id }) => document.getElementById(id));
  const elsewhere = [];
  const shown = [];
  const eye = still(() => {
    for (const node of nodes) (place(node) ? shown : elsewhere).push(node);
    for (const now of changed) replace(document.getElementById(now.id), now);
    for (const { dataset, textContent } of part.querySelectorAll("[data-into]")) {
      const into = document.getElementById(dataset.into);
      if (into) into.textContent = textContent;
    }
    follow(part.querySelector("[data-replies]"));
  });
  for (const node of shown) htmx.process(node);
  return { part, changed, elsewhere, shown, eye };
}

async function showAll() {
  if (known === number && !(await ask())) return;
  const { part, changed, elsewhere, shown, eye } = await show("all");
  number = Number(part.dataset.number);
  known = Math.max(known, number);
  clear();
  clearTimeout(saying);
  const isAbove = (node) => node.compareDocumentPosition(eye) & Node.DOCUMENT_POSITION_FOLLOWING;
  const above = shown.filter(isAbove).length;
  const words = [];
  if (shown.length) words.push(part.dataset.above.replace("{above}", above).replace("{below}", shown.length - above));
  if (elsewhere.length) words.push(tellElsewhere(elsewhere, part.dataset));
  status.textContent = words.join(" ") || part.dataset.changed;
  const first = shown[0]?.querySelector("article") ?? changed[0];
  const fold = first?.closest("details:not([open])");
  (fold?.querySelector("summary") ?? first)?.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("forum:posts-added"));
}

async function showOne(link) {
  const { part, changed } = await show(link.dataset.jsShow);
  if (!changed.length) throw new Error("not a reply");
  status.textContent = part.dataset.changed;
  changed[0].focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("forum:posts-added"));
}

const lead = () => location.assign(`${address}?after=${number}`);

/** Where the forum did not respond, a page of its own would not come either: forum.js says so. */
function giveUp(error, leave = lead) {
  if (error instanceof RequestError) throw error;
  leave();
}

/** The link at the end of the thread, or a key: what came is shown, that nothing did is said. */
export async function check() {
  const isMore = await ask();
  if (failures) giveUp(problem);
  else if (isMore) showAll().catch((error) => giveUp(error));
  else status.textContent = box.dataset.jsNone;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-js-show], [data-js-check]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const { jsShow } = link.dataset;
  if (!jsShow) check();
  else if (jsShow === "all") showAll().catch((error) => giveUp(error));
  else showOne(link).catch((error) => giveUp(error, () => location.assign(link.href)));
});

// Who is writing may be in the middle of a character that takes several keys.
if (document.visibilityState === "visible" && !document.activeElement.matches("textarea, input")) ask();
else plan();
