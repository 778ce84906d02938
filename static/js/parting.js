/* Before somebody logs out: what this device keeps of their drafts is brought to the server, and
   leaves the device. What the server does not take stays: only who wrote it is ever shown it. */

import { fetchFragment } from "./dom.js";

const modules = document.getElementById("forum-js").dataset;
const PATIENCE = 5000; // milliseconds

async function bring(key, address, token) {
  const [title, source, quoted] = JSON.parse(JSON.parse(localStorage.getItem(key)).content);
  const body = new URLSearchParams({ title, source, nonce: crypto.randomUUID?.() ?? "", do: "save", csrfmiddlewaretoken: token });
  for (const id of quoted) body.append("quoted_post_ids", id);
  const { ok } = await fetchFragment(address, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE) });
  if (ok) localStorage.removeItem(key);
}

/** Of the member who leaves by this form; an open composer is saved first. */
export async function part(form) {
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  if (document.querySelector("[data-js-composer]")) await (await import(modules.drafts)).saveAll();
  const prefix = `draft ${form.dataset.jsLeaves} `;
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  await Promise.allSettled(keys.map((key) => bring(key, key.slice(prefix.length), token)));
}
