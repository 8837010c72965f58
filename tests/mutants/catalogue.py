"""Wrong rules and wrong traversals (and passes of the compiler, in :mod:`.passes`), each a small change of the engine's text, and the tests that notice.

A mutant's old text must occur in its file (all occurrences are changed), so that the catalogue cannot go
stale in silence. What no test can notice is marked equivalent, and says why.
"""

from __future__ import annotations

from .mutant import Mutant, of
from .networks import NETWORKS
from .passes import PASSES
from .pictures import PICTURES

LOCAL = "tests/autograd/testing/test_local.py"
EVERY = f"{LOCAL}::test_every_primitive_is_right_over_all_magnitudes_and_at_its_kinks"
KINKS = "tests/properties/test_gradient_laws.py::test_gradients_at_kinks_are_the_documented_subgradients"
LAWS = "tests/properties/test_gradient_laws.py"
SMOOTH = f"{LAWS}::test_gradients_of_smooth_programs_are_right"
TWICE = f"{LAWS}::test_a_value_used_twice_gets_both_gradients"
FORWARD = "tests/properties/test_forward_values.py"
MATH = f"{FORWARD}::test_elementary_functions_equal_math_bitwise_where_math_answers"
MATH2 = f"{FORWARD}::test_binary_operations_equal_math_bitwise_where_math_answers"
DIGITS = f"{FORWARD}::test_composed_functions_keep_their_digits_in_both_tails"
TAILS = f"{FORWARD}::test_partials_keep_their_digits_in_both_tails"
HIGHER = "tests/properties/test_higher_orders.py"
SECOND = f"{HIGHER}::test_second_derivatives_of_smooth_programs_are_right"
THIRD = f"{HIGHER}::test_third_derivatives_of_every_smooth_primitive_agree_with_mpmath"
SHAPES = "tests/properties/test_graph_shapes.py"
INTEGERS = f"{SHAPES}::test_integer_graphs_equal_exact_fractions"
MACHINE = "tests/properties/test_state_machine.py"
CONVENTIONS = "tests/autograd/test_conventions.py"
ACCURACY = "tests/accuracy/test_search.py"


rule, sweep = of("autograd/primitives.py"), of("autograd/sweeps.py")

RULES = [
    rule(
        "add forgets its second operand", "operator.add, 1.0, 1.0", "operator.add, 1.0, 0.0", EVERY
    ),
    rule(
        "sub has the partials (-1, +1)", "operator.sub, 1.0, -1.0", "operator.sub, -1.0, 1.0", EVERY
    ),
    rule("sub loses its sign", "operator.sub, 1.0, -1.0", "operator.sub, 1.0, 1.0", EVERY),
    rule(
        "mul's partials are swapped",
        "operator.mul, lambda out, a, b: b, lambda out, a, b: a",
        "operator.mul, lambda out, a, b: a, lambda out, a, b: b",
        EVERY,
    ),
    rule("div's divisor as -a/(b*b)", "-xp.div(out, b)", "-xp.div(a, b * b)", EVERY, CONVENTIONS),
    rule("div's divisor has the wrong sign", "-xp.div(out, b)", "xp.div(out, b)", EVERY),
    rule("neg is its own derivative", "operator.neg, -1.0", "operator.neg, 1.0", EVERY),
    rule("pow's base keeps the exponent", "xp.pow(a, b - 1.0)", "xp.pow(a, b)", EVERY),
    rule(
        "pow's base has no guard at 0**0",
        "xp.where(xp.equal(b, 0.0), 0.0, plain)",
        "plain",
        CONVENTIONS,
    ),
    rule(
        "pow's base is cut off at every exponent of 0",
        "return xp.where(xp.equal(a, 0.0), at_origin, slope)",
        "return xp.where(xp.equal(b, 0.0), 0.0, slope)",
        SECOND,
        HIGHER,
    ),
    rule(
        "pow's base overflows at small exponents",
        "xp.where(b * b < 0.25, xp.div(b * out, a), plain)",
        "plain",
        f"{CONVENTIONS}::test_the_answer_is_the_convention",
    ),
    rule(
        "pow's exponent has no guard at base 0",
        "xp.where(b >= 0.0, 0.0, slope)",
        "slope",
        CONVENTIONS,
    ),
    rule(
        "pow's exponent at 0**0 is taken for a pole",
        "xp.where(b >= 0.0,",
        "xp.where(b > 0.0,",
        CONVENTIONS,
    ),
    rule(
        "pow's exponent takes the log of |base|",
        "root = xp.pow(a, 0.5 * b)\n        slope = (root * xp.log(a)) * root",
        "slope = out * xp.log(xp.abs(a))",
        CONVENTIONS,
    ),
    rule(
        "pow's exponent overflows with the power",
        "slope = (root * xp.log(a)) * root",
        "slope = out * xp.log(a)",
        CONVENTIONS,
    ),
    rule("pow's exponent by log of the exponent", "root * xp.log(a)", "root * xp.log(b)", EVERY),
    rule(
        "abs has derivative 1 at 0",
        "xp.abs, lambda out, x: xp.sign(x)",
        "xp.abs, lambda out, x: xp.where(x >= 0.0, 1.0, -1.0)",
        EVERY,
        KINKS,
    ),
    rule("exp's derivative is x", "xp.exp, lambda out, x: out", "xp.exp, lambda out, x: x", EVERY),
    rule(
        "expm1's partial as out + 1",
        "xp.expm1, lambda out, x: xp.exp(x)",
        "xp.expm1, lambda out, x: out + 1.0",
        TAILS,
    ),
    rule("log1p's partial by x", "xp.div(1.0, 1.0 + x)", "xp.div(1.0, x)", EVERY),
    rule(
        "log's partial by its output",
        "xp.log, lambda out, x: xp.div(1.0, x)",
        "xp.log, lambda out, x: xp.div(1.0, out)",
        EVERY,
    ),
    rule("sqrt's partial without the half", "xp.div(0.5, out)", "xp.div(1.0, out)", EVERY),
    rule("sqrt's partial by its operand", "xp.div(0.5, out)", "xp.div(0.5, x)", EVERY),
    rule(
        "xlogy has no guard in its value at (0, 0)",
        "return xp.where(xp.equal(x, 0.0), xp.where(xp.isnan(y), y, 0.0), x * xp.log(y))",
        "return x * xp.log(y)",
        CONVENTIONS,
    ),
    rule(
        "xlogy has no guard in its partials at (0, 0)",
        "return xp.where(xp.equal(x, 0.0), xp.where(xp.equal(y, 0.0), 0.0, otherwise), otherwise)",
        "return otherwise",
        CONVENTIONS,
    ),
    rule(
        "sin's derivative is -cos",
        "xp.sin, lambda out, x: xp.cos(x)",
        "xp.sin, lambda out, x: -xp.cos(x)",
        EVERY,
    ),
    rule(
        "cos's derivative has no sign",
        "xp.cos, lambda out, x: -xp.sin(x)",
        "xp.cos, lambda out, x: xp.sin(x)",
        EVERY,
    ),
    rule(
        "tan's derivative is 1 + out",
        "xp.tan, lambda out, x: 1.0 + out * out",
        "xp.tan, lambda out, x: 1.0 + out",
        EVERY,
    ),
    rule(
        "asin by 1 - x*x, which cancels near 1",
        "xp.asin, lambda out, x: xp.div(1.0, xp.sqrt(_one_less_square(xp, x)))",
        "xp.asin, lambda out, x: xp.div(1.0, xp.sqrt(1.0 - x * x))",
        f"{FORWARD}::test_partials_keep_their_digits_at_the_edge_of_a_domain",
    ),
    rule(
        "acos loses its sign",
        "xp.acos, lambda out, x: -xp.div",
        "xp.acos, lambda out, x: xp.div",
        EVERY,
    ),
    rule(
        "atan's derivative by 1 - x*x",
        "r = xp.hypot(1.0, x)\n        return xp.div(xp.div(1.0, r), r)",
        "return xp.div(1.0, 1.0 - x * x)",
        EVERY,
    ),
    rule(
        "atan's derivative by 1 + x*x, whose own underflows",
        "r = xp.hypot(1.0, x)\n        return xp.div(xp.div(1.0, r), r)",
        "return xp.div(1.0, 1.0 + x * x)",
        ACCURACY,
    ),
    rule(
        "atan2's partials are swapped",
        "lambda out, y, x: per_length(x, y, x),\n        lambda out, y, x: -per_length(y, y, x),",
        "lambda out, y, x: -per_length(y, y, x),\n        lambda out, y, x: per_length(x, y, x),",
        EVERY,
    ),
    rule(
        "atan2 has no guard at the origin",
        "return xp.where(xp.equal(r, 0.0), 0.0, xp.div(xp.div(a, r), r))",
        "return xp.div(xp.div(a, r), r)",
        CONVENTIONS,
    ),
    rule(
        "atan2 squares the length, which overflows",
        "xp.div(xp.div(a, r), r))",
        "xp.div(a, r * r))",
        EVERY,
    ),
    rule(
        "sinh's derivative is sinh",
        "xp.sinh, lambda out, x: xp.cosh(x)",
        "xp.sinh, lambda out, x: out",
        EVERY,
    ),
    rule(
        "cosh's derivative is negated, as cos's",
        "xp.cosh, lambda out, x: xp.sinh(x)",
        "xp.cosh, lambda out, x: -xp.sinh(x)",
        EVERY,
    ),
    rule(
        "tanh's derivative is 1 - out",
        "return xp.tanh, slope",
        "return xp.tanh, lambda out, x: 1.0 - out",
        EVERY,
    ),
    rule(
        "tanh's derivative is 1 - x*x",
        "return xp.tanh, slope",
        "return xp.tanh, lambda out, x: 1.0 - x * x",
        EVERY,
    ),
    rule(
        "tanh's derivative clipped away from 0",
        "return xp.tanh, slope",
        "return xp.tanh, lambda out, x: xp.maximum(1.0 - out * out, 1e-7)",
        EVERY,
        CONVENTIONS,
    ),
    rule(
        "tanh's derivative is lost in its tails",
        "return xp.tanh, slope",
        "return xp.tanh, lambda out, x: 1.0 - out * out",
        CONVENTIONS,
    ),
    rule(
        "tanh's second derivative is nan where cosh overflows",
        "xp.cosh(xp.minimum(xp.maximum(x, -400.0), 400.0))",
        "xp.cosh(x)",
        CONVENTIONS,
    ),
    rule(
        "asinh by a root that overflows",
        "xp.asinh, lambda out, x: xp.div(1.0, xp.hypot(1.0, x))",
        "xp.asinh, lambda out, x: xp.div(1.0, xp.sqrt(1.0 + x * x))",
        EVERY,
    ),
    rule(
        "acosh by one root, which overflows",
        "xp.sqrt(x - 1.0) * xp.sqrt(x + 1.0)",
        "xp.sqrt((x - 1.0) * (x + 1.0))",
        EVERY,
    ),
    rule(
        "atanh's derivative by 1 + x*x",
        "xp.atanh, lambda out, x: xp.div(1.0, _one_less_square(xp, x))",
        "xp.atanh, lambda out, x: xp.div(1.0, 1.0 + x * x)",
        EVERY,
    ),
    rule(
        "atanh's second derivative cancels near 0",
        "xp.where(square < 0.25, 1.0 - square, (1.0 - x) * (1.0 + x))",
        "(1.0 - x) * (1.0 + x)",
        CONVENTIONS,
    ),
    rule(
        "hypot has no guard at the origin",
        "return xp.where(xp.equal(out, 0.0), 0.0, slope)",
        "return slope",
        CONVENTIONS,
    ),
    rule("hypot's partial by the square", "xp.div(a, out))", "xp.div(a, out * out))", EVERY),
    rule(
        "hypot's second derivative cancels",
        "xp.where(xp.abs(a) >= xp.abs(b), cosine, xp.div(a, out))",
        "xp.div(a, out)",
        CONVENTIONS,
    ),
    rule("erf without its constant", "(2.0 / math.sqrt(math.pi)) * xp.exp", "1.0 * xp.exp", EVERY),
    rule("erfc has erf's sign", "(-2.0 / math.sqrt(math.pi))", "(2.0 / math.sqrt(math.pi))", EVERY),
    rule(
        "a flat function hands nan on as 0",
        "return _defined(xp, out, ABSENT)",
        "return ABSENT",
        CONVENTIONS,
    ),
    rule(
        "a flat function hands on 0 times its cotangent",
        "return _defined(xp, out, ABSENT)",
        "return _defined(xp, out, 0.0)",
        CONVENTIONS,
    ),
    rule(
        "the loser of two rivals gets 0 times the cotangent",
        "xp.where(loses, ABSENT, tied)",
        "xp.where(loses, 0.0, tied)",
        CONVENTIONS,
    ),
    rule(
        "maximum gives a tie to the first",
        "lambda out, a, b: _share(xp, a > b, a < b, a, b),\n        lambda out, a, b: _share(xp, b > a, b < a, a, b),",
        "lambda out, a, b: _share(xp, a >= b, a < b, a, b),\n        lambda out, a, b: _share(xp, b > a, b <= a, a, b),",
        EVERY,
        KINKS,
    ),
    rule(
        "a tie gives each the whole derivative",
        "xp.where(xp.equal(a, b), 0.5, math.nan)",
        "xp.where(xp.equal(a, b), 1.0, math.nan)",
        EVERY,
        KINKS,
    ),
    rule(
        "a nan among rivals is a tie",
        "xp.where(xp.equal(a, b), 0.5, math.nan)",
        "0.5",
        CONVENTIONS,
    ),
    rule(
        "minimum has maximum's partials",
        "lambda out, a, b: _share(xp, a < b, a > b, a, b),\n        lambda out, a, b: _share(xp, b < a, b > a, a, b),",
        "lambda out, a, b: _share(xp, a > b, a < b, a, b),\n        lambda out, a, b: _share(xp, b > a, b < a, a, b),",
        EVERY,
    ),
    rule(
        "clip is flat at its bounds",
        "xp.where(x < lo, ABSENT, xp.where(x > hi, ABSENT, 1.0))",
        "xp.where(x <= lo, ABSENT, xp.where(x >= hi, ABSENT, 1.0))",
        EVERY,
        KINKS,
    ),
    rule(
        "clip lets everything through",
        "xp.where(x < lo, ABSENT, xp.where(x > hi, ABSENT, 1.0))",
        "1.0",
        EVERY,
    ),
    rule(
        "where hands 0 to the branch not taken",
        "xp.where(condition, 1.0, ABSENT)",
        "xp.where(condition, 1.0, 0.0)",
        CONVENTIONS,
    ),
    rule(
        "sigmoid with swapped branches",
        "xp.where(x >= 0.0, 1.0, z), 1.0 + z",
        "xp.where(x >= 0.0, z, 1.0), 1.0 + z",
        DIGITS,
        EVERY,
    ),
    rule(
        "sigmoid as 1/(1+exp(-x)), which loses its left tail",
        "z = xp.exp(-xp.abs(x))\n        return xp.div(xp.where(x >= 0.0, 1.0, z), 1.0 + z)",
        "return xp.div(1.0, 1.0 + xp.exp(-x))",
        f"{FORWARD}::test_sigmoid_keeps_its_left_tail_down_to_the_smallest_floats",
    ),
    rule(
        "sigmoid's partial is out",
        "return 0.25 * (s * s)",
        "return out",
        EVERY,
    ),
    rule(
        "sigmoid's partial is lost in the right tail",
        "return 0.25 * (s * s)",
        "return out * (1.0 - out)",
        CONVENTIONS,
    ),
    rule(
        "log_sigmoid with swapped branches",
        "xp.minimum(x, 0.0) - xp.log1p(xp.exp(-xp.abs(x)))",
        "xp.maximum(x, 0.0) - xp.log1p(xp.exp(-xp.abs(x)))",
        DIGITS,
    ),
    rule(
        "log_sigmoid's partial is softplus's",
        "lambda out, x: xp.sigmoid(-x)",
        "lambda out, x: xp.sigmoid(x)",
        EVERY,
    ),
    rule(
        "softplus with a naive log",
        "return xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x)))",
        "return xp.maximum(x, 0.0) + xp.log(1.0 + xp.exp(-xp.abs(x)))",
        DIGITS,
    ),
    rule(
        "softplus without its shift",
        "return xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x)))",
        "return xp.log1p(xp.exp(x))",
        DIGITS,
        CONVENTIONS,
        EVERY,
    ),
    rule(
        "softplus's partial by its output",
        "forward, lambda out, x: xp.sigmoid(x)",
        "forward, lambda out, x: 1.0 - xp.exp(out)",
        EVERY,
    ),
    rule(
        "relu has derivative 1 at 0",
        "return xp.where(xp.equal(sign, 0.0), ABSENT, sign)",
        "return xp.where(x >= 0.0, 1.0, ABSENT)",
        EVERY,
        KINKS,
    ),
    rule(
        "relu of nan has derivative 0",
        "return xp.where(xp.equal(sign, 0.0), ABSENT, sign)",
        "return xp.where(x > 0.0, 1.0, ABSENT)",
        CONVENTIONS,
    ),
    rule(
        "relu hands on 0 times its cotangent",
        "return xp.where(xp.equal(sign, 0.0), ABSENT, sign)",
        "return sign",
        CONVENTIONS,
    ),
    rule(
        "leaky_relu has derivative 1 at 0",
        "xp.where(x > 0.0, 1.0, slope)",
        "xp.where(x >= 0.0, 1.0, slope)",
        EVERY,
        KINKS,
    ),
    rule(
        "leaky_relu's slope has partial 1",
        "xp.where(x > 0.0, ABSENT, x)",
        "xp.where(x > 0.0, ABSENT, 1.0)",
        EVERY,
    ),
    rule("elu's partial without alpha", "alpha * xp.exp(x)", "xp.exp(x)", EVERY),
    rule(
        "elu has derivative 1 at 0 whatever alpha",
        "xp.where(x > 0.0, 1.0, alpha * xp.exp(x))",
        "xp.where(x >= 0.0, 1.0, alpha * xp.exp(x))",
        EVERY,
        KINKS,
    ),
    rule("gelu's partial without its density", "half(x) + x * density(x)", "half(x)", EVERY),
    rule(
        "gelu by erf, which loses the left tail",
        "return 0.5 * xp.erfc(-xp.sqrt(0.5) * x)",
        "return 0.5 * (1.0 + xp.erf(xp.sqrt(0.5) * x))",
        DIGITS,
    ),
    rule(
        "silu's partial is sigmoid",
        "xp.sigmoid(x) + out * xp.sigmoid(-x)",
        "xp.sigmoid(x)",
        EVERY,
    ),
    rule(
        "silu's second derivative is lost in the right tail",
        "out * xp.sigmoid(-x)",
        "out * (1.0 - xp.sigmoid(x))",
        CONVENTIONS,
    ),
    rule(
        "prod by division, which fails at zeros",
        "return [a * b for a, b in zip(before, reversed(after), strict=True)]",
        "return [xp.div(out, x) for x in args]",
        EVERY,
        CONVENTIONS,
    ),
    rule(
        "prod's running products in the wrong order",
        "zip(before, reversed(after), strict=True)",
        "zip(before, after, strict=True)",
        EVERY,
    ),
    rule("dot's halves are not exchanged", "return args[n:] + args[:n]", "return args", EVERY),
    rule(
        "logsumexp without its shift",
        "shift = xp.where(xp.isnan(top - top), 0.0, top)",
        "shift = 0.0 * top",
        EVERY,
        CONVENTIONS,
    ),
    rule(
        "logsumexp subtracts an infinite maximum",
        "shift = xp.where(xp.isnan(top - top), 0.0, top)",
        "shift = top",
        f"{FORWARD}::test_logsumexp_of_infinite_arguments_is_infinite",
    ),
    rule(
        "logsumexp shifts by its smallest argument",
        "top = xp.largest(args)",
        "top = -xp.largest([-x for x in args])",
        EVERY,
        CONVENTIONS,
        f"{FORWARD}::test_logsumexp_is_precise_wherever_its_largest_argument_lies",
    ),
    rule(
        "logsumexp's weights are not divided by their sum",
        "return [xp.div(part, total) for part in parts]",
        "return parts",
        "tests/autograd/test_functions.py",
        "tests/autograd/test_primitives.py",
        f"{FORWARD}::test_the_weights_of_logsumexp_sum_to_one",
    ),
]

WALKS = [
    sweep(
        "= for += at shared nodes",
        "share if before is None else before + share",
        "share",
        TWICE,
        SMOOTH,
    ),
    sweep(
        "= for += at binary operations' first operand",
        "a._cotangent = share if before is None else before + share",
        "a._cotangent = share",
        TWICE,
        MACHINE,
    ),
    sweep(
        "= for += at operations of many operands",
        "                            before = operand._cotangent\n                            operand._cotangent = share if before is None else before + share\n                    continue",
        "                            operand._cotangent = share\n                    continue",
        TWICE,
    ),
    sweep(
        "a second seed replaces the first",
        "node._cotangent = seed if before is None else before + seed",
        "node._cotangent = seed",
        "tests/autograd/test_sweeps.py",
        f"{SHAPES}::test_two_seeds_at_one_node_add_up",
    ),
    sweep(
        "nodes are swept in the order of recording",
        "for node in reversed(order):",
        "for node in order:",
        TWICE,
    ),
    sweep(
        "a cotangent of 0 is skipped, which hides 0*inf",
        "if cotangent is None:  # no path",
        "if not cotangent:  # no path",
        CONVENTIONS,
        f"{LAWS}::test_a_gradient_of_zero_still_meets_an_infinite_partial",
    ),
    sweep(
        "large cotangents are clipped",
        "yield node, cotangent\n",
        "cotangent = max(min(cotangent, 1e6), -1e6) if type(cotangent) is float else cotangent\n                yield node, cotangent\n",
        f"{LAWS}::test_the_seed_scales_the_gradient",
        SMOOTH,
        f"{LAWS}::test_huge_and_tiny_gradients_pass_unchanged",
    ),
    sweep(
        "tiny cotangents are flushed to 0",
        "yield node, cotangent\n",
        "cotangent = 0.0 if type(cotangent) is float and abs(cotangent) < 1e-30 else cotangent\n                yield node, cotangent\n",
        f"{LAWS}::test_huge_and_tiny_gradients_pass_unchanged",
    ),
    sweep(
        "cotangents stay behind for the next sweep",
        "                node._cotangent = None\n                if hooked:\n",
        "                if hooked:\n",
        f"{LAWS}::test_a_second_backward_doubles_the_leaves_only",
    ),
    sweep(
        "an abandoned sweep leaves its cotangents behind",
        "            for node in order:\n                node._cotangent = None\n            raise",
        "            raise",
        "tests/autograd/test_sweeps.py",
    ),
    sweep(
        "the last operand of two is dropped when it is the first again",
        "                    if not isinstance(b, float):",
        "                    if not isinstance(b, float) and b is not a:",
        TWICE,
    ),
    Mutant(
        "a node is emitted before its operands",
        "autograd/graph.py",
        "push(node)\n        push(None)",
        "emit(node)",
        (f"{SHAPES}::test_every_node_comes_after_its_operands_and_once",),
    ),
    Mutant(
        "a node is listed once for each consumer",
        "autograd/graph.py",
        "        if key in seen:\n            continue\n",
        "",
        (
            f"{SHAPES}::test_every_node_comes_after_its_operands_and_once",
            TWICE,
        ),
    ),
    sweep(
        "with create_graph the cotangent's sign is lost at a partial of -1",
        "return -other",
        "return other",
        SECOND,
        HIGHER,
    ),
    sweep(
        "with create_graph partials are numbers",
        "                    out: Any = node\n                    primals: tuple[Any, ...] = node.operands\n                    partials = primitive.traced",
        "                    out: Any = node._data\n                    primals: tuple[Any, ...] = node.primals\n                    partials = primitive.partials",
        SECOND,
    ),
    sweep(
        "with create_graph the output is cut off",
        "out: Any = node\n",
        "out: Any = node.detach()\n",
        SECOND,
        THIRD,
    ),
    sweep(
        "a changed leaf is not noticed",
        "refuse_stale(node)\n",
        "pass\n",
        "tests/autograd/test_transforms.py",
        "tests/autograd/test_sweeps.py",
        f"{SHAPES}::test_a_changed_leaf_is_refused_with_create_graph",
    ),
    Mutant(
        "backward replaces the leaves' gradients",
        "autograd/value.py",
        "reached.append((node, node._grad + cotangent))",
        "reached.append((node, cotangent))",
        (f"{LAWS}::test_a_second_backward_doubles_the_leaves_only",),
    ),
    Mutant(
        "backward adds up interior gradients",
        "autograd/value.py",
        "node._grad = cotangent\n",
        "node._grad += cotangent\n",
        (f"{LAWS}::test_a_second_backward_doubles_the_leaves_only",),
        "interior gradients are set to 0 before the sweep, and each node is swept once",
    ),
    Mutant(
        "backward leaves old interior gradients where no cotangent arrives",
        "autograd/value.py",
        "                if node.primitive is not None:\n                    node._grad = 0.0\n",
        "                pass\n",
        ("tests/autograd/test_value.py", f"{SHAPES}::test_a_branch_that_gets_nothing_shows_zero"),
    ),
    Mutant(
        "the seed is ignored",
        "autograd/value.py",
        "reverse_sweep(order, [(self, seed)])",
        "reverse_sweep(order, [(self, 1.0)])",
        (f"{LAWS}::test_the_seed_scales_the_gradient",),
    ),
    Mutant(
        "detach keeps the graph",
        "autograd/value.py",
        "return Value(self._data, self.label)",
        "return self * 1.0",
        (f"{LAWS}::test_detach_and_no_grad_leak_nothing",),
    ),
    Mutant(
        "no_grad records",
        "autograd/value.py",
        "        if state.active and not modes.recorded(node):\n",
        "        if False:\n",
        (f"{LAWS}::test_detach_and_no_grad_leak_nothing",),
    ),
    Mutant(
        "a node remembers its operands' numbers of now",
        "autograd/sweeps.py",
        "                    primals = node.primals\n",
        "                    primals = tuple(x if type(x) is float else x._data for x in node.operands)\n",
        (MACHINE, "tests/autograd/test_value.py"),
    ),
    Mutant(
        "a constant on the left is put on the right",
        "autograd/operators.py",
        "return self._apply(p.sub, other, self)  # other - self",
        "return self._apply(p.sub, self, other)",
        (
            "tests/autograd/test_operators.py",
            "tests/autograd/testing/test_programs.py::test_the_source_runs_and_computes_the_same",
        ),
    ),
    Mutant(
        "2 ** x is x ** 2",
        "autograd/operators.py",
        "return self._apply(p.pow_, other, self)  # other ** self",
        "return self._apply(p.pow_, self, other)",
        ("tests/autograd/test_operators.py",),
    ),
]

NUMBERS = [
    Mutant(
        "maximum keeps the number beside a nan",
        "autograd/namespaces.py",
        "return a if a > b or a != a else b",
        "return a if a > b else b",
        (CONVENTIONS,),
    ),
    Mutant(
        "log(-0.0) is nan",
        "autograd/namespaces.py",
        '"log": _total(math.log, pole=0.0)',
        '"log": _total(math.log)',
        (CONVENTIONS,),
    ),
    Mutant(
        "1/0 has the sign of its numerator only",
        "autograd/namespaces.py",
        "return math.copysign(math.inf, a) * math.copysign(1.0, b)",
        "return math.copysign(math.inf, a)",
        ("tests/autograd/test_namespaces.py", CONVENTIONS),
    ),
    Mutant(
        "log1p as log(1 + x)",
        "autograd/namespaces.py",
        '"log1p": _total(math.log1p, pole=-1.0)',
        '"log1p": _total(lambda x: math.log(1.0 + x), pole=-1.0)',
        (MATH, EVERY, CONVENTIONS),
    ),
    Mutant(
        "expm1 as exp(x) - 1",
        "autograd/namespaces.py",
        '"expm1": _total(math.expm1)',
        '"expm1": _total(lambda x: math.exp(x) - 1.0)',
        (MATH, EVERY, CONVENTIONS),
    ),
    Mutant(
        "hypot as a root that overflows",
        "autograd/namespaces.py",
        '"hypot": math.hypot',
        '"hypot": lambda a, b: math.sqrt(a * a + b * b)',
        (MATH2, EVERY),
    ),
    Mutant(
        "sign(0) is 1",
        "autograd/namespaces.py",
        "return 1.0 if x > 0.0 else",
        "return 1.0 if x >= 0.0 else",
        (EVERY, CONVENTIONS),
    ),
    Mutant(
        "max and min confused in ties of -0.0",
        "autograd/namespaces.py",
        "return a if a < b or a != a else b",
        "return a if a <= b or a != a else b",
        (EVERY, KINKS, CONVENTIONS, "tests/autograd/test_namespaces.py"),
        "it differs for minimum(0.0, -0.0) alone, where IEEE 754 lets minimum answer with either zero",
    ),
    Mutant(
        "in forward mode the last operand's tangent replaces the others",
        "autograd/sweeps.py",
        "total = share if total is None else total + share",
        "total = share",
        (f"{LAWS}::test_reverse_mode_is_the_adjoint_of_forward_mode",),
    ),
]

MUTANTS = [*RULES, *WALKS, *NUMBERS, *NETWORKS, *PICTURES, *PASSES]
