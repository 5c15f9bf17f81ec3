// When an answer is "not sure". A network with ten outputs has no other word for a scribble, so the
// reader's digit detector says whether the picture shows a digit at all.

import { forward } from "./network.js";

const PRIOR_ODDS = 20; // of a digit, as in neuralnet/reading/digit_detector.py
const DIGIT = 1; // the detector's output for "a digit"

// Measured on drawings and scribbles (docs/lab.md): about half of the answers with a lower
// probability are wrong.
const SURE = 0.8;
const IS_DIGIT = 0.5; // a digit is more likely than not

export function digitProbability(detector, pixels) {
  const p = forward(detector, pixels).probabilities[DIGIT];
  return (PRIOR_ODDS * p) / (PRIOR_ODDS * p + 1 - p);
}

// "yes"; "no", when several digits are likely; or "other", when the drawing may be no digit.
export function sureness(largest, isDigit) {
  if (largest < SURE) return "no";
  return isDigit < IS_DIGIT ? "other" : "yes";
}
