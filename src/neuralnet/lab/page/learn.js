// Training in view: settings, run and pause, curves, weight pictures, misread digits, advice.

import { drawChart } from "./charts.js";
import { bytesOf, find, make, number, percent } from "./dom.js";
import { canvasOf, drawInk, drawSigned, robustLimit } from "./pictures.js";
import * as server from "./server.js";

const LABELS = {
  data: "Data",
  examples: "Training digits",
  hidden: "Hidden layers",
  activation: "Activation",
  loss: "Loss",
  optimizer: "Optimizer",
  rate: "Learning rate",
  batch: "Batch size",
  l2: "L2 penalty",
  dropout: "Dropout",
  seed: "Seed",
  epochs: "Epochs",
};
// The advice names the arguments of `train`; the page calls them differently.
const ARGUMENTS = {
  num_epochs: LABELS.epochs,
  minibatch_size: LABELS.batch,
  learning_rate: LABELS.rate,
};
const SHOWN_WEIGHTS = 60;
const GOING = ["run", "step", "epoch"];
const READABLE = (name) => name.replaceAll("_", " ");

export class Learn {
  // `page` has: settings, changed() after a setting was changed, failed(error), attempt(action).
  constructor(root, choices, page) {
    this.page = page;
    this.choices = choices;
    this.form = find(".settings", root);
    this.progress = find(".progress", root);
    this.advice = find(".advice", root);
    this.weights = find(".weights", root);
    this.gallery = find(".gallery", root);
    this.wrongTitle = find(".wrong-title", root);
    this.charts = [...root.querySelectorAll("[data-chart]")];
    this.buttons = Object.fromEntries(
      ["run", "step", "epoch", "reset"].map((name) => [name, find(`[data-do=${name}]`, root)]),
    );
    for (const [name, button] of Object.entries(this.buttons)) {
      button.addEventListener("click", () => page.attempt(() => this.press(name)));
    }
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("change", (event) => page.attempt(() => this.change(event.target)));
    this.buildForm();
    this.forget();
  }

  buildForm() {
    const { settings } = this.page;
    const fields = Object.keys(LABELS).map((name) => {
      const value = settings[name];
      let field;
      if (name in this.choices && Array.isArray(this.choices[name])) {
        field = select(name, this.choices[name].map((one) => [one, READABLE(one)]), value);
      } else if (name === "data") {
        field = select(name, Object.entries(this.choices.data), value);
      } else if (name === "hidden") {
        field = make("input", { name, value: value.join(", "), inputmode: "numeric" });
      } else {
        field = make("input", { name, type: "number", step: "any", min: 0, value });
      }
      return make("label", {}, LABELS[name], field);
    });
    const hint = make(
      "p",
      { class: "hint" },
      "Hidden layers are a list, for example 100, 50. A change other than the learning rate " +
        "applies after Reset.",
    );
    this.form.replaceChildren(...fields, hint);
  }

  // Take over one field of the form; the learning rate changes a training that is in progress.
  async change({ name, value }) {
    const { settings } = this.page;
    if (name === "hidden") settings.hidden = value.split(/[\s,]+/).filter(Boolean).map(Number);
    else settings[name] = typeof settings[name] === "number" ? Number(value) : value;
    this.page.changed();
    if (name === "rate" && this.exists) await server.setRate(settings.rate);
  }

  async press(name) {
    if (name === "reset") {
      await server.resetTraining();
      return;
    }
    if (!this.exists || this.pretrained) await this.start();
    await server.command(name === "run" && GOING.includes(this.mode) ? "pause" : name);
  }

  async start() {
    this.progress.textContent = "Loading the digits …";
    for (const button of Object.values(this.buttons)) button.disabled = true;
    try {
      await server.startTraining(this.page.settings);
      this.exists = true;
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  // Show no training.
  forget() {
    this.exists = this.pretrained = false;
    this.history = [];
    this.showMode(null);
    this.progress.textContent = "No training yet. Run starts one.";
    this.showAdvice([]);
    this.gallery.replaceChildren();
    this.wrongTitle.hidden = true;
    this.drawCurves();
  }

  hear(event) {
    if (event.event === "state") this.hearState(event.training);
    else if (event.event === "reset") this.forget();
    else this.hearTraining(event);
  }

  hearState(training) {
    this.forget();
    if (!training) return;
    this.exists = true;
    this.pretrained = training.pretrained;
    this.history = training.history;
    for (const part of ["wrong", "batch"]) if (training[part]) this.hearTraining(training[part]);
    this.showAdvice(training.advice);
    this.showMode(training.mode);
    this.drawCurves();
    if (training.mode === "finished") this.showEnd();
    if (training.message) this.progress.textContent = training.message;
  }

  hearTraining(event) {
    if (event.mode) {
      this.exists = true;
      this.showMode(event.mode);
    }
    if (event.advice) this.showAdvice(event.advice);
    if (event.event === "batch") this.showBatch(event);
    if (event.event === "epoch") {
      this.history.push(event);
      this.drawCurves();
      this.progress.textContent =
        `Epoch ${event.epoch}: training loss ${number(event.train_loss)}, ` +
        `validation accuracy ${percent(event.valid_accuracy, 2)}, ${event.seconds.toFixed(2)} s`;
    }
    if (event.event === "wrong") this.showWrong(event);
    if (event.event === "finished") this.showEnd();
    if (event.event === "failed") this.progress.textContent = event.message;
  }

  showEnd() {
    const { length } = this.history;
    const accuracy = length
      ? ` Validation accuracy after ${length} epoch${length > 1 ? "s" : ""}: ` +
        `${percent(this.history.at(-1).valid_accuracy, 2)}.`
      : "";
    this.progress.textContent = `The training is finished.${accuracy}`;
  }

  showMode(mode) {
    this.mode = mode;
    const ended = ["finished", "failed"].includes(mode) && !this.pretrained;
    const begun = this.history.length && !ended;
    this.buttons.run.textContent = GOING.includes(mode) ? "Pause" : begun ? "Resume" : "Run";
    for (const name of ["run", "step", "epoch"]) this.buttons[name].disabled = ended;
    this.buttons.reset.disabled = !this.exists;
    this.progress.dataset.mode = mode ?? "none";
  }

  showBatch({ epoch, batch, batches, loss, rate, paused }) {
    const at = `Epoch ${epoch}, step ${paused ? batch - 1 : batch} of ${batches}`;
    const lossText = loss === null ? "" : `, loss ${number(loss)}`;
    this.progress.textContent = `${at}${lossText}, learning rate ${rate}${paused ? ". Paused." : ""}`;
  }

  showAdvice(advice) {
    const said = advice.join("\n");
    if (said === this.said) return;
    this.said = said;
    const named = (sentence) => sentence.replace(/\b\w+_\w+\b/g, (word) => ARGUMENTS[word] ?? word);
    this.advice.replaceChildren(...advice.map((sentence) => make("p", {}, named(sentence))));
  }

  drawCurves() {
    for (const root of this.charts) {
      const name = root.dataset.chart;
      const curve = (kind) => this.history.map((epoch) => epoch[`${kind}_${name}`]);
      const title = name === "loss" ? "Loss" : "Accuracy";
      drawChart(root, title, { train: curve("train"), valid: curve("valid") });
    }
  }

  drawWeights(network) {
    const { W, units } = network.layers[0];
    const count = Math.min(units, SHOWN_WEIGHTS);
    while (this.weights.children.length > count) this.weights.lastChild.remove();
    while (this.weights.children.length < count) this.weights.append(canvasOf(28));
    const limit = robustLimit(W);
    [...this.weights.children].forEach((canvas, unit) =>
      drawSigned(canvas, (i) => W[i * units + unit], limit),
    );
  }

  showWrong({ total, of, labels, predicted, pictures }) {
    this.wrongTitle.hidden = false;
    this.wrongTitle.textContent =
      `Validation digits it still gets wrong: ${total.toLocaleString("en")} of ${of.toLocaleString("en")}`;
    const bytes = bytesOf(pictures);
    const items = labels.map((label, i) => {
      const canvas = canvasOf(28, `${label}, read as ${predicted[i]}`);
      drawInk(canvas, bytes.subarray(784 * i, 784 * (i + 1)));
      return make("li", {}, canvas, `${label} → ${predicted[i]}`);
    });
    this.gallery.replaceChildren(...items);
  }
}

function select(name, options, chosen) {
  const items = options.map(([value, text]) =>
    make("option", { value, selected: value === chosen }, text),
  );
  return make("select", { name }, items);
}
