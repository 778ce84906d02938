/* Follows the reader through a thread: the address and the outline show the post being read. */

const STILL = 500; // milliseconds after the last scrolling

/** Whether half of a post can be seen, or it fills half of the window. */
function isShown(post) {
  const { top, bottom, height } = post.getBoundingClientRect();
  const shown = Math.min(bottom, innerHeight) - Math.max(top, 0);
  return height && shown >= Math.min(height, innerHeight) / 2;
}

/** The topmost post that is shown. */
export const readPost = () => [...document.querySelectorAll("article.post[id]")].find(isShown);

/** The post that has focus, or under which something has. */
export function focusedPost() {
  const { activeElement: element } = document;
  return element.closest("article.post") ?? element.closest(".node")?.querySelector("article");
}

export const currentPost = () => focusedPost() ?? readPost();

function updateAddress() {
  // A post just made keeps the address while it is in view.
  const made = document.querySelector("article.is-here");
  const post = made && isShown(made) ? made : readPost();
  if (!post) return;
  const path = location.pathname + location.search;
  history.replaceState(history.state, "", post.matches(".opening-post") ? path : `#${post.id}`);
  document.querySelector(".outline [aria-current]")?.removeAttribute("aria-current");
  const line = document.querySelector(`.outline a:is([href="#${post.id}"], [href="/p/${post.id.slice(1)}/"])`);
  if (line) line.ariaCurrent = "location";
}

let still = setTimeout(updateAddress, STILL); // this script came with the first scrolling, perhaps
addEventListener("scroll", () => {
  clearTimeout(still);
  still = setTimeout(updateAddress, STILL);
}, { passive: true });
