// The lab: one page with a drawing pad and five views of the network that answers it.

import { Answer } from "./answer.js";
import { bytesOf, find } from "./dom.js";
import { digitProbability } from "./engine/confidence.js";
import { forward, loadNetwork } from "./engine/network.js";
import { prepare } from "./engine/preparation.js";
import { Learn } from "./learn.js";
import { Pad, PAD_SIDE } from "./pad.js";
import { Photo } from "./photo.js";
import * as server from "./server.js";
import { Share } from "./share.js";
import { Slow } from "./slow.js";
import { address, readAddress, writeAddress } from "./state.js";
import { Teach } from "./teach.js";
import { followTheme } from "./theme.js";
import { Think } from "./think.js";
import { Tour } from "./tour.js";

const VIEWS = ["think", "learn", "step", "photo", "share"];
const REFRESH_MS = 250; // between two copies of the weights while they change

class Page {
  async start() {
    const choices = await server.describe();
    this.defaults = choices.defaults;
    const given = readAddress(this.defaults);
    this.settings = given.settings;
    this.openedName = choices.name;
    this.pixels = null;
    const files = await Promise.all([server.fetchNetwork(), server.fetchDigitDetector()]);
    [this.network, this.detector] = files.map(loadNetwork);
    this.answer = new Answer(document, this.network.classes);
    this.think = new Think(find("#think"));
    this.learn = new Learn(find("[data-part=learn]"), choices, this);
    this.teach = new Teach(find("[data-part=teach]"), this);
    this.slow = new Slow(find("[data-part=step]"), this);
    this.photo = new Photo(find("[data-part=photo]"), this);
    this.share = new Share(find("[data-part=share]"), this);
    this.tour = new Tour(this);
    this.useNetwork();
    this.pad = new Pad(document, (done) => this.drawn(done));
    this.answerDrawing(true);
    this.listenToNavigation();
    followTheme(() => this.redraw());
    this.show(VIEWS.includes(given.view) ? given.view : "think");
    server.listen((event) => this.hear(event));
    document.documentElement.dataset.ready = "yes";
  }

  listenToNavigation() {
    for (const link of document.querySelectorAll("nav a")) {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.show(link.dataset.view);
        reveal(find("#view"));
      });
    }
    find("[data-do=example]").addEventListener("click", () =>
      this.attempt(async () => {
        this.exampleNumber = (this.exampleNumber ?? -1) + 1;
        const { label, picture } = await server.fetchDigit(this.exampleNumber);
        this.pad.place(bytesOf(picture));
        this.slow.suggest(label);
      }),
    );
  }

  show(view) {
    this.view = view;
    find(".message").hidden = true;
    for (const name of VIEWS) find(`[data-part=${name}]`).hidden = name !== view;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.dataset.view === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.changed();
    this.redraw();
  }

  // The settings or the view have changed.
  changed() {
    writeAddress(this.view, this.settings, this.defaults);
    this.share.show();
  }

  address() {
    return address(this.view, this.settings, this.defaults);
  }

  // Do something that may fail, and say so where it can be seen.
  async attempt(action) {
    const message = find(".message");
    message.hidden = true;
    try {
      await action();
    } catch (error) {
      message.textContent = error.message;
      message.hidden = false;
      reveal(message);
    }
  }

  // Start a training with settings that replace those of the page.
  train(settings) {
    return this.attempt(async () => {
      this.settings = { ...this.defaults, ...settings };
      this.learn.buildForm();
      this.changed();
      if (this.learn.exists) await server.resetTraining();
      await this.learn.start();
      await server.command("run");
    });
  }

  drawn(done) {
    cancelAnimationFrame(this.frame);
    if (done) {
      this.answerDrawing(true);
      if (this.result) this.slow.suggest(this.answer.best);
    } else this.frame = requestAnimationFrame(() => this.answerDrawing(false));
  }

  answerDrawing(done) {
    const begin = performance.now();
    this.pixels = prepare(this.pad.ink(), PAD_SIDE, PAD_SIDE);
    this.result = this.pixels && forward(this.network, this.pixels);
    const isDigit = this.pixels ? digitProbability(this.detector, this.pixels) : 0;
    this.answer.show(this.pixels, this.result?.probabilities, isDigit, done);
    if (this.view === "think") this.think.show(this.result, this.pixels);
    this.teach.enable();
    this.answerMs = performance.now() - begin;
  }

  hear(event) {
    this.learn.hear(event);
    this.teach.hear(event);
    if (event.event === "mode") return;
    if (event.event === "state" || event.event === "reset") this.trained = false;
    if (event.event !== "state" || event.training) this.refresh();
  }

  // Copy the weights, at most one copy at a time; what changed meanwhile is copied afterwards.
  async refresh() {
    this.stale = true;
    if (this.refreshing) return;
    this.refreshing = true;
    while (this.stale) {
      this.stale = false;
      try {
        this.network = loadNetwork(await server.fetchNetwork());
        this.useNetwork();
        if (this.pad) this.answerDrawing(true);
      } catch {
        // The training has just ended; the next event brings another copy.
      }
      await new Promise((done) => setTimeout(done, REFRESH_MS));
    }
    this.refreshing = false;
  }

  useNetwork() {
    const sizes = [784, ...this.network.layers.map((layer) => layer.units)].join("–");
    const name = this.learn.exists && !this.learn.pretrained ? "Network in training" : this.openedName;
    find(".network-name").textContent =
      `${name}: ${sizes}, ${this.network.parameters.toLocaleString("en")} parameters`;
    this.networkAt = performance.now();
    this.think.setNetwork(this.network);
    if (this.view === "learn") this.learn.drawWeights(this.network);
  }

  redraw() {
    if (this.view === "think") {
      this.think.show(this.result, this.pixels);
      this.think.drawWeights();
    }
    if (this.view === "learn") this.learn.drawWeights(this.network);
    if (this.view === "step") this.slow.show();
  }
}

// On a narrow screen the views stand below the drawing pad.
function reveal(part) {
  const { top, bottom } = part.getBoundingClientRect();
  if (top > 0.6 * innerHeight || bottom < 0) part.scrollIntoView();
}

const page = new Page();
page.attempt(() => page.start());
export default page;
