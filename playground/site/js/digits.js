// Handwritten digits: what the network takes them for, and which it takes for which.

import { colours, parts, prepared } from "./colours.js";

// Rows and columns of a digit.
const SIZE = 8;
const CLASSES = 10;

// Digits side by side: each with what it is taken for beneath it, framed and crossed out where that is wrong.
// `samples` holds the pixels of each, and the digit; `named` what each is taken for.
export function drawDigits(canvas, samples, named) {
  const { context, width, height } = prepared(canvas);
  const side = Math.ceil(Math.sqrt(named.length));
  const [cell, tall] = [width / side, height / side];
  const pixel = Math.floor(Math.min(cell - 10, tall - 20)) / SIZE;
  const [ink, paper] = [parts(colours.text), parts(colours.surface)];
  context.textAlign = "center";
  context.font = "600 13px system-ui, sans-serif";
  for (const [place, answer] of named.entries()) {
    const start = place * (SIZE * SIZE + 1);
    const [left, top] = [(place % side) * cell + (cell - SIZE * pixel) / 2, Math.floor(place / side) * tall + 2];
    for (let at = 0; at < SIZE * SIZE; at++) {
      const part = Math.max(0, Math.min(1, samples[start + at]));
      context.fillStyle = `rgb(${paper.map((value, channel) => Math.round(value + (ink[channel] - value) * part)).join(" ")})`;
      context.fillRect(left + (at % SIZE) * pixel, top + Math.floor(at / SIZE) * pixel, pixel + 0.5, pixel + 0.5);
    }
    const wrong = answer !== samples[start + SIZE * SIZE];
    context.fillStyle = wrong ? colours.dead : colours.text;
    context.fillText(wrong ? `✗ ${answer}` : answer, left + (SIZE * pixel) / 2, top + SIZE * pixel + 13);
    context.strokeStyle = wrong ? colours.dead : colours.line;
    context.lineWidth = wrong ? 2 : 1;
    context.strokeRect(left, top, SIZE * pixel, SIZE * pixel);
  }
}

// How often each digit, by row, was taken for each, by column.
export function drawConfusion(canvas, confusion) {
  const { context, width, height } = prepared(canvas);
  const [left, top] = [22, 20];
  const [across, down] = [(width - left) / CLASSES, (height - top) / CLASSES];
  context.textAlign = "center";
  context.font = "12px system-ui, sans-serif";
  const ground = parts(colours.pale);
  for (let digit = 0; digit < CLASSES; digit++) {
    context.fillStyle = colours.muted;
    context.fillText(digit, left + (digit + 0.5) * across, 14);
    context.fillText(digit, 10, top + (digit + 0.5) * down + 4);
    const row = confusion.slice(digit * CLASSES, (digit + 1) * CLASSES);
    const all = Math.max(1, row.reduce((sum, count) => sum + count, 0));
    for (const [named, count] of row.entries()) {
      const full = parts(named === digit ? colours.zero : colours.one);
      const part = Math.sqrt(count / all) * 0.6;
      context.fillStyle = `rgb(${ground.map((value, channel) => Math.round(value + (full[channel] - value) * part)).join(" ")})`;
      context.fillRect(left + named * across, top + digit * down, across - 1, down - 1);
      if (!count) continue;
      context.fillStyle = colours.text;
      context.fillText(count, left + (named + 0.5) * across, top + (digit + 0.5) * down + 4);
    }
  }
}

// The same in words.
export function confusionTold(confusion) {
  const [all, right] = [0, 0].map((_, only) => confusion.filter((_, at) => !only || at % (CLASSES + 1) === 0).reduce((sum, count) => sum + count, 0));
  const wrong = confusion.map((count, at) => ({ count, digit: Math.floor(at / CLASSES), named: at % CLASSES })).filter(({ count, digit, named }) => count && digit !== named);
  const most = wrong.sort((a, b) => b.count - a.count).slice(0, 3).map(({ count, digit, named }) => `${digit} for ${named} ${count} times`);
  return `${right} of ${all} digits of the test are told right.${most.length ? ` Most often taken for another: ${most.join(", ")}.` : ""}`;
}
