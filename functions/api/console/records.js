// Some of a simulation's contacts, each with its way into the portal.

import { send } from "./api.js";
import { el, icon, region } from "./dom.js";
import { at, day, DEAL_STAGES, number, STAGES } from "./format.js";
import { badge, button, during, empty, loading, panel, table } from "./components.js";

const PAGE = 6;
const STANDINGS = { won: ["good", "check", "Won"], lost: ["bad", "cross", "Lost"], open: ["run", "dot", "Open"] };

/** A panel in a region; answers a function that is told how the simulation stands, and loads what may have changed. */
export function recordsPanel(box, id) {
  const list = region();
  const refresh = button("Refresh", () => during(refresh, () => load(null)), { kind: "quiet small", mark: "again", id: "records-again" });
  const section = panel("Records", list);
  section.querySelector("header").append(refresh);
  let shown = [];
  let isBusy = false;
  let isTakenBack = false;
  const load = async (token) => {
    if (isBusy) return;
    isBusy = true;
    if (!shown.length) list.replaceChildren(loading(3));
    try {
      const page = await cardsOf(id, token);
      shown = token ? [...shown, ...page.cards] : page.cards;
      list.replaceChildren(shown.length ? cardTable(isTakenBack ? shown.map(withoutPages) : shown) : nothing(), more(page.next, load));
    } catch (error) {
      list.replaceChildren(el("p", { class: "problem" }, error.message));
    }
    isBusy = false;
  };
  return (simulation, isNews) => {
    if (!section.isConnected) box.append(section);
    const contacts = simulation.counts.contacts + (simulation.cleanup?.archived.contacts ?? 0);
    const hasSome = contacts + simulation.failed > 0;
    refresh.hidden = !hasSome;
    if (!hasSome && isNews) list.replaceChildren(nothing());
    const wasTakenBack = isTakenBack;
    isTakenBack = simulation.takenBack;
    const isShort = shown.length < Math.min(PAGE, contacts);
    if (hasSome && (isShort || isTakenBack !== wasTakenBack || (isNews && shown.length <= PAGE))) load(null);
  };
}

const nothing = () => empty("No contacts yet", "They appear here once they are in the portal.");

/** What was taken back has no page any more. */
const withoutPages = (card) => ({ ...card, url: null, deal: card.deal && { ...card.deal, url: null } });

async function cardsOf(id, token) {
  const query = new URLSearchParams({ format: "cards", limit: String(PAGE), ...(token ? { token } : {}) });
  const answer = await send("GET", `simulations/${encodeURIComponent(id)}/records?${query}`);
  const lines = (await answer.text()).split("\n").filter(Boolean);
  return { cards: lines.map((line) => JSON.parse(line)), next: answer.headers.get("X-Next-Token") };
}

function more(token, load) {
  if (!token) return "";
  const next = button("Show more", () => during(next, () => load(token)), { kind: "small", id: "records-more" });
  return el("div", { class: "pages" }, next);
}

function cardTable(cards) {
  return table("Contacts in the order of their batches", ["Contact", "Company", "Stage", "Deal", "Arrived"], cards.map((card) =>
    el("tr", {}, el("th", { scope: "row" }, who(card)), el("td", { class: "is-wrapped", "data-label": "Company" }, card.company ?? "–"),
      el("td", { class: "is-wrapped", "data-label": "Stage" }, stage(card)), el("td", { "data-label": "Deal" }, deal(card.deal)),
      el("td", { "data-label": "Arrived" }, el("time", { datetime: card.arrivedAt, title: at(card.arrivedAt) }, card.arrivedAt ? day(card.arrivedAt) : "–")))), { kind: "is-cards" });
}

function who({ name, url, jobTitle }) {
  return [opening(name, url, "record"), jobTitle && el("span", { class: "soft second" }, jobTitle)];
}

/** A link that opens a page of the portal beside the console; text alone where there is no page. */
function opening(text, url, kind) {
  if (!url) return el("span", {}, text);
  const [, begin, end] = /^(.*?)(\S*)$/.exec(text);
  return el("a", { href: url, target: "_blank", rel: "noopener", class: kind }, begin, el("span", { class: "whole" }, end, icon("link")), el("span", { class: "unseen" }, " (opens the portal)"));
}

function stage({ outcome, stage: reached, reason }) {
  if (outcome === "refused") return el("span", { title: reason }, badge("bad", "cross", "Refused"));
  return STAGES[reached] ?? "–";
}

function deal(found) {
  if (found === null) return el("span", { class: "soft" }, "–");
  const [kind, mark, word] = STANDINGS[found.standing];
  return [el("span", { class: "deal" }, opening(found.amount ? number(Number(found.amount)) : "no amount", found.url, "amount"), badge(kind, mark, word)),
    DEAL_STAGES[found.stage] && el("span", { class: "soft second" }, DEAL_STAGES[found.stage])];
}
