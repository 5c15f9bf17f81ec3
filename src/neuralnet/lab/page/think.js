// The network, layer by layer: weight pictures, units that light up, and the panel of one unit.

import { arrowKeys, find, make, number, percent } from "./dom.js";
import { canvasOf, drawInk, drawSigned, robustLimit } from "./pictures.js";
import { layerName, unitName, unitPanel } from "./unit.js";

const SHOWN = 64; // units of a layer until more are asked for

export class Think {
  constructor(root) {
    this.layersRoot = find(".layers", root);
    this.panel = find(".unit-panel", root);
    this.legend = find(".scale-legend", root);
    this.chosen = null;
    this.extra = new Set();
  }

  // Show a network; the same layers keep their buttons, so that focus stays where it is.
  setNetwork(network) {
    const shape = JSON.stringify(network.layers.map(({ units, activation }) => [units, activation]));
    this.network = network;
    this.limit = robustLimit(network.layers[0].W);
    if (shape !== this.shape) {
      this.shape = shape;
      this.extra.clear();
      this.chosen = null; // until a unit is pointed at, the winning output is shown
      this.build();
    }
    this.drawWeights();
  }

  build() {
    this.layers = this.network.layers.map((layer, number) => this.buildLayer(layer, number));
    this.input = canvasOf(28, "The input: the prepared drawing");
    this.input.classList.add("input");
    const title = make("h3", {}, "Input", make("span", { class: "soft" }, " 28 × 28 pixels"));
    this.layersRoot.replaceChildren(
      make("section", { class: "layer" }, title, this.input),
      ...this.layers.map(({ section }) => section),
    );
  }

  buildLayer(layer, number) {
    const last = number === this.network.layers.length - 1;
    const shown = last || this.extra.has(number) ? layer.units : Math.min(layer.units, SHOWN);
    const kind = last ? "outputs" : number === 0 ? "pictures" : "dots";
    const units = Array.from({ length: shown }, (_, unit) => this.buildUnit(number, unit, kind));
    const group = make("div", { class: `units ${kind}`, role: "group" }, units.map((u) => u.button));
    const title = `${last ? "Outputs" : `Hidden layer ${number + 1}`}`;
    group.setAttribute("aria-label", title);
    const about = `${layer.units.toLocaleString("en")} units, ${layer.activation}`;
    const section = make(
      "section",
      { class: "layer" },
      make("h3", {}, title, make("span", { class: "soft" }, ` ${about}`)),
      group,
    );
    if (shown < layer.units) {
      section.append(
        make(
          "button",
          { class: "quiet", type: "button", onclick: () => this.showAll(number) },
          `Show all ${layer.units.toLocaleString("en")} units`,
        ),
      );
    }
    arrowKeys(group, () => Math.max(1, Math.round(group.clientWidth / units[0].button.offsetWidth)));
    return { section, units, kind };
  }

  buildUnit(layer, unit, kind) {
    const canvas = kind === "pictures" ? canvasOf(28) : null;
    const label = kind === "outputs" ? String(this.network.classes[unit]) : "";
    const choose = (pinned) => () => this.choose(layer, unit, pinned);
    const button = make(
      "button",
      {
        class: "unit",
        type: "button",
        onpointerenter: choose(false),
        onfocus: choose(false),
        onclick: choose(true),
      },
      canvas ?? label,
    );
    return { button, canvas };
  }

  showAll(number) {
    this.extra.add(number);
    this.build();
    this.drawWeights();
    this.show(this.result, this.pixels);
    this.layers[number].units[0].button.focus();
  }

  // A unit that was clicked stays chosen until another one is clicked.
  choose(layer, unit, pinned) {
    const before = this.chosen;
    if (before?.pinned && !pinned) return;
    const same = before?.layer === layer && before.unit === unit;
    this.chosen = { layer, unit, pinned: pinned && !(same && before.pinned) };
    this.showPanel();
  }

  drawWeights() {
    const { W, units } = this.network.layers[0];
    this.layers[0].units.forEach(({ canvas }, unit) => {
      if (canvas) drawSigned(canvas, (i) => W[i * units + unit], this.limit);
    });
    const [low, high] = this.legend.querySelectorAll("output");
    low.textContent = `≤ ${number(-this.limit, 2)}`;
    high.textContent = `≥ ${number(this.limit, 2)}`;
  }

  // Light up the activations of a result of `forward`, or none.
  show(result, pixels) {
    this.result = result;
    this.pixels = pixels;
    drawInk(this.input, pixels);
    this.layers.forEach(({ units, kind }, layer) => {
      const a = result?.passes[layer].a;
      const largest = a ? Math.max(1e-9, ...a.map(Math.abs)) : 1;
      units.forEach(({ button }, unit) => {
        const value = a ? (kind === "outputs" ? result.probabilities[unit] : a[unit]) : 0;
        const light = a ? Math.abs(value) / (kind === "outputs" ? 1 : largest) : 0;
        button.style.setProperty("--light", light.toFixed(3));
        button.classList.toggle("negative", value < 0);
        const said = !a ? "" : kind === "outputs" ? `, ${percent(value)}` : `, ${number(value, 2)}`;
        button.setAttribute("aria-label", unitName(this.network, layer, unit) + said);
      });
    });
    this.showPanel();
  }

  showPanel() {
    const { layer, unit, pinned } = this.chosen ?? this.winner();
    this.layersRoot.querySelector(".chosen")?.classList.remove("chosen");
    this.layers[layer].units[unit]?.button.classList.add("chosen");
    const parts = unitPanel(this.network, this.result, layer, unit, this.limit);
    this.panel.replaceChildren(...parts);
    this.panel.classList.toggle("pinned", pinned);
    this.panel.setAttribute("aria-label", `Details of the ${layerName(this.network, layer)} unit`);
  }

  winner() {
    const p = [...(this.result?.probabilities ?? [1])];
    return { layer: this.network.layers.length - 1, unit: p.indexOf(Math.max(...p)), pinned: false };
  }

  redraw() {
    if (!this.network) return;
    this.drawWeights();
    this.show(this.result, this.pixels);
  }
}
