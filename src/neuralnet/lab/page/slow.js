// Backpropagation in slow motion: one example, one step, each stage with its formula and numbers.

import { readSafetensors } from "./engine/safetensors.js";
import { find, make } from "./dom.js";
import * as server from "./server.js";
import { STAGES } from "./stages.js";

const BEFORE =
  "Draw a digit or take an example, say which digit it shows, and start. The seven stages then show " +
  "the numbers that the package computes. Say another digit than the one it reads, and the " +
  "gradients are large.";

export class Slow {
  // `page` has: pixels (of the drawing, or null) and attempt(action).
  constructor(root, page) {
    this.page = page;
    this.root = root;
    this.form = find("form", root);
    this.stage = find(".stage", root);
    this.list = find(".stages", root);
    this.backButton = find("[data-do=back]", root);
    this.nextButton = find("[data-do=next]", root);
    this.form.elements.label.append(
      ...Array.from({ length: 10 }, (_, digit) => make("option", {}, String(digit))),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      page.attempt(() => this.begin());
    });
    this.backButton.addEventListener("click", () => this.go(this.at - 1));
    this.nextButton.addEventListener("click", () => this.go(this.at + 1));
    this.steps = STAGES.map(({ title }, number) =>
      make("button", { type: "button", onclick: () => this.go(number) }, title),
    );
    this.list.replaceChildren(...this.steps.map((button) => make("li", {}, button)));
    this.show();
  }

  // Choose the label of a ready-made example, or what a drawing is taken for.
  suggest(label) {
    this.form.elements.label.value = String(label);
  }

  async begin() {
    if (!this.page.pixels) throw new Error("Draw a digit first, or take an example.");
    const { label, rate } = this.form.elements;
    const buffer = await server.slowMotion(this.page.pixels, label.value, rate.value);
    const { tensors, metadata } = readSafetensors(buffer);
    const numbers = JSON.parse(metadata.numbers);
    const layers = numbers.hidden_activation.length + 1;
    this.step = { tensors, layers, pixels: this.page.pixels, ...numbers };
    this.go(0);
  }

  go(number) {
    this.at = Math.min(STAGES.length - 1, Math.max(0, number));
    this.show();
  }

  show() {
    this.backButton.disabled = !this.step || this.at === 0;
    this.nextButton.disabled = !this.step || this.at === STAGES.length - 1;
    this.steps.forEach((button, number) => {
      button.disabled = !this.step;
      if (this.step && number === this.at) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    });
    if (!this.step) {
      this.stage.replaceChildren(make("p", { class: "soft" }, BEFORE));
      return;
    }
    const { title, equation, text, body } = STAGES[this.at];
    this.stage.replaceChildren(
      make("h3", {}, `${this.at + 1}. ${title}`),
      make("p", { class: "equation" }, equation(this.step)),
      make("p", {}, text(this.step)),
      ...body(this.step),
    );
  }
}
