// What the network sees and what it answers: the prepared picture, ten bars, the top three.

import { find, make, percent } from "./dom.js";
import { sureness } from "./engine/confidence.js";
import { drawInk } from "./pictures.js";

export class Answer {
  constructor(root, classes) {
    this.seen = find("canvas.seen", root);
    this.seen.width = this.seen.height = 28;
    this.verdict = find(".verdict", root);
    this.others = find(".others", root);
    const rows = classes.map((name) => {
      const fill = make("span", { class: "fill" });
      const value = make("span", { class: "value" }, "–");
      const row = make(
        "li",
        {},
        make("span", { class: "name" }, String(name)),
        make("span", { class: "track" }, fill),
        value,
      );
      return { row, fill, value };
    });
    this.rows = rows;
    find(".bars", root).replaceChildren(...rows.map(({ row }) => row));
    this.show(null, null);
  }

  // `isDigit` is the probability that the drawing is a digit at all. `done` is false within a
  // stroke, when screen readers are not told yet.
  show(pixels, probabilities, isDigit = 1, done = true) {
    drawInk(this.seen, pixels);
    const order = probabilities && [...probabilities.keys()].sort(
      (a, b) => probabilities[b] - probabilities[a],
    );
    this.best = order?.[0];
    const sure = order && sureness(probabilities[order[0]], isDigit);
    this.rows.forEach(({ row, fill, value }, k) => {
      const p = probabilities ? probabilities[k] : 0;
      fill.style.width = `${100 * p}%`;
      value.textContent = probabilities ? percent(p) : "–";
      row.classList.toggle("best", Boolean(order) && k === order[0]);
    });
    if (!order) {
      this.verdict.textContent = "Draw a digit.";
      this.others.textContent = "";
    } else if (done || sure !== "yes") {
      const [first, second, third] = order;
      this.verdict.textContent = {
        yes: `This is ${article(first)} ${first}.`,
        no: `Not sure: perhaps ${article(first)} ${first}, perhaps ${article(second)} ${second}.`,
        other: "Not sure that this is a digit.",
      }[sure];
      this.others.textContent =
        `${sure === "other" ? "If it is: " : ""}${first} ${percent(probabilities[first])}, ` +
        `then ${second} ${percent(probabilities[second])} and ` +
        `${third} ${percent(probabilities[third])}`;
    }
  }
}

const article = (digit) => (digit === 8 ? "an" : "a");
