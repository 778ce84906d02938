/* Jumping to a post of this page, and back to where one was: by the strip that stands at the foot
   of the window after a jump until more than a screen has been read on, or by a key. */

const { origins, remember, reveal } = await import(document.getElementById("forum-js").dataset.place);
const column = document.querySelector("[data-js-order]");
const words = document.getElementById("words").dataset;
const status = document.getElementById("status");

const strip = document.createElement("div");
strip.className = "strip";
strip.hidden = true;
const button = document.createElement("button");
button.className = "btn";
button.textContent = words.back;
button.addEventListener("click", goBack);
strip.append(button);
column.append(strip);

let landed = NaN; // not yet

export function offer() {
  strip.hidden = !origins.length;
  landed = NaN;
  requestAnimationFrame(() => requestAnimationFrame(() => { landed = scrollY; }));
}

addEventListener("scroll", () => {
  if (Math.abs(scrollY - landed) > innerHeight) strip.hidden = true;
}, { passive: true });

export function land(post) {
  reveal(post);
  post.focus({ preventScroll: true });
  post.scrollIntoView({ block: "start", behavior: "instant" });
}

export function jump(post) {
  remember();
  land(post);
}

export function goBack() {
  let origin = origins.pop();
  while (origin && !origin.post.isConnected) origin = origins.pop();
  if (origin) {
    land(origin.post);
    scrollBy({ top: origin.post.getBoundingClientRect().top - origin.top, behavior: "instant" });
    offer();
  } else if (document.referrer.startsWith(`${location.origin}/t/`)) {
    history.back();
  } else {
    status.textContent = words.nowhere;
  }
}
