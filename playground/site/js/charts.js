// Small charts on canvases.

import { colours, prepared } from "./colours.js";

const LEFT = 46;
const BOTTOM = 22;

// The rectifiers and their gradients, to be drawn.
export const RECTIFIERS = {
  relu: { name: "ReLU", value: (x) => Math.max(x, 0), gradient: (x) => (x > 0 ? 1 : 0) },
  "leaky-relu": { name: "Leaky ReLU", value: (x, alpha) => (x > 0 ? x : alpha * x), gradient: (x, alpha) => (x > 0 ? 1 : alpha) },
  prelu: { name: "PReLU", value: (x, alpha) => (x > 0 ? x : alpha * x), gradient: (x, alpha) => (x > 0 ? 1 : alpha) },
  elu: { name: "ELU", value: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)), gradient: (x, alpha) => (x > 0 ? 1 : alpha * Math.exp(x)) },
};

function text(context, words, x, y, align = "left", colour = colours.muted) {
  context.fillStyle = colour;
  context.font = "12px system-ui, sans-serif";
  context.textAlign = align;
  context.fillText(words, x, y);
}

function line(context, points, colour, { dash = [], width = 2 } = {}) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  let down = false;
  for (const [x, y] of points) {
    if (!Number.isFinite(y)) {
      down = false;
    } else if (down) {
      context.lineTo(x, y);
    } else {
      context.moveTo(x, y);
      down = true;
    }
  }
  context.stroke();
  context.setLineDash([]);
}

const short = (value) => (value === 0 ? "0" : Math.abs(value) >= 1e4 || Math.abs(value) < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(2))));

// Losses over the steps, on a logarithmic scale: `history` holds { steps, training, testing }.
export function drawLosses(canvas, history) {
  const { context, width, height } = prepared(canvas);
  const values = history.flatMap(({ training, testing }) => [training, testing]).filter((value) => value > 0 && Number.isFinite(value));
  if (!values.length) return;
  const top = Math.log10(Math.max(...values) * 1.2);
  const low = Math.min(Math.log10(Math.min(...values) / 1.2), top - 1);
  const last = Math.max(history.at(-1).steps, 1);
  const across = (steps) => LEFT + ((width - LEFT - 8) * steps) / last;
  const down = (value) => 8 + ((height - BOTTOM - 8) * (top - Math.log10(value))) / (top - low);
  for (let power = Math.ceil(low); power <= top; power++) {
    const y = down(10 ** power);
    line(context, [[LEFT, y], [width - 8, y]], colours.line, { width: 1 });
    text(context, short(10 ** power), LEFT - 5, y + 4, "right");
  }
  text(context, "0", LEFT, height - 6);
  text(context, `${last} steps`, width - 8, height - 6, "right");
  line(context, history.map(({ steps, testing }) => [across(steps), down(testing)]), colours.one, { dash: [5, 3] });
  line(context, history.map(({ steps, training }) => [across(steps), down(training)]), colours.accent);
}

// A rectifier and its gradient over a histogram of the pre-activations that reach it.
export function drawRectifier(canvas, { kind, alpha, histogram, lowest, dead, units }) {
  const { context, width, height } = prepared(canvas);
  const { value, gradient } = RECTIFIERS[kind];
  const [floor, top] = [-1.3, 3];
  const across = (x) => 8 + ((width - 16) * (x - lowest)) / (-2 * lowest);
  const down = (y) => 8 + ((height - BOTTOM - 8) * (top - y)) / (top - floor);
  const bars = histogram.length;
  const most = Math.max(...histogram, 1);
  for (const [index, count] of histogram.entries()) {
    const tall = ((height - BOTTOM - 8) * 0.8 * count) / most;
    context.fillStyle = index < bars / 2 ? colours.line : colours.zero;
    context.globalAlpha = index < bars / 2 ? 1 : 0.35;
    context.fillRect(8 + ((width - 16) * index) / bars, height - BOTTOM - tall, (width - 16) / bars - 1, tall);
    context.globalAlpha = 1;
  }
  line(context, [[8, down(0)], [width - 8, down(0)]], colours.muted, { width: 1 });
  line(context, [[across(0), 8], [across(0), height - BOTTOM]], colours.muted, { width: 1 });
  const xs = Array.from({ length: 161 }, (_, index) => lowest - (2 * lowest * index) / 160);
  line(context, xs.map((x) => [across(x), down(Math.min(value(x, alpha), top))]), colours.text, { width: 2.5 });
  line(context, xs.map((x) => [across(x), down(gradient(x, alpha))]), colours.one, { dash: [5, 3] });
  for (const x of [lowest, 0, -lowest]) text(context, String(x), across(x), height - 6, x === 0 ? "center" : x < 0 ? "left" : "right");
  if (dead !== undefined) text(context, `${dead} of ${units} dead`, 12, 20, "left", dead ? colours.dead : colours.muted);
}

// The length of the gradient of each layer's weights, as bars on a logarithmic scale.
export function drawNorms(canvas, norms) {
  const { context, width, height } = prepared(canvas);
  const [top, low] = [2, -6];
  const tall = (height - BOTTOM) / norms.length;
  for (const [index, norm] of norms.entries()) {
    const y = index * tall;
    text(context, index + 1 === norms.length ? "output" : `layer ${index + 1}`, 4, y + tall / 2 + 4);
    const part = norm > 0 ? Math.max(0, Math.min(1, (Math.log10(norm) - low) / (top - low))) : 0;
    const room = width - 130;
    context.fillStyle = colours.pale;
    context.fillRect(60, y + 5, room, tall - 10);
    if (norm === null || norm === undefined) continue;
    context.fillStyle = norm > 0 ? colours.accent : colours.dead;
    context.fillRect(60, y + 5, Math.max(2, room * part), tall - 10);
    text(context, norm === 0 ? "0: none" : norm.toExponential(1), width - 64, y + tall / 2 + 4, "left", norm === 0 ? colours.dead : colours.text);
  }
  text(context, "1e-6", 60, height - 6);
  text(context, "100", width - 70, height - 6, "right");
}

// Curves over -3 to 3: each { of, dash }.
export function drawCurves(canvas, curves) {
  const { context, width, height } = prepared(canvas);
  const unit = Math.min((width - 16) / 6, (height - BOTTOM) / 4.4);
  const across = (x) => width / 2 + unit * x;
  const down = (y) => 8 + unit * (3.1 - y);
  line(context, [[across(-3), down(0)], [across(3), down(0)]], colours.muted, { width: 1 });
  line(context, [[across(0), down(3.1)], [across(0), down(-1.2)]], colours.muted, { width: 1 });
  for (const x of [-3, -2, -1, 1, 2, 3]) text(context, String(x), across(x), down(0) + 16, "center");
  for (const y of [1, 2, 3]) text(context, String(y), across(0) - 6, down(y) + 4, "right");
  const xs = Array.from({ length: 241 }, (_, index) => index / 40 - 3);
  const strokes = [colours.text, colours.one, colours.accent];
  for (const [index, { of, dash }] of curves.entries()) {
    line(context, xs.map((x) => [across(x), down(of(x))]), strokes[index], { dash, width: 2.5 });
  }
}
