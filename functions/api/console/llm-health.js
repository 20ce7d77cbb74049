// AI Generation Health: how the words of a simulation's records were made.

import { el, icon } from "./dom.js";
import { number } from "./format.js";
import { badge, panel } from "./components.js";

const GOOD = 0.95;
const FAIR = 0.8;

/** The predecessor's thresholds: above 95 % good, above 80 % fair, else poor. */
export function verdict(ai) {
  if (ai.totalCount === 0) return { kind: "wait", mark: "dot", word: "No records yet" };
  const rate = ai.successCount / ai.totalCount;
  if (rate > GOOD) return { kind: "good", mark: "check", word: "Good" };
  return rate > FAIR ? { kind: "warn", mark: "warn", word: "Fair" } : { kind: "bad", mark: "cross", word: "Poor" };
}

export function aiPanel(ai, isWanted) {
  const { kind, mark, word } = isWanted ? verdict(ai) : { kind: "wait", mark: "dot", word: "Not used" };
  const rate = isWanted && ai.totalCount ? `${(Math.floor((ai.successCount / ai.totalCount) * 1000) / 10).toFixed(1)} %` : "–";
  const section = panel("AI Generation Health",
    el("div", { class: `rate is-${kind}`, id: "ai-rate" },
      el("div", {}, el("span", { class: "soft" }, "Success rate"), el("b", {}, rate)), badge(kind, mark, word)),
    el("dl", { class: "tiles" },
      tile("Written by the model", number(ai.successCount)),
      tile(isWanted ? "Fallback" : "Composed from data", number(ai.fallbackCount), isWanted && ai.fallbackCount > 0),
      tile("Average latency", ai.successCount ? `${number(ai.avgLatencyMs)} ms` : "–"),
      tile("Tokens", number(ai.totalTokens)),
      tile("Estimated cost", ai.estimatedCost),
      tile("Last error", ai.lastErrorCategory ?? "none", ai.lastErrorCategory !== null)));
  if (ai.totalCount > 0 && ai.successCount === 0 && ai.lastErrorCategory === null) {
    section.append(el("p", { class: "soft" }, isWanted ? "No key is configured or the model is off: every record was composed from data." : "This simulation uses no model: all text was composed from data."));
  }
  return section;
}

function tile(name, value, isWarning = false) {
  return el("div", { class: isWarning ? "is-warn" : null }, el("dt", {}, name),
    el("dd", {}, isWarning && icon("warn"), isWarning && el("span", { class: "unseen" }, "Warning: "), value));
}
