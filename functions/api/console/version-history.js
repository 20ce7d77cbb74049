// The versions of a document that a boss has saved, and the way back to one.

import { el } from "./dom.js";
import { at } from "./format.js";
import { button, during } from "./components.js";

const SHOWN = 12;

/** A list of versions, the latest first; `look` is called with the number of an earlier one, 0 being what is deployed or shipped. */
export function history({ version, history: versions, look, first }) {
  const rows = [...versions.slice(0, SHOWN).map((one) => [one.version, at(one.at)]), [0, first]];
  return el("details", { class: "versions" }, el("summary", {}, `Versions (${rows.length})`),
    el("ol", {}, rows.map(([number, when]) => el("li", {}, el("b", {}, `Version ${number}`), el("span", { class: "soft" }, when),
      number === version ? el("span", { class: "soft" }, "shown") : looking(number, look)))));
}

function looking(number, look) {
  const open = button("View", () => during(open, () => look(number).catch((error) => { open.textContent = error.message; })), { kind: "small" });
  open.setAttribute("aria-label", `View version ${number}`);
  return open;
}

/** A form that saves as a new version; a refusal stands at the field that the API names, one of somebody else's version at the end. */
export function savingForm({ content, name = "Save", extra = [], save, refused }) {
  const submit = el("button", { type: "submit", class: "button primary" }, name);
  const form = el("form", { class: "editor", novalidate: true, autocomplete: "off" }, content,
    el("p", { class: "problem form-problem", role: "alert" }), el("div", { class: "actions" }, submit, extra));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    during(submit, () => save(form).catch((error) => refused(form, error)));
  });
  return form;
}
