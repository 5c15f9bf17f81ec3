// The exported page: a drawing pad, the network and its weights in one file, with no server.

import { bytesOf, find } from "./dom.js";
import { digitProbability } from "./engine/confidence.js";
import { loadNetwork, forward } from "./engine/network.js";
import { prepare } from "./engine/preparation.js";
import { Answer } from "./answer.js";
import { Pad, PAD_SIDE } from "./pad.js";
import { Think } from "./think.js";
import { followTheme } from "./theme.js";

function startAlone() {
  const bytes = bytesOf(find("#network").textContent.trim());
  const network = loadNetwork(bytes.buffer);
  const detector = loadNetwork(bytesOf(find("#digit-detector").textContent.trim()).buffer);
  const answer = new Answer(document, network.classes);
  const think = new Think(find("#think"));
  think.setNetwork(network);
  const sizes = [784, ...network.layers.map((layer) => layer.units)].join("–");
  find(".network-name").textContent =
    `Network ${sizes}, ${network.parameters.toLocaleString("en")} parameters`;
  let frame = 0;
  const show = (done) => {
    const pixels = prepare(pad.ink(), PAD_SIDE, PAD_SIDE);
    const result = pixels && forward(network, pixels);
    const isDigit = pixels ? digitProbability(detector, pixels) : 0;
    answer.show(pixels, result?.probabilities, isDigit, done);
    think.show(result, pixels);
  };
  const pad = new Pad(document, (done) => {
    cancelAnimationFrame(frame);
    if (done) show(true);
    else frame = requestAnimationFrame(() => show(false));
  });
  think.show(null, null);
  followTheme(() => think.redraw());
  find("[data-do=save]").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = "network.safetensors";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
  document.documentElement.dataset.ready = "yes";
}

startAlone();
