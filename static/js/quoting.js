/* Quoting: the selected text, in one or several posts, is inserted at the caret of the open composer,
   each part with its post; a small button beside a selection offers it. Without a composer one opens
   under the post. Loaded with the first selection, or with a composer. */

import { insertText } from "./dom.js";
import { QUOTES, asQuote, blocksOf } from "./quote_markdown.js";

const COMPOSER = "[data-js-composer]";
// The post's own; what people wrote may link to something alike.
const QUOTE = '.post-actions a[href$="/reply/?quote=1"]';
const REPLY = '.post-actions a[href$="/reply/"]';

// ---- From a selection to parts: {words: Markdown, source: the id of the post they are from, post: where they were
//      selected}

/** Returns the id of the post that a figure quotes, to which its caption leads; empty when it does not. */
function sourceOf(figure) {
  const address = figure?.querySelector(":scope > figcaption a")?.getAttribute("href") ?? "";
  return address.match(/#p(\d+)/)?.[1] ?? "";
}

/** Yields the nodes between quotes together, and each quote by itself. */
function* stretchesOf(element) {
  let own = [];
  for (const node of element.childNodes) {
    if (node.matches?.(QUOTES)) {
      yield { nodes: own, quotes: own.flatMap((each) => [...(each.querySelectorAll?.(QUOTES) ?? [])]) };
      yield { nodes: [], quotes: [node] };
      own = [];
    } else {
      own.push(node);
    }
  }
  yield { nodes: own, quotes: own.flatMap((each) => [...(each.querySelectorAll?.(QUOTES) ?? [])]) };
}

function* partsIn(element, range, source, post) {
  for (const { nodes, quotes } of stretchesOf(element)) {
    const words = blocksOf(nodes, range).join("\n\n");
    if (words) yield { words, source, post };
    for (const quote of quotes) {
      const isOutermost = !quotes.some((other) => other !== quote && other.contains(quote));
      const isFolded = quote.matches("details:not([open])");
      if (!isOutermost || isFolded || !range.intersectsNode(quote)) continue;
      const text = quote.matches("blockquote") ? quote : quote.querySelector("blockquote");
      yield* partsIn(text, range, sourceOf(text.parentElement.closest("figure, blockquote")), post);
    }
  }
}

function partsOf(range) {
  const texts = [...document.querySelectorAll(".post > .text")];
  return texts
    .filter((text) => range.intersectsNode(text) && !text.closest("details:not([open])"))
    .flatMap((text) => {
      const post = text.closest(".post");
      return [...partsIn(text, range, post.id.slice(1), post)];
    });
}

/** Returns the words of a post itself, without those that it quotes. */
function ownWordsOf(post) {
  const range = document.createRange();
  range.selectNodeContents(post.querySelector(".text"));
  return partsOf(range).filter(({ source }) => `p${source}` === post.id);
}

// ---- Into the composer

let lastUsed = ""; // the id of the composer that had focus last

document.addEventListener("focusin", ({ target }) => {
  lastUsed = target.closest(COMPOSER)?.id ?? lastUsed;
});

/** Returns the composer being written in: the one with focus, else the one that had it, else the last. */
function openComposer() {
  const forms = [...document.querySelectorAll(COMPOSER)].reverse();
  return [document.activeElement.closest(COMPOSER), document.getElementById(lastUsed), ...forms]
    .find((form) => form && !form.querySelector("textarea").readOnly);
}

function insert(form, parts) {
  const field = form.querySelector("textarea");
  const caret = field.selectionEnd;
  const before = field.value.slice(0, caret);
  const gap = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  for (const { source } of parts) {
    if (!source) continue;
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "quoted_post_ids", value: source });
    form.append(input);
  }
  const { top, bottom } = field.getBoundingClientRect();
  if (bottom < 0 || top > innerHeight) document.dispatchEvent(new CustomEvent("forum:jump"));
  insertText(field, gap + parts.map(({ words }) => asQuote(words)).join(""), caret, caret);
}

/** Opens a composer under the post, and puts the parts into it when it is there. */
function openWith(post, parts) {
  document.addEventListener("htmx:afterSettle", function fill() {
    const form = document.getElementById(`reply-${post.id.slice(1)}`);
    if (!form) return;
    document.removeEventListener("htmx:afterSettle", fill);
    insert(form, parts);
  });
  post.querySelector(REPLY).click();
}

let picked = null; // the selection; pressing on a link drops it, so it is read before

/** Quotes the selection, else the whole post; returns whether there was anything to quote. */
export function quote(post, range = picked) {
  const parts = range ? partsOf(range) : [];
  const form = openComposer();
  hide();
  if (form) insert(form, parts.length ? parts : ownWordsOf(post));
  else if (parts.length) openWith(post, parts);
  return Boolean(form || parts.length);
}

document.addEventListener("htmx:configRequest", (event) => {
  const { elt } = event.detail;
  if (!event.defaultPrevented && elt.matches(QUOTE) && quote(elt.closest(".post"))) event.preventDefault();
});

/** Quotes by the key: what is selected, else the post that has focus. */
export function quoteSelectionOrPost(focused) {
  picked = selected();
  const post = placeOf(picked) ?? focused.closest?.(".post") ?? document.activeElement.closest(".post");
  const link = post?.querySelector(QUOTE);
  if (link && !quote(post)) link.click();
}

// ---- The button beside a selection

const button = document.createElement("button");
Object.assign(button, { type: "button", className: "button quote-button", tabIndex: -1, hidden: true });
document.getElementById("main").append(button);
const AWAY = 8; // pixels from the words
const isTouched = matchMedia("(pointer: coarse)");
let isDown = false;

const selected = () => {
  const selection = getSelection();
  return selection.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0).cloneRange() : null;
};

/** Returns the last post with selected words that can be replied to. */
function placeOf(range) {
  const posts = range ? partsOf(range).map(({ post }) => post) : [];
  return posts.findLast((post) => post.querySelector(QUOTE));
}

function hide() {
  button.hidden = true;
}

/** Puts the button under the last of the words, or above the first when that is out of sight. */
function place(range) {
  const { top, bottom } = range.getBoundingClientRect();
  const { right } = [...range.getClientRects()].at(-1) ?? { right: 0 };
  const { offsetHeight: height, offsetWidth: width } = button;
  const view = visualViewport;
  if (isTouched.matches) {
    // At the foot of what a keyboard leaves of the screen, else at its head.
    const foot = view.offsetTop + view.height - height - 8 * AWAY;
    button.style.top = `${bottom > foot ? view.offsetTop + AWAY : foot}px`;
    return;
  }
  const fits = bottom + AWAY + height <= innerHeight || top - AWAY - height < 0;
  button.style.top = `${scrollY + (fits ? bottom + AWAY : top - AWAY - height)}px`;
  button.style.left = `${Math.max(AWAY, Math.min(right, document.documentElement.clientWidth - AWAY) - width)}px`;
}

function offer() {
  picked = selected();
  const post = placeOf(picked);
  button.hidden = !post;
  if (!post) return;
  button.textContent = post.querySelector(QUOTE).firstChild.textContent;
  place(picked);
}

let due = 0;
function offerSoon() {
  cancelAnimationFrame(due);
  due = requestAnimationFrame(offer);
}

visualViewport.addEventListener("resize", offerSoon); // a keyboard came, or went
document.addEventListener("selectionchange", () => { if (!isDown) offerSoon(); });
document.addEventListener("pointerdown", ({ target }) => {
  isDown = true;
  if (target !== button) picked = selected();
}, true);
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, ({ target }) => {
    isDown = false;
    if (target !== button) offerSoon();
  });
}
document.addEventListener("keydown", ({ key }) => {
  picked = selected();
  if (key === "Escape") hide();
}, true);
button.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the selection
button.addEventListener("click", () => {
  const post = placeOf(picked);
  if (post) quote(post);
});

offer();
