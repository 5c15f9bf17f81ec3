// One unit in full: its weights, the exact sum, and what speaks for and against it.

import { evidence } from "./engine/network.js";
import { make, number } from "./dom.js";
import { canvasOf, drawSigned, robustLimit } from "./pictures.js";

const LISTED = 5;

export const layerName = (network, layer) =>
  layer === network.layers.length - 1 ? "output" : `hidden layer ${layer + 1}`;

export function unitName(network, layer, unit) {
  return layer === network.layers.length - 1
    ? `Output ${network.classes[unit]}`
    : `Unit ${unit + 1} of ${layerName(network, layer)}`;
}

// The panel for one unit. `result` is null before anything is drawn.
export function unitPanel(network, result, layer, unit, limit) {
  const { W, b, inputs, units, activation } = network.layers[layer];
  const weight = (i) => W[i * units + unit];
  const last = layer === network.layers.length - 1;
  const parts = [make("h3", {}, unitName(network, layer, unit))];
  const figures = [];
  if (layer === 0) {
    figures.push(figure("Weights", weight, limit, "Weights of this unit as a picture"));
  }
  if (!result) {
    parts.push(figureRow(figures), make("p", { class: "soft" }, "Draw a digit to see its sum."));
    return parts;
  }
  const { x, z, a } = result.passes[layer];
  const product = (i) => weight(i) * x[i];
  if (layer === 0) {
    const products = Array.from({ length: inputs }, (_, i) => product(i));
    figures.push(
      figure("Weight × input", product, robustLimit(products), "Contribution of each pixel"),
    );
  }
  if (last) {
    const values = evidence(network, result.passes, unit);
    const limitOfEvidence = robustLimit(values);
    figures.push(
      figure(
        "For (+) and against (−)",
        (i) => values[i],
        limitOfEvidence,
        `Pixels that speak for and against output ${network.classes[unit]}`,
      ),
    );
  }
  parts.push(figureRow(figures), sum(z[unit] - b[unit], b[unit], z[unit], activation, a[unit]));
  if (last) {
    parts.push(
      make(
        "p",
        { class: "soft" },
        "The ink of a marked pixel raises (+) or lowers (−) this output’s z, to first order: ",
        make("code", {}, "(x − x of paper) · ∂z/∂x"),
        ".",
      ),
    );
  }
  const nameOfInput = (i) =>
    layer === 0
      ? `pixel in row ${Math.floor(i / 28) + 1}, column ${(i % 28) + 1}`
      : unitName(network, layer - 1, i);
  parts.push(
    strongest("Strongest inputs (w · x)", inputs, product, nameOfInput),
  );
  if (!last) {
    const above = network.layers[layer + 1];
    parts.push(
      strongest(
        "Strongest outputs (a · w)",
        above.units,
        (k) => a[unit] * above.W[unit * above.units + k],
        (k) => unitName(network, layer + 1, k),
      ),
    );
  }
  return parts;
}

function sum(wx, b, z, activation, a) {
  const value = (name, v) => make("span", { "data-value": name, "data-exact": v }, number(v));
  return make(
    "p",
    { class: "formula" },
    make("span", { class: "what" }, "w·x + b = z"),
    value("wx", wx),
    b < 0 ? " − " : " + ",
    make("span", { "data-value": "b", "data-exact": b }, number(Math.abs(b))),
    " = ",
    value("z", z),
    make("span", { class: "what" }, `${activation.replaceAll("_", " ")}(z) = a`),
    `${activation.replaceAll("_", " ")}(${number(z)}) = `,
    value("a", a),
  );
}

function figure(title, value, limit, label) {
  const canvas = canvasOf(28, label);
  canvas.classList.add("large");
  drawSigned(canvas, value, limit);
  return make("figure", {}, canvas, make("figcaption", {}, title));
}

const figureRow = (figures) => make("div", { class: "figures" }, figures);

function strongest(title, count, value, name) {
  const order = Array.from({ length: count }, (_, i) => i)
    .sort((i, j) => Math.abs(value(j)) - Math.abs(value(i)))
    .slice(0, LISTED);
  const rows = order.map((i) =>
    make(
      "tr",
      {},
      make("td", {}, name(i)),
      make("td", { class: value(i) < 0 ? "minus" : "plus" }, number(value(i), 3)),
    ),
  );
  return make(
    "table",
    { class: "strongest" },
    make("caption", {}, title),
    make("tbody", {}, rows),
  );
}
