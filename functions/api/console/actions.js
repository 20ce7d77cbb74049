// What can be done with a simulation, each asked for once more before it happens.

import { post, send } from "./api.js";
import { el, say } from "./dom.js";
import { isFinal, number, OBJECTS, plural, titled } from "./format.js";
import { button, confirmDialog, during, facts, loading } from "./components.js";

const TOO_MANY_FOR_A_PAGE = 20000;
const path = (simulation, action) => `simulations/${encodeURIComponent(simulation.simulationId)}/${action}`;

export function actions(simulation, again) {
  if (!isFinal(simulation.status)) {
    return simulation.status === "ABORTING" ? [] : [button("Abort", () => askToAbort(simulation, again), { kind: "danger-quiet", mark: "stop", id: "abort" })];
  }
  if (simulation.takenBack) return [exportButton(simulation, "csv"), exportButton(simulation, "jsonl")];
  const isUntouched = simulation.cleanup === undefined; // what is partly taken back cannot go on
  const isIncomplete = simulation.failed > 0 || simulation.missing > 0;
  const endedEarly = ["FAILED", "PARTIAL"].includes(simulation.status);
  const mayResume = isUntouched && (endedEarly || (simulation.status === "SUCCEEDED" && isIncomplete));
  return [
    mayResume && button(triesAgain(simulation) ? "Retry refused records" : "Resume", () => askToResume(simulation, again), { mark: "play", id: "resume" }),
    exportButton(simulation, "csv"),
    exportButton(simulation, "jsonl"),
    button("Clean up", () => askToCleanUp(simulation, again), { kind: "danger-quiet", mark: "trash", id: "cleanup-open" }),
  ];
}

/** Whether a resume has nothing to do but to write again what was refused. */
function triesAgain({ status, missing, error }) {
  return missing === 0 && (status !== "FAILED" || error?.code === "NOTHING_ARRIVED");
}

function askToAbort(simulation, again) {
  confirmDialog({
    title: "Abort this simulation?",
    content: el("p", {}, "Nothing is written from then on, and it cannot be resumed. Existing records stay in the portal until you clean up."),
    action: "Abort", danger: true,
    onconfirm: async () => { await post(path(simulation, "abort")); say("Aborted"); again(); },
  });
}

function askToResume(simulation, again) {
  confirmDialog({
    title: triesAgain(simulation) ? "Retry refused records?" : "Resume this simulation?",
    content: el("p", {}, simulation.failed ? `${plural(simulation.failed, "object")} refused so far; nothing is written twice.` : "It goes on where it stopped; nothing is written twice."),
    action: "Resume",
    onconfirm: async () => { const { action } = await post(path(simulation, "resume")); say(action === "nothing" ? "There is nothing to do" : "Resumed"); again(); },
  });
}

/** The dry run is asked for first; its answer is what there is to confirm. */
async function askToCleanUp(simulation, again) {
  const body = el("div", {}, loading(3));
  const { go } = confirmDialog({
    title: "Clean up this simulation?",
    content: body, action: "Archive in HubSpot", danger: true,
    onconfirm: async () => { await post(path(simulation, "cleanup"), { dryRun: false }); say("Clean-up started"); again(); },
  });
  go.disabled = true;
  try {
    const found = await post(path(simulation, "cleanup"), { dryRun: true });
    const counts = OBJECTS.map((name) => [titled(name), found.counts?.[name] ?? 0]).filter(([, count]) => count);
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    body.replaceChildren(el("p", {}, `A dry run found ${plural(total, "object")} in the ledger. Archived objects can be restored in HubSpot for 90 days.`),
      facts(counts.map(([name, count]) => [name, number(count)])));
    go.disabled = total === 0;
  } catch (error) {
    body.replaceChildren(el("p", { class: "problem", role: "alert" }, error.message));
  }
}

function exportButton(simulation, format) {
  const save = button(format === "csv" ? "CSV" : "JSON lines", () => during(save, () => download(simulation, format, save)), { kind: "quiet", mark: "download", id: `export-${format}` });
  save.setAttribute("aria-label", `Export the records as ${format === "csv" ? "CSV" : "JSON lines"}`);
  return save;
}

/** All pages of the export as one file. */
async function download(simulation, format, save) {
  if (simulation.planned > TOO_MANY_FOR_A_PAGE) {
    say(`Use simcrm export for more than ${number(TOO_MANY_FOR_A_PAGE)} records.`);
    save.textContent = "Too many: use simcrm export";
    return;
  }
  const pages = [];
  let token = null;
  do {
    const query = new URLSearchParams(token ? { format, token } : { format });
    const answer = await send("GET", `${path(simulation, "records")}?${query}`);
    pages.push(await answer.text());
    token = answer.headers.get("X-Next-Token");
  } while (token);
  const link = el("a", { href: URL.createObjectURL(new Blob(pages)), download: `${simulation.simulationId}.${format}` });
  link.click();
  URL.revokeObjectURL(link.href);
}
