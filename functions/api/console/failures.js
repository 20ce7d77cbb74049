// What a simulation could not write or left to people, with the reasons.

import { get } from "./api.js";
import { el, region } from "./dom.js";
import { number, plural, titled } from "./format.js";
import { button, during, empty, loading, panel, table } from "./components.js";

export function failuresPanel(simulation) {
  const list = region();
  const refused = `${plural(simulation.failed, "object")} could not be written to the portal; the ledger has the reasons.`;
  const skipped = simulation.skipped ? ` ${number(simulation.skipped)} changes were left out, because people had changed the same properties.` : "";
  const section = panel(simulation.failed ? "Refused" : "Left to people", el("p", { class: "soft" }, `${simulation.failed ? refused : ""}${skipped}`.trim()), list);
  const rows = [];
  const load = async (token) => {
    const query = token ? `?token=${encodeURIComponent(token)}` : "";
    const page = await get(`simulations/${encodeURIComponent(simulation.simulationId)}/failures${query}`);
    rows.push(...page.failures);
    list.replaceChildren(rows.length || page.nextToken ? reasons(rows) : empty("No refused objects", "All refused objects have been written since."));
    if (page.nextToken) {
      const more = button("Show more", () => during(more, () => load(page.nextToken)), { kind: "small" });
      list.append(el("div", { class: "pages" }, more));
    }
  };
  list.append(loading(2));
  load(null).catch((error) => list.replaceChildren(el("p", { class: "problem" }, error.message)));
  return section;
}

function reasons(rows) {
  return table("Refused objects", ["Record", "Type", "Reason"], rows.map((row) =>
    el("tr", {}, el("th", { scope: "row", class: "mono" }, row.key.split(":").slice(1).join(":")),
      el("td", {}, titled(row.type)), el("td", { class: "is-text" }, row.reason))));
}
