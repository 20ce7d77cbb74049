// Building the page: elements, regions that are drawn anew only when what they show has changed.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "path", "rect", "line", "circle", "text", "g", "polyline", "title"]);

export function el(tag, attributes = {}, ...children) {
  const node = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) put(node, name, value);
  node.append(...children.flat(4).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function put(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name.startsWith("--")) node.style.setProperty(name, value);
  else if (name === "value") node.value = value;
  else node.setAttribute(name, value === true ? "" : value);
}

const ICONS = {
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  warn: "M12 4l9 16H3zM12 10v4.5M12 17.2v.3",
  stop: "M7 7h10v10H7z",
  play: "M8 5.5l11 6.5-11 6.5z",
  clock: "M12 4a8 8 0 100 16 8 8 0 000-16zM12 8v4.5l3 2",
  back: "M15 5l-7 7 7 7",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  copy: "M9 9h10v11H9zM5 15V4h10",
  link: "M10 6H5v13h13v-5M13 5h6v6M19 5l-9 9",
  plus: "M12 5v14M5 12h14",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  again: "M19 12a7 7 0 11-2.2-5.1M19 4v4h-4",
  dot: "M12 8a4 4 0 100 8 4 4 0 000-8z",
};

export function icon(name) {
  return el("svg", { class: `icon icon-${name}`, viewBox: "0 0 24 24", "aria-hidden": "true" }, el("path", { d: ICONS[name] }));
}

const shown = new WeakMap();

/** Draw a region unless it shows exactly this already; the focused element keeps the focus by its id. */
export function draw(region, data, make) {
  const text = JSON.stringify(data);
  if (shown.get(region) === text) return;
  shown.set(region, text);
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  region.replaceChildren(...[make(data)].flat(4).filter(Boolean));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/** What a screen reader is told; visible text says it too. */
export function say(text) {
  document.getElementById("said").textContent = text;
}

export const region = (attributes = {}) => el("div", attributes);
