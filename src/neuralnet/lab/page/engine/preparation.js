// A drawing of any size as a 28x28 picture in the format of MNIST: the arithmetic, the constants
// and the names of neuralnet/reading/preparation.py. The tests hold the two equal.

import { picture, resampled, roundHalfEven } from "./resampling.js";
import { distances } from "./distance.js";

export const SIDE = 28;
const LONGER_SIDE = 20;
const CENTRE = 14;
const FULL_INK = Math.fround(0.99);
const DETAIL = 4;
const THINNEST = 1.15;
const THIN = 1.8;
const BOLDEST = 5.5;
const BOLD = 4.0;

// Prepare ink from 0 (paper) to 255 (ink). Returns a Uint8Array of 784, or null without ink.
export function prepare(bytes, height, width) {
  const ink = picture(height, width);
  for (let i = 0; i < bytes.length; i++) ink.values[i] = bytes[i] / 255;
  const cropped = crop(ink);
  if (!cropped) return null;
  const small = resampled(normalizeStrokeWidth(cropped), LONGER_SIDE);
  const strongest = small.values.reduce((a, b) => Math.max(a, b), 0);
  let values = small.values;
  if (strongest < FULL_INK) {
    const divisor = Math.fround(Math.max(strongest, 1e-3));
    values = values.map((v) => v / divisor);
  }
  const pixels = Uint8Array.from(values, (v) =>
    Math.min(255, Math.max(0, roundHalfEven(Math.fround(v * 255)))),
  );
  return centred(pixels, small.height, small.width);
}

// Crop to the rows and columns that have ink; null if none has.
function crop(ink) {
  let [top, bottom, left, right] = [ink.height, -1, ink.width, -1];
  for (let i = 0; i < ink.values.length; i++) {
    if (ink.values[i] === 0) continue;
    const row = Math.floor(i / ink.width);
    const column = i % ink.width;
    if (row < top) top = row;
    if (row > bottom) bottom = row;
    if (column < left) left = column;
    if (column > right) right = column;
  }
  if (bottom < 0) return null;
  const result = picture(bottom - top + 1, right - left + 1);
  for (let row = top; row <= bottom; row++) {
    const start = row * ink.width;
    result.values.set(
      ink.values.subarray(start + left, start + right + 1),
      (row - top) * result.width,
    );
  }
  return result;
}

function padded(ink, margin) {
  const result = picture(ink.height + 2 * margin, ink.width + 2 * margin);
  for (let row = 0; row < ink.height; row++) {
    result.values.set(
      ink.values.subarray(row * ink.width, (row + 1) * ink.width),
      (row + margin) * result.width + margin,
    );
  }
  return result;
}

function maskOf({ values }) {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) mask[i] = values[i] > 0.5 ? 1 : 0;
  return mask;
}

// In a stroke of width w, the distances to the edge run from 1 to w / 2.
function strokeWidth(ink) {
  const wide = padded(ink, 1);
  const mask = maskOf(wide);
  const toEdge = distances(mask, wide.height, wide.width);
  let sum = 0;
  let count = 0;
  for (let i = 0; i < mask.length; i++) {
    sum += toEdge[i];
    count += mask[i];
  }
  return count ? Math.max(1, (4 * sum) / count - 2) : 1;
}

function normalizeStrokeWidth(ink) {
  const detailed = resampled(thickenForDownscaling(ink), DETAIL * LONGER_SIDE);
  const width = strokeWidth(detailed) / DETAIL;
  if (width >= THINNEST && width <= BOLDEST && detailed.values.some((v) => v > 0.5)) return ink;
  const wanted = width < THINNEST ? THIN : BOLD;
  const changed = moveEdge(detailed, (DETAIL * (wanted - width)) / 2);
  return changed.values.some((v) => v > 0.5) ? crop(changed) : ink;
}

function thickenForDownscaling(ink) {
  const shrink = Math.max(ink.height, ink.width) / (DETAIL * LONGER_SIDE);
  if (shrink <= 1.5 || strokeWidth(ink) >= 2 * shrink) return ink;
  const size = Math.ceil(2 * shrink) | 1;
  return maximumFilter(padded(ink, (size - 1) / 2), (size - 1) / 2);
}

// The largest value within `reach` pixels along both axes; there is no ink beyond the border.
function maximumFilter(ink, reach) {
  const along = (source, count, length, stride, step) => {
    const result = new Float32Array(source.length);
    for (let line = 0; line < count; line++) {
      for (let i = 0; i < length; i++) {
        let largest = 0;
        const end = Math.min(length - 1, i + reach);
        for (let j = Math.max(0, i - reach); j <= end; j++) {
          const value = source[line * stride + j * step];
          if (value > largest) largest = value;
        }
        result[line * stride + i * step] = largest;
      }
    }
    return result;
  };
  const { height, width } = ink;
  const across = along(ink.values, height, width, width, 1);
  return { values: along(across, width, height, 1, width), height, width };
}

// Move the edge of the ink outwards by `by` pixels (inwards if negative) and antialias it.
function moveEdge(ink, by) {
  const wide = padded(ink, Math.ceil(Math.max(by, 0)) + 2);
  const mask = maskOf(wide);
  const inward = distances(mask, wide.height, wide.width);
  const outward = distances(mask.map((v) => 1 - v), wide.height, wide.width);
  for (let i = 0; i < mask.length; i++) {
    const beyond = mask[i] ? 0.5 - inward[i] : outward[i] - 0.5; // negative inside the ink
    wide.values[i] = Math.min(1, Math.max(0, 0.5 + by - beyond));
  }
  return wide;
}

// Place a small picture in a 28x28 one with its centre of mass at the centre.
function centred(small, height, width) {
  let [mass, rowMoment, columnMoment] = [0, 0, 0];
  small.forEach((value, i) => {
    mass += value;
    rowMoment += value * Math.floor(i / width);
    columnMoment += value * (i % width);
  });
  // Ink that would extend beyond the border is shifted back inside, so that none is lost.
  const start = (moment, length) =>
    Math.min(SIDE - length, Math.max(0, roundHalfEven(CENTRE - moment / Math.max(mass, 1e-9))));
  const top = start(rowMoment, height);
  const left = start(columnMoment, width);
  const result = new Uint8Array(SIDE * SIDE);
  for (let row = 0; row < height; row++) {
    result.set(small.subarray(row * width, (row + 1) * width), (top + row) * SIDE + left);
  }
  return result;
}
