// What only a boss may change: how the model is asked, and the scenarios. Both have versions.

import { get, put, remove } from "./api.js";
import { el, region, say } from "./dom.js";
import { field, refuse, select } from "./form.js";
import { at } from "./format.js";
import { button, during, errorPanel, facts, loading, panel } from "./parts.js";

export function settingsView(main) {
  const model = region();
  const scenario = region();
  main.replaceChildren(el("div", { class: "head" }, el("div", {}, el("h1", {}, "Settings"), el("p", { class: "soft" }, "Simulations that run keep the settings they began with."))),
    el("div", { class: "columns is-even" }, model, scenario));
  showModel(model);
  showScenarios(scenario);
}

/** Load into a region what a panel shows; a refusal is shown in its place. */
async function load(box, title, path, make) {
  box.replaceChildren(panel(title, loading(4)));
  try {
    box.replaceChildren(make(await get(path)));
  } catch (error) {
    box.replaceChildren(errorPanel(error));
  }
}

const showModel = (box) => load(box, "Words by a model", "boss/ai-config", (found) => {
  const { config } = found;
  return panel("Words by a model",
    facts([["Version", version(found)], ["Enabled", config.enabled ? "yes" : "no"], ["Provider", config.provider], ["Model", config.model],
      ...Object.entries(config.prompts).map(([name, prompt]) => [`Prompt ${name}`, prompt.version])]),
    editor({ name: "config", label: "What differs from the defaults, as JSON", value: found.overrides, hint: "enabled, provider, model, limits, prompts",
      save: (config) => put("boss/ai-config", { version: found.version, config }), again: () => showModel(box) }));
});

const showScenarios = (box) => load(box, "Scenarios", "boss/scenarios", ({ scenarios }) => {
  const inner = region();
  const choice = select(scenarios.map(({ id, changed }) => [id, changed ? `${id} (changed)` : id]), scenarios[0]?.id);
  const show = () => showScenario(inner, choice.value, () => showScenarios(box));
  choice.addEventListener("change", show);
  show();
  return panel("Scenarios", field("scenario-choice", "Scenario", choice), inner);
});

async function showScenario(box, id, again) {
  box.replaceChildren(loading(4));
  try {
    const found = await get(`boss/scenarios/${encodeURIComponent(id)}`);
    const back = button("Undo all changes", () => during(back, async () => {
      await remove(`boss/scenarios/${encodeURIComponent(id)}?version=${found.version}`);
      say("Undone");
      again();
    }), { kind: "small" });
    box.replaceChildren(
      facts([["Version", version(found)], ["Based on", found.base]]),
      editor({ name: "parameters", label: "What differs, as JSON", value: found.overrides, hint: Object.keys(found.parameters).join(", "),
        save: (parameters) => put(`boss/scenarios/${encodeURIComponent(id)}`, { version: found.version, base: found.base, parameters }), again }),
      Object.keys(found.overrides).length ? back : "");
  } catch (error) {
    box.replaceChildren(errorPanel(error));
  }
}

const version = ({ version: kept, history }) => (history[0] ? `${kept}, ${at(history[0].at)}` : String(kept));

/** A text of JSON that is saved as a new version, unless somebody else saved one meanwhile. */
function editor({ name, label, value, hint, save, again }) {
  const text = el("textarea", { class: "code", rows: "9", spellcheck: "false", value: JSON.stringify(value, null, 2) });
  const submit = el("button", { type: "submit", class: "button primary" }, "Save");
  const form = el("form", { class: "editor", novalidate: true }, field(name, label, text, hint), el("p", { class: "problem form-problem", role: "alert" }),
    el("div", { class: "actions" }, submit, button("Reload", again, { kind: "quiet" })));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    during(submit, async () => {
      try {
        await save(JSON.parse(text.value));
        say("Saved");
        again();
      } catch (error) {
        refuse(form, error instanceof SyntaxError ? { field: name, message: `is no JSON: ${error.message}` } : error);
      }
    });
  });
  return form;
}
