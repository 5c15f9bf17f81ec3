// The forward pass, in the order of neuralnet/nn: z = x W + b, a = f(z), layer by layer.

import { readSafetensors } from "./safetensors.js";

const sigmoid = (z) => 0.5 + 0.5 * Math.tanh(0.5 * z);
const GELU_SCALE = Math.sqrt(2 / Math.PI);
const geluT = (z) => {
  const c = Math.min(20, Math.max(-20, z));
  return Math.tanh(GELU_SCALE * (c + 0.044715 * c ** 3));
};

// Each activation with its derivative, which is given z and a.
export const ACTIVATIONS = {
  identity: [(z) => z, () => 1],
  sigmoid: [sigmoid, (z, a) => a * (1 - a)],
  tanh: [Math.tanh, (z, a) => 1 - a * a],
  relu: [(z) => Math.max(z, 0), (z) => (z > 0 ? 1 : 0)],
  leaky_relu: [(z, s) => (z > 0 ? z : s * z), (z, a, s) => (z > 0 ? 1 : s)],
  gelu: [
    (z) => (z / 2) * (1 + geluT(z)),
    (z) => {
      const t = geluT(z);
      const slope = GELU_SCALE * (1 + 3 * 0.044715 * z * z);
      return (1 + t) / 2 + (z / 2) * (1 - t * t) * slope;
    },
  ],
};

const EPSILON = 1e-5; // of batch normalization

// A network, from the bytes of a file that `neuralnet.save` wrote. Batch normalization is folded
// into the layer before it, so that each layer is { W, b, inputs, units, activation, slope }, with
// W[i * units + k] the weight from input i to unit k.
export function loadNetwork(buffer) {
  const { tensors, metadata } = readSafetensors(buffer);
  const settings = JSON.parse(metadata.settings);
  const names = [...settings.hidden_activation, settings.output_activation];
  const layers = names.map((name, number) => {
    const weight = tensors[`layers.${number}.weight`];
    const [inputs, units] = weight.shape;
    const bias = tensors[`layers.${number}.bias`];
    const layer = {
      W: weight.values,
      b: bias ? bias.values : new Float32Array(units),
      inputs,
      units,
      activation: typeof name === "string" ? name : name.name,
      slope: typeof name === "string" ? 0.01 : name.negative_slope,
    };
    fold(layer, (part) => tensors[`layers.${number}.batch_norm.${part}`]?.values);
    return layer;
  });
  const parameters = layers.reduce((sum, l) => sum + l.W.length + l.b.length, 0);
  // Older files keep the classes and the range of the pixels outside the settings.
  const classes = settings.classes ?? JSON.parse(metadata.classes);
  const [low, high] = settings.input_range ?? JSON.parse(metadata.preprocessing).uint8_range;
  return { layers, low, high, settings, classes, parameters };
}

function fold(layer, get) {
  const scale = get("scale");
  if (!scale) return;
  const factors = scale.map((s, k) => s / Math.sqrt(get("variance")[k] + EPSILON));
  layer.W = layer.W.map((w, i) => w * factors[i % layer.units]);
  layer.b = get("shift").map((shift, k) => shift - get("mean")[k] * factors[k]);
}

// Inputs of the first layer, from pixels.
export function scaled(network, pixels) {
  const { low, high } = network;
  return Float32Array.from(pixels, (p) => (p * (high - low)) / 255 + low);
}

// The values of every layer: [{ x, z, a }], and the probabilities of the classes.
export function forward(network, pixels) {
  let x = scaled(network, pixels);
  const passes = network.layers.map((layer) => {
    const z = weightedSums(layer, x);
    const a = activated(layer, z);
    const pass = { x, z, a };
    x = a;
    return pass;
  });
  return { passes, probabilities: probabilities(network, passes.at(-1)) };
}

function weightedSums({ W, b, inputs, units }, x) {
  const z = Float64Array.from(b);
  for (let i = 0; i < inputs; i++) {
    const value = x[i];
    if (value === 0) continue;
    const row = i * units;
    for (let k = 0; k < units; k++) z[k] += value * W[row + k];
  }
  return z;
}

function activated(layer, z) {
  if (layer.activation === "softmax") return softmax(z);
  const [f] = ACTIVATIONS[layer.activation];
  return z.map((value) => f(value, layer.slope));
}

function softmax(z) {
  const largest = Math.max(...z);
  const e = z.map((value) => Math.exp(value - largest));
  const sum = e.reduce((p, q) => p + q, 0);
  return e.map((value) => value / sum);
}

function probabilities(network, { z, a }) {
  const kind = network.layers.at(-1).activation;
  if (kind === "softmax") return a;
  if (kind !== "sigmoid") return softmax(z);
  const sum = a.reduce((p, q) => p + q, 0);
  if (sum >= 0.01) return a.map((value) => value / sum);
  return softmax(z.map((v) => Math.min(v, 0) - Math.log1p(Math.exp(-Math.abs(v)))));
}

// How much each pixel's ink speaks for an output, to first order: (x - x of paper) dz/dx.
export function evidence(network, passes, output) {
  let gradient = new Float64Array(network.layers.at(-1).units);
  gradient[output] = 1;
  for (let number = network.layers.length - 1; number >= 0; number--) {
    const layer = network.layers[number];
    const { z, a } = passes[number];
    if (number < network.layers.length - 1) {
      const derivative = ACTIVATIONS[layer.activation][1];
      gradient = gradient.map((g, k) => g * derivative(z[k], a[k], layer.slope));
    }
    const below = new Float64Array(layer.inputs);
    for (let i = 0; i < layer.inputs; i++) {
      let sum = 0;
      for (let k = 0; k < layer.units; k++) sum += layer.W[i * layer.units + k] * gradient[k];
      below[i] = sum;
    }
    gradient = below;
  }
  return gradient.map((g, i) => g * (passes[0].x[i] - network.low));
}
