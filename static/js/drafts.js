/* Drafts: the text of a composer is saved on this device and, a second after the last key and on
   leaving, on the server. Text that the server never received is restored from the device. Only one
   composer is open; the others are folded to a line. */

import { fetchFragment, insertText, parseHtml, refreshToken, RequestError } from "./dom.js";

const COMPOSER = "[data-js-composer]";
const PAUSE = 1000; // after the last key
const AGAIN = 15_000; // after a failure
const KEPT_FOR = 90 * 24 * 60 * 60 * 1000;
const MOST_ON_LEAVING = 60_000; // bytes that a browser sends for a page that is gone
const PREFIX = "draft ";

const status = document.getElementById("status");
const alarm = document.getElementById("alert");
const memos = new WeakMap(); // by form: what was saved, and what is under way
const sequences = new Map(); // by nonce: how often it was saved; the form may be swapped meanwhile

const forms = () => document.querySelectorAll(COMPOSER);
const textOf = (form) => form.querySelector("textarea");
const nonceOf = (form) => form.querySelector("[name=nonce]").value;
const titleOf = (form) => form.querySelector("input[name=title]");
const tagsOf = (form) => [...form.querySelectorAll("input[name=tag_ids]")];
const isBlank = (form) => !textOf(form).value.trim() && !titleOf(form)?.value.trim();
const valuesOf = (fields) => fields.map((field) => field.value);
const contentOf = (form, property = "value") => JSON.stringify([
  titleOf(form)?.[property] ?? "",
  textOf(form)[property],
  valuesOf([...form.querySelectorAll("[name=quoted_post_ids]")]),
  valuesOf(tagsOf(form).filter((field) => field[property === "value" ? "checked" : "defaultChecked"])),
]);
const clock = (at) => new Date(at).toTimeString().slice(0, 5);

// ---- On this device: nobody else who logs in here is shown it

function keyOf(form) {
  const { jsMember: member } = form.dataset;
  return member && `${PREFIX}${member} ${form.getAttribute("action")}`;
}

function saveOnDevice(form) {
  try {
    const key = keyOf(form);
    if (key) localStorage.setItem(key, JSON.stringify({ content: contentOf(form), at: Date.now() }));
    return Boolean(key);
  } catch {
    return false; // full, or not allowed
  }
}

function readFromDevice(form) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(form)) ?? "null");
  } catch {
    return null;
  }
}

function removeFromDevice(form) {
  try {
    localStorage.removeItem(keyOf(form));
  } catch { /* then there is nothing */ }
}

function removeOld() {
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(PREFIX)) continue;
      const { at } = JSON.parse(localStorage.getItem(key));
      if (Date.now() - at > KEPT_FOR) localStorage.removeItem(key);
    }
  } catch { /* then there is nothing */ }
}

// ---- On the server

/** Saves the text of the form and shows the result; returns whether the server has it. */
async function save(form, { isLeaving = false, isRetry = false } = {}) {
  const memo = memos.get(form);
  clearTimeout(memo.timer);
  const content = contentOf(form);
  if (content === memo.saved) return true;
  memo.isOnDevice = saveOnDevice(form);
  if (memo.isContested || textOf(form).readOnly) return false;
  memo.note = form.querySelector("[data-js-note]"); // that there was no connection
  memo.request?.abort();
  const request = memo.request = new AbortController();
  const patience = setTimeout(() => request.abort(new Error("no answer")), AGAIN);
  const nonce = nonceOf(form);
  sequences.set(nonce, (sequences.get(nonce) ?? 0) + 1);
  const body = new URLSearchParams(new FormData(form));
  body.set("do", "save");
  body.set("autosave_seq", sequences.get(nonce));
  try {
    const { status: code, page } = await fetchFragment(form.getAttribute("action"), {
      method: "POST",
      body,
      keepalive: isLeaving && body.toString().length < MOST_ON_LEAVING,
      signal: request.signal,
    });
    if (code === 403 && !isRetry && refreshToken(page)) return save(form, { isLeaving, isRetry: true });
    const state = page.querySelector(".composer-state");
    if (![200, 401, 409].includes(code) || !state) throw new RequestError(alarm.dataset.jsBroken);
    return applySaved(form, content, code, state);
  } catch (error) {
    if (error.name !== "AbortError") markUnsaved(form, error); // else a later save is on its way
    return false;
  } finally {
    clearTimeout(patience);
  }
}

function applySaved(form, content, code, state) {
  const memo = memos.get(form);
  const old = document.getElementById(state.id);
  const [news, known] = [state, old].map((part) => part?.querySelector("[data-js-news]"));
  if (news && news.dataset.jsNews === known?.dataset.jsNews) news.replaceWith(known); // opened, perhaps
  else if (news) announce(news.firstElementChild.textContent);
  const sent = old?.querySelector("[data-js-sent]"); // what the form has sent before stays in view
  if (sent && !state.querySelector("[data-js-sent]")) state.append(sent);
  const nonce = nonceOf(form);
  old?.replaceWith(document.adoptNode(state));
  const isAnother = nonceOf(form) !== nonce; // the form was sent before, with other words
  if (isAnother) memo.timer = setTimeout(save, 0, form);
  if (isAnother) form.querySelector("[data-js-note]")?.remove(); // now it is known what was posted
  else if (code === 200) memo.note?.remove(); // but not one that came meanwhile
  memo.isContested = code === 409 && !isAnother;
  if (code !== 200) {
    memo.isLost = !memo.isOnDevice;
    if (code === 401) showState(form, memo.isOnDevice ? "jsDevice" : "jsUnsaved");
    announce(state.querySelector(".note")?.textContent);
  } else {
    if (memo.saved === memo.opened || memo.isLost) announce(state.querySelector("[data-js-saved]")?.textContent);
    memo.saved = content;
    memo.isLost = false;
    memo.errorMessage = "";
    if (contentOf(form) === content) removeFromDevice(form);
  }
  updateLeavingGuard();
  return code === 200;
}

/** Not saved on the server: the device has the text, and saving is tried again. */
function markUnsaved(form, { message = "" } = {}) {
  const memo = memos.get(form);
  memo.errorMessage = message;
  memo.isLost = !memo.isOnDevice;
  showState(form, memo.isOnDevice ? "jsDevice" : "jsUnsaved");
  updateLeavingGuard();
  memo.timer = setTimeout(save, AGAIN, form);
}

/** Shows the state beside the buttons. It is announced only if the text is saved nowhere. */
function showState(form, words) {
  const line = form.querySelector("[data-js-saved]");
  line.textContent = form.dataset[words].replace("%s", clock(Date.now()));
  if (words === "jsUnsaved") announce(line.textContent);
}

function announce(words) {
  if (words) status.textContent = words.trim();
}

// ---- Leaving: asked only when neither the server nor the device has the text

function confirmLeaving(event) {
  event.preventDefault();
}

function updateLeavingGuard() {
  // A page with this listener may not be kept for the Back button, so it goes when it can.
  const isLost = [...forms()].some((form) => memos.get(form)?.isLost && !isBlank(form));
  if (isLost) addEventListener("beforeunload", confirmLeaving);
  else removeEventListener("beforeunload", confirmLeaving);
}

function saveOnLeaving() {
  for (const form of forms()) if (memos.has(form)) save(form, { isLeaving: true });
}

export const saveAll = () => Promise.all([...forms()].filter((form) => memos.has(form)).map((form) => save(form)));

addEventListener("pagehide", saveOnLeaving);
addEventListener("online", () => { for (const form of forms()) if (memos.has(form)) save(form); });
document.addEventListener("visibilitychange", () => { if (document.hidden) saveOnLeaving(); });

// ---- Typing and posting

document.addEventListener("input", ({ target }) => {
  const form = target.closest(COMPOSER);
  const memo = memos.get(form);
  if (!memo) return;
  if (form.matches(".is-folded")) unfold(form); // words were quoted into it
  clearTimeout(memo.timer);
  memo.timer = setTimeout(save, PAUSE, form);
});

document.addEventListener("htmx:beforeRequest", ({ detail: { requestConfig: { elt } } }) => {
  const memo = memos.get(elt);
  if (!memo) return;
  clearTimeout(memo.timer);
  memo.request?.abort();
  memo.isOnDevice = saveOnDevice(elt);
});

document.addEventListener("htmx:afterRequest", ({ detail: { xhr, requestConfig: { elt } } }) => {
  if (!memos.has(elt)) return;
  // The device forgets a text only when the forum says that it has it.
  const isOurs = xhr.status && xhr.getResponseHeader("Plait-Response");
  if (isOurs && parseHtml(xhr.responseText).querySelector("[data-js-taken]")) removeFromDevice(elt);
  else if (elt.isConnected) markUnsaved(elt);
});

/** Before a composer on a page of its own leaves the page, its text is saved. */
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const memo = memos.get(form);
  if (!memo || form.hasAttribute("hx-post") || memo.isLeaving) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { isContested } = memo; // both texts are shown already
  const nonce = nonceOf(form);
  const isSafe = await save(form);
  if (memo.isContested && !isContested) return;
  if (nonceOf(form) !== nonce) return; // it was sent before: that is read first
  if (!navigator.onLine || (!isSafe && !form.querySelector(".composer-state .note"))) {
    alarm.textContent = (navigator.onLine && memo.errorMessage) || alarm.dataset.jsOffline;
    showState(form, saveOnDevice(form) ? "jsDevice" : "jsUnsaved");
    return;
  }
  await new Promise(setTimeout); // a form cannot be submitted while it is being submitted
  memo.isLeaving = true;
  form.requestSubmit(submitter);
  memo.isLeaving = false;
}, true);

// ---- A composer opens

function initForm(form) {
  const hasDraft = form.querySelector("[name=version]");
  const opened = contentOf(form, "defaultValue"); // what the server sent; more may be typed by now
  const isKept = hasDraft || !form.querySelector("[aria-invalid]");
  const memo = { saved: isKept ? opened : null, opened };
  memos.set(form, memo);
  if (form.querySelector("[data-js-saved]").dataset.jsSaved === "contested") memo.isContested = true;
  for (const button of form.querySelectorAll("[data-js-copy-text]")) button.hidden = false;
  const offers = document.querySelectorAll(`.draft-offer a[href="${form.getAttribute("action")}"]`);
  for (const link of offers) link.closest(".draft-offer").remove();
  for (const other of forms()) if (other !== form && form.hasAttribute("hx-post")) fold(other);
  restoreDraft(form, contentOf(form));
  if (contentOf(form) !== opened) memo.timer = setTimeout(save, PAUSE, form);
}

function restoreDraft(form, content) {
  const local = readFromDevice(form);
  if (!local) return;
  if (local.content === content) {
    if (memos.get(form).saved === content && form.querySelector("[name=version]")) removeFromDevice(form);
  } else if (isBlank(form)) {
    fill(form, local);
  } else if (!form.querySelector("[aria-invalid]")) {
    const note = form.querySelector("[data-js-kept]");
    note.querySelector("[data-js-when]").textContent = clock(local.at);
    note.querySelector(".source-text").textContent = JSON.parse(local.content)[1];
    note.hidden = false;
  }
}

function fill(form, { content, at }) {
  const [title, source, quoted, tags = []] = JSON.parse(content);
  for (const [field, text] of [[titleOf(form), title], [textOf(form), source]]) {
    if (field?.value) insertText(field, text, 0, field.value.length);
    else if (field) field.value = text;
  }
  for (const id of quoted) {
    const hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name: "quoted_post_ids", value: id });
    if (!form.querySelector(`[name=quoted_post_ids][value="${CSS.escape(id)}"]`)) form.append(hidden);
  }
  for (const field of tagsOf(form)) field.checked = tags.includes(field.value);
  form.querySelector("[data-js-saved]").textContent = form.dataset.jsDevice.replace("%s", clock(at));
  textOf(form).dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", async ({ target }) => {
  const form = target.closest(COMPOSER);
  if (!memos.has(form)) return;
  const note = target.closest("[data-js-kept]");
  if (target.closest("[data-js-use]")) fill(form, readFromDevice(form));
  if (target.closest("[data-js-keep]")) removeFromDevice(form);
  if (note && target.closest("button")) {
    note.hidden = true;
    textOf(form).focus();
  }
  if (target.closest("[data-js-continue]")) unfold(form);
  if (target.closest("[data-js-copy-text]")) {
    textOf(form).select();
    await navigator.clipboard?.writeText(textOf(form).value);
    announce(target.dataset.jsCopied);
  }
});

// ---- One is open, the others are folded

function fold(form) {
  const isReply = form.id.startsWith("reply-"); // an edit stands where its post was
  if (isReply && isBlank(form) && !form.querySelector("[name=version]")) {
    form.remove();
    return;
  }
  save(form);
  const line = form.querySelector("[data-js-folded]");
  const count = textOf(form).value.split(/\s+/).filter(Boolean).length;
  line.querySelector("span").textContent = (count === 1 ? line.dataset.one : line.dataset.many).replace("%s", count);
  line.hidden = false;
  form.classList.add("is-folded");
}

function unfold(form) {
  for (const other of forms()) if (other !== form && !other.matches(".is-folded")) fold(other);
  form.classList.remove("is-folded");
  form.querySelector("[data-js-folded]").hidden = true;
  textOf(form).focus();
}

// Reply pressed again where a folded composer is: the other scripts find it open.
document.addEventListener("click", ({ target }) => {
  const [, number] = target.closest("a")?.getAttribute("href")?.match(/^\/p\/(\d+)\/reply\/$/) ?? [];
  const form = document.getElementById(`reply-${number}`);
  if (form?.matches(".is-folded")) unfold(form);
}, true);

function init() {
  for (const form of forms()) if (!memos.has(form)) initForm(form);
}

document.addEventListener("htmx:afterSettle", init);
removeOld();
init();
