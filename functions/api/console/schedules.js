// Simulations that start by themselves.

import { get, post, remove } from "./api.js";
import { el, region, say } from "./dom.js";
import { field, input, refuse } from "./form.js";
import { at, duration } from "./format.js";
import { button, confirmDialog, during, empty, errorPanel, loading, panel, table } from "./components.js";

export function schedulesView(main) {
  const list = region();
  list.append(panel("Schedules", loading(3)));
  const load = async () => {
    try {
      const { schedules } = await get("schedules");
      list.replaceChildren(schedules.length ? rows(schedules, load) : panel("Schedules", empty("No schedules", "Add one to start simulations automatically.")));
    } catch (error) {
      list.replaceChildren(errorPanel(error));
    }
  };
  main.replaceChildren(el("div", { class: "head" }, el("h1", {}, "Schedules")), el("div", { class: "columns is-form" }, list, addForm(load)));
  load();
}

function rows(schedules, load) {
  return table("Schedules", ["Name", "When", "Zone", "State", "Mode", "Input", "#"], schedules.map((schedule) => el("tr", {},
    el("th", { scope: "row" }, schedule.name), el("td", {}, el("code", {}, schedule.expression)), el("td", {}, schedule.timezone), el("td", {}, schedule.state.toLowerCase()), el("td", {}, (schedule.mode ?? "–").toLowerCase()),
    el("td", { class: "is-text" }, el("code", {}, JSON.stringify(schedule.input))),
    el("td", { class: "is-number" }, removeButton(schedule.name, load)))));
}

function removeButton(name, load) {
  const drop = button("Remove", () => confirmDialog({
    title: `Remove the schedule ${name}?`, content: el("p", {}, "Simulations that it has started keep running."), action: "Remove", danger: true,
    onconfirm: async () => { await remove(`schedules/${encodeURIComponent(name)}`); say("Removed"); await load(); },
  }), { kind: "danger-quiet small" });
  drop.setAttribute("aria-label", `Remove the schedule ${name}`);
  return drop;
}

function addForm(load) {
  const submit = el("button", { type: "submit", class: "button primary" }, "Add");
  const form = el("form", { class: "panel editor", novalidate: true }, el("h2", {}, "Add a schedule"),
    field("name", "Name", input("text", { required: true })),
    field("expression", "When", input("text", { placeholder: "rate(1 day)" }), "rate(1 day), cron(0 3 * * ? *) or at(2026-12-24T18:00:00)"),
    field("timezone", "Time zone", input("text", { value: "UTC" })),
    field("input", "Input of each simulation, as JSON", el("textarea", { class: "code", rows: "5", spellcheck: "false", value: '{"totalRecords": 50}' }), "from each firing on, leads arrive and live, unless the input has a mode or times"),
    el("p", { class: "problem form-problem", role: "alert" }), el("div", { class: "actions" }, submit));
  const added = el("p", { class: "soft", id: "added" });
  form.append(added);
  const value = (name) => form.elements[name].value.trim();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    during(submit, async () => {
      try {
        const made = await post("schedules", { name: value("name"), expression: value("expression"), timezone: value("timezone"), input: JSON.parse(value("input")) });
        added.textContent = `${made.name} first fires at ${at(made.firesAt)}. Each run ${made.mode === "LIVE" ? "lives for" : "takes"} about ${duration(made.runSeconds)}.`;
        say(`Added. ${added.textContent}`);
        form.reset();
        await load();
      } catch (error) {
        refuse(form, error instanceof SyntaxError ? { field: "input", message: `is not JSON: ${error.message}` } : error);
      }
    });
  });
  return form;
}
