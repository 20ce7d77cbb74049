// How the model is asked: whether, which, and within which limits. What is left empty is as it was deployed.

import { get, put, session } from "./api.js";
import { el, say } from "./dom.js";
import { field, input, numberOf, place, refuse, select } from "./form.js";
import { at, titled } from "./format.js";
import { button, confirmDialog, errorPanel, facts, loading, panel } from "./components.js";
import { history, savingForm } from "./version-history.js";

const PATH = "boss/ai-config";
const PROVIDERS = ["anthropic", "openai", "local", "synthetic"];
const LIMITS = [
  ["maxCostUsd", "Budget of a simulation in USD", "a hard ceiling, where it sets none itself"],
  ["recordsPerCall", "Records per call", "by expected length where nobody says"],
  ["concurrency", "Calls side by side", "of one function"],
  ["timeoutMs", "Time-out in ms", "a call that takes longer is cancelled"],
  ["maxRetries", "Retries", "after the first attempt"],
  ["requestsPerMinute", "Requests a minute", "of all functions; 0 learns it"],
  ["inputTokensPerMinute", "Input tokens a minute", "of all functions; 0 learns it"],
  ["outputTokensPerMinute", "Output tokens a minute", "of all functions; 0 learns it"],
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
        field("config.enabled", "Words by a model", select([["", `${deployed.enabled ? "on" : "off"} (as deployed)`], ["true", "on"], ["false", "off"]], overrides.enabled === undefined ? "" : String(overrides.enabled))),
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
  return panel("How the model is asked", el("p", { class: "soft" }, "What is left empty is as it was deployed; its value stands in the field."), form);
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
  return panel("In force", describe(found),
    history({ ...found, first: "as deployed", look: async (number) => askToGoBack(await get(`${PATH}?version=${number}`), found.version, again) }));
}

function describe({ version, config, overrides, history: versions }) {
  const when = versions.find((one) => one.version === version)?.at;
  const limits = Object.entries(overrides.limits ?? {}).map(([name, value]) => [LIMITS.find(([known]) => known === name)?.[1] ?? name, String(value)]);
  return facts([["Version", when ? `${version}, ${at(when)}` : String(version)], ["Words by a model", config.enabled ? "on" : "off"], ["Provider", config.provider], ["Model", config.model],
    ...limits, ...Object.entries(config.prompts).map(([name, prompt]) => [`Prompt ${titled(name)}`, prompt.version])]);
}

function askToGoBack(earlier, latest, again) {
  confirmDialog({
    title: `Go back to version ${earlier.version}?`, action: "Take it into force",
    content: [el("p", {}, "A new version is made like this one, prompts included. Nothing is lost."), describe(earlier)],
    onconfirm: async () => { await put(PATH, { version: latest, revertTo: earlier.version }); say("Taken into force"); await again(); },
  });
}
