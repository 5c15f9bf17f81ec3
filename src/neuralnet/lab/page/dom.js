// Small helpers for building the page.

export const find = (selector, within = document) => within.querySelector(selector);

// Create an element: make("p", { class: "note" }, "text", child, …). Names that begin with "on" are
// event handlers; the value false leaves an attribute out.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat());
  return element;
}

export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)}\u00a0%`;

// A number with four decimals and a real minus sign; very small ones as powers of ten.
export function number(value, digits = 4) {
  const text =
    value !== 0 && Math.abs(value) < 0.5 * 10 ** -digits
      ? value.toExponential(1)
      : value.toFixed(digits);
  return text.replaceAll("-", "−");
}

// Let the arrow keys move the focus among buttons of which only one can be reached with Tab.
export function arrowKeys(group, columns = () => 1) {
  const buttons = () => [...group.querySelectorAll("button")];
  const only = (chosen) => buttons().forEach((b) => (b.tabIndex = b === chosen ? 0 : -1));
  group.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(document.activeElement);
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns() };
    if (at < 0 || !(event.key in by)) return;
    const next = all[at + by[event.key]];
    event.preventDefault();
    if (!next) return;
    only(next);
    next.focus();
  });
  only(buttons()[0]);
}

// The bytes that a text in base64 stands for.
export function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
