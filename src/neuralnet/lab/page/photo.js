// A photo, dropped anywhere on the page: it is read on the server, and boxes are drawn.

import { find, make, percent } from "./dom.js";
import * as server from "./server.js";

const SURE = 0.5;

export class Photo {
  // `page` has: show(view) and attempt(action).
  constructor(root, page) {
    this.page = page;
    this.text = find(".reading", root);
    this.frame = find(".photo", root);
    const input = find("input", root);
    input.addEventListener("change", () => this.take(input.files[0]));
    window.addEventListener("dragover", (event) => {
      event.preventDefault();
      document.body.classList.add("dropping");
    });
    for (const name of ["dragleave", "drop"]) {
      window.addEventListener(name, () => document.body.classList.remove("dropping"));
    }
    window.addEventListener("drop", (event) => {
      event.preventDefault();
      this.take(event.dataTransfer.files[0]);
    });
  }

  take(file) {
    if (!file) return;
    this.page.show("photo");
    this.page.attempt(() => this.read(file));
  }

  async read(file) {
    this.text.textContent = "Reading …";
    this.frame.replaceChildren();
    let reading;
    try {
      reading = await server.readPhoto(file);
    } catch (error) {
      this.text.textContent = "";
      throw error;
    }
    const { digits, width, height, text, notes } = reading;
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = URL.createObjectURL(file);
    const image = make("img", { src: this.address, alt: `The photo; it reads ${text || "nothing"}` });
    const boxes = digits.map(({ box: [top, left, bottom, right], label, confidence }) => {
      const kind = confidence < SURE ? "box unsure" : "box";
      const box = make(
        "div",
        { class: kind, title: `${label}, ${percent(confidence)}` },
        make("span", {}, confidence < SURE ? `${label}?` : String(label)),
      );
      box.style.left = `${(100 * left) / width}%`;
      box.style.top = `${(100 * top) / height}%`;
      box.style.width = `${(100 * (right - left)) / width}%`;
      box.style.height = `${(100 * (bottom - top)) / height}%`;
      return box;
    });
    this.frame.replaceChildren(image, ...boxes);
    const count = `${digits.length} digit${digits.length === 1 ? "" : "s"}`;
    const found = digits.length ? `${count}: ${text.replaceAll("\n", " / ")}.` : "No digits were found.";
    this.text.textContent = [found, ...notes].join(" ");
  }
}
