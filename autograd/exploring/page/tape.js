// The graph as columns, and the sweeps over it, forward and backward, by the rules of the table.
class Tape {
  // `page`: what autograd/exploring/columns.py says; `rules`: one for each of its rows, null where there is none.
  constructor(page, rules) {
    this.n = page.n;
    this.rows = page.rows;
    this.rules = rules;
    this.seed = page.seed;
    this.firstRoot = this.root = page.roots[0];
    this.op = column(Uint16Array, page.op); // 0: a leaf; k: rows[k - 1]
    this.args = column(Int32Array, page.args); // of all nodes one after the other; ~i is constant i
    this.consts = column(Float64Array, page.consts);
    this.data = column(Float64Array, page.data);
    this.grad = column(Float64Array, page.grad);
    this.python = { data: this.data.slice(), grad: this.grad.slice() };
    this.given = new Map(Object.entries(page.partials).map(([i, list]) => [+i, list.map(number)]));
    this.start = this._starts(column(Int32Array, page.counts));
    this.reached = new Uint8Array(this.n);
    this.unknown = new Uint8Array(this.n); // 1: the number; 2: the gradient cannot be known here
    this.opaque = rules.some((rule) => rule === null);
    let most = 3;
    for (let i = 0; i < this.n; i++) most = Math.max(most, this.start[i + 1] - this.start[i]);
    this.v = new Float64Array(most);
    this.p = new Float64Array(most);
    this._findUsers();
    this._reach();
  }

  _starts(counts) {
    const start = new Int32Array(this.n + 1);
    const arity = this.rows.map((row) => row.arity);
    let next = 0;
    for (let i = 0; i < this.n; i++) {
      const k = this.op[i];
      start[i + 1] = start[i] + (k === 0 ? 0 : (arity[k - 1] ?? counts[next++]));
    }
    return start;
  }

  // users[usersAt[i]] ... users[usersAt[i + 1] - 1] are the nodes that i is an operand of
  _findUsers() {
    const at = (this.usersAt = new Int32Array(this.n + 1));
    for (const a of this.args) if (a >= 0) at[a + 1]++;
    for (let i = 0; i < this.n; i++) at[i + 1] += at[i];
    const next = at.slice();
    this.users = new Int32Array(at[this.n]);
    for (let i = 0; i < this.n; i++)
      for (let k = this.start[i]; k < this.start[i + 1]; k++)
        if (this.args[k] >= 0) this.users[next[this.args[k]]++] = i;
  }

  // Which nodes a gradient reaches, as Python's numbers have it: before the first sweep of the page's own.
  _reach() {
    const saved = this.grad.slice();
    this.backward();
    this.grad.set(saved);
  }

  value(a) {
    return a < 0 ? this.consts[~a] : this.data[a];
  }

  isLeaf(i) {
    return this.op[i] === 0;
  }

  operands(i) {
    return this.args.subarray(this.start[i], this.start[i + 1]);
  }

  // The nodes that use node i, each once.
  usersOf(i) {
    return [...new Set(this.users.subarray(this.usersAt[i], this.usersAt[i + 1]))];
  }

  forward() {
    const { n, op, args, start, data, consts, rules, rows, v, unknown } = this;
    if (this.opaque) this._findUnknown();
    for (let i = 0; i < n; i++) {
      const k = op[i];
      if (k === 0) continue;
      const rule = rules[k - 1];
      if (rule === null) {
        data[i] = unknown[i] ? NaN : this.python.data[i];
        continue;
      }
      const s = start[i];
      const a = args[s];
      switch (rows[k - 1].arity) {
        case 1:
          data[i] = rule.forward(a < 0 ? consts[~a] : data[a]);
          break;
        case 2: {
          const b = args[s + 1];
          data[i] = rule.forward(a < 0 ? consts[~a] : data[a], b < 0 ? consts[~b] : data[b]);
          break;
        }
        case 3:
          data[i] = rule.forward(this.value(a), this.value(args[s + 1]), this.value(args[s + 2]));
          break;
        case null: {
          const m = start[i + 1] - s;
          for (let j = 0; j < m; j++) v[j] = this.value(args[s + j]);
          data[i] = rule.forward(m, v);
          break;
        }
        default:
          data[i] = rule.forward(...Array.from(this.operands(i), (x) => this.value(x)));
      }
    }
  }

  // What comes of an operation without a rule is unknown once one of its operands has changed.
  _findUnknown() {
    const { n, op, rules, data, python, unknown } = this;
    const changed = new Uint8Array(n);
    for (let i = 0; i < n; i++) {
      unknown[i] = 0;
      if (op[i] === 0) {
        changed[i] = Object.is(data[i], python.data[i]) ? 0 : 1;
        continue;
      }
      for (const a of this.operands(i)) {
        if (a < 0) continue;
        if (changed[a]) changed[i] = 1;
        if (unknown[a]) unknown[i] = 1;
      }
      if (changed[i] && rules[op[i] - 1] === null) unknown[i] = 1;
    }
  }

  backward() {
    const { n, op, args, start, data, consts, rules, rows, grad, reached, unknown, v, p } = this;
    grad.fill(0);
    reached.fill(0);
    grad[this.root] = this.seed;
    reached[this.root] = 1;
    const hand = (a, share) => {
      grad[a] = reached[a] ? grad[a] + share : share;
      reached[a] = 1;
    };
    for (let i = this.root; i >= 0; i--) {
      const k = op[i];
      if (k === 0 || !reached[i]) continue;
      const rule = rules[k - 1];
      const s = start[i];
      const g = grad[i];
      const out = data[i];
      const arity = rows[k - 1].arity;
      if (rule === null || arity > 3) {
        this.partials(i).forEach((local, j) => local !== null && args[s + j] >= 0 && hand(args[s + j], g * local));
      } else if (arity === 2) {
        const a = args[s];
        const b = args[s + 1];
        const x = a < 0 ? consts[~a] : data[a];
        const y = b < 0 ? consts[~b] : data[b];
        const [first, second] = rule.partials;
        if (a >= 0) {
          const local = typeof first === "function" ? first(out, x, y) : first;
          if (local !== null) hand(a, g * local);
        }
        if (b >= 0) {
          const local = typeof second === "function" ? second(out, x, y) : second;
          if (local !== null) hand(b, g * local);
        }
      } else if (arity === null) {
        const m = start[i + 1] - s;
        for (let j = 0; j < m; j++) v[j] = this.value(args[s + j]);
        rule.partials(p, out, m, v);
        for (let j = 0; j < m; j++) if (args[s + j] >= 0) hand(args[s + j], g * p[j]);
      } else {
        const x = this.value(args[s]);
        const y = arity > 1 ? this.value(args[s + 1]) : 0;
        const z = arity > 2 ? this.value(args[s + 2]) : 0;
        for (let j = 0; j < arity; j++) {
          const partial = rule.partials[j];
          const local = typeof partial === "function" ? partial(out, x, y, z) : partial;
          if (local !== null && args[s + j] >= 0) hand(args[s + j], g * local);
        }
      }
    }
    if (this.opaque) this._spreadUnknown();
  }

  // A gradient is unknown where it comes through a node of which anything is unknown.
  _spreadUnknown() {
    const { op, args, start, unknown, reached, root } = this;
    for (let i = 0; i < this.n; i++) unknown[i] &= 1;
    for (let i = root; i >= 0; i--) {
      if (op[i] === 0 || !reached[i]) continue;
      if (unknown[i]) for (let k = start[i]; k < start[i + 1]; k++) if (args[k] >= 0) unknown[args[k]] |= 2;
    }
  }

  // A number, or null where nothing is handed on, for each operand of a node.
  partials(i) {
    const k = this.op[i];
    if (k === 0) return [];
    const rule = this.rules[k - 1];
    if (rule === null) return this.unknown[i] ? Array.from(this.operands(i), () => NaN) : this.given.get(i);
    const values = Array.from(this.operands(i), (a) => this.value(a));
    if (this.rows[k - 1].arity === null) {
      const p = new Float64Array(values.length);
      rule.partials(p, this.data[i], values.length, Float64Array.from(values));
      return Array.from(p);
    }
    return rule.partials.map((x) => (typeof x === "function" ? x(this.data[i], ...values) : x));
  }

  // What each use of node i hands to it: {user, place, local, share}, a use without a partial left out.
  shares(i) {
    const found = [];
    for (const user of this.usersOf(i)) {
      if (!this.reached[user]) continue;
      const partials = this.partials(user);
      this.operands(user).forEach((a, j) => {
        if (a !== i || partials[j] === null) return;
        found.push({ user, place: j, local: partials[j], share: this.grad[user] * partials[j] });
      });
    }
    return found;
  }

  recompute() {
    this.forward();
    this.backward();
  }

  // Back to Python's numbers.
  reset() {
    this.data.set(this.python.data);
    this.unknown.fill(0);
    this.backward();
    if (this.root === this.firstRoot) this.grad.set(this.python.grad);
  }
}

// --- columns, as base64 of little-endian numbers

function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}

function column(Type, text) {
  return new Type(bytes(text).buffer);
}

// JSON has no word for some numbers
function number(x) {
  return typeof x === "string" ? Number(x) : x;
}
