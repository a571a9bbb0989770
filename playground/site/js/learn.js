// The figures of the page that explains: curves, and one step of one unit.

import { RECTIFIERS, drawCurves } from "./charts.js";
import { onScheme } from "./colours.js";
import { PRESETS } from "./presets.js";

const find = (id) => document.getElementById(id);
const { relu, elu, "leaky-relu": leaky } = RECTIFIERS;

function draw() {
  const slope = Number(find("slope").value);
  find("slope-value").textContent = slope;
  find("curve").setAttribute("aria-label", `The function: x above zero, ${slope} times x below. Its gradient: 1 above zero, ${slope} below.`);
  drawCurves(find("curve"), [
    { of: (x) => leaky.value(x, slope) },
    { of: (x) => leaky.gradient(x, slope), dash: [6, 4] },
  ]);
  drawCurves(find("family"), [
    { of: (x) => relu.value(x) },
    { of: (x) => leaky.value(x, 0.2), dash: [8, 4] },
    { of: (x) => elu.value(x, 1), dash: [2, 3] },
  ]);
}

// One step of gradient descent on half the squared error, then the unit on three samples.
function compute() {
  const rate = Number(find("rate").value);
  const slope = Number(find("leak").value);
  find("rate-value").textContent = rate;
  find("leak-value").textContent = slope;
  // w = 1, b = 0, x = 1: z = 1 is above zero, the answer 1, wanted 0, so both gradients are 1.
  const [w, b] = [1 - rate, -rate];
  const rows = [0.2, 0.6, 1].map((x) => {
    const z = w * x + b;
    const answer = leaky.value(z, slope);
    return [x, z, answer, answer * leaky.gradient(z, slope) * x];
  });
  const dead = rows.every(([, z]) => z <= 0);
  const number = (value) => String(Number(value.toFixed(4)) + 0);
  const table = document.createElement("table");
  table.createCaption().textContent = `After the step: w = ${number(w)}, b = ${number(b)}`;
  const head = table.createTHead().insertRow();
  for (const name of ["x", "z = w x + b", "f(z)", "gradient of w"]) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const values of rows) {
    const row = body.insertRow();
    for (const value of values) row.insertCell().textContent = number(value);
  }
  const told = document.createElement("p");
  if (!dead) told.textContent = "The unit still fires on some of them, and goes on learning.";
  else if (slope === 0) told.textContent = "Below zero on all of them: the unit gives nothing, its gradient is zero, and no later step changes it. It is dead.";
  else told.textContent = `Below zero on all of them, but it leaks: the gradient is there, though the slope stands in it twice, once for the answer and once for the way back. At ${slope} that is ${number(slope * slope)} of what a live unit would get.`;
  find("computation").replaceChildren(table, told);
}

for (const link of document.querySelectorAll("[data-preset]")) {
  link.href = `index.html#${PRESETS[Number(link.dataset.preset)].address}`;
}
find("slope").oninput = draw;
find("rate").oninput = find("leak").oninput = compute;
addEventListener("resize", draw);
onScheme(draw);
draw();
compute();
