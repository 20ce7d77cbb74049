// What only a boss may change: how the model is asked, what it is told, and the scenarios. All have versions.

import { el, region } from "./dom.js";
import { modelSettings } from "./llm-settings.js";
import { loading } from "./components.js";
import { promptSettings } from "./prompts.js";
import { scenarioSettings } from "./scenarios.js";

const PARTS = {
  model: ["Model", modelSettings],
  prompts: ["Prompts", promptSettings],
  scenarios: ["Scenarios", scenarioSettings],
};

export function settingsView(main, part) {
  const chosen = part in PARTS ? part : "model";
  const box = region({ class: "part-settings" });
  box.append(loading(4));
  main.replaceChildren(
    el("div", { class: "head" }, el("div", {}, el("h1", {}, "Settings"), el("p", { class: "soft" }, "Running simulations keep the settings that they started with."))),
    el("nav", { class: "tabs", "aria-label": "Settings" }, Object.entries(PARTS).map(([name, [title]]) =>
      el("a", { href: `#/settings/${name}`, "aria-current": name === chosen ? "page" : null }, title))),
    box);
  PARTS[chosen][1](box);
}
