// Gradients are hidden, and the reader fills them in. A wrong answer is told what it is.

function question(i) {
  if (i === tape.root) return [faint(`Its gradient is ${short(tape.seed)}: here the way back begins.`)];
  const field = el("input", {
    type: "text",
    inputmode: "decimal",
    id: "answer",
    "aria-label": "its gradient",
    autocomplete: "off",
  });
  const said = el("p", { role: "status", id: "verdict" });
  const check = () => {
    const verdict = judge(i, field.value);
    said.textContent = verdict.text;
    said.className = verdict.right ? "good" : "bad";
    if (verdict.right === null) return;
    state.answers.set(i, verdict.right);
    refresh();
    refreshPanel();
  };
  field.addEventListener("keydown", (event) => event.key === "Enter" && check());
  const buttons = [
    el("button", { id: "check", onclick: check }, "Check"),
    el("button", { id: "show", onclick: show }, "Show me"),
  ];
  function show() {
    state.answers.set(i, true);
    refresh();
    ask(boxes.get(i));
  }
  if (state.answers.get(i) === true) return [el("p", { class: "good" }, `✓ ${exact(tape.grad[i])}`), nextButton()];
  setTimeout(() => field.isConnected && field.focus(), 0);
  return [heading("Your turn: its gradient?"), el("p", { class: "question" }, field, ...buttons), said, nextButton()];
}

function nextButton() {
  return el("button", { id: "another", onclick: nextQuestion }, "Next box");
}

// The answer as a number: 3/4, 1,5 and −2 are numbers too; null if it is none.
function readNumber(text) {
  const written = text
    .trim()
    .replace(/−/g, "-")
    .replace(/^(-?\d*),(\d+)$/, "$1.$2");
  const [above, below, ...rest] = written.split("/");
  if (rest.length || written === "") return null;
  const x = below === undefined ? Number(above) : Number(above) / Number(below);
  return x === x && above.trim() !== "" && below?.trim() !== "" ? x : null;
}

const near = (a, b) => Object.is(a, b) || Math.abs(a - b) <= Math.max(5e-3 * Math.abs(b), 1e-12);

// Whether an answer is right, and if not, what it is.
function judge(i, text) {
  const x = readNumber(text);
  if (x === null) return { right: null, text: "A number, please: 1.5, -2e-3 or 3/4." };
  const gradient = tape.grad[i];
  if (near(x, gradient)) return { right: true, text: `✓ Right: ${exact(gradient)}` };
  const wrong = (text) => ({ right: false, text: `✗ ${text}` });
  const shares = tape.shares(i);
  const many = shares.length > 1;
  const sum = shares.reduce((total, share) => total + share.local, 0);
  if (gradient !== 0 && near(x, -gradient)) return wrong("Right but for its sign.");
  if (!shares.length) return wrong("Nothing hands a gradient to it.");
  if (many && shares.some((share) => near(x, share.share)))
    return wrong(`That is what one of its uses hands on; it is used ${shares.length} times, and the shares add up.`);
  if (many && near(x, shares.at(-1).share * shares.length))
    return wrong("You counted one use several times: its uses hand on different shares.");
  if (shares.some((share) => near(x, share.local)))
    return wrong("That is the local derivative; it must still be multiplied by the gradient of what uses it.");
  if (many && near(x, sum))
    return wrong(
      "That is the sum of the local derivatives; each must be multiplied by the gradient of its user first.",
    );
  if (shares.some((share) => near(x, tape.grad[share.user])))
    return wrong("That is the gradient of what uses it; it must still be multiplied by the local derivative.");
  if (shares.some((share) => near(x, tape.grad[share.user] + share.local)))
    return wrong("That is the sum of the local derivative and the user's gradient; they are multiplied.");
  if (near(x, tape.data[i])) return wrong("That is its value.");
  if (gradient !== 0 && near(x, 1 / gradient))
    return wrong("That is one over the gradient: the quotient is upside down.");
  return wrong(
    many
      ? `For each of its ${shares.length} uses: the user's gradient × the local derivative; then the sum.`
      : "The gradient of what uses it × the local derivative.",
  );
}

// --- from one box to the next: from the result back, as gradients arrive

function unanswered() {
  return [...boxes.values()]
    .filter((item) => (item.kind === "operation" || item.kind === "leaf") && item.unit !== tape.root)
    .filter((item) => tape.reached[item.unit] && state.answers.get(item.unit) !== true);
}

function nextQuestion() {
  const items = unanswered();
  if (!items.length) {
    choose(null);
    return;
  }
  const known = (i) => i === tape.root || state.answers.get(i) === true;
  const ready = items.filter((item) =>
    tape.usersOf(item.unit).every((user) => !tape.reached[user] || known(user) || !boxes.has(user)),
  );
  const item = (ready.length ? ready : items).reduce((a, b) => (b.unit > a.unit ? b : a));
  choose(item.unit);
  reveal(item);
}

function progress() {
  const answers = [...state.answers.values()];
  const right = answers.filter((answer) => answer).length;
  const left = unanswered().length;
  const text = left ? `${count(left, "gradient")} to find, ${right} found.` : "All found.";
  return [
    el("p", {}, "Gradients are hidden. Choose a box and fill in its gradient, from the result back."),
    el("p", { id: "progress" }, text),
    ...(left ? [el("button", { id: "another", onclick: nextQuestion }, right ? "Next box" : "Begin")] : []),
  ];
}
