// Maps of the plane: what the network answers, and where each unit fires.

import { colours, parts, prepared } from "./colours.js";

let offscreen;

// Bytes over the plane as a picture: `words` holds the pixel for each of the 256 values.
function picture(bytes, grid, words) {
  offscreen ??= document.createElement("canvas");
  if (offscreen.width !== grid) offscreen.width = offscreen.height = grid;
  const context = offscreen.getContext("2d");
  const image = context.createImageData(grid, grid);
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < bytes.length; at++) pixels[at] = words[bytes[at]];
  context.putImageData(image, 0, 0);
  return offscreen;
}

// The pixels of colours: red, green, blue and full opacity, in this machine's order of bytes.
function pixels(shades) {
  return new Uint32Array(Uint8Array.from(shades.flatMap((shade) => [...shade, 255])).buffer);
}

// 256 colours through three: from the first over the middle one to the last.
function scale(first, middle, last, strength = 0.85) {
  const [from, over, to] = [first, middle, last].map(parts);
  return Array.from({ length: 256 }, (_, value) => {
    const part = value / 127.5 - 1;
    const end = part < 0 ? from : to;
    return over.map((channel, index) => Math.round(channel + (end[index] - channel) * Math.abs(part) * strength));
  });
}

// What the network answers, with the points that it learns from: squares for class 0, discs for class 1.
export function drawSurface(canvas, surface, { grid, reach }, points, values) {
  const { context, width, height } = prepared(canvas);
  const shades = scale(colours.zero, colours.surface, colours.one, 0.45);
  context.imageSmoothingEnabled = true;
  context.drawImage(picture(surface, grid, pixels(shades)), 0, 0, width, height);
  // The border, where the answer changes.
  border(context, surface, grid, width / grid);
  const radius = Math.max(2.2, width / 130);
  context.lineWidth = 1;
  context.strokeStyle = colours.surface;
  for (let at = 0; at < points.length; at += 3) {
    const [x, y, answer] = [points[at], points[at + 1], points[at + 2]];
    const [across, down] = [((x / reach + 1) / 2) * width, ((1 - y / reach) / 2) * height];
    context.beginPath();
    if (values) {
      const part = Math.max(0, Math.min(255, Math.round(127.5 * (answer + 1))));
      context.fillStyle = `rgb(${shades[part].join(" ")})`;
      context.strokeStyle = colours.text;
      context.arc(across, down, radius, 0, 7);
    } else {
      context.fillStyle = answer > 0.5 ? colours.one : colours.zero;
      if (answer > 0.5) context.arc(across, down, radius, 0, 7);
      else context.rect(across - radius * 0.9, down - radius * 0.9, 1.8 * radius, 1.8 * radius);
    }
    context.fill();
    context.stroke();
  }
}

function border(context, surface, grid, cell) {
  context.strokeStyle = colours.text;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      const here = surface[row * grid + column] > 127;
      if (column + 1 < grid && here !== surface[row * grid + column + 1] > 127) {
        context.moveTo((column + 1) * cell, row * cell);
        context.lineTo((column + 1) * cell, (row + 1) * cell);
      }
      if (row + 1 < grid && here !== surface[(row + 1) * grid + column] > 127) {
        context.moveTo(column * cell, (row + 1) * cell);
        context.lineTo((column + 1) * cell, (row + 1) * cell);
      }
    }
  }
  context.stroke();
}

// The pixels of units that live and of dead ones, made once for each colour scheme.
const made = {};

// Where a unit fires, from nothing at 0 to all at 255; or the picture that it likes, from darker than others
// at 0 over as they are to brighter at 255.
function unitPixels(dead, likes) {
  const [still, fires] = dead ? [colours.line, colours.muted] : [colours.pale, colours.accent];
  const name = `${still}${fires}${likes}`;
  if (!made[name]) {
    const shades = likes && !dead ? scale(colours.one, colours.pale, colours.zero) : scale(still, still, fires);
    made[name] = pixels(likes ? shades : shades.map((_, value) => shades[127 + Math.ceil(value / 2)]));
  }
  return made[name];
}

// A unit's map; a dead one is grey, and crossed out.
export function drawUnit(canvas, map, grid, dead, likes) {
  const { context, width, height } = prepared(canvas);
  context.imageSmoothingEnabled = !likes;
  context.drawImage(picture(map, grid, unitPixels(dead, likes)), 0, 0, width, height);
  if (dead) {
    context.strokeStyle = colours.dead;
    context.lineWidth = 2.5;
    context.beginPath();
    context.moveTo(4, 4);
    context.lineTo(width - 4, height - 4);
    context.moveTo(width - 4, 4);
    context.lineTo(4, height - 4);
    context.stroke();
  }
}
