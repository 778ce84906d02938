/* The selected part of a post as Markdown that renders to the same: code stays code, links keep their
   address, lists their numbers. For whole posts the server does it: forum.markup.quoted_source. */

// What no author wrote, and what is folded away.
const NOT_WORDS = ".visually-hidden, figcaption, summary, [hidden], details:not([open])";
export const QUOTES = "figure, blockquote, details";
const BLOCKS = "p, h1, h2, h3, h4, h5, h6, pre, ul, ol, table, hr, div";
const MARK_OF = { STRONG: "**", EM: "*", S: "~~" };

const ADDRESS = /[Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s<>]+/;
const MARK = /[\\`*[<]|&(?=[#A-Za-z])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|(?<=~)~|~(?=~)/u;
const MARKS = new RegExp(`(${ADDRESS.source})|${MARK.source}`, "gu");
const LINE_MARK = /^(?:(?:#{1,6}|[-+])(?=\s|$)|>|[-=:|][-=:|\s]*$)/;
const LIST_NUMBER = /^(\p{Nd}{1,9})([.)])(?=\s|$)/u;
// Only these collapse and are trimmed in HTML: an indent by full-width space is the author's.
const SPACES = /[ \t\n\r\f]+/g;
const trimmed = (text) => text.replace(/^[ \t\n\r\f]+|[ \t\n\r\f]+$/g, "");

const isWanted = (node, range) => range.intersectsNode(node) && !node.matches?.(NOT_WORDS);

/** Returns the letters of a text node, or of an element, that are in the range. */
function lettersIn(node, range) {
  if (node.nodeType !== Node.TEXT_NODE) {
    return [...node.childNodes]
      .filter((child) => isWanted(child, range))
      .map((child) => lettersIn(child, range))
      .join("");
  }
  const from = node === range.startContainer ? range.startOffset : 0;
  return node.data.slice(from, node === range.endContainer ? range.endOffset : undefined);
}

const before = (node) => node.previousSibling?.textContent ?? "";
const after = (node) => node.nextSibling?.textContent ?? "";

// ---- Within a line

const escaped = (text) => text.replace(MARKS, (mark, url) => {
  if (!url) return `\\${mark}`;
  return url.slice(4).search(MARKS) < 0 ? url : `<${url}>`;
});

function codeSpan(text) {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = /^`|`$|^ .* $/s.test(text) ? " " : "";
  return `${fence}${pad}${text}${pad}${fence}`;
}

/** Returns the address that the author typed, when the link shows just that; empty for other links. */
function typedAddress(link) {
  const { protocol, textContent: text } = link;
  if (protocol === "mailto:") return link.href === `mailto:${text}` ? text : "";
  const typed = `${protocol}//${text}`;
  return URL.canParse(typed) && new URL(typed).href === link.href ? typed : "";
}

function linkMarkdown(link, range) {
  const letters = lettersIn(link, range);
  const typed = typedAddress(link);
  const isPart = typed && letters !== link.textContent;
  if (isPart || !/^(?:https?|mailto):/.test(link.getAttribute("href"))) return inlineMarkdown(link, range);
  if (typed) {
    const isApart = !/\S$/.test(before(link)) && !/^\S/.test(after(link));
    const isBare = isApart && ADDRESS.test(typed) && !/[\\`*[<&_~]/.test(typed);
    return isBare ? typed : `<${typed}>`;
  }
  const address = link.getAttribute("href").replace(/&(?=[#A-Za-z])/g, "\\&");
  const words = inlineMarkdown(link, range);
  if (!words.trim()) return words;
  return `[${words}](${/[()]/.test(address) ? `<${address}>` : address})`;
}

/** Returns emphasised words with their marks where these can be nothing else, otherwise without. */
function emphasised(element, range) {
  const words = inlineMarkdown(element, range);
  const isApart = !/[^\s(]$/.test(before(element)) && !/^[^\s.,;:!?)]/.test(after(element));
  const isPlain = /^[\p{L}\p{N}](?:[^*~\\\n]*[\p{L}\p{N}])?$/u.test(words);
  const isNested = element.parentElement.closest("strong, em, s, a");
  const mark = isApart && isPlain && !isNested ? MARK_OF[element.nodeName] : "";
  return `${mark}${words}${mark}`;
}

function inlineMarkdown(node, range) {
  return [...node.childNodes].filter((child) => isWanted(child, range)).map((child) => inlineOf(child, range)).join("");
}

function inlineOf(node, range) {
  if (node.nodeType === Node.TEXT_NODE) {
    const text = escaped(lettersIn(node, range).replace(SPACES, " "));
    return node.parentElement.closest("a") ? text.replaceAll("]", "\\]") : text;
  }
  switch (node.nodeName) {
    case "BR": return "\n";
    case "CODE": {
      const letters = lettersIn(node, range).replace(SPACES, " ");
      return letters && codeSpan(letters);
    }
    case "A": return linkMarkdown(node, range);
    case "STRONG": case "EM": case "S": return emphasised(node, range);
    default: return inlineMarkdown(node, range);
  }
}

function paragraph(markdown) {
  const lines = markdown.split("\n").map(trimmed).filter(Boolean);
  return lines.map((line) => (LINE_MARK.test(line) ? `\\${line}` : line.replace(LIST_NUMBER, "$1\\$2"))).join("\n");
}

// ---- Blocks

function codeBlock(pre, range) {
  const letters = lettersIn(pre, range).replace(/\n$/, "");
  if (!letters.trim()) return "";
  const longest = Math.max(2, ...[...letters.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const language = pre.querySelector("code")?.className.match(/language-(\S+)/)?.[1] ?? "";
  return `${fence}${language}\n${letters}\n${fence}`;
}

function list(element, range) {
  const items = [...element.children];
  const within = items.find((item) => item.contains(range.commonAncestorContainer));
  if (within) return blocksOf(within.childNodes, range).join("\n\n"); // words of one entry are no list
  const isLoose = Boolean(element.querySelector(":scope > li > p"));
  const start = Number(element.getAttribute("start") ?? 1);
  return items.map((item, index) => {
    const marker = element.nodeName === "OL" ? `${start + index}. ` : "- ";
    const content = blocksOf(item.childNodes, range).join(isLoose ? "\n\n" : "\n");
    return content && marker + content.replaceAll("\n", `\n${" ".repeat(marker.length)}`);
  }).filter(Boolean).join(isLoose ? "\n\n" : "\n");
}

function table(element, range) {
  const read = (cell) => trimmed(inlineMarkdown(cell, range)).replaceAll("\n", " ");
  const rows = [...element.rows].map((row) => [...row.cells].map(read));
  const cell = range.commonAncestorContainer.parentElement?.closest("td, th");
  if (!rows[0].some(Boolean) || (cell && element.contains(cell))) {
    return rows.map((cells) => paragraph(cells.filter(Boolean).join(" "))).filter(Boolean).join("\n\n");
  }
  const drawn = rows
    .filter((cells) => cells.some(Boolean))
    .map((cells) => `| ${cells.map((each) => each.replaceAll("|", "\\|")).join(" | ")} |`);
  return [drawn[0], `|${" --- |".repeat(rows[0].length)}`, ...drawn.slice(1)].join("\n");
}

function heading(element, range) {
  const line = trimmed(inlineMarkdown(element, range).replaceAll("\n", " "));
  // The page's own headings are h1, or h1 to h3 among replies.
  const level = Number(element.nodeName[1]) - (element.closest(".opening-post") ? 1 : 3);
  return line && `${"#".repeat(Math.max(1, level))} ${line.replace(/#+$/, "\\$&")}`;
}

function blockOf(element, range) {
  switch (element.nodeName) {
    case "P": return paragraph(inlineMarkdown(element, range));
    case "PRE": return codeBlock(element, range);
    case "UL": case "OL": return list(element, range);
    case "TABLE": return table(element, range);
    case "HR": return "";
    case "DIV": return blocksOf(element.childNodes, range).join("\n\n");
    default: return heading(element, range);
  }
}

/** Returns the Markdown of each block in the range, without quotes. Bare words make paragraphs. */
export function blocksOf(nodes, range) {
  const blocks = [];
  let line = "";
  const endLine = () => {
    blocks.push(paragraph(line));
    line = "";
  };
  for (const node of nodes) {
    const isBlock = node.matches?.(`${BLOCKS}, ${QUOTES}`);
    if (isBlock) endLine();
    if (!isWanted(node, range) || node.matches?.(QUOTES)) continue;
    if (isBlock) blocks.push(blockOf(node, range));
    else line += inlineOf(node, range);
  }
  endLine();
  return blocks.filter(Boolean);
}

export function asQuote(markdown) {
  return `${markdown.split("\n").map((line) => (line.trim() ? `> ${line}` : ">")).join("\n")}\n\n`;
}
