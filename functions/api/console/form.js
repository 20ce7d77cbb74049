// Fields of a form, named as the API names them, so that its refusals stand where they belong.

import { el } from "./dom.js";

const idOf = (name) => `f-${name.replaceAll(".", "-")}`;

/** A label, an input, a hint, and room for what the API says of it. */
export function field(name, label, input, hint = "") {
  const id = idOf(name);
  input.id = id;
  input.name = name;
  input.setAttribute("aria-describedby", `${id}-hint ${id}-problem`);
  return el("div", { class: "field" }, el("label", { for: id }, label), input,
    el("p", { class: "hint", id: `${id}-hint` }, hint), el("p", { class: "problem", id: `${id}-problem` }));
}

export function check(name, label, hint = "", checked = false) {
  const id = idOf(name);
  return el("div", { class: "field is-check" },
    el("label", {}, el("input", { type: "checkbox", id, name, checked, "aria-describedby": `${id}-hint ${id}-problem` }), el("span", {}, label)),
    el("p", { class: "hint", id: `${id}-hint` }, hint), el("p", { class: "problem", id: `${id}-problem` }));
}

/** Two numbers with one problem: the least and the most of something. */
export function rangeField(name, label) {
  const id = idOf(name);
  const end = (which, word) => input("number", { min: 0, step: 1, id: `${id}-${which}`, name: `${name}.${which}`, "aria-label": `${label}, ${word}`, "aria-describedby": `${id}-problem` });
  return el("div", { class: "field", role: "group", "aria-label": label }, el("span", { class: "label", "aria-hidden": "true" }, label),
    el("div", { class: "range" }, end("low", "least"), el("span", { class: "soft", "aria-hidden": "true" }, "to"), end("high", "most")), el("p", { class: "problem", id: `${id}-problem` }));
}

/** The number in a field, null where it is empty. */
export const numberOf = (box) => (box.value.trim() === "" ? null : Number(box.value));

export const input = (type, attributes = {}) => el("input", { type, autocomplete: "off", ...attributes });

export const select = (options, chosen) =>
  el("select", {}, options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));

/** Show a refusal at the field that it names, or at the form where no field of that name is; answers whether there was one. */
export function refuse(form, error) {
  clearProblems(form);
  const parts = (error.field ?? "").split(".");
  for (let length = parts.length; length > 0; length -= 1) {
    const name = parts.slice(0, length).join(".");
    const problem = name && document.getElementById(`${idOf(name)}-problem`);
    if (problem) {
      problem.textContent = error.message.replace(/^[\w.]+: /, "");
      const wrong = document.getElementById(idOf(error.field)) ?? document.getElementById(idOf(name));
      wrong?.setAttribute("aria-invalid", "true");
      wrong?.closest("details")?.setAttribute("open", "");
      return wrong;
    }
  }
  form.querySelector(".form-problem").textContent = error.message;
  return null;
}

export function clearProblems(form) {
  for (const problem of form.querySelectorAll(".problem")) problem.textContent = "";
  for (const wrong of form.querySelectorAll("[aria-invalid]")) wrong.removeAttribute("aria-invalid");
}

/** Put a value at its dotted path. */
export function place(document, path, value) {
  const parts = path.split(".");
  const last = parts.pop();
  let at = document;
  for (const part of parts) at = at[part] ??= {};
  at[last] = value;
}
