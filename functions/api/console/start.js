// The form that starts a simulation, with what it would do beside it.

import { post, session } from "./api.js";
import { draw, el, icon, region, say } from "./dom.js";
import { check, clearProblems, field, input, numberOf, place, refuse, select } from "./form.js";
import { CURVES, number, plural } from "./format.js";
import { activityFields, ACTIVITIES, parameterFields, readParameters } from "./parameters.js";
import { previewPanel } from "./preview.js";
import { during, loading, panel } from "./components.js";

const DEBOUNCE_MS = 450;
const DAY_MS = 86_400_000;
const SEVERAL = "several";
const MODE_SPANS = { // days of a span that has passed, or below 0 of one that begins now; the first is the mode's own
  BACKFILL: [["Last 90 days", 90], ["Last week", 7], ["Last year", 365]],
  LIVE: [["Next week", -7], ["Next day", -1], ["Next month", -30]],
};
const PARAMETERS = "scenarioParameters";
const SHAPES = {
  EVEN: "M1 8H39", FRONT_LOADED: "M1 2C10 4 20 14 39 15", BACK_LOADED: "M1 15C20 14 30 4 39 2", BELL_CURVE: "M1 15C14 15 14 2 20 2S26 15 39 15",
  SURGE: "M1 13H14L20 2L26 13H39", TRICKLE: "M1 13C10 13 12 12 20 12S30 11 39 10", RANDOM_BURSTS: "M1 14H7L9 4L11 14H19L21 8L23 14H30L32 2L34 14H39",
  DAILY_SPIKE: "M1 14H5L7 3L9 14H17L19 3L21 14H29L31 3L33 14H39", WEEKEND_SURGE: "M1 13H12V4H18V13H32V4H38V13H39", BUSINESS_HOURS: "M1 14H4V5H10V14H16V5H22V14H28V5H34V14H39",
  CUSTOM: "M1 12L9 5L17 10L25 3L33 11L39 6",
};

export function startView(main) {
  const preview = region({ id: "preview" });
  preview.append(panel("Preview", loading(4)));
  const submit = el("button", { type: "submit", class: "button primary", id: "start" }, icon("play"), "Start");
  const form = el("form", { class: "start", novalidate: true, autocomplete: "off" }, what(), when(), activities(), words(), portal(),
    el("p", { class: "problem form-problem", role: "alert" }),
    el("div", { class: "actions" }, submit, el("p", { class: "soft" }, "The simulation runs in the background; you can follow it on its page.")));
  main.replaceChildren(el("div", { class: "head" }, el("h1", {}, "Start a simulation")), el("div", { class: "columns is-form" }, form, preview));
  const look = later(() => showPreview(form, preview), DEBOUNCE_MS);
  form.addEventListener("input", () => { reveal(form); look(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); during(submit, () => start(form)); });
  form.querySelectorAll("[data-days]").forEach((preset) => preset.addEventListener("click", () => { span(form, Number(preset.dataset.days)); look(); }));
  form.elements.mode.addEventListener("change", () => span(form, MODE_SPANS[form.elements.mode.value][0][1]));
  span(form, MODE_SPANS.BACKFILL[0][1]);
  reveal(form);
  showPreview(form, preview);
}

function later(action, wait) {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(action, wait); };
}

const group = (title, ...content) => el("fieldset", { class: "panel" }, el("legend", {}, title), content);

function what() {
  const names = session.options.scenarios.map((name) => [name, name]);
  const locales = [...session.options.locales.map((name) => [name, name]), [SEVERAL, "several, with weights"]];
  return group("What",
    el("div", { class: "pair" },
      field("totalRecords", "Records", input("number", { min: 1, max: 1_000_000, value: "200", inputmode: "numeric" }), "contact and company pairs"),
      field("totalCompanies", "or companies", input("number", { min: 1, max: 1_000_000, inputmode: "numeric" }), "with all their contacts, instead of records")),
    el("div", { class: "pair" },
      field("scenario", "Scenario", select(names, "B2B"), "B2B, B2C, or an industry"),
      field("contactsPerCompany", "Contacts per company", input("number", { min: 1, max: 100 }), "empty: the scenario's, such as 3 to 6")),
    field("locale", "Language and country", select(locales, "en_US")),
    el("fieldset", { class: "quarters", id: "f-locales", "data-when": SEVERAL }, el("legend", {}, "Weight of each language"),
      session.options.locales.map((name) => field(`locales.${name}`, name, input("number", { min: 0, step: "any" })))),
    el("p", { class: "problem", id: "f-locales-problem" }),
    el("details", {}, el("summary", {}, "Change the scenario for this run"), el("p", { class: "hint" }, "Empty fields use the scenario's values."),
      parameterFields(PARAMETERS, { without: ["contactsPerCompany", "caps", "budgets"] })));
}

function activities() {
  return group("Activities",
    check("activities.enabled", "Deals, meetings, e-mails, notes, calls, tasks and tickets", "What happens to accounts after they arrive.", true),
    el("details", {}, el("summary", {}, "Limits"), el("p", { class: "hint" }, "Empty fields use the scenario's values."), activityFields("activities.caps", "Maximum for each record"), activityFields("activities.budgets", "Maximum for the simulation")));
}

function when() {
  const curves = session.options.distributionMethods.map((name) => el("label", { class: "curve" },
    el("input", { type: "radio", name: "distributionMethod", value: name, checked: name === "BELL_CURVE" }),
    el("svg", { viewBox: "0 0 40 17", "aria-hidden": "true" }, el("path", { d: SHAPES[name] ?? SHAPES.EVEN })), el("span", {}, CURVES[name] ?? name)));
  const presets = Object.entries(MODE_SPANS).map(([mode, spans]) => el("div", { class: "presets", "data-when": mode },
    spans.map(([text, days]) => el("button", { type: "button", class: "button small", "data-days": days }, text))));
  return group("When",
    el("fieldset", { class: "curves", id: "f-distributionMethod" }, el("legend", {}, "Curve of arrivals"), curves),
    el("p", { class: "problem", id: "f-distributionMethod-problem" }),
    el("div", { "data-when": "CUSTOM" },
      field("distributionWeights", "Weights", input("text", { placeholder: "1, 2, 4, 8, 4, 2, 1" }), "24 numbers for the hours of a day, or 7 for the days of a week, Monday first")),
    field("mode", "Mode", select([["BACKFILL", "Backfill: the past, at once"], ["LIVE", "Live: leads arrive and live from now on"]], "BACKFILL")),
    el("div", { class: "pair" },
      field("startTime", "From", input("datetime-local")), field("endTime", "To", input("datetime-local"), "empty: now")),
    presets,
    el("div", { class: "pair" },
      el("div", { "data-when": "LIVE" }, field("timeScale", "Simulated seconds per second", input("number", { min: 0, value: "1", step: "any" }), "1 is real time")),
      field("timeZone", "Time zone", input("text", { value: "UTC" }), "for curves that follow the calendar")));
}

function words() {
  return group("Words",
    check("ai.enabled", "Let a model write the text", "Otherwise, or if the model fails, text is composed from data.", true),
    check("ai.smartScheduling", "Let it choose the times too", "It proposes when each note, call, task and ticket happens, within the rules' bounds; this takes a few more tokens for each."),
    field("theme", "Theme", el("textarea", { rows: "2", maxlength: "2000", placeholder: "such as: solar installers in coastal towns" }), "free text for the model"),
    el("details", {}, el("summary", {}, "Model and budget"),
      el("div", { class: "pair" },
        field("ai.model", "Model", select([["", "as configured"], ...session.options.models.map((name) => [name, name])], "")),
        field("ai.mode", "Mode", select([["SYNC", "Sync"], ["BATCH", "Batch, half price, later"]], "SYNC"))),
      el("div", { class: "pair" },
        field("ai.maxCostUsd", "Budget in USD", input("number", { min: 0, step: "any" }), "a hard ceiling"),
        field("ai.recordsPerCall", "Records per call", input("number", { min: 1, max: 50 }), "empty: by expected length"))));
}

function portal() {
  return group("Portal",
    check("dryRun", "Dry run", "Does everything except write to the portal."),
    el("details", {}, el("summary", {}, "More options"),
      check("hubspot.allowProductionPortal", "Write to a production portal", "Otherwise, production portals are refused."),
      check("undeliverable", "Undeliverable addresses", "All domains end in a name that nobody can register."),
      el("div", { class: "pair" },
        field("hubspot.pipelineId", "Deal pipeline", input("text"), "its id; empty: the portal's first"),
        field("hubspot.ownerIds", "Owners", input("text"), "their ids, comma-separated; empty: all owners in the portal")),
      field("domainSuffix", "Domain of all addresses", input("text", { placeholder: "demo.example.com" }), "a domain you own"),
      el("div", { class: "pair" },
        field("seed", "Seed", input("text"), "the same seed and span generate the same bytes"),
        field("simulationId", "Id", input("text"), "empty: generated"))));
}

/** Fields that belong to a choice are there with it alone. */
function reveal(form) {
  const chosen = [form.elements.distributionMethod.value, form.elements.mode.value, form.elements.locale.value];
  for (const part of form.querySelectorAll("[data-when]")) part.hidden = !chosen.includes(part.dataset.when);
}

function span(form, days) {
  const local = (ms) => new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  form.elements.startTime.value = days > 0 ? local(Date.now() - days * DAY_MS) : "";
  form.elements.endTime.value = days > 0 ? "" : local(Date.now() - days * DAY_MS);
}

const NUMBERS = ["totalRecords", "totalCompanies", "contactsPerCompany", "ai.maxCostUsd", "ai.recordsPerCall"];
const TEXTS = ["scenario", "distributionMethod", "mode", "timeZone", "theme", "ai.model", "ai.mode", "hubspot.pipelineId", "domainSuffix", "seed", "simulationId"];
const FLAGS = ["activities.enabled", "ai.enabled", "ai.smartScheduling", "dryRun", "undeliverable", "hubspot.allowProductionPortal"];

export function readForm(form) {
  const document = {};
  const value = (name) => form.elements[name].value.trim();
  for (const name of NUMBERS) if (value(name)) place(document, name, Number(value(name)));
  if (document.totalCompanies) delete document.totalRecords;
  for (const name of TEXTS) if (value(name)) place(document, name, value(name));
  for (const name of FLAGS) place(document, name, form.elements[name].checked);
  for (const name of ["startTime", "endTime"]) if (value(name)) document[name] = new Date(value(name)).toISOString();
  if (document.mode === "LIVE" && value("timeScale")) document.timeScale = Number(value("timeScale"));
  if (document.distributionMethod === "CUSTOM" && value("distributionWeights")) document.distributionWeights = weights(value("distributionWeights"));
  const owners = value("hubspot.ownerIds").split(/[\s,;]+/).filter(Boolean);
  if (owners.length) place(document, "hubspot.ownerIds", owners);
  if (document.ai.mode === "SYNC") delete document.ai.mode;
  if (!document.ai.smartScheduling) delete document.ai.smartScheduling;
  const parameters = readParameters(form, PARAMETERS);
  if (Object.keys(parameters).length) document[PARAMETERS] = parameters;
  return { ...document, ...languages(form), activities: limits(form, document.activities) };
}

function languages(form) {
  const chosen = form.elements.locale.value;
  if (chosen !== SEVERAL) return { locale: chosen };
  const weights = session.options.locales.map((name) => [name, numberOf(form.elements[`locales.${name}`])]);
  return { locales: Object.fromEntries(weights.filter(([, weight]) => weight !== null)) };
}

function limits(form, activities) {
  for (const name of ["caps", "budgets"].flatMap((kind) => ACTIVITIES.map((one) => `${kind}.${one}`))) {
    const most = numberOf(form.elements[`activities.${name}`]);
    if (most !== null) place(activities, name, most);
  }
  return activities;
}

function weights(text) {
  const numbers = text.split(/[\s,;]+/).filter(Boolean).map(Number);
  return numbers.length === 7 ? { days: numbers } : { hours: numbers };
}

let latest = 0;

async function showPreview(form, box) {
  latest += 1;
  const mine = latest;
  box.classList.add("is-old");
  try {
    const found = await post("simulations/preview", readForm(form));
    if (mine !== latest) return;
    clearProblems(form);
    draw(box, found, previewPanel);
  } catch (error) {
    if (mine !== latest) return;
    if (error.status === 400) refuse(form, error);
    draw(box, [error.field, error.message], () => panel("Preview", el("p", { class: "problem", role: "status" }, error.message)));
  }
  box.classList.remove("is-old");
}

async function start(form) {
  try {
    const document = readForm(form);
    const { simulationId } = await post("simulations", document);
    say(document.totalCompanies ? `Started with ${plural(document.totalCompanies, "company", "companies")}` : `Started with ${number(document.totalRecords)} records`);
    location.hash = `#/simulation/${encodeURIComponent(simulationId)}`;
  } catch (error) {
    (refuse(form, error) ?? form.querySelector("#start")).focus();
  }
}
