// A scenario's parameters as fields: in the settings with the values that hold, in the start form empty for the scenario's own.

import { el } from "./dom.js";
import { field, input, numberOf, place, rangeField } from "./form.js";
import { number, titled } from "./format.js";

export const ACTIVITIES = ["notes", "calls", "tasks", "tickets"];
const NINE_IN_TEN = 1.645; // standard deviations to both sides of the middle
const SINGLE = [
  { name: "winRate", label: "Win rate", hint: "share of deals that are won, 0 to 1", step: "0.01", max: 1 },
  { name: "salesCycleDays", label: "Sales cycle in days", hint: "from opening to closing a deal, on average", step: "any" },
  { name: "amountMu", label: "Deal amount, median", hint: "mu of its log-normal distribution", step: "any", max: 16 },
  { name: "amountSigma", label: "Deal amount, spread", hint: "sigma of the same distribution", step: "any", max: 2 },
];
const RANGES = [
  { name: "contactsPerCompany", label: "Contacts per company" },
  { name: "notesPerLead", label: "Notes per lead" },
  { name: "callsPerLead", label: "Calls per lead" },
  { name: "tasksPerLead", label: "Tasks per lead" },
];
const TABLES = [
  { name: "caps", label: "Maximum for each record" },
  { name: "budgets", label: "Maximum for each simulation" },
];

/** Fields under a prefix such as `parameters`; `without` names some that have no place here. */
export function parameterFields(prefix, { without = [] } = {}) {
  const own = ({ name }) => !without.includes(name);
  return [
    el("div", { class: "pair" }, SINGLE.filter(own).map(({ name, label, hint, step, max }) => field(`${prefix}.${name}`, label, input("number", { min: 0, max, step }), hint))),
    el("div", { class: "pair" }, RANGES.filter(own).map(({ name, label }) => rangeField(`${prefix}.${name}`, label))),
    TABLES.filter(own).map((one) => activityFields(`${prefix}.${one.name}`, one.label)),
  ];
}

/** A number for each kind of activity. */
export function activityFields(prefix, label) {
  return el("fieldset", { class: "quarters" }, el("legend", {}, label),
    ACTIVITIES.map((kind) => field(`${prefix}.${kind}`, titled(kind), input("number", { min: 0, step: 1 }))));
}

/** Fill the fields with what holds. */
export function showParameters(form, prefix, parameters) {
  for (const { name, value } of leaves(parameters)) {
    if (allNames().includes(name)) form.elements[`${prefix}.${name}`].value = String(value);
  }
}

/** What the fields say, but for what is `known` already: its own values are those that a scenario has without a word. */
export function readParameters(form, prefix, known = {}) {
  const found = {};
  for (const name of allNames()) {
    const box = form.elements[`${prefix}.${name}`];
    const said = box ? numberOf(box) : null;
    if (said !== null) place(found, name, said);
  }
  return differing(completedRanges(found, known), known);
}

/** Mark each field that differs from what is known, and say that value. */
export function markChanges(form, prefix, known) {
  const before = Object.fromEntries(leaves(known).map(({ name, value }) => [name, value]));
  for (const name of allNames()) {
    const box = form.elements[`${prefix}.${name}`];
    if (!box || before[name] === undefined) continue;
    const said = numberOf(box);
    box.classList.toggle("is-changed", said !== null && said !== before[name]);
    box.placeholder = String(before[name]);
    box.title = `Shipped: ${before[name]}`;
  }
  describeAmount(form, prefix, before);
}

function describeAmount(form, prefix, before) {
  const hint = form.elements[`${prefix}.amountMu`].closest(".field").querySelector(".hint");
  const [mu, sigma] = ["amountMu", "amountSigma"].map((name) => numberOf(form.elements[`${prefix}.${name}`]) ?? before[name]);
  const amount = (deviations) => number(Number(Math.exp(mu + deviations * sigma).toPrecision(2)));
  hint.textContent = `half above ${amount(0)}, nine in ten from ${amount(-NINE_IN_TEN)} to ${amount(NINE_IN_TEN)}`;
}

function allNames() {
  return [...SINGLE.map(({ name }) => name), ...RANGES.flatMap(({ name }) => [`${name}.low`, `${name}.high`]), ...TABLES.flatMap(({ name }) => ACTIVITIES.map((kind) => `${name}.${kind}`))];
}

/** A range is said whole: the end that is left empty is the known one. */
function completedRanges(found, known) {
  for (const { name } of RANGES) if (found[name] && known[name]) found[name] = { ...known[name], ...found[name] };
  return found;
}

function differing(found, known) {
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const parts = ([name, value]) => (TABLES.some((one) => one.name === name) ? [name, Object.fromEntries(Object.entries(value).filter(([kind, count]) => known[name]?.[kind] !== count))] : [name, value]);
  return Object.fromEntries(Object.entries(found).filter(([name, value]) => !same(value, known[name])).map(parts).filter(([, value]) => !same(value, {})));
}

function leaves(document, prefix = "") {
  return Object.entries(document).flatMap(([name, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? leaves(value, `${prefix}${name}.`) : [{ name: `${prefix}${name}`, value }]);
}
