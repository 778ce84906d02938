/* Back, or loading a long page again, finds it where it was left. The browser remembers how far it
   was scrolled; but what is off the screen is not laid out yet, and its heights are guesses.
   So the post in view is remembered, and how high it stood. */

const PAUSE = 200; // milliseconds without scrolling
const FRAMES = 30; // with nothing to correct, once all has come
let timer = 0;
let frames = 0; // still to go

function note() {
  if (frames) return;
  for (const post of document.querySelectorAll(".post[id]")) {
    const { top, bottom } = post.getBoundingClientRect();
    if (bottom <= 0) continue;
    history.replaceState({ ...history.state, place: [post.id, top] }, "");
    return;
  }
}

function hold([id, top]) {
  const post = document.getElementById(id);
  if (!post) {
    frames = 0;
    // Where there is no other page, it was deleted.
    if (document.querySelector(".more-row")) location.replace(`/p/${id.slice(1)}/`);
    return;
  }
  const off = post.getBoundingClientRect().top - top;
  if (Math.abs(off) >= 1) scrollBy({ top: off, behavior: "instant" });
  if (Math.abs(off) >= 1 || document.readyState !== "complete") frames = FRAMES;
  else frames -= 1;
  requestAnimationFrame(() => frames > 0 && hold([id, top]));
}

const [{ type } = {}] = performance.getEntriesByType("navigation");
const { place } = history.state ?? {};
if (place && (type === "reload" || type === "back_forward")) {
  frames = FRAMES;
  hold(place);
} else {
  timer = setTimeout(note, PAUSE); // this came with the first scrolling, perhaps
}

for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) {
  addEventListener(name, () => { frames = 0; }, { passive: true, capture: true });
}
addEventListener("scroll", () => {
  clearTimeout(timer);
  timer = setTimeout(note, PAUSE);
}, { passive: true });
addEventListener("click", note, true);
