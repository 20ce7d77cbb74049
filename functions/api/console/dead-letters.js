// Messages that were given up, and sending them again.

import { get, post } from "./api.js";
import { el, region, say } from "./dom.js";
import { at, number, plural, titled } from "./format.js";
import { button, confirmDialog, empty, errorPanel, facts, loading, panel, table } from "./components.js";

export function lettersView(main) {
  const box = region();
  box.append(panel("Given up", loading(3)));
  main.replaceChildren(el("div", { class: "head" }, el("div", {}, el("h1", {}, "Dead letters"),
    el("p", { class: "soft" }, "Write messages that failed permanently. A replay sends them again; nothing is written twice.")),
  el("div", { class: "actions" }, button("Replay", () => askToReplay(load), { kind: "primary", mark: "again", id: "replay" }))), box);
  const load = async () => {
    try {
      box.replaceChildren(letters(await get("boss/dlq")));
    } catch (error) {
      box.replaceChildren(errorPanel(error));
    }
  };
  load();
}

function letters({ total, byCategory, samples }) {
  if (total === 0) return panel("Given up", empty("No dead letters", "Every message was settled."));
  const rows = samples.map((letter) => el("tr", {},
    el("td", {}, at(letter.at)), el("td", {}, titled(letter.category)),
    el("td", {}, letter.simulationId ? el("a", { class: "mono", href: `#/simulation/${encodeURIComponent(letter.simulationId)}` }, letter.simulationId) : "–"),
    el("td", { class: "is-text" }, letter.reason)));
  return [
    el("dl", { class: "tiles wide" }, el("div", {}, el("dt", {}, "Letters"), el("dd", { id: "letters" }, number(total))),
      Object.entries(byCategory).map(([name, count]) => el("div", {}, el("dt", {}, titled(name)), el("dd", {}, number(count))))),
    el("h2", { class: "part" }, "Latest"),
    table("Latest dead letters", ["At", "Category", "Simulation", "Reason"], rows),
  ].reduce((section, part) => { section.append(part); return section; }, el("div", {}));
}

/** The dry run is asked for first; its answer is what there is to confirm. */
async function askToReplay(load) {
  const body = el("div", {}, loading(2));
  const { go } = confirmDialog({
    title: "Replay dead letters?", content: body, action: "Send again",
    onconfirm: async () => { const { replayed } = await post("boss/dlq/replay", { dryRun: false }); say(`${plural(replayed, "letter")} sent again`); await load(); },
  });
  go.disabled = true;
  try {
    const found = await post("boss/dlq/replay", { dryRun: true });
    body.replaceChildren(el("p", {}, "A dry run found:"), facts([["To be replayed", number(found.replayed)], ["Unusable, remain here", number(found.unusable)]]));
    go.disabled = found.replayed === 0;
  } catch (error) {
    body.replaceChildren(el("p", { class: "problem", role: "alert" }, error.message));
  }
}
