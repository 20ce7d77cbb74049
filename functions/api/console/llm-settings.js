// Calls to the model: whether, which, and within which limits. What is left empty is as it was deployed.

import { get, put, session } from "./api.js";
import { el, say } from "./dom.js";
import { field, input, numberOf, place, refuse, select } from "./form.js";
import { at, titled } from "./format.js";
import { button, confirmDialog, errorPanel, facts, loading, panel } from "./components.js";
import { history, savingForm } from "./version-history.js";

const PATH = "boss/ai-config";
const PROVIDERS = ["anthropic", "openai", "local", "synthetic"];
const LIMITS = [
  ["maxCostUsd", "Budget for each simulation in USD", "a hard ceiling, unless the simulation sets its own"],
  ["recordsPerCall", "Records per call", "empty: by expected length"],
  ["concurrency", "Concurrent calls", "for each function"],
  ["timeoutMs", "Timeout in ms", "longer calls are canceled"],
  ["maxRetries", "Retries", "after the first attempt"],
  ["requestsPerMinute", "Requests a minute", "for all functions; 0 adjusts to the provider's headers"],
  ["inputTokensPerMinute", "Input tokens a minute", "for all functions; 0 adjusts to the provider's headers"],
  ["outputTokensPerMinute", "Output tokens a minute", "for all functions; 0 adjusts to the provider's headers"],
];

export async function modelSettings(box) {
  try {
    const [found, deployed] = await Promise.all([get(PATH), get(`${PATH}?version=0`)]);
    const again = () => { box.replaceChildren(loading(4)); return modelSettings(box); };
    box.replaceChildren(el("div", { class: "columns is-form" }, settingsPanel(found, deployed.config, again), standing(found, again)));
  } catch (error) {
    box.replaceChildren(errorPanel(error));
  }
}

/** Overrides in the form of a change: `PUT` replaces everything, so what is to stay is said again. */
export function asChange({ prompts = {}, ...others }) {
  return { ...others, prompts: Object.fromEntries(Object.entries(prompts).map(([name, version]) => [name, { version }])) };
}

function settingsPanel(found, deployed, again) {
  const { overrides } = found;
  const models = [...new Set([...session.options.models, ...(overrides.model ? [overrides.model] : [])])];
  const limit = ([name, label, hint]) => field(`config.limits.${name}`, label,
    input("number", { min: 0, step: "any", value: overrides.limits?.[name] ?? "", placeholder: deployed.limits[name] ?? "none" }), hint);
  const choose = (names, value, deployedValue) => select([["", `${deployedValue} (as deployed)`], ...names.map((name) => [name, name])], value ?? "");
  const form = savingForm({
    content: [
      el("div", { class: "pair" },
        field("config.enabled", "Text by a model", select([["", `${deployed.enabled ? "on" : "off"} (as deployed)`], ["true", "on"], ["false", "off"]], overrides.enabled === undefined ? "" : String(overrides.enabled))),
        field("config.provider", "Provider", choose(PROVIDERS, overrides.provider, deployed.provider))),
      field("config.model", "Model", choose(models, overrides.model, deployed.model)),
      el("div", { class: "pair is-many" }, LIMITS.map(limit)),
    ],
    extra: button("Reload", again, { kind: "quiet" }),
    save: async (form) => {
      await put(PATH, { version: found.version, config: { ...readModel(form), prompts: asChange(overrides).prompts } });
      say("Saved");
      await again();
    },
    refused: refuse,
  });
  return panel("Calls to the model", el("p", { class: "soft" }, "Empty fields use the deployed value shown in them."), form);
}

function readModel(form) {
  const config = {};
  const value = (name) => form.elements[`config.${name}`].value;
  if (value("enabled")) config.enabled = value("enabled") === "true";
  for (const name of ["provider", "model"]) if (value(name)) config[name] = value(name);
  for (const [name] of LIMITS) {
    const said = numberOf(form.elements[`config.limits.${name}`]);
    if (said !== null) place(config, `limits.${name}`, said);
  }
  return config;
}

function standing(found, again) {
  return panel("In effect", describe(found),
    history({ ...found, first: "as deployed", look: async (number) => askToGoBack(await get(`${PATH}?version=${number}`), found.version, again) }));
}

function describe({ version, config, overrides, history: versions }) {
  const when = versions.find((one) => one.version === version)?.at;
  const limits = Object.entries(overrides.limits ?? {}).map(([name, value]) => [LIMITS.find(([known]) => known === name)?.[1] ?? name, String(value)]);
  return facts([["Version", when ? `${version}, ${at(when)}` : String(version)], ["Text by a model", config.enabled ? "on" : "off"], ["Provider", config.provider], ["Model", config.model],
    ...limits, ...Object.entries(config.prompts).map(([name, prompt]) => [`Prompt ${titled(name)}`, prompt.version])]);
}

function askToGoBack(earlier, latest, again) {
  confirmDialog({
    title: `Go back to version ${earlier.version}?`, action: "Restore it",
    content: [el("p", {}, "This creates a new version from this one, including prompts. Nothing is lost."), describe(earlier)],
    onconfirm: async () => { await put(PATH, { version: latest, revertTo: earlier.version }); say("Restored"); await again(); },
  });
}
