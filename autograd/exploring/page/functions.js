// What the rules call: Math's functions, and where IEEE 754 or Python differ from them, those of autograd/namespaces.py.
const xp = {
  exp,
  expm1: Math.expm1,
  log,
  log1p: Math.log1p,
  log2: Math.log2,
  log10: Math.log10,
  cbrt: Math.cbrt,
  sqrt: Math.sqrt,
  sin: (x) => (Math.abs(x) < 1e5 && x !== 0 ? wave(x, 0) : Math.sin(x)), // 0 keeps its sign
  cos: (x) => (Math.abs(x) < 1e5 ? wave(x, 16) : Math.cos(x)),
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  atan2: Math.atan2,
  sinh: Math.sinh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,

  // by exp where C's is
  cosh(x) {
    const size = Math.abs(x);
    if (!(size > 0.5 * Math.LN2 && size < 22)) return Math.cosh(x);
    const power = exp(size);
    return 0.5 * power + 0.5 / power;
  },

  isnan: (x) => x !== x,
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : NaN),
  maximum: (a, b) => (a > b || a !== a ? a : b),
  minimum: (a, b) => (a < b || a !== a ? a : b),

  // C's pow: 1 to any power is 1, and so is -1 to an infinite one
  pow(x, y) {
    if (x === 1 || (x === -1 && (y === Infinity || y === -Infinity))) return 1;
    const sign = x < 0 && Math.abs(y % 2) === 1 ? -1 : 1;
    const size = x < 0 && y % 1 === 0 ? -x : x;
    if (!(hasLogarithm(size) && Math.abs(y * Math.log(size)) < 708)) return Math.pow(x, y);
    const found = logarithm(size);
    const [power, lost] = product(y, found[0]);
    return sign * total(raised(power, lost + y * found[1]));
  },

  // halves to the even one, and the sign of a zero is kept
  round(x) {
    const whole = 2 ** 52; // from here on all floats are
    if (!(Math.abs(x) < whole)) return x;
    const rounded = Math.abs(x) + whole - whole;
    return x < 0 || Object.is(x, -0) ? -rounded : rounded;
  },

  // a % b of Python's floats, which has the sign of b
  mod(a, b) {
    const rest = a % b;
    if (rest === 0) return b < 0 || Object.is(b, -0) ? -0 : 0;
    return b < 0 !== rest < 0 ? rest + b : rest;
  },

  // a // b of Python's floats
  floordiv(a, b) {
    if (b === 0) return a / b;
    const rest = a % b;
    let quotient = (a - rest) / b; // whole, but for rounding
    if (rest !== 0 && b < 0 !== rest < 0) quotient -= 1;
    if (quotient === 0) return a / b < 0 || Object.is(a / b, -0) ? -0 : 0;
    const below = Math.floor(quotient);
    return quotient - below > 0.5 ? below + 1 : below;
  },

  // The root of the sum of squares in twice the digits, as Python's: Math.hypot has fewer than one.
  hypot(x, y) {
    x = Math.abs(x);
    y = Math.abs(y);
    if (x === Infinity || y === Infinity) return Infinity;
    if (x !== x || y !== y) return NaN;
    if (x < y) [x, y] = [y, x];
    if (y === 0) return x;
    const scale = x > 1e150 ? 2 ** 600 : x < 1e-150 ? 2 ** -600 : 1;
    const [a, aRest] = square(x / scale);
    const [b, bRest] = square(y / scale);
    const sum = a + b;
    const sumRest = b - (sum - a) + aRest + bRest;
    const root = Math.sqrt(sum);
    const [c, cRest] = square(root);
    return scale * (root + (sum - c + (sumRest - cRest)) / (2 * root));
  },

  erf(x) {
    if (Math.abs(x) < 1) return erfNear(x);
    return x > 0 ? 1 - erfcFar(x) : x < 0 ? erfcFar(-x) - 1 : x;
  },

  erfc(x) {
    if (Math.abs(x) < 0.5) return 1 - erfNear(x);
    return x > 0 ? erfcFar(x) : x < 0 ? 2 - xp.erfc(-x) : x;
  },

  // Python's builtins: max() keeps the first of equal ones, and a nan only where it comes first;
  // sum() adds the rounding errors at the end from Python 3.12 on (Neumaier 1974).
  largest(n, v) {
    let largest = v[0];
    for (let i = 1; i < n; i++) if (v[i] > largest) largest = v[i];
    return largest;
  },

  sum(n, term) {
    let total = 0;
    let error = 0;
    for (let i = 0; i < n; i++) {
      const x = term(i);
      const after = total + x;
      if (COMPENSATED_SUM) error += Math.abs(total) >= Math.abs(x) ? total - after + x : x - after + total;
      total = after;
    }
    return error !== 0 && Number.isFinite(error) ? total + error : total;
  },
};

// a * b, and what rounding took from it, by halves of their digits (Dekker 1971)
function product(a, b) {
  const s = 134217729 * a;
  const t = 134217729 * b;
  const aHead = s - (s - a);
  const bHead = t - (t - b);
  const aTail = a - aHead;
  const bTail = b - bHead;
  const rounded = a * b;
  return [rounded, aHead * bHead - rounded + aHead * bTail + aTail * bHead + aTail * bTail];
}

const square = (x) => product(x, x);

// Products and sums of numbers in twice the digits, pairs of what a float holds and the rest
function times([a, aRest], [b, bRest]) {
  const [p, rest] = product(a, b);
  return [p, rest + (a * bRest + aRest * b)];
}

function plus([a, aRest], [b, bRest]) {
  const sum = a + b;
  const part = sum - a;
  const low = a - (sum - part) + (b - part) + (aRest + bRest);
  return [sum + low, low - (sum + low - sum)];
}

const minus = ([a, aRest]) => [-a, -aRest];

// 2 ** (i / 32) in twice the digits: roots of 2, and their products
const POWERS = [[1, 0]];
for (let step = 16, root = [2, 0]; step >= 1; step /= 2) {
  const [x, rest] = root;
  const y = Math.sqrt(x);
  const [z, lost] = square(y);
  root = [y, (x - z - lost + rest) / (2 * y)];
  for (let i = 0; i < 32; i += 2 * step) {
    POWERS[i + step] = times(POWERS[i], root);
  }
}

// 2 ** n from n = -1022 on: `**` takes ten times as long
const SCALES = Float64Array.from({ length: 2046 }, (_, i) => 2 ** (i - 1022));

// e ** (x + rest) for |x| < 708, in twice the digits and apart from a power of 2, by Taylor's series beside the nearest
// power in the table
function raised(x, rest) {
  const n = Math.round(x * (32 / Math.LN2));
  const near = x - n * 0.021660849390173098; // log(2) / 32, of which this part has few digits: the product is exact
  const low = rest - n * 2.325192846878874e-12;
  const r = near + low;
  const rRest = low - (r - near);
  const [q, qRest] = square(r);
  const cubic = r * q * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040)))));
  const series = r + q / 2;
  const seriesRest = q / 2 - (series - r) + (rRest + r * rRest + qRest / 2 + cubic);
  const [power, powerRest] = POWERS[n & 31];
  const [p, pRest] = product(power, series);
  const found = power + p;
  return [found, p - (found - power) + (pRest + power * seriesRest + powerRest + powerRest * series), n >> 5];
}

// By index: to take an array apart that another function made costs as much as all the arithmetic.
const total = (power) => (power[0] + power[1]) * SCALES[power[2] + 1022];

// Math.exp rounds one in ten otherwise than C, Math.log, sin and cos one in thirty, and in a graph that adds up.
function exp(x) {
  return Math.abs(x) < 708 ? total(raised(x, 0)) : Math.exp(x);
}

function log(x) {
  if (!hasLogarithm(x)) return Math.log(x);
  const found = logarithm(x);
  return found[0] + found[1];
}

// The logarithm in twice the digits: Math.log, and what e to that lacks of x. Close to 1 that is lost in rounding.
function logarithm(x) {
  const found = Math.log(x);
  const power = raised(-found, 0);
  const scaled = x * SCALES[power[2] + 1022];
  const [p, pRest] = product(scaled, power[0]);
  return [found, p - 1 + (pRest + scaled * power[1])];
}

const hasLogarithm = (x) => x > 1e-307 && x < 1e307 && Math.abs(x - 1) > 1e-6;

// The sines of i / 32 of pi in twice the digits, from the first
const SINES = [];
for (let i = 0, s = [0, 0], c = [1, 0]; i < 64; i++) {
  const t = [0.0980171403295606, -1.634582362244256e-18];
  const d = [0.9951847266721969, -4.248691367830441e-17];
  SINES.push(s);
  [s, c] = [plus(times(s, d), times(c, t)), plus(times(c, d), minus(times(s, t)))];
}

// The sine of x, for |x| < 1e5, or its cosine, a quarter turn further: by Taylor's series beside the nearest in the table
function wave(x, turn) {
  const n = Math.round(x * (32 / Math.PI));
  const near = x - n * 0.09817477042088285; // pi / 32 in three parts, of which the first two have few digits
  const part = n * 3.798187816439979e-12;
  const high = near - part;
  const back = high - near;
  const low = near - (high - back) - (part + back) - n * 1.2639164054974691e-22;
  const r = high + low;
  const rest = low - (r - high);
  const q = r * r;
  const sine = rest + r * q * (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * (1 / 362880))));
  const cosine = q * (-1 / 2 + q * (1 / 24 + q * (-1 / 720 + q * (1 / 40320)))) - r * rest;
  const [s, sRest] = SINES[(n + turn) & 63];
  const [c, cRest] = SINES[(n + turn + 16) & 63];
  const [p, pRest] = product(c, r);
  const found = s + p;
  return found + (p - (found - s) + (pRest + sRest + s * cosine + c * sine + cRest * r));
}

// exp(-x * x): the rounding error of the square would be a factor of the result
function gauss(x) {
  const [high, low] = square(x);
  const power = exp(-high);
  return power - power * low;
}

// erf for |x| < 1, by its series with terms of one sign (Abramowitz and Stegun 7.1.6)
function erfNear(x) {
  let sum = 0;
  for (let k = 40; k > 0; k--) sum = ((2 * x * x) / (2 * k + 1)) * (1 + sum);
  const factor = 1.1283791670955126 * x * gauss(x);
  return factor + factor * sum;
}

// erfc for x >= 1/2, by its continued fraction (7.1.14), from further in the smaller x is
function erfcFar(x) {
  if (x > 27.3) return 0;
  const q = 0.5 / (x * x);
  let fraction = 1;
  for (let k = Math.ceil(16 + 800 * q); k > 0; k--) fraction = 1 + (k * q) / fraction;
  return gauss(x) / (1.772453850905516 * x * fraction);
}
