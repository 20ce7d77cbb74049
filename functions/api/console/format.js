// Numbers, times and the words of states.

const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const brief = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockTime = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayOnly = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });

export const number = (value) => whole.format(value ?? 0);
export const short = (value) => (value >= 10000 ? compact.format(value) : whole.format(Math.round(value * 10) / 10));
export const at = (iso) => (iso ? moment.format(new Date(iso)) : "–");
export const inShort = (iso) => brief.format(new Date(iso));
export const clock = (iso) => clockTime.format(new Date(iso));
export const day = (iso) => dayOnly.format(new Date(iso));
export const percent = (share) => `${Math.floor(share * 1000) / 10} %`;
export const usd = (value) => `$${value.toFixed(value > 0 && value < 1 ? 4 : 2)}`;

export function duration(seconds) {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const place = units.findIndex(([, size]) => seconds >= size);
  if (place < 0 || place === 3) return `${Math.round(seconds * 10) / 10} s`;
  const [[name, size], [finer, part]] = [units[place], units[place + 1]];
  const rest = Math.floor((seconds % size) / part);
  return `${Math.floor(seconds / size)} ${name}${rest ? ` ${rest} ${finer}` : ""}`;
}

export const ago = (when) => {
  const seconds = (Date.now() - new Date(when).getTime()) / 1000;
  return seconds < 5 ? "just now" : `${duration(seconds < 60 ? Math.round(seconds) : seconds)} ago`;
};

export const tookSeconds = (simulation) =>
  (new Date(simulation.endedAt ?? Date.now()).getTime() - new Date(simulation.startedAt).getTime()) / 1000;

export const isFinal = (status) => !["QUEUED", "RUNNING", "ABORTING"].includes(status);

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

export const CURVES = {
  EVEN: "Even",
  FRONT_LOADED: "Front loaded",
  BACK_LOADED: "Back loaded",
  BELL_CURVE: "Bell curve",
  SURGE: "Surge in the middle",
  TRICKLE: "Trickle",
  RANDOM_BURSTS: "Random bursts",
  DAILY_SPIKE: "Daily spike",
  WEEKEND_SURGE: "Weekend surge",
  BUSINESS_HOURS: "Business hours",
  CUSTOM: "Custom weights",
};

export const STAGES = {
  lead: "Lead",
  marketingqualifiedlead: "Marketing qualified",
  opportunity: "Opportunity",
  customer: "Customer",
};

export const DEAL_STAGES = {
  appointmentscheduled: "Appointment scheduled",
  qualifiedtobuy: "Qualified to buy",
  presentationscheduled: "Presentation scheduled",
  decisionmakerboughtin: "Decision maker bought in",
  contractsent: "Contract sent",
};

export const OBJECTS = ["contacts", "companies", "deals", "notes", "calls", "tasks", "tickets", "meetings", "emails", "lineItems", "products"];
export const titled = (word) => {
  const spaced = word.replaceAll("_", " ").replace(/([a-z])([A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
};
