"""The shift of a softmax, through which no derivative flows."""

from __future__ import annotations

import math

import pytest

import autograd as ag
from autograd import compile, grad, value_and_grad, vmap
from autograd import primitives as p
from autograd.compiler import conditions as c
from autograd.compiler import entry
from autograd.compiler.pipeline import group
from autograd.compiler.softmax import shifted, unshifted
from autograd.compiler.stages import simplified

np = pytest.importorskip("numpy")
POINT = [0.5, -1.0, 2.0, 0.25]


@pytest.fixture(autouse=True)
def arrays(monkeypatch):
    """Everything runs as an array program, however small."""
    monkeypatch.setattr(entry, "choose", group)


def rows(function):
    return shifted(simplified(function, POINT)).primitives


def taken_apart(function):
    return unshifted(simplified(function, POINT)).primitives


@pytest.mark.parametrize(
    "function",
    [
        lambda xs: ag.log_softmax(xs),
        lambda xs: ag.dot(ag.log_softmax(xs), xs),
        lambda xs: ag.log_softmax(ag.log_softmax(xs)),
    ],
)
def test_what_is_shifted_already_is_not_shifted_again(function):
    found = taken_apart(function)
    assert p.logsumexp not in found
    assert p.log in found


@pytest.mark.parametrize(
    "function",
    [
        lambda xs: ag.logsumexp(xs),
        lambda xs: ag.logsumexp([x - xs[0] for x in xs]),
        lambda xs: ag.logsumexp([x - ag.maximum(xs[0], xs[1]) for x in xs]),
        lambda xs: ag.logsumexp([ag.log_softmax(xs)[i] for i in (1, 0, 2, 3)]),
        lambda xs: ag.logsumexp([xs[0] - xs[1], xs[1] - xs[1]]),
    ],
)
def test_what_is_not_shifted_by_its_largest_number_stays(function):
    rows = [row for row in simplified(function, POINT).primitives if row is p.logsumexp]
    kept = [row for row in taken_apart(function) if row is p.logsumexp]
    assert kept
    assert len(kept) >= len(rows) - 1


@pytest.mark.parametrize("straight", [False, True])
def test_derivatives_of_any_kind_go_past_the_largest_number(straight, monkeypatch):
    if straight:
        monkeypatch.setattr(entry, "choose", lambda *args: None)

    def f(xs):
        return ag.dot(ag.log_softmax(xs), [0.1, 0.4, 0.2, 0.3])

    for transform in (
        ag.grad,
        ag.hessian,
        lambda f: lambda xs: ag.jvp(f)((xs,), ([1.0, 2.0, 0.5, -1.0],))[1],
        lambda f: lambda xs: ag.jacobian(ag.log_softmax)(xs),
    ):
        right = transform(f)(POINT)
        assert np.array(compile(transform(f))(POINT)) == pytest.approx(
            np.array(right), rel=1e-13, abs=1e-15
        )


def by_hand(xs):
    total = ag.logsumexp(xs)
    parts = [ag.exp(x - total) for x in xs]
    return [part / sum(parts) for part in parts]


ONLY_QUOTIENTS = {
    "softmax": lambda xs: ag.dot(ag.softmax(xs), xs),
    "softmax of a softmax": lambda xs: ag.dot(ag.softmax(ag.softmax(xs)), xs),
    "two of them": lambda xs: ag.dot(ag.softmax(xs), ag.softmax([x * x for x in xs])),
    "written by hand": lambda xs: ag.dot(by_hand(xs), xs),
    "of two": lambda xs: ag.softmax(xs[:2])[1],
}
USED_OTHERWISE = {
    "the logarithm too": lambda xs: ag.dot(ag.softmax(xs), ag.log_softmax(xs)),
    "not divided": lambda xs: ag.sum([ag.exp(x - ag.logsumexp(xs)) for x in xs]),
    "another's total": lambda xs: (
        ag.exp(xs[0] - ag.logsumexp(xs)) / ag.sum([ag.exp(x - ag.logsumexp(xs[1:])) for x in xs])
    ),
    "subtracted from": lambda xs: (ag.logsumexp(xs) - xs[0]) / ag.sum(ag.softmax(xs)),
    "the difference too": lambda xs: ag.softmax(xs)[0] * (xs[0] - ag.logsumexp(xs)),
    "an answer": lambda xs: ag.logsumexp(xs),
    "inverted": lambda xs: ag.exp(xs[0] - ag.logsumexp(xs)) / (xs[1] - ag.logsumexp(xs)),
}


@pytest.mark.parametrize("name", ONLY_QUOTIENTS)
def test_the_shift_of_quotients_is_the_largest_number(name):
    found = rows(ONLY_QUOTIENTS[name])
    assert c.largest in found
    assert p.logsumexp not in found


@pytest.mark.parametrize("name", USED_OTHERWISE)
def test_a_logsumexp_that_is_used_otherwise_stays(name):
    assert p.logsumexp in rows(USED_OTHERWISE[name])


@pytest.mark.parametrize("name", [*ONLY_QUOTIENTS, *USED_OTHERWISE])
@pytest.mark.parametrize("point", [POINT, [1e4, 0.0, -1e4, 9999.0], [0.0] * 4])
def test_values_and_gradients_stay_what_they_are(name, point):
    f = (ONLY_QUOTIENTS | USED_OTHERWISE)[name]
    value, slopes = compile(value_and_grad(f))(point)
    expected, their = value_and_grad(f)(point)
    assert value == pytest.approx(expected, rel=1e-12)
    assert slopes == pytest.approx(their, rel=1e-11, abs=1e-15)
    mapped = compile(vmap(grad(f)))([point, POINT])
    assert np.array(mapped) == pytest.approx(
        np.array([grad(f)(point), grad(f)(POINT)]), rel=1e-11, abs=1e-15
    )


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("function", [lambda xs: ag.softmax(xs)[0], lambda xs: ag.logsumexp(xs)])
def test_what_is_not_finite_is_as_it_is_eagerly(function, bad):
    for point in ([bad, 0.0, 1.0], [0.0, bad, 1.0], [bad, bad, bad]):
        found, expected = compile(value_and_grad(function))(point), value_and_grad(function)(point)
        assert found[0] == pytest.approx(expected[0], nan_ok=True)
        assert found[1] == pytest.approx(expected[1], nan_ok=True)
