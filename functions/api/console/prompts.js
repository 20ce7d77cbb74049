// Instructions for the model: the text in use, a change of it, and a trial of the change before it is saved.

import { get, post, put, session } from "./api.js";
import { el, region, say } from "./dom.js";
import { clearProblems, field, input, numberOf, refuse, select } from "./form.js";
import { number, plural, titled, usd } from "./format.js";
import { asChange } from "./llm-settings.js";
import { badge, button, during, empty, errorPanel, facts, loading, panel } from "./components.js";
import { history, savingForm } from "./version-history.js";

const PATH = "boss/ai-config";
const PROMPTS = { pairs: "Contacts and companies", stories: "Deals and activities" };
const WORDS = { name: "Company", jobtitle: "Job title" };
const VARIABLES = ["scenario", "distribution_method", "locale", "language", "theme"];

export async function promptSettings(box, name = "pairs") {
  try {
    const found = await get(PATH);
    const again = (next = name) => { box.replaceChildren(loading(4)); return promptSettings(box, next); };
    const trial = region({ id: "trial" });
    trial.append(panel("Trial", empty("Not tried yet", "A trial asks the model for a few sample records and stores nothing. It costs the amount shown.")));
    box.replaceChildren(el("div", { class: "columns is-even" }, editorPanel(found, name, trial, again), trial));
  } catch (error) {
    box.replaceChildren(errorPanel(error));
  }
}

function editorPanel(found, name, trial, again) {
  const prompt = found.config.prompts[name];
  const path = `config.prompts.${name}.text`;
  const choice = select(Object.entries(PROMPTS), name);
  choice.addEventListener("change", () => again(choice.value));
  let earlier = prompt;
  const text = el("textarea", { class: "code", rows: "15", spellcheck: "false", value: prompt.text });
  const attempt = button("Try it", () => during(attempt, () => tryIt(form, name, path, trial)), { mark: "play", id: "try" });
  const form = savingForm({
    name: "Save and use",
    content: [field(path, "Text", text, `Variables: ${VARIABLES.map((one) => `{{${one}}}`).join(" ")}`), sample()],
    extra: [attempt, button("Reload", () => again(), { kind: "quiet" })],
    save: async () => {
      const change = asChange(found.overrides);
      await put(PATH, { version: found.version, config: { ...change, prompts: { ...change.prompts, [name]: text.value === earlier.text ? { version: earlier.version } : { text: text.value } } } });
      say("Saved");
      await again();
    },
    refused: (_, error) => refuseText(form, path, error),
  });
  const load = async (number) => {
    earlier = (await get(`${PATH}?version=${number}`)).config.prompts[name];
    text.value = earlier.text;
    text.focus();
    say(`The text of version ${number} is in the field; save it to use it.`);
  };
  return panel("Instructions for the model", field("prompt-choice", "Prompt", choice), facts([["In use", prompt.version.startsWith("v") ? `${prompt.version}, as shipped` : prompt.version]]), form,
    history({ version: found.version, history: found.history, first: "as shipped", look: load }));
}

/** What a trial is made of. */
function sample() {
  return el("details", {}, el("summary", {}, "Sample"),
    el("div", { class: "pair" },
      field("scenario", "Scenario", select(session.options.scenarios.map((one) => [one, one]), "B2B")),
      field("locale", "Language and country", select(session.options.locales.map((one) => [one, one]), "en_US"))),
    el("div", { class: "pair" },
      field("records", "Records", input("number", { min: 1, max: 10, value: "3" }), "1 to 10"),
      field("model", "Model", select([["", "as set"], ...session.options.models.map((one) => [one, one])], ""))),
    field("theme", "Theme", input("text", { maxlength: 2000, placeholder: "such as: solar installers in coastal towns" })));
}

async function tryIt(form, name, path, trial) {
  const value = (field) => form.elements[field].value.trim();
  clearProblems(form);
  trial.replaceChildren(panel("Trial", loading(6)));
  trial.scrollIntoView({ block: "nearest" });
  const asked = { prompt: name, text: form.elements[path].value, scenario: value("scenario"), locale: value("locale"), records: numberOf(form.elements.records) ?? 3 };
  for (const optional of ["model", "theme"]) if (value(optional)) asked[optional] = value(optional);
  try {
    trial.replaceChildren(trialPanel(await post(`${PATH}/test`, asked)));
    say("The trial is done");
  } catch (error) {
    if (error.field === "text") error.field = path;
    refuseText(form, path, error);
    trial.replaceChildren(panel("Trial", empty("Not tried", error.field === path ? "The text is not valid: see the field." : error.message)));
  }
}

/** A text that cannot be used is refused by its line, which is then selected. */
function refuseText(form, path, error) {
  const wrong = refuse(form, error);
  const line = /line (\d+):/.exec(error.message)?.[1];
  const text = form.elements[path];
  if (wrong !== text) return;
  text.focus();
  if (line === undefined) return;
  const lines = text.value.split("\n");
  const begin = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  text.setSelectionRange(begin, begin + lines[line - 1].length);
}

function trialPanel(found) {
  const tile = (name, value, kind) => el("div", { class: kind }, el("dt", {}, name), el("dd", {}, value));
  return panel("Trial", el("p", { class: "soft" }, `${found.prompt}, sent to ${found.model} of ${found.provider}`),
    el("dl", { class: "tiles" }, tile("Cost", usd(found.costUsd)), tile("Input tokens", number(found.inputTokens)), tile("Output tokens", number(found.outputTokens)),
      tile("Not by the model", number(found.composed), found.composed ? "is-warn" : null)),
    el("ol", { class: "samples" }, found.records.map(sampleCard)),
    el("details", {}, el("summary", {}, "What was sent"), el("pre", { tabindex: "0" }, found.rendered), el("pre", { tabindex: "0" }, found.input)),
    found.answers.length > 0 && el("details", {}, el("summary", {}, "What the model answered"),
      found.answers.map(({ text, problem }) => [problem && el("p", {}, badge("warn", "warn", problem)), text && el("pre", { tabindex: "0" }, text)])));
}

function sampleCard({ facts: given, words, activities, reason }) {
  const named = Object.entries(words).map(([name, value]) => [WORDS[name] ?? titled(name.replace("simcrm_", "").replaceAll("_", " ")), Array.isArray(value) ? value.join(", ") : String(value)]);
  return el("li", {}, reason && el("p", {}, badge("warn", "warn", `Fallback: ${reason}`)), facts(named),
    activities.map(({ title, text }) => el("blockquote", {}, title && el("b", {}, title), el("p", {}, text ?? "–"))),
    el("details", {}, el("summary", {}, activities.length ? `Facts of it and of ${plural(activities.length, "activity", "activities")}` : "Facts"), el("pre", { tabindex: "0" }, [given, ...activities.map((one) => one.facts)].join("\n"))));
}
