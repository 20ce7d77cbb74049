// What an input would make: its curve, its counts, its effort.

import { barChart } from "./charts.js";
import { el, icon } from "./dom.js";
import { at, day, duration, number, plural, titled, usd } from "./format.js";
import { empty, facts, panel } from "./components.js";

const LONG_RUN_SECONDS = 3600;
const LIMITS = {
  hubspotCallsPerTenSeconds: "HubSpot calls in 10 s",
  hubspotCallsPerDay: "HubSpot calls a day",
  lambdaConcurrency: "Concurrent Lambda functions",
  stepFunctionsTransitionsPerSecond: "State transitions a second",
};

export function previewPanel(found) {
  const { histogram, counts, span } = found;
  const bins = histogram.map(({ from, to, records }) => ({ at: from, to, value: records }));
  const word = (bin) => (span.days > 2 ? day(bin.at) : at(bin.at).split(", ").at(-1));
  return panel("Preview",
    bins.length ? barChart({ bins, word, label: `Arrivals over ${plural(Math.max(1, Math.round(span.days)), "day")}: ${number(counts.contacts)} records` }) : empty("No span", "All records arrive at once."),
    el("p", { class: "soft" }, `${at(span.startTime)} to ${at(span.endTime)}`),
    el("dl", { class: "tiles" }, Object.entries(counts).filter(([name]) => name !== "stageChanges").map(([name, count]) =>
      el("div", {}, el("dt", {}, titled(name)), el("dd", {}, number(count))))),
    facts([
      ["Mode", titled(found.mode.toLowerCase())],
      ["Takes about", duration(found.durationSeconds)],
      ["Ends about", found.durationSeconds > LONG_RUN_SECONDS ? at(found.endsAt) : null],
      ["Batches", number(found.batches)],
      ["HubSpot calls", number(found.hubspotCalls)],
      ["Calls to the model", number(found.aiCalls)],
      ["Model cost", usd(found.aiCostUsd)],
      ["First limit", found.limits?.[0].share > 1 ? LIMITS[found.limits[0].name] ?? found.limits[0].name : null],
      ["AWS cost", found.awsCostUsd === undefined ? null : usd(found.awsCostUsd)],
    ]),
    found.warnings.map((text) => el("p", { class: "warning" }, icon("warn"), text)));
}
