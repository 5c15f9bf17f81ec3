// Resampling of pictures, as Pillow does it for floating-point images: a horizontal pass, then a
// vertical one, with sums in double precision and results in single precision.
//
// A picture is { values: Float32Array, height, width }, row by row.

export function picture(height, width) {
  return { values: new Float32Array(height * width), height, width };
}

// Round half to even, as Python's round and NumPy's rint do.
export function roundHalfEven(x) {
  const floor = Math.floor(x);
  const fraction = x - floor;
  if (fraction !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

const BOX = { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
const BICUBIC = {
  support: 2,
  weight(x) {
    const a = -0.5;
    const d = Math.abs(x);
    if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
    return 0;
  },
};

// Resample so that the longer side has `longer` pixels, and clip to [0, 1].
export function resampled(ink, longer) {
  const scale = longer / Math.max(ink.height, ink.width);
  if (scale === 1) return ink;
  const width = Math.max(1, roundHalfEven(ink.width * scale));
  const height = Math.max(1, roundHalfEven(ink.height * scale));
  const filter = scale < 0.5 ? BOX : BICUBIC;
  let result = ink;
  if (width !== ink.width) result = horizontally(result, width, filter);
  if (height !== ink.height) result = vertically(result, height, filter);
  const clipped = picture(height, width);
  clipped.values.set(result.values.map((v) => Math.min(1, Math.max(0, v))));
  return clipped;
}

// For each output pixel: the first input pixel that counts, and the weights from there on.
function coefficients(length, newLength, filter) {
  const scale = length / newLength;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  return Array.from({ length: newLength }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(length, Math.trunc(centre + support + 0.5));
    const weights = [];
    let sum = 0;
    for (let j = first; j < end; j++) {
      const weight = filter.weight((j - centre + 0.5) * (1 / stretch));
      weights.push(weight);
      sum += weight;
    }
    return { first, weights: sum ? weights.map((w) => w * (1 / sum)) : weights };
  });
}

function horizontally(ink, width, filter) {
  const result = picture(ink.height, width);
  const columns = coefficients(ink.width, width, filter);
  for (let row = 0; row < ink.height; row++) {
    columns.forEach(({ first, weights }, column) => {
      let sum = 0;
      const start = row * ink.width + first;
      for (let j = 0; j < weights.length; j++) sum += ink.values[start + j] * weights[j];
      result.values[row * width + column] = sum;
    });
  }
  return result;
}

function vertically(ink, height, filter) {
  const result = picture(height, ink.width);
  coefficients(ink.height, height, filter).forEach(({ first, weights }, row) => {
    for (let column = 0; column < ink.width; column++) {
      let sum = 0;
      for (let j = 0; j < weights.length; j++) {
        sum += ink.values[(first + j) * ink.width + column] * weights[j];
      }
      result.values[row * ink.width + column] = sum;
    }
  });
  return result;
}
