// Named scenarios: their parameters with the values that hold, new ones, and the way back to earlier versions.

import { get, put, remove, session } from "./api.js";
import { el, region, say } from "./dom.js";
import { field, input, refuse, select } from "./form.js";
import { at } from "./format.js";
import { markChanges, parameterFields, readParameters, showParameters } from "./parameters.js";
import { badge, button, confirmDialog, errorPanel, facts, loading, panel } from "./components.js";
import { history, savingForm } from "./version-history.js";

const PREFIX = "parameters";
const pathOf = (id) => `boss/scenarios/${encodeURIComponent(id)}`;

export async function scenarioSettings(box, wanted = null) {
  try {
    const { scenarios } = await get("boss/scenarios");
    session.options.scenarios = scenarios.map(({ id }) => id);
    const chosen = scenarios.find(({ id }) => id === wanted) ?? scenarios[0];
    const inner = region();
    inner.append(loading(4));
    const again = (id) => scenarioSettings(box, id ?? chosen.id);
    box.replaceChildren(el("div", { class: "columns is-side" }, listPanel(scenarios, chosen, again, () => showNew(inner, scenarios, again)), inner));
    if (wanted !== null) box.querySelector("[aria-current]").focus();
    await showScenario(inner, chosen, again);
  } catch (error) {
    box.replaceChildren(errorPanel(error));
  }
}

function listPanel(scenarios, chosen, again, add) {
  const choice = ({ id, shipped, changed }) => el("li", {}, el("button", { type: "button", class: "choice", "aria-current": id === chosen.id ? "true" : null, onclick: () => again(id) },
    el("span", {}, id), shipped ? changed && badge("run", "dot", "changed") : badge("good", "dot", "own")));
  return panel("Scenarios", el("ol", { class: "choices" }, scenarios.map(choice)), button("New scenario", add, { mark: "plus", id: "scenario-new" }));
}

/** A scenario as it holds, or as an earlier version had it. */
async function showScenario(box, { id, base, shipped, changed }, again, number = null) {
  const [found, plain] = await Promise.all([get(number === null ? pathOf(id) : `${pathOf(id)}?version=${number}`), get(`${pathOf(base)}?version=0`)]);
  const latest = found.history[0]?.version ?? 0;
  const form = parameterForm({ ...found, latest, known: plain.parameters, save: (parameters) => put(pathOf(id), { version: latest, base: found.base, parameters }), again: () => again(id) });
  box.replaceChildren(panel(id,
    facts([["Version", versionText(found)], ["Based on", shipped ? null : base]]),
    number !== null && number !== latest && el("p", { class: "warning" }, `This is version ${number}. Save it to restore it.`),
    form, changed && el("p", { class: "actions" }, ending(id, shipped, latest, again)),
    history({ version: found.version, history: found.history, first: shipped ? "as shipped" : "as its base", look: (other) => showScenario(box, { id, base, shipped, changed }, again, other) })));
}

const versionText = ({ version, history: versions }) => {
  const kept = versions.find((one) => one.version === version);
  return kept ? `${version}, ${at(kept.at)}` : `${version}, as shipped`;
};

function parameterForm({ parameters, known, save, again, heads = [], name = "Save" }) {
  const rules = el("textarea", { class: "code", rows: "14", spellcheck: "false", value: JSON.stringify(parameters.rules ?? [], null, 1) });
  const form = savingForm({
    name,
    content: [heads, parameterFields(PREFIX), el("details", {}, el("summary", {}, "Rules of activities"), field(`${PREFIX}.rules`, "Which event causes which activity, as JSON", rules, "delays are minutes; the list replaces the scenario's"))],
    extra: again ? button("Reload", again, { kind: "quiet" }) : [],
    save: async (filled) => {
      const said = { ...readParameters(filled, PREFIX, known), ...readRules(rules, known) };
      await save(said, filled);
      say("Saved");
      if (again) await again();
    },
    refused: (filled, error) => refuse(filled, error)?.focus(),
  });
  showParameters(form, PREFIX, parameters);
  form.addEventListener("input", () => markChanges(form, PREFIX, known));
  markChanges(form, PREFIX, known);
  return form;
}

function readRules(box, known) {
  try {
    const rules = JSON.parse(box.value);
    return JSON.stringify(rules) === JSON.stringify(known.rules ?? []) ? {} : { rules };
  } catch (error) {
    throw Object.assign(new Error(`is not JSON: ${error.message}`), { field: `${PREFIX}.rules` });
  }
}

function ending(id, shipped, version, again) {
  return button(shipped ? "Reset to shipped" : "Delete", () => confirmDialog({
    title: shipped ? `Undo all changes of ${id}?` : `Delete the scenario ${id}?`, action: shipped ? "Undo" : "Delete", danger: true,
    content: el("p", {}, "Running simulations keep it; its versions are kept too."),
    onconfirm: async () => { await remove(`${pathOf(id)}?version=${version}`); say("Done"); await again(shipped ? id : null); },
  }), { kind: "danger-quiet small" });
}

/** A scenario of one's own begins with the parameters of its base. */
async function showNew(box, scenarios, again, base = "B2B", id = "") {
  const plain = await get(`${pathOf(base)}?version=0`);
  const name = input("text", { value: id, required: true, maxlength: 40, placeholder: "spring-fair" });
  const choice = select(scenarios.filter(({ shipped }) => shipped).map((one) => [one.id, one.id]), base);
  choice.addEventListener("change", () => showNew(box, scenarios, again, choice.value, name.value));
  box.replaceChildren(panel("New scenario", parameterForm({
    parameters: plain.parameters, known: plain.parameters, name: "Create",
    heads: el("div", { class: "pair" }, field("id", "Name", name, "letters, digits, - and _"), field("base", "Based on", choice, "provides the text and the parameters that you do not change")),
    save: async (parameters) => { await create(name.value.trim(), base, parameters, scenarios); await again(name.value.trim()); },
  })));
  name.focus();
}

async function create(id, base, parameters, scenarios) {
  const refuseName = (message) => { throw Object.assign(new Error(message), { field: "id" }); };
  if (!id) refuseName("enter a name");
  if (scenarios.some((one) => one.id === id)) refuseName("a scenario with this name exists"); // a shipped one would be changed
  await put(pathOf(id), { version: 0, base, parameters });
}
