// The link to this setting, and the first-layer weights as a picture.

import { find } from "./dom.js";
import { canvasOf, drawSigned, robustLimit } from "./pictures.js";

const TILE = 60; // pixels per weight picture in the PNG

export class Share {
  // `page` has: address(), network and attempt(action).
  constructor(root, page) {
    this.page = page;
    this.link = find("input[name=link]", root);
    const copy = find("[data-do=copy]", root);
    copy.addEventListener("click", () => page.attempt(async () => {
      await navigator.clipboard.writeText(this.link.value);
      copy.textContent = "Copied";
      setTimeout(() => (copy.textContent = "Copy"), 2000);
    }));
    find("[data-do=pictures]", root).addEventListener("click", () => this.savePictures());
  }

  show() {
    this.link.value = this.page.address();
  }

  savePictures() {
    const { W, units } = this.page.network.layers[0];
    const columns = Math.ceil(Math.sqrt(units));
    const sheet = document.createElement("canvas");
    sheet.width = columns * TILE;
    sheet.height = Math.ceil(units / columns) * TILE;
    const context = sheet.getContext("2d");
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--card");
    context.fillRect(0, 0, sheet.width, sheet.height);
    context.imageSmoothingEnabled = false;
    const tile = canvasOf(28);
    const limit = robustLimit(W);
    for (let k = 0; k < units; k++) {
      drawSigned(tile, (i) => W[i * units + k], limit);
      const [x, y] = [(k % columns) * TILE, Math.floor(k / columns) * TILE];
      context.drawImage(tile, x + 2, y + 2, TILE - 4, TILE - 4);
    }
    sheet.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = "weights.png";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }
}
