// Sugiyama's method inside one frame: columns, the order in each, and coordinates (Sugiyama, Tagawa, Toda 1981).
// A cell is what stands in a column: a child of the frame, or a point on the way of an edge.

const LIGHT = new Set(["chip", "leaf", "group", "more"]); // they stand where what uses them wants them

// Place the children of a frame, and find its size and the ways of the edges through it.
//
// `frame`: {children: [{w, h, kind}], links: [{a, b}] between children, entries and exits: Map from a child to the links
// that come to it, or leave it, across the border}. Children get x and y, and left and right of their column; links `path`,
// the points of their lanes; the frame gets w, h, `cuts` (where a row may end) and `routes` ({links, child, points}).
function arrange(frame) {
  const children = frame.children;
  const index = new Map(children.map((child, i) => [child, i]));
  const edges = joined(frame.links, index);
  reverseCycles(edges, children.length);
  const rank = ranks(edges, children.length);
  const height = children.length ? Math.max(...rank) + 1 : 0;
  const cells = children.map((child, i) => newCell(rank[i], child.w, child.h, child));
  for (const edge of edges) {
    if (edge.back) {
      // It turns around beside its ends, and so has lanes in their columns too.
      edge.points = chain(cells, rank[edge.a], rank[edge.b] + 1, 4);
      connect(edge.points);
      edge.points.at(-1).before.push(cells[edge.b]); // it stays near
    } else {
      edge.points = chain(cells, rank[edge.a] + 1, rank[edge.b], 4);
      connect([cells[edge.a], ...edge.points, cells[edge.b]]);
    }
  }
  frame.routes = [];
  for (const [out, crossings] of [
    [false, frame.entries],
    [true, frame.exits],
  ]) {
    for (const [child, links] of crossings) {
      const cell = cells[index.get(child)];
      const tall = Math.min(24, 3 * links.length);
      const points = out ? chain(cells, cell.rank + 1, height, tall) : chain(cells, 0, cell.rank, tall);
      if (!points.length) continue;
      connect(out ? [cell, ...points] : [...points, cell]);
      frame.routes.push({ links, child, points });
    }
  }
  const columns = ordered(cells, height);
  settleAll(columns);
  measure(frame, cells, columns);
  for (const edge of edges) {
    const points = edge.back ? edge.points.slice().reverse() : edge.points;
    const path = points.flatMap((p) => along(p, edge.back));
    for (const link of edge.links) link.path = path.map(([x, y]) => [x, y]);
  }
  for (const route of frame.routes) route.points = route.points.flatMap((p) => along(p, false));
}

const along = (p, back) =>
  back
    ? [
        [p.right, p.y],
        [p.left, p.y],
      ]
    : [
        [p.left, p.y],
        [p.right, p.y],
      ];

function newCell(rank, w, h, child = null) {
  return {
    rank,
    w,
    h,
    child,
    left: 0,
    right: 0,
    before: [],
    after: [],
    y: 0,
    weight: child ? (LIGHT.has(child.kind) ? 0.05 : 1) : 3,
  };
}

function chain(cells, from, to, h) {
  const points = [];
  for (let r = from; r < to; r++) points.push(newCell(r, 0, h));
  cells.push(...points);
  return points;
}

function connect(cells) {
  for (let k = 1; k < cells.length; k++) {
    cells[k - 1].after.push(cells[k]);
    cells[k].before.push(cells[k - 1]);
  }
}

// Links between the same children are one edge.
function joined(links, index) {
  const edges = new Map();
  for (const link of links) {
    const [a, b] = [index.get(link.a), index.get(link.b)];
    const key = a * index.size + b;
    if (!edges.has(key)) edges.set(key, { a, b, links: [], back: false });
    edges.get(key).links.push(link);
  }
  return [...edges.values()];
}

// Closed scopes may depend on each other: an edge back to what is being visited counts the other way round.
function reverseCycles(edges, n) {
  const leaving = Array.from({ length: n }, () => []);
  for (const edge of edges) leaving[edge.a].push(edge);
  const state = new Uint8Array(n); // 1: being visited; 2: done
  const next = new Int32Array(n);
  for (let root = 0; root < n; root++) {
    if (state[root]) continue;
    const stack = [root];
    state[root] = 1;
    while (stack.length) {
      const at = stack.at(-1);
      if (next[at] === leaving[at].length) {
        state[at] = 2;
        stack.pop();
        continue;
      }
      const edge = leaving[at][next[at]++];
      if (state[edge.b] === 1) edge.back = true;
      else if (state[edge.b] === 0) {
        state[edge.b] = 1;
        stack.push(edge.b);
      }
    }
  }
  for (const edge of edges) if (edge.back) [edge.a, edge.b] = [edge.b, edge.a];
}

// The column of each child: as early as possible, then moved towards its uses where that shortens edges.
function ranks(edges, n) {
  const after = Array.from({ length: n }, () => []);
  const before = Array.from({ length: n }, () => []);
  for (const { a, b } of edges) {
    after[a].push(b);
    before[b].push(a);
  }
  const rank = new Int32Array(n);
  const waiting = Int32Array.from(before, (list) => list.length);
  const order = [];
  for (let i = 0; i < n; i++) if (!waiting[i]) order.push(i);
  for (const i of order)
    for (const j of after[i]) {
      rank[j] = Math.max(rank[j], rank[i] + 1);
      if (!--waiting[j]) order.push(j);
    }
  for (let pass = 0; pass < 2; pass++)
    for (let k = order.length - 1; k >= 0; k--) {
      const i = order[k];
      if (!after[i].length) continue;
      const latest = Math.min(...after[i].map((j) => rank[j])) - 1;
      const held = before[i].filter((j) => before[j].length).length;
      if (!before[i].length || after[i].length > held) rank[i] = Math.max(rank[i], latest);
    }
  return rank;
}

// --- the order in each column: that of operands, then the better of some sweeps by barycentres

function ordered(cells, height) {
  const columns = Array.from({ length: height }, () => []);
  const seen = new Set();
  const visit = (root) => {
    const stack = [root];
    while (stack.length) {
      const cell = stack.pop();
      if (seen.has(cell)) continue;
      seen.add(cell);
      columns[cell.rank].push(cell);
      for (let k = cell.before.length - 1; k >= 0; k--) stack.push(cell.before[k]);
    }
  };
  cells
    .filter((cell) => cell.child)
    .sort((a, b) => b.rank - a.rank)
    .forEach(visit);
  cells.forEach(visit);
  const number = () => columns.forEach((column) => column.forEach((cell, i) => (cell.place = i)));
  number();
  let best = crossings(columns);
  let kept = columns.map((column) => column.slice());
  for (let pass = 0; pass < 10 && best; pass++) {
    const forward = pass % 2 === 1;
    for (let k = 1; k < height; k++) {
      const column = columns[forward ? k : height - 1 - k];
      for (const cell of column) {
        const others = forward ? cell.before : cell.after;
        cell.centre = others.length ? others.reduce((sum, c) => sum + c.place, 0) / others.length : cell.place;
      }
      column.sort((a, b) => a.centre - b.centre || a.place - b.place);
      column.forEach((cell, i) => (cell.place = i));
    }
    const now = crossings(columns);
    if (now < best) {
      best = now;
      kept = columns.map((column) => column.slice());
    }
  }
  kept.forEach((column, r) => (columns[r] = column));
  number();
  return columns;
}

// How many edges cross, counted by a tree of sums (Barth, Jünger, Mutzel 2002).
function crossings(columns) {
  let total = 0;
  for (let r = 0; r + 1 < columns.length; r++) {
    const size = columns[r + 1].length;
    const tree = new Int32Array(size + 1);
    let seen = 0;
    for (const cell of columns[r])
      for (const end of cell.after.map((c) => c.place).sort((a, b) => a - b)) {
        let before = 0;
        for (let i = end + 1; i; i -= i & -i) before += tree[i];
        total += seen - before;
        for (let i = end + 1; i <= size; i += i & -i) tree[i]++;
        seen++;
      }
  }
  return total;
}

// --- coordinates along the columns: as near to the neighbours as distances allow

function settleAll(columns) {
  for (const column of columns) settle(column, (cell) => cell.place * 40 - column.length * 20);
  for (let pass = 0; pass < 12; pass++) {
    const forward = pass % 2 === 1;
    for (let k = 0; k < columns.length; k++)
      settle(columns[forward ? k : columns.length - 1 - k], (cell) => {
        const all = [...cell.before, ...cell.after];
        if (!all.length) return cell.y;
        const side = forward ? cell.before : cell.after;
        return mean(pass >= 8 || !side.length ? all : side);
      });
  }
}

function mean(cells) {
  let sum = 0;
  let weight = 0;
  for (const cell of cells) {
    sum += cell.y * cell.weight;
    weight += cell.weight;
  }
  return sum / weight;
}

// Give the cells of a column the places nearest to those wanted that keep their distances: isotonic regression, by
// pooling adjacent violators.
function settle(column, wanted) {
  const blocks = [];
  let offset = 0;
  column.forEach((cell, i) => {
    if (i) offset += distance(column[i - 1], cell);
    cell.offset = offset;
    let block = { sum: (wanted(cell) - offset) * cell.weight, weight: cell.weight, cells: [cell] };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).weight >= block.sum / block.weight) {
      const last = blocks.pop();
      block = { sum: last.sum + block.sum, weight: last.weight + block.weight, cells: last.cells.concat(block.cells) };
    }
    blocks.push(block);
  });
  for (const block of blocks) for (const cell of block.cells) cell.y = block.sum / block.weight + cell.offset;
}

function distance(a, b) {
  const boxes = Boolean(a.child) + Boolean(b.child);
  return (a.h + b.h) / 2 + (boxes === 2 ? 14 : boxes ? 10 : 6);
}

// --- sizes: where the columns stand, with more room where edges are steep

function measure(frame, cells, columns) {
  const margin = frame.scope < 0 ? 16 : 12;
  const head = frame.scope < 0 ? 16 : 28;
  let top = Infinity;
  let bottom = -Infinity;
  for (const cell of cells) {
    top = Math.min(top, cell.y - cell.h / 2);
    bottom = Math.max(bottom, cell.y + cell.h / 2);
  }
  let x = margin;
  frame.cuts = [];
  columns.forEach((column, r) => {
    const width = Math.max(0, ...column.map((cell) => cell.w));
    let steep = 0;
    for (const cell of column) {
      cell.left = x;
      cell.right = x + width;
      cell.y += head - top;
      if (cell.child) {
        cell.child.x = x + (width - cell.w) / 2;
        cell.child.y = cell.y - cell.h / 2;
        cell.child.left = cell.left;
        cell.child.right = cell.right;
      }
      for (const other of cell.after) steep = Math.max(steep, Math.abs(other.y + head - top - cell.y));
    }
    x += width;
    if (r + 1 === columns.length) return;
    const gap = Math.min(70, 30 + steep / 12);
    frame.cuts.push(x + gap / 2);
    x += gap;
  });
  frame.w = Math.max(x + margin, frame.least ?? 0);
  frame.h = (cells.length ? bottom - top : 0) + head + margin;
}
