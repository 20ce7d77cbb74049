// What several views are made of.

import { el, icon, say } from "./dom.js";
import { percent, titled } from "./format.js";

const STATES = {
  QUEUED: ["wait", "clock"],
  RUNNING: ["run", "play"],
  ABORTING: ["warn", "stop"],
  SUCCEEDED: ["good", "check"],
  PARTIAL: ["warn", "warn"],
  FAILED: ["bad", "cross"],
  ABORTED: ["warn", "stop"],
};

export function badge(kind, mark, text) {
  return el("span", { class: `badge is-${kind}` }, icon(mark), text);
}

export function state(status) {
  const [kind, mark] = STATES[status] ?? ["wait", "dot"];
  return badge(kind, mark, titled(status.toLowerCase()));
}

export function progress(share, label) {
  const value = Math.round(share * 1000) / 10;
  return el("div", { class: "progress", role: "progressbar", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": String(value) },
    el("i", { "--share": String(share) }));
}

export const progressWithText = (share, label) =>
  el("div", { class: "progress-line" }, progress(share, label), el("b", {}, percent(share)));

export function panel(title, ...content) {
  const id = `h-${title.toLowerCase().replaceAll(/\W+/g, "-")}`;
  return el("section", { class: "panel", "aria-labelledby": id }, el("header", {}, el("h2", { id }, title)), content);
}

export function facts(pairs) {
  const rows = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

export const empty = (title, text, ...more) => el("div", { class: "empty" }, el("b", {}, title), el("p", {}, text), more);

export const loading = (lines = 3) =>
  el("div", { class: "loading", role: "status" }, el("span", { class: "unseen" }, "Loading"), Array.from({ length: lines }, () => el("i")));

export function button(text, onclick, { kind = "", mark = null, id = null, disabled = false } = {}) {
  return el("button", { type: "button", class: `button ${kind}`, onclick, id, disabled }, mark && icon(mark), text);
}

export function copyButton(text, label) {
  const copy = button("", async () => {
    await navigator.clipboard.writeText(text);
    say("Copied");
    copy.classList.add("is-done");
    setTimeout(() => copy.classList.remove("is-done"), 1200);
  }, { kind: "quiet small", mark: "copy" });
  copy.setAttribute("aria-label", label);
  return copy;
}

/** Wait for an action and show what it says; the button is out of use meanwhile. */
export async function during(trigger, action) {
  trigger.disabled = true;
  trigger.setAttribute("aria-busy", "true");
  try {
    return await action();
  } finally {
    trigger.disabled = false;
    trigger.removeAttribute("aria-busy");
  }
}

/** `kind` says how the table folds on a narrow screen. */
export function table(caption, heads, rows, { kind = "" } = {}) {
  const head = (one) => el("th", { scope: "col", class: one.startsWith("#") ? "is-number" : null }, one.replace("#", ""));
  return el("div", { class: `rows ${kind}`, tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", { class: "unseen" }, caption), el("thead", {}, el("tr", {}, heads.map(head))), el("tbody", {}, rows)));
}

/** Ask before something that cannot be undone; `content` may load what it is about. */
export function confirmDialog({ title, content, action, danger = false, onconfirm }) {
  const problem = el("p", { class: "problem", role: "alert" });
  const go = button(action, () => during(go, async () => {
    problem.textContent = "";
    try {
      await onconfirm();
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
    }
  }), { kind: danger ? "danger" : "primary", id: "dialog-go" });
  const dialog = el("dialog", { "aria-labelledby": "dialog-title", onclose: () => dialog.remove() },
    el("h2", { id: "dialog-title" }, title), el("div", { class: "dialog-body" }, content), problem,
    el("footer", {}, button("Cancel", () => dialog.close()), go));
  document.body.append(dialog);
  dialog.showModal();
  return { go, dialog };
}

/** A meter of what is used; near the end it says so by more than its colour. */
export function meter(label, used, limit, unit) {
  const share = limit ? Math.min(1, used / limit) : 0;
  const kind = share >= 0.95 ? "bad" : share >= 0.8 ? "warn" : "good";
  return el("div", { class: `meter is-${kind}` },
    el("div", { class: "meter-text" }, el("span", {}, label), el("span", {}, kind === "good" ? null : icon("warn"), unit)),
    progress(share, label));
}

export function errorPanel(error) {
  return el("div", { class: "panel problem-panel", role: "alert" }, icon("warn"), el("div", {}, el("b", {}, "Something went wrong"), el("p", {}, error.message)));
}

