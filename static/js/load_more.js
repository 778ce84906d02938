/* More replies, loaded in place. Earlier ones are merged with the context that the page already shows
   below them. The address is updated, so that reloading and coming back show the same. This module
   may load after the first part was inserted, so it looks at what is there. */

import { scrollToOffset, topmostPost, updateListShape } from "./dom.js";

const FRAMES = 10;
let hasMoved = false; // by the reader

const listOf = (node) => node.querySelector(":scope > ol, :scope > details > ol");
const articleOf = (node) => node.querySelector(":scope > article");

function prependReplies(nodes, list) {
  const before = list.querySelector(":scope > .node");
  for (const node of nodes) list.insertBefore(node, before);
  updateListShape(list);
}

/** Merges two lists that share posts: what the earlier one has below these goes to the later one. */
function merge(earlier, later) {
  const shown = new Set(Array.from(later.querySelectorAll("article"), ({ id }) => id));
  const again = [...earlier.querySelectorAll("article")].filter(({ id }) => shown.has(id));
  const inPage = (id) => later.querySelector(`#${CSS.escape(id)}`)?.closest("li");
  for (const { id, parentElement } of again) {
    const below = [...(listOf(parentElement)?.children ?? [])].filter((node) => !again.includes(articleOf(node)));
    const list = listOf(inPage(id));
    if (list) prependReplies(below, list);
  }
  again[0]?.parentElement.remove();
  for (const node of [...earlier.children]) {
    const home = node.dataset.parent && inPage(`p${node.dataset.parent}`);
    if (home && listOf(home)) prependReplies([node], listOf(home));
  }
  for (const between of later.querySelectorAll(":scope > .missing-posts")) {
    if (document.getElementById(`p${between.nextElementSibling.dataset.parent}`)) between.remove();
  }
}

const lists = () => [...document.querySelectorAll(".thread-replies > .top-level[data-first]")];

function updateAddress() {
  const all = lists();
  const address = new URL(location.href);
  const { searchParams: query } = address;
  const begins = ["at", "after", "before"].some((name) => query.has(name));
  for (const name of ["at", "after", "before", "until"]) query.delete(name);
  if (begins || document.querySelector(".thread-replies > .more-row [rel=prev]")) query.set("at", all[0].dataset.first);
  query.set("through", all.at(-1).dataset.last);
  if (all[0].dataset.asof) query.set("asof", all[0].dataset.asof); // branches stand as they did
  history.replaceState(history.state, "", address);
}

/** Keeps a post in its place; what is laid out only as it comes into view may still push it. */
function holdInPlace(post, top, frames) {
  scrollToOffset(post, top);
  if (frames && !hasMoved) requestAnimationFrame(() => holdInPlace(post, top, frames - 1));
}

for (const name of ["wheel", "touchmove", "keydown", "pointerdown"]) {
  addEventListener(name, () => { hasMoved = true; }, { passive: true });
}

function mergeLists(frames) {
  hasMoved = false;
  const all = lists();
  if (all.length < 2) return;
  // What is being read is the page itself, not what stands above it for context.
  const posts = all.slice(1).flatMap((list) => [...list.querySelectorAll(".post")]);
  const seen = topmostPost(posts.slice(posts.findIndex(({ id }) => id === all[1].dataset.first)));
  const top = seen?.getBoundingClientRect().top;
  for (const [place, list] of all.entries()) {
    if (place) merge(all[place - 1], list);
  }
  if (seen) holdInPlace(seen, top, frames);
  updateAddress();
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const link = detail.requestConfig.elt;
  if (!link.matches(".more-row a")) return;
  mergeLists(link.rel === "prev" ? FRAMES : 0);
  if (link.rel !== "prev") return;
  // Reading goes on with the last of the earlier ones, right above what was read.
  const posts = [...document.querySelectorAll(".thread-replies > .top-level > .node article")];
  const next = posts.indexOf(document.getElementById(new URL(link.href).searchParams.get("before")));
  posts[next - 1]?.focus({ preventScroll: true });
});
mergeLists(0);
