/* Where a reply belongs in a page: below its parent, after the post before it, as the server has it. */

import { updateListShape } from "./dom.js";

const order = document.querySelector("[data-js-order]")?.dataset.jsOrder;

const listsOf = (post) => (post.matches(".opening-post")
  ? [...document.querySelectorAll(".thread-replies > .top-level")]
  : [...post.parentElement.querySelectorAll(":scope > ol, :scope > details > ol")]);

/** Returns the item of this list that an element is in. */
function itemOf(list, element) {
  let item = element.closest(".node");
  while (item && item.parentElement !== list) item = item.parentElement.closest(".node");
  return item;
}

/** Puts a reply in its place; returns false when that is not on this page. */
export function place(node) {
  const answered = document.getElementById(`p${node.dataset.parent}`);
  const before = document.getElementById(`p${node.dataset.after}`);
  const isBranch = answered?.matches(".opening-post");
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
  if (before === answered || isBranch && before.matches(".opening-post")) list.prepend(node);
  else if (item && item.parentElement === list) item.after(node);
  else if (answered.parentElement.contains(before)) list.append(node);
  else outermost.after(node); // of a part that was added by itself
  updateListShape(list);
  return true;
}

/** By time new replies come last, in other orders new branches come first. */
function placeAtEdge(node) {
  const lists = document.querySelectorAll(".thread-replies > .top-level");
  const isLast = order === "time";
  if (document.querySelector(`.more-row [rel=${isLast ? "next" : "prev"}]`)) return false;
  if (isLast) lists[lists.length - 1].append(node);
  else lists[0].prepend(node);
  return true;
}
