// The stages of one step. Each has a title, an equation, a sentence, and a body made of the numbers
// that the package computed.

import { make, number, percent } from "./dom.js";
import { canvasOf, drawInk, drawSigned, robustLimit } from "./pictures.js";

const LISTED = 10; // units of a layer in a table
const PICTURES = 24; // first-layer gradients that are shown as pictures
const tensor = (step, name) => step.tensors[name].values;
const last = (step) => step.layers - 1;
const name = (text) => text.replaceAll("_", " ");

const LOSSES = {
  cross_entropy: "L = −Σₖ tₖ ln aₖ",
  binary_cross_entropy: "L = −Σₖ ( tₖ ln aₖ + (1 − tₖ) ln(1 − aₖ) )",
  mean_squared_error: "L = Σₖ (aₖ − tₖ)²",
};
const DELTAS = {
  cross_entropy: "δₖ = ∂L/∂zₖ = aₖ − tₖ",
  binary_cross_entropy: "δₖ = ∂L/∂zₖ = aₖ − tₖ",
  mean_squared_error: "δₖ = ∂L/∂zₖ = 2 (aₖ − tₖ) aₖ (1 − aₖ)",
};

export const STAGES = [
  {
    title: "Forward",
    equation: () => "z = x W + b        a = f(z)",
    text: (step) =>
      `The pixels are the inputs x. ${step.layers - 1} hidden ` +
      `layer${step.layers > 2 ? "s" : ""} (${[...new Set(step.hidden_activation)].map(name)}), ` +
      `then ${name(step.output_activation)} outputs.`,
    body: (step) => {
      const picture = canvasOf(28, "The example");
      picture.classList.add("large");
      drawInk(picture, step.pixels);
      const row = (l) => (k) => [tensor(step, `${l}.z`)[k], tensor(step, `${l}.a`)[k]];
      const hidden = Array.from({ length: last(step) }, (_, l) =>
        table(
          unitsTitle(step, l),
          ["unit", "z", "a"],
          someUnits(step, l, row(l)),
        ),
      );
      return sideBySide(picture, ...hidden, outputs(step, ["output", "z", "a"], row(last(step))));
    },
  },
  {
    title: "Loss",
    equation: (step) => LOSSES[step.loss_name],
    text: (step) =>
      `The target t is 1 for the digit ${step.label} and 0 for the others` +
      `${step.l2 ? "; the L2 penalty on the weights is part of the loss" : ""}.`,
    body: (step) => [
      figure("Loss", step.loss, "loss"),
      outputs(step, ["output", "a", "t"], (k) => [
        tensor(step, `${last(step)}.a`)[k],
        Number(k === step.label),
      ]),
    ],
  },
  {
    title: "Delta at the outputs",
    equation: (step) => DELTAS[step.loss_name],
    text: () => "How the loss changes with each output’s z: up where an output is too high.",
    body: (step) => [
      outputs(step, ["output", "a", "t", "δ"], (k) => [
        tensor(step, `${last(step)}.a`)[k],
        Number(k === step.label),
        tensor(step, `${last(step)}.delta`)[k],
      ]),
    ],
  },
  {
    title: "Back through the weights",
    equation: () => "δ of a layer = (W of the next · δ of the next) ⊙ f′(z)",
    text: () => "Each hidden unit gets its share of the blame, through the weights it speaks with.",
    body: (step) =>
      sideBySide(
        ...Array.from({ length: last(step) }, (_, i) => last(step) - 1 - i).map((l) =>
          table(
            unitsTitle(step, l),
            ["unit", "z", "a", "δ"],
            someUnits(step, l, (k) => [
              tensor(step, `${l}.z`)[k],
              tensor(step, `${l}.a`)[k],
              tensor(step, `${l}.delta`)[k],
            ]),
          ),
        ),
      ),
  },
  {
    title: "Gradients",
    equation: () => "∂L/∂W = xᵀ δ        ∂L/∂b = δ",
    text: () => "The gradient of a weight is its input times the delta of its unit.",
    body: (step) => Array.from({ length: step.layers }, (_, l) => gradientPicture(step, l)).flat(),
  },
  {
    title: "Update",
    equation: (step) => `W ← W − η ∂L/∂W        η = ${step.rate}`,
    text: () => "Every weight moves a little against its gradient. The weights with the largest gradients:",
    body: (step) => sideBySide(...Array.from({ length: step.layers }, (_, l) => updates(step, l))),
  },
  {
    title: "Again",
    equation: (step) => `L: ${number(step.loss)} → ${number(step.new_loss)}`,
    text: (step) =>
      step.new_loss < step.loss
        ? "The same example, with the new weights: the loss has fallen."
        : "The same example, with the new weights: the loss has not fallen. The step was too long.",
    body: (step) => [
      outputs(
        step,
        ["output", "before", "after"],
        (k) => [step.probabilities[k], step.new_probabilities[k]],
        (v) => percent(v, 2),
      ),
    ],
  },
];

const sideBySide = (...parts) => [make("div", { class: "side-by-side" }, parts)];
const count = (value) => value.toLocaleString("en");
const layerTitle = (step, l) => (l === last(step) ? "Outputs" : `Hidden layer ${l + 1}`);

function unitsTitle(step, l) {
  const units = tensor(step, `${l}.delta`).length;
  const part = units > LISTED ? `: the ${LISTED} of ${count(units)} units with the largest δ` : "";
  return `${layerTitle(step, l)}${part}`;
}

// The rows of the units with the largest deltas, in every stage the same.
function someUnits(step, l, row) {
  const delta = tensor(step, `${l}.delta`);
  return [...delta.keys()]
    .sort((i, j) => Math.abs(delta[j]) - Math.abs(delta[i]))
    .slice(0, LISTED)
    .sort((i, j) => i - j)
    .map((k) => [k + 1, ...row(k)]);
}

function outputs(step, head, row, format) {
  const rows = Array.from({ length: 10 }, (_, k) => [k, ...row(k)]);
  return table("Outputs", head, rows, step.label, format);
}

// A table of numbers, with a heading for each row.
function table(title, head, rows, marked = -1, format = (v) => number(v)) {
  const cell = (value, at, unit) =>
    at === 0
      ? make("th", { scope: "row" }, String(value))
      : make("td", { "data-value": head[at], "data-unit": unit, "data-exact": value }, format(value));
  const body = rows.map((row) =>
    make("tr", { class: row[0] === marked ? "true" : false }, row.map((v, i) => cell(v, i, row[0]))),
  );
  const top = make("tr", {}, head.map((text) => make("th", { scope: "col" }, text)));
  return make(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": title || "Numbers" },
    make(
      "table",
      { class: "numbers" },
      title ? make("caption", {}, title) : "",
      make("thead", {}, top),
      make("tbody", {}, body),
    ),
  );
}

const figure = (title, value, key) =>
  make("p", { class: "formula" }, `${title} = `, make("span", { "data-value": key, "data-exact": value }, number(value)));

function gradientPicture(step, l) {
  const { values, shape } = step.tensors[`${l}.gradient`];
  const [inputs, units] = shape;
  const limit = robustLimit(values);
  const part = l === 0 && units > PICTURES ? `, the first ${PICTURES} units` : "";
  const title = make("p", { class: "soft" }, `${layerTitle(step, l)}: ${count(inputs)} × ${count(units)} gradients${part}, largest colour ±${number(limit)}`);
  if (l === 0) {
    const strip = make("div", { class: "strip", role: "img", "aria-label": "Gradient of each first-layer unit as a picture" });
    for (let k = 0; k < Math.min(units, PICTURES); k++) {
      const canvas = canvasOf(28);
      drawSigned(canvas, (i) => values[i * units + k], limit);
      strip.append(canvas);
    }
    return [title, strip];
  }
  const canvas = canvasOf(1, `Gradients of ${layerTitle(step, l)}: one column per input, one row per unit`);
  canvas.classList.add("matrix");
  canvas.width = inputs;
  canvas.height = units;
  drawSigned(canvas, (i) => values[(i % inputs) * units + Math.floor(i / inputs)], limit);
  return [title, canvas];
}

function updates(step, l) {
  const gradient = tensor(step, `${l}.gradient`);
  const units = step.tensors[`${l}.gradient`].shape[1];
  const largest = [...gradient.keys()]
    .sort((i, j) => Math.abs(gradient[j]) - Math.abs(gradient[i]))
    .slice(0, 5);
  const rows = largest.map((i) => [
    `w ${Math.floor(i / units) + 1} → ${(i % units) + 1}`,
    tensor(step, `${l}.weight`)[i],
    gradient[i],
    tensor(step, `${l}.new_weight`)[i],
  ]);
  return table(layerTitle(step, l), ["weight", "before", "gradient", "after"], rows, -1, (v) => number(v, 6));
}
