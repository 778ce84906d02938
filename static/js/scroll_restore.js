/* Going back to a long page, or reloading it, restores the scroll position. The browser restores only an
   offset, and the heights of posts that are not laid out yet are estimates. So the post in view is
   remembered, with its distance from the top of the window. */

import { scrollToOffset, topmostPost } from "./dom.js";

const PAUSE = 200; // milliseconds without scrolling
const FRAMES = 30; // without anything to correct, once all has loaded
let timer = 0;
let frames = 0; // left

function savePlace() {
  const post = frames ? null : topmostPost();
  if (post) history.replaceState({ ...history.state, place: [post.id, post.getBoundingClientRect().top] }, "");
}

function restorePlace([id, top]) {
  const post = document.getElementById(id);
  if (!post) {
    frames = 0;
    // Where there is no other page, it was deleted.
    if (document.querySelector(".more-row")) location.replace(`/p/${id.slice(1)}/`);
    return;
  }
  const hasMoved = Math.abs(scrollToOffset(post, top)) >= 1;
  if (hasMoved || document.readyState !== "complete") frames = FRAMES;
  else frames -= 1;
  requestAnimationFrame(() => frames > 0 && restorePlace([id, top]));
}

const [{ type } = {}] = performance.getEntriesByType("navigation");
const { place } = history.state ?? {};
if (place && (type === "reload" || type === "back_forward")) {
  frames = FRAMES;
  restorePlace(place);
} else {
  timer = setTimeout(savePlace, PAUSE); // this script came with the first scrolling, perhaps
}

for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) {
  addEventListener(name, () => { frames = 0; }, { passive: true, capture: true });
}
addEventListener("scroll", () => {
  clearTimeout(timer);
  timer = setTimeout(savePlace, PAUSE);
}, { passive: true });
addEventListener("click", savePlace, true);
