"""The order in which a compiled step keeps the parameters: each layer's biases beside their weights.

The compiler takes a bias into the matrix product that it is added to where it lies after its row of weights, and
:class:`nn.Linear` has all its biases after all its weights, as PyTorch's has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn.modules.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def arranged(model: Callable[[Any], Any], parameters: Sequence[Any]) -> list[int]:
    """The places of some parameters in the order in which they are to be kept.

    >>> import nn
    >>> line = nn.Linear(2, 2)
    >>> arranged(line, list(line.parameters()))
    [0, 1, 4, 2, 3, 5]
    """
    followers = {}
    for module in model.modules() if isinstance(model, Module) else ():
        for rows, biases in module.rows_and_biases():
            for row, after in zip(rows, biases, strict=True):
                followers[id(row[-1])] = id(after)
    places = {id(parameter): place for place, parameter in enumerate(parameters)}
    moving = {bias for weight, bias in followers.items() if weight in places and bias in places}
    waiting = set(moving)
    order = []
    for parameter, place in places.items():
        if parameter in moving:
            continue
        order.append(place)
        bias = followers.get(parameter)
        if bias is not None and bias in waiting:  # one that layers share follows the first of them
            waiting.remove(bias)
            order.append(places[bias])
    return order
