"""Operations know which module computed them."""

from __future__ import annotations

import copy
import gc
import threading
import weakref
from dataclasses import dataclass

import pytest

import autograd as ag
import nn
from autograd import Value, scope
from autograd.scopes import entered
from autograd.state import state
from nn.modules import scoping


def all_scopes(*roots):
    return {str(v.scope) for v in ag.topological_order(*roots) if v.operands}


def test_each_operation_bears_its_modules_name_as_named_modules_has_it():
    model = nn.MLP(2, [3, 1], seed=0)
    names = {name for name, module in model.named_modules() if isinstance(module, nn.Neuron)}
    assert all_scopes(model([1.0, 2.0])) == names
    assert "layers[0].neurons[2]" in names


def test_scopes_nest_like_modules_and_tell_their_kind():
    y = nn.Sequential(nn.MLP(2, [3], seed=0), nn.Linear(3, 1, seed=0))([1.0, 2.0])
    dot = y.operands[0]
    assert [(s.name, s.kind) for s in dot.scope.line()] == [
        ("", "Sequential"),
        ("layers[1]", "Linear"),
    ]
    neuron = next(v for v in dot.operands if v.operands)
    assert [(s.name, s.kind) for s in neuron.scope.line()] == [
        ("", "Sequential"),
        ("layers[0]", "MLP"),
        ("layers[0]", "Layer"),
        ("neurons[0]", "Neuron"),
    ]


def test_a_model_has_the_same_scopes_at_every_call_and_other_models_others():
    a = nn.MLP(2, [2, 1], seed=0)
    b = copy.deepcopy(a)
    first, again, other = a([1.0, 2.0]), a([3.0, 4.0]), b([1.0, 2.0])
    assert first.scope is again.scope
    assert str(other.scope) == str(first.scope)
    assert other.scope is not first.scope


def test_a_modules_own_operations_stand_in_its_scope_and_what_is_outside_in_none():
    class Twice(nn.Module):
        def __init__(self):
            self.inner = {"a": nn.Linear(1, 1, seed=0)}

        def forward(self, x):
            return self.inner["a"](x) * 2.0

    y = Twice()([1.0])
    assert str(y.scope) == ""
    assert y.scope.kind == "Twice"
    assert str(y.operands[0].scope) == "inner['a']"
    assert (y + 1.0).scope is None


def test_a_module_that_is_exchanged_later_gets_its_name():
    model = nn.Sequential(nn.Linear(1, 1, seed=0))
    model([1.0])
    model.layers.append(nn.Linear(1, 1, seed=0))
    assert str(model([1.0]).scope) == "layers[1]"


def test_a_module_that_is_no_part_of_the_one_that_calls_it_is_a_model_of_its_own_inside():
    loose = nn.Linear(1, 1, seed=0)

    class Calls(nn.Module):
        def forward(self, x):
            return loose(x)

    calls = Calls()
    for _ in range(2):
        y = calls([1.0])
        assert [s.kind for s in y.scope.line()] == ["Calls", "Linear"]


def test_two_models_in_one_user_scope_are_told_apart():
    a, b = nn.MLP(1, [1], seed=0), nn.MLP(1, [1], seed=1)
    seen = []
    for _ in range(2):
        with scope("players"):
            seen.append((a([1.0]).scope, b([1.0]).scope))
    assert seen[0][0].line()[0].name == "players"
    assert seen[0][0] is not seen[0][1]
    assert [str(s) for s in seen[0]] == ["players.layers[0].neurons[0]"] * 2


def test_an_exception_inside_a_module_leaves_all_scopes():
    class Broken(nn.Module):
        def forward(self, x):
            raise KeyError("inside")

    model = nn.Sequential(nn.Linear(1, 1, seed=0), Broken())
    for _ in range(2):
        with pytest.raises(KeyError, match="inside"):
            model([1.0])
        assert state.scope is None
        assert not entered.frames


def test_a_module_that_calls_itself_is_fine():
    class Countdown(nn.Module):
        def forward(self, x, n=3):
            return self(x * 2.0, n - 1) if n else x

    y = Countdown()(Value(1.0), 3)
    assert y.data == 8.0
    assert state.scope is None


def test_unhashable_modules_work():
    @dataclass
    class Scale(nn.Module):
        factor: float

        def forward(self, x):
            return x * self.factor

    with pytest.raises(TypeError):
        hash(Scale(2.0))
    y = Scale(2.0)(Value(3.0))
    assert (y.data, y.scope.kind) == (6.0, "Scale")


def test_models_that_nobody_has_any_more_are_forgotten():
    model = nn.MLP(2, [2, 1], seed=0)
    model([1.0, 2.0])
    seen, known = weakref.ref(model), id(model)
    assert known in scoping._models
    del model
    gc.collect()
    assert seen() is None
    assert known not in scoping._models


def test_threads_get_right_numbers_and_leave_no_scope_behind():
    model = nn.MLP(2, [8, 1], seed=0)
    expected = model([1.0, 2.0]).data
    wrong = []

    def work():
        for _ in range(200):
            if model([1.0, 2.0]).data != expected:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert state.scope is None
    assert not entered.frames


def test_a_module_with_its_own_call_works_without_a_scope():
    class Micrograd(nn.Module):
        def __call__(self, x):
            return x * 2.0

    assert Micrograd()(Value(1.0)).scope is None


def test_a_model_at_the_address_of_one_that_is_gone_is_not_taken_for_it():
    with scope("here"):
        around = Value(1.0).scope
        old = nn.MLP(1, [1], seed=0)
        old([1.0])
        new = nn.Linear(1, 1, seed=0)
        around.models[id(new)] = around.models.pop(
            id(old)
        )  # as if Python had used the address again
        del old
        gc.collect()
        assert new([1.0]).scope.kind == "Linear"
