// The exact Euclidean distance transform (Felzenszwalb and Huttenlocher 2012).

// Distance of each pixel of the mask (a Uint8Array) to the nearest pixel outside it; 0 outside.
export function distances(mask, height, width) {
  const infinite = 1e12;
  const squares = Float64Array.from(mask, (inside) => (inside ? infinite : 0));
  const longest = Math.max(height, width);
  const line = new Float64Array(longest);
  const apex = new Int32Array(longest);
  const bounds = new Float64Array(longest + 1);

  // Replace f by the lower envelope of the parabolas f(q) + (x - q)².
  function transform(start, step, length) {
    for (let q = 0; q < length; q++) line[q] = squares[start + q * step];
    let last = 0;
    apex[0] = 0;
    bounds[0] = -Infinity;
    bounds[1] = Infinity;
    for (let q = 1; q < length; q++) {
      let crossing;
      for (;;) {
        const p = apex[last];
        crossing = (line[q] + q * q - (line[p] + p * p)) / (2 * (q - p));
        if (crossing > bounds[last]) break;
        last--;
      }
      last++;
      apex[last] = q;
      bounds[last] = crossing;
      bounds[last + 1] = Infinity;
    }
    for (let q = 0, k = 0; q < length; q++) {
      while (bounds[k + 1] < q) k++;
      const d = q - apex[k];
      squares[start + q * step] = d * d + line[apex[k]];
    }
  }

  for (let column = 0; column < width; column++) transform(column, width, height);
  for (let row = 0; row < height; row++) transform(row * width, 1, width);
  return squares.map(Math.sqrt);
}
