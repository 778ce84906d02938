/* What follows in a page from replies that came into it: the handles of the branches that they are
   in, their lines in the outline, what posts that they quote say of them. Nothing read moves. */

const place = document.getElementById("words"); // where a reply just posted has it
const { jsOrder: order } = document.querySelector("[data-js-order]").dataset;
const map = document.getElementById("map");

const filled = (words, values) => words.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

// ---- The handles of branches

const namesOf = (fold) => [...fold.querySelectorAll("article.post[id]")].map((post) => post.querySelector(".by h3 bdi")?.textContent);

/** “brigid, wren and 11 others”, who wrote most of it first. */
function inWords(names, said) {
  const counts = new Map();
  for (const name of names) if (name) counts.set(name, (counts.get(name) ?? 0) + 1);
  const people = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));
  const named = people.slice(0, 3);
  const count = people.length - named.length;
  if (count) named.push(filled(count > 1 ? said.others : said.other, { count }));
  if (named.length < 2) return named.join();
  return filled(said.and, { names: named.slice(0, -1).join(", "), last: named.at(-1) });
}

/** As the server says it, of the posts that the page has now. */
function summarise(fold, said) {
  const names = namesOf(fold);
  const values = { count: names.length, names: inWords(names, said) };
  const isOne = names.length === 1;
  const words = values.names ? (isOne ? said.fromOne : said.from) : (isOne ? said.reply : said.replies);
  // To members it is new until they have seen it, to visitors because it came just now.
  const count = fold.querySelectorAll(document.querySelector("[data-js-seen]") ? "article[data-n].is-new" : "article.is-new").length;
  fold.querySelector("summary").textContent = filled(words, values) + (count ? filled(said.new, { count }) : "");
}

/** Where the server would have put one: over what answers the head of a branch, and over forks. */
function foldOver(list) {
  const node = list.parentElement;
  const isAlone = node.querySelectorAll(":scope > :is(.replies, .branch)").length === 1;
  const folds = list.matches(".fork") || node.parentElement.matches(".top-level");
  // What has focus keeps it only where a browser can move things without taking them away.
  const isFree = list.moveBefore || !list.contains(document.activeElement);
  if (!node.matches(".node") || !isAlone || !folds || !isFree || order === "time") return;
  const fold = document.createElement("details");
  fold.className = "branch";
  fold.open = true;
  fold.append(document.createElement("summary"));
  list.before(fold);
  if (fold.moveBefore) fold.moveBefore(list, null);
  else fold.append(list);
}

function handles(posts, said) {
  const folds = new Set();
  for (const post of posts) {
    foldOver(post.closest(".replies"));
    for (let fold = post.closest(".branch"); fold; fold = fold.parentElement.closest(".branch")) folds.add(fold);
  }
  for (const fold of folds) summarise(fold, said);
}

// ---- The outline

function outline(line) {
  const above = map?.querySelector(`a[href="#${line.dataset.under}"]`);
  const address = line.querySelector("a").getAttribute("href");
  if (!above || map.querySelector(`a[href="${address}"]`)) return;
  let list = above.parentElement.querySelector(":scope > ol");
  if (!list) {
    list = document.createElement("ol");
    list.role = "list";
    above.parentElement.append(list);
  }
  list.append(line.firstElementChild);
  for (const shown of [map, document.querySelector(".bar [href='#map']")]) if (shown) shown.hidden = false;
}

// ---- Posts that are quoted

function cite({ dataset: { source, by }, children }) {
  const post = document.getElementById(source);
  const acts = post?.querySelector(":scope > .acts");
  if (!acts) return;
  // What is not in the page is neither above nor below.
  const sides = new Set(by.split(" ").map((id) => {
    const other = document.getElementById(id);
    if (!other) return "also";
    return post.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? "below" : "above";
  }));
  const side = sides.size === 1 ? [...sides][0] : "also";
  const parts = [...children];
  const line = parts.find(({ dataset }) => dataset.where === side);
  const button = parts.find((part) => part.matches("a"));
  for (const link of line?.querySelectorAll("a") ?? []) {
    const [, id] = link.getAttribute("href").match(/^\/p\/(\d+)\/$/) ?? [];
    if (document.getElementById(`p${id}`)) link.href = `#p${id}`;
  }
  const [oldLine, oldButton] = [post.querySelector(":scope > .cited"), acts.querySelector(":scope > [href$='/quoted/']")];
  if (line && oldLine) oldLine.replaceWith(line);
  else if (line) acts.before(line);
  if (button && oldButton) oldButton.replaceWith(button);
  else if (button) acts.append(button);
  if (button) htmx.process(button);
}

// ---- All of it

export function follow(part) {
  document.querySelector("[data-js-none-yet]")?.remove();
  const lines = [...part.querySelectorAll("[data-under]")];
  const posts = lines.map((line) => document.getElementById(line.querySelector("a").hash.slice(1)));
  for (const line of lines) outline(line);
  for (const source of part.querySelectorAll("[data-source]")) cite(source);
  handles(posts.filter(Boolean), part.dataset);
  const branches = map?.querySelector(".map");
  if (branches) htmx.ajax("GET", part.dataset.map, { target: branches, swap: "outerHTML" }).catch(() => null);
}

/** Of a reply just posted, which has focus and stays where it is. */
function take() {
  const part = place.querySelector("[data-replies]");
  const post = document.activeElement;
  if (!part) return;
  part.remove();
  const { top } = post.getBoundingClientRect();
  follow(part);
  scrollBy({ top: post.getBoundingClientRect().top - top, behavior: "instant" });
}

document.addEventListener("htmx:afterSettle", take);
take();
