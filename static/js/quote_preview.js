/* The context of a quote: opens under it by the link in its caption, and closes by the link or Escape.
   Without this module the link leads to a page. */

const panelOf = (link) => link.closest("figure").querySelector(":scope > .quote-context");
const linkOf = (panel) => panel.parentElement.querySelector(":scope > figcaption [data-js-peek]");

function close(link) {
  panelOf(link).remove();
  link.ariaExpanded = "false";
  link.focus();
}

export async function toggle(link) {
  const figure = link.closest("figure");
  if (figure.ariaBusy) return;
  if (panelOf(link)) {
    close(link);
    return;
  }
  const destination = { source: link, target: figure, swap: "beforeend" };
  await htmx.ajax("GET", link.getAttribute("href"), destination).catch(() => null);
  if (panelOf(link)) link.ariaExpanded = "true";
}

document.addEventListener("keydown", ({ key, target }) => {
  if (key !== "Escape") return;
  const panel = target.closest(".quote-context");
  const link = panel ? linkOf(panel) : target.closest("[data-js-peek]");
  if (link && panelOf(link)) close(link);
});
