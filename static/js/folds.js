/* Folding: one branch by its handle, its line or a key, or all at once. Folds are kept for this tab,
   also after a reload. The focused element is never folded away. */

import { focusPost } from "./dom.js";

const texts = document.getElementById("script-texts").dataset;
const NEAR = 12; // pixels beside a line that still are the line
const saved = JSON.parse(sessionStorage.folds ?? "{}"); // by thread
const stored = (saved[location.pathname.split("/")[2]] ??= {}); // by post: whether it is open

const headOf = (fold) => fold.parentElement.querySelector(":scope > article");
const all = () => [...document.querySelectorAll(".top-level details.branch")];

// ---- One branch

/** Returns the fold around the replies to a post; in a chain, where the page has none, one is made. */
function foldBelow(post) {
  const fold = post.parentElement.querySelector(":scope > .branch");
  const list = post.parentElement.querySelector(":scope > .replies");
  if (fold || !list || !post.matches(".node > *")) return fold;
  const made = document.createElement("details");
  made.className = "branch";
  made.open = true;
  const summary = document.createElement("summary");
  const below = list.querySelectorAll("article").length;
  const fresh = list.querySelectorAll("article[data-n].is-unread").length;
  summary.textContent = `${texts.below} ${below}${fresh ? `, ${texts.new} ${fresh}` : ""}`;
  list.before(made);
  made.append(summary, list);
  return made;
}

/** Opens or closes a fold; the handle of a closed one is scrolled into view and gets the focus. */
function setOpen(fold, isOpen) {
  const summary = fold.querySelector("summary");
  const hasFocus = fold.contains(document.activeElement);
  fold.open = isOpen;
  if (isOpen) return;
  if (hasFocus) summary.focus({ preventScroll: true });
  if (summary.getBoundingClientRect().top < 0) summary.scrollIntoView({ block: "start", behavior: "instant" });
}

/** Folds or opens the replies to a post; where it has none, the branch that it is in. */
export function toggle(post) {
  const fold = foldBelow(post) ?? post.closest("details.branch");
  if (fold) setOpen(fold, !fold.open);
}

// ---- All of them

function updateFoldAllLink() {
  const link = document.querySelector("[data-js-fold-all]");
  if (link) link.textContent = all().some(({ open }) => open) ? link.dataset.jsFoldAll : link.dataset.jsOpenAll;
}

export function toggleAll() {
  const isOpen = !all().some(({ open }) => open);
  const head = document.activeElement.closest(".top-level > .node")?.querySelector("article");
  for (const fold of all()) fold.open = isOpen;
  updateFoldAllLink();
  if (!isOpen && head && !document.activeElement.checkVisibility()) focusPost(head);
}

// ---- The mouse: handles and lines

/** Returns the head whose line was clicked: beside its text, or in the gap above a reply. */
function headAt({ target, clientX }) {
  const style = getComputedStyle(target);
  const { left, right } = target.getBoundingClientRect();
  const across = style.direction === "rtl" ? right - clientX : clientX - left;
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const axis = parseFloat(style.getPropertyValue("--avatar-size")) * rem / 2;
  const gutter = parseFloat(style.getPropertyValue("--gutter")) * rem;
  if (!gutter) return null;
  const above = target.matches(".node") && target.parentElement.closest(".node")?.querySelector("article");
  if (target.matches(".fork > .node")) return across < 0 ? above : null;
  return Math.abs(across - axis) <= NEAR ? above || target : null;
}

/** A handle, the line of a branch, or a link to fold one was clicked. */
export function handleClick(event, link) {
  if (link) {
    const post = document.getElementById(link.hash.slice(1));
    const fold = post && foldBelow(post);
    if (!fold) return location.assign(link.href);
    setOpen(fold, !fold.open);
    return focusPost(post);
  }
  const handle = event.target.closest(".branch > summary");
  if (handle) return requestAnimationFrame(() => save(handle.parentElement));
  const head = headAt(event);
  const fold = head && foldBelow(head);
  if (fold) setOpen(fold, !fold.open);
}

// ---- Kept for this tab

function save(fold) {
  stored[headOf(fold).id] = fold.open;
  sessionStorage.folds = JSON.stringify(saved);
  updateFoldAllLink();
}

document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.(".branch")) save(target);
}, true);

function restore() {
  const wanted = document.getElementById(location.hash.slice(1));
  for (const [id, isOpen] of Object.entries(stored)) {
    const head = document.getElementById(id);
    const fold = head && (isOpen ? head.parentElement.querySelector(":scope > .branch") : foldBelow(head));
    if (fold && fold.open !== isOpen) fold.open = isOpen || fold.contains(wanted);
  }
  updateFoldAllLink();
  return wanted;
}

document.addEventListener("htmx:afterSettle", restore);
document.addEventListener("forum:posts-added", restore);

// What was folded before this came is kept, too.
for (const fold of all()) if (!fold.open && !(headOf(fold).id in stored)) save(fold);

// After a reload the browser scrolls to where it was before what is folded was folded.
restore()?.scrollIntoView({ block: "start", behavior: "instant" });
