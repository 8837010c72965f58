"""The table: each row is well formed, its partials are its derivatives, on floats and on nodes alike."""

from __future__ import annotations

import copy
import itertools
import math
import pickle

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, gradient, hessian
from autograd.functions import apply
from autograd.primitives import ABSENT, TABLE, primitive

ROWS = list(TABLE.values())
FIXED = [row for row in ROWS if row.arity is not None and row.name != "where"]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_is_well_formed(row):
    assert TABLE[row.name] is row
    assert row.symbol
    assert row.doc.strip().endswith(".")
    arguments = [0.5, 0.25, 1.0][: 3 if row.arity is None else row.arity]
    assert len(row.partials) == (1 if row.arity is None else row.arity)
    assert len(row.traced) == len(row.partials)
    for partial in row.partials:
        assert partial is ABSENT or callable(partial) or type(partial) is float
    for switches in (row.domain, row.kinks):
        if switches is not None:
            found = switches(*arguments)
            assert isinstance(found, tuple)
            assert all(isinstance(x, float) for x in found)
    if row.domain is not None:
        inside = {"acosh": (1.5,), "polygamma": (1.0, 0.25)}.get(row.name, arguments)
        assert all(x > 0 for x in row.domain(*inside))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_is_copied_and_pickled_by_name(row):
    assert pickle.loads(pickle.dumps(row)) is row  # noqa: S301
    assert copy.deepcopy(row) is row
    assert repr(row) == f"<primitive {row.name}>"


KINKS = {
    "abs": [(0.0,), (-0.0,)],
    "sign": [(0.0,)],
    "floor": [(2.0,), (-3.0,), (0.0,), (1e300,)],
    "ceil": [(2.0,), (-3.0,), (0.0,), (1e300,)],
    "round": [(0.5,), (2.5,), (-0.5,)],
    "mod": [(2.0, 1.0), (-3.0, 0.5), (0.0, -2.0)],
    "floordiv": [(2.0, 1.0), (-3.0, 0.5), (0.0, -2.0)],
    "maximum": [(1.0, 1.0)],
    "minimum": [(1.0, 1.0)],
    "clip": [(1.0, 1.0, 2.0), (2.0, 1.0, 2.0), (0.0, 1.0, 1.0)],
    "hypot": [(0.0, 0.0)],
    "atan2": [(0.0, 0.0), (0.0, -0.0)],
    "relu": [(0.0,)],
    "leaky_relu": [(0.0, 0.1)],
    "elu": [(0.0, 1.0)],
    "polygamma": [(0.5, 1.0), (2.5, 0.3)],
}


@pytest.mark.parametrize("row", [row for row in ROWS if row.kinks], ids=str)
def test_switching_functions_vanish_at_the_kinks_and_nowhere_else(row):
    for point in KINKS[row.name]:
        assert 0.0 in row.kinks(*point)
    for x in (0.75, -1.25, 1e-300, -1e-300, 2.0**52 + 1.0, math.inf, -math.inf, math.nan):
        point = (x, 0.3, 0.6)[: row.arity]
        whole = row.name in {"floor", "ceil"} and abs(x) > 1e15
        assert (0.0 in row.kinks(*point)) == (whole and math.isfinite(x)), x


def test_no_two_rows_share_a_symbol():
    symbols = [row.symbol for row in ROWS]
    assert len(set(symbols)) == len(symbols)


@pytest.mark.parametrize("row", [row for row in ROWS if row.commutative], ids=str)
@given(xs=st.lists(st.floats(-5.0, 5.0), min_size=2, max_size=2))
def test_commutative_rows_commute(row, xs):
    assert row.forward(*xs) == row.forward(*reversed(xs))


# --- the partials are the derivatives --------------------------------------------------------

EXACT = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda x: -x,
    "pow": mpmath.power,
    "abs": abs,
    "mod": lambda a, b: a - b * mpmath.floor(a / b),
    "floordiv": lambda a, b: mpmath.floor(a / b),
    "log2": lambda x: mpmath.log(x, 2),
    "exp2": lambda x: mpmath.power(2, x),
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "sinc": mpmath.sincpi,
    "lgamma": mpmath.loggamma,
    "polygamma": lambda n, x: mpmath.psi(int(mpmath.nint(n)), x),
    "xlogy": lambda x, y: x * mpmath.log(y),
    "sign": mpmath.sign,
    "round": mpmath.nint,
    "maximum": max,
    "minimum": min,
    "clip": lambda x, low, high: min(max(x, low), high),
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "log_sigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * mpmath.expm1(x),
    "gelu": lambda x: x * mpmath.ncdf(x),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "sum": lambda *xs: mpmath.fsum(xs),
    "prod": lambda *xs: mpmath.fprod(xs),
    "dot": lambda *xs: mpmath.fdot(zip(xs[: len(xs) // 2], xs[len(xs) // 2 :], strict=True)),
    "logsumexp": lambda *xs: mpmath.log(mpmath.fsum(map(mpmath.exp, xs))),
}
POINTS = [0.3, 0.7, 1.4, 2.6, 5.2, -0.3, -0.7, -1.4]


def samples(row):
    """Points well inside the row's domain, a few of them."""
    arity = 4 if row.arity is None else row.arity
    for varied in itertools.product(POINTS, repeat=min(arity, 2)):
        point = (*varied, 3.1, -0.9)[:arity]
        inside = row.domain is None or all(x > 0.05 for x in row.domain(*point))
        if inside and (row.kinks is None or all(abs(x) > 0.05 for x in row.kinks(*point))):
            yield point


@pytest.mark.parametrize("row", [row for row in ROWS if row.name != "where"], ids=str)
def test_value_and_partials_are_mpmaths(row):
    exact = EXACT.get(row.name) or getattr(mpmath, row.name)
    count = 0
    for point in samples(row):
        count += 1
        nodes = [Value(x) for x in point]
        out = nodes[0]._apply(row, *nodes)
        out.backward()
        with mpmath.workdps(40):
            exactly = tuple(map(mpmath.mpf, point))
            # erfc's own error in gelu's tail; sums of terms around 1 that cancel
            assert out.data == pytest.approx(float(exact(*exactly)), rel=4e-15, abs=1e-15)
            for i, node in enumerate(nodes):
                order = tuple(int(i == j) for j in range(len(nodes)))
                slope = float(mpmath.diff(exact, exactly, order))
                assert node.grad == pytest.approx(slope, rel=2e-14, abs=1e-20), (point, i)
    assert count >= 3


@pytest.mark.parametrize("row", FIXED, ids=str)
@given(xs=st.lists(st.floats(), min_size=3, max_size=3))
def test_partials_on_nodes_are_those_on_floats_to_the_bit(row, xs):
    xs = xs[: row.arity]
    nodes = [Value(x) for x in xs]
    out = nodes[0]._apply(row, *nodes)
    created = gradient(out, nodes, create_graph=True)
    out.backward()
    # A leaf's grad began as 0.0, which added to -0.0 is 0.0.
    assert [repr(0.0 + g.data) for g in created] == [repr(node.grad) for node in nodes]


@given(
    name=st.sampled_from(["sum", "prod", "dot", "logsumexp"]),
    xs=st.lists(st.floats(), min_size=1, max_size=4),
)
def test_partials_of_many_on_nodes_are_those_on_floats(name, xs):
    nodes = [Value(x) for x in [*xs, *xs]]
    out = nodes[0]._apply(TABLE[name], *nodes)
    created = gradient(out, nodes, create_graph=True)
    out.backward()
    # Sums of three or more floats may be rounded otherwise: Python 3.12 and later compensate.
    assert [g.data for g in created] == pytest.approx(
        [node.grad for node in nodes], rel=1e-14, abs=0.0, nan_ok=True
    )


@pytest.mark.parametrize("name", ["prod", "dot", "logsumexp", "softmax"])
def test_second_derivatives_of_sequences_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    point = [0.3, -1.2, 0.8, 2.1]
    ours = {
        "prod": ag.prod,
        "dot": lambda x: ag.dot(x[:2], x[2:]) ** 2,
        "logsumexp": ag.logsumexp,
        "softmax": lambda x: ag.softmax(x)[1],
    }
    theirs = {
        "prod": torch.prod,
        "dot": lambda x: torch.dot(x[:2], x[2:]) ** 2,
        "logsumexp": lambda x: torch.logsumexp(x, 0),
        "softmax": lambda x: torch.softmax(x, 0)[1],
    }
    expected = torch.autograd.functional.hessian(
        theirs[name], torch.tensor(point, dtype=torch.float64)
    )
    for row, wanted in zip(hessian(ours[name])(point), expected.tolist(), strict=True):
        assert row == pytest.approx(wanted, rel=1e-13, abs=1e-15)


def test_literal_partials_leave_no_multiplication_in_a_created_graph():
    x = Value(2.0)
    slope = gradient(-(x + 1.0) - x, x, create_graph=True)
    assert slope.data == -2.0
    assert not slope.operands


def test_the_condition_of_where_gets_no_cotangent_and_nor_does_the_other_branch():
    partials = TABLE["where"].partials
    assert partials[0] is ABSENT
    assert [p(0.0, 1.0, 5.0, 6.0) for p in partials[1:]] == [1.0, ABSENT]
    assert [p(0.0, 0.0, 5.0, 6.0) for p in partials[1:]] == [ABSENT, 1.0]


def first_of_two(xp):
    """The first where it is positive, else the second."""
    return (
        lambda a, b: xp.where(a > 0.0, a, b),
        lambda out, a, b: xp.where(a > 0.0, 1.0, ABSENT),
        lambda out, a, b: xp.where(a > 0.0, ABSENT, 1.0),
    )


def first_of_many(xp):
    """The first of any number."""
    return lambda *args: args[0], lambda out, *args: [1.0] + [ABSENT] * (len(args) - 1)


def check_derivatives(function, point, expected):
    """In every way that the engine has: of a sweep over all operands, of one to chosen ones, and forward."""
    nodes = [Value(x) for x in point]
    function(*nodes).backward()
    assert [node.grad for node in nodes] == expected
    for create_graph in (False, True):
        slopes = gradient(function(*nodes), nodes, create_graph)
        assert [float(getattr(slope, "data", slope)) for slope in slopes] == expected
    for place, slope in enumerate(expected):
        direction = [float(i == place) for i in range(len(point))]
        assert ag.jvp(function, tuple(point), tuple(direction))[1] == slope


@pytest.mark.parametrize(("define", "arity"), [(first_of_two, 2), (first_of_many, None)])
def test_an_absent_partial_hands_nothing_on_whatever_the_number_of_arguments(define, arity):
    row = primitive(arity=arity)(define)
    try:
        # The logarithm's derivative is infinite at 0: times 0 it would be nan.
        check_derivatives(lambda x, y: apply(row, x, ag.log(y)), [0.5, 0.0], [1.0, 0.0])
    finally:
        del TABLE[row.name]


def test_a_node_that_is_the_condition_of_where_gets_nothing():
    def function(condition, a, b):
        return apply(TABLE["where"], condition, ag.log(a), ag.log(b))

    check_derivatives(function, [-1.0, 0.5, 0.0], [0.0, 2.0, 0.0])
    check_derivatives(function, [0.0, 0.0, 0.5], [0.0, 0.0, 2.0])


def test_the_functions_of_the_table_on_nodes_compute_floats_as_floats():
    from autograd.primitives import TRACED

    assert TRACED.tanh(0.5) == math.tanh(0.5)
    assert isinstance(TRACED.tanh(Value(0.5)), Value)
    assert TRACED.maximum(0.5, Value(2.0)).data == 2.0


def test_a_row_that_gives_too_few_partials_is_refused_and_no_gradient_is_wrong():
    @ag.primitive(arity=None)
    def triple(xp):
        """The product of three numbers, with one derivative."""
        return lambda *xs: xs[0] * xs[1] * xs[2], lambda out, *xs: [xs[1] * xs[2]]

    leaves = [Value(2.0), Value(3.0), Value(4.0)]
    with pytest.raises(TypeError, match=r"a partial of triple gives must be 3 partials, not 1"):
        triple(*leaves).backward()
    assert [leaf.grad for leaf in leaves] == [0.0, 0.0, 0.0]
