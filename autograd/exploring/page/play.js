// Forward and backward step by step: each box that computes, or hands its gradient on, is one step.
const PACES = [
  ["slow", 1600],
  ["medium", 800],
  ["fast", 250],
];
let steps = []; // {item, nodes}
let at = 0; // how many steps are done
let backward = true;
let timer = null;

function startPlaying(back = true) {
  backward = back;
  stopTimer();
  steps = [...boxes.values()]
    .filter((item) => item.kind === "operation" || item.kind === "scope")
    .map((item) => ({ item, nodes: selection.nodes(item.unit) }))
    .sort((a, b) => (a.nodes.at(-1) - b.nodes.at(-1)) * (backward ? -1 : 1));
  $("forward").setAttribute("aria-pressed", !backward);
  $("backward").setAttribute("aria-pressed", backward);
  $("step").max = steps.length;
  ask();
  stepTo(0, false);
}

function stopPlaying() {
  stopTimer();
  state.phase = null;
  for (const item of boxes.values()) item.element.classList.remove("now");
  for (const [edge] of edges) edge.classList.remove("flow");
}

// Show what is known after so many steps.
function stepTo(k, moves = true) {
  at = Math.max(0, Math.min(steps.length, k));
  const done = new Set();
  for (const step of steps.slice(0, at)) for (const i of step.nodes) done.add(i);
  state.phase = backward
    ? { data: () => true, grad: (i) => i === tape.root || hasAll(i, done) || done.has(i) }
    : { data: (i) => tape.isLeaf(i) || done.has(i) || !isShown(i), grad: () => false };
  const step = at ? steps[at - 1] : null;
  for (const item of boxes.values()) item.element.classList.toggle("now", item === step?.item);
  for (const [edge, link] of edges) edge.classList.toggle("flow", step !== null && link.to === step.item.id);
  $("world").classList.toggle("back", backward);
  refresh();
  $("step").value = at;
  $("steps").textContent = `${at} / ${steps.length}`;
  $("told")?.replaceChildren(...tell(step));
  if (step && moves) reveal(step.item);
}

const isShown = (i) => boxes.has(selection.unit(i));

// Whether a node has got the gradient of all its uses that take part.
function hasAll(i, done) {
  const users = tape.usersOf(i).filter((user) => tape.reached[user] && isShown(user));
  return users.length > 0 && users.every((user) => done.has(user));
}

// What happens in a step, in words.
function tell(step) {
  const line = (text, kind = "") => el("p", { class: kind }, text);
  const result = words.name(tape.root);
  if (step === null)
    return [
      line(
        backward
          ? `Start at ${result}: its gradient is ${short(tape.seed)}.`
          : "Start with the leaves: their numbers are given.",
        "strong",
      ),
    ];
  if (step.item.kind === "scope") {
    const name = cut(words.scope(step.item.unit - tape.n));
    return [line(backward ? `${name} hands its gradients on.` : `${name} computes.`, "strong")];
  }
  const i = step.item.unit;
  return backward ? tellBackward(i, line) : tellForward(i, line);
}

function tellForward(i, line) {
  const values = Array.from(tape.operands(i).slice(0, 12), (a) => short(tape.value(a)));
  return [
    line(`${words.name(i)} computes ${dataText(i)}`, "strong"),
    line(
      `${plain(words.row(i).name)}(${values.join(", ")}${tape.operands(i).length > 12 ? ", …" : ""}) = ${dataText(i)}`,
      "number",
    ),
  ];
}

function tellBackward(i, line) {
  if (!tape.reached[i]) return [line(`${words.name(i)} gets no gradient, and hands on none.`, "strong")];
  const given = short(tape.grad[i]);
  const lines = [line(`${words.name(i)} hands on ${given}`, "strong")];
  const partials = tape.partials(i);
  const seen = new Set();
  const operands = tape.operands(i);
  for (const a of operands) {
    if (a < 0 || seen.has(a) || seen.size >= 12) continue;
    seen.add(a);
    const locals = partials.filter((local, j) => operands[j] === a && local !== null);
    if (!locals.length) {
      lines.push(line(`to ${words.name(a)}: nothing, the other branch was taken`));
      continue;
    }
    const before = gradientBefore(a, i);
    const terms = locals.map((local) => `${given} × ${short(local)}`).join(" + ");
    const after = locals.reduce((sum, local) => sum + tape.grad[i] * local, before ?? 0);
    lines.push(
      line(`to ${words.name(a)}: ${before === null ? "" : `${short(before)} + `}${terms} = ${short(after)}`, "number"),
    );
  }
  if (new Set(operands).size > seen.size + (operands.some((a) => a < 0) ? 1 : 0)) lines.push(line("and so on"));
  return lines;
}

// What users later in the graph handed to a node before user i did; null if none has.
function gradientBefore(a, i) {
  const earlier = tape.shares(a).filter((share) => share.user > i);
  return earlier.length ? earlier.reduce((sum, share) => sum + share.share, 0) : null;
}

// --- at a pace

function stopTimer() {
  clearInterval(timer);
  timer = null;
  $("run").textContent = "▶ Play";
}

function run() {
  if (timer !== null) {
    stopTimer();
    return;
  }
  if (at === steps.length) stepTo(0);
  $("run").textContent = "❚❚ Pause";
  timer = setInterval(
    () => {
      if (at === steps.length) stopTimer();
      else stepTo(at + 1);
    },
    Number($("pace").value),
  );
}

function listenToPlayer() {
  for (const [name, ms] of PACES) $("pace").append(el("option", { value: ms }, name));
  $("pace").value = 800;
  $("pace").addEventListener("change", () => {
    if (timer === null) return;
    stopTimer();
    run();
  });
  $("run").addEventListener("click", run);
  const go = (id, to) =>
    $(id).addEventListener("click", () => {
      stopTimer();
      stepTo(to());
    });
  go("first", () => 0);
  go("previous", () => at - 1);
  go("next", () => at + 1);
  go("last", () => steps.length);
  $("step").addEventListener("input", () => {
    stopTimer();
    stepTo(Number($("step").value));
  });
  $("forward").addEventListener("click", () => startPlaying(false));
  $("backward").addEventListener("click", () => startPlaying(true));
}
