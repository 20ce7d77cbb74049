// One simulation.

import { get, poll, session } from "./api.js";
import { actions } from "./actions.js";
import { aiPanel } from "./llm-health.js";
import { funnelChart, lineChart } from "./charts.js";
import { draw, el, icon, region, say } from "./dom.js";
import { at, clock, CURVES, day, duration, isFinal, number, OBJECTS, plural, short, STAGES, titled, tookSeconds } from "./format.js";
import { failuresPanel } from "./failures.js";
import { logPanel } from "./events.js";
import { recordsPanel } from "./records.js";
import { copyButton, empty, facts, loading, panel, progress, state } from "./components.js";

const RUNNING_SECONDS = 2;
const QUEUED_SECONDS = 1;
const DAY = 86400;
const DEFAULT_SPANS = { BACKFILL: "the last 90 days", LIVE: "from its start" };
const AFTER_ACTION_MS = 60_000; // what was begun shows itself some seconds later

export function detailView(main, id) {
  const parts = Object.fromEntries(["head", "numbers", "rate", "records", "funnel", "ai", "failures", "about", "log"].map((name) => [name, region({ class: `part-${name}` })]));
  parts.head.append(loading(4));
  main.replaceChildren(
    el("a", { class: "back", href: "#/" }, icon("back"), "Simulations"),
    parts.head, parts.numbers, el("div", { class: "columns" }, el("div", {}, parts.rate, parts.records, parts.failures, parts.log), el("div", {}, parts.ai, parts.funnel, parts.about)));
  const log = logPanel(parts.log, id);
  const records = recordsPanel(parts.records, id);
  let seen = null;
  let watchUntil = 0;
  const show = async () => {
    const simulation = await get(`simulations/${encodeURIComponent(id)}`);
    const metrics = await get(`simulations/${encodeURIComponent(id)}/metrics`);
    if (!main.contains(parts.head)) return null;
    if (seen !== null && seen !== simulation.status) say(`The simulation is ${simulation.status.toLowerCase()}.`);
    const isNews = seen !== simulation.status;
    seen = simulation.status;
    paint(parts, simulation, metrics, again);
    if (isNews) log();
    records(simulation, isNews);
    return pauseOf(simulation) ?? (Date.now() < watchUntil ? RUNNING_SECONDS : null);
  };
  const now = poll(show);
  const again = () => {
    watchUntil = Date.now() + AFTER_ACTION_MS;
    now();
  };
}

/** Seconds until a simulation may look different; null when it stays as it is. */
function pauseOf(simulation) {
  if (simulation.status === "QUEUED") return QUEUED_SECONDS;
  const isCleaning = simulation.cleanup !== undefined && !simulation.cleanup.done;
  return isFinal(simulation.status) && !isCleaning ? null : RUNNING_SECONDS;
}

function paint(parts, simulation, metrics, again) {
  draw(parts.head, headOf(simulation), () => [header(simulation, again), standing(simulation)]);
  draw(parts.numbers, [simulation.counts, simulation.failed, simulation.skipped, simulation.missing, simulation.aborted, simulation.hubspotCalls], () => numbers(simulation));
  draw(parts.rate, [metrics.series, metrics.bucketSeconds], () => ratePanel(metrics));
  draw(parts.funnel, metrics.funnel, () => funnelPanel(metrics.funnel));
  draw(parts.ai, metrics.aiGeneration, () => aiPanel(metrics.aiGeneration, simulation.input.ai?.enabled ?? true));
  draw(parts.about, [simulation.input, simulation.status, simulation.mode], () => aboutPanel(simulation));
  draw(parts.failures, [simulation.failed, simulation.skipped, simulation.status], () => (simulation.failed || simulation.skipped ? failuresPanel(simulation) : null));
}

const headOf = ({ status, percentComplete, endedAt, error, cleanup, failed, missing }) =>
  [status, percentComplete, endedAt, error, cleanup, failed, missing, endedAt === null ? Math.floor(Date.now() / 2000) : 0];

function header(simulation, again) {
  return el("div", { class: "head" },
    el("div", {}, el("h1", { class: "mono" }, simulation.simulationId, copyButton(simulation.simulationId, "Copy the id")),
      el("p", { class: "lead" }, state(simulation.status), el("span", { class: "soft" }, timing(simulation)))),
    el("div", { class: "actions" }, actions(simulation, again)));
}

function timing(simulation) {
  if (simulation.status === "QUEUED") return "is being planned";
  const took = duration(tookSeconds(simulation));
  return simulation.endedAt ? `started ${at(simulation.startedAt)}, took ${took}` : `running for ${took}`;
}

function standing(simulation) {
  return [
    el("div", { class: "standing" }, progress(simulation.percentComplete, "Progress"),
      el("p", {}, el("b", { id: "percent" }, `${Math.floor(simulation.percentComplete * 1000) / 10} %`), ` of what ${plural(simulation.planned, "record")} make`)),
    simulation.error && el("div", { class: "panel problem-panel" }, icon("warn"), el("div", {}, el("b", {}, simulation.error.code), el("p", {}, simulation.error.message))),
    simulation.cleanup && cleanupNote(simulation.cleanup),
  ];
}

function cleanupNote(cleanup) {
  const foreign = cleanup.foreign ? `, ${number(cleanup.foreign)} left: merged with other records, or no longer carrying its id` : "";
  const when = cleanup.doneAt ? `, ${at(cleanup.doneAt)}` : "";
  const archived = Object.values(cleanup.archived).reduce((sum, count) => sum + count, 0);
  return el("div", { class: "panel note", id: "cleanup" }, icon(cleanup.done ? "check" : "clock"),
    el("p", {}, el("b", {}, cleanup.done ? "Cleaned up" : "Being cleaned up"), ` ${plural(archived, "object")} archived${foreign}${when}`));
}

function numbers(simulation) {
  const tile = (name, value, kind) => el("div", { class: kind }, el("dt", {}, name), el("dd", {}, value));
  return el("dl", { class: "tiles wide" },
    OBJECTS.map((name) => tile(titled(name), number(simulation.counts[name]))),
    tile("Refused", number(simulation.failed), simulation.failed ? "is-warn" : null),
    simulation.currency?.convertedFrom ? tile(`Amounts in ${simulation.currency.code}`, `converted from ${simulation.currency.convertedFrom} at the average rate of ${simulation.currency.rateYear}`, "is-warn") : null,
    simulation.skipped ? tile("Left to people", number(simulation.skipped)) : null,
    Object.entries(simulation.omitted ?? {}).map(([name, scopes]) => tile(`${titled(name)} omitted`, scopes.length ? `needs ${scopes.join(", ")}` : "forbidden", "is-warn")),
    simulation.missing ? tile("Never generated", number(simulation.missing), "is-warn") : null,
    simulation.aborted ? tile("Left by abort", number(simulation.aborted), "is-warn") : null,
    tile("HubSpot calls", number(simulation.hubspotCalls)));
}

function ratePanel({ series, bucketSeconds }) {
  if (!series?.length) return panel("Objects written over time", empty("Nothing written yet", "The first batch appears here once HubSpot has responded."));
  const points = framed(series.map(({ at: moment, written }) => ({ at: moment, value: written / bucketSeconds })), bucketSeconds);
  const total = series.reduce((sum, { written }) => sum + written, 0);
  const most = Math.max(...points.map((point) => point.value));
  const word = ({ at: moment }) => (bucketSeconds * points.length > 2 * DAY ? day(moment) : clock(moment));
  const section = panel("Objects written over time",
    lineChart({ points, word, unit: "a second", label: `Objects written a second over time: ${number(total)} in all, at most ${short(most)} a second` }));
  section.querySelector("header").append(el("span", { class: "soft" }, `a second, by ${duration(bucketSeconds)}; at most ${short(most)}`));
  return section;
}

/** A single point makes no line: it stands between the moments without any. */
function framed(points, bucketSeconds) {
  if (points.length !== 1) return points;
  const beside = (buckets) => ({ at: new Date(Date.parse(points[0].at) + buckets * bucketSeconds * 1000).toISOString(), value: 0 });
  return [beside(-1), points[0], beside(1)];
}

function funnelPanel(funnel) {
  if (!funnel?.some(({ contacts }) => contacts)) return panel("Funnel", empty("No contacts yet", "Contacts appear here by the stage that they have reached."));
  return panel("Funnel", funnelChart(funnel.map(({ stage, contacts }) => ({ name: STAGES[stage] ?? stage, value: contacts }))));
}

function aboutPanel({ simulationId, input, status, mode }) {
  const span = input.startTime || input.endTime ? `${at(input.startTime)} to ${input.endTime ? at(input.endTime) : "now"}` : DEFAULT_SPANS[mode];
  return panel("Input", facts([
    ["Scenario", input.scenario ?? "B2B"],
    ["Curve", CURVES[input.distributionMethod ?? "EVEN"]],
    ["Mode", mode && titled(mode.toLowerCase())],
    ["Span", span],
    ["Pace", mode && (mode === "BACKFILL" ? "at once" : pace(input.timeScale ?? 1))],
    ["Languages", input.locale ?? (input.locales ? Object.keys(input.locales).join(", ") : "en_US")],
    ["Theme", input.theme],
    ["Times", input.ai?.smartScheduling ? "chosen by the model" : null],
    ["Seed", input.seed === undefined ? null : String(input.seed)],
    ["Dry run", input.dryRun ? "yes: nothing is written" : null],
  ]), input.dryRun || status === "QUEUED" ? null : portalLinks(simulationId));
}

function pace(scale) {
  return scale === 1 ? "real time" : `scaled, ${number(scale)} simulated seconds per second`;
}

function portalLinks(id) {
  const local = session.options.portalUrl;
  if (local) return el("p", {}, el("a", { class: "button small", href: `${local}/#/contacts`, target: "_blank", rel: "noopener" }, icon("link"), "Open the portal"));
  return el("p", { class: "soft" }, "In HubSpot filter by ", el("code", {}, "simcrm_simulation_id"), " = ", el("code", {}, id), copyButton(id, "Copy the id for HubSpot"));
}
