/* Marks the text that a link leads to (#p5:~:text=…) in browsers that do not support it: finds it in the
   post, marks it for a moment, and leaves the text unchanged. */


const SHOWN = 3000; // milliseconds

/** Returns the post that an address names, and how the words start and, of long ones, how they end. */
function parse(hash) {
  const [id, text] = hash.slice(1).split(":~:text=");
  return text ? { post: document.getElementById(id), ends: text.split(",").map(decodeURIComponent) } : {};
}

/** Returns a text as it is shown, and the node and offset of each of its letters. */
function read(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let text = "";
  const places = [];
  while (walker.nextNode()) {
    const { data } = walker.currentNode;
    for (let at = 0; at < data.length; at += 1) {
      // A byte order mark draws nothing, and is no space to the server either.
      const letter = data[at].trim() || data[at] === "\ufeff" ? data[at] : " ";
      if (letter === " " && text.endsWith(" ")) continue;
      text += letter;
      places.push({ node: walker.currentNode, at });
    }
  }
  return { text, places };
}

/** Returns the text nodes from one letter to another, split so that they hold no more. */
function cut(places, from, to) {
  const stretches = new Map();
  for (const { node, at } of places.slice(from, to)) {
    const [first] = stretches.get(node) ?? [at];
    stretches.set(node, [first, at + 1]);
  }
  return [...stretches].map(([node, [first, last]]) => {
    node.splitText(last);
    return node.splitText(first);
  });
}

async function mark(post, [start, end = ""]) {
  const { text, places } = read(post.querySelector(".text"));
  const from = text.indexOf(start);
  const last = end ? text.indexOf(end, from + start.length) + end.length : from + start.length;
  if (from < 0 || last <= from) return;
  const marks = cut(places, from, last).map((node) => {
    const element = document.createElement("mark");
    node.replaceWith(element);
    element.append(node);
    return element;
  });
  marks[0].scrollIntoView({ block: "center" });
  const fade = [{}, { backgroundColor: "transparent" }];
  await Promise.all(marks.map((element) => element.animate(fade, { delay: SHOWN, duration: 600 }).finished));
  for (const element of marks) {
    const { parentNode } = element;
    element.replaceWith(...element.childNodes);
    parentNode.normalize();
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#p']");
  const { post, ends } = link ? parse(link.getAttribute("href")) : {};
  if (!post) return;
  event.preventDefault();
  location.hash = post.id;
  mark(post, ends);
});

const { post, ends } = parse(location.hash);
if (post) {
  location.replace(`#${post.id}`);
  mark(post, ends);
}
