/* After replies are added to a page, its other parts are updated from the page as the server renders it
   now: handles of folds, the outline, counts, and the lines under quoted posts. */

import { fetchFragment, keepInPlace, openAncestors, say, updateCounts } from "./dom.js";
import { place } from "./reply_places.js";

const texts = document.getElementById("script-texts").dataset;
const isMember = document.querySelector("[data-js-seen]");
const map = document.getElementById("map");

const articleOf = (node) => node.querySelector(":scope > article");

// ---- Folds

/** Adds a fold where the server has one; focus is kept only if the browser can move elements. */
function addFold(head) {
  const lists = head.parentElement.querySelectorAll(":scope > :is(.replies, .branch)");
  const [list] = lists;
  if (lists.length !== 1 || (list.contains(document.activeElement) && !list.moveBefore)) return null;
  const fold = document.createElement("details");
  fold.className = "branch";
  fold.open = true;
  fold.append(document.createElement("summary"));
  list.before(fold);
  if (fold.moveBefore) fold.moveBefore(list, null);
  else fold.append(list);
  return fold;
}

function updateFold(fresh) {
  const head = document.getElementById(articleOf(fresh.parentElement).id);
  const fold = head && (head.parentElement.querySelector(":scope > .branch") ?? addFold(head));
  if (!fold) return;
  // The server does not know what is new to visitors.
  const count = isMember ? 0 : fold.querySelectorAll("article.is-unread").length;
  fold.querySelector("summary").textContent = fresh.querySelector("summary").textContent
    + (count ? texts.newAfter.replace("{count}", count) : "");
}

// ---- The outline

function updateOutline(fresh) {
  const list = fresh.querySelector("ol");
  if (list) {
    const current = map.querySelector("[aria-current]")?.getAttribute("href");
    for (const link of list.querySelectorAll("a[href^='#p']")) {
      if (!document.getElementById(link.hash.slice(1))) link.closest("li").remove(); // not shown yet
      else if (link.getAttribute("href") === current) link.ariaCurrent = "location";
    }
    map.querySelector(":scope > ol")?.replaceWith(list);
  }
  for (const shown of [map, document.querySelector(".thread-bar [href='#map']")]) {
    if (shown) shown.hidden = fresh.hidden;
  }
}

// ---- Posts that are quoted

function updateQuotedBy(fresh) {
  const post = document.getElementById(fresh.id);
  const acts = post?.querySelector(":scope > .post-actions");
  if (!acts) return;
  const [line, button] = [":scope > .backlinks", ":scope > .post-actions > [href$='/quoted/']"].map((selector) => {
    const now = fresh.querySelector(selector);
    const old = post.querySelector(selector);
    if (now?.textContent === old?.textContent) return null;
    old?.remove();
    return now;
  });
  if (line) acts.before(line);
  if (button) acts.append(button);
  if (button) htmx.process(button);
}

// ---- All of it

/** Brings the page up to date after replies were added. */
export async function updatePage(postToKeep) {
  const { ok, page } = await fetchFragment(location.href, { isPage: true });
  if (!ok) return;
  keepInPlace(() => {
    if (!page.querySelector("[data-js-none-yet]")) document.querySelector("[data-js-none-yet]")?.remove();
    updateCounts(page);
    for (const fold of page.querySelectorAll("details.branch")) updateFold(fold);
    for (const post of page.querySelectorAll("article.post[id]")) updateQuotedBy(post);
    if (map && page.getElementById("map")) updateOutline(page.getElementById("map"));
  }, postToKeep);
}

/** Moves a reply from below its parent to its place; if that is not on this page, leaves it and says where it is. */
function moveToItsPlace(posted, post, later) {
  const { parentElement: parent, nextSibling: next } = posted;
  const hasFocus = posted.contains(document.activeElement); // its author may have gone on already
  keepInPlace(() => {
    posted.remove();
    if (place(post.closest(".node"))) return;
    parent.insertBefore(posted, next);
    say(later);
  }, post);
  openAncestors(post);
  if (hasFocus) post.focus({ preventScroll: true });
}

/** After a reply that was just posted. */
function updateAfterPosting() {
  const posted = document.querySelector("[data-js-posted]");
  if (!posted) return;
  const later = posted.dataset.jsPosted;
  posted.removeAttribute("data-js-posted");
  const post = posted.querySelector("article");
  if (later) moveToItsPlace(posted, post, later);
  updatePage(post).catch(() => null);
}

document.addEventListener("htmx:afterSettle", updateAfterPosting);
updateAfterPosting();
