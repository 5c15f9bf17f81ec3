// The exact Euclidean distance transform: distances along the columns, then, along each row, the
// lower envelope of the parabolas that they define (Felzenszwalb and Huttenlocher 2012).

const INFINITE = 1e6;

// Distance of each pixel of the mask (a Uint8Array) to the nearest pixel outside it; 0 outside.
export function distances(mask, height, width) {
  const result = new Float64Array(mask.length);
  for (let column = 0; column < width; column++) alongColumn(mask, result, column, width);
  const line = new Float64Array(width);
  const apex = new Int32Array(width);
  const bounds = new Float64Array(width + 1);
  for (let row = 0; row < height; row++) alongRow(result, row * width, line, apex, bounds);
  return result;
}

// Write the squared distance of each pixel to the nearest one outside the mask in its column.
function alongColumn(mask, result, column, width) {
  let distance = INFINITE;
  for (let i = column; i < mask.length; i += width) {
    distance = mask[i] ? distance + 1 : 0;
    result[i] = distance;
  }
  distance = INFINITE;
  for (let i = mask.length - width + column; i >= 0; i -= width) {
    distance = mask[i] ? distance + 1 : 0;
    const nearer = Math.min(result[i], distance);
    result[i] = nearer * nearer;
  }
}

// Replace each entry f(x) of a row by the root of min over q of f(q) + (x - q)².
function alongRow(result, start, line, apex, bounds) {
  const width = line.length;
  line.set(result.subarray(start, start + width));
  let last = 0;
  apex[0] = 0;
  bounds[0] = -Infinity;
  bounds[1] = Infinity;
  for (let q = 1; q < width; q++) {
    let crossing = crossingOf(line, apex[last], q);
    while (crossing <= bounds[last]) crossing = crossingOf(line, apex[--last], q);
    apex[++last] = q;
    bounds[last] = crossing;
    bounds[last + 1] = Infinity;
  }
  for (let x = 0, k = 0; x < width; x++) {
    while (bounds[k + 1] < x) k++;
    const d = x - apex[k];
    result[start + x] = Math.sqrt(d * d + line[apex[k]]);
  }
}

const crossingOf = (line, p, q) => (line[q] + q * q - (line[p] + p * p)) / (2 * (q - p));
