// The page's colours, for canvases.

const NAMES = ["ground", "surface", "text", "muted", "line", "accent", "dead", "good", "one", "zero", "pale"];

export let colours = read();

// Calls `changed` when the page turns light or dark.
export function onScheme(changed) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colours = read();
    changed();
  });
}

function read() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

// Red, green and blue of a colour written as #rrggbb.
export function parts(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

// A canvas in the pixels of the screen, cleared, with units of the page.
export function prepared(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}
