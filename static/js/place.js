/* Where the reader is in a thread: the address and the outline follow the post being read, what is
   led to is never left inside a fold, and jumps are noted, so that js/jumps.js can lead back. */

const modules = document.getElementById("forum-js").dataset;
const STILL = 500; // milliseconds after the last scrolling
const RE = ".re > a:first-child";

const isPost = (id) => document.getElementById(id)?.matches("article.post");

/** Whether half of a post can be seen, or it fills half of the window. */
function isShown(post) {
  const { top, bottom, height } = post.getBoundingClientRect();
  const shown = Math.min(bottom, innerHeight) - Math.max(top, 0);
  return height && shown >= Math.min(height, innerHeight) / 2;
}

/** The topmost post that is shown. */
export const reading = () => [...document.querySelectorAll("article.post[id]")].find(isShown);

/** The post that has focus, or under which something has. */
export const focused = () => document.activeElement.closest("article.post") ?? document.activeElement.closest(".node")?.querySelector("article");

// ---- The address, and the line of the outline

function follow() {
  // One that was just made keeps the address while it is in view.
  const made = document.querySelector("article.is-here");
  const post = made && isShown(made) ? made : reading();
  if (!post) return;
  const path = location.pathname + location.search;
  history.replaceState(history.state, "", post.matches(".op") ? path : `#${post.id}`);
  document.querySelector(".map [aria-current]")?.removeAttribute("aria-current");
  const line = document.querySelector(`.map a:is([href="#${post.id}"], [href="/p/${post.id.slice(1)}/"])`);
  if (line) line.ariaCurrent = "location";
}

let still = setTimeout(follow, STILL); // this came with the first scrolling, perhaps
addEventListener("scroll", () => {
  clearTimeout(still);
  still = setTimeout(follow, STILL);
}, { passive: true });

document.addEventListener("htmx:configRequest", ({ detail: { elt, parameters } }) => {
  const post = elt.closest("#map > p") && (focused() ?? reading());
  if (post?.matches(".node > *")) parameters.at = post.id;
});

// ---- Jumps

export const origins = []; // each a post, and where it stood in the window

export function remember() {
  const post = focused() ?? reading();
  if (post) origins.push({ post, top: post.getBoundingClientRect().top });
  import(modules.jumps).then(({ offer }) => offer());
}

document.addEventListener("forum:jump", remember);

export function reveal(post) {
  const closed = "details:not([open])";
  for (let fold = post.closest(closed); fold; fold = fold.closest(closed)) fold.open = true;
}

function revealTarget() {
  const post = document.getElementById(location.hash.slice(1));
  if (!post?.closest("details:not([open])")) return;
  reveal(post);
  post.scrollIntoView({ block: "start", behavior: "instant" });
}

addEventListener("hashchange", revealTarget);
revealTarget();

// ---- What is pressed: ways to posts of this page, handles and lines of branches

/** The id of the post that a link leads to, if that is on this page. */
function postIn(link) {
  const id = link.pathname === location.pathname ? link.hash.slice(1) : link.pathname.replace(/^\/p\/(\d+)\/$/, "p$1");
  return isPost(id) ? document.getElementById(id) : null;
}

document.addEventListener("click", (event) => {
  const { target, ctrlKey, metaKey, shiftKey, defaultPrevented } = event;
  if (ctrlKey || metaKey || shiftKey || defaultPrevented) return;
  const link = target.closest("a[href]");
  const folds = target.closest("[data-js-way=fold], .branch > summary") || target.matches(".post, .node");
  const post = link && postIn(link);
  if (folds) {
    if (link) event.preventDefault();
    import(modules.folds).then(({ pressed }) => pressed(event, link));
  } else if (post && link.closest(".map, [data-js-way]")) {
    event.preventDefault();
    import(modules.jumps).then(({ jump }) => jump(post));
  } else if (post && link.getAttribute("href").startsWith("#")) {
    remember();
  }
});

if (sessionStorage.folds || document.querySelector(".branch:not([open])")) import(modules.folds).catch(() => null);

// ---- A look at the post that is answered

function rest({ target, pointerType }) {
  const link = pointerType === "mouse" && target?.closest(RE);
  if (link) import(modules.parent).then(({ consider }) => consider(link), () => null);
}

document.addEventListener("pointerover", rest);
rest({ target: document.querySelector(`${RE}:hover`), pointerType: "mouse" });

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key !== " " || !target.matches(RE)) return;
  event.preventDefault();
  import(modules.parent).then(({ toggle }) => toggle(target));
});
