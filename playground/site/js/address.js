// What one sees, as the address: the settings that differ from the standard, and what was done since.
//
//     #shape=spiral&widths=8,8&do=t600,j200,t300,v0.01,fleaky-relu:0.01,t600
//
// Of what was done: t steps of training, j one step at this rate, r another learning rate, o another
// optimiser, f another rectifier (f1=elu:1 in layer 1 alone), v units revived for this slope.

const NUMBERS = ["noise", "samples", "alpha", "lr", "batch_size", "seed"];
const WORDS = ["shape", "rectifier", "initialization", "optimizer"];

// The most steps that an address may ask for: minutes, not hours.
const MOST_STEPS = 200_000;

export function written(settings, actions, standard) {
  const parts = [];
  for (const name of [...WORDS, ...NUMBERS]) {
    if (settings[name] !== standard[name]) parts.push(`${name}=${settings[name]}`);
  }
  if (String(settings.widths) !== String(standard.widths)) parts.push(`widths=${settings.widths.join(",")}`);
  if (settings.shape === "own") {
    parts.push(`own=${settings.own.map((point) => point.map((value) => Number(value.toFixed(2))).join("_")).join(",")}`);
  }
  const done = merged(actions);
  if (done.length) parts.push(`do=${done.map(code).join(",")}`);
  return parts.join("&");
}

// The settings and actions of an address; throws where it says something else.
export function read(text, standard) {
  const settings = { ...standard };
  let actions = [];
  for (const part of text.split("&").filter(Boolean)) {
    const at = part.indexOf("=");
    const name = part.slice(0, at);
    const value = decodeURIComponent(part.slice(at + 1));
    if (NUMBERS.includes(name)) settings[name] = number(value);
    else if (WORDS.includes(name)) settings[name] = value;
    else if (name === "widths") settings.widths = value.split(",").filter(Boolean).map(number);
    else if (name === "own") settings.own = value.split(",").filter(Boolean).map((point) => point.split("_").map(number));
    else if (name === "do") actions = value.split(",").filter(Boolean).map(action);
    else throw new Error(`the address says '${part}', which means nothing here`);
  }
  const steps = actions.reduce((sum, { steps }) => sum + (steps ?? 0), 0);
  if (steps > MOST_STEPS) throw new Error(`the address asks for ${steps} steps; at most ${MOST_STEPS} are made`);
  return { settings, actions };
}

// Trainings one after the other are one.
export function merged(actions) {
  const done = [];
  for (const action of actions) {
    const last = done.at(-1);
    if (action.do === "train" && last?.do === "train") last.steps += action.steps;
    else done.push({ ...action });
  }
  return done;
}

function code(action) {
  switch (action.do) {
    case "train":
      return `t${action.steps}`;
    case "jolt":
      return `j${action.lr}`;
    case "rate":
      return `r${action.lr}`;
    case "optimizer":
      return `o${action.name}`;
    case "rectify":
      return `f${action.layer === undefined ? "" : `${action.layer + 1}=`}${action.name}:${action.alpha}`;
    case "revive":
      return `v${action.alpha}`;
  }
}

function action(code) {
  const value = code.slice(1);
  switch (code[0]) {
    case "t":
      return { do: "train", steps: number(value) };
    case "j":
      return { do: "jolt", lr: number(value) };
    case "r":
      return { do: "rate", lr: number(value) };
    case "o":
      return { do: "optimizer", name: value };
    case "f": {
      const [, layer, name, alpha] = /^(?:(\d+)=)?([a-z-]+):(.+)$/.exec(value) ?? [];
      if (!name) break;
      return { do: "rectify", layer: layer && number(layer) - 1, name, alpha: number(alpha) };
    }
    case "v":
      return { do: "revive", alpha: number(value) };
  }
  throw new Error(`the address says '${code}', which means nothing here`);
}

function number(text) {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) throw new Error(`the address says '${text}' where a number is needed`);
  return value;
}
