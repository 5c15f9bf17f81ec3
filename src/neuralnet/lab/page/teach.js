// "Teach it your hand": say what a misread drawing was, and watch a few gentle steps.

import { find, percent } from "./dom.js";
import * as server from "./server.js";

export class Teach {
  // `page` has: pixels (of the drawing, or null) and attempt(action).
  constructor(form, page) {
    this.page = page;
    this.button = find("button", form);
    this.label = form.elements.label;
    this.text = find(".lesson", form);
    this.label.addEventListener("change", () => this.enable());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      page.attempt(() => this.teach(Number(this.label.value)));
    });
    this.enable();
  }

  enable() {
    this.button.disabled = !this.page.pixels || !this.label.value || this.busy;
  }

  async teach(label) {
    this.busy = true;
    this.enable();
    this.text.textContent = "The lesson begins …";
    try {
      await server.teach(this.page.pixels, label);
    } catch (error) {
      this.finish("");
      throw error;
    }
  }

  finish(text) {
    this.busy = false;
    this.text.textContent = text;
    this.enable();
  }

  hear(event) {
    if (event.event === "lesson") {
      this.busy = true;
      this.text.textContent =
        `Step ${event.step} of ${event.steps}: ${percent(event.probability)} for ${event.label}`;
    } else if (event.event === "taught") {
      this.finish(
        `Taught. Validation accuracy was ${percent(event.before, 2)} and is ${percent(event.after, 2)}.`,
      );
    } else if (["reset", "failed"].includes(event.event)) this.finish("");
    else if (event.event === "state") this.finish("");
    this.enable();
  }
}
