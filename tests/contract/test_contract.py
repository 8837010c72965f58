"""A compiled run equals an eager one, whatever Python state user code keeps: ``python -m tests.contract [scripts]``."""

from __future__ import annotations

import pytest

pytest.importorskip("hypothesis")

from hypothesis import given, settings

from tests.contract.scripts import scripts
from tests.contract.worlds import PLACES, Deed, Event, Script, World, differences


def compared(script: Script) -> list[str]:
    return differences(World(script).train("auto"), World(script).train(False))


@settings(max_examples=40)
@given(scripts())
def test_a_compiled_run_equals_an_eager_one(script):
    assert compared(script) == []


@pytest.mark.slow
@settings(max_examples=2000)
@given(scripts())
def test_two_thousand_compiled_runs_equal_eager_ones(script):
    assert compared(script) == []


def annealed(kind: str, batch: int | None = None) -> Script:
    """A script in which a callback changes what the loss multiplies by."""
    return Script(
        places=((kind, 0.25), ("slot", 1.0)),
        model=(),
        loss=(Deed("scale", 0),),
        events=tuple(
            Event("set", 0, number, epoch, batch) for epoch, number in ((1, 0.5), (2, 1.0))
        ),
        metric=None,
        rate="number",
        optimizer="sgd",
        dropout=False,
        held_out=101,
        batches=False,
        epochs=3,
    )


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("batch", [None, 2])
def test_an_annealed_weight_is_followed_without_training_eagerly(kind, batch, caplog):
    assert compared(annealed(kind, batch)) == []
    assert not caplog.records


def test_a_difference_would_be_found(monkeypatch):
    from nn.training.step.recorded import Recorded

    monkeypatch.setattr(Recorded, "fresh", lambda self: True)
    assert compared(annealed("slot")) != []
