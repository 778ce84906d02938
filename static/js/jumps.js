/* Jumps within a page: by links to posts of this page, the outline or keys. A bar at the bottom of the
   window leads back until the reader has moved on by a screen. No jump ends inside a fold. */

import { focusPost, openAncestors, say, scrollToOffset } from "./dom.js";
import { currentPost } from "./scroll_spy.js";

const PARENT_LINK = ".reply-to > a:first-child";
const column = document.querySelector("[data-js-order]");
const texts = document.getElementById("script-texts").dataset;

// ---- Back to where a jump began

const origins = []; // each a post, and how far from the top of the window it was

const strip = document.createElement("div");
strip.className = "live-updates-button";
strip.hidden = true;
const button = document.createElement("button");
button.className = "button";
button.textContent = texts.back;
button.addEventListener("click", goBack);
strip.append(button);
column.append(strip);

let landedAt = NaN; // not yet

function offerWayBack() {
  strip.hidden = !origins.length;
  landedAt = NaN;
  requestAnimationFrame(() => requestAnimationFrame(() => { landedAt = scrollY; }));
}

addEventListener("scroll", () => {
  if (Math.abs(scrollY - landedAt) > innerHeight) strip.hidden = true;
}, { passive: true });

function rememberOrigin() {
  const post = currentPost();
  if (post) origins.push({ post, top: post.getBoundingClientRect().top });
  offerWayBack();
}

document.addEventListener("forum:jump", rememberOrigin);

export function jumpTo(post) {
  rememberOrigin();
  focusPost(post);
}

export function goBack() {
  let origin = origins.pop();
  while (origin && !origin.post.isConnected) origin = origins.pop();
  if (origin) {
    focusPost(origin.post);
    scrollToOffset(origin.post, origin.top);
    offerWayBack();
  } else if (document.referrer.startsWith(`${location.origin}/t/`)) {
    history.back();
  } else {
    say(texts.nowhere);
  }
}

// ---- The post that the address names

function showTarget() {
  const post = document.getElementById(location.hash.slice(1));
  if (!post?.closest("details:not([open])")) return;
  openAncestors(post);
  post.scrollIntoView({ block: "start", behavior: "instant" });
}

addEventListener("hashchange", showTarget);
showTarget();

// ---- Clicks on links to posts of this page, and on the handles and lines of branches

function findPost(link) {
  const id = link.pathname === location.pathname ? link.hash.slice(1) : link.pathname.replace(/^\/p\/(\d+)\/$/, "p$1");
  const post = document.getElementById(id);
  return post?.matches("article.post") ? post : null;
}

document.addEventListener("click", (event) => {
  const { target } = event;
  if (event.defaultPrevented) return;
  const link = target.closest("a[href]");
  const post = link && findPost(link);
  if (target.closest("[data-js-relation=fold], .branch > summary") || target.matches(".post, .node")) {
    if (link) event.preventDefault();
    import("./folds.js").then(({ handleClick }) => handleClick(event, link));
  } else if (post && link.closest(".outline, [data-js-relation]")) {
    event.preventDefault();
    jumpTo(post);
  } else if (post && link.getAttribute("href").startsWith("#")) {
    rememberOrigin();
  }
});

if (sessionStorage.folds || document.querySelector(".branch:not([open])")) import("./folds.js").catch(() => null);

// ---- A preview of the parent: on resting the mouse on “to NAME”, or by the space bar

function previewParent({ target, pointerType }) {
  const link = pointerType === "mouse" && target?.closest(PARENT_LINK);
  if (link) import("./parent_preview.js").then(({ showOnRest }) => showOnRest(link), () => null);
}

document.addEventListener("pointerover", previewParent);
previewParent({ target: document.querySelector(`${PARENT_LINK}:hover`), pointerType: "mouse" });

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key !== " " || !target.matches(PARENT_LINK)) return;
  event.preventDefault();
  import("./parent_preview.js").then(({ toggle }) => toggle(target));
});
