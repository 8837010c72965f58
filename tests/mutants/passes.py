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
PAIRS = f"{TESTS}/test_pairs.py"
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
        "elif inner and len(terms) > 2 and _cancel(graph, terms):",
        "elif False:",
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
        "arrange",
        "copies are sought one place too far",
        "slots = here + request.shift",
        "slots = here + request.shift + 1",
        STENCILS,
    ),
    of(
        "array/contract",
        "a pair with two numbers keeps the last",
        "if (numbers >= 0).sum() != len(here):",
        "if False:",
        PAIRS,
    ),
    of(
        "forward",
        "an infinite maximum is subtracted from itself",
        "shift = rule(p.minimum, [rule(p.maximum, [top, -LARGEST], n), LARGEST], n)",
        "shift = top",
        ARRAYS,
        AGREEMENT,
    ),
    of(
        "forward",
        "an infinite factor is taken out of a sum",
        "if len(numbers) == 2 or (numbers and math.isfinite(numbers[0])):",
        "if numbers:",
        AGREEMENT,
    ),
    of(
        "reverse",
        "a square has the derivative of a product by another number",
        "share = times(times(value, 2.0), primals[0])",
        "share = times(value, primals[0])",
        ARRAYS,
    ),
    of(
        "reverse",
        "a divisor's derivative has the sign of a factor's",
        "share, negative = share * out, not negative",
        "share, negative = share * out, negative",
        ARRAYS,
    ),
    of(
        "reverse",
        "both branches get what the taken one is to get",
        "if inverted else condition",
        "if False else condition",
        ARRAYS,
    ),
    of(
        "reverse",
        "three quarters are lost at a tie",
        "rule(p.pow_, [0.5, halvings], ids.size)",
        "rule(p.pow_, [0.25, halvings], ids.size)",
        CHAINS,
    ),
    of(
        "cotangents",
        "what is the same in all lanes counts once",
        "return builder.rule(p.mul, [builder.count_of_lanes(count), operand], count)",
        "return operand",
        ARRAYS,
        f"{TESTS}/test_batch.py",
        f"{TESTS}/test_biases.py",
    ),
    of(
        "contributions",
        "what is subtracted is added",
        "row = p.sub if part.negative else p.add",
        "row = p.add",
        ARRAYS,
        STENCILS,
    ),
    of(
        "contributions",
        "a number that comes several times counts once",
        "builder.constant(value * counts)",
        "builder.constant(value + 0.0 * counts)",
        ARRAYS,
        PAIRS,
    ),
    of(
        "layout/affine",
        "rows need not run alike to be a view",
        "if not (inner == first[:, :, None]).all():",
        "if False:",
        ARRAYS,
    ),
    of(
        "building",
        "instructions are the same wherever their operands stand",
        "(x.arena, id(x.positions))",
        "(x.arena, 0)",
        ARRAYS,
    ),
    of(
        "lowering",
        "an instruction goes of which only a part is read",
        "used = bool(read[instruction.out.arena][instruction.writes].any())",
        "used = bool(read[instruction.out.arena][instruction.writes].all())",
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
        "reverse",
        "what is given late goes to what is added late alone",
        "turned = Ref(given.arena, given.positions.reshape(scans, -1)[:, ::-1])",
        "turned = Ref(given.arena, given.positions.reshape(scans, -1))",
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
        "else under_x | under_y\n    return _sum(x, y), either",
        "else under_x & under_y\n    return _sum(x, y), either",
        DERIVATIVE,
        AGREEMENT,
    ),
]
