// Recent log events, of one simulation or of all.

import { get } from "./api.js";
import { draw, el } from "./dom.js";
import { at, clock } from "./format.js";
import { badge, button, during, empty, loading, panel } from "./components.js";

const LEVELS = { ERROR: ["bad", "cross"], WARNING: ["warn", "warn"], INFO: ["wait", "dot"] };
const LIMIT = 50;

/** A panel of the latest events in a region; answers a function that loads them again. */
export function logPanel(box, simulationId = null) {
  const load = async () => {
    const query = new URLSearchParams({ limit: String(LIMIT), ...(simulationId ? { simulationId } : {}) });
    try {
      const { events } = await get(`events?${query}`);
      draw(box, events, () => eventsPanel(events, load, simulationId));
    } catch (error) {
      draw(box, error.message, () => panel("Log", el("p", { class: "problem" }, error.message)));
    }
  };
  box.append(panel("Log", loading(3)));
  return load;
}

function eventsPanel(events, load, simulationId) {
  const again = button("Refresh", () => during(again, load), { kind: "quiet small", mark: "again", id: "log-again" });
  const section = panel("Log", events.length ? el("ol", { class: "log", tabindex: "0", "aria-label": "Events, latest first" }, events.map((event) => line(event, simulationId))) : empty("No events", "The functions logged nothing in the last day."));
  section.querySelector("header").append(again);
  return section;
}

function line(event, simulationId) {
  const [kind, mark] = LEVELS[event.level] ?? LEVELS.INFO;
  const fields = Object.entries(event.fields).map(([name, value]) => el("span", {}, el("i", {}, name), ` ${value}`));
  const about = simulationId === null && event.simulationId
    ? el("a", { class: "mono", href: `#/simulation/${encodeURIComponent(event.simulationId)}` }, event.simulationId) : null;
  return el("li", {}, el("time", { datetime: event.at, title: at(event.at) }, clock(event.at)), badge(kind, mark, event.eventId),
    el("div", {}, el("p", {}, event.message, about), fields.length ? el("p", { class: "fields" }, fields) : null));
}

export function eventsView(main) {
  const box = el("div", {});
  main.replaceChildren(el("div", { class: "head" }, el("div", {}, el("h1", {}, "Events"), el("p", { class: "soft" }, "Recent log events of the functions. Full logs are in CloudWatch."))), box);
  logPanel(box)();
}
