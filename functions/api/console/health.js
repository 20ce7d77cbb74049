// How the parts are: API, cache, model, and the portal's limits.

import { get } from "./api.js";
import { draw, el } from "./dom.js";
import { ago, number } from "./format.js";
import { badge, loading, meter, panel } from "./components.js";

const SECONDS = 10;
const CACHE = {
  ok: "The cache answers.",
  unavailable: "The cache is unavailable: counters come from the ledger, limits are local.",
  misconfigured: "The cache's URL cannot be parsed: counters come from the ledger, limits are local.",
};
const WORDS = { standard: "Calls", associations: "Associations", search: "Searches" };

export function healthStrip() {
  const strip = el("div", { class: "strip", id: "health" }, panel("API", loading(2)), panel("Text by a model", loading(2)), panel("HubSpot limits", loading(3)));
  return { strip, update: async () => {
    const began = performance.now();
    const health = await get("health");
    const took = Math.round(performance.now() - began);
    draw(strip, { ...health, took: Math.round(took / 20) * 20 }, () => [api(health, took), model(health.ai), limits(health.rate, health.cache)]);
    return SECONDS;
  } };
}

function api(health, took) {
  const isWell = health.ok && health.cache === "ok";
  return panel("API",
    el("p", { class: "lead" }, isWell ? badge("good", "check", "Well") : badge("warn", "warn", "Degraded")),
    el("p", { class: "soft" }, CACHE[health.cache] ?? CACHE.unavailable),
    el("p", { class: "soft" }, `Answered in ${took} ms`));
}

function model(ai) {
  const isOn = ai.enabled && (ai.apiKeyConfigured || ["local", "synthetic"].includes(ai.provider));
  const lead = !isOn ? badge("wait", "dot", ai.enabled ? "No key" : "Off")
    : ai.consecutiveFailures > 0 ? badge("warn", "warn", `${number(ai.consecutiveFailures)} consecutive failures`)
    : badge("good", "check", "Ready");
  return panel("Text by a model", el("p", { class: "lead" }, lead),
    el("p", { class: "soft" }, isOn ? `${ai.model}` : "Records are composed from data."),
    el("p", { class: "soft" }, ai.lastSuccess ? `Last answer ${ago(ai.lastSuccess)}` : "It has not answered yet."));
}

function limits(rate, cache) {
  const content = panel("HubSpot limits", breaker(rate));
  if (cache !== "ok") return content;
  const buckets = Object.entries(rate.buckets).map(([name, bucket]) => bucketMeter(name, bucket));
  content.append(el("div", { class: "meters" }, buckets));
  return content;
}

function breaker(rate) {
  return el("p", { class: "lead" },
    rate.hubspotCircuitTripped ? badge("bad", "cross", "Circuit breaker open") : badge("good", "check", "Circuit breaker closed"),
    rate.hubspotCooldownActive ? badge("warn", "clock", "Cooling down") : badge("good", "check", "No cooldown"));
}

function bucketMeter(name, bucket) {
  if (name === "daily") {
    const used = bucket.limit - bucket.remaining;
    return meter("Today", used, bucket.limit, `${number(bucket.remaining)} left`);
  }
  return meter(WORDS[name] ?? name, bucket.used, bucket.limit, `${number(bucket.used)} of ${number(bucket.limit)} in ${bucket.intervalMs / 1000} s`);
}
