// The learning curve as a drawing: accuracy with its interval, by the number of labels.

import { figure, say } from "./say.mjs";
import { percent } from "./view.mjs";

const WIDTH = 420, HEIGHT = 210, LEFT = 44, RIGHT = 12, TOP = 12, BOTTOM = 34;

function shape(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

/** The drawing of points `{ labels, value, low, high }`, each with about twice the labels of the one before. */
export function drawCurve(points) {
  const floor = Math.floor(Math.min(...points.map(({ low }) => low), 0.8) * 5) / 5, first = Math.log(points[0].labels), last = Math.log(points.at(-1).labels);
  const x = ({ labels }) => LEFT + (last > first ? (Math.log(labels) - first) / (last - first) : 0.5) * (WIDTH - LEFT - RIGHT);
  const y = (share) => TOP + ((1 - share) / (1 - floor)) * (HEIGHT - TOP - BOTTOM);
  const at = (point, share) => `${x(point).toFixed(1)},${y(share).toFixed(1)}`;
  const drawing = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${say("curve")}: ${points.map(({ labels, value }) => `${figure(labels)}: ${percent(value)}`).join(", ")}` });
  for (let share = 1; share >= floor - 1e-9; share -= (1 - floor) / 4) {
    drawing.append(shape("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(share), y2: y(share) }), shape("text", { x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, `${Math.round(100 * share)}`));
  }
  drawing.append(shape("polygon", { class: "band", points: [...points.map((point) => at(point, point.high)), ...points.toReversed().map((point) => at(point, point.low))].join(" ") }));
  drawing.append(shape("polyline", { class: "line", points: points.map((point) => at(point, point.value)).join(" ") }));
  for (const point of points) {
    drawing.append(shape("circle", { class: "dot", cx: x(point), cy: y(point.value), r: 3.5 }), shape("text", { x: x(point), y: HEIGHT - 16, "text-anchor": "middle" }, figure(point.labels)));
  }
  drawing.append(shape("text", { x: WIDTH - RIGHT, y: HEIGHT - 2, "text-anchor": "end" }, say("curve_labels")));
  return drawing;
}
