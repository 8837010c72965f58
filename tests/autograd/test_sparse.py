"""Sparse derivatives: the pattern, the entries, and how many sweeps they cost."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, compile, grad, hessian, jacobian, sparsity, vmap
from autograd.tracing import Record

scipy_sparse = pytest.importorskip("scipy.sparse")


def chain(x):
    """Rosenbrock's, of any length: each number meets its neighbours."""
    return ag.sum([100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in zip(x, x[1:])])  # noqa: B905, RUF007


def eighths(size):
    """Numbers with few digits, whose products do not round."""
    return [(i % 17 - 8) / 8.0 for i in range(size)]


@pytest.fixture
def sweeps(monkeypatch):
    """How many sweeps there have been."""
    counts = {"pull": 0, "push": 0}

    def counted(name):
        sweep = getattr(Record, name)

        def count(self, *args):
            counts[name] += 1
            return sweep(self, *args)

        monkeypatch.setattr(Record, name, count)

    for name in counts:
        counted(name)
    return counts


def test_the_hessian_of_a_chain_costs_as_many_sweeps_however_long_it_is(sweeps):
    dense = np.array(hessian(chain)(eighths(50)))
    assert sum(sweeps.values()) == 1 + 50
    for size in (50, 1000, 10_000):
        sweeps.update(pull=0, push=0)
        found = hessian(chain, sparse=True)(eighths(size))
        assert sweeps == {"pull": 1, "push": 3}
        assert (found.shape, found.nnz) == ((size, size), 3 * size - 2)
        assert (found != found.T).nnz == 0
        if size == 50:
            np.testing.assert_array_equal(found.toarray(), dense)


def differences(x):
    """Each with its neighbour: a band of two."""
    return [b - a * a for a, b in zip(x, x[1:])]  # noqa: B905, RUF007


def border(x):
    """A full row and a full column beside a diagonal."""
    return [ag.sum([a * a for a in x]), *(a * x[0] for a in x[1:])]


def test_a_banded_jacobian_costs_as_many_sweeps_as_the_band_is_wide(sweeps):
    for size in (50, 1000):
        x = eighths(size)
        sweeps.update(pull=0, push=0)
        found = jacobian(differences, sparse=True)(x)
        assert sum(sweeps.values()) == 2
        assert found.nnz == 2 * (size - 1)
        if size == 50:
            np.testing.assert_array_equal(found.toarray(), jacobian(differences)(x))


@pytest.mark.parametrize(
    ("f", "mode", "right"),
    [
        (differences, "forward", {"pull": 0, "push": 2}),
        (differences, "reverse", {"pull": 2, "push": 0}),
        (lambda x: [ag.sum(x), ag.sum([a * a for a in x])], None, {"pull": 2, "push": 0}),
        (lambda x: [x[0] * k for k in range(9)], None, {"pull": 0, "push": 1}),
        (border, None, {"pull": 0, "push": 9}),
    ],
)
def test_the_mode_with_fewer_sweeps_is_taken_or_the_one_asked_for(sweeps, f, mode, right):
    x = eighths(9)
    found = jacobian(f, mode=mode, sparse=True)(x)
    assert sweeps == right
    np.testing.assert_array_equal(found.toarray(), jacobian(f)(x))


TERMS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from(["mul", "sin", "where"])),
    max_size=8,
)


@given(st.lists(TERMS, min_size=1, max_size=5))
def test_sparse_and_dense_agree_on_whatever_is_drawn(rows):
    def f(x):
        return [ag.sum([0.0, *(term(x[i], x[j], kind) for i, j, kind in row)]) for row in rows]

    def term(a, b, kind):
        if kind == "where":
            return ag.where(a > 0, a * a, b)
        return a * b if kind == "mul" else ag.sin(a) * b

    x = [0.5, -0.25, 1.0, -2.0, 0.125, 3.0]
    pattern = sparsity(f, x).toarray()
    dense = np.array(jacobian(f)(x))
    assert not dense[~pattern].any()
    for mode in (None, "forward", "reverse"):
        found = jacobian(f, mode=mode, sparse=True)(x).toarray()
        np.testing.assert_allclose(found, dense, rtol=1e-14, atol=1e-15)

    def total(x):
        return ag.sum(f(x))

    np.testing.assert_allclose(
        hessian(total, sparse=True)(x).toarray(), hessian(total)(x), rtol=1e-14, atol=1e-15
    )


def test_the_pattern_is_of_what_depends_on_what():
    def f(x):
        return {"a": x["p"] * x["q"][0], "b": [3.0, x["q"][1]], "c": x["p"].detach()}

    found = sparsity(f, {"p": 1.0, "q": np.array([2.0, 0.0])})
    assert isinstance(found, scipy_sparse.csr_array)
    assert found.dtype == bool
    assert found.toarray().tolist() == [
        [True, True, False],
        [False, False, False],
        [False, False, True],
        [False, False, False],  # which has no derivative
    ]
    assert sparsity(lambda x: x * 0.0, 0.0).toarray().tolist() == [[True]]  # by chance 0 is no 0
    assert sparsity(lambda x, y: [x, y], 1.0, 2.0, argnums=1).toarray().tolist() == [
        [False],
        [True],
    ]
    assert sparsity(lambda x, y: [x, y], 1.0, 2.0, argnums=(1, 0)).toarray().tolist() == [
        [False, True],
        [True, False],
    ]
    linear = sparsity(grad(lambda x: ag.sum([2.0 * x[0], x[1] ** 2])), [1.0, 2.0])
    assert linear.toarray().tolist() == [[False, False], [False, True]]
    assert sparsity(compile(chain), eighths(4)).toarray().all()
    assert sparsity(lambda x: [], [1.0, 2.0]).shape == (0, 2)
    assert sparsity(lambda x: 1.0, []).shape == (1, 0)


def test_a_pattern_can_be_drawn():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot as plt

    picture = plt.spy(sparsity(grad(chain), eighths(20)), markersize=2)
    assert len(picture.get_xdata()) == 58
    plt.close("all")


def test_arguments_side_answers_and_structures_are_as_in_dense_derivatives():
    def f(x, y):
        return x[0] * y * y + x[1], {"seen": x[0] * 2.0}

    found, aux = hessian(f, (1, 0), has_aux=True, sparse=True)([2.0, 5.0], 3.0)
    assert found.toarray().tolist() == [[4.0, 6.0, 0.0], [6.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert aux == {"seen": 4.0}
    found, aux = jacobian(f, has_aux=True, sparse=True)([2.0, 5.0], 3.0)
    assert (found.toarray().tolist(), aux) == ([[9.0, 1.0]], {"seen": 4.0})
    rows = vmap(jacobian(differences, sparse=True))([[1.0, 2.0], [3.0, 4.0]])
    assert [row.toarray().tolist() for row in rows] == [[[-2.0, 1.0]], [[-6.0, 1.0]]]


def test_what_is_not_finite_stays_in_its_entry():
    def f(x):
        return [ag.sqrt(x[0]), x[1] * x[1], ag.log(x[1])]

    found = jacobian(f, sparse=True)([0.0, 2.0])
    assert found.toarray().tolist() == [[np.inf, 0.0], [0.0, 4.0], [0.0, 0.5]]


@pytest.mark.parametrize("make", [jacobian, hessian])
def test_a_sparse_answer_of_values_is_refused(make):
    f = make(lambda x: x[0] * x[1], sparse=True)
    message = "cannot make a sparse matrix of Values or recorded numbers"
    with pytest.raises(TypeError, match=message):
        f([Value(1.0), 2.0])
    with pytest.raises(TypeError, match=message):
        compile(f)([1.0, 2.0])
    with pytest.raises(TypeError, match=message):
        grad(lambda x: f([x, x])[0, 0])(1.0)
    with pytest.raises(TypeError, match=f"{make.__name__} needs sparse as True or False, not 1"):
        make(lambda x: x, sparse=1)


def test_bad_arguments_of_sparsity_are_named():
    with pytest.raises(TypeError, match="sparsity needs argnums as an int"):
        sparsity(chain, [1.0], argnums="x")
    with pytest.raises(TypeError, match=r"argument 0\[1\] of chain must be a real number"):
        sparsity(chain, [1.0, "a"])
    with pytest.raises(TypeError, match="sparsity needs a function, not the int 3"):
        sparsity(3, [1.0])
    with pytest.raises(TypeError, match="hessian needs a function that returns one number"):
        hessian(differences, sparse=True)([1.0, 2.0, 3.0])


def test_without_scipy_it_is_said_what_is_missing():
    code = (
        "import sys; sys.modules['scipy'] = sys.modules['scipy.sparse'] = None\n"
        "from autograd import sparsity\n"
        "try: sparsity(lambda x: x, 1.0)\n"
        "except ImportError as error: print(error)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "sparsity makes sparse matrices with SciPy: python -m pip install scipy" in result.stdout
