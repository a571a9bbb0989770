// The engine's side of a worker: loads it, and does what the page asks for, one thing at a time.
//
// A message is { id, call, arguments }; the answer { id, result } or { id, error }, and while the engine
// works { id, progress }. A page stops the engine by taking back the address `stop` that it gave: the
// worker, which hears no message while it works, looks whether the address still leads anywhere.

import init, { Doctor, Play, convert, standard_settings } from "../engine/leaky_playground.js";

const ready = init({ module_or_path: new URL("../engine/leaky_playground_bg.wasm", import.meta.url) });
let memory;
let doctor;
let play;

const calls = {
  // The doctor.

  open({ network, data, labels, validation }) {
    doctor?.free();
    doctor = undefined;
    const opened = labels
      ? Doctor.with_labels(network.name, network.bytes, data.name, data.bytes, labels.name, labels.bytes)
      : new Doctor(network.name, network.bytes, data.name, data.bytes);
    if (validation) opened.validate_on(validation.name, validation.bytes);
    doctor = opened;
  },
  diagnose: (_, listener) => doctor.diagnose(listener),
  diagnosisPage: ({ figures }) => doctor.diagnosis_page(figures),
  cure({ request }, listener) {
    const cured = doctor.cure(JSON.stringify(request), listener);
    return taken(cured, ["file", "figures", "page"]);
  },
  convert({ network, alpha }) {
    const converted = convert(network.name, network.bytes, alpha);
    return taken(converted, ["file", "figures"]);
  },

  // The small network.

  settings: () => JSON.parse(standard_settings()),
  start({ settings, actions }) {
    const started = new Play(JSON.stringify(settings));
    const outcomes = actions.map((action) => act(started, action));
    play?.free();
    play = started;
    return { ...view(), points: play.points(), outcomes };
  },
  act({ action }) {
    const outcome = act(play, action);
    return { ...view(), outcome };
  },
  files: () => ({ network: play.network_file(), data: play.data_file() }),
};

// One entry of what was done to a network: the same words stand in the address.
function act(network, action) {
  switch (action.do) {
    case "train":
      return network.train(action.steps);
    case "jolt":
      return network.jolt(action.lr);
    case "rate":
      return network.set_rate(action.lr);
    case "optimizer":
      return network.set_optimizer(action.name);
    case "rectify":
      return network.rectify(action.layer, action.name, action.alpha);
    case "revive":
      return JSON.parse(network.revive(action.alpha));
    default:
      throw new Error(`there is nothing to do called '${action.do}'`);
  }
}

function view() {
  const snapshot = taken(play.snapshot(), ["figures", "surface", "maps", "histograms"]);
  snapshot.figures = JSON.parse(snapshot.figures);
  return snapshot;
}

// The members of a value of the engine, which is then given back to it.
function taken(value, names) {
  const members = Object.fromEntries(names.map((name) => [name, value[name]]));
  value.free();
  return members;
}

function goesOn(stop) {
  const request = new XMLHttpRequest();
  try {
    request.open("GET", stop, false);
    request.send();
    return true;
  } catch {
    return false;
  }
}

function sentence(error) {
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
    const used = memory ? ` It held ${Math.round(memory.buffer.byteLength / 2 ** 20)} MiB.` : "";
    return `the engine broke off (${error.message}): most likely the browser grants it no more memory.${used} Reload the page, and take fewer samples or the command line.`;
  }
  return error instanceof Error ? error.message : String(error);
}

self.onmessage = async ({ data: { id, call, values, stop } }) => {
  try {
    memory = (await ready).memory;
    const listener = (text) => {
      self.postMessage({ id, progress: JSON.parse(text) });
      return !stop || goesOn(stop);
    };
    const result = calls[call](values, listener);
    const used = memory.buffer.byteLength;
    self.postMessage({ id, result, used });
  } catch (error) {
    self.postMessage({ id, error: sentence(error) });
  }
};
