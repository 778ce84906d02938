/* What is new: posts that have been on the screen are told to the server, which keeps what each
   member has seen; and one button leads from new post to new post, through folds and over the
   page's end. Posts that somebody has not seen carry data-n, the number of their wording. */

import { fetchFragment } from "./dom.js";

const root = document.querySelector("[data-js-seen]");
const status = document.getElementById("status");
const { jsSeen: address, jsNext: nextPath, jsNone: noMore, jsFirst: noneBefore, jsOrder: order } = root.dataset;
const ENOUGH = 0.6; // of a post, or so many pixels of a long one,
const PIXELS = 200;
const LONG_ENOUGH = 1000; // for so many milliseconds
const PATIENCE = 2000; // before what was seen is sent
// Told of each doubling: one of them falls on the first screen even of a post of fifty.
const threshold = [0, ...Array.from({ length: 8 }, (_, n) => ENOUGH / 2 ** n), 1];

const timers = new Map();
let waiting = [];
let sending = 0;

// ---- Seen: long enough on a screen that somebody looks at

function note(post) {
  timers.delete(post);
  if (document.visibilityState !== "visible" || !document.hasFocus()) return;
  watcher.unobserve(post);
  waiting.push(post.dataset.n);
  delete post.dataset.n;
  sending ||= setTimeout(send, PATIENCE);
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting, intersectionRatio, intersectionRect } of entries) {
    const isShown = isIntersecting && (intersectionRatio >= ENOUGH || intersectionRect.height >= PIXELS);
    if (isShown && timers.has(target)) continue;
    clearTimeout(timers.get(target));
    timers.delete(target);
    if (isShown) timers.set(target, setTimeout(note, LONG_ENOUGH, target));
  }
}, { threshold });

function watch() {
  for (const post of document.querySelectorAll("article[data-n]")) watcher.observe(post);
}

/** Away and back: what is on the screen has to stay there again. */
function begin() {
  watcher.disconnect();
  watch();
}

async function send() {
  clearTimeout(sending);
  sending = 0;
  const numbers = waiting;
  if (!numbers.length) return;
  waiting = [];
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const body = new URLSearchParams({ numbers: numbers.join(), csrfmiddlewaretoken: token });
  try {
    const { ok, page } = await fetchFragment(address, { method: "POST", body, keepalive: true });
    if (!ok) throw new Error("not taken");
    document.getElementById("inbox-count").textContent = page.body.textContent;
  } catch {
    waiting.push(...numbers); // with what is seen next, or on leaving; else they stay new
  }
}

addEventListener("focus", begin);
addEventListener("pagehide", send);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") begin();
  else send();
});

// ---- The next new post

let news = []; // as it was when they came, in the order of the page
const start = document.querySelector("[data-js-to-new]");
let here = document.querySelector("article:target"); // the post that was gone to last

function takeIn() {
  watch();
  const added = [...document.querySelectorAll("article[data-n].is-new")].filter((post) => !news.includes(post));
  news = [...news, ...added].sort((one, other) => (isAfter(one, other) ? -1 : 1));
}

const isAfter = (post, other) => Boolean(post.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);

document.addEventListener("htmx:afterSettle", takeIn);
document.addEventListener("forum:posts-added", takeIn);
takeIn();

/** What changed in a post since it was seen; asked for once, by its own link. */
function showChange(post) {
  post?.querySelector(".by a[hx-trigger]")?.click();
}

if (document.readyState === "complete") showChange(here);
else addEventListener("load", () => showChange(here));

function visit(post) {
  here = post;
  document.dispatchEvent(new CustomEvent("forum:jump"));
  for (let fold = post.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) fold.open = true;
  post.focus({ preventScroll: true });
  post.scrollIntoView({ block: "start" });
  showChange(post);
}

/** Goes to the next new post, or back to the one before; beyond the page the server knows. */
function nextNew(from, back = false) {
  if (!start && !news.length) {
    status.textContent = noMore;
    return;
  }
  // In another order than the tree's only the server knows which is next.
  const known = order === "tree" ? news.filter((post) => post.isConnected && post !== from) : [];
  const isAbove = !from && !back && start && !start.hash; // the first of all
  const ahead = known.filter((post) => !from || isAfter(from, post) !== back);
  const post = isAbove ? null : ahead.at(back ? -1 : 0);
  if (post) visit(post);
  else if (back) status.textContent = noneBefore;
  else leave(from);
}

async function leave(from) {
  await send();
  const end = [...document.querySelectorAll(".replies article")].at(-1);
  const last = from && order === "tree" ? end ?? from : from;
  location.assign(last ? `${nextPath}?from=${last.id}&reading=${from.id}` : nextPath);
}

const current = () => document.activeElement.closest("article.post") ?? here;

document.addEventListener("forum:next-new", ({ detail }) => nextNew(current(), detail?.back));
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-js-to-new], a.new");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  nextNew(link.closest("article") ?? current());
});
