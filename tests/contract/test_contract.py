"""A compiled run equals an eager one, whatever Python state user code keeps: ``python -m tests.contract [scripts]``."""

from __future__ import annotations

import pytest

pytest.importorskip("hypothesis")

from hypothesis import given, settings

from nn.training import steady
from nn.training.reach import Photograph
from nn.training.step.recorded import Recorded
from tests.contract.scripts import scripts
from tests.contract.worlds import (
    MEDDLINGS,
    PLACES,
    Deed,
    Event,
    Script,
    World,
    differences,
)


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


def meddled(kind: str) -> Script:
    """A script in which the loss does something that a recording does not show."""
    return annealed("slot")._replace(loss=(Deed(kind, 1),), events=(), held_out=0)


@pytest.mark.parametrize("kind", MEDDLINGS)
def test_what_a_recording_does_not_show_is_trained_eagerly(kind, caplog):
    assert compared(meddled(kind)) == []
    assert "training eagerly, for the step cannot be compiled" in caplog.text


@pytest.mark.parametrize(
    ("place", "name", "replacement", "script"),
    [
        (Recorded, "fresh", lambda self: True, annealed("slot")),
        (Photograph, "changed", lambda self: False, annealed("cell")),
        (steady, "_refuse_changes", lambda *args: None, meddled("write")),
        (steady, "_is_again", lambda *args: True, meddled("data")),
        (Recorded, "write_values", lambda self: self.program.write(), annealed("slot", 2)),
    ],
)
def test_a_difference_would_be_found(place, name, replacement, script, monkeypatch):
    assert compared(script) == []
    monkeypatch.setattr(place, name, replacement)
    assert compared(script) != []
