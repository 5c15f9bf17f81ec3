// Shows a tour step by step, with a presenter mode: large type, and the keyboard to go on.

import { find } from "./dom.js";
import { TOURS } from "./tours.js";

export class Tour {
  // `page` has: show(view) and train(settings).
  constructor(page) {
    this.page = page;
    this.root = find(".tour");
    this.steps = TOURS["your-seven"];
    this.at = -1;
    this.opener = find("[data-do=tour]");
    this.opener.addEventListener("click", () => this.go(0));
    const on = (name, action) => find(`[data-do=${name}]`).addEventListener("click", action);
    on("tour-back", () => this.go(this.at - 1));
    on("tour-next", () => this.go(this.at + 1));
    on("tour-end", () => this.end());
    this.presenter = find("[data-do=presenter]");
    this.presenter.addEventListener("click", () => this.present(!this.presenting));
    window.addEventListener("keydown", (event) => this.key(event));
  }

  get presenting() {
    return document.documentElement.classList.contains("presenting");
  }

  present(on) {
    document.documentElement.classList.toggle("presenting", on);
    this.presenter.setAttribute("aria-pressed", String(on));
    if (this.at >= 0) this.pointAt(this.steps[this.at].point); // the layout has changed
  }

  // In presenter mode the keys of a remote control go on and back, unless a field has the focus.
  key(event) {
    if (this.at < 0) return;
    if (event.key === "Escape") this.end();
    if (!this.presenting || event.target.closest("input, select, .pad, .units")) return;
    if (["ArrowRight", "PageDown"].includes(event.key)) this.go(this.at + 1);
    else if (["ArrowLeft", "PageUp"].includes(event.key)) this.go(this.at - 1);
    else return;
    event.preventDefault();
  }

  go(number) {
    if (number >= this.steps.length) {
      this.end();
      return;
    }
    const forward = number > this.at;
    this.at = Math.max(0, number);
    const { title, text, view, point, settings, run } = this.steps[this.at];
    this.root.hidden = false;
    document.body.classList.add("touring");
    find(".tour-count", this.root).textContent = `${this.at + 1} of ${this.steps.length}`;
    find("h2", this.root).textContent = title;
    find(".tour-text", this.root).textContent = text;
    find("[data-do=tour-back]").disabled = this.at === 0;
    find("[data-do=tour-next]").textContent = this.at === this.steps.length - 1 ? "Finish" : "Next";
    this.page.show(view);
    if (run && forward) this.page.train(settings);
    this.pointAt(point);
    find("h2", this.root).focus({ preventScroll: true });
  }

  pointAt(selector) {
    find(".pointed")?.classList.remove("pointed");
    const part = selector && find(selector);
    if (!part) return;
    part.classList.add("pointed");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    part.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }

  end() {
    this.at = -1;
    this.root.hidden = true;
    document.body.classList.remove("touring");
    this.present(false);
    this.pointAt(null);
    this.opener.focus();
  }
}
