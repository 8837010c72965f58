"""What can be reached is seen to change, named, and put back."""

from __future__ import annotations

import ctypes
import itertools
import os
import random
import threading
import types
from array import array
from collections import deque
from functools import partial

import numpy as np
import pytest

import nn
from autograd import Value
from nn.training.reach import Photograph

SCALE = 1.0
HELD = {"a": [1.0]}
BARE = object()


def reads_globals(o, t):
    return SCALE * o + HELD["a"][0] * t


class Box(nn.Module):
    count = 0

    def __init__(self, **held):
        self.__dict__.update(held)

    def forward(self, x):
        return x


class Slotted:
    __slots__ = ("x",)

    def __init__(self):
        self.x = 1.0


def reads_environment(o, t):
    return float(os.environ.get("A_USERS", "1")) * o


def set_global(value):
    global SCALE
    SCALE = value


def closure():
    weight = 1.0

    def loss(o, t):
        return weight * (o - t)

    def change():
        nonlocal weight
        weight += 1.0

    return loss, change


def counted(x):
    counted.calls += 1
    return x


counted.calls = 0


def of(holder, change):
    box = Box(it=holder)
    return box, lambda: change(holder)


class Named:
    pass


def cases():
    loss, change = closure()
    named = Named()
    named.inner = Named()
    slotted = Slotted()
    matrix = np.zeros((2, 2))
    return {
        "a list": of([1.0], lambda x: x.append(2.0)),
        "a list in a dict": of({"a": [1.0]}, lambda x: x["a"].append(2.0)),
        "a number of a list": of([1.0, 2.0], lambda x: x.__setitem__(1, 3.0)),
        "a sign of zero": of([0.0], lambda x: x.__setitem__(0, -0.0)),
        "a set": of({1}, lambda x: x.add(2)),
        "a deque": of(deque([1.0]), lambda x: x.rotate() or x.append(1.0)),
        "bytes": of(bytearray(b"a"), lambda x: x.extend(b"b")),
        "an array": of(array("d", [1.0]), lambda x: x.append(1.0)),
        "a matrix": of(matrix, lambda x: x.__setitem__((0, 1), 1.0)),
        "an object array": of(np.array([None, 1.0]), lambda x: x.__setitem__(0, 1.0)),
        "a number of C": of(ctypes.c_double(1.0), lambda x: setattr(x, "value", 2.0)),
        "a view of memory": of(memoryview(bytearray(8)), lambda x: x.__setitem__(0, 1)),
        "the environment": (reads_environment, lambda: os.environ.update(A_USERS="2")),
        "a thread's own": of(threading.local(), lambda x: setattr(x, "y", 2.0)),
        "a generator": of(random.Random(0), lambda x: x.random()),
        "NumPy's generator": of(np.random.default_rng(0), lambda x: x.random()),
        "NumPy's old generator": of(np.random.RandomState(0), lambda x: x.random()),
        "a Value": of(Value(1.0), lambda x: setattr(x, "data", 2.0)),
        "a row of Values": of([Value(1.0)], lambda x: setattr(x[0], "data", 2.0)),
        "an attribute": of(named, lambda x: setattr(x, "more", 1)),
        "an attribute of an attribute": of(named, lambda x: setattr(x.inner, "more", 1)),
        "a slot": of(slotted, lambda x: setattr(x, "x", 2.0)),
        "a class": of(named, lambda x: setattr(type(x), "shared", 1.0)),
        "the module's own attribute": (b := Box(), lambda: setattr(b, "training", False)),
        "its class": (Box(), lambda: setattr(Box, "count", Box.count + 1)),
        "a closure": (loss, change),
        "a global": (reads_globals, lambda: set_global(SCALE + 1.0)),
        "a global's inside": (reads_globals, lambda: HELD["a"].append(1.0)),
        "a function's attribute": (counted, lambda: counted(1.0)),
        "the random module": (reads_globals, random.random),
        "NumPy's random state": (reads_globals, np.random.random),
        "a partial's argument": (partial(lambda a, b: b, held := [1.0]), lambda: held.append(2.0)),
        "a default": (lambda x, seen=(kept := []): x, lambda: kept.append(1)),
        "a bound method's object": (Box(it=(z := [1.0])).forward, lambda: z.append(1)),
    }


@pytest.mark.parametrize("name", cases())
def test_what_changes_is_seen_and_put_back(name):
    root, change = cases()[name]
    photograph = Photograph({"it": root})
    assert photograph.users
    assert not photograph.unsteady
    assert photograph.changes() == []
    change()
    assert photograph.changed()
    assert len(photograph.changes()) >= 1
    photograph.restore()
    assert photograph.changes() == []


def test_changes_have_the_names_that_they_have_in_the_code():
    loss, change = closure()
    photograph = Photograph({"loss": loss})
    change()
    assert photograph.changes() == ["weight of loss"]
    model = nn.Sequential(Box(rate=[1.0]), "relu")
    photograph = Photograph({"model": model})
    next(iter(m for m in model.modules() if isinstance(m, Box))).rate[0] = 2.0
    assert any("rate[0]" in name for name in photograph.changes())


def test_what_training_moves_by_itself_is_no_change():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5), lambda x: x)
    parameters = list(model.parameters())
    optimizer = nn.optim.Adam(parameters)
    photograph = Photograph(
        {"model": model, "loss": lambda o, t: optimizer.lr}, set(map(id, parameters))
    )
    parameters[0].data += 1.0
    optimizer.steps += 1
    next(m for m in model.modules() if isinstance(m, nn.Dropout)).calls += 1
    assert photograph.changes() == []
    optimizer.lr = 1.0
    assert photograph.changed()
    assert photograph.optimizers == [optimizer]


def test_an_iterator_cannot_be_put_back():
    numbers = itertools.count()
    photograph = Photograph({"loss": lambda o, t: next(numbers)})
    assert photograph.unsteady == "numbers of loss is an iterator (count), which goes on"


def test_a_model_of_ours_has_no_code_of_the_users():
    model = nn.Sequential(nn.Linear(2, 2), "relu", nn.Dropout(0.5), nn.MLP(2, [3, 1]))
    assert not Photograph({"model": model, "loss": nn.losses.get("mse")}).users
    assert Photograph({"model": nn.Sequential(nn.Linear(2, 2), lambda x: x)}).users
    assert Photograph({"model": Box()}).users


def test_a_module_of_the_users_is_looked_into_as_far_as_it_is_named():
    settings = types.ModuleType("settings_of_a_user")
    settings.rate, settings.other = [1.0], [1.0]
    space = {"settings": settings, "__name__": "__main__"}
    exec("def loss(o, t): return settings.rate[0] * o", space)
    photograph = Photograph({"loss": space["loss"]})
    settings.other.append(2.0)
    assert not photograph.changed()
    settings.rate.append(2.0)
    assert photograph.changed()


def test_loggers_and_streams_are_not_looked_into():
    import logging

    log = logging.getLogger("a user's")
    photograph = Photograph({"loss": lambda o, t: log.debug("%s", o) or o})
    assert not photograph.unsteady
    assert photograph.opaque
    assert photograph.changed(), "it may have"
    assert photograph.changes() == []
