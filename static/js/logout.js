/* Before logging out, drafts on this device are sent to the server and deleted here. A draft that the
   server does not accept stays, and is only shown to its author. */

import { fetchFragment } from "./dom.js";

const TIMEOUT = 5000; // milliseconds

async function uploadDraft(key, address, token) {
  const [title, source, quoted] = JSON.parse(JSON.parse(localStorage.getItem(key)).content);
  const body = new URLSearchParams({
    title,
    source,
    nonce: crypto.randomUUID?.() ?? "",
    do: "save",
    csrfmiddlewaretoken: token,
  });
  for (const id of quoted) body.append("quoted_post_ids", id);
  const { ok } = await fetchFragment(address, { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT) });
  if (ok) localStorage.removeItem(key);
}

/** Uploads the drafts of the member who logs out by this form; an open composer is saved first. */
export async function uploadDrafts(form) {
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  if (document.querySelector("[data-js-composer]")) await (await import("./drafts.js")).saveAll();
  const prefix = `draft ${form.dataset.jsLeaves} `;
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  await Promise.allSettled(keys.map((key) => uploadDraft(key, key.slice(prefix.length), token)));
}
