// The small network: asks the engine for steps, and draws what comes back.

import { read, written } from "./address.js";
import { RECTIFIERS, drawLosses, drawNorms, drawRectifier } from "./charts.js";
import { onScheme } from "./colours.js";
import { confusionTold, drawConfusion, drawDigits } from "./digits.js";
import { Engine, unsupported } from "./engine.js";
import { drawSurface, drawUnit } from "./maps.js";
import { PRESETS } from "./presets.js";

const find = (id) => document.getElementById(id);

// The learning rate of the step that kills; where the gradient is too small for that, each further step goes
// ten times as far as the one before it, and there are at most so many.
const KILLING_RATE = 200;
const KILLING_STEPS = 6;
// How many steps a picture takes while an address is followed.
const FOLLOWED = 25;
// How many points of the loss are kept to draw.
const HISTORY = 400;
// How often, in milliseconds, the address and the spoken labels follow.
const PAUSE = 700;
// How many digits there are to train on, where nothing else is said.
const DIGITS = 1000;

// What the pictures show, for points of the plane and for digits.
const NOTES = {
  points: {
    surface: "Discs and squares are the points it learns from; the line is where its answer changes.",
    units: "A picture a unit: the plane, blue where it is above zero. Grey and crossed out: above zero on none of the points, so it gives nothing, and as a ReLU learns nothing.",
  },
  digits: {
    surface: "Digits of the test, which it does not learn from; beneath each what it is taken for, with a cross where that is wrong.",
    units: "A picture a unit: what sets the digits on which it fires apart, blue where these are brighter than others, orange where darker. Grey and crossed out: above zero on none of the digits, so it gives nothing, and as a ReLU learns nothing.",
  },
};

const engine = unsupported() ? undefined : new Engine();
let standard;
// Those that the weights were drawn with, and those that hold since: what was done may have changed them.
let settings;
let now = {};
// What was done since the start, as the address tells it.
let actions = [];
let points = new Float32Array();
let view;
let history = [];
let playing = false;
// What is being followed, so that something newer ends it.
let following = 0;
let spoken = 0;

// What the samples are called.
const samples = () => (settings.shape === "digits" ? "digits" : "points");

const nextPicture = () => new Promise((resolve) => requestAnimationFrame(resolve));

// Draws new weights.
async function start(wanted) {
  settings = wanted;
  now = {};
  const started = await engine.ask("start", { settings, actions: [] });
  actions = [];
  history = [];
  points = started.points;
  layOut(started.figures);
  show(started);
  fillSettings();
}

// Does one thing to the network, and shows what came of it.
async function act(action) {
  const answer = await engine.ask("act", { action });
  actions.push(action);
  follows(action);
  show(answer);
  return answer.outcome;
}

// The form follows what was done.
function follows(action) {
  if (action.do === "rate") now.lr = action.lr;
  else if (action.do === "optimizer") now.optimizer = action.name;
  else if (action.do === "rectify" && action.layer === undefined) Object.assign(now, { rectifier: action.name, alpha: action.alpha });
  else return;
  fillSettings();
}

// Plays an address to its end.
async function follow(address, steps = FOLLOWED) {
  const mine = ++following;
  pause();
  const wanted = read(address, standard);
  document.body.dataset.state = "following";
  await start(wanted.settings);
  let outcome;
  for (const action of wanted.actions) {
    let left = action.steps ?? 0;
    do {
      if (mine !== following) return undefined;
      const part = action.do === "train" ? { do: "train", steps: Math.min(steps, left) } : action;
      left -= steps;
      outcome = (await act(part)) ?? outcome;
      await nextPicture();
    } while (left > 0);
  }
  remember();
  document.body.dataset.state = "still";
  return outcome;
}

async function play() {
  if (playing) {
    pause();
    return;
  }
  const mine = ++following;
  playing = true;
  find("play").textContent = "Pause";
  document.body.dataset.state = "training";
  while (playing && mine === following) {
    await act({ do: "train", steps: Number(find("pace").value) });
    await nextPicture();
  }
}

function pause() {
  playing = false;
  find("play").textContent = "Train";
  document.body.dataset.state = "still";
}

// Puts what one sees into the address.
function remember() {
  if (!view) return;
  const text = written(settings, actions, standard);
  window.history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  speak();
}

function show(answer) {
  view = answer;
  const { figures } = view;
  const { training, testing } = figures;
  if (history.at(-1)?.steps === figures.steps) history.pop();
  history.push({ steps: figures.steps, training: training.loss, testing: testing?.loss ?? NaN });
  // The older half of the points thinned out, where there are too many.
  if (history.length > HISTORY) history = history.filter((_, index) => index % 2 === 0 || index > HISTORY / 2);
  find("steps").textContent = figures.steps;
  find("dead").textContent = `${figures.dead} of ${figures.units}`;
  find("training-loss").textContent = figure(training.loss);
  find("testing-loss").textContent = figure(testing?.loss);
  find("score-name").textContent = settings.shape === "wave" ? "R2, test" : "Accuracy, test";
  find("score").textContent = figure((testing ?? training).score);
  draw();
  if (performance.now() - spoken > PAUSE) {
    spoken = performance.now();
    remember();
  }
}

const figure = (value) => (value === undefined || value === null ? "–" : Math.abs(value) >= 1e4 ? value.toExponential(1) : value.toFixed(3));

function draw() {
  if (!view) return;
  const { figures, surface, maps, histograms } = view;
  const { grid, bars } = figures;
  if (figures.digits) {
    drawDigits(find("surface"), points, figures.digits.named);
    drawConfusion(find("confusion"), figures.digits.confusion);
  } else {
    drawSurface(find("surface"), surface, figures, points, settings.shape === "wave");
  }
  let unit = 0;
  for (const [index, canvases] of units.entries()) {
    const layer = figures.layers[index];
    for (const [number, canvas] of canvases.entries()) {
      drawUnit(canvas, maps.subarray(unit * grid * grid, (unit + 1) * grid * grid), grid, layer.dead.includes(number), Boolean(figures.digits));
      unit++;
    }
  }
  drawLosses(find("losses"), history);
  const chosen = Number(find("layer").value || 0);
  const layer = figures.layers[chosen];
  if (layer?.rectifier) {
    drawRectifier(find("rectifier-chart"), {
      kind: layer.rectifier,
      alpha: layer.alpha ?? 0,
      histogram: histograms.subarray(chosen * bars, (chosen + 1) * bars),
      lowest: figures.lowest,
      dead: layer.dead.length,
      units: layer.units,
    });
  }
  drawNorms(find("norms"), figures.layers.map((each) => each.gradient_norm));
}

// The canvases of the units, by layer.
let units = [];

function layOut({ layers, digits }) {
  const notes = NOTES[digits ? "digits" : "points"];
  find("surface-note").textContent = notes.surface;
  find("units-note").textContent = notes.units;
  find("confused").hidden = !digits;
  const hidden = layers.slice(0, -1);
  const parts = hidden.map((layer, index) => {
    const part = document.createElement("section");
    part.className = "layer";
    const header = document.createElement("header");
    const name = document.createElement("strong");
    name.textContent = `Layer ${index + 1}`;
    const select = document.createElement("select");
    select.setAttribute("aria-label", `Rectifier of layer ${index + 1}`);
    for (const [value, { name: text }] of Object.entries(RECTIFIERS)) select.add(new Option(text, value));
    select.onchange = () => change({ do: "rectify", layer: index, name: select.value, alpha: Number(find("alpha").value) });
    const told = document.createElement("span");
    told.className = "note";
    header.append(name, select, told);
    const list = document.createElement("ol");
    list.className = "units";
    for (let unit = 0; unit < layer.units; unit++) {
      const item = document.createElement("li");
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      item.append(canvas);
      list.append(item);
    }
    part.append(header, list);
    return part;
  });
  find("layers").replaceChildren(...parts);
  units = parts.map((part) => [...part.querySelectorAll("canvas")]);
  const chosen = find("layer").value;
  find("layer").replaceChildren(...hidden.map((_, index) => new Option(`layer ${index + 1}`, index)));
  if (Number(chosen) < hidden.length) find("layer").value = chosen || "0";
}

// What pictures say to those who do not see them. Too slow for every picture.
function speak() {
  const { figures } = view;
  const { training, testing, dead, units: all } = figures;
  const score = `${find("score-name").textContent}: ${figure((testing ?? training).score)}.`;
  if (figures.digits) {
    const { named, confusion } = figures.digits;
    find("surface").setAttribute("aria-label", `${named.length} digits of the test, and what the network takes them for: ${named.join(", ")}. ${score}`);
    find("confusion").setAttribute("aria-label", confusionTold(confusion));
  } else {
    find("surface").setAttribute("aria-label", `The network's answer over the plane. ${score}`);
  }
  find("losses").setAttribute("aria-label", `Loss after ${figures.steps} steps: ${figure(training.loss)} in training, ${figure(testing?.loss)} in the test.`);
  for (const [index, canvases] of units.entries()) {
    const layer = figures.layers[index];
    const part = find("layers").children[index];
    part.querySelector("select").value = layer.rectifier;
    const slope = layer.alpha === null ? "" : `, alpha ${Number(layer.alpha.toPrecision(3))}`;
    part.querySelector(".note").textContent = `${layer.dead.length} of ${layer.units} dead${slope}`;
    for (const [number, canvas] of canvases.entries()) {
      const state = layer.dead.includes(number) ? "dead" : `fires on ${Math.round(100 * layer.active[number])} % of the ${samples()}`;
      canvas.setAttribute("aria-label", `Unit ${number + 1} of layer ${index + 1}: ${state}`);
      canvas.title = `Unit ${number + 1}: ${state}`;
    }
  }
  const chosen = figures.layers[Number(find("layer").value || 0)];
  if (chosen?.rectifier) {
    find("rectifier-chart").setAttribute("aria-label", `${RECTIFIERS[chosen.rectifier].name} and its gradient, with the pre-activations of the layer; ${chosen.dead.length} of its ${chosen.units} units are dead.`);
  }
  find("norms").setAttribute("aria-label", `Gradient norms by layer: ${figures.layers.map((layer) => layer.gradient_norm?.toExponential(1) ?? "none yet").join(", ")}. ${dead} of ${all} units are dead.`);
}

// Does something that a person asked for, and ends what was being followed.
async function change(action) {
  following++;
  pause();
  clear();
  const outcome = await act(action);
  remember();
  return outcome;
}

function tell(text) {
  find("told").textContent = text;
}

function refuse(error) {
  find("problem").textContent = error.message;
  find("problem").hidden = false;
  document.body.dataset.state = "refused";
}

function clear() {
  find("problem").hidden = true;
}

async function kill() {
  const before = view.figures.dead;
  const rates = [];
  while (rates.length < KILLING_STEPS && view.figures.dead <= before) {
    rates.push(KILLING_RATE * 10 ** rates.length);
    await change({ do: "jolt", lr: rates.at(-1) });
  }
  const died = view.figures.dead - before;
  const made = `${rates.length === 1 ? "One step" : `${rates.length} steps`} at a learning rate of ${rates.join(", ")}`;
  if (died > 0) tell(`${made}: ${died} units died. Their pre-activations lie below zero on all ${samples()} now, and as ReLUs they have no gradient to come back by.`);
  else tell(`${made}: no unit died. ${before === view.figures.units ? "All are dead already." : "There is hardly a gradient left to throw them with: start anew, or take other samples."}`);
}

async function revive() {
  const outcome = await change({ do: "revive", alpha: Number(find("alpha").value) });
  tell(revival(outcome));
}

function revival({ dead, revived, reasons, max_difference: difference }) {
  if (dead === 0) return "No unit is dead: there is nothing to revive.";
  const left = reasons.length ? ` ${dead - revived} were left: ${reasons.join("; ")}.` : "";
  return `${revived} of ${dead} dead units have fresh weights, and no answer to a ${samples().slice(0, -1)} moved by more than ${difference === 0 ? "0" : difference.toExponential(1)}.${left} Away from the ${samples()} a dead unit may have spoken; there it is muted.`;
}

async function leak() {
  const alpha = Number(find("alpha").value) || 0.01;
  await change({ do: "rectify", name: "leaky-relu", alpha });
  tell(`Every hidden unit is a Leaky ReLU with the slope ${alpha} now; the weights are as they were.`);
}

// The form follows the settings.
function fillSettings() {
  for (const name of ["shape", "noise", "rectifier", "alpha", "optimizer", "lr", "initialization", "batch_size", "seed"]) {
    const value = now[name] ?? settings[name];
    find(name).value = typeof value === "number" ? Number(value.toPrecision(6)) : value;
  }
  find("widths").value = settings.widths.join(",");
  find("own-points").hidden = settings.shape !== "own";
  if (settings.shape === "own") find("csv").value = settings.own.map((point) => point.join(", ")).join("\n");
}

// Each setting, what it does when it changes.
async function set(name) {
  const field = find(name);
  const value = field.type === "number" ? field.valueAsNumber : field.value;
  if (Number.isNaN(value)) throw new Error(`${field.labels[0].firstChild.textContent.trim()}: write a number`);
  switch (name) {
    case "lr":
      return change({ do: "rate", lr: value });
    case "optimizer":
      return change({ do: "optimizer", name: value });
    case "rectifier":
      return change({ do: "rectify", name: value, alpha: Number(find("alpha").value) });
    case "alpha":
      if (view.figures.layers[0].rectifier === "relu") return undefined;
      return change({ do: "rectify", name: find("rectifier").value, alpha: value });
  }
  const wanted = { ...settings, ...now };
  if (name === "widths") {
    wanted.widths = value.split(/[ ,;]+/).filter(Boolean).map(Number);
    if (wanted.widths.some((width) => !Number.isInteger(width))) throw new Error("units a layer: write whole numbers, as 8,8");
  } else {
    wanted[name] = value;
  }
  if (name === "shape" && value === "own" && !wanted.own.length) wanted.own = OWN;
  if (name === "shape" && value === "digits") wanted.samples = DIGITS;
  if (name === "shape" && settings.shape === "digits") wanted.samples = standard.samples;
  return renew(wanted);
}

// A cross to begin with, where a person has drawn nothing yet.
const OWN = [[-0.6, 0.6, 1], [0.6, -0.6, 1], [0.6, 0.6, 0], [-0.6, -0.6, 0]];

async function renew(wanted) {
  following++;
  pause();
  clear();
  await start(wanted);
  remember();
}

function pasted(text) {
  return text.split(/\n/).filter((line) => line.trim()).map((line, index) => {
    const point = line.split(/[,;\s]+/).filter(Boolean).map(Number);
    if (point.length !== 3 || point.some(Number.isNaN)) throw new Error(`line ${index + 1} of the points is '${line.trim()}': write x, y and the class, as 0.3, -0.5, 1`);
    return point;
  });
}

async function place(event) {
  if (settings.shape !== "own") return;
  const box = find("surface").getBoundingClientRect();
  const { reach } = view.figures;
  const x = reach * ((2 * (event.clientX - box.left)) / box.width - 1);
  const y = -reach * ((2 * (event.clientY - box.top)) / box.height - 1);
  const point = [Number(x.toFixed(2)), Number(y.toFixed(2)), Number(find("class").value)];
  await renew({ ...settings, ...now, own: [...settings.own, point] });
}

async function copyLink() {
  remember();
  try {
    await navigator.clipboard.writeText(location.href);
    find("linked").textContent = "Copied.";
  } catch {
    find("linked").textContent = "The address bar holds it: this browser does not let the page copy.";
  }
}

async function toDoctor() {
  pause();
  const { network, data } = await engine.ask("files");
  const text = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const handed = {
    network: { name: "playground.onnx", text: text(network) },
    data: { name: "points.safetensors", text: text(data) },
  };
  sessionStorage.setItem("handed", JSON.stringify(handed));
  location.href = "doctor.html";
}

async function download(event) {
  event.preventDefault();
  const { network } = await engine.ask("files");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([network], { type: "application/octet-stream" }));
  link.download = "playground.onnx";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function tellPreset(index) {
  const { told, address } = PRESETS[index];
  clear();
  for (const [other, button] of [...find("story").querySelectorAll("button")].entries()) {
    button.setAttribute("aria-pressed", String(other === index));
  }
  tell(told);
  const outcome = await follow(address);
  if (outcome) tell(`${told} ${revival(outcome)}`);
}

// Does what a person asked for, and says where that cannot be done.
const asked = (work) => (event) => Promise.resolve().then(() => work(event)).catch(refuse);

function wire() {
  find("story").append(...PRESETS.map(({ name }, index) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    const number = document.createElement("b");
    number.textContent = index + 1;
    button.append(number, name);
    button.onclick = asked(() => tellPreset(index));
    item.append(button);
    return item;
  }));
  find("play").onclick = asked(() => { clear(); return play().finally(remember); });
  find("step").onclick = asked(() => change({ do: "train", steps: 1 }));
  find("restart").onclick = asked(() => renew({ ...settings, ...now }));
  find("kill").onclick = asked(kill);
  find("revive").onclick = asked(revive);
  find("leak").onclick = asked(leak);
  for (const field of find("settings").elements) field.onchange = asked(() => set(field.id));
  find("settings").onsubmit = (event) => event.preventDefault();
  find("layer").onchange = () => { draw(); speak(); };
  find("use-csv").onclick = asked(() => renew({ ...settings, ...now, own: pasted(find("csv").value) }));
  find("surface").onclick = asked(place);
  find("link").onclick = asked(copyLink);
  find("to-doctor").onclick = asked(toDoctor);
  find("download").onclick = asked(download);
  addEventListener("resize", draw);
  addEventListener("hashchange", asked(() => arrive(FOLLOWED)));
  onScheme(draw);
}

async function begin() {
  const reason = unsupported();
  if (reason) throw new Error(reason);
  standard = await engine.ask("settings");
  performance.mark("first-answer");
  for (const [name, value] of Object.entries(standard)) {
    if (typeof value === "number") standard[name] = Number(value.toPrecision(6));
  }
  wire();
  await arrive(10 * FOLLOWED);
}

// Follows the address that one came by, in so many steps a picture.
async function arrive(steps) {
  const address = location.hash.slice(1);
  const preset = address ? PRESETS.findIndex((each) => each.address === address) : 0;
  if (preset >= 0) await tellPreset(preset);
  else await follow(address, steps);
}

begin().catch(refuse);
