// The story in five steps. Each is an address like any other: what one sees can be linked to, and the
// page plays it to its end.

const NETWORK = "shape=spiral&samples=400&widths=16,16&seed=3";
const TOO_FAST = "lr=1";
// 300 steps at the learning rate of 1, then 0.01.
const KILLED = "t300,r0.01";

export const PRESETS = [
  {
    name: "A healthy network",
    told: "32 ReLU units learn to tell the two arms of a spiral apart, at a learning rate of 0.01. Each unit fires on its own part of the plane, and together they draw the border.",
    address: `${NETWORK}&do=t1000`,
  },
  {
    name: "Too large a rate",
    told: "The same network at a learning rate of 1: within a few steps the units are thrown below zero on every point. What is left of the answer is one number, the same everywhere.",
    address: `${NETWORK}&${TOO_FAST}&do=t300`,
  },
  {
    name: "Dead",
    told: "The rate is 0.01 again, which was good for the healthy network, and a thousand steps change nothing. A dead ReLU gives zero, so its gradient is zero, so it stays dead.",
    address: `${NETWORK}&${TOO_FAST}&do=${KILLED},t1000`,
  },
  {
    name: "The swap alone",
    told: "Leaky ReLU in place of ReLU, the weights as they were, and the same thousand steps: some units crawl back, more than half are still silent. The leak hands them a hundredth of the gradient, and they lie far below zero.",
    address: `${NETWORK}&${TOO_FAST}&do=${KILLED},fleaky-relu:0.01,t1000`,
  },
  {
    name: "Revive and leak",
    told: "First the dead units get fresh weights, centred on the points, and their hearers are muted, which moves no answer to any of them; then all leak; then the same thousand steps. Now the network learns the spiral as the healthy one did.",
    address: `${NETWORK}&${TOO_FAST}&do=${KILLED},v0.01,fleaky-relu:0.01,t1000`,
  },
];
