"""Containers come apart and together again, and a mismatch is named by its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, compile, grad, hessian, jacobian, jvp, vjp
from autograd.structure import ENTRY, NONE, entry_types, flatten


class Point(NamedTuple):
    x: float
    y: float


TREES = st.recursive(
    st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.builds(Point, inner, inner)
    ),
    max_leaves=12,
)


@given(TREES)
def test_what_is_flattened_is_put_together_again(tree):
    leaves, structure = flatten(tree)
    assert structure.size == len(leaves)
    again = structure.unflatten(leaves)
    assert repr(again) == repr(tree)  # by repr, since nan is not equal to nan
    assert flatten(again)[1] == structure
    assert hash(flatten(again)[1]) == hash(structure)


@given(TREES)
def test_the_path_of_an_entry_leads_to_it(tree):
    leaves, structure = flatten(tree)
    for index, leaf in enumerate(leaves):
        assert eval(f"tree{structure.path(index)}", {"tree": tree}) is leaf


@given(TREES)
def test_a_tree_matches_its_own_structure(tree):
    leaves, structure = flatten(tree)
    assert structure.match(tree, "this", "that") == leaves or repr(leaves).find("nan") >= 0


def test_an_array_keeps_its_shape_and_holds_floats():
    leaves, structure = flatten(np.array([[1, 2, 3], [4, 5, 6]]))
    assert leaves == [1, 2, 3, 4, 5, 6]
    back = structure.unflatten(leaves)
    assert back.dtype == float
    np.testing.assert_array_equal(back, [[1.0, 2, 3], [4, 5, 6]])
    assert structure.path(5) == "[1, 2]"


def test_an_array_of_values_is_an_array_of_objects():
    values = [Value(1.0), Value(2.0)]
    array = flatten(np.zeros(2))[1].unflatten(values)
    assert array.dtype == object
    assert array[0] is values[0]


@pytest.mark.parametrize("number", [1.0, 1, np.float32(1.0), np.array(1.0), Value(1.0), "x"])
def test_what_is_no_container_is_one_entry(number):
    leaves, structure = flatten(number)
    assert structure == ENTRY
    assert len(leaves) == 1


def test_subclasses_of_containers_come_back_as_plain_ones():
    from collections import OrderedDict, defaultdict

    tree = OrderedDict(a=1.0, b=defaultdict(list, c=2.0))
    leaves, structure = flatten(tree)
    assert structure.unflatten(leaves) == {"a": 1.0, "b": {"c": 2.0}}


def test_a_dicts_keys_may_come_in_another_order():
    structure = flatten({"a": 1.0, "b": [2.0]})[1]
    assert structure.match({"b": [20.0], "a": 10.0}, "this", "that") == [10.0, 20.0]


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ([1.0, 2.0], "this is a list of 2, but that is a dict of 2"),
        ({"a": 1.0}, r"this has the keys \['a'\], but that has \['a', 'b'\]"),
        ({"a": 1.0, "b": 2.0}, r"this\['b'\] is one number, but that\['b'\] is a list of 2"),
        (
            {"a": 1.0, "b": [1.0, 2.0, 3.0]},
            r"this\['b'\] has 3 entries, but that\['b'\] has 2",
        ),
        (
            {"a": 1.0, "b": [1.0, (2.0,)]},
            r"this\['b'\]\[1\] is a tuple of 1, but that\['b'\]\[1\] is an array of shape \(3,\)",
        ),
        (
            {"a": 1.0, "b": [1.0, np.zeros(2)]},
            r"this\['b'\]\[1\] is an array of shape \(2,\), but that\['b'\]\[1\] is an array of shape",
        ),
    ],
)
def test_a_mismatch_is_named_by_its_place(tree, message):
    structure = flatten({"a": 1.0, "b": [2.0, np.zeros(3)]})[1]
    with pytest.raises(ValueError, match=message):
        structure.match(tree, "this", "that")


def test_the_types_of_entries_are_found_at_any_depth():
    assert entry_types([1, {"a": (2.0, [Value(3.0)])}, np.zeros(3)]) == {int, float, Value}
    assert entry_types(np.array([Value(1.0)])) == {Value}
    assert entry_types([]) == set()


def test_a_structure_prints_its_containers():
    assert repr(flatten({"w": np.zeros((2, 3)), "b": (1.0, [])})[1]) == (
        "{'w': array[2, 3], 'b': (*, [])}"
    )
    assert repr(flatten([0.0] * 100)[1]) == "[*, *, *, ... 96 more ..., *]"
    assert repr(flatten(Point(1.0, 2.0))[1]) == "Point(*, *)"


@dataclass
class Ball:
    radius: float
    centre: Point
    unit: str = field(default="m", metadata={"static": True})
    sort: ClassVar[str] = "ball"

    def __post_init__(self):
        if not self.radius > 0:
            raise ValueError("radius must be positive")

    def volume(self):
        return self.radius**3 * self.centre.x


@dataclass(frozen=True, slots=True)
class Frozen:
    inside: object


def test_a_data_class_is_a_container_of_its_fields():
    ball = Ball(2.0, Point(1.0, 3.0), "km")
    leaves, structure = flatten({"ball": ball})
    assert leaves == [2.0, 1.0, 3.0]
    assert structure.path(0) == "['ball'].radius"
    assert structure.path(2) == "['ball'].centre[1]"
    assert repr(structure) == "{'ball': Ball(radius=*, centre=Point(*, *))}"
    assert structure.unflatten(leaves) == {"ball": ball}
    assert structure.unflatten([-1.0, 0.0, 0.0])["ball"].radius == -1.0  # no check of a derivative
    assert flatten(Frozen([1.0]))[1].unflatten([5.0]) == Frozen([5.0])
    assert hash(structure) == hash(flatten({"ball": ball})[1])
    assert flatten(Ball(2.0, Point(1.0, 3.0)))[1] != flatten(ball)[1]  # other units
    assert entry_types(ball) == {float}


def test_none_is_a_container_of_nothing():
    leaves, structure = flatten([1.0, None, {"a": None}])
    assert leaves == [1.0]
    assert repr(structure) == "[*, None, {'a': None}]"
    assert structure.unflatten([2.0]) == [2.0, None, {"a": None}]
    assert flatten(None) == ([], NONE)
    assert entry_types([None, 1.0]) == {float}


def test_data_classes_that_do_not_match_are_named():
    structure = flatten(Ball(2.0, Point(1.0, 3.0)))[1]
    with pytest.raises(ValueError, match=r"this has \{'unit': 'km'\}, but that has \{'unit': 'm'"):
        structure.match(Ball(2.0, Point(1.0, 3.0), "km"), "this", "that")
    with pytest.raises(ValueError, match=r"this.centre is None, but that.centre is a Point of 2"):
        structure.match(Ball(2.0, None), "this", "that")
    with pytest.raises(TypeError, match="static field unit of Ball must be hashable"):
        flatten(Ball(2.0, Point(1.0, 3.0), []))


def test_every_transform_takes_and_returns_data_classes_and_none():
    def f(ball, nothing):
        assert nothing is None
        assert ball.unit == "m"
        return Frozen([ball.volume(), None])

    ball = Ball(2.0, Point(5.0, 3.0))
    first = Ball(60.0, Point(8.0, 0.0))
    value = Frozen([40.0, None])
    for run in (lambda f: f, compile):
        assert run(f)(ball, None) == value
        assert run(jacobian(f))(ball, None) == Frozen([first, None])
        assert run(jacobian(f, (0, 1)))(ball, None) == Frozen([(first, None), None])
        assert run(grad(lambda b: b.volume()))(ball) == first
        assert run(grad(lambda b, n: b.volume(), (0, 1)))(ball, None) == (first, None)
        second = run(hessian(f))(ball, None).inside[0]
        assert second.radius.radius == 60.0
        assert second.radius.centre.x == second.centre.x.radius == 12.0
        out, moved = run(jvp(f))((ball, None), (first, None))
        assert out == value
        assert moved == Frozen([60.0 * 60.0 + 8.0 * 8.0, None])
    assert vjp(f, ball, None)[1](Frozen([1.0, None])) == (first, None)
