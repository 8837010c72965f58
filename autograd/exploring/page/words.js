// Elements, numbers and names as text. Nothing here or elsewhere turns text into markup.
const $ = (id) => document.getElementById(id);

function el(name, attributes = {}, ...children) {
  return dressed(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return dressed(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function dressed(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// --- numbers

// A number with a few significant digits, as drawing/model.py writes it.
function short(x, digits = 4) {
  if (x !== x) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size >= 1e-3 && size < 1e6) {
    const text = x.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  }
  return twoDigits(x.toExponential(digits - 1).replace(/\.?0+e/, "e"));
}

// A number with all its digits, as Python writes it.
function exact(x) {
  if (x !== x) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (Object.is(x, -0)) return "-0.0";
  const size = Math.abs(x);
  if (Number.isInteger(x) && size < 1e16) return x.toFixed(1);
  return twoDigits(size < 1e-4 || size >= 1e16 ? x.toExponential() : String(x));
}

const twoDigits = (text) => text.replace(/e([+-])(\d)$/, "e$10$2");

const count = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

// The least and the greatest of some numbers.
function span(numbers) {
  let low = Infinity;
  let high = -Infinity;
  let odd = 0;
  for (const x of numbers) {
    if (!Number.isFinite(x)) odd++;
    else {
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
  }
  if (odd === numbers.length) return short(numbers[0]);
  const text = low === high ? short(low, 3) : `${short(low, 3)} … ${short(high, 3)}`;
  return odd ? `${text}, ${odd} not finite` : text;
}

// --- names

// A text in which nothing hides: control characters and those that turn the direction of writing are made visible.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const plain = (text) => text.replace(INVISIBLE, "\ufffd");

// A text cut in the middle if it is long.
function cut(text, limit = 28) {
  const letters = [...plain(text)];
  if (letters.length <= limit) return letters.join("");
  const tail = Math.floor(limit / 2) - 1;
  return `${letters.slice(0, limit - tail - 1).join("")}…${letters.slice(letters.length - tail).join("")}`;
}

// What nodes, scopes and groups of leaves are called.
class Words {
  constructor(tape, page) {
    this.tape = tape;
    this.labels = page.labels;
    this.scopes = page.scopes;
    this.parameter = bytes(page.parameter);
  }

  label(i) {
    return this.labels[i] ?? "";
  }

  scope(s) {
    const [name, kind] = this.scopes[s];
    return name || kind;
  }

  // The scopes around and including s, the outermost first.
  line(s) {
    const line = [];
    for (; s >= 0; s = this.scopes[s][2]) line.unshift(s);
    return line;
  }

  row(i) {
    return this.tape.rows[this.tape.op[i] - 1];
  }

  kind(i) {
    return this.tape.isLeaf(i) ? (this.parameter[i] ? "parameter" : "input") : this.row(i).name;
  }

  operand(a) {
    if (a < 0) return short(this.tape.consts[~a], 9);
    const label = this.label(a);
    return label && label.length <= 12 ? plain(label) : "•";
  }

  // An operation with its constants and its operands' names; dots are left out where nothing stands beside them.
  formula(i) {
    const row = this.row(i);
    if (row.arity === null) return `${plain(row.name)}(…)`;
    const names = Array.from(this.tape.operands(i), (a) => this.operand(a));
    const symbol = plain(row.symbol).replace("-", "−");
    const bare = names.every((name) => name === "•");
    if (!"+−×÷^%".includes(symbol) && symbol !== "//") return bare ? symbol : `${symbol}(${names.join(", ")})`;
    if (bare) return symbol;
    return names.join(` ${symbol} `).replace(/^• /, "").replace(/ •$/, "");
  }

  name(i) {
    const label = this.label(i);
    if (label) return cut(label);
    return this.tape.isLeaf(i) ? short(this.tape.data[i]) : this.formula(i);
  }

  // A name with those of the scopes around it.
  full(i, home) {
    const around = this.line(home).map((s) => this.scopes[s][0]);
    return plain([...around, this.label(i)].filter(Boolean).join("."));
  }

  // One name for several leaves: w[0], w[1], w[2] are w[0…2].
  range(list) {
    const labels = list.map((i) => this.label(i));
    const parts = labels.map((label) => /^(.*?)(\d+)([\])}]*)$/s.exec(label));
    const first = parts[0];
    if (parts.every((part) => part && part[1] === first[1] && part[3] === first[3]))
      return cut(`${first[1]}${first[2]}…${parts.at(-1)[2]}${first[3]}`);
    const different = [...new Set(labels)];
    if (different.length <= 2 && different[0]) return different.map((label) => cut(label, 14)).join(", ");
    return count(list.length, this.parameter[list[0]] ? "parameter" : "input");
  }
}
