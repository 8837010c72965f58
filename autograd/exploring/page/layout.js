// Where everything stands: boxes in frames, chips beside the uses of what stands far away, long chains in rows.
//
// Items are boxes {id, kind, unit, scope, w, h, lines, x, y}; frames hold items and frames. A link is an edge between two items:
// {from, to, tail, head, parts}, with the ids of the items, the units, and the lines to draw.

const FAR = 6; // columns from which on an operation's result is repeated by name

// `sizes(kind, unit)`: what a box says and how large that is, {w, h, lines}; `limit`: how many boxes there may be.
function layOut(selection, sizes, limit) {
  let layout = new Layout(selection, sizes, limit);
  for (let units = limit; layout.items.size > limit && units > 1; ) {
    units = Math.floor((units * limit) / (layout.items.size + 1));
    layout = new Layout(selection, sizes, units);
  }
  layout.place();
  return layout;
}

class Layout {
  constructor(selection, sizes, units) {
    this.selection = selection;
    this.sizes = sizes;
    this.items = new Map();
    this.links = [];
    const found = selection.compute(units);
    this._index(found);
    this._findDepths(found.units);
    for (const unit of found.units) this._addUnit(unit);
    for (const stub of found.stubs) this._addStub(stub);
  }

  _index({ units, edges }) {
    this.before = new Map(units.map((unit) => [unit, []]));
    this.after = new Map(units.map((unit) => [unit, []]));
    for (const [tail, head] of edges) {
      this.before.get(head).push(tail);
      this.after.get(tail).push(head);
    }
  }

  // The depth of each operation among operations. What comes of leaves alone stands near its use.
  _findDepths(units) {
    const { selection, before, after } = this;
    const depth = (this.depth = new Map());
    const entered = new Set();
    for (const root of units) {
      const stack = [root];
      while (stack.length) {
        const at = stack.at(-1);
        if (depth.has(at)) stack.pop();
        else if (entered.has(at)) {
          const found = before.get(at).filter((unit) => !selection.isLeaf(unit));
          depth.set(at, Math.max(-1, ...found.map((unit) => depth.get(unit) ?? -1)) + 1);
          stack.pop();
        } else {
          entered.add(at);
          for (const unit of before.get(at)) if (!entered.has(unit)) stack.push(unit);
        }
      }
    }
    const floating = new Set();
    const inOrder = units.filter((unit) => !selection.isLeaf(unit)).sort((a, b) => depth.get(a) - depth.get(b));
    for (const unit of inOrder)
      if (before.get(unit).every((other) => selection.isLeaf(other) || floating.has(other))) floating.add(unit);
    for (const unit of inOrder.reverse()) {
      const users = after.get(unit);
      if (!floating.has(unit) || !users.length) continue;
      depth.set(unit, Math.max(depth.get(unit), Math.min(...users.map((user) => depth.get(user))) - 1));
    }
  }

  _add(id, kind, unit, scope) {
    this.items.set(id, { id, kind, unit, scope, x: 0, y: 0, ...this.sizes(kind, unit) });
  }

  // A box, and a chip beside each use that is far from the first.
  _addUnit(unit) {
    const { selection, depth } = this;
    const leaf = selection.isLeaf(unit);
    const kind = typeof unit === "string" ? "group" : selection.isScope(unit) ? "scope" : leaf ? "leaf" : "operation";
    this._add(unit, kind, unit, selection.container(unit));
    const users = this.after
      .get(unit)
      .slice()
      .sort((a, b) => depth.get(a) - depth.get(b));
    const nearest = depth.get(users[0]);
    users.forEach((user, k) => {
      const far = leaf
        ? k > 0 && (depth.get(user) - nearest > 1 || users.length > 8)
        : depth.get(user) - depth.get(unit) > FAR;
      let from = unit;
      if (far) {
        from = `chip ${unit} ${user}`;
        this._add(from, "chip", unit, selection.container(user));
      }
      this.links.push({ from, to: user, tail: unit, head: user, stub: false });
    });
  }

  _addStub(stub) {
    const id = `${stub.before ? "before" : "after"} ${stub.unit}`;
    this._add(id, "more", stub, this.selection.container(stub.unit));
    const [from, to] = stub.before ? [id, stub.unit] : [stub.unit, id];
    this.links.push({ from, to, tail: null, head: null, stub: true });
  }

  // --- places

  place() {
    this._makeFrames();
    const inner = [...this.frames.values()].sort((a, b) => this._depthOf(b) - this._depthOf(a));
    for (const frame of inner) arrange(frame);
    const root = this.frames.get(-1);
    this._move(root, 0, 0);
    this.frames.delete(-1);
    for (const frame of inner)
      for (const { links, child, points } of frame.routes) for (const link of links) link.lanes.set(child, points);
    this._findEnds();
    for (const link of this.links) link.parts = [link.points];
    this.w = root.w;
    this.h = root.h;
    this._setInRows(root);
  }

  _depthOf(frame) {
    return frame.scope < 0 ? 0 : this.selection.words.line(frame.scope).length;
  }

  _makeFrames() {
    this.frames = new Map();
    for (const item of this.items.values()) this._frame(item.scope).children.push(item);
    for (const link of this.links) {
      const a = this._line(this.items.get(link.from));
      const b = this._line(this.items.get(link.to));
      let i = a.length - 1;
      let j = b.length - 1;
      while (i > 0 && j > 0 && a[i] === b[j]) {
        i--;
        j--;
      }
      link.a = a[i];
      link.b = b[j];
      link.out = a.slice(0, i + 1);
      link.into = b.slice(0, j + 1);
      link.lanes = new Map(); // by the item or the frame that it leaves or enters: the points of its lanes beside that
      if (link.a !== link.b) this._frame(this._scopeAround(link.a)).links.push(link);
      for (; i > 0; i--) put(a[i].exits, a[i - 1], link);
      for (; j > 0; j--) put(b[j].entries, b[j - 1], link);
    }
  }

  _scopeAround(thing) {
    return thing.kind === "frame" ? this.selection.scopes[thing.scope][2] : thing.scope;
  }

  _frame(scope) {
    let frame = this.frames.get(scope);
    if (frame) return frame;
    frame = { kind: "frame", scope, children: [], links: [], entries: new Map(), exits: new Map(), x: 0, y: 0 };
    frame.least = scope < 0 ? 0 : this.sizes("frame", scope).w;
    this.frames.set(scope, frame);
    if (scope >= 0) this._frame(this.selection.scopes[scope][2]).children.push(frame);
    return frame;
  }

  // An item and the frames around it, the innermost first.
  _line(item) {
    const line = [item];
    for (let s = item.scope; s >= 0; s = this.selection.scopes[s][2]) line.push(this.frames.get(s));
    return line;
  }

  _move(frame, x, y) {
    const moved = ([px, py]) => [px + x, py + y];
    for (const child of frame.children) {
      child.x += x;
      child.y += y;
      child.left += x;
      child.right += x;
      if (child.kind === "frame") this._move(child, child.x, child.y);
    }
    for (const link of frame.links) if (link.path) link.path = link.path.map(moved);
    for (const route of frame.routes) route.points = route.points.map(moved);
  }

  // Edges end beside each other, in the order in which they come.
  _findEnds() {
    const arriving = new Map();
    for (const link of this.links) {
      link.points = this._leaving(link);
      put(arriving, this.items.get(link.to), link);
    }
    for (const [item, links] of arriving) {
      const y = (link) => {
        const near = link.into.find((thing) => link.lanes.get(thing)?.length);
        return (near ? link.lanes.get(near) : link.points).at(-1)[1];
      };
      links.sort((a, b) => y(a) - y(b));
      const step = Math.min(9, (item.h - 10) / Math.max(1, links.length - 1));
      links.forEach((link, k) => {
        const end = item.y + item.h / 2 + (k - (links.length - 1) / 2) * step;
        link.points = straightened([...link.points, ...this._arriving(link, end)]);
      });
    }
  }

  // An edge's points from its tail on, out of all frames and up to where it enters one. It keeps its height beside all
  // that stands in its columns, and changes it between columns alone.
  _leaving(link) {
    const from = this.items.get(link.from);
    const points = [[from.x + from.w, from.y + from.h / 2]];
    for (const thing of link.out) {
      points.push([thing.right, points.at(-1)[1]]);
      points.push(...((thing === link.a ? link.path : link.lanes.get(thing)) ?? []));
    }
    return points;
  }

  // Those from there on, backwards from its head.
  _arriving(link, end) {
    const to = this.items.get(link.to);
    const points = [[to.x, end]];
    for (const thing of link.into) {
      points.unshift([Math.min(thing.left, to.x - 6), points[0][1]]); // some of it straight, for the arrow
      points.unshift(...(link.lanes.get(thing) ?? []));
    }
    return points;
  }

  // --- rows: a long chain is set as a text is

  _setInRows(root) {
    if (root.w < 2400 || root.w < 4 * root.h || !root.cuts.length) return;
    let best = null;
    for (let rows = 2; rows < 40; rows++) {
      const cuts = [0];
      for (const x of root.cuts) if (x - cuts.at(-1) >= (root.w / rows) * 0.97) cuts.push(x);
      const extents = this._extents(root, cuts);
      const h = extents.reduce((sum, [top, bottom]) => sum + bottom - top + 44, 10);
      const w = Math.max(...cuts.map((x, r) => (cuts[r + 1] ?? root.w) - x)) + 40;
      const scale = Math.min(900 / w, 560 / h);
      if (best === null || scale > best.scale) best = { scale, cuts, extents, w, h };
    }
    const { cuts, extents } = best;
    const down = [];
    let y = 20;
    extents.forEach(([top, bottom], r) => {
      down[r] = y - top;
      y += bottom - top + 44;
    });
    const rowOf = (x) => {
      let r = 0;
      while (r + 1 < cuts.length && x >= cuts[r + 1]) r++;
      return r;
    };
    const shifted = ([px, py], r = rowOf(px)) => [px - cuts[r] + 14, py + down[r]];
    for (const link of this.links) link.parts = brokenAt(cuts, link.points, rowOf, shifted);
    const rows = new Map();
    for (const item of this.items.values()) {
      const top = this._line(item).at(-1);
      rows.set(item, rowOf(top.x));
    }
    for (const frame of this.frames.values()) {
      const outermost = this.frames.get(this.selection.words.line(frame.scope)[0]);
      rows.set(frame, rowOf(outermost.x));
    }
    for (const [thing, row] of rows) [thing.x, thing.y] = shifted([thing.x, thing.y], row);
    this.w = best.w;
    this.h = best.h;
  }

  // The top and the bottom of each row.
  _extents(root, cuts) {
    const extents = cuts.map(() => [Infinity, -Infinity]);
    const widen = (x, top, bottom) => {
      let r = 0;
      while (r + 1 < cuts.length && x >= cuts[r + 1]) r++;
      extents[r][0] = Math.min(extents[r][0], top);
      extents[r][1] = Math.max(extents[r][1], bottom);
    };
    for (const child of root.children) widen(child.x, child.y, child.y + child.h);
    for (const link of this.links) for (const [x, y] of link.points) widen(x, y, y);
    return extents.map(([top, bottom]) => (top > bottom ? [0, 0] : [top, bottom]));
  }
}

// Without the points between those of a level line
function straightened(points) {
  const turns = (k) => points[k][1] !== points[k - 1][1] || points[k][1] !== points[k + 1][1];
  const isBetween = (k) => (points[k][0] - points[k - 1][0]) * (points[k + 1][0] - points[k][0]) >= 0;
  return points.filter((_, k) => k === 0 || k === points.length - 1 || turns(k) || !isBetween(k));
}

// A line in pieces, one in each row that it goes through.
function brokenAt(cuts, points, rowOf, shifted) {
  const parts = [[]];
  let before = null;
  for (const point of points) {
    const row = rowOf(point[0]);
    if (before) {
      const was = rowOf(before[0]);
      if (row > was) {
        parts.at(-1).push(shifted([cuts[was + 1] + 10, before[1]], was));
        for (let r = was + 1; r < row; r++)
          parts.push([shifted([cuts[r] - 10, before[1]], r), shifted([cuts[r + 1] + 10, before[1]], r)]);
        parts.push([shifted([cuts[row] - 10, before[1]], row)]);
      } else if (row < was) parts.push([]);
    }
    parts.at(-1).push(shifted(point));
    before = point;
  }
  return parts.filter((part) => part.length > 1);
}
