// Edges by the sign and the size of the gradient that flows along them, and the legend.

function weighEdges() {
  const known = new Map(); // several edges may end at a node
  const partialsOf = (i) => {
    if (!known.has(i)) known.set(i, tape.partials(i));
    return known.get(i);
  };
  const flows = edges.map(([, link]) => flowAlong(link, partialsOf));
  let most = 0;
  for (const flow of flows) if (flow && Number.isFinite(flow.size)) most = Math.max(most, flow.size);
  edges.forEach(([edge, link], k) => {
    const flow = flows[k];
    edge.classList.remove("positive", "negative", "zero");
    if (flow === null || !showsFlow(link)) {
      edge.style.strokeWidth = "1.1px";
      return;
    }
    const share = Number.isFinite(flow.size) ? flow.size / most : 1;
    const decades = flow.size === 0 ? 0 : Math.max(0, Math.min(1, 1 + Math.log10(share) / 3));
    edge.style.strokeWidth = `${(flow.size === 0 ? 1.1 : 0.9 + 3.3 * decades).toFixed(2)}px`;
    edge.classList.add(flow.size === 0 ? "zero" : flow.sum < 0 ? "negative" : "positive");
  });
}

function showsFlow({ head }) {
  if (state.view === "practise") return false;
  return state.phase === null || typeof head !== "number" || head >= tape.n || state.phase.grad(head);
}

const MANY = 3000; // between closed scopes of more nodes than this, flows are not added up

// The gradient that flows along an edge: the sum of what its uses hand on, and of the magnitudes; null if none is told.
function flowAlong(link, partialsOf) {
  if (link.stub) return null;
  const heads = selection.nodes(link.head);
  const tails = selection.nodes(link.tail);
  if (Math.min(heads.length, tails.length) > MANY) return null;
  const isTail = tails.length === 1 ? (a) => a === tails[0] : (a) => a >= 0 && selection.isIn(a, link.tail);
  const users = heads.length <= tails.length ? heads : usersIn(tails, link.head);
  let sum = 0;
  let size = 0;
  for (const user of users) {
    const operands = tape.operands(user);
    if (!operands.some(isTail)) continue;
    const partials = partialsOf(user);
    operands.forEach((a, j) => {
      if (partials[j] === null || !isTail(a)) return;
      sum += tape.grad[user] * partials[j];
      size += Math.abs(tape.grad[user] * partials[j]);
    });
  }
  return size === size ? { sum, size } : null;
}

// The nodes of a unit that use some nodes.
function usersIn(nodes, unit) {
  const users = new Set();
  for (const i of nodes)
    for (let k = tape.usersAt[i]; k < tape.usersAt[i + 1]; k++)
      if (selection.isIn(tape.users[k], unit)) users.add(tape.users[k]);
  return users;
}

function legend() {
  const key = (kind, text) => {
    const line = svg(
      "svg",
      { viewBox: "0 0 34 12", "aria-hidden": "true" },
      svg("path", { class: `edge ${kind}`, d: "M1,6H33" }),
    );
    return el("span", { class: "key" }, line, ` ${text}`);
  };
  const nodes =
    count(tape.n, "node") + (selection.hidden > 0 ? `, ${selection.hidden.toLocaleString("en")} not shown` : "");
  $("legend").replaceChildren(
    key("positive", "gradient > 0"),
    key("negative", "gradient < 0"),
    key("zero", "gradient 0"),
    el("span", { class: "wordy" }, "thicker: larger, over 3 decades"),
    el("span", { id: "nodes" }, nodes),
    el("span", { id: "agreement" }, state.agreement ?? ""),
  );
}
