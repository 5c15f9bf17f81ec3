// Requests to the lab's server. Errors are the server's own sentences.

async function request(method, path, body, type) {
  let response;
  try {
    response = await fetch(`api/${path}`, {
      method,
      body,
      headers: type ? { "Content-Type": type } : {},
    });
  } catch {
    throw new Error("The lab’s server does not answer. Is it still running?");
  }
  if (!response.ok) {
    const text = await response.text();
    let message = text;
    try {
      message = JSON.parse(text).error;
    } catch {
      // Not JSON: the text itself says it.
    }
    throw new Error(message[0].toUpperCase() + message.slice(1));
  }
  return response;
}

const json = async (...all) => (await request(...all)).json();
const binary = async (...all) => (await request(...all)).arrayBuffer();

export const describe = () => json("GET", "lab");
export const fetchNetwork = () => binary("GET", "network");
export const fetchDigitDetector = () => binary("GET", "digit-detector");
export const fetchDigit = (index) => json("GET", `digit?index=${index}`);
export const startTraining = (settings) =>
  json("POST", "training", JSON.stringify(settings), "application/json");
export const resetTraining = () => json("DELETE", "training");
export const command = (mode) => json("POST", `training/${mode}`);
export const setRate = (rate) =>
  json("PUT", "training/rate", JSON.stringify(rate), "application/json");
export const teach = (pixels, label) => json("POST", `teach?label=${label}`, pixels);
export const slowMotion = (pixels, label, rate) =>
  binary("POST", `slow-motion?label=${label}&rate=${rate}`, pixels);
export const readPhoto = (file) => json("POST", "read", file);

// Listen to the training: `heard(event)` is called for each event, and again after a lost
// connection.
export function listen(heard) {
  const source = new EventSource("api/events");
  source.onmessage = ({ data }) => heard(JSON.parse(data));
  return source;
}
