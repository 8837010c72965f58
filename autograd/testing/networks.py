"""Hypothesis strategies of small neural networks and datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._extras import require
from .strategies import constants

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from nn import Module

    Dataset = tuple[list[list[float]], list[Any]]

SMOOTH_ACTIVATIONS = ("tanh", "sigmoid", "softplus", "gelu", "silu")
KINKED_ACTIVATIONS = ("relu", "leaky_relu", "elu")


def modules(
    n_inputs: int | None = None,
    n_outputs: int = 1,
    smooth: bool = True,
    max_layers: int = 3,
    max_width: int = 4,
) -> SearchStrategy[Module]:
    """Small multi-layer perceptrons, with weights of everyday size and biases that are not 0.

    Args:
        n_inputs: how many inputs; by default one to three.
        n_outputs: how many outputs.
        smooth: whether all activations are smooth, so that gradients are wherever one looks.
        max_layers: how many layers there may be.
        max_width: how wide they may be.

    Raises:
        ImportError: if ``nn`` is not there.
    """
    st: Any = require("hypothesis.strategies", "autograd.testing's strategies")
    nn = require("nn", "modules()")
    activations = SMOOTH_ACTIVATIONS if smooth else SMOOTH_ACTIVATIONS + KINKED_ACTIVATIONS

    def perceptrons(draw: DrawFn) -> Module:
        count = n_inputs if n_inputs is not None else draw(st.integers(1, 3))
        hidden = draw(st.lists(st.integers(1, max_width), max_size=max_layers - 1))
        model: Module = nn.MLP(
            count,
            [*hidden, n_outputs],
            activation=draw(st.sampled_from(activations)),
            bias=draw(st.booleans()),
            bias_init="normal",
            seed=draw(st.integers(0, 10_000)),
        )
        return model

    found: SearchStrategy[Module] = st.composite(perceptrons)()
    return found


def datasets(
    n_inputs: int = 2,
    classes: int | None = None,
    min_rows: int = 1,
    max_rows: int = 8,
) -> SearchStrategy[Dataset]:
    """Small datasets: a list of rows of inputs, and a list of targets as long.

    Args:
        n_inputs: how many numbers a row has.
        classes: how many classes there are, for targets that are whole numbers below that; by default the
            targets are numbers to regress on.
        min_rows: the least number of rows.
        max_rows: the largest.
    """
    st: Any = require("hypothesis.strategies", "autograd.testing's strategies")
    row = st.lists(constants(), min_size=n_inputs, max_size=n_inputs)
    target = constants() if classes is None else st.integers(0, classes - 1)
    pairs = st.lists(st.tuples(row, target), min_size=min_rows, max_size=max_rows)
    found: SearchStrategy[Dataset] = pairs.map(
        lambda rows: ([list(x) for x, _ in rows], [y for _, y in rows])
    )
    return found
