// Building elements and writing values. Text always goes in as text, never as markup.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const KEY = "key";
const LOCKED = 401;

// The key stands behind the #, which no request carries, and is kept for links that lead here without it.
export function takeKey() {
  const given = location.hash.match(/^#key=(.+)$/);
  if (!given) return;
  localStorage.setItem(KEY, decodeURIComponent(given[1]));
  history.replaceState(null, "", location.pathname);
}

export class LockedError extends Error {}

export async function load(path) {
  const key = localStorage.getItem(KEY);
  const response = await fetch(path, { headers: { accept: "application/json", ...(key && { "x-stand-in-secret": key }) } });
  if (response.status === LOCKED) throw new LockedError(path);
  if (!response.ok) throw new Error(`${response.status} for ${path}`);
  return response.json();
}

const DAY = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });
const MOMENT = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const NUMBER = new Intl.NumberFormat();
const MONEY = new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 0 });

export const number = (value) => NUMBER.format(Number(value));
export const money = (value) => MONEY.format(Number(value));

export function date(value, exact = false) {
  const moment = new Date(value);
  if (Number.isNaN(moment.getTime())) return value;
  return (exact ? MOMENT : DAY).format(moment);
}

export function duration(milliseconds) {
  const seconds = Math.round(Number(milliseconds) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min`;
}

export function plain(markup) {
  const body = new DOMParser().parseFromString(markup, "text/html").body;
  for (const mark of body.querySelectorAll("br")) mark.replaceWith("\n");
  return body.textContent.trim();
}

const TONES = {
  hot: ["hot"],
  good: ["closed won", "completed", "connected", "customer", "evangelist"],
  warm: ["warm", "high", "urgent", "waiting on us", "opportunity", "contract sent"],
  bad: ["closed lost", "no answer", "failed", "wrong number", "busy"],
  cool: ["cold", "low", "new", "not started", "subscriber"],
};

export function badge(text) {
  const folded = text.toLowerCase();
  const tone = Object.keys(TONES).find((name) => TONES[name].includes(folded)) ?? "plain";
  return make("span", { class: `badge ${tone}` }, text);
}

export function avatar(name, small = false) {
  const letters = name.split(/\s+/).filter(Boolean).map((word) => [...word][0]);
  const initials = (letters.length > 1 ? letters[0] + letters.at(-1) : letters[0] ?? "?").toUpperCase();
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 12;
  return make("span", { class: `avatar hue${hue}${small ? " small" : ""}`, "aria-hidden": "true" }, initials);
}

const PATHS = {
  contacts: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7 8c.6-3.6 3.5-5.5 7-5.5s6.4 1.9 7 5.5",
  companies: "M5 20V5.5A1.5 1.5 0 0 1 6.5 4h7A1.5 1.5 0 0 1 15 5.5V20M15 10h3a1 1 0 0 1 1 1v9M3.5 20h17M8.5 8h3M8.5 12h3M8.5 16h3",
  deals: "M12 4v16M16 7.5C15 6.5 13.7 6 12 6c-2.2 0-4 1-4 3s1.8 2.6 4 3 4 1 4 3-1.8 3-4 3c-1.7 0-3.2-.6-4-1.7",
  tickets: "M4 8.5A1.5 1.5 0 0 1 5.5 7h13A1.5 1.5 0 0 1 20 8.5v2a1.8 1.8 0 0 0 0 3.5v1.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 15.5V14a1.8 1.8 0 0 0 0-3.5Zm10-1v10",
  notes: "M6 4h9l4 4v11a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm9 0v4h4M8.5 12h7M8.5 15.5h5",
  calls: "M7.5 4.5 10 5l1 4-2 1.5c.9 2 2.5 3.6 4.5 4.5l1.5-2 4 1 .5 2.5c.1 1.5-1 2.5-2.5 2.5C10.5 18.5 5.5 13.5 5 7c0-1.5 1-2.6 2.5-2.5Z",
  tasks: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16Zm-3.5-8 2.5 2.5 4.5-5",
  products: "M4.5 8 12 4l7.5 4v8L12 20l-7.5-4Zm0 0L12 12l7.5-4M12 12v8",
  line_items: "M5 6.5h14M5 12h14M5 17.5h9",
  meetings: "M5 7a1 1 0 0 1 1-1h12a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1Zm0 3.5h14M9 4v4M15 4v4",
  emails: "M4.5 6.5h15v11h-15Zm0 .5 7.5 6 7.5-6",
  created: "M12 5v14M5 12h14",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm5-1.5L20 20",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.notes);
  drawing.append(path);
  return drawing;
}
