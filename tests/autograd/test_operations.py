"""Operations of the user's own, at work wherever the engine's are."""

from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest

import autograd as ag
from autograd import (
    Value,
    compile,
    custom_gradient,
    grad,
    hessian,
    jvp,
    primitive,
    value_and_grad,
    vmap,
)
from autograd.operations import Operation
from autograd.primitives import TABLE
from autograd.testing import gradcheck, gradgradcheck


@primitive(domain=lambda x: (x, 1.0 - x))
def logit(xp):
    """The inverse of sigmoid."""
    return lambda x: xp.log(x) - xp.log1p(-x), lambda out, x: xp.div(1.0, x * (1.0 - x))


@primitive("⊖", arity=2)
def less_half(xp):
    """a less half of b, which has numbers for partials."""
    return lambda a, b: a - 0.5 * b, 1, -0.5


@primitive(arity=None)
def squares(xp):
    """The sum of squares."""
    return lambda *xs: sum(x * x for x in xs), lambda out, *xs: [2.0 * x for x in xs]


@primitive(kinks=lambda x: (x,))
def ramp(xp):
    """relu, which hands nothing on where it is flat."""
    return lambda x: xp.maximum(x, 0.0), lambda out, x: xp.where(x > 0.0, 1.0, None)


@primitive
def wrong(xp):
    """A cube with another derivative."""
    return lambda x: x * x * x, lambda out, x: 2.0 * x


def f(x):
    return logit(x) * less_half(1, x) + squares(x, 1, Fraction(1, 2))


def g(x):
    """The same of the engine's own."""
    return (ag.log(x) - ag.log1p(-x)) * (1.0 - 0.5 * x) + (x * x + 1.25)


POINTS = [0.125, 0.25, 0.4, 0.75, 0.9]


@pytest.mark.parametrize(
    "transform", [value_and_grad, grad, hessian, lambda h: grad(grad(grad(h)))]
)
def test_operations_compute_and_differentiate_wherever_the_engines_do(transform):
    ours, theirs = transform(f), transform(g)
    expected = np.array([theirs(x) for x in POINTS])
    for way in (ours, compile(ours)):
        assert np.allclose([way(x) for x in POINTS], expected, rtol=1e-12, atol=0.0)
    for way in (vmap(ours), compile(vmap(ours))):
        assert np.allclose(
            np.array(way(POINTS)).T.reshape(expected.shape), expected, rtol=1e-12, atol=0.0
        )


def test_it_is_called_with_numbers_of_all_kinds():
    assert logit(0.5) == logit(Fraction(1, 2)) == logit(np.float64(0.5)) == 0.0
    assert type(less_half(3, 2)) is float
    x = Value(0.5)
    for out in (less_half(3, x), less_half(x, 3), squares(1, x), squares(np.float32(1.0), x)):
        assert type(out) is Value
    assert less_half(1, x).primitive is less_half.primitive
    assert jvp(f, (0.25,), (1.0,))[1] == pytest.approx(grad(f)(0.25))


def test_a_flat_piece_of_ones_own_hands_nothing_on():
    def sharp(x):
        return ag.sqrt(ramp(x))

    for way in (lambda h: h, compile, lambda h: lambda x: compile(vmap(h))([x])[0]):
        assert way(grad(sharp))(-1.0) == 0.0
        assert way(grad(sharp))(4.0) == 0.25


def test_drawings_show_its_sign_and_checks_name_it():
    assert "⊖" in ag.draw(less_half(1, Value(2.0))).source
    assert gradcheck(f, 0.3)
    assert gradgradcheck(f, 0.3)
    report = gradcheck(lambda x: ag.sin(wrong(x)), 0.3)
    assert not report
    assert "guilty node: wrong(0.3): local partial 0.6, exact 0.27" in str(report)
    with pytest.raises(
        ag.testing.GradientError, match=r"from autograd import Value\n[^#]*wrong\(x0\)"
    ):
        report.raise_if_failed()


def test_the_engines_own_rules_do_not_change_with_it():
    before = {name: (row.forward, row.partials) for name, row in TABLE.items()}

    @primitive
    def largest(xp):  # a name that rules use
        """Nothing of the kind."""
        return lambda x: -x, -1

    assert largest(2) == -2.0
    assert ag.logsumexp([0.0, 0.0]) == math.log(2.0)
    assert {name: (row.forward, row.partials) for name, row in TABLE.items()} == before


def test_two_of_one_name_are_two_in_a_compiled_program():
    def scale(factor):
        @primitive
        def scaled(xp):
            """Times a factor."""
            return lambda x: xp.div(x, 1.0 / factor), factor

        return scaled

    twice, thrice = scale(2), scale(3)
    assert compile(lambda x: twice(x) + 10 * thrice(x))(1.0) == pytest.approx(32.0)
    assert compile(grad(lambda x: twice(x) + 10 * thrice(x)))(1.0) == 32.0


def test_it_is_pickled_and_copied_as_functions_are():
    assert pickle.loads(pickle.dumps(logit)) is logit  # noqa: S301
    assert copy.deepcopy(logit) is logit
    assert copy.deepcopy(logit.primitive) is logit.primitive
    assert (logit.__name__, logit.__doc__) == ("logit", "The inverse of sigmoid.")
    assert repr(logit) == "<operation logit>"
    assert isinstance(logit, Operation)


def named(name, *rules):
    def define(xp):
        return rules

    define.__name__ = name
    return define


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: primitive(named("tanh", abs, 1.0)), ValueError, "an operation called tanh itself"),
        (
            lambda: primitive(named("h", abs, 1.0, 1.0)),
            TypeError,
            "2 partials with its rule, but arity=1",
        ),
        (
            lambda: primitive(named("h")),
            TypeError,
            "h must return a tuple of the rule and the partials",
        ),
        (lambda: primitive(named("h", abs, "x")), TypeError, "a partial of h must be"),
        (lambda: primitive(arity=0)(abs), ValueError, "arity must be None or at least 1, not 0"),
        (lambda: primitive(3), TypeError, "symbol must be a str, not 3"),
        (lambda: primitive("h")(3), TypeError, "primitive needs a function of xp, not 3"),
        (lambda: logit(), TypeError, "logit takes 1 number, not 0"),
        (lambda: less_half(1.0), TypeError, "less_half takes 2 numbers, not 1"),
        (lambda: squares(), TypeError, "squares takes at least one number, not 0"),
        (lambda: logit("a"), TypeError, "an argument of logit must be a real number"),
        (lambda: less_half(Value(1.0), None), TypeError, "an argument of less_half"),
        (lambda: custom_gradient(1.0)(3), TypeError, "custom_gradient needs a function of floats"),
        (lambda: custom_gradient("a"), TypeError, "a partial must be a function, a number or None"),
        (lambda: custom_gradient()(lambda: 1.0), TypeError, "needs a partial for each argument"),
        (lambda: custom_gradient(1.0)(lambda a, b: a), TypeError, "got 1 partial, but <lambda>"),
    ],
)
def test_what_makes_no_operation_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


def answering(answer, partial=1.0):
    return primitive(named("answering", lambda x: answer, partial))


def of_many(partials):
    return primitive(arity=None)(named("of_many", lambda *xs: xs[0], lambda out, *xs: partials))


@pytest.mark.parametrize("wrong", ["a", None, [1.0], 1j], ids=str)
@pytest.mark.parametrize(
    "use",
    [lambda f: f(2.0), lambda f: f(Value(2.0)), lambda f: grad(f)(2.0), lambda f: compile(f)(2.0)],
)
def test_a_rule_that_gives_no_number_is_refused_by_name(use, wrong):
    with pytest.raises(TypeError, match="what the rule of answering gives must be a real number"):
        use(answering(wrong))


@pytest.mark.parametrize("wrong", ["a", [1.0], 1j], ids=str)
@pytest.mark.parametrize(
    "use",
    [
        lambda f: f(Value(2.0)).backward(),
        lambda f: grad(f)(2.0),
        lambda f: grad(grad(f))(2.0),
        lambda f: ag.jvp(f, (2.0,), (1.0,)),
    ],
)
def test_a_partial_that_gives_no_number_is_refused_by_name(use, wrong):
    with pytest.raises(TypeError, match="what a partial of answering gives must be a real number"):
        use(answering(3.0, lambda out, x: wrong))


@pytest.mark.parametrize(
    ("partials", "message"),
    [
        ([1.0], "must be 3 partials, not 1"),
        ([1.0] * 4, "must be 3 partials, not 4"),
        (1.0, "must be a sequence, of one partial for each number, not 1.0"),
        ([1.0, "a", 1.0], "must be a real number, not the str 'a'"),
    ],
)
def test_partials_of_any_number_of_arguments_that_do_not_fit_are_refused_by_name(partials, message):
    f = of_many(partials)
    for use in (
        lambda: grad(lambda x: f(x, x, 1.0))(2.0),
        lambda: f(Value(1.0), 2.0, 3).backward(),
    ):
        with pytest.raises(TypeError, match=f"what a partial of of_many gives {message}"):
            use()


def test_other_real_numbers_become_floats():
    f = answering(Fraction(1, 2), lambda out, x: np.float32(0.25))
    x = Value(1.0)
    y = f(x)
    y.backward()
    assert (type(y.data), y.data, type(x.grad), x.grad) == (float, 0.5, float, 0.25)
    assert type(f(1.0)) is float


# --- any function of floats ------------------------------------------------------------------


@custom_gradient(lambda out, a: 1.0 / (2.0 * out))
def heron(a):
    """The square root, by Heron's method."""
    assert type(a) is float
    x = max(a, 1.0)
    while x > (x + a / x) / 2.0:
        x = (x + a / x) / 2.0
    return x


@custom_gradient(lambda out, x, y: math.cos(x) * y, lambda out, x, y: math.sin(x))
def by_math(x, y):
    return math.sin(x) * y


def test_any_function_of_floats_with_its_derivatives():
    assert heron(9) == 3.0
    assert type(heron(Value(9.0))) is Value
    assert value_and_grad(heron)(9.0) == (3.0, 1.0 / 6.0)
    assert grad(by_math, argnums=(0, 1))(0.5, 2.0) == (2.0 * math.cos(0.5), math.sin(0.5))
    assert grad(lambda x: by_math(x, 3))(0.5) == 3.0 * math.cos(0.5)
    assert vmap(grad(heron))([1.0, 4.0]) == [0.5, 0.25]
    assert gradcheck(lambda x: by_math(x, x) * heron(x), 0.5)
    assert "heron" in ag.draw(heron(Value(4.0))).source


def test_a_wrong_derivative_of_ones_own_fails_the_check():
    off = custom_gradient(lambda out, x: 1.01 * math.cos(x))(math.sin)
    assert not gradcheck(lambda x: off(x) * x, 0.5)


def test_its_second_derivatives_come_of_partials_that_use_the_engine_and_are_refused_of_others():
    assert grad(grad(heron))(4.0) == -1.0 / 32.0
    assert gradgradcheck(lambda x: heron(x) * x, 0.5)
    with pytest.raises(TypeError, match="partial given to custom_gradient computes with floats"):
        grad(grad(by_math))(0.5, 2.0)


def test_a_compiled_function_refuses_it_unless_it_is_a_constant():
    w = Value(2.0)
    for function in (heron, lambda x: x * heron(w), grad(heron), lambda x: ag.sin(heron(x))):
        with pytest.raises(
            ag.TraceError, match=r"heron, an operation of custom_gradient.*primitive"
        ):
            compile(function)(4.0)
    assert compile(lambda x: x * heron(4))(3.0) == 6.0
