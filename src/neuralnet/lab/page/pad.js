// The drawing pad: mouse, pen, touch and keyboard; undo, clear, brush size.

import { find } from "./dom.js";

export const PAD_SIDE = 280;
const KEY_STEP = 8; // pixels of the pad per press of an arrow key

export class Pad {
  // `changed(done)` is called after each movement, with true at the end of a stroke.
  constructor(root, changed) {
    this.canvas = find("canvas.pad", root);
    this.canvas.width = this.canvas.height = PAD_SIDE;
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.cursor = find(".pad-cursor", root);
    this.brush = find("input[name=brush]", root);
    this.undoButton = find("[data-do=undo]", root);
    this.clearButton = find("[data-do=clear]", root);
    this.changed = changed;
    this.strokes = [];
    this.current = null;
    this.undoButton.addEventListener("click", () => this.undo());
    this.clearButton.addEventListener("click", () => this.clear());
    this.listenToPointer();
    this.listenToKeys();
    this.redraw();
  }

  // Ink of each pixel from 0 to 255.
  ink() {
    const { data } = this.context.getImageData(0, 0, PAD_SIDE, PAD_SIDE);
    const ink = new Uint8Array(PAD_SIDE * PAD_SIDE);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3];
    return ink;
  }

  clear() {
    this.strokes = [];
    this.finish();
  }

  undo() {
    this.strokes.pop();
    this.finish();
  }

  // Show the pixels of a ready-made 28x28 picture in place of a drawing.
  place(pixels) {
    this.strokes = [{ pixels }];
    this.finish();
  }

  finish() {
    this.current = null;
    this.redraw();
    this.changed(true);
  }

  listenToPointer() {
    const { canvas } = this;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      const scale = PAD_SIDE / box.width;
      return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.current) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      this.pointer = event.pointerId;
      this.begin(place(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.current || event.pointerId !== this.pointer) return;
      const between = event.getCoalescedEvents?.() ?? [];
      for (const one of between.length ? between : [event]) this.extend(place(one));
      this.changed(false);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => {
        if (this.current && event.pointerId === this.pointer) this.finish();
      });
    }
    // A stroke never scrolls or zooms the page.
    for (const name of ["touchstart", "touchmove"]) {
      canvas.addEventListener(name, (event) => event.preventDefault(), { passive: false });
    }
  }

  // Arrow keys move the pen, space lowers and lifts it.
  listenToKeys() {
    let at = [PAD_SIDE / 2, PAD_SIDE / 2];
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const show = () => {
      this.cursor.hidden = false;
      this.cursor.style.left = `${(100 * at[0]) / PAD_SIDE}%`;
      this.cursor.style.top = `${(100 * at[1]) / PAD_SIDE}%`;
    };
    this.canvas.addEventListener("blur", () => (this.cursor.hidden = true));
    this.canvas.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "z") this.undo();
      else if (event.key === "Delete") this.clear();
      else if (event.key === " ") {
        if (this.current) this.finish();
        else this.begin(at);
        show();
      } else if (by[event.key]) {
        at = at.map((c, i) => Math.min(PAD_SIDE, Math.max(0, c + KEY_STEP * by[event.key][i])));
        if (this.current) {
          this.extend(at);
          this.changed(false);
        }
        show();
      } else return;
      event.preventDefault();
    });
  }

  begin(point) {
    this.current = { points: [point], size: Number(this.brush.value) };
    this.strokes.push(this.current);
    this.drawStroke(this.current);
    this.changed(false);
  }

  extend(point) {
    this.current.points.push(point);
    this.drawSegment(this.current, this.current.points.length - 1);
  }

  drawSegment({ points, size }, number) {
    const { context } = this;
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = size;
    context.beginPath();
    context.moveTo(...points[Math.max(0, number - 1)]);
    context.lineTo(...points[number]);
    context.stroke();
  }

  drawStroke(stroke) {
    if (stroke.pixels) {
      this.drawPixels(stroke.pixels);
      return;
    }
    stroke.points.forEach((_, number) => this.drawSegment(stroke, number));
  }

  drawPixels(pixels) {
    const small = document.createElement("canvas");
    small.width = small.height = 28;
    const context = small.getContext("2d");
    const image = context.createImageData(28, 28);
    pixels.forEach((p, i) => (image.data[4 * i + 3] = p));
    context.putImageData(image, 0, 0);
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(small, 0, 0, PAD_SIDE, PAD_SIDE);
  }

  redraw() {
    this.context.clearRect(0, 0, PAD_SIDE, PAD_SIDE);
    this.strokes.forEach((stroke) => this.drawStroke(stroke));
    this.undoButton.disabled = this.clearButton.disabled = !this.strokes.length;
  }
}
