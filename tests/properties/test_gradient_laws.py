"""Laws that every gradient obeys, on programs that Hypothesis draws. Each names the bug it catches."""

from __future__ import annotations

import math

from hypothesis import assume, example, given
from hypothesis import strategies as st

import autograd
from autograd import Value, grad, gradient, no_grad, softmax, value_and_grad, vmap
from autograd.testing import check_jvp_vjp, expressions, gradcheck, kinks
from autograd.testing.programs import Program
from autograd.testing.rounded import TINY, UNIT
from autograd.testing.running_error import backward

factors = st.integers(-32, 32).map(lambda n: n / 8)


def gradients(program, *outer):
    """The gradients at a program's inputs of what the outer function makes of its results."""
    leaves = [Value(x) for x in program.inputs]
    root = program(*leaves)
    for f in outer:
        root = f(root)
    root.backward()
    return [leaf.grad for leaf in leaves], root


def tolerances(root, leaves):
    found = backward(root)
    return [found[leaf].error if leaf in found else 0.0 for leaf in leaves]


@given(expressions())
def test_gradients_of_smooth_programs_are_right(program):
    gradcheck(program, *program.inputs, raise_on_failure=True)


@given(expressions(smooth=False))
def test_gradients_of_any_programs_are_right_or_undecidable(program):
    gradcheck(program, *program.inputs, raise_on_failure=True)


@given(kinks())
def test_gradients_at_kinks_are_the_documented_subgradients(program):
    gradcheck(program, *program.inputs, raise_on_failure=True)


@given(expressions(), factors)
def test_the_seed_scales_the_gradient(program, factor):  # a seed that is ignored
    root, leaves = program.record()
    allowed = tolerances(root, leaves)
    root.backward(factor)
    scaled = [leaf.grad for leaf in leaves]
    plain, _ = gradients(program)
    for a, b, error in zip(scaled, plain, allowed, strict=True):
        assert abs(a - factor * b) <= 2 * (1 + abs(factor)) * error


@given(expressions(n_inputs=2), expressions(n_inputs=2), factors, factors)
def test_the_gradient_is_linear(f, g, a, b):  # swapped or dropped partials
    x, y = (Value(v) for v in f.inputs)
    fx, gx = f(x, y), g(x, y)
    assume(math.isfinite(gx.data))  # g's own inputs are elsewhere: here it may have a pole
    errors = [backward(out) for out in (fx, gx)]
    (a * fx + b * gx).backward()
    whole = [x.grad, y.grad]
    parts = [[0.0, 0.0], [0.0, 0.0]]
    for i, program in enumerate((f, g)):
        u, v = Value(x.data), Value(y.data)
        program(u, v).backward()
        parts[i] = [u.grad, v.grad]
    for leaf, total, df, dg in zip((x, y), whole, *parts, strict=True):
        error = sum(  # 1, since what underflows is off by as much whatever the factor
            (1 + abs(c)) * found[leaf].error
            for c, found in zip((a, b), errors, strict=True)
            if leaf in found
        )
        size = abs(a * df) + abs(b * dg)
        assume(math.isfinite(size + error))
        assert abs(total - (a * df + b * dg)) <= 4 * error + 1e-15 * size


@given(expressions(n_inputs=1), expressions(n_inputs=1))
@example(  # whose inner derivative underflows
    Program([19.2265625], [("erfc", (0,)), ("cos", (1,))]),
    Program([2.5625], [("prod", (0, 0, 0, 0))]),
)
def test_product_quotient_and_chain_rules(f, g):  # swapped or dropped partials
    p, q = Value(f.inputs[0]), Value(g.inputs[0])
    a, b = f(p), g(q)
    s, t = Value(a.data), Value(b.data)
    (s * t + s / (t * t + 1.0)).backward()
    out = a * b + a / (b * b + 1.0)
    errors = backward(out)
    out.backward()
    for leaf, root, outer, program in ((p, a, s.grad, f), (q, b, t.grad, g)):
        alone, leaves = program.record()
        (inner_error,) = tolerances(alone, leaves)
        alone.backward()
        (inner,) = (x.grad for x in leaves)
        whole_error, outer_error = (errors[x].error if x in errors else 0.0 for x in (leaf, root))
        error = whole_error + (abs(inner) + inner_error) * outer_error + abs(outer) * inner_error
        assume(math.isfinite(error))
        assert abs(leaf.grad - inner * outer) <= error + UNIT * abs(inner * outer) + TINY


@given(factors)
def test_a_value_used_twice_gets_both_gradients(x):  # = for +=, duplicate parents
    for f, slope in [
        (lambda v: v * v, 2 * x),
        (lambda v: v + v, 2.0),
        (lambda v: v - v, 0.0),
        (lambda v: (v + 1) * (v - 1), 2 * x),
        (lambda v: autograd.sum([v, v, v]), 3.0),
        (lambda v: autograd.dot([v, v], [v, 2]), 2 * x + 2),
        (lambda v: autograd.prod([v, v, v]), 3 * x * x),
    ]:
        leaf = Value(x)
        f(leaf).backward()
        assert leaf.grad == slope


@given(expressions())
def test_a_second_backward_doubles_the_leaves_only(program):  # stale adjoints
    root, leaves = program.record()
    root.backward()
    once = [leaf.grad for leaf in leaves]
    inner = [x for x in root.operands if isinstance(x, Value) and x.primitive is not None]
    inner_once = [node.grad for node in inner]
    root.backward()
    assert [leaf.grad for leaf in leaves] == [2 * g for g in once]
    assert [node.grad for node in inner] == inner_once


@given(expressions())
def test_setting_grad_to_zero_starts_afresh(program):
    root, leaves = program.record()
    root.backward()
    once = [leaf.grad for leaf in leaves]
    for _ in range(2):
        for leaf in leaves:
            leaf.grad = 0.0
        root.backward()
        assert [leaf.grad for leaf in leaves] == once


@given(expressions(n_inputs=2), factors)
def test_two_roots_that_share_a_graph_do_not_disturb_each_other(program, factor):
    shared, leaves = program.record()
    one, two = shared * factor, autograd.sin(shared)
    one.backward()
    first = [leaf.grad for leaf in leaves]
    two.backward()
    both = [leaf.grad for leaf in leaves]
    alone = gradients(program, autograd.sin)[0]
    assert first == gradients(program, lambda v: v * factor)[0]
    assert both == [a + b for a, b in zip(first, alone, strict=True)]


@given(expressions(n_inputs=2))
def test_an_unused_input_gets_nothing(program):
    root, leaves = program.record()
    stranger = Value(3.0)
    root.backward()
    assert stranger.grad == 0.0
    assert grad(lambda x, *rest: program(*rest), 0)(3.0, *program.inputs) == 0.0
    assert all(math.isfinite(leaf.grad) for leaf in leaves)


@given(expressions(n_inputs=2))
def test_detach_and_no_grad_leak_nothing(program):
    leaves = [Value(x) for x in program.inputs]
    with no_grad():
        silent = program(*leaves)
    assert silent.operands == ()
    cut = program(*leaves).detach()
    (silent * cut * 2.0).backward()
    assert [leaf.grad for leaf in leaves] == [0.0, 0.0]
    assert silent.data == cut.data == program(*program.inputs)


@given(expressions())
def test_reverse_mode_is_the_adjoint_of_forward_mode(program):
    check_jvp_vjp(program, *program.inputs, raise_on_failure=True)


@given(expressions(n_inputs=2), st.lists(factors, min_size=1, max_size=4))
def test_mapped_over_a_batch_is_one_by_one(program, moves):
    x, y = program.inputs
    points = [x + move / 1000 for move in moves]
    mapped = vmap(grad(program), in_axes=(0, None))(points, y)
    assert repr(mapped) == repr([grad(program)(point, y) for point in points])


@given(expressions(n_inputs=2))
def test_every_way_to_ask_for_a_gradient_gives_the_same(program):
    root, leaves = program.record()
    # Adding to a grad of 0.0 makes 0.0 of -0.0.
    found = [g + 0.0 for g in gradient(root, leaves)]
    root.backward()
    assert repr(found) == repr([leaf.grad for leaf in leaves])
    assert list(grad(program, argnums=(0, 1))(*program.inputs)) == found
    graph = gradient(root, leaves, create_graph=True)
    for plain, node in zip(found, graph, strict=True):
        assert node.data == plain


@given(expressions())
def test_inputs_are_not_changed(program):
    leaves = [Value(x, label=f"x{i}") for i, x in enumerate(program.inputs)]
    before = [(leaf.data, leaf.label, leaf.primitive, leaf.operands) for leaf in leaves]
    program(*leaves).backward()
    value_and_grad(program)(*leaves)
    assert [(leaf.data, leaf.label, leaf.primitive, leaf.operands) for leaf in leaves] == before


@given(expressions(n_inputs=2), factors)
def test_a_constant_is_as_good_as_a_value(program, constant):  # rules for constants, both sides
    root = program(*program.inputs)
    assume(constant != 0.0 and root != 0.0)
    for op in ("add", "sub", "mul", "div"):
        f = getattr(autograd, op)
        for swap in (False, True):
            found = []
            for other in (constant, Value(constant)):
                leaves = [Value(x) for x in program.inputs]
                out = program(*leaves)
                result = f(other, out) if swap else f(out, other)
                result.backward()
                found.append(repr((result.data, [leaf.grad for leaf in leaves])))
            assert found[0] == found[1]


@given(st.lists(factors, min_size=2, max_size=5), factors)
def test_softmax_does_not_change_when_all_inputs_move_alike(xs, weight):
    # so its gradients sum to 0
    leaves = [Value(x) for x in xs]
    parts = softmax(leaves)
    out = autograd.dot(parts, [weight + i for i in range(len(parts))])
    out.backward()
    assert abs(math.fsum(leaf.grad for leaf in leaves)) <= 1e-14 * (1 + abs(weight) + len(xs))
    assert math.isclose(sum(p.data for p in parts), 1.0, rel_tol=1e-14)


HOMOGENEOUS = {
    1: lambda x, y: autograd.hypot(x, y) + autograd.maximum(x, y) + x,
    2: lambda x, y: x * y + x * x,
    3: lambda x, y: autograd.prod([x, y, x]) + y**3,
    0: lambda x, y: autograd.atan2(x, y) + x / y,
    -1: lambda x, y: 1 / x + y / (x * x),
}


@given(st.sampled_from(sorted(HOMOGENEOUS)), st.floats(0.1, 10), st.floats(0.1, 10))
def test_eulers_identity_for_homogeneous_functions(degree, x, y):
    value, (dx, dy) = value_and_grad(HOMOGENEOUS[degree], argnums=(0, 1))(x, y)
    size = abs(x * dx) + abs(y * dy) + abs(value) + 1.0
    assert abs(x * dx + y * dy - degree * value) <= 1e-13 * size


INVERSES = [
    ("exp", "log", -20, 20),
    ("expm1", "log1p", -0.9, 20),
    ("sinh", "asinh", -20, 20),
    ("tanh", "atanh", -3, 3),
    ("cosh", "acosh", 0.5, 20),
    ("sin", "asin", -1.4, 1.4),
    ("cos", "acos", 0.2, 3.0),
    ("tan", "atan", -1.4, 1.4),
    ("neg", "neg", -9, 9),
]


@given(st.sampled_from(INVERSES), st.data())
def test_a_function_of_its_inverse_has_gradient_one(pair, data):
    f, inverse, low, high = pair
    x = data.draw(st.floats(low, high))
    slope = grad(lambda v: getattr(autograd, inverse)(getattr(autograd, f)(v)))(x)
    assert math.isclose(slope, 1.0, rel_tol=1e-9)


def test_a_gradient_of_zero_still_meets_an_infinite_partial():  # zeros skipped in the sweep
    x = Value(0.0)
    (autograd.sqrt(x) * 0.0).backward()
    assert math.isnan(x.grad)


@given(st.sampled_from([1e-300, 1e-40, 1e-8, 1e7, 1e40, 1e300]))
def test_huge_and_tiny_gradients_pass_unchanged(factor):  # clipping, flushing to zero
    x = Value(1.5)
    node = autograd.sin(x) * factor
    (node + 0.0).backward()
    assert node.grad == 1.0
    assert x.grad == factor * math.cos(1.5)
    x.grad = 0.0
    autograd.sin(x).backward(factor)
    assert x.grad == factor * math.cos(1.5)
