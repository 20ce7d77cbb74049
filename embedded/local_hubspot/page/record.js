// One record: who it is and its properties, its timeline, its associations.

import { avatar, badge, date, duration, icon, make, money, number, plain } from "./dom.js";

export function recordView(record) {
  return make("article", { class: "record" },
    make("a", { class: "back", href: `#/${record.object}` }, `← ${record.object[0].toUpperCase()}${record.object.slice(1).replaceAll("_", " ")}`),
    make("div", { class: "columns" },
      make("div", { class: "about" }, heading(record), record.groups.map(group)),
      make("section", { class: "activity" }, make("h2", {}, "Timeline"), make("ol", { class: "timeline" }, record.timeline.map(entry))),
      make("div", { class: "linked" }, record.associations.length ? record.associations.map(associated) : make("p", { class: "empty" }, "No associated records."))));
}

function heading(record) {
  const isFace = ["contacts", "companies"].includes(record.object);
  const title = plain(record.title);
  return make("header", { class: "card identity" },
    isFace ? avatar(title) : make("span", { class: "mark" }, icon(record.object)),
    make("div", {}, make("h1", {}, title), make("p", {}, record.subtitle), make("small", {}, `Record ID ${record.id}`)));
}

function group(group, place) {
  return make("details", { class: "card", open: place < 2 },
    make("summary", {}, group.label, make("b", {}, String(group.properties.length))),
    make("dl", {}, group.properties.map(property)));
}

function property(row) {
  return make("div", {}, make("dt", { title: row.name }, row.label), make("dd", {}, value(row)));
}

function value(row) {
  if (row.type === "datetime") return date(row.value, true);
  if (row.type === "date") return date(row.value);
  if (["amount", "price"].includes(row.name) || row.name === "annualrevenue") return money(row.value);
  if (/^(hot|warm|cold)$/i.test(row.value)) return badge(row.value);
  if (row.name === "hs_call_duration") return duration(row.value);
  if (row.type === "number" && !row.name.endsWith("_id")) return number(row.value);
  return structured(row.value) ?? plainText(row.value);
}

const plainText = (text) => (/<\/?[a-z][^>]*>|&(?:amp|lt|gt|quot|#\d+);/i.test(text) ? plain(text) : text);

function structured(text) {
  if (!/^[[{]/.test(text)) return null;
  let parsed;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (Array.isArray(parsed)) return make("span", { class: "chips" }, parsed.map((part) => make("span", {}, typeof part === "string" ? part : JSON.stringify(part))));
  const rows = Object.entries(parsed).map(([name, part]) => make("div", {}, make("dt", {}, name), make("dd", {}, typeof part === "object" ? JSON.stringify(part) : String(part))));
  return make("dl", { class: "json" }, rows);
}

const KINDS = { notes: "Note", calls: "Call", tasks: "Task", deals: "Deal", tickets: "Ticket", meetings: "Meeting", emails: "E-mail", created: "Created" };

function entry(item) {
  const facts = Object.entries(item.facts ?? {}).map(([name, text]) => make("span", {}, fact(name, text)));
  const title = item.object === "created" ? item.title : plain(item.title || KINDS[item.object]);
  const link = item.object === "created" ? title : make("a", { href: `#/${item.object}/${item.id}` }, title);
  return make("li", { class: `of-${item.object}` },
    make("span", { class: "dot" }, icon(item.object)),
    make("div", { class: item.object === "created" ? "line" : "card" },
      make("header", {}, make("span", { class: "kind" }, item.object === "notes" ? make("a", { href: `#/notes/${item.id}` }, KINDS.notes) : KINDS[item.object]), make("time", { datetime: item.at, title: item.at }, date(item.at, true))),
      item.object === "notes" ? null : make("h3", {}, link, item.state ? badge(item.state) : null),
      item.body ? make("p", {}, plain(item.body)) : null,
      facts.length ? make("footer", {}, facts) : null));
}

function fact(name, text) {
  if (name === "amount") return money(text);
  if (name === "hs_call_duration") return duration(text);
  return text;
}

function associated(section) {
  return make("section", { class: "card" },
    make("h2", {}, icon(section.object), section.label, make("b", {}, number(section.count))),
    make("ul", {}, section.records.map((record) => make("li", {},
      make("a", { href: `#/${section.object}/${record.id}` }, plain(record.title)),
      record.labels.map((label) => make("span", { class: "label" }, label)),
      make("p", {}, [record.subtitle, record.amount ? money(record.amount) : ""].filter(Boolean).join(" · "))))),
    section.sum ? make("p", { class: "sum" }, `Total ${money(section.sum)}`) : null,
    section.count > section.records.length ? make("p", { class: "more" }, `and ${number(section.count - section.records.length)} more`) : null);
}
