// The list of simulations.

import { get, poll } from "./api.js";
import { draw, el, icon, region } from "./dom.js";
import { duration, isFinal, number, inShort, tookSeconds } from "./format.js";
import { healthStrip } from "./health.js";
import { button, empty, loading, progressWithText, state, table } from "./components.js";

const RUNNING_SECONDS = 4;
const QUIET_SECONDS = 20;

export function simulationsView(main) {
  const { strip, update } = healthStrip();
  const list = region({ id: "simulations" });
  const later = region();
  list.append(loading(4));
  main.replaceChildren(
    el("div", { class: "head" }, el("h1", {}, "Simulations"), el("a", { class: "button primary", href: "#/start" }, icon("plus"), "Start a simulation")),
    el("div", { class: "columns is-list" }, el("div", {}, list, later), el("section", { "aria-label": "Health" }, strip)));
  const pages = [];
  poll(async () => {
    const first = await get("simulations");
    draw(list, [first.simulations, pages], () => simulationTable([...first.simulations, ...pages.flatMap((page) => page.simulations)]));
    draw(later, [first.nextToken, pages], () => more(pages.length ? pages.at(-1).nextToken : first.nextToken, pages));
    return first.simulations.every((row) => isFinal(row.status)) ? QUIET_SECONDS : RUNNING_SECONDS;
  });
  poll(update);
}

function more(token, pages) {
  if (!token) return null;
  const older = button("Show older", async () => {
    older.disabled = true;
    pages.push(await get(`simulations?nextToken=${encodeURIComponent(token)}`));
    older.replaceWith(el("span", { class: "soft" }, "Loading"));
  }, { id: "older" });
  return el("div", { class: "pages" }, older);
}

function simulationTable(rows) {
  if (!rows.length) {
    return el("div", { class: "panel" }, empty("No simulations yet", "Start one to fill the portal with contacts, companies, deals and their activities.",
      el("a", { class: "button", href: "#/start" }, "Start a simulation")));
  }
  return table("Simulations, latest first", ["Simulation", "State", "Progress", "#Records", "Started", "#Took"], rows.map(row), { kind: "is-wide" });
}

function row(simulation) {
  const took = simulation.status === "QUEUED" ? "–" : duration(tookSeconds(simulation));
  return el("tr", {},
    el("th", { scope: "row" }, el("a", { class: "mono", id: `row-${simulation.simulationId}`, href: `#/simulation/${encodeURIComponent(simulation.simulationId)}` }, simulation.simulationId)),
    el("td", {}, state(simulation.status), simulation.takenBack && el("span", { class: "soft" }, " cleaned up")),
    el("td", { class: "is-progress" }, progressWithText(simulation.percentComplete, `Progress of ${simulation.simulationId}`)),
    el("td", { class: "is-number", "data-label": "Records" }, number(simulation.totalRecords)),
    el("td", { "data-label": "Started" }, inShort(simulation.startedAt)),
    el("td", { class: "is-number", "data-label": "Took" }, took));
}
