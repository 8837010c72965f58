// The picture: boxes, frames and edges as SVG, and the numbers in them.

// What is shown and done at present; each part of the page changes its own.
const state = {
  view: "see", // or "play", "practise"
  chosen: null, // the unit whose paths are marked
  at: null, // the id of the box that has the keyboard
  edited: false,
  phase: null, // while playing: which numbers are known, {data(i), grad(i)}
  answers: new Map(), // while practising: whether the answer for a node was right
};

let tape;
let words;
let selection;
let layout;
let boxes = new Map(); // items by id, with their elements
let edges = []; // [element, link]

// --- what is known of a node

function showsData(i) {
  return !(tape.unknown[i] & 1) && (state.phase === null || state.phase.data(i));
}

function showsGrad(i) {
  if (tape.unknown[i] & 2) return false;
  if (state.phase !== null) return state.phase.grad(i);
  return state.view !== "practise" || i === tape.root || state.answers.get(i) === true;
}

const dataText = (i) => (showsData(i) ? short(tape.data[i]) : "?");
const gradText = (i) => `∂ ${showsGrad(i) ? short(tape.grad[i]) : "?"}`;

// The lines in a box, each with its class.
function linesOf(kind, unit) {
  switch (kind) {
    case "operation": {
      const label = words.label(unit);
      const title = label ? `${cut(label)} = ${words.formula(unit)}` : words.formula(unit);
      return [
        [cut(title, 36), "title"],
        [dataText(unit), "value"],
        [gradText(unit), "grad"],
      ];
    }
    case "leaf": {
      const label = words.label(unit);
      const title = label ? `${cut(label)} = ${dataText(unit)}` : dataText(unit);
      return [
        [title, "title"],
        [gradText(unit), "grad"],
      ];
    }
    case "group": {
      const list = selection.groups.get(unit);
      const known = list.every(showsGrad);
      return [
        [words.range(list), "title"],
        [list.every(showsData) ? span(list.map((i) => tape.data[i])) : "?", "value"],
        [`∂ ${known ? span(list.map((i) => tape.grad[i])) : "?"}`, "grad"],
      ];
    }
    case "scope": {
      const s = unit - tape.n;
      const [name, kind] = selection.scopes[s];
      const lines = [[cut(name || kind), "title"]];
      if (name && kind) lines.push([cut(kind), "grad"]);
      lines.push([count(selection.operations[s], "operation"), "grad"]);
      if (selection.parameters[s]) lines.push([count(selection.parameters[s], "parameter"), "grad"]);
      return lines;
    }
    case "chip":
      return [[chipText(unit), "title"]];
    default:
      return [[`… ${unit.count.toLocaleString("en")} more`, "grad"]];
  }
}

function chipText(unit) {
  if (typeof unit === "string") return words.range(selection.groups.get(unit));
  if (selection.isScope(unit)) return cut(words.scope(unit - tape.n));
  return cut(words.name(unit), 16);
}

const frameText = (s) =>
  [words.scopes[s][0], words.scopes[s][1]]
    .filter(Boolean)
    .map((t) => cut(t))
    .join(" · ");

// --- how large a box is

const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();
const FAMILY = getComputedStyle(document.body).fontFamily;
const LINE = 15;

function textWidth(text, kind) {
  const key = `${kind} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    const font = kind === "title" ? "600 12px " : kind === "grad" ? "11px " : "12px ";
    pen.font = font + FAMILY;
    width = pen.measureText(text).width;
    if (widths.size < 50000) widths.set(key, width);
  }
  return width;
}

// Room for the lines, and for what numbers may become when they are changed.
function sizes(kind, unit) {
  if (kind === "frame") return { w: textWidth(frameText(unit), "grad") + 44 };
  const lines = linesOf(kind, unit);
  let w = Math.max(...lines.map(([text, line]) => textWidth(text, line)));
  if (kind === "operation") w = Math.max(w, 64);
  if (kind === "leaf") w = Math.max(w, textWidth(`${cut(words.label(unit))} = −0.123`, "title"));
  w += kind === "chip" ? 16 : kind === "leaf" || kind === "group" ? 30 : 20;
  const h = kind === "chip" ? 20 : kind === "more" ? 22 : lines.length * LINE + 9;
  return { w: Math.ceil(w), h, lines };
}

// --- drawing

const laidOut = () => layOut(selection, sizes, selection.limit);

function draw(found = laidOut()) {
  layout = found;
  boxes = new Map();
  edges = [];
  const parts = document.createDocumentFragment();
  const frames = [...layout.frames.values()].sort((a, b) => words.line(a.scope).length - words.line(b.scope).length);
  for (const frame of frames) parts.append(drawFrame(frame));
  for (const link of layout.links) {
    const edge = svg("path", { class: "edge", d: pathOf(link.parts), "marker-end": "url(#tip)" });
    edges.push([edge, link]);
    parts.append(edge);
  }
  for (const item of layout.items.values()) parts.append(drawBox(item));
  $("world").replaceChildren(parts);
  const first = boxes.get(state.at) ?? boxes.get(selection.unit(tape.root)) ?? boxes.values().next().value;
  state.at = first.id;
  first.element.setAttribute("tabindex", "0");
  drawMap();
  refresh();
  markPaths();
}

function drawFrame(frame) {
  const odd = words.line(frame.scope).length % 2 ? "" : " odd";
  const title = frameText(frame.scope);
  const element = svg(
    "g",
    {
      class: `frame${odd}`,
      transform: `translate(${frame.x},${frame.y})`,
      role: "button",
      "aria-label": `fold ${title}`,
    },
    svg("rect", { width: frame.w, height: frame.h, rx: 8 }),
    svg("text", { x: 10, y: 17 }, `⊟ ${title}`),
  );
  element.addEventListener("click", (event) => {
    event.stopPropagation();
    if (!wasDragged()) toggleScope(frame.scope);
  });
  return element;
}

function drawBox(item) {
  const { kind, unit, w, h } = item;
  const role = roleOf(item);
  const result = unit === tape.root || (kind === "scope" && selection.unit(tape.root) === unit);
  const element = svg("g", {
    class: ["box", role, kind, result && kind !== "chip" ? "result" : ""].join(" "),
    transform: `translate(${item.x},${item.y})`,
    tabindex: "-1",
    role: "button",
    "aria-label": item.lines.map(([text]) => text).join(", "),
  });
  if (kind === "scope" || kind === "group") {
    const back = shapeOf(role, kind, w, h);
    back.setAttribute("class", "shadow");
    back.setAttribute("transform", "translate(4,4)");
    element.append(back);
  }
  element.append(shapeOf(role, kind, w, h));
  const first = kind === "chip" ? 14 : kind === "more" ? 15 : 17;
  item.texts = item.lines.map(([text, line], k) => svg("text", { class: line, x: w / 2, y: first + LINE * k }, text));
  element.append(...item.texts);
  element.addEventListener("pointerenter", () => hover(item));
  element.addEventListener("pointerleave", () => hover(null));
  element.addEventListener("click", (event) => {
    event.stopPropagation();
    if (!wasDragged()) activate(item);
  });
  element.addEventListener("focus", () => {
    state.at = item.id;
    if (state.chosen === null) ask(item);
  });
  item.element = element;
  boxes.set(item.id, item);
  return element;
}

// What a box is to the eye: "operation", "input", "parameter", "scope" or "more".
function roleOf({ kind, unit }) {
  if (kind === "more") return "more";
  if (selection.isScope(unit)) return "scope";
  if (!selection.isLeaf(unit)) return "operation";
  return words.parameter[selection.nodes(unit)[0]] ? "parameter" : "input";
}

function shapeOf(role, kind, w, h) {
  if (role === "parameter" && kind !== "chip")
    return svg("path", { class: "shape", d: `M9,0H${w - 9}L${w},${h / 2}L${w - 9},${h}H9L0,${h / 2}Z` });
  const round = role === "input" || role === "parameter" ? h / 2 : role === "scope" ? 3 : kind === "chip" ? 4 : 6;
  return svg("rect", { class: "shape", width: w, height: h, rx: round });
}

// A smooth line through points, which goes level into each, and around where it turns back.
function pathOf(parts) {
  let d = "";
  parts.forEach((points, part) => {
    d += `M${points[0][0]},${points[0][1]}`;
    for (let k = 1; k < points.length; k++) {
      const [x0, y0] = points[k - 1];
      let [x1, y1] = points[k];
      if (part === parts.length - 1 && k === points.length - 1) x1 -= 5; // for the arrow's head
      if (y0 === y1) d += `H${x1}`;
      else {
        const reach = Math.max(12, Math.abs(x1 - x0) / 2);
        const leave = k > 1 && points[k - 2][0] > x0 ? x0 - reach : x0 + reach;
        const arrive = k + 1 < points.length && points[k + 1][0] < x1 ? x1 + reach : x1 - reach;
        d += `C${leave},${y0} ${arrive},${y1} ${x1},${y1}`;
      }
    }
  });
  return d;
}

// --- numbers and edges, without new places

function refresh() {
  for (const item of boxes.values()) {
    item.lines = linesOf(item.kind, item.unit);
    item.lines.forEach(([text, kind], k) => {
      const element = item.texts[k];
      if (element.textContent === text) return;
      element.textContent = text;
      if (textWidth(text, kind) > item.w - 8) {
        element.setAttribute("textLength", item.w - 8);
        element.setAttribute("lengthAdjust", "spacingAndGlyphs");
      } else element.removeAttribute("textLength");
    });
    const answer = item.kind === "chip" ? undefined : state.answers.get(item.unit);
    item.element.classList.toggle("right", answer === true);
    item.element.classList.toggle("wrong", answer === false);
  }
  weighEdges();
  legend();
}

// --- marks

// The paths from what is chosen to the result.
function markPaths() {
  const unit = state.chosen;
  const on = new Set(unit === null ? [] : [unit]);
  if (unit !== null) {
    const users = new Map();
    for (const link of layout.links) if (!link.stub) put(users, link.tail, link.head);
    for (const at of on) for (const user of users.get(at) ?? []) on.add(user);
  }
  const heads = new Map(layout.links.map((link) => [link.from, link.head]));
  for (const item of boxes.values()) {
    const onPath = on.has(item.unit) && (item.kind !== "chip" || item.unit === unit || on.has(heads.get(item.id)));
    item.element.classList.toggle("chosen", unit !== null && item.unit === unit);
    item.element.classList.toggle("dim", unit !== null && !onPath);
  }
  for (const [edge, link] of edges)
    edge.classList.toggle("dim", unit !== null && !(on.has(link.tail) && on.has(link.head)));
}

function hover(item) {
  for (const box of boxes.values())
    box.element.classList.toggle("same", item !== null && box !== item && box.unit === item.unit);
  if (state.chosen === null && state.view === "see") ask(item);
}
