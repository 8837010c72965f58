// The bar, the keys, and what happens when the page is opened.
const measured = {}; // milliseconds, for whoever asks
let page;

// --- what a click on a box does

function activate(item) {
  const { kind, unit } = item;
  if (kind === "more") showMore(unit);
  else if (selection.isScope(unit)) kind === "chip" ? focusOn(boxes.get(unit)) : toggleScope(unit - tape.n);
  else if (kind === "group" && state.chosen === unit) {
    for (const i of selection.groups.get(unit)) selection.split.add(i);
    state.chosen = null;
    redraw();
  } else if (state.chosen === unit && state.view === "see") choose(null);
  else choose(unit, item);
}

// Mark the paths of a unit, and say what it is.
function choose(unit, item = boxes.get(unit)) {
  state.chosen = unit;
  markPaths();
  if (state.view !== "play" || unit !== null) ask(unit === null ? null : item);
  if (state.view === "play" && unit === null) stepTo(at, false);
}

function toggleScope(s) {
  selection.toggle(s);
  state.chosen = null;
  const before = boxes.get(state.at);
  const place = before && [before.x * camera.scale + camera.x, before.y * camera.scale + camera.y];
  state.at = tape.n + s;
  redraw();
  const inside = boxes.get(state.at) ?? [...boxes.values()].find((item) => words.line(item.scope).includes(s));
  if (!inside) return;
  if (place) moveCamera(place[0] - inside.x * camera.scale, place[1] - inside.y * camera.scale);
  if (scaleToFit() >= READABLE) fit();
  focusOn(inside);
}

// Show all operands of a unit, or what is around it if that shows no more.
function showMore(stub) {
  const before = boxes.size;
  selection.spread.add(stub.unit);
  redraw();
  if (boxes.size <= before) lookFrom(stub.unit);
}

// Show what is around a unit instead of what is around the result.
function lookFrom(unit) {
  const nodes = selection.nodes(unit);
  selection.focus = nodes.at(-1);
  redraw();
  fit();
}

function redraw() {
  if (state.view === "play") stopPlaying();
  draw();
  moveCamera(camera.x, camera.y);
  if (state.view === "play") startPlaying(backward);
  else ask(state.chosen === null ? null : boxes.get(state.chosen));
}

function focusOn(item) {
  if (!item) return;
  for (const box of boxes.values()) box.element.setAttribute("tabindex", "-1");
  item.element.setAttribute("tabindex", "0");
  state.at = item.id;
  item.element.focus({ preventScroll: true });
  reveal(item);
}

// Go to a node wherever it is: open the scopes around it, or look from it.
function goTo(i) {
  const around = words.line(selection.home[i]);
  if (around.some((s) => !selection.open.has(s))) {
    for (const s of around) selection.open.add(s);
    redraw();
  }
  let item = boxOf(i);
  if (!item) {
    selection.focus = tape.isLeaf(i) ? (tape.usersOf(i)[0] ?? i) : i;
    redraw();
    fit();
    item = boxOf(i);
  }
  if (!item) return;
  focusOn(item);
  choose(item.unit, item);
}

function boxOf(i) {
  return (
    boxes.get(selection.unit(i)) ??
    [...boxes.values()].find((item) => item.kind === "group" && selection.groups.get(item.unit).includes(i))
  );
}

// --- views

function show(view) {
  if (state.view === "play") stopPlaying();
  state.view = view;
  state.answers.clear();
  state.chosen = null;
  for (const name of ["see", "play", "practise"]) $(name).setAttribute("aria-pressed", name === view);
  $("player").classList.toggle("gone", view !== "play");
  markPaths();
  refresh();
  if (view === "play") startPlaying();
  else ask();
  fit(); // the player takes room
}

// --- searching

let hits = [];
let hit = -1;

function search(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return;
  const found = Object.keys(page.labels).map(Number);
  const full = (i) => words.full(i, selection.home[i]).toLowerCase();
  const matches = found.filter((i) => full(i).includes(wanted));
  const exactly = matches.filter((i) => page.labels[i].toLowerCase() === wanted);
  hits = [...new Set([...exactly, ...matches])].slice(0, 500);
}

function listenToSearch() {
  const field = $("search");
  field.addEventListener("input", () => {
    hits = [];
    hit = -1;
    $("found").textContent = "";
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      field.value = "";
      $("found").textContent = "";
      focusOn(boxes.get(state.at));
    }
    if (event.key !== "Enter") return;
    if (!hits.length) search(field.value);
    if (!hits.length) {
      $("found").textContent = "not found";
      return;
    }
    hit = (hit + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
    $("found").textContent = `${hit + 1} of ${hits.length}`;
    goTo(hits[hit]);
    field.focus();
  });
}

// --- keys

const KEYS = {
  "+": () => zoom(1.3),
  "=": () => zoom(1.3),
  "-": () => zoom(1 / 1.3),
  f: () => $("fit").click(),
  "/": () => $("search").focus(),
  "]": () => state.view === "play" && $("next").click(),
  "[": () => state.view === "play" && $("previous").click(),
  p: () => state.view === "play" && run(),
  Escape: () => choose(null),
};

function listenToKeys() {
  addEventListener("keydown", (event) => {
    if (event.target.matches?.("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const item = boxes.get(state.at);
    const inGraph = item && document.activeElement?.closest("#world");
    const action = KEYS[event.key] ?? (inGraph ? boxKey(event.key, item) : null);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

// What a key does at a box: arrows walk along edges, Enter opens or chooses, Backspace folds the module around.
function boxKey(key, item) {
  if (key === "Enter" || key === " ") return () => activate(item);
  if (key === "Backspace" && item.scope >= 0) return () => toggleScope(item.scope);
  const middle = (box) => box.y + box.h / 2;
  const level = (items) =>
    items
      .filter(Boolean)
      .reduce((a, b) => (a && Math.abs(middle(a) - middle(item)) <= Math.abs(middle(b) - middle(item)) ? a : b), null);
  let to = null;
  if (key === "ArrowLeft")
    to = level(layout.links.filter((link) => link.to === item.id).map((link) => boxes.get(link.from)));
  if (key === "ArrowRight")
    to = level(layout.links.filter((link) => link.from === item.id).map((link) => boxes.get(link.to)));
  if (key === "ArrowUp" || key === "ArrowDown") {
    const sign = key === "ArrowUp" ? -1 : 1;
    const cost = (box) => 2 * Math.abs(box.x + box.w / 2 - item.x - item.w / 2) + Math.abs(box.y - item.y);
    const others = [...boxes.values()].filter((box) => box !== item && (box.y - item.y) * sign > 0);
    to = others.reduce((a, b) => (a && cost(a) <= cost(b) ? a : b), null);
  }
  return to && (() => focusOn(to));
}

// --- the bar

function listenToBar() {
  $("fit").addEventListener("click", () => {
    if (selection.focus !== tape.root) {
      selection.focus = tape.root;
      redraw();
    }
    fit();
  });
  $("larger").addEventListener("click", () => zoom(1.3));
  $("smaller").addEventListener("click", () => zoom(1 / 1.3));
  const folded = (fold) => () => {
    state.chosen = null;
    selection.focus = tape.root;
    fold();
    redraw();
    fit();
  };
  $("fold").addEventListener(
    "click",
    folded(() => selection.open.clear()),
  );
  $("unfold").addEventListener(
    "click",
    folded(() => selection.unfold(selection.limit)),
  );
  if (!selection.scopes.length) for (const id of ["fold", "unfold"]) $(id).classList.add("gone");
  for (const view of ["see", "play", "practise"]) $(view).addEventListener("click", () => show(view));
  $("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark =
      root.dataset.theme === "dark" ||
      (root.dataset.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
  });
  if (page.roots.length < 2) return;
  const choice = $("root");
  choice.classList.remove("gone");
  page.roots.forEach((root, k) =>
    choice.append(
      el(
        "option",
        { value: root },
        `gradient of ${words.label(root) ? cut(words.label(root), 16) : `result ${k + 1}`}`,
      ),
    ),
  );
  choice.addEventListener("change", () => {
    tape.root = selection.focus = Number(choice.value);
    tape.backward();
    state.chosen = null;
    state.answers.clear();
    redraw();
    fit();
  });
}

// Open as many scopes as fit at some scale, with ever fewer boxes; if that is never so, the fewest.
function unfoldToFit(scale) {
  let found;
  for (const budget of [60, 36, 18, 9, 1]) {
    selection.unfold(budget);
    found = laidOut();
    if (!selection.scopes.length || scaleToFit(found) >= scale) break;
  }
  return found;
}

// --- opening

async function read() {
  const data = $("data");
  if (data.dataset.coding !== "gzip") return JSON.parse(data.textContent);
  const stream = new Blob([bytes(data.textContent)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

async function start() {
  const began = performance.now();
  page = await read();
  tape = new Tape(page, RULES);
  words = new Words(tape, page);
  selection = new Selection(tape, words, page);
  measured.read = performance.now() - began;
  draw(unfoldToFit(0.5));
  listenToBar();
  listenToPointers();
  listenToPlayer();
  listenToSearch();
  listenToKeys();
  show(page.view);
  $("svg").addEventListener("click", () => !wasDragged() && choose(null));
  addEventListener("resize", fit);
  measured.drawn = performance.now() - began;
  requestAnimationFrame(() =>
    setTimeout(() => {
      measured.painted = performance.now();
      checkAgainstPython();
      measured.ready = true;
    }, 0),
  );
}

start();
