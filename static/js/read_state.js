/* Read state: reports posts that have been on the screen, and leads from one unread post to the next, through
   folds and across pages. Unread posts carry data-n, the number of their revision. */

import { fetchFragment, focusPost, isAfter, say, updateCounts } from "./dom.js";

const root = document.querySelector("[data-js-seen]");
const { jsSeen: address, jsNext: nextPath, jsNone: noMore, jsFirst: noneBefore, jsOrder: order } = root.dataset;
const ENOUGH = 0.6; // of a post, or so many pixels of a long one,
const PIXELS = 200;
const LONG_ENOUGH = 1000; // for so many milliseconds
const PAUSE = 12_000; // before what was seen is sent
// Halved again and again: one of them is met even by a post fifty screens long.
const threshold = [0, ...Array.from({ length: 8 }, (_, n) => ENOUGH / 2 ** n), 1];

const timers = new Map();
let waiting = [];
let sending = 0;

// ---- Seen: long enough on a screen that somebody looks at

function markSeen(post) {
  timers.delete(post);
  if (document.visibilityState !== "visible" || !document.hasFocus()) return;
  watcher.unobserve(post);
  waiting.push(post.dataset.n);
  delete post.dataset.n;
  sending ||= setTimeout(send, PAUSE);
  if (!document.querySelector("article[data-n]")) setTimeout(send, LONG_ENOUGH);
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting, intersectionRatio, intersectionRect } of entries) {
    const isShown = isIntersecting && (intersectionRatio >= ENOUGH || intersectionRect.height >= PIXELS);
    if (isShown && timers.has(target)) continue;
    clearTimeout(timers.get(target));
    timers.delete(target);
    if (isShown) timers.set(target, setTimeout(markSeen, LONG_ENOUGH, target));
  }
}, { threshold });

function watch() {
  for (const post of document.querySelectorAll("article[data-n]")) watcher.observe(post);
}

/** After the window was in the background, the time on screen starts again. */
function restart() {
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
    updateCounts(page);
  } catch {
    waiting.push(...numbers); // with what is seen next, or on leaving; else they stay new
  }
}

addEventListener("focus", restart);
addEventListener("pagehide", send);
addEventListener("pointerdown", send); // the next page may show what is unread
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") restart();
  else send();
});

// ---- The next unread post

let unread = []; // as of when they were loaded, in the order of the page
const start = document.querySelector("[data-js-to-new]");
const hasUnread = () => start && !start.hidden;
let targetPost = document.querySelector("article:target"); // the post that was gone to last

function addUnread() {
  watch();
  const added = [...document.querySelectorAll("article[data-n].is-unread")].filter((post) => !unread.includes(post));
  unread = [...unread, ...added].sort((one, other) => (isAfter(one, other) ? -1 : 1));
}

document.addEventListener("htmx:afterSettle", addUnread);
document.addEventListener("forum:posts-added", addUnread);
addUnread();

/** Shows what changed in a post since it was seen; requested once, by its own link. */
function showChange(post) {
  post?.querySelector(".byline a[hx-trigger]")?.click();
}

if (document.readyState === "complete") showChange(targetPost);
else addEventListener("load", () => showChange(targetPost));

function visit(post) {
  targetPost = post;
  document.dispatchEvent(new CustomEvent("forum:jump"));
  focusPost(post);
  showChange(post);
}

/** Goes to the next unread post, or back to the one before; beyond the page the server knows it. */
function goToUnread(from, back = false) {
  if (!hasUnread() && !unread.length) {
    say(noMore);
    return;
  }
  // In another order than the tree's only the server knows which is next.
  const candidates = order === "tree" ? unread.filter((post) => post.isConnected && post !== from) : [];
  const isAbove = !from && !back && hasUnread() && !start.hash; // the first of all
  const ahead = candidates.filter((post) => !from || isAfter(from, post) !== back);
  const post = isAbove ? null : ahead.at(back ? -1 : 0);
  if (post) visit(post);
  else if (back) say(noneBefore);
  else goToNextPage(from);
}

async function goToNextPage(from) {
  await send();
  const end = [...document.querySelectorAll(".replies article")].at(-1);
  const last = from && order === "tree" ? end ?? from : from;
  location.assign(last ? `${nextPath}?from=${last.id}&reading=${from.id}` : nextPath);
}

const current = () => document.activeElement.closest("article.post") ?? targetPost;

document.addEventListener("forum:next-new", ({ detail }) => goToUnread(current(), detail?.back));
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-js-to-new], a.unread-mark");
  if (!link) return;
  event.preventDefault();
  goToUnread(link.closest("article") ?? current());
});
