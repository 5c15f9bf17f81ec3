// A line chart of training and validation figures, one point per epoch.

import { make, number } from "./dom.js";

const WIDTH = 340;
const HEIGHT = 190;
const LEFT = 44;
const BOTTOM = 24;
const TOP = 8;
const RIGHT = 8;

const svg = (tag, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

// Draw curves { train: [..], valid: [..] } into an element. Missing figures are null.
export function drawChart(root, title, curves) {
  const values = [...curves.train, ...curves.valid].filter((v) => v !== null);
  if (!values.length) {
    root.replaceChildren(make("p", { class: "soft" }, "The curve begins after the first epoch."));
    return;
  }
  const count = Math.max(curves.train.length, curves.valid.length);
  const [low, high, step] = range(values);
  const x = (i) => LEFT + ((WIDTH - LEFT - RIGHT) * i) / Math.max(1, count - 1);
  const y = (v) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - v)) / (high - low);
  const parts = [];
  for (let v = low; v <= high + step / 2; v += step) {
    const at = y(v);
    parts.push(
      svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: at, y2: at }),
      svg("text", { x: LEFT - 6, y: at + 4, "text-anchor": "end" }, tick(v, step)),
    );
  }
  for (const i of new Set([0, count - 1])) {
    parts.push(
      svg("text", { x: x(i), y: HEIGHT - 6, "text-anchor": i ? "end" : "start" }, `${i + 1}`),
    );
  }
  parts.push(svg("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, "epoch"));
  for (const name of ["train", "valid"]) {
    const points = curves[name].map((v, i) => [x(i), v]).filter(([, v]) => v !== null);
    const path = points.map(([px, v]) => `${px.toFixed(1)},${y(v).toFixed(1)}`).join(" ");
    if (points.length > 1) parts.push(svg("polyline", { class: name, points: path }));
    if (points.length) {
      const [px, v] = points.at(-1);
      parts.push(svg("circle", { class: name, cx: px, cy: y(v), r: 3.5 }));
    }
  }
  const last = (curve) => (curve.at(-1) == null ? "unknown" : number(curve.at(-1), 3));
  const label =
    `${title} after ${count} epochs: training ${last(curves.train)}, ` +
    `validation ${last(curves.valid)}`;
  root.replaceChildren(
    svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, ...parts),
    make(
      "p",
      { class: "chart-key" },
      make("span", {}, `training ${last(curves.train)}`),
      make("span", { class: "valid" }, `validation ${last(curves.valid)}`),
    ),
  );
}

// A range of round numbers around the values, in about four steps.
function range(values) {
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (high - low < 1e-9) [low, high] = [low - 0.05, high + 0.05];
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  return [Math.floor(low / step) * step, Math.ceil(high / step) * step, step];
}

function tick(value, step) {
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return value.toFixed(Math.min(6, digits)).replace("-", "−");
}
