// Navigation, the counts at the side, and the tables. The address holds what is shown: #/contacts or #/contacts/123.

import { avatar, badge, date, duration, icon, load, LockedError, make, money, number, plain, takeKey } from "./dom.js";
import { recordView } from "./record.js";

const PAGE = 25;
const POLL_MS = 2500;
const main = document.querySelector("#main");
const state = { object: "contacts", id: null, text: "", sort: "", offset: 0, counts: {}, request: 0 };

const CELLS = {
  badge,
  money,
  number,
  duration,
  date: (value) => make("time", { datetime: value, title: value }, date(value)),
  owner: (value) => make("span", { class: "owner" }, avatar(value, true), value),
};

function readAddress() {
  const [object = "contacts", id = null] = location.hash.replace(/^#\//, "").split("/").filter(Boolean);
  if (object !== state.object) Object.assign(state, { text: "", sort: "", offset: 0 });
  Object.assign(state, { object, id });
}

const LOCKED = "Open this page with the complete address that `simcrm up` prints.";

async function show() {
  takeKey();
  readAddress();
  markTab();
  await (state.id ? showRecord() : showTable()).catch((error) => {
    if (!(error instanceof LockedError)) throw error;
    main.replaceChildren(make("p", { class: "empty" }, LOCKED));
  });
}

async function showRecord() {
  const request = ++state.request;
  try {
    const record = await load(`/_local/ui/records/${state.object}/${state.id}`);
    if (request !== state.request) return;
    document.title = `${record.title} · Local HubSpot`;
    main.replaceChildren(recordView(record));
    main.scrollTo(0, 0);
  } catch (error) {
    if (error instanceof LockedError) throw error;
    if (request === state.request) main.replaceChildren(make("p", { class: "empty" }, "This record does not exist, or it was archived."));
  }
}

async function showTable() {
  const request = ++state.request;
  if (!main.querySelector(`.list[data-object="${state.object}"]`)) main.replaceChildren(tableFrame());
  const query = new URLSearchParams({ q: state.text, sort: state.sort, offset: state.offset, limit: PAGE });
  const answer = await load(`/_local/ui/records/${state.object}?${query}`);
  if (request !== state.request) return;
  document.title = `${capital(state.object)} · Local HubSpot`;
  main.querySelector(".total").textContent = answer.total === 1 ? "1 record" : `${number(answer.total)} records`;
  main.querySelector(".rows").replaceChildren(answer.rows.length ? table(answer) : emptyText());
  main.querySelector(".pages").replaceChildren(...pages(answer.total));
}

const typeName = (object) => object.replaceAll("_", " ");
const capital = (object) => object[0].toUpperCase() + typeName(object).slice(1);

function emptyText() {
  const text = state.text ? "No matching records." : `No ${typeName(state.object)} yet. They appear here as they are written.`;
  return make("p", { class: "empty" }, text);
}

function tableFrame() {
  const search = make("input", {
    type: "search", placeholder: `Search ${typeName(state.object)}`, "aria-label": `Search ${typeName(state.object)}`, value: state.text, oninput: onSearch,
  });
  return make("section", { class: "list", "data-object": state.object },
    make("header", { class: "head" },
      make("div", {}, make("h1", {}, capital(state.object)), make("p", { class: "total" })),
      make("label", { class: "search" }, icon("search"), search)),
    make("div", { class: "rows" }),
    make("footer", { class: "pages" }));
}

let typing = 0;
function onSearch(event) {
  clearTimeout(typing);
  typing = setTimeout(() => {
    Object.assign(state, { text: event.target.value, offset: 0 });
    showTable();
  }, 200);
}

function table(answer) {
  const heads = answer.columns.map((column) => make("th", { scope: "col", class: `is-${column.kind}`, "aria-sort": sortOf(column.name) },
    make("button", { type: "button", onclick: () => sortBy(column.name) }, column.label)));
  const rows = answer.rows.map((row) => make("tr", { onclick: () => { location.hash = `#/${state.object}/${row.id}`; } },
    row.cells.map((value, place) => make("td", { class: `is-${answer.columns[place].kind}` }, cell(answer.columns[place], row, value)))));
  return make("table", {}, make("thead", {}, make("tr", {}, heads)), make("tbody", {}, rows));
}

function cell(column, row, value) {
  if (value === null || value === "") return make("span", { class: "none" }, "–");
  if (column.kind === "title") return titleCell(row, plain(value));
  return (CELLS[column.kind] ?? ((text) => text))(value);
}

function titleCell(row, title) {
  const picture = ["contacts", "companies"].includes(state.object) ? avatar(title) : make("span", { class: "mark" }, icon(state.object));
  return make("a", { class: "title", href: `#/${state.object}/${row.id}` }, picture, make("span", {}, title));
}

function sortOf(name) {
  if (state.sort.replace("-", "") !== name) return null;
  return state.sort.startsWith("-") ? "descending" : "ascending";
}

function sortBy(name) {
  state.sort = state.sort === name ? `-${name}` : name;
  state.offset = 0;
  showTable();
}

function pages(total) {
  if (total <= PAGE) return [];
  const move = (step) => () => { state.offset += step * PAGE; showTable(); };
  const last = Math.min(state.offset + PAGE, total);
  return [
    make("span", {}, `${number(state.offset + 1)}–${number(last)} of ${number(total)}`),
    make("button", { type: "button", disabled: state.offset === 0, onclick: move(-1) }, "Previous"),
    make("button", { type: "button", disabled: last >= total, onclick: move(1) }, "Next"),
  ];
}

function markTab() {
  for (const link of document.querySelectorAll("#objects a")) {
    if (link.dataset.object === state.object) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function refreshCounts() {
  const portal = await load("/_local/ui/portal");
  document.querySelector("#portal").textContent = `Portal ${portal.portalId}`;
  document.querySelector("#note").textContent = `${number(portal.associations)} associations · ${portal.accountType.toLowerCase().replace("_", " ")} account`;
  const before = state.counts[state.object];
  state.counts = Object.fromEntries(portal.objects.map((object) => [object.name, object.count]));
  document.querySelector("#objects").replaceChildren(...portal.objects.map((object) =>
    make("a", { href: `#/${object.name}`, "data-object": object.name }, icon(object.name), make("span", {}, object.label), make("b", {}, number(object.count)))));
  markTab();
  const isFresh = before !== undefined && before !== state.counts[state.object];
  if (isFresh && !state.id && state.offset === 0) await showTable();
}

async function poll() {
  if (!document.hidden) await refreshCounts().catch((error) => { document.querySelector("#note").textContent = error instanceof LockedError ? "" : "The server does not answer."; });
  setTimeout(poll, POLL_MS);
}

addEventListener("hashchange", show);
takeKey();
poll();
show();
