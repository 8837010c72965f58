"""Value: what it holds, how it compares, converts, copies, and what backward() leaves behind."""

from __future__ import annotations

import copy
import math
import pickle
import random
import sys
import threading
import warnings
from fractions import Fraction

import numpy as np
import pytest

import autograd as ag
from autograd import AnomalyError, GradientDropped, StaleGraphError, Value, detect_anomaly, gradient
from autograd.graph import topological_order


class Tuned(Value):
    """A subclass, as nn's Parameter is one."""

    __slots__ = ()


def state(*nodes):
    return [(node.data, node.grad, node.label) for node in nodes]


# --- construction ----------------------------------------------------------------------------


def test_a_new_value_is_a_leaf_with_gradient_zero():
    v = Value(2, label="v")
    assert (v.data, v.grad, v.label) == (2.0, 0.0, "v")
    assert (v.primitive, v.operands, v.primals) == (None, (), ())
    assert type(v.data) is float


def test_a_computed_value_knows_what_it_was_made_from():
    a = Value(2.0)
    b = a * 3
    assert b.primitive.name == "mul"
    assert b.operands == (a, 3.0)
    assert b.primals == (2.0, 3.0)


def test_a_value_has_no_other_attributes():
    v = Value(1.0)
    with pytest.raises(AttributeError):
        v.gard = 1.0
    assert not hasattr(v, "__dict__")


def test_a_leafs_data_can_be_set_to_any_number():
    v = Value(1.0)
    v.data = Fraction(1, 2)
    assert v.data == 0.5
    v.data -= 0.25
    assert v.data == 0.25
    v.data = np.float32(2.0)
    assert type(v.data) is float


def test_a_computed_values_data_cannot_be_set():
    y = Value(2.0, label="x") * 3.0
    y.label = "y"
    with pytest.raises(
        AttributeError, match=r"this one is y = mul\(x=2\.0, 3\.0\)\); set the data of"
    ):
        y.data = 1.0
    assert y.data == 6.0


# --- backward --------------------------------------------------------------------------------


def test_a_node_used_twice_gets_both_gradients():
    x = Value(3.0)
    (x * x + x).backward()
    assert x.grad == 7.0
    y = Value(3.0)
    (y - y).backward()
    assert y.grad == 0.0


def test_a_diamond_hands_each_node_its_whole_gradient_before_it_goes_on():
    x = Value(2.0)
    y = x * x
    z = y * y + y.exp() * x
    z.backward()
    e = math.exp(4.0)
    assert x.grad == pytest.approx(4 * 8.0 + e + 2.0 * e * 4.0, rel=1e-15)
    assert y.grad == pytest.approx(8.0 + 2.0 * e, rel=1e-15)


def test_backward_twice_doubles_the_leaves_and_sets_the_nodes_between():
    x = Value(3.0)
    y = x * x
    z = y * x
    z.backward()
    assert (x.grad, y.grad, z.grad) == (27.0, 3.0, 1.0)
    z.backward()
    assert (x.grad, y.grad, z.grad) == (54.0, 3.0, 1.0)


def test_two_roots_that_share_a_subgraph_do_not_disturb_each_other():
    x = Value(3.0)
    shared = x * x
    first, second = shared * 2.0, shared.exp()
    first.backward()
    assert x.grad == 12.0
    x.grad = 0.0
    second.backward()
    alone = x.grad
    assert alone == 6.0 * math.exp(9.0)
    x.grad = 0.0
    first.backward()
    assert x.grad == 12.0
    second.backward()
    assert x.grad == 12.0 + alone
    assert first.grad == 1.0  # as its own pass left it


def test_the_order_of_construction_does_not_matter():
    def build(order):
        x, y = Value(1.5), Value(-0.5)
        parts = {}
        makers = {
            "a": lambda: x * y,
            "b": x.sin,
            "c": lambda: y.exp() * x,
            "d": lambda: x * x * y,
        }
        for name in order:
            parts[name] = makers[name]()
        out = (parts["a"] + parts["b"]) * parts["c"] - parts["d"] * parts["a"]
        out.backward()
        return x.grad, y.grad

    names = list("abcd")
    expected = build(names)
    for seed in range(10):
        random.Random(seed).shuffle(names)
        assert build(names) == expected


def test_an_unused_input_keeps_its_gradient():
    x, unused = Value(1.0), Value(2.0)
    unused.grad = 5.0
    (x * 2).backward()
    assert unused.grad == 5.0


def test_backward_on_a_leaf_is_one():
    x = Value(3.0)
    x.backward()
    x.backward(0.5)
    assert x.grad == 1.5


def test_backward_starts_from_the_gradient_it_is_given():
    x = Value(3.0)
    (x * x).backward(Fraction(1, 2))
    assert x.grad == 3.0
    with pytest.raises(TypeError, match="gradient must be a real number, not the str 'a'"):
        (x * x).backward("a")
    assert x.grad == 3.0


def test_a_leaf_used_a_hundred_thousand_times():
    x = Value(1.0)
    total = ag.sum([x * 2.0 for _ in range(100_000)])
    total.backward()
    assert x.grad == 200_000.0


def test_what_a_branch_not_taken_was_computed_from_shows_gradient_zero():
    x = Value(-1.0)
    y = x.log()
    y.grad = 7.0
    out = ag.where(x > 0, y, 0.0)
    out.backward()
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_an_exception_in_backward_leaves_the_leaves_gradients_as_they_were():
    x, y = Value(0.0, label="x"), Value(2.0)
    out = x.sqrt() + y * y
    x.grad, y.grad = 3.0, 4.0
    with detect_anomaly(), pytest.raises(AnomalyError):
        out.backward()
    assert (x.grad, y.grad) == (3.0, 4.0)
    out.backward()  # and the next pass starts clean
    assert (x.grad, y.grad) == (math.inf, 8.0)


def test_a_gradient_that_is_no_number_is_refused_where_it_is_set():
    x = Value(1.0)
    x.grad = 2.0
    for nothing in (None, "0", 1j, [0.0]):  # None as PyTorch's set_to_none leaves it
        with pytest.raises(TypeError, match=r"^grad must be a real number, not "):
            x.grad = nothing
    with pytest.raises(AttributeError):
        del x.grad
    assert x.grad == 2.0


def test_a_gradient_reset_to_the_integer_zero_is_fine():
    x = Value(3.0)
    x.grad = 0
    (x * x).backward()
    assert x.grad == 6.0


def test_threads_that_share_leaves_do_not_disturb_each_other():
    leaves = [Value(1.0) for _ in range(50)]
    # The last operand comes first in the order, and so all leaves: they wait long for their turn.
    roots = {
        k: ag.sum([*(leaf * k for leaf in leaves), ag.sum(leaves) * 0.0])
        for k in (1.0, 2.0, 4.0, 8.0)
    }
    passes, wrong = 100, []

    def work(k):
        for _ in range(passes):
            roots[k].backward()
            found = set(gradient(roots[k], leaves))
            if found != {k}:
                wrong.append((k, found))

    threads = [threading.Thread(target=work, args=(k,)) for k in roots]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that they cut in on each other all the time
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong
    assert {leaf.grad for leaf in leaves} == {15.0 * passes}


# --- the stale-leaf contract -----------------------------------------------------------------


def test_backward_after_a_leaf_was_changed_is_of_the_recorded_point():
    x, w = Value(3.0), Value(2.0)
    y = x * x * w + x.exp()
    x.data, w.data = 100.0, 100.0
    y.backward()
    assert x.grad == 12.0 + math.exp(3.0)
    assert w.grad == 9.0


def test_a_graph_of_a_graph_of_a_changed_leaf_is_refused_by_name():
    x = Value(3.0, label="speed")
    y = x * x
    x.data = 4.0
    with pytest.raises(
        StaleGraphError, match=r"speed was 3\.0 when mul\(speed=3\.0, speed=3\.0\) .* is 4\.0 now"
    ):
        gradient(y, x, create_graph=True)
    x.data = 3.0
    assert gradient(y, x, create_graph=True).data == 6.0


def test_a_leaf_set_to_the_same_number_or_the_same_nan_is_not_stale():
    for number in (0.1, math.nan):
        x = Value(number)
        y = x * x
        x.data = float(repr(number))
        assert gradient(y, x, create_graph=True).data == pytest.approx(2 * number, nan_ok=True)


# --- subclasses ------------------------------------------------------------------------------


class Named(Value):
    """Has labels in a slot of its own."""

    __slots__ = ("label",)


class Forgetful(Value):
    def __init__(self, number):
        self.number = number


def test_a_subclass_may_keep_labels_in_a_slot_of_its_own():
    x = Named(2.0, "mine")
    assert (x.label, repr(x)) == ("mine", "Value(data=2.0, grad=0.0, label='mine')")
    assert Named(2.0).label == ""
    assert copy.copy(x).label == "mine"
    y = x * 3.0
    y.backward()
    assert (y.data, x.grad) == (6.0, 3.0)
    assert "mine" in ag.draw(y).source


@pytest.mark.parametrize(
    "use",
    [
        lambda x: x.data,
        lambda x: x.item(),
        lambda x: x * 2.0,
        lambda x: 2.0 - x,
        lambda x: x < 1.0,
        ag.exp,
        repr,
        lambda x: ag.sum([1.0, x]),
        lambda x: ag.grad(lambda y: x * y)(1.0),
    ],
)
def test_a_subclass_that_does_not_call_init_has_no_number(use):
    with pytest.raises(
        AttributeError, match=r"Forgetful'.* has no (attribute '|data yet: its __init__)"
    ):
        use(Forgetful(3.0))


@pytest.mark.parametrize("label", [3, None, b"x", ["x"]])
def test_a_label_is_a_str(label):
    with pytest.raises(TypeError, match=r"label must be a str, not (3|None|b'x'|\['x'\])"):
        Value(1.0, label)
    x = Value(1.0)
    x.label = label
    assert f"label='{label}'" in repr(x) or repr(str(label)) in repr(x)


# --- comparison ------------------------------------------------------------------------------


def test_equality_and_hash_are_identity():
    a, b = Value(1.0), Value(1.0)
    assert a != b
    assert a != 1.0
    assert len({a, b, a}) == 2
    assert a in [b, a]


@pytest.mark.parametrize("kind", [float, int, Value, Fraction, np.float64, np.float32])
def test_order_is_by_number_against_all_kinds(kind):
    v = Value(2.0)
    assert v < kind(3)
    assert kind(3) > v
    assert v <= kind(2)
    assert kind(2) >= v
    assert not v > kind(2)
    assert not kind(1) >= v


def test_nan_compares_false():
    v = Value(math.nan)
    assert not any([v < 1, v <= 1, v > 1, v >= 1, v < v, v >= v])


def test_sorting_and_extremes_return_the_values_themselves():
    a, b, c = Value(3.0), Value(1.0), Value(2.0)
    assert sorted([a, b, c]) == [b, c, a]
    assert max(a, b, c) is a
    assert min(a, b, 2) is b


def test_comparing_with_what_is_no_number_is_a_type_error():
    with pytest.raises(TypeError):
        _ = Value(1.0) < "a"
    with pytest.raises(TypeError):
        _ = Value(1.0) >= None


def test_truth_is_being_nonzero_as_for_floats():
    assert Value(0.5)
    assert Value(math.nan)
    assert not Value(0.0)
    assert not Value(-0.0)


# --- conversion ------------------------------------------------------------------------------


def test_float_works_and_warns_once_a_place():
    v = Value(0.5)

    def drop():
        return math.exp(v), float(v)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            assert drop() == (math.exp(0.5), 0.5)
    assert [w.category for w in caught] == [GradientDropped]  # both are on one line
    assert caught[0].filename == __file__
    assert "use autograd's function of the same name" in str(caught[0].message)


@pytest.mark.parametrize(
    "read",
    [lambda v: v.data, Value.item, lambda v: f"{v:.2f}", str, repr, bool, lambda v: v > 0],
)
def test_reading_the_number_does_not_warn(read):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(Value(0.5))


def test_item_is_the_number():
    assert Value(2.5).item() == 2.5
    assert type((Value(2) * 2).item()) is float


def test_formatting_is_that_of_the_number_or_of_the_value():
    v = Value(2.0, label="v")
    assert f"{v:.3f}" == "2.000"
    assert f"{v:>8.1e}" == " 2.0e+00"
    assert f"{v}" == str(v) == repr(v) == "Value(data=2.0, grad=0.0, label='v')"
    assert repr(Value(-0.0)) == "Value(data=-0.0, grad=0.0)"


def test_the_representation_is_micrograds_when_there_is_no_label():
    x = Value(1)
    (x * 2).backward()
    assert repr(x) == "Value(data=1.0, grad=2.0)"


def test_a_value_is_no_index_and_no_integer():
    with pytest.raises(TypeError):
        [1, 2, 3][Value(1.0)]
    with pytest.raises(TypeError):
        range(Value(1.0))
    with pytest.raises(TypeError):
        int(Value(1.0))


def test_detach_is_a_leaf_with_the_same_number_and_label():
    x = Value(3.0)
    y = x * 2
    y.label = "y"
    d = y.detach()
    assert (d.data, d.label, d.operands) == (6.0, "y", ())
    (d * x).backward()
    assert (x.grad, d.grad) == (6.0, 3.0)


# --- copies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Value, Tuned])
@pytest.mark.parametrize(
    "duplicate",
    [
        copy.copy,
        copy.deepcopy,
        *(
            lambda v, p=p: pickle.loads(pickle.dumps(v, p))  # noqa: S301
            for p in range(6)
        ),
    ],
)
def test_leaves_are_copied_with_number_gradient_label_and_class(kind, duplicate):
    leaf = kind(0.1, label="w")
    leaf.grad = 2.5
    twin = duplicate(leaf)
    assert twin is not leaf
    assert type(twin) is kind
    assert state(twin) == state(leaf)
    twin.data, twin.grad = 7.0, 8.0
    assert state(leaf) == [(0.1, 2.5, "w")]


def test_a_deep_copied_list_keeps_a_shared_leaf_shared():
    x = Value(1.0)
    a, b = copy.deepcopy([x, x])
    assert a is b
    assert a is not x


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_computed_value_refuses_to_be_copied(duplicate):
    y = Value(2.0, label="x").exp()
    y.label = "y"
    with pytest.raises(TypeError, match=r"was computed \(y = exp\(x=2\.0\)\); use \.detach\(\)"):
        duplicate(y)
    if duplicate is not copy.copy:
        with pytest.raises(TypeError, match="only leaves can be copied"):
            duplicate([y])


# --- subclasses ------------------------------------------------------------------------------


def test_a_subclass_takes_part_and_its_results_are_plain_values():
    w = Tuned(2.0, label="w")
    for out in (w * 3, 3 * w, w * Value(3.0), Value(3.0) * w, ag.dot([w], [3]), w.exp(), -w, w**w):
        assert type(out) is Value
    (w * w).backward()
    assert w.grad == 4.0
    assert w < Value(3.0)
    assert type(w.detach()) is Value


# --- memory ----------------------------------------------------------------------------------


def test_the_operands_keep_no_reference_to_what_was_made_from_them():
    import gc
    import weakref

    gc.disable()
    try:
        x = Value(1.0)
        y = x * 2
        z = y.exp() + y
        ghosts = [weakref.ref(y), weakref.ref(z)]
        z.backward()
        del y, z
        assert [ghost() for ghost in ghosts] == [None, None]
    finally:
        gc.enable()


def test_micrograds_names_for_a_nodes_past():
    a, b = Value(1.0), Value(2.0)
    out = a * b + a
    assert out._op == "+"
    assert {child._op for child in out._prev} == {"×", ""}
    assert a._prev == set()
    assert topological_order(out)[-1] is out
