from __future__ import annotations

import copy
import math
import pickle
import threading
from fractions import Fraction

import numpy as np
import pytest

import autograd as ag
from autograd import TraceError, Value, compile


def test_a_captured_leaf_is_read_at_every_call():
    w = Value(2.0)
    f = compile(lambda x: w * x)
    assert f(3.0) == 6.0
    w.data = 5.0
    assert f(3.0) == 15.0


def test_what_is_made_of_captured_leaves_alone_is_recorded_and_not_frozen():
    w = [Value(1.0), Value(2.0)]
    f = compile(lambda x: x + sum(p * p for p in w))
    assert f(0.0) == 5.0
    w[0].data = 3.0
    assert f(0.0) == 13.0


def test_a_comparison_of_captured_leaves_alone_stays_live():
    w = Value(2.0)
    f = compile(lambda x: ag.where(w > 0, x, -x) + ag.where(w * w > 1, 10.0, 20.0))
    assert f(3.0) == 13.0
    w.data = -0.5
    assert f(3.0) == 17.0
    assert (w > 0) is False  # and outside a recording it is what it was


def test_a_branch_on_a_captured_leaf_is_refused_rather_than_frozen():
    w = Value(2.0)
    with pytest.raises(TraceError, match="a branch on it"):
        compile(lambda x: x if w > 0 else -x)(3.0)
    with pytest.raises(TraceError, match="a branch on it"):
        compile(lambda x: x if w else -x)(3.0)


def test_a_comparison_of_a_captured_leaf_with_an_argument_stays_live():
    w = Value(2.0)
    f = compile(lambda x: ag.where(w < x, 1.0, ag.where(x >= w, 2.0, 3.0)))
    assert f(1.0) == 3.0
    w.data = 0.0
    assert f(1.0) == 1.0


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: 1.0 if x > 0 else 0.0, "where"),
        (lambda x: 1.0 if x else 0.0, "where"),
        (lambda x: math.exp(x + 0.0), "autograd's function of the same name"),
        (lambda x: float(-x), "autograd's function"),
        (lambda x: int(-x), "floor"),
        (lambda x: [1, 2][x], "index"),
        (lambda x: x.data, "recorded value itself"),
        (lambda x: x.item(), "recorded value itself"),
        (lambda x: x.grad, "compile\\(grad\\(f\\)\\)"),
        (lambda x: (x * x).backward(), "value_and_grad"),
        (lambda x: max(x, 0.0), "maximum"),
        (lambda x: not (x > 1), "where"),
        (lambda x: 1.0 if x else 0.0, "functools.partial"),
        (lambda x: ag.where(x == 1.0, 2.0, x), "<= and >= in where"),
        (lambda x: 1.0 if x != 1 else 0.0, "<= and >= in where"),
        (lambda x: 1.0 if x in (0, 1) else 0.0, "`is` for identity"),
        (lambda x: x if -x == x else 0.0, "`is` for identity"),
        (lambda x: np.max(np.array([x, 2 * x])), "maximum"),
    ],
)
def test_asking_for_a_number_that_is_not_there_names_the_line_and_the_alternative(function, words):
    with pytest.raises(TraceError, match=words) as caught:
        compile(function)(1.0)
    assert f"{__file__}, line {function.__code__.co_firstlineno}" in str(caught.value)


def test_a_symbol_kept_from_another_recording_is_refused():
    kept = []

    def f(*xs):
        kept.extend(xs)
        return kept[0] * xs[0]

    g = compile(f)
    assert g(2.0) == 4.0
    with pytest.raises(TraceError, match="another recording"):
        g(2.0, 3.0)


def test_conditions_combine_and_choose():
    f = compile(lambda x: ag.where((x > 0) & ~(x > 2) | (x < -5), x, 0.0))
    assert [f(x) for x in (1.0, 3.0, -1.0, -6.0)] == [1.0, 0.0, 0.0, -6.0]


def test_a_number_as_a_condition_is_true_unless_it_is_zero():
    f = compile(lambda x: ag.where(x, 1.0, 2.0))
    assert [f(x) for x in (0.0, -0.0, 3.0, math.nan)] == [2.0, 2.0, 1.0, 1.0]


def test_no_gradient_flows_through_detach_or_no_grad_in_a_recording():
    recorder_sees = []

    def f(x):
        with ag.no_grad():
            frozen = x * x
        recorder_sees.append(type(frozen).__name__)
        return frozen * x + x.detach() * x

    assert compile(f)(3.0) == 36.0
    assert recorder_sees == ["Symbol"]


def test_arguments_are_numbers_of_any_kind_in_any_container():
    f = compile(lambda tree, x: {"s": sum(tree["a"]) + tree["b"][0] * x})
    assert f({"a": [1, True], "b": (Fraction(1, 2),)}, np.float32(4)) == {"s": 4.0}
    assert f({"a": [1, 2], "b": (1,)}, x=2) == {"s": 5.0}


def test_an_array_arrives_as_an_object_array_and_is_answered_with_an_array():
    w = np.arange(6.0).reshape(2, 3)
    f = compile(lambda x: np.tanh(w @ x[1:]) + x[0])
    x = np.array([0.5, 1.0, -1.0, 2.0])
    assert np.allclose(f(x), np.tanh(w @ x[1:]) + x[0], rtol=1e-14)
    assert f(x).dtype == float


def test_what_is_no_number_is_refused_by_name():
    with pytest.raises(
        TypeError, match=r"argument \[1\] must be a real number, not the str"
    ) as caught:
        compile(lambda x, y: x)(1.0, "2")
    assert "functools.partial" in caught.value.__notes__[0]
    with pytest.raises(TypeError, match=r"argument \[1\] must be a real number, not the str"):
        compile(lambda x, name: {"relu": ag.relu}[name](x))(1.0, "relu")
    with pytest.raises(TypeError, match="must return numbers"):
        compile(lambda x: "x")(1.0)
    with pytest.raises(TypeError, match="is a return missing"):
        compile(lambda x: None)(1.0)
    with pytest.raises(TypeError, match="use jacobian for the derivatives of each"):
        compile(ag.grad(lambda x: [x, x]))(1.0)
    with pytest.raises(TypeError, match="a comparison; use where"):
        compile(lambda x: x > 0)(1.0)
    with pytest.raises(TypeError, match="compile needs a function"):
        compile(3)


def test_values_get_the_function_itself_so_that_it_can_be_differentiated():
    f = compile(lambda x: x * x)
    x = Value(3.0)
    f(x).backward()
    assert x.grad == 6.0
    assert compile(lambda x: f(x) + 1.0)(2.0) == 5.0


def test_many_structures_are_compiled_with_a_warning_that_tells_them():
    f = compile(lambda xs: sum(x * 1.0 for x in xs))
    for n in range(1, 8):
        f([1.0] * n)
    with pytest.warns(ag.RecompileWarning, match="8 structures"):
        assert f([1.0] * 8) == 8.0


def test_two_threads_calling_one_compiled_function_get_right_answers():
    f = compile(lambda xs: sum(x * i for i, x in enumerate(xs)))
    wrong = []

    def work(k):
        for _ in range(300):
            if f([float(k)] * 20) != 190.0 * k:
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_symbol_is_itself_and_may_be_beside_what_is_no_number():
    def f(xs):
        assert xs[1] in [xs[1], xs[0]]
        assert xs[0] != "relu"
        return 2.0 * xs[1]

    assert compile(f)([1.0, 3.0]) == 6.0


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 10.0 if x in {0.0, 2.0} else x,
        lambda x: {1.0: 5.0}.get(x, 0.0) * x,
        lambda x: dict.fromkeys([x], 2.0)[x] * x,
    ],
)
@pytest.mark.parametrize("transform", [lambda f: f, ag.grad, ag.vmap, ag.hessian])
def test_a_recorded_number_is_refused_as_a_key(function, transform):
    # A float would be found by its number, and so another branch be taken.
    argument = [1.0] if transform is ag.vmap else 1.0
    with pytest.raises(ag.TraceError, match=r"its use as a key of a dict or in a set.*use where"):
        compile(transform(function))(argument)


class Scaled:
    def __init__(self, scale):
        self.scale = Value(scale)

    @compile
    def times(self, x):
        return self.scale * x


def test_a_decorated_method_is_compiled_for_each_instance():
    one, other = Scaled(2.0), Scaled(3.0)
    assert (one.times(1.0), other.times(1.0)) == (2.0, 3.0)
    assert one.times is one.times
    one.scale.data = 5.0
    assert (one.times(1.0), other.times(1.0)) == (5.0, 3.0)


def test_copies_of_a_compiled_function_are_compiled_anew():
    one = Scaled(2.0)
    assert one.times(1.0) == 2.0
    other = copy.deepcopy(one)
    other.scale.data = 7.0
    assert (one.times(1.0), other.times(1.0)) == (2.0, 7.0)
    pickled = pickle.dumps(compile(math.hypot))
    assert pickle.loads(pickled).function is math.hypot  # noqa: S301 (our own)


def test_an_argument_without_numbers_has_derivatives_without_numbers():
    def f(nothing, xs):
        return ag.sum([x * x for x in xs])

    for nothing in ([], (), {}, {"a": []}):
        found = compile(ag.grad(f, (0, 1)))(nothing, [1.0] * 300)
        assert found == (nothing, [2.0] * 300)
    empty = compile(ag.grad(f))(np.zeros((0, 3)), [1.0] * 300)
    assert empty.shape == (0, 3)


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (lambda x: x if (x < 3) == False else 2 * x, "a comparison of a comparison"),
        (lambda x: x if (x < 3) != (x < 2) else 2 * x, "a comparison of a comparison"),
        (lambda x: x if (x < 3) in (False, 0) else 2 * x, "a comparison of a comparison"),
        (lambda x: {False: x}.get(x < 3, 2 * x), "key of a dict"),
        (lambda x: (x <= 3) * x, "arithmetic with a comparison"),
        (lambda x: 1.0 - (x <= 3), "arithmetic with a comparison"),
    ],
)
def test_what_would_bake_a_comparison_in_is_refused(function, what):
    with pytest.raises(ag.TraceError, match=f"{what}.*use where"):
        compile(function)(3.0)


@pytest.mark.parametrize("function", [ag.max, ag.min])
def test_the_largest_of_captured_values_is_recorded(function):
    a, b = ag.Value(1.0), ag.Value(2.0)
    found = compile(lambda x: function([a, b, x]) * x + function([a, b]))
    for x in (0.5, 1.5, 3.0):
        assert found(x) == function([1.0, 2.0, x]) * x + function([1.0, 2.0])
    b.data = 4.0
    assert found(0.5) == function([1.0, 4.0, 0.5]) * 0.5 + function([1.0, 4.0])
