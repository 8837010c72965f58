"""What a compiler needs: layers and losses are arithmetic alone, whatever traced numbers they get."""

from __future__ import annotations

import pytest

import nn
from autograd import Value, compile
from autograd.operators import Operators
from nn import losses


class Symbol(Operators):
    """A number yet unknown. It takes arithmetic only: anything that asks for the number fails."""

    def __init__(self, make, depth=0):
        self.make = make  # what computes it from its number
        self.depth = depth

    def _apply(self, primitive, *operands):
        def make(number):
            known = [o.make(number) if isinstance(o, Symbol) else o for o in operands]
            return primitive.forward(*[o.data if isinstance(o, Value) else o for o in known])

        return Symbol(make)

    def __bool__(self):
        raise AssertionError("a symbol's truth was asked for")

    __float__ = __int__ = __index__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__

    @property
    def data(self):
        raise AssertionError("a symbol's number was asked for")


def symbols(n):
    """Symbols for the numbers of a list to come."""
    return [Symbol(lambda numbers, i=i: numbers[i]) for i in range(n)]


MODELS = {
    "mlp": lambda: nn.MLP(3, [1, 4, 2], activation="tanh", seed=0),
    "linear": lambda: nn.Sequential(nn.Linear(3, 2, seed=0), "relu", nn.Linear(2, 2, seed=1)),
    "softmax": lambda: nn.Sequential(nn.Linear(3, 2, seed=0), nn.ELU(), nn.Softmax()),
    "leaky": lambda: nn.Sequential(nn.Layer(3, 2, seed=0), nn.Dropout(0.5), nn.LeakyReLU()).eval(),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_can_be_recorded_on_symbols_and_replayed(name):
    model = MODELS[name]()
    recorded = model(symbols(3))
    for numbers in ([0.5, -1.0, 2.0], [3.0, 0.0, -0.25]):
        expected = [v.data for v in model(numbers)]
        assert [symbol.make(numbers) for symbol in recorded] == pytest.approx(expected, rel=1e-14)


TARGETS = {
    "mse": [0.5, 2.0],
    "mae": [0.5, 2.0],
    "huber": [0.5, 2.0],
    "hinge": [1.0, -1.0],
    "binary_cross_entropy": [0.0, 0.25],
    "binary_cross_entropy_with_logits": [1.0, 0.25],
    "cross_entropy": [0.25, 0.75],
    "nll": [0.0, 1.0],
}


@pytest.mark.parametrize("name", losses.LOSSES)
def test_losses_can_be_recorded_with_targets_known_or_yet_unknown(name):
    loss, target = losses.get(name), TARGETS[name]
    outputs = [0.125, 0.75]
    expected = loss([Value(x) for x in outputs], target).data
    s = symbols(4)
    for recorded in (loss(s[:2], target), loss(s[:2], s[2:])):
        assert recorded.make(outputs + target) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("name", ["cross_entropy", "nll"])
def test_a_class_index_known_when_recording_is_looked_up(name):
    loss = losses.get(name)
    expected = loss([Value(0.5), Value(2.0)], 1).data
    assert loss(symbols(2), 1).make([0.5, 2.0]) == pytest.approx(expected, rel=1e-14)
    with pytest.raises(TypeError, match="one-hot; not by a symbol"):
        loss(symbols(2), symbols(1)[0])


def test_dropout_in_training_refuses_to_be_frozen_into_a_recording():
    kept = Value(2.0)
    for function in (nn.Dropout(0.5), lambda x: nn.Dropout(0.5)(kept) * x[0]):
        with pytest.raises(RuntimeError, match=r"Dropout.*draws anew.*model.eval\(\)"):
            compile(function)([1.0, 2.0])


def test_recording_a_layer_asks_as_many_operands_whatever_its_width(monkeypatch):
    asked = []
    apply = Value._apply
    monkeypatch.setattr(Value, "_apply", lambda *args: asked.append(args[1]) or apply(*args))

    def count(width):
        asked.clear()
        nn.Linear(width, 4)(symbols(width))
        return len(asked)

    assert count(200) == count(2)
