from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

import autograd as ag
from autograd import Value, value_and_grad
from autograd.native import core

PATH = "tape"
pytestmark = pytest.mark.skipif(core is None, reason="there is no native core")


@dataclass
class Pair:
    a: object
    b: object


class Point(NamedTuple):
    x: object
    y: object


TREES = {
    "numbers": (1.5, 2),
    "a list": ([1.0, 2, 3.0],),
    "nested": ([[1.0, 2.0], [3.0]], (4.0, None, ())),
    "a dict": ({"a": 1.0, "b": [2.0], 3: (4.0,)},),
    "an array": (np.arange(6.0).reshape(2, 3),),
    "a strided array": (np.arange(24.0).reshape(2, 3, 4)[::-1, 1:, ::3],),
    "an empty array": (np.zeros((0, 3)), 1.0),
    "a read-only array": (np.broadcast_to(np.arange(3.0), (2, 3)),),
    "NumPy's number": (np.float64(2.5), [np.float64(3.5)]),
}


def same(a, b):
    """Equal in structure, types and numbers."""
    if isinstance(a, np.ndarray):
        return (
            type(b) is np.ndarray and a.dtype == b.dtype and a.shape == b.shape and (a == b).all()
        )
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Pair):
        return same(a.a, b.a) and same(a.b, b.b)
    return a == b or (a != a and b != b)


def total(*trees):
    leaves = ag.structure.flatten(trees)[0]
    return sum(x * x * (i + 1) for i, x in enumerate(leaves))


@pytest.mark.parametrize("name", TREES)
def test_a_shortcut_answers_as_the_long_way(name):
    args = TREES[name]
    f = ag.compile(value_and_grad(total))
    first = f(*args)
    assert f.latest.route() is not None
    f._call = None  # from here on there is no long way
    again = f(*args)
    assert same(again, first)
    assert same(again, value_and_grad(total)(*args))


ANSWERS = {
    "a number": lambda x: x + 1,
    "a list": lambda x: [x, 2.0, [x]],
    "a dict": lambda x: {"a": x, 1: None},
    "an array": lambda x: np.array([[x, x * 2], [1.0, 0.0]], dtype=object),
    "a data class": lambda x: Pair(x, (x,)),
    "a named tuple": lambda x: Point(x, 2.0),
    "nothing in it": lambda x: [],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_shortcut_builds_any_answer(name):
    f = ag.compile(ANSWERS[name])
    first = f(1.5)
    f._call = None
    assert same(f(1.5), first)


def test_an_auxiliary_answer_comes_second():
    f = ag.compile(value_and_grad(lambda x: (x * x, {"twice": 2 * x}), has_aux=True))
    g = ag.compile(ag.grad(lambda x: (x * x, {"twice": 2 * x}), has_aux=True))
    for _ in range(2):
        assert f(3.0) == ((9.0, {"twice": 6.0}), 6.0)
        assert g(3.0) == (6.0, {"twice": 6.0})


OTHERS = [
    ([1.0, 2.0],),
    ((1.0, 2.0),),
    ({"x": 1.0},),
    (np.array([1.0, 2.0]),),
    (np.array([1, 2]),),
    (np.array([1.0, 2.0], np.float32),),
    (np.array([1.0, 2.0], ">f8"),),
    (True,),
    (1.0, 2.0),
    (None, 1.0),
    (np.float32(3.0),),
    (np.array(2.0),),
]


@pytest.mark.parametrize("args", OTHERS, ids=str)
def test_what_has_another_form_goes_the_long_way(args):
    f = ag.compile(total)
    f([1.0, 2.0, 3.0])
    assert same(f(*args), float(total(*args)))
    assert same(f(*args), float(total(*args)))


@pytest.mark.parametrize("wrong", ["text", [1.0, "x", 2.0], object(), 10**400, [1j, 0.0, 1.0]])
def test_what_is_no_number_is_refused_as_ever(wrong):
    f = ag.compile(total)
    f([1.0, 2.0, 3.0])
    f(1.0)
    with pytest.raises((TypeError, OverflowError)):
        f(wrong)
    assert f([1.0, 2.0, 3.0]) == 36.0


def test_values_are_differentiated():
    f = ag.compile(lambda x: x * x)
    f(3.0)
    x = Value(3.0)
    f(x).backward()
    assert x.grad == 6.0


def test_captured_values_are_read_at_every_call():
    w = Value(2.0)
    f = ag.compile(lambda x: w * x)
    assert f(3.0) == f(3.0) == 6.0
    w.data = 5.0
    assert f(3.0) == 15.0


def test_a_doubtful_nan_is_asked_for_again():
    f = ag.compile(ag.grad(lambda x: ag.sqrt(ag.relu(x))))
    assert f(4.0) == 0.25
    assert f(-1.0) == f(-1.0) == 0.0


def test_the_latest_is_whose_way_was_taken():
    f = ag.compile(total)
    f(1.0), f([1.0, 2.0])
    f(1.0)
    assert f.cost().recorded == f.latest.recorded
    few = f.latest
    f([1.0, 2.0])
    assert f.latest is not few
    f(1.0)
    assert f.latest is few


def test_many_structures_are_all_answered():
    f = ag.compile(total)
    sizes = [*range(1, 20), *range(1, 20)]
    with pytest.warns(ag.RecompileWarning):
        found = [f([1.0] * n) for n in sizes]
    assert found == [n * (n + 1) / 2 for n in sizes]


def test_two_threads_at_once_get_right_answers():
    def chain(xs):
        total = 0.0
        for i in range(25_000):
            total = total + xs[i % 7] * xs[(i + 3) % 7]
        return total

    f = ag.compile(chain)
    f.lower([1.0] * 7)
    expected = {k: f([float(k + i) for i in range(7)]) for k in range(4)}
    wrong = []

    def work(k):
        for _ in range(200):
            if f([float(k + i) for i in range(7)]) != expected[k]:
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_calls_inside_calls_get_frames_of_their_own():
    f = ag.compile(lambda xs: [x * 2 for x in xs])
    f([1.0] * 100)

    class Calling:
        def __del__(self):
            f([7.0] * 100)

    for _ in range(50):
        Calling.cycle = Calling()
        Calling.cycle.me = Calling.cycle
        del Calling.cycle
        assert f([1.0] * 100) == [2.0] * 100
    gc.collect()


def test_a_compiled_function_goes_with_what_it_captures():
    def made():
        w, kept = Value(1.0), []
        f = ag.compile(lambda x: w * x * len(kept))
        kept.append(f)
        f(1.0), f(1.0)
        return weakref.ref(f)

    gone = made()
    gc.collect()
    assert gone() is None
