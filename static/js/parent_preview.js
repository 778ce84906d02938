/* A preview of a post's parent: on hovering over “to NAME”, or by a key. Escape closes it; focus stays
   where it was. */

import { fetchFragment } from "./dom.js";

const texts = document.getElementById("script-texts").dataset;
const status = document.getElementById("status");
const REST = 400; // milliseconds that a mouse rests before it means it,
const LEAVE = 300; // and that it may be away
const GAP = 4; // pixels between link and preview
const SPOKEN = 300; // characters of it that are announced

let shown = null; // { link, box }
let timer = 0;

/** Returns the post that a link leads to: from this page, else from the server. */
async function findPost(link) {
  const [, id] = link.href.match(/(?:#p|\/p\/)(\d+)/);
  const here = document.getElementById(`p${id}`);
  if (here) return here;
  const { page } = await fetchFragment(`/p/${id}/`);
  return page.querySelector("article");
}

function copyOf(part) {
  const copy = document.importNode(part, true);
  for (const one of [copy, ...copy.querySelectorAll("[id]")]) one.removeAttribute("id");
  for (const control of copy.querySelectorAll("[hx-get], .reply-to, .unread-mark, a:not(.text *)")) {
    const words = control.matches("a") ? control.childNodes : [];
    control.replaceWith(...words);
  }
  return copy;
}

async function show(link) {
  if (shown?.link === link) return;
  hide();
  const post = await findPost(link);
  // A removed post has a note in place of its text; the opening post begins with the board's name.
  const text = post?.querySelector(":scope > .text") ?? post?.querySelector(":scope > p:not(.breadcrumb)");
  if (!text || !link.isConnected) return;
  const box = document.createElement("div");
  box.className = "preview-box";
  box.popover = "auto";
  const go = document.createElement("a");
  go.href = link.href;
  go.textContent = texts.go;
  box.append(...[post.querySelector(".byline"), text].filter(Boolean).map(copyOf), go);
  link.closest("header").append(box);
  shown = { link, box };
  box.addEventListener("toggle", ({ newState }) => { if (newState === "closed") hide(); });
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", leave);
  box.showPopover({ source: link });
  const { left, top, bottom } = link.getBoundingClientRect();
  const { offsetHeight: height } = box;
  const isAbove = bottom + GAP + height > innerHeight && top - GAP > height;
  box.style.insetBlockStart = `${scrollY + (isAbove ? top - GAP - height : bottom + GAP)}px`;
  box.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - box.offsetWidth - 8))}px`;
  if (document.activeElement === link) status.textContent = text.textContent.trim().slice(0, SPOKEN);
}

function hide() {
  clearTimeout(timer);
  const box = shown?.box;
  shown = null;
  if (!box) return;
  const hadFocus = box.contains(document.activeElement) && box.closest("header").querySelector(".reply-to a");
  box.remove();
  if (hadFocus) hadFocus.focus();
}

function leave() {
  clearTimeout(timer);
  timer = setTimeout(hide, LEAVE);
}

/** Shows the preview once the mouse rests on the link. */
export function showOnRest(link) {
  clearTimeout(timer);
  if (!link.matches(":hover")) return;
  timer = setTimeout(() => show(link).catch(() => null), REST);
  link.addEventListener("pointerleave", leave, { once: true });
}

/** Shows the preview, or closes it when it is shown. */
export function toggle(link) {
  if (shown?.link === link) hide();
  else show(link);
}
