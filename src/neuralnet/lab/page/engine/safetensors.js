// Reading of safetensors files: eight bytes with the length of a JSON header, the header, the data.

// Returns { tensors: { name: { values: Float32Array, shape } }, metadata }.
export function readSafetensors(buffer) {
  const view = new DataView(buffer);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = {};
  for (const [name, entry] of Object.entries(entries)) {
    const [start, end] = entry.data_offsets;
    const bytes = buffer.slice(8 + length + start, 8 + length + end);
    tensors[name] = { values: toFloat32(bytes, entry.dtype), shape: entry.shape };
  }
  return { tensors, metadata };
}

function toFloat32(bytes, dtype) {
  if (dtype === "F32") return new Float32Array(bytes);
  if (dtype === "F64") return Float32Array.from(new Float64Array(bytes));
  if (dtype === "F16") return Float32Array.from(new Uint16Array(bytes), fromHalf);
  throw new Error(`The file has numbers of the type ${dtype}, which this page cannot read.`);
}

// The value of a half-precision number: sign, 5 bits of exponent, 10 of fraction.
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
