// The doctor: files in, verdict, report and cured network out.

import { Engine, stoppable, unsupported } from "./engine.js";
import { diagnosisTable, beforeAfterTable, epochTable } from "./tables.js";

const find = (id) => document.getElementById(id);
const engine = unsupported() ? undefined : new Engine();

// What was given: each { name, bytes }.
let given = {};
// Whether the engine has opened it as it is now.
let opened = false;
// Takes the stop address of the work that is under way back.
let stop;

// What a file is for, told by its name.
function role(name) {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  if (ending === "onnx") return "network";
  if (ending === "npz" || ending === "safetensors") return /(^|[^a-z])(val|valid|validation|test)([^a-z]|$)/i.test(name) ? "validation" : "data";
  if (ending === "npy") return /(^|[^a-z])(y|labels?|targets?)([^a-z]|$)/i.test(name) ? "labels" : "data";
  return undefined;
}

const ROLES = { network: "network", data: "samples", labels: "answers", validation: "to validate with" };

async function take(files) {
  clear();
  const unknown = [];
  for (const file of files) {
    const place = role(file.name);
    if (!place) unknown.push(file.name);
    else given[place] = { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
  }
  // Alone, what is called validation is the data.
  if (!given.data && given.validation) {
    given.data = given.validation;
    delete given.validation;
  }
  opened = false;
  find("result").hidden = true;
  list();
  if (unknown.length) {
    refuse(`${unknown.join(", ")}: not a kind of file that is read here. Networks are .onnx; samples are .npz, .safetensors or .npy.`);
  }
}

async function takeExample() {
  clear();
  given = {};
  try {
    for (const [place, name] of [["network", "digits.onnx"], ["data", "digits-train.npz"], ["validation", "digits-test.npz"]]) {
      const answer = await fetch(`example/${name}`);
      if (!answer.ok) throw new Error(`example/${name}: the server answers ${answer.status}`);
      given[place] = { name, bytes: new Uint8Array(await answer.arrayBuffer()) };
    }
  } catch (error) {
    refuse(error.message);
  }
  opened = false;
  list();
  await diagnose();
}

// Files that the page with the small network left for us.
async function takeHanded() {
  const handed = sessionStorage.getItem("handed");
  if (!handed) return;
  sessionStorage.removeItem("handed");
  given = {};
  for (const [place, { name, text }] of Object.entries(JSON.parse(handed))) {
    given[place] = { name, bytes: Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) };
  }
  list();
  await diagnose();
}

function list() {
  const items = Object.entries(ROLES).filter(([place]) => given[place]).map(([place, name]) => {
    const item = document.createElement("li");
    const { name: file, bytes } = given[place];
    for (const [kind, text] of [["role", name], ["name", file], ["muted", size(bytes.length)]]) {
      const part = document.createElement("span");
      part.className = kind;
      part.textContent = text;
      item.append(part);
    }
    return item;
  });
  find("files").replaceChildren(...items);
  find("work").hidden = !given.network;
  find("diagnose").disabled = find("cure").disabled = !given.data;
  if (given.network && !given.data) find("files").append(hint("samples are missing: without them only converting works"));
  if (!given.network && given.data) find("files").append(hint("the network is missing: drop its .onnx too"));
}

function hint(text) {
  const item = document.createElement("li");
  item.className = "muted";
  item.textContent = text;
  return item;
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function refuse(message) {
  find("problem").textContent = message;
  find("problem").hidden = false;
}

function clear() {
  find("problem").hidden = true;
}

// Does `work` with the progress on the page and the stop button alive; without `open` the samples are
// not looked at.
async function busy(work, { open = true } = {}) {
  clear();
  const stoppableWork = stoppable();
  stop = stoppableWork.stop;
  find("result").hidden = true;
  find("running").hidden = false;
  find("epochs-so-far").replaceChildren();
  find("bar").removeAttribute("value");
  find("doing").textContent = "Loading the engine";
  find("stop").disabled = false;
  for (const button of document.querySelectorAll("#work button, #drop button")) button.disabled = true;
  const epochs = [];
  const onProgress = (event) => {
    if (event.event === "step") {
      find("doing").textContent = event.doing;
      find("bar").max = event.steps || 1;
      find("bar").value = event.done;
    } else if (event.event === "epoch") {
      epochs.push(event);
      find("epochs-so-far").replaceChildren(epochTable(epochs));
    }
  };
  try {
    if (open && !opened) {
      await engine.ask("open", given);
      opened = true;
    }
    await work({ onProgress, stop: stoppableWork.address });
    find("memory").textContent = `The engine holds ${size(engine.used)} of memory in this tab; it may take up to 4 GB.`;
    find("result").hidden = false;
    find("verdict").focus();
  } catch (error) {
    refuse(error.message);
  } finally {
    stop();
    find("running").hidden = true;
    for (const button of document.querySelectorAll("#work button, #drop button")) button.disabled = false;
    list();
  }
}

function percent(part, whole) {
  return whole ? `${((100 * part) / whole).toFixed(1)} %` : "0 %";
}

function diagnose() {
  return busy(async (watching) => {
    const text = await engine.ask("diagnose", {}, watching);
    const diagnosis = JSON.parse(text);
    const { dead, units, samples } = diagnosis;
    find("verdict").textContent = `${dead} of ${units} units (${percent(dead, units)}) are dead on ${samples} samples.`;
    find("tables").replaceChildren(diagnosisTable(diagnosis));
    const page = await engine.ask("diagnosisPage", { figures: text });
    show(page);
    downloads([["diagnosis.html", page, "text/html"], ["diagnosis.json", text, "application/json"]]);
  });
}

function cure() {
  return busy(async (watching) => {
    const request = {
      alpha: number("alpha"),
      epochs: number("epochs"),
      lr: number("lr"),
      output: given.network.name.replace(/(\.onnx)?$/i, "-cured.onnx"),
    };
    const { file, figures, page } = await engine.ask("cure", { request }, watching);
    const report = JSON.parse(figures);
    const { before, after, score } = report;
    const told = (value) => (value === null ? "not a number" : value.toFixed(4));
    find("verdict").textContent = `${before.dead} of ${before.units} units were dead, ${after.dead} are now; validation ${score.metric} ${told(score.before)} before, ${told(score.after)} after.`;
    find("tables").replaceChildren(beforeAfterTable(report), epochTable(report.epochs.map((epoch, index) => ({ number: index + 1, metric: score.metric, ...epoch }))));
    show(page);
    downloads([[request.output, file, "application/octet-stream"], ["cure.html", page, "text/html"], ["cure.json", figures, "application/json"]]);
  });
}

function convert() {
  return busy(async () => {
    const alpha = number("alpha");
    const { file, figures } = await engine.ask("convert", { network: given.network, alpha });
    const { converted, rectifiers } = JSON.parse(figures);
    find("verdict").textContent = `${converted} of ${rectifiers.length} rectifiers became Leaky ReLUs with the slope ${alpha}; nothing else changed.`;
    find("tables").replaceChildren();
    show(undefined);
    downloads([[given.network.name.replace(/(\.onnx)?$/i, "-leaky.onnx"), file, "application/octet-stream"], ["convert.json", figures, "application/json"]]);
  }, { open: false });
}

// An empty or half-typed number is told by the engine, not guessed here.
function number(id) {
  const value = find(id).valueAsNumber;
  if (Number.isNaN(value)) throw new Error(`${find(id).labels[0].firstChild.textContent.trim()} is not a number`);
  return value;
}

function show(page) {
  find("report").hidden = find("report-heading").hidden = page === undefined;
  find("report").srcdoc = page ?? "";
}

let addresses = [];

function downloads(files) {
  for (const address of addresses) URL.revokeObjectURL(address);
  addresses = [];
  const links = files.map(([name, content, type]) => {
    const address = URL.createObjectURL(new Blob([content], { type }));
    addresses.push(address);
    const link = document.createElement("a");
    link.className = "button";
    link.href = address;
    link.download = name;
    link.textContent = `Download ${name}`;
    return link;
  });
  find("downloads").replaceChildren(...links);
}

const reason = unsupported();
if (reason) {
  refuse(reason);
  find("drop").hidden = true;
} else {
  find("choose").onclick = () => find("pick").click();
  find("pick").onchange = () => take(find("pick").files);
  find("example").onclick = takeExample;
  find("diagnose").onclick = diagnose;
  find("cure").onclick = cure;
  find("convert").onclick = convert;
  find("stop").onclick = () => {
    find("stop").disabled = true;
    find("doing").textContent = "Stopping";
    stop();
  };
  const drop = find("drop");
  for (const kind of ["dragenter", "dragover"]) {
    addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) addEventListener(kind, () => drop.classList.remove("over"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer.files);
  });
  takeHanded();
}
