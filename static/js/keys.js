/* Single keys, as /help/keys/ lists them. They do nothing while somebody writes, with a modifier,
   over an open dialog, or when they are turned off; everything has a link or a button too. */

import { fetchFragment } from "./dom.js";

const modules = document.getElementById("forum-js").dataset;
const status = document.getElementById("status");
const root = document.documentElement;
const column = document.querySelector("[data-js-order]");
const WRITING = "input, textarea, select, [contenteditable]:not([contenteditable=false])";

const [place, jumps] = column ? await Promise.all([import(modules.place), import(modules.jumps)]) : [];
const folds = () => import(modules.folds);
const say = (event, detail) => document.dispatchEvent(new CustomEvent(event, { detail }));

// ---- Posts

const posts = () => [...document.querySelectorAll("article.post[id]")].filter((post) => !post.closest("details:not([open])"));

/** The post that a key is about: with focus in or under it, else the topmost in view. */
const current = () => place.focused() ?? place.reading();

/** Moves focus, and the page only as far as needed to see the post, or its beginning. */
function moveTo(post) {
  if (!post) return;
  post.focus({ preventScroll: true });
  post.scrollIntoView({ block: "nearest", behavior: "instant" });
  if (post.getBoundingClientRect().height > innerHeight / 2 || post.getBoundingClientRect().top < 0) post.scrollIntoView({ block: "start", behavior: "instant" });
}

function step(by) {
  const shown = posts();
  const from = place.focused();
  moveTo(from ? shown[shown.indexOf(from) + by] : place.reading());
}

/** Where the server says that a post's neighbour is, in its menu; for what is not on this page. */
async function follow(post, way) {
  const { page } = await fetchFragment(`/p/${post.id.slice(1)}/menu/`);
  const address = page.querySelector(`[data-js-way=${way}]`)?.getAttribute("href");
  if (address) location.assign(address);
  return Boolean(address);
}

const siblingOf = (node, by) => (by > 0 ? node.nextElementSibling : node.previousElementSibling);

/** The post with which a part of a thread ends, or begins: what is beside it may be elsewhere. */
function edgeOfPage(by) {
  const lists = [...document.querySelectorAll(".top-level[data-first]")];
  return document.getElementById(by > 0 ? lists.at(-1)?.dataset.last : lists[0]?.dataset.first);
}

/** The next answer to the same post; where there is none, to the post above it, and so on. */
async function sibling(by) {
  const post = current();
  if (column.dataset.jsOrder === "time") return follow(post, by > 0 ? "next" : "previous");
  for (let node = post?.closest(".node"); node; node = node.parentElement.closest(".node")) {
    const beside = siblingOf(node, by)?.querySelector("article");
    if (beside) return jumps.jump(beside);
    if (node.contains(edgeOfPage(by)) && await follow(node.querySelector("article"), by > 0 ? "next" : "previous")) return null;
  }
  return null;
}

function branch(by) {
  const heads = [...document.querySelectorAll(".top-level > .node > article")];
  const from = current();
  const isBeyond = (head) => head !== from && from.compareDocumentPosition(head) & (by > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING);
  const beyond = heads.filter(isBeyond);
  const head = by > 0 ? beyond[0] : beyond.at(-1);
  if (head) jumps.jump(head);
}

/** The post answered: where the words “to NAME” lead, on this page or another; of a tombstone by the tree. */
function parent() {
  const post = current();
  const link = post?.querySelector(".re > a:first-child");
  const [, id] = link?.href.match(/(?:#p|\/p\/)(\d+)/) ?? [];
  const above = document.getElementById(`p${id}`) ?? (link ? null : post?.closest(".node")?.parentElement.closest(".node")?.querySelector("article"));
  if (above) jumps.jump(above);
  else if (link) link.click();
}

function opening() {
  const post = document.querySelector("article.op");
  if (post) jumps.jump(post);
  else follow(current(), "opening");
}

function press(selector) {
  const link = current()?.querySelector(`.acts ${selector}`);
  link?.focus({ preventScroll: true });
  link?.click();
}

async function copyLink() {
  const post = current();
  if (!post || !navigator.clipboard) return;
  await navigator.clipboard.writeText(new URL(`/p/${post.id.slice(1)}/`, location.href).href);
  status.textContent = document.getElementById("words").dataset.copied;
}

async function peek() {
  const link = current()?.querySelector(".re > a:first-child");
  if (!link) return;
  link.focus({ preventScroll: true });
  (await import(modules.parent)).toggle(link);
}

const IN_THREAD = {
  j: () => step(1),
  k: () => step(-1),
  J: () => sibling(1),
  K: () => sibling(-1),
  n: () => say("forum:next-new"),
  N: () => say("forum:next-new", { back: true }),
  "[": () => branch(-1),
  "]": () => branch(1),
  p: parent,
  b: () => jumps.goBack(),
  h: opening,
  i: peek,
  r: () => press("a[href$='/reply/']"),
  q: () => say("forum:quote", { post: current() }),
  e: () => press("a[href$='/edit/']"),
  m: () => press("[data-js-menu]"),
  l: copyLink,
  c: async () => (await folds()).toggle(current()),
  C: async () => (await folds()).toggleAll(),
  ".": () => say("forum:show-arrivals"),
};

// ---- Lists of threads

const titles = () => [...document.querySelectorAll(".list > li :is(h2, h4) a")];

function title(by, among = titles()) {
  const from = document.activeElement.closest(".list > li")?.querySelector(":is(h2, h4) a");
  const places = titles();
  const at = places.indexOf(from);
  const ahead = among.filter((link) => (by > 0 ? places.indexOf(link) > at : places.indexOf(link) < at));
  const link = by > 0 ? ahead[0] : ahead.at(-1);
  link?.focus();
}

const IN_LIST = {
  j: () => title(1),
  k: () => title(-1),
  n: () => title(1, titles().filter((link) => link.closest("li").matches(".is-new, :has(.new)"))),
  o: () => document.activeElement.closest(".list > li")?.querySelector(":is(h2, h4) a").click(),
};

// ---- All keys, in a dialog

async function help() {
  const link = document.querySelector(".foot a[href*='/help/']");
  let dialog = document.getElementById("keys-dialog");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "keys-dialog";
    dialog.className = "keys-all";
    dialog.tabIndex = -1;
    dialog.ariaLabel = link.textContent;
    document.body.append(dialog);
    await htmx.ajax("GET", link.href, { target: dialog, swap: "innerHTML" }).catch(() => null);
  }
  if (!dialog.firstElementChild) {
    dialog.remove(); // nothing came, which is said already
    return;
  }
  dialog.showModal();
  // Read from its top, and Enter turns nothing off.
  dialog.focus();
  dialog.scrollTop = 0;
}

// ---- A key is pressed

/** The key as the help names it: letters by what they are, on a keyboard of other letters by their place. */
function nameOf({ key, code, shiftKey }) {
  const letter = /^[a-z]$/i.test(key) ? key : /[^\x00-\x7f]/.test(key) && code.match(/^Key([A-Z])$/)?.[1];
  return letter ? letter[shiftKey ? "toUpperCase" : "toLowerCase"]() : key;
}

export function pressed(event) {
  const { target, ctrlKey, altKey, metaKey, isComposing, defaultPrevented, repeat } = event;
  const hasModifier = (ctrlKey || altKey || metaKey) && !event.getModifierState("AltGraph");
  if (hasModifier || isComposing || defaultPrevented || root.dataset.keys === "off") return;
  if (target.closest(WRITING) || document.querySelector("dialog[open]")) return;
  const name = nameOf(event);
  const deed = name === "?" ? help : (column ? IN_THREAD : IN_LIST)[name];
  if (!deed || (repeat && !"jk".includes(name))) return;
  event.preventDefault();
  deed();
}

// ---- Turned off or on just now, without loading the page again

function obey() {
  const state = document.querySelector("[data-js-switch]")?.dataset.jsSwitch;
  if (state) root.dataset.keys = state;
}

document.addEventListener("htmx:afterSettle", obey);
