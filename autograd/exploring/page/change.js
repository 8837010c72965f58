// Other numbers for the leaves: forward and backward run here, by the rules of the table.
let pending = false;
let tookMs = 0;

// A leaf's name, a slider and a field.
function changer(i) {
  const was = tape.python.data[i];
  const usable = Number.isFinite(was);
  const reach = Math.max(1, 2 * Math.abs(was));
  const name = words.full(i, selection.home[i]) || "value";
  const title = el("button", { class: "link name", title: name, onclick: () => goTo(i) }, tail(name, 15));
  if (!usable) return el("div", { class: "changer" }, title, el("span", { class: "number" }, exact(was)));
  const shared = { "aria-label": `value of ${name}`, step: "any" };
  const slider = el("input", { type: "range", min: was - reach, max: was + reach, ...shared });
  const field = el("input", { type: "number", ...shared });
  slider.addEventListener("input", () => {
    field.value = String(Number(Number(slider.value).toPrecision(6)));
    change(i, Number(field.value));
  });
  field.addEventListener("input", () => {
    const x = Number(field.value);
    if (field.value === "" || !Number.isFinite(x)) return;
    slider.value = field.value;
    change(i, x);
  });
  live.push(() => {
    for (const input of [slider, field])
      if (document.activeElement !== input)
        input.value = input === field ? String(Number(tape.data[i].toPrecision(6))) : tape.data[i];
  });
  live.at(-1)();
  return el("div", { class: "changer" }, title, slider, field);
}

const tail = (text, limit) => ([...text].length > limit ? `…${[...text].slice(1 - limit).join("")}` : text);

// Give a leaf another number; everything is computed again before the next picture.
function change(i, x) {
  tape.data[i] = x;
  state.edited = true;
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    const began = performance.now();
    tape.recompute();
    tookMs = performance.now() - began;
    state.answers.clear();
    refresh();
    refreshPanel();
    measured.edit = { compute: tookMs, all: performance.now() - began };
  });
}

// Python's numbers again.
function reset() {
  tape.reset();
  state.edited = false;
  state.answers.clear();
  refresh();
  ask(boxes.get(state.chosen));
}

const MOST_CHANGERS = 24;
let named = null; // the leaves with names, inputs before parameters

function changers() {
  if (named === null) {
    named = [];
    for (let i = 0; i < tape.n && named.length < 5000; i++) if (tape.isLeaf(i) && words.label(i)) named.push(i);
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    const full = new Map(named.map((i) => [i, words.full(i, selection.home[i])]));
    named.sort((a, b) => words.parameter[a] - words.parameter[b] || compare(full.get(a), full.get(b)));
  }
  const status = el("span", { class: "faint" });
  const button = el("button", { id: "reset", onclick: reset }, "Python's numbers");
  live.push(() => {
    status.textContent = state.edited ? `computed here in ${tookMs.toFixed(1)} ms ` : "";
    button.classList.toggle("gone", !state.edited);
  });
  live.at(-1)();
  const shown = named.slice(0, MOST_CHANGERS);
  const more = named.length - shown.length;
  return [
    heading("Change the leaves"),
    ...shown.map(changer),
    ...(more > 0 ? [faint(`and ${more.toLocaleString("en")} more: find them by name`)] : []),
    ...(named.length ? [] : [faint("No leaf has a name: click one.")]),
    el("p", {}, status, button),
  ];
}

// --- the page's own numbers against Python's

const AGREED = 1e-9;

// Compute all anew, compare, and leave Python's numbers in place.
function checkAgainstPython() {
  tape.recompute();
  let worst = 0;
  let at = -1;
  const compare = (mine, python) => {
    for (let i = 0; i < tape.n; i++) {
      const [a, b] = [mine[i], python[i]];
      if (Object.is(a, b) || a === b) continue;
      const apart = Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), 1e-300);
      if (!(apart <= worst)) [worst, at] = [apart, i];
    }
  };
  compare(tape.data, tape.python.data);
  compare(tape.grad, tape.python.grad);
  tape.reset();
  state.agreement =
    worst <= AGREED
      ? `agrees with Python to ${worst === 0 ? "the last bit" : short(worst, 1)}`
      : `differs from Python at ${words.name(at)}: a hook, or a leaf that changed on the way?`;
  measured.worst = worst;
  legend();
}
