/* What is new: posts that have been on the screen are told to the server, which keeps what each
   member has seen; and one button leads from new post to new post, through folds and over the
   page's end. Posts that somebody has not seen carry data-n, the number of their wording. */

const root = document.querySelector("[data-js-seen]");
const status = document.getElementById("status");
const { jsSeen: address, jsNext: nextPath, jsNone: noMore, jsOrder: order } = root.dataset;
const ENOUGH = 0.6; // of a post, or so many pixels of a long one,
const PIXELS = 200;
const LONG_ENOUGH = 1000; // for so many milliseconds
const PATIENCE = 2000; // before what was seen is sent

const timers = new Map();
let waiting = [];
let sending = 0;

// ---- Seen: long enough on a screen that somebody looks at

const isLookedAt = () => document.visibilityState === "visible" && document.hasFocus();

function note(post) {
  timers.delete(post);
  if (!isLookedAt()) return;
  watcher.unobserve(post);
  waiting.push(post.dataset.n);
  sending ||= setTimeout(send, PATIENCE);
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting, intersectionRatio, intersectionRect } of entries) {
    const isShown = isIntersecting && (intersectionRatio >= ENOUGH || intersectionRect.height >= PIXELS);
    clearTimeout(timers.get(target));
    timers.delete(target);
    if (isShown) timers.set(target, setTimeout(note, LONG_ENOUGH, target));
  }
}, { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, ENOUGH, 1] });

function watch() {
  for (const post of document.querySelectorAll("article[data-n]")) watcher.observe(post);
}

/** Away and back: what is on the screen has to stay there again. */
function begin() {
  watcher.disconnect();
  for (const post of document.querySelectorAll("article[data-n]")) {
    if (!waiting.includes(post.dataset.n)) watcher.observe(post);
  }
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
    const answer = await fetch(address, { method: "POST", body, keepalive: true });
    if (!answer.ok) throw new Error("not taken");
    document.getElementById("inbox-count").textContent = await answer.text();
    for (const number of numbers) document.querySelector(`article[data-n="${number}"]`)?.removeAttribute("data-n");
  } catch {
    waiting.push(...numbers); // with what is seen next, or on leaving
  }
}

addEventListener("focus", begin);
addEventListener("pagehide", send);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") begin();
  else send();
});
document.addEventListener("htmx:afterSettle", watch);
document.addEventListener("forum:posts-added", watch);

// ---- The next new post

const news = [...document.querySelectorAll("article[data-n].is-new")]; // as it was when they came
const start = document.querySelector("[data-js-to-new]");
let here = document.querySelector("article:target"); // the post that was gone to last

function addNews() {
  for (const post of document.querySelectorAll("article[data-n].is-new")) {
    if (!news.includes(post)) news.push(post);
  }
  news.sort((one, other) => (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
}

document.addEventListener("htmx:afterSettle", addNews);
document.addEventListener("forum:posts-added", addNews);

function visit(post) {
  here = post;
  for (let fold = post.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) fold.open = true;
  document.dispatchEvent(new CustomEvent("forum:jump"));
  post.focus({ preventScroll: true });
  post.scrollIntoView({ block: "start" });
}

/** Goes to the next new post, or back to the one before; beyond the page the server knows. */
export function nextNew(back = false) {
  const from = document.activeElement.closest("article.post") ?? here;
  if (!from && !start?.getAttribute("href").startsWith("#")) {
    location.assign(nextPath); // the first one is above this page
    return;
  }
  const isBeyond = (post) => !from || (from !== post
    && Boolean(from.compareDocumentPosition(post) & (back ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING)));
  // In another order than the tree's only the server knows which is next.
  const ahead = order !== "tree" ? [] : news.filter((post) => post.isConnected && isBeyond(post));
  const post = back ? ahead.at(-1) : ahead[0];
  if (post) visit(post);
  else if (back) status.textContent = noMore;
  else leave(from);
}

async function leave(from) {
  await send();
  const last = order !== "tree" ? from : [...document.querySelectorAll(".replies article")].at(-1) ?? from;
  location.assign(last ? `${nextPath}?from=${last.id}` : nextPath);
}

document.addEventListener("forum:next-new", ({ detail }) => nextNew(detail?.back));
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-js-to-new], a.new");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.matches("a.new")) here = link.closest("article");
  nextNew();
});

watch();
