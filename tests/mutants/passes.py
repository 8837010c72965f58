"""Wrong passes of the compiler, each a small change of its text, and the tests that notice."""

from __future__ import annotations

from .mutant import Mutant

TESTS = "tests/autograd/compiler"
SIMPLIFY = f"{TESTS}/test_simplify.py"
ARRAYS = f"{TESTS}/test_arrays.py"
BRACKETS = f"{TESTS}/test_brackets.py"
CHAINS = f"{TESTS}/test_chains.py"
SCANS = f"{TESTS}/test_scans.py"
SOFTMAX = f"{TESTS}/test_softmax.py"
STENCILS = f"{TESTS}/test_stencils.py"
PAIRS = f"{TESTS}/array/test_contract.py"
VJP = f"{TESTS}/array/test_vjp.py"
BUILD = f"{TESTS}/array/test_build.py"
MERGE = f"{TESTS}/array/test_merge.py"
AFFINE = f"{TESTS}/layout/test_affine.py"
CLUSTERS = f"{TESTS}/layout/test_clusters.py"
COSTS = f"{TESTS}/layout/test_costs.py"
SEARCH = f"{TESTS}/layout/test_search.py"
LEAVES = f"{TESTS}/layout/test_leaves.py"
EMIT = f"{TESTS}/emit/test_emit.py"
WRITER = f"{TESTS}/emit/test_writer.py"
DERIVATIVE = f"{TESTS}/test_derivative.py"
AGREEMENT = f"{TESTS}/test_agreement.py"
SCALAR = f"{TESTS}/ir/test_scalar.py"
CASES = f"{TESTS}/test_cases.py"


def of(room: str, name: str, old: str, new: str, *killers: str, equivalent: str = "") -> Mutant:
    """A mutant of a room of the compiler."""
    return Mutant(name, f"autograd/compiler/{room}.py", old, new, killers, equivalent)


PASSES = [
    of(
        "ir/scalar",
        "constants are known by their value, not their bits",
        'return number if number and number == number else pack("d", number)',
        "return number",
        SCALAR,
    ),
    of("simplify", "0 - b is b", "return s.negative(b)", "return b", SIMPLIFY, ARRAYS),
    of(
        "simplify",
        "a + -b is a + b",
        "return s.entry(p.sub, (found[0], minus))",
        "return s.entry(p.add, (found[0], minus))",
        SIMPLIFY,
        ARRAYS,
    ),
    of(
        "simplify",
        "a - -b is a - b",
        "return s.entry(p.add, (found[0], minus))",
        "return s.entry(p.sub, (found[0], minus))",
        SIMPLIFY,
        ARRAYS,
    ),
    of(
        "simplify",
        "x ** 2 is x + x",
        "return s.entry(p.mul, (a, a))",
        "return s.entry(p.add, (a, a))",
        SIMPLIFY,
        ARRAYS,
    ),
    of(
        "simplify",
        "a quotient by any constant is a product",
        "abs(frexp(number)[0]) == 0.5",
        "True",
        SIMPLIFY,
        BRACKETS,
        AGREEMENT,
    ),
    of(
        "simplify",
        "0.0 is left out of a sum whatever its sign",
        "self.finite or copysign(1.0, number) == sign",
        "True",
        BRACKETS,
        SIMPLIFY,
    ),
    of(
        "simplify",
        "a known condition chooses the other branch",
        "return a if known else b",
        "return b if known else a",
        SIMPLIFY,
        ARRAYS,
    ),
    of(
        "simplify",
        "a false settles an or",
        "return other if bool(truth) is neutral else known",
        "return known if bool(truth) is neutral else other",
        SIMPLIFY,
        ARRAYS,
        CASES,
    ),
    of(
        "simplify",
        "what nobody uses any more stays",
        "return _without_dead(graph).assigned()",
        "return graph.assigned()",
        SIMPLIFY,
    ),
    of(
        "flatten",
        "a subtracted term is added",
        "stack.append((-sign, ids[1]))",
        "stack.append((sign, ids[1]))",
        ARRAYS,
    ),
    of(
        "flatten",
        "a subtracted constant is added",
        "offset += sign * self.constants[a]",
        "offset += self.constants[a]",
        ARRAYS,
        BRACKETS,
    ),
    of(
        "flatten",
        "what is used twice is absorbed",
        "if uses[i] == 1 and primitives[i] in _ABSORBED",
        "if primitives[i] in _ABSORBED",
        ARRAYS,
    ),
    of(
        "flatten",
        "a chain absorbs what is used elsewhere",
        "if i in found and uses[i] == 1 and",
        "if i in found and",
        CHAINS,
    ),
    of(
        "brackets",
        "sums that cancel are taken apart",
        "elif inner and len(terms) > 2 and signs.differ(terms) and _cancel(graph, terms):",
        "elif False:",
        BRACKETS,
    ),
    of(
        "brackets",
        "a difference within a term is not looked for",
        "if row is p.sub or row is p.neg:",
        "if row is p.neg:",
        BRACKETS,
    ),
    of(
        "brackets",
        "what lies deeper than a term is not looked into",
        "return any(self.negative(i, depth - 1) for i in ids)",
        "return False",
        BRACKETS,
    ),
    of(
        "softmax",
        "a shift is replaced though something else uses it",
        "shifts -= _used_otherwise(graph, shifts)",
        "pass",
        SOFTMAX,
    ),
    of(
        "reroll",
        "what a branch alone uses is not masked",
        "plain = not masked[identity] and not (exact and may_be_absent(row))",
        "plain = True",
        ARRAYS,
        AGREEMENT,
    ),
    of(
        "agenda",
        "an operation does not wait for its last operand",
        "if not waiting[user]:",
        "if waiting[user] <= 1:",
        ARRAYS,
    ),
    of(
        "signatures",
        "what has lanes is not told from what has none",
        "(roles[identity] & BATCHED)",
        "0",
        ARRAYS,
        AGREEMENT,
    ),
    of(
        "array/contract",
        "a pair with two numbers keeps the last",
        "if (numbers >= 0).sum() != len(here):",
        "if False:",
        PAIRS,
    ),
    of(
        "array/build",
        "an infinite maximum is subtracted from itself",
        "bounded = tape.map(p.minimum, [tape.map(p.maximum, [top, -LARGEST], rows), LARGEST], rows)",
        "bounded = top",
        ARRAYS,
        AGREEMENT,
    ),
    of(
        "array/vjp",
        "a square has the derivative of a product by another number",
        "twice = times(times(self.symbol(share), 2.0), self.symbol(args[0]))",
        "twice = times(self.symbol(share), self.symbol(args[0]))",
        VJP,
    ),
    of(
        "array/vjp",
        "a divisor's derivative has the sign of a factor's",
        "negated = g._replace(negative=not g.negative)",
        "negated = g",
        VJP,
    ),
    of(
        "array/vjp",
        "both branches get what the taken one is to get",
        "                if inverted:\n",
        "                if False:\n",
        VJP,
    ),
    of(
        "array/vjp",
        "three quarters are lost at a tie",
        "rule(p.pow_, 0.5, halvings)",
        "rule(p.pow_, 0.25, halvings)",
        CHAINS,
    ),
    of(
        "array/vjp",
        "what is given late goes to what is added late alone",
        "turned = np.ascontiguousarray(line.reshape(value.shape)[:, ::-1])",
        "turned = np.ascontiguousarray(line.reshape(value.shape))",
        SCANS,
    ),
    of(
        "array/accumulate",
        "what is the same in all lanes counts once",
        "once = shared & ~tape.batched[share]",
        "once = shared & False",
        VJP,
        f"{TESTS}/array/test_biases.py",
    ),
    of(
        "array/accumulate",
        "what is subtracted is added",
        "return self._combined(p.sub, plus, minus), False",
        "return self._combined(p.add, plus, minus), False",
        VJP,
    ),
    of(
        "array/accumulate",
        "what is only subtracted is added",
        "b[only_b] = tape.filled(tape.map(p.neg, [b[only_b]], count), count)",
        "b[only_b] = b[only_b] + 0 * count",
        VJP,
    ),
    of(
        "array/accumulate",
        "a number that comes several times counts once",
        'total = tape.reduce("add", matrix)',
        "total = matrix[:, 0]",
        VJP,
    ),
    of(
        "array/accumulate",
        "what is not there contributes all the same",
        "self.tape.map(p.where, [mask, elements, 0.0], count)",
        "self.tape.map(p.where, [mask, elements, elements], count)",
        VJP,
    ),
    of(
        "array/tape",
        "what is computed in the leaves' order is read in it",
        "found[np.argsort(order)]",
        "found[order]",
        BUILD,
        STENCILS,
    ),
    of(
        "array/merge",
        "an operation does not wait for its last operand",
        "if not waiting[user]:",
        "if waiting[user] <= 1:",
        MERGE,
    ),
    of(
        "array/merge",
        "a vector is done together with a shorter one's lanes",
        "value.size, value.batched, *map",
        "value.size, *map",
        MERGE,
        VJP,
    ),
    of(
        "layout/clusters",
        "copies stand one place too far",
        "[offset for offset, _ in copies]",
        "[offset + 1 for offset, _ in copies]",
        CLUSTERS,
        SEARCH,
    ),
    of(
        "layout/clusters",
        "two clusters may lie in one place",
        "if taken.isdisjoint(spots):",
        "if True:",
        CLUSTERS,
    ),
    of(
        "layout/clusters",
        "what was merged is not undone",
        "self._merged.difference_update(new)",
        "pass",
        CLUSTERS,
    ),
    of(
        "layout/search",
        "two numbers may have one place",
        "return not copies or distinct(offsets)",
        "return True",
        SEARCH,
    ),
    of(
        "layout/costs",
        "what an operation costs is known by its shape",
        "lies: Any = int(places.arena[first]), (x - first).tobytes()",
        "lies: Any = int(places.arena[first]), x.size",
        COSTS,
    ),
    of(
        "emit/emit",
        "copies come before what they are tried beside",
        "self.writer.sizes = {ONCE: FAR, LANES: FAR}",
        "pass",
        COSTS,
    ),
    of(
        "layout/search",
        "what fails is tried for ever",
        "failures[kind] += 1",
        "pass",
        SEARCH,
    ),
    of(
        "layout/affine",
        "a view may end within a row",
        "if length % run:",
        "if length < run:",
        AFFINE,
    ),
    of(
        "layout/leaves",
        "a bias leaves its part",
        "if bisect_right(ends, last) == bisect_right(ends, bias):",
        "if True:",
        LEAVES,
    ),
    of(
        "layout/leaves",
        "a bias that rows share comes twice",
        "bias < count and bias not in moving:",
        "bias < count:",
        LEAVES,
    ),
    of(
        "emit/emit",
        "copies of what is computed are never made",
        "                self._fill(index)\n",
        "",
        EMIT,
        SEARCH,
    ),
    of(
        "emit/writer",
        "what is scattered may lie anywhere",
        "if not _in_a_row(source):\n            source = self.take(source)\n        self._scatter",
        "if False:\n            source = self.take(source)\n        self._scatter",
        WRITER,
    ),
    of(
        "emit/writer",
        "columns that are no views are gathered one by one",
        "self._scattered(matrix) < 2",
        "True",
        STENCILS,
    ),
    of(
        "layout/affine",
        "rows need not run alike to be a view",
        "if not (inner == first[:, :, None]).all():",
        "if False:",
        ARRAYS,
    ),
    of(
        "scans",
        "a running sum may add what depends on it",
        "return any(i >= head and reached[i - head] for i in inputs)",
        "return False",
        SCANS,
    ),
    of(
        "scans",
        "running products hand derivatives back as sums do",
        "if row in UFUNCS and (row is p.add or not active[identity]):",
        "if row in UFUNCS:",
        SCANS,
    ),
    of(
        "agenda",
        "a scan does not wait for what it adds",
        "waiting[first] += len(waits)",
        "waiting[identity] += len(waits)",
        SCANS,
    ),
    of(
        "derivative",
        "where two cotangents meet, both must be there",
        "(holds_x | holds_y)._id",
        "(holds_x & holds_y)._id",
        DERIVATIVE,
        AGREEMENT,
    ),
]
