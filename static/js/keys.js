/* Keyboard shortcuts: the actions. The keys are declared in forum/presenters/keys.py, which also makes
   the help. They do nothing in a text field, with a modifier, over an open dialog, or when they are
   turned off. Everything has a link or a button too. */

import { fetchFragment, isAfter, say } from "./dom.js";

const keyMap = JSON.parse(document.getElementById("key-map").textContent);
const root = document.documentElement;
const column = document.querySelector("[data-js-order]");
const WRITING = "input, textarea, select, [contenteditable]:not([contenteditable=false])";

const [spy, jumps] = column ? await Promise.all([import("./scroll_spy.js"), import("./jumps.js")]) : [];
const folds = () => import("./folds.js");
const dispatch = (event, detail) => document.dispatchEvent(new CustomEvent(event, { detail }));

// ---- Posts

function unfoldedPosts() {
  const posts = [...document.querySelectorAll("article.post[id]")];
  return posts.filter((post) => !post.closest("details:not([open])"));
}

/** Moves focus, and the page only as far as needed to see the post, or its beginning. */
function moveTo(post) {
  if (!post) return;
  post.focus({ preventScroll: true });
  post.scrollIntoView({ block: "nearest", behavior: "instant" });
  const { top, height } = post.getBoundingClientRect();
  const isTall = height > innerHeight / 2;
  if (isTall || top < 0) post.scrollIntoView({ block: "start", behavior: "instant" });
}

function moveBy(step) {
  const posts = unfoldedPosts();
  const from = spy.focusedPost();
  moveTo(from ? posts[posts.indexOf(from) + step] : spy.readPost());
}

/** Follows a link in the post's menu, which may lead to another page. */
async function followMenu(post, relation) {
  const { page } = await fetchFragment(`/p/${post.id.slice(1)}/menu/`);
  const address = page.querySelector(`[data-js-relation=${relation}]`)?.getAttribute("href");
  if (address) location.assign(address);
  return Boolean(address);
}

const siblingOf = (node, by) => (by > 0 ? node.nextElementSibling : node.previousElementSibling);

/** Returns the post with which the page ends, or begins: its neighbour may be on another page. */
function edgeOfPage(by) {
  const lists = [...document.querySelectorAll(".top-level[data-first]")];
  return document.getElementById(by > 0 ? lists.at(-1)?.dataset.last : lists[0]?.dataset.first);
}

/** Goes to the next reply to the same post; where there is none, to the post above it, and so on. */
async function goToSibling(by) {
  const post = spy.currentPost();
  const relation = by > 0 ? "next" : "previous";
  if (column.dataset.jsOrder === "time") return followMenu(post, relation);
  for (let node = post?.closest(".node"); node; node = node.parentElement.closest(".node")) {
    const beside = siblingOf(node, by)?.querySelector("article");
    if (beside) return jumps.jumpTo(beside);
    const mayContinueOnAnotherPage = node.contains(edgeOfPage(by));
    if (mayContinueOnAnotherPage && await followMenu(node.querySelector("article"), relation)) return null;
  }
  return null;
}

function goToBranch(by) {
  const heads = [...document.querySelectorAll(".top-level > .node > article")];
  const from = spy.currentPost();
  const head = by > 0 ? heads.find((each) => isAfter(from, each)) : heads.findLast((each) => isAfter(each, from));
  if (head) jumps.jumpTo(head);
}

function parentInTree(post) {
  const parentNode = post?.closest(".node")?.parentElement.closest(".node");
  return parentNode?.querySelector("article");
}

/** Goes to the parent: where “to NAME” leads, on this page or another; of a tombstone by the tree. */
function goToParent() {
  const post = spy.currentPost();
  const link = post?.querySelector(".reply-to > a:first-child");
  const [, id] = link?.href.match(/(?:#p|\/p\/)(\d+)/) ?? [];
  const parent = link ? document.getElementById(`p${id}`) : parentInTree(post);
  if (parent) jumps.jumpTo(parent);
  else if (link) link.click();
}

function goToOpening() {
  const post = document.querySelector("article.opening-post");
  if (post) jumps.jumpTo(post);
  else followMenu(spy.currentPost(), "opening");
}

function clickLink(selector) {
  const link = spy.currentPost()?.querySelector(`.post-actions ${selector}`);
  link?.focus({ preventScroll: true });
  link?.click();
}

async function copyLink() {
  const post = spy.currentPost();
  if (!post || !navigator.clipboard) return;
  await navigator.clipboard.writeText(new URL(`/p/${post.id.slice(1)}/`, location.href).href);
  say(document.getElementById("script-texts").dataset.copied);
}

async function previewParent() {
  const link = spy.currentPost()?.querySelector(".reply-to > a:first-child");
  if (!link) return;
  link.focus({ preventScroll: true });
  (await import("./parent_preview.js")).toggle(link);
}

const THREAD_ACTIONS = {
  next_post: () => moveBy(1),
  previous_post: () => moveBy(-1),
  next_sibling: () => goToSibling(1),
  previous_sibling: () => goToSibling(-1),
  next_unread: () => dispatch("forum:next-new"),
  previous_unread: () => dispatch("forum:next-new", { back: true }),
  previous_branch: () => goToBranch(-1),
  next_branch: () => goToBranch(1),
  parent: goToParent,
  back: () => jumps.goBack(),
  opening_post: goToOpening,
  preview_parent: previewParent,
  reply: () => clickLink("a[href$='/reply/']"),
  quote: () => dispatch("forum:quote", { post: spy.currentPost() }),
  edit: () => clickLink("a[href$='/edit/']"),
  menu: () => clickLink("[data-js-menu]"),
  copy_link: copyLink,
  fold: async () => (await folds()).toggle(spy.currentPost()),
  fold_all: async () => (await folds()).toggleAll(),
  show_new_replies: () => dispatch("forum:show-arrivals"),
};

// ---- Lists of threads

const titles = () => [...document.querySelectorAll(".list > li :is(h2, h4) a")];

function focusTitle(by, among = titles()) {
  const from = document.activeElement.closest(".list > li")?.querySelector(":is(h2, h4) a");
  const all = titles();
  const at = all.indexOf(from);
  const ahead = among.filter((link) => (by > 0 ? all.indexOf(link) > at : all.indexOf(link) < at));
  const link = by > 0 ? ahead[0] : ahead.at(-1);
  link?.focus();
}

const LIST_ACTIONS = {
  next_thread: () => focusTitle(1),
  previous_thread: () => focusTitle(-1),
  next_unread_thread: () => focusTitle(1, titles().filter((link) =>
    link.closest("li").matches(".is-unread, :has(.unread-mark)"))),
  open_thread: () => document.activeElement.closest(".list > li")?.querySelector(":is(h2, h4) a").click(),
};

// ---- All keys, in a dialog

async function showKeys() {
  const link = document.querySelector(".site-footer a[href*='/help/']");
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

/** Moves to the search field; on a narrow screen, where there is none, to the page of search. */
function search() {
  const field = document.querySelector("main #search, .site-header [type=search]");
  if (field?.checkVisibility()) field.select();
  else document.querySelector(".site-header search a").click();
}

const ANYWHERE_ACTIONS = { show_keys: showKeys, search };

// ---- A key is pressed

const [keys, actions] = column ? [keyMap.thread, THREAD_ACTIONS] : [keyMap.list, LIST_ACTIONS];
const REPEATABLE = ["next_post", "previous_post", "next_thread", "previous_thread"];

/** Returns a key as the key map names it; on keyboards of other scripts by its place. */
function nameOf({ key, code, shiftKey }) {
  const letter = /^[a-z]$/i.test(key) ? key : /[^\x00-\x7f]/.test(key) && code.match(/^Key([A-Z])$/)?.[1];
  return letter ? letter[shiftKey ? "toUpperCase" : "toLowerCase"]() : key;
}

export function handleKey(event) {
  const { target, ctrlKey, altKey, metaKey, isComposing, defaultPrevented, repeat } = event;
  const isModified = (ctrlKey || altKey || metaKey) && !event.getModifierState("AltGraph");
  if (isModified || isComposing || defaultPrevented || root.dataset.keys === "off") return;
  if (target.closest(WRITING) || document.querySelector("dialog[open]")) return;
  const name = keys[nameOf(event)] ?? keyMap.anywhere[event.key];
  const action = ANYWHERE_ACTIONS[name] ?? actions[name];
  if (!action || (repeat && !REPEATABLE.includes(name))) return;
  event.preventDefault();
  action();
}

// ---- Turned off or on just now, without loading the page again

function applySwitch() {
  const state = document.querySelector("[data-js-switch]")?.dataset.jsSwitch;
  if (state) root.dataset.keys = state;
}

document.addEventListener("htmx:afterSettle", applySwitch);
