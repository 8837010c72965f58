"""Methods under @compile, and what becomes of decorated functions that are copied and pickled."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from dataclasses import dataclass
from functools import partial

import pytest

from autograd import compile, grad, hvp


class Base:
    def __init__(self, scale):
        self.scale = scale

    @compile
    def times(self, x):
        return x * self.scale

    @partial(grad, argnums=1)
    def slope(self, x):
        return x * x


class Derived(Base):
    def times(self, x):
        return super().times(x) + 1.0


class Twice(Base):
    @compile
    def times(self, x):
        return super().times(x) + 10.0


class Thrice(Twice):
    @compile
    def times(self, x):
        return super().times(x) + 100.0


@compile
def double(x):
    return x * 2.0


@grad
def slope(x):
    return x * x


@compile
@grad
@grad
def curvature(x):
    return x**3


@hvp
def product(x):
    return x**3


def cube(x):
    return x**3


faster = compile(grad(cube))
same_name_as_its_function = compile(cube)


def loaded(thing):
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 (our own)


def duplicates(thing):
    return [copy.copy(thing), copy.deepcopy(thing), loaded(thing)]


@pytest.mark.parametrize(
    ("kind", "right"), [(Base, 6.0), (Derived, 7.0), (Twice, 16.0), (Thrice, 116.0)]
)
def test_super_reaches_a_compiled_method_at_every_call(kind, right):
    one = kind(3.0)
    assert [one.times(2.0) for _ in range(3)] == [right] * 3
    assert Base.times(one, 2.0) == 6.0
    assert one.times(2.0) == right


def test_a_copy_of_an_instance_computes_with_its_own_attributes():
    one = Thrice(3.0)
    assert one.times(2.0) == 116.0
    for other in duplicates(one):
        other.scale = 5.0
        assert other.times(2.0) == 120.0
        assert one.times(2.0) == 116.0
        assert one.times is one.times
        assert other.times is not one.times


def test_a_compiled_method_of_an_instance_can_be_copied_and_pickled():
    one = Thrice(3.0)
    assert one.times(2.0) == 116.0
    assert copy.copy(one.times)(2.0) == loaded(one.times)(2.0) == 116.0
    assert loaded(super(Thrice, one).times)(2.0) == 16.0
    assert loaded(one.slope)(3.0) == 6.0


@pytest.mark.parametrize("decorated", [double, slope, curvature, Base.times])
def test_a_decorated_function_is_pickled_by_its_name(decorated):
    assert loaded(decorated) is decorated


@pytest.mark.parametrize("made", [faster, compile(slope), compile(grad(slope)), grad(cube)])
def test_what_was_made_without_a_decorator_is_pickled_by_what_it_was_made_of(made):
    other = loaded(made)
    assert other is not made
    assert other(2.0) == made(2.0)
    assert repr(other) == repr(made)


def test_a_decorated_product_and_a_function_compiled_beside_itself_come_back():
    assert loaded(product)((2.0,), (1.0,)) == (12.0,)
    assert loaded(same_name_as_its_function)(2.0) == 8.0


def test_an_instance_with_compiled_methods_is_let_go_of():
    one = Thrice(3.0)
    one.times(2.0)
    there = weakref.ref(one)
    del one
    gc.collect()
    assert there() is None


@dataclass(frozen=True)
class Fixed:
    scale: float

    @compile
    def times(self, x):
        return x * self.scale


def test_a_frozen_data_class_may_have_compiled_methods():
    one = Fixed(2.0)
    assert one.times(4.0) == Fixed.times(one, 4.0) == 8.0
    assert one == Fixed(2.0)
    assert loaded(one).times(4.0) == 8.0
