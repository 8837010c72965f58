// The panel: what there is to say of a box, or of the whole graph.
let live = []; // what follows the numbers while they are changed: functions that write it anew

// Show elements in the panel.
function say(...parts) {
  live = [];
  shares = null;
  $("side").replaceChildren(...parts.map((part) => (typeof part === "function" ? part() : part)).flat());
  $("side").scrollTop = 0;
}

// An element whose text is said again whenever numbers change.
function following(element, text) {
  const write = () => (element.textContent = text());
  write();
  live.push(write);
  return element;
}

function refreshPanel() {
  shares = null;
  for (const write of live) write();
}

const heading = (text) => el("h3", {}, text);
const faint = (text) => el("p", { class: "faint" }, text);
const linkTo = (text, i) => el("button", { class: "link", onclick: () => goTo(i) }, text);

const valueInFull = (i) => (showsData(i) ? exact(tape.data[i]) : unknownWord(i, 1));
const gradInFull = (i) => (showsGrad(i) ? exact(tape.grad[i]) : unknownWord(i, 2));
const unknownWord = (i, bit) => (tape.unknown[i] & bit ? "cannot be known here" : "?");

// Say what a box is, or what all is if there is none.
function ask(item = null) {
  if (item === null || item.kind === "more") {
    say(() => overview());
    return;
  }
  const unit = item.unit;
  if (typeof unit === "string") say(() => aboutGroup(selection.groups.get(unit)));
  else if (selection.isScope(unit)) say(() => aboutScope(unit - tape.n));
  else say(() => about(unit));
}

function aboutGroup(list) {
  const shown = list.slice(0, 100);
  const more = list.length - shown.length;
  return [
    el("h2", {}, words.range(list)),
    faint("Click the box once more to draw them apart."),
    ...shown.map(changer),
    ...(more ? [faint(`and ${more.toLocaleString("en")} more`)] : []),
  ];
}

function aboutScope(s) {
  const [name, kind] = selection.scopes[s];
  const inside = [count(selection.operations[s], "operation"), count(selection.parameters[s], "parameter")];
  return [
    el("h2", {}, plain(name || kind)),
    el("p", {}, [kind, ...inside].filter(Boolean).map(plain).join(" · ")),
    faint("Click the box to open it."),
  ];
}

// --- one node

function about(i) {
  const leaf = tape.isLeaf(i);
  const label = plain(words.label(i));
  const title = leaf ? label || "a number" : [label, words.formula(i)].filter(Boolean).join(" = ");
  const parts = [el("h2", {}, title), facts(i)];
  if (state.view === "practise") parts.push(...question(i));
  if (leaf) parts.push(changer(i));
  else parts.push(...localDerivatives(i));
  if (i !== tape.root) parts.push(...chainRule(i));
  return parts;
}

function facts(i) {
  const list = el("dl", {});
  const add = (term, element) => list.append(el("dt", {}, term), element);
  add(
    "value",
    following(el("dd", { class: "number", id: "value" }), () => valueInFull(i)),
  );
  add(
    "gradient",
    following(el("dd", { class: "number", id: "gradient" }), () => gradInFull(i)),
  );
  add("kind", el("dd", {}, plain(words.kind(i))));
  const around = words.line(selection.home[i]).map((s) => plain(words.scope(s)));
  if (around.length) add("in", el("dd", {}, around.join(" › ")));
  const line = page.lines[i];
  if (line) {
    const [file, number, code] = line;
    const name = plain(page.files[file]).split(/[\\/]/).at(-1);
    add("line", el("dd", {}, `${name}, ${number}`, el("code", { title: plain(page.files[file]) }, plain(code))));
  }
  return list;
}

const MOST_ROWS = 40;

function localDerivatives(i) {
  const table = el("table", {}, headOf("operand", "value", "∂ out / ∂ it"));
  const operands = [...tape.operands(i)].slice(0, MOST_ROWS);
  operands.forEach((a, j) => {
    table.append(
      el(
        "tr",
        {},
        el("td", {}, a < 0 ? "constant" : linkTo(words.name(a), a)),
        following(el("td", { class: "number" }), () => (a < 0 || showsData(a) ? short(tape.value(a), 6) : "?")),
        following(el("td", { class: "number" }), () => partialText(tape.partials(i)[j])),
      ),
    );
  });
  const left = tape.operands(i).length - operands.length;
  const doc = plain(words.row(i).doc.replace(/`+/g, ""));
  return [
    heading("Operands and local derivatives"),
    table,
    ...(left ? [faint(`and ${left.toLocaleString("en")} more`)] : []),
    ...(doc ? [faint(doc)] : []),
  ];
}

const partialText = (x) => (x === null ? "none" : x !== x ? "nan" : short(x, 6));

function headOf(...names) {
  return el("tr", {}, ...names.map((name) => el("th", { scope: "col" }, name)));
}

let shares = null; // of the node that is spoken of, until numbers change

function sharesOf(i) {
  if (shares?.i !== i) shares = { i, list: tape.shares(i) };
  return shares.list;
}

// The chain rule for a node: what each use of it hands on, and the sum.
function chainRule(i) {
  const result = cut(words.label(tape.root) || "result", 12);
  const parts = [heading(`Chain rule: ∂ ${result} / ∂ ${cut(words.label(i) || "it", 12)}`)];
  const uses = sharesOf(i);
  if (!uses.length) return [...parts, faint("Nothing hands a gradient to it.")];
  const table = el("table", {}, headOf("used by", "its gradient × local", "= share"));
  for (const { user, place } of uses.slice(0, MOST_ROWS)) {
    const now = () => sharesOf(i).find((use) => use.user === user && use.place === place);
    const product = () => {
      const use = now();
      if (!use) return "none";
      return `${showsGrad(user) ? short(tape.grad[user]) : "?"} × ${hidesLocal(i) ? "?" : short(use.local)}`;
    };
    const row = el("tr", {}, el("td", {}, linkTo(words.name(user), user)));
    row.append(following(el("td", { class: "number" }), product));
    row.append(following(el("td", { class: "number" }), () => (showsGrad(i) && now() ? short(now().share) : "?")));
    table.append(row);
  }
  const total = el("tr", { class: "total" }, el("td", {}, "sum"), el("td", {}));
  total.append(following(el("td", { class: "number" }), () => (showsGrad(i) ? short(tape.grad[i]) : "?")));
  table.append(total);
  parts.push(table);
  if (uses.length > MOST_ROWS) parts.push(faint(`and ${(uses.length - MOST_ROWS).toLocaleString("en")} more uses`));
  return state.view === "practise" ? parts : [...parts, ...pathsTo(i, result)];
}

// While one practises, the local derivative is part of the question.
const hidesLocal = (i) => state.view === "practise" && !showsGrad(i);

// --- paths to the result

const MOST_PATHS = 8;
const LONG = 1000; // the steps of a path from which on it is not multiplied out

function pathsTo(i, result) {
  const total = pathCounts()[i];
  if (!total) return [];
  const paths = total <= MOST_PATHS ? allPaths(i) : [heaviestPath(i)];
  const intro =
    total <= MOST_PATHS
      ? `${count(total, "path")} to ${result}: products of local derivatives`
      : `${short(total, 6)} paths to ${result}; the heaviest:`;
  return [heading(intro), ...paths.map((path) => el("p", { class: "path" }, ...pathParts(path)))];
}

function pathParts(path) {
  const shown = path.length > 9 ? [...path.slice(0, 4), null, ...path.slice(-4)] : path;
  const names = shown.flatMap((step) => (step === null ? [" → …"] : [" → ", linkTo(words.name(step.user), step.user)]));
  const now = () => path.map((step) => tape.partials(step.user)[step.place] ?? 0);
  if (path.length > LONG) return [...names.slice(1), el("br"), `${path.length.toLocaleString("en")} steps`];
  const product = following(el("span", { class: "number" }), () => {
    const locals = now();
    const factors = locals.length > 9 ? [...locals.slice(0, 4), null, ...locals.slice(-4)] : locals;
    const text = factors.map((x) => (x === null ? "…" : short(x, 3))).join(" × ");
    return `${text} = ${short(locals.reduce((p, x) => p * x, tape.seed))}`;
  });
  return [...names.slice(1), el("br"), product];
}

let pathsFrom = null; // how many paths lead from each node to the root
let pathsRoot = -1;

function pathCounts() {
  if (pathsRoot === tape.root) return pathsFrom;
  pathsRoot = tape.root;
  pathsFrom = new Float64Array(tape.n);
  pathsFrom[tape.root] = 1;
  for (let i = tape.root; i >= 0; i--) {
    if (!pathsFrom[i]) continue;
    for (const a of tape.operands(i)) if (a >= 0) pathsFrom[a] += pathsFrom[i];
  }
  return pathsFrom;
}

// Each use of node i that leads to the result: {user, place}, its place among the user's operands.
function usesTowardsResult(i) {
  const uses = [];
  for (const user of tape.usersOf(i)) {
    if (!pathCounts()[user]) continue;
    tape.operands(user).forEach((a, place) => a === i && uses.push({ user, place }));
  }
  return uses;
}

function allPaths(i) {
  const done = [];
  const open = [null]; // paths as lists from their ends: {use, before}
  while (open.length) {
    const path = open.pop();
    const at = path === null ? i : path.use.user;
    if (at === tape.root) done.push(inOrder(path));
    else for (const use of usesTowardsResult(at)) open.push({ use, before: path });
  }
  return done;
}

function inOrder(path) {
  const steps = [];
  for (; path !== null; path = path.before) steps.push(path.use);
  return steps.reverse();
}

// At each node the use that hands on most.
function heaviestPath(i) {
  const path = [];
  const known = new Map();
  const local = ({ user, place }) => {
    if (!known.has(user)) known.set(user, tape.partials(user));
    return known.get(user)[place] ?? 0;
  };
  for (let at = i; at !== tape.root; at = path.at(-1).user) {
    let most = -1;
    let best = null;
    for (const use of usesTowardsResult(at)) {
      const weight = Math.abs(tape.grad[use.user] * local(use));
      if (weight > most || best === null) [most, best] = [weight, use];
    }
    path.push(best);
  }
  return path;
}

// --- the whole graph

function overview() {
  const title = el("h2", {}, plain(words.label(tape.root) || "result"));
  const facts = el("dl", {}, el("dt", {}, "value"));
  facts.append(following(el("dd", { class: "number", id: "value" }), () => valueInFull(tape.root)));
  const parts = [title, facts];
  if (state.view === "practise") return [...parts, ...progress(), ...notes()];
  if (state.view === "play") return [el("div", { id: "told" }), ...parts, ...notes()];
  return [...parts, ...changers(), ...notes()];
}

// What this page cannot know, and what to do.
function notes() {
  const parts = [];
  for (const [i, now, many] of page.stale.slice(0, 5)) {
    const was =
      many > 1
        ? "had several numbers while this was computed"
        : `was ${exact(tape.python.data[i])} when this was computed`;
    parts.push(
      `${words.label(i) ? cut(words.label(i)) : "A leaf"} ${was}, and is ${exact(number(now))} in Python now. Compute it again to see that.`,
    );
  }
  if (page.stale.length > 5)
    parts.push(`${count(page.stale.length - 5, "other leaf")} changed too.`.replace("leafs", "leaves"));
  const opaque = tape.rows.filter((_, k) => tape.rules[k] === null).map((row) => plain(row.name));
  if (opaque.length)
    parts.push(
      `${opaque.join(", ")}: written in Python alone. What is computed from it cannot be known here once its operands change; call explore again with the new numbers.`,
    );
  for (const [file, line] of page.decisions.slice(0, 5))
    parts.push(
      `Python asked for a number in ${plain(file).split(/[\\/]/).at(-1)}, line ${line}, and went on as it told. That stays so here; call explore with other numbers to see the other way.`,
    );
  if (!parts.length && !page.decisions.length)
    return [
      faint("The page computes this graph again, not the Python that made it: an if that was decided stays decided."),
    ];
  return [heading("What this page cannot know"), ...parts.map((text) => el("p", { class: "note" }, text))];
}
