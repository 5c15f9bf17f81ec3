// Light or dark: as the system has it, until a person chooses.

import { find } from "./dom.js";
import { forgetColours } from "./pictures.js";

const KEY = "neuralnet-lab-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

// `redraw` is called when the colours have changed.
export function followTheme(redraw) {
  const button = find("[data-do=theme]");
  let chosen = stored();
  const apply = () => {
    const isDark = chosen ? chosen === "dark" : dark.matches;
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    button.textContent = isDark ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${isDark ? "light" : "dark"} colours`);
    forgetColours();
    redraw();
  };
  button.addEventListener("click", () => {
    chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    store(chosen);
    apply();
  });
  dark.addEventListener("change", apply);
  apply();
}

// A page opened from a file may have no storage.
function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function store(value) {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // The choice lasts until the page is closed.
  }
}
