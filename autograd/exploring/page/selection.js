// Which boxes are shown. A unit is a node (its number), a closed scope (n + its number), or a group of leaves that
// stand together (a str).
const WIDE = 16; // how many operands of a unit are shown, until one asks for all

class Selection {
  constructor(tape, words, page) {
    this.tape = tape;
    this.words = words;
    this.n = tape.n;
    this.scopes = page.scopes;
    this.parameter = words.parameter;
    this.limit = 200;
    this.open = new Set();
    this.split = new Set(); // leaves that no group takes
    this.spread = new Set(); // units whose operands are all shown
    this.focus = tape.root;
    this.inside = new Map(); // the scopes directly inside each, and inside none (-1)
    this.scopes.forEach(([, , parent], s) => put(this.inside, parent, s));
    this.home = column(Int32Array, page.scope);
    this._takeParametersHome();
    this._countParts();
  }

  // A parameter that was made outside of all modules stands in the module that uses it.
  _takeParametersHome() {
    const { tape, home } = this;
    for (let i = 0; i < this.n; i++) {
      if (!tape.isLeaf(i) || !this.parameter[i] || home[i] >= 0 || tape.usersAt[i] === tape.usersAt[i + 1]) continue;
      let s = home[tape.users[tape.usersAt[i]]];
      for (let k = tape.usersAt[i] + 1; k < tape.usersAt[i + 1] && s >= 0; k++)
        s = this._around(s, home[tape.users[k]]);
      home[i] = s;
    }
  }

  // The innermost scope around two.
  _around(a, b) {
    if (a === b) return a;
    const [x, y] = [this.words.line(a), this.words.line(b)];
    let k = 0;
    while (k < x.length && x[k] === y[k]) k++;
    return k ? x[k - 1] : -1;
  }

  _countParts() {
    const zero = () => new Int32Array(this.scopes.length);
    this.operations = zero();
    this.parameters = zero();
    this.own = zero(); // boxes directly inside: operations and scopes
    for (let i = 0; i < this.n; i++) {
      const s = this.home[i];
      if (s < 0) continue;
      if (!this.tape.isLeaf(i)) {
        this.operations[s]++;
        this.own[s]++;
      } else if (this.parameter[i]) this.parameters[s]++;
    }
    for (let s = this.scopes.length - 1; s >= 0; s--) {
      const parent = this.scopes[s][2];
      if (parent < 0) continue;
      this.operations[parent] += this.operations[s];
      this.parameters[parent] += this.parameters[s];
      this.own[parent]++;
    }
  }

  // Open scopes, the outermost first, all that stand side by side or none, for about so many boxes.
  unfold(budget) {
    this.open.clear();
    let shown = (this.inside.get(-1) ?? []).length;
    const groups = [this.inside.get(-1) ?? []];
    for (const group of groups) {
      const more = group.reduce((sum, s) => sum + Math.min(this.own[s], 3 * WIDE) - 1, 0);
      if (shown + more > budget) continue;
      shown += more;
      for (const s of group) this.open.add(s);
      const next = group.flatMap((s) => this.inside.get(s) ?? []);
      if (next.length) groups.push(next);
    }
  }

  toggle(s) {
    if (!this.open.delete(s)) this.open.add(s);
  }

  isLeaf(unit) {
    return typeof unit === "string" || (unit < this.n && this.tape.isLeaf(unit));
  }

  isScope(unit) {
    return typeof unit === "number" && unit >= this.n;
  }

  // The nodes that a unit stands for.
  nodes(unit) {
    if (typeof unit === "string") return this.groups.get(unit);
    return unit >= this.n ? (this.members.get(unit) ?? []) : [unit];
  }

  // Whether a node is among those that a unit stands for.
  isIn(i, unit) {
    return typeof unit === "string" ? this.groupOf.get(unit).has(i) : this.unit(i) === unit;
  }

  // The scope in which a unit stands, or -1.
  container(unit) {
    if (typeof unit === "string") return this.home[this.groups.get(unit)[0]];
    return unit >= this.n ? this.scopes[unit - this.n][2] : this.home[unit];
  }

  unit(i) {
    const s = this.home[i];
    return s >= 0 && this.closed[s] >= 0 ? this.n + this.closed[s] : i;
  }

  // What is shown: {units, edges, stubs}, the units nearest to the focus, of which there may be `limit`.
  compute(limit) {
    this._closeScopes();
    this.groups = new Map();
    this.groupOf = new Map(); // as sets
    const first = this.unit(this.focus);
    const whole = this.focus === this.tape.root;
    const kept = new Map([[first, null]]);
    const queue = [first];
    for (const unit of queue) {
      const before = this._operands(unit);
      kept.set(unit, before);
      const near = this.spread.has(unit) ? before : before.slice(0, WIDE);
      for (const other of whole ? near : [...near, ...this._users(unit).slice(0, WIDE)]) {
        if (kept.has(other) || kept.size >= limit) continue;
        kept.set(other, []);
        if (!this.isLeaf(other)) queue.push(other);
      }
    }
    const edges = [];
    const stubs = [];
    for (const unit of queue) {
      let gone = 0;
      for (const other of kept.get(unit)) {
        if (kept.has(other)) edges.push([other, unit]);
        else gone++;
      }
      if (gone) stubs.push({ unit, count: gone, before: true });
      const later = whole ? 0 : this._users(unit).filter((other) => !kept.has(other)).length;
      if (later) stubs.push({ unit, count: later, before: false });
    }
    this.hidden = this.n;
    for (const unit of kept.keys()) this.hidden -= this.nodes(unit).length;
    return { units: [...kept.keys()], edges, stubs };
  }

  _closeScopes() {
    const closed = (this.closed = new Int32Array(this.scopes.length)); // the outermost closed scope around, or -1
    this.scopes.forEach(([, , parent], s) => {
      const around = parent >= 0 ? closed[parent] : -1;
      closed[s] = around >= 0 ? around : this.open.has(s) ? -1 : s;
    });
    this.members = new Map();
    if (!this.scopes.length) return;
    for (let i = 0; i < this.n; i++) {
      const s = this.home[i];
      if (s >= 0 && closed[s] >= 0) put(this.members, this.n + closed[s], i);
    }
  }

  _operands(unit) {
    if (this.isLeaf(unit)) return [];
    const found = new Set();
    for (const i of this.nodes(unit))
      for (const a of this.tape.operands(i)) {
        if (a < 0) continue;
        const other = this.unit(a);
        if (other !== unit) found.add(other);
      }
    return this._grouped([...found]);
  }

  // Five leaves and more of a kind stand together.
  _grouped(units) {
    const kinds = [[], []];
    const found = [];
    for (const unit of units) {
      if (this.isLeaf(unit) && !this.split.has(unit)) kinds[this.parameter[unit]].push(unit);
      else found.push(unit);
    }
    for (const leaves of kinds) {
      if (leaves.length < 5) {
        found.push(...leaves);
        continue;
      }
      const id = `leaves ${leaves.join(",")}`;
      this.groups.set(id, leaves);
      this.groupOf.set(id, new Set(leaves));
      found.push(id);
    }
    return found;
  }

  _users(unit) {
    const found = new Set();
    for (const i of this.nodes(unit))
      for (let k = this.tape.usersAt[i]; k < this.tape.usersAt[i + 1]; k++) {
        const other = this.unit(this.tape.users[k]);
        if (other !== unit) found.add(other);
      }
    return [...found];
  }
}

// Add to the list that a map has for a key.
function put(map, key, item) {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}
