// The page's state in its address: the view and every setting of the training that is not the
// default, so that a link gives the same network.

const NUMBERS = ["examples", "rate", "batch", "l2", "dropout", "seed", "epochs"];

export function readAddress(defaults) {
  const query = new URLSearchParams(location.search);
  const settings = { ...defaults };
  for (const name of Object.keys(defaults)) {
    const given = query.get(name);
    if (given === null) continue;
    if (name === "hidden") settings.hidden = given.split(",").map(Number);
    else settings[name] = NUMBERS.includes(name) ? Number(given) : given;
  }
  return { view: query.get("view"), settings };
}

export function address(view, settings, defaults) {
  const query = new URLSearchParams({ view });
  for (const [name, value] of Object.entries(settings)) {
    if (String(value) !== String(defaults[name])) query.set(name, String(value));
  }
  return `${location.origin}${location.pathname}?${query}`.replaceAll("%2C", ",");
}

export function writeAddress(view, settings, defaults) {
  history.replaceState(null, "", address(view, settings, defaults));
}
