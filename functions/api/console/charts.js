// Charts in SVG, drawn at the size they have on the page.

import { el } from "./dom.js";
import { number, percent, short } from "./format.js";

const EDGE = { top: 12, right: 10, bottom: 24, left: 44 };

/** Keep a drawing at its container's width. */
function sized(height, label, paint) {
  const box = el("div", { class: "chart", "--height": `${height}px` });
  let last = 0;
  new ResizeObserver(() => {
    const width = Math.round(box.clientWidth);
    if (width === 0 || width === last) return;
    last = width;
    box.replaceChildren(el("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, paint(width, height)));
  }).observe(box);
  return box;
}

/** A round number not below the greatest value, and its steps. */
export function steps(greatest, count = 4) {
  const rough = Math.max(greatest, 1e-9) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power;
  const top = Math.ceil(Math.max(greatest, 1e-9) / size) * size;
  return { top, values: Array.from({ length: Math.round(top / size) + 1 }, (_, place) => place * size) };
}

function axes(width, height, scale, ticks) {
  const y = (value) => height - EDGE.bottom - (value / scale.top) * (height - EDGE.top - EDGE.bottom);
  return [
    scale.values.map((value) => [
      el("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }),
      el("text", { class: "tick", x: EDGE.left - 7, y: y(value) + 4, "text-anchor": "end" }, short(value)),
    ]),
    ticks.map(({ x, text, anchor }) => el("text", { class: "tick", x, y: height - 6, "text-anchor": anchor }, text)),
  ];
}

function timeTicks(points, x, width, word) {
  const count = Math.max(2, Math.min(points.length, Math.floor(width / 130)));
  const chosen = Array.from({ length: count }, (_, place) => Math.round((place * (points.length - 1)) / (count - 1)));
  return [...new Set(chosen)].map((place, order, all) => ({
    x: x(place),
    text: word(points[place]),
    anchor: order === 0 ? "start" : order === all.length - 1 ? "end" : "middle",
  }));
}

/** Values over time as a line above its area. Points are {at, value}; `word` names a point's time. */
export function lineChart({ points, label, word, unit, height = 200 }) {
  return sized(height, label, (width) => {
    const scale = steps(Math.max(...points.map((point) => point.value)));
    const x = (place) => EDGE.left + (points.length < 2 ? 0 : (place / (points.length - 1)) * (width - EDGE.left - EDGE.right));
    const y = (value) => height - EDGE.bottom - (value / scale.top) * (height - EDGE.top - EDGE.bottom);
    const line = points.map((point, place) => `${place ? "L" : "M"}${x(place).toFixed(1)} ${y(point.value).toFixed(1)}`).join("");
    const base = height - EDGE.bottom;
    return [
      axes(width, height, scale, timeTicks(points, x, width, word)),
      el("path", { class: "area", d: `${line}L${x(points.length - 1).toFixed(1)} ${base}L${EDGE.left} ${base}Z` }),
      el("path", { class: "line", d: line }),
      pointer(points, x, y, width, height, (point) => `${word(point)} · ${short(point.value)} ${unit}`),
    ];
  });
}

/** What is under the pointer, in words. */
function pointer(points, x, y, width, height, text) {
  const guide = el("line", { class: "guide", y1: EDGE.top, y2: height - EDGE.bottom });
  const dot = el("circle", { class: "dot", r: 4 });
  const words = el("text", { class: "hover", y: EDGE.top + 2 });
  const found = el("g", { class: "found" }, guide, dot, words);
  const area = el("rect", { class: "catch", x: EDGE.left, y: 0, width: Math.max(0, width - EDGE.left - EDGE.right), height,
    onpointermove: (event) => {
      const share = (event.offsetX - EDGE.left) / (width - EDGE.left - EDGE.right);
      const place = Math.max(0, Math.min(points.length - 1, Math.round(share * (points.length - 1))));
      guide.setAttribute("x1", x(place));
      guide.setAttribute("x2", x(place));
      dot.setAttribute("cx", x(place));
      dot.setAttribute("cy", y(points[place].value));
      words.setAttribute("x", Math.max(EDGE.left + 4, Math.min(width - EDGE.right - 4, x(place))));
      words.setAttribute("text-anchor", share < 0.2 ? "start" : share > 0.8 ? "end" : "middle");
      words.textContent = text(points[place]);
      found.classList.add("is-there");
    },
    onpointerleave: () => found.classList.remove("is-there") });
  return [found, area];
}

/** Counts in bins of equal width. Bins are {at, value}. */
export function barChart({ bins, label, word, height = 150 }) {
  return sized(height, label, (width) => {
    const scale = steps(Math.max(...bins.map((bin) => bin.value)), 3);
    const step = (width - EDGE.left - EDGE.right) / bins.length;
    const y = (value) => height - EDGE.bottom - (value / scale.top) * (height - EDGE.top - EDGE.bottom);
    const x = (place) => EDGE.left + place * step + step / 2;
    const gap = step > 6 ? 1.5 : 0.5;
    return [
      axes(width, height, scale, timeTicks(bins, x, width, word)),
      bins.map((bin, place) => el("rect", { class: "bar", x: EDGE.left + place * step + gap / 2, width: Math.max(0.5, step - gap), y: y(bin.value), height: Math.max(0, height - EDGE.bottom - y(bin.value)), rx: step > 8 ? 1.5 : 0 },
        el("title", {}, `${word(bin)}: ${number(bin.value)}`))),
    ];
  });
}

/** Each stage as a share of the first. Stages are {name, value}. */
export function funnelChart(stages) {
  const first = Math.max(1, stages[0]?.value ?? 0);
  return el("ol", { class: "funnel" }, stages.map(({ name, value }, place) =>
    el("li", {},
      el("span", { class: "funnel-name" }, name),
      el("span", { class: "funnel-bar", "aria-hidden": "true" }, el("i", { "--share": String(value / first), "--depth": String(place) })),
      el("span", { class: "funnel-value" }, el("b", {}, number(value)), place ? ` ${percent(value / first)}` : null))));
}
