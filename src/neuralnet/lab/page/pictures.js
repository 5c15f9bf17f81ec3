// Pictures of pixels and of weights. Colours are those of the page, so a change between light and
// dark draws them again.

export function canvasOf(side, label) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  if (label) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
  } else {
    canvas.setAttribute("aria-hidden", "true");
  }
  return canvas;
}

// Draw pixels from 0 (paper) to 255 (ink) as black of that opacity; dark mode inverts the canvas.
export function drawInk(canvas, pixels) {
  canvas.classList.add("ink");
  paint(canvas, (data) => {
    for (let i = 0; i < canvas.width * canvas.height; i++) data[4 * i + 3] = pixels ? pixels[i] : 0;
  });
}

// Draw signed values: positive ones in the accent colour, negative ones in the warm colour.
export function drawSigned(canvas, value, limit) {
  const [positive, negative] = signedColours();
  paint(canvas, (data) => {
    for (let i = 0; i < canvas.width * canvas.height; i++) {
      const v = value(i);
      const [r, g, b] = v >= 0 ? positive : negative;
      data[4 * i] = r;
      data[4 * i + 1] = g;
      data[4 * i + 2] = b;
      data[4 * i + 3] = 255 * Math.min(1, Math.abs(v) / (limit || 1));
    }
  });
}

function paint(canvas, fill) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  fill(image.data);
  context.putImageData(image, 0, 0);
}

let colours = null;
export const forgetColours = () => (colours = null);
export function signedColours() {
  if (!colours) {
    const style = getComputedStyle(document.documentElement);
    colours = ["--positive", "--negative"].map((name) => {
      const hex = style.getPropertyValue(name).trim();
      return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    });
  }
  return colours;
}

// A limit for the colours that a few outliers do not set: the 99.5th percentile of |value|.
export function robustLimit(values) {
  const step = Math.max(1, Math.floor(values.length / 20000));
  const some = [];
  for (let i = 0; i < values.length; i += step) some.push(Math.abs(values[i]));
  some.sort((a, b) => a - b);
  return some[Math.floor(0.995 * (some.length - 1))] || 1;
}
