// Figures as tables.

export function diagnosisTable(diagnosis) {
  const rows = diagnosis.layers.map((layer) => ({
    cells: [layer.name, operator(layer), layer.units, dead(layer.dead.length, layer.units), layer.dormant.length, layer.always_on.length],
    hurt: layer.dead.length > 0,
  }));
  rows.push({ cells: ["all", "", diagnosis.units, dead(diagnosis.dead, diagnosis.units), diagnosis.dormant, diagnosis.always_on] });
  return table("Units by layer", ["layer", "operator", "units", "dead", "dormant", "always on"], rows);
}

export function beforeAfterTable({ before, after }) {
  const rows = after.layers.map((layer, index) => ({
    cells: [layer.name, operator(layer), layer.units, dead(before.layers[index].dead.length, layer.units), dead(layer.dead.length, layer.units)],
    hurt: layer.dead.length > 0,
  }));
  rows.push({ cells: ["all", "", after.units, dead(before.dead, before.units), dead(after.dead, after.units)] });
  return table("Units by layer, before and after", ["layer", "operator", "units", "dead before", "dead after"], rows);
}

export function epochTable(epochs) {
  const metric = epochs[0]?.metric ?? "score";
  const rows = epochs.map(({ number, train_loss, validation_loss, score }) => ({
    cells: [number, figure(train_loss), figure(validation_loss), figure(score)],
  }));
  return table("Epochs", ["epoch", "training loss", "validation loss", `validation ${metric}`], rows);
}

const figure = (value) => (value === null ? "not a number" : value.toPrecision(4));

const dead = (part, whole) => `${part} (${whole ? ((100 * part) / whole).toFixed(1) : 0} %)`;

const operator = ({ op, alpha }) => (alpha ? `${op} ${Number(alpha.toPrecision(6))}` : op);

function table(caption, header, rows) {
  const element = document.createElement("table");
  element.createCaption().textContent = caption;
  const head = element.createTHead().insertRow();
  for (const [column, name] of header.entries()) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    if (name === "operator") cell.className = "word";
    head.append(cell);
    if (column === 0) cell.className = "word";
  }
  const body = element.createTBody();
  for (const { cells, hurt } of rows) {
    const row = body.insertRow();
    if (hurt) row.className = "hurt";
    for (const [column, value] of cells.entries()) {
      const cell = row.insertCell();
      cell.textContent = value;
      if (header[column] === "operator") cell.className = "word";
      if (header[column].startsWith("dead")) cell.className = "dead";
    }
  }
  const scroll = document.createElement("div");
  scroll.className = "table";
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", caption);
  scroll.append(element);
  return scroll;
}
