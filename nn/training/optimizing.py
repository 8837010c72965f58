"""The optimizer of a run: one that came, or one that is made for it."""

from __future__ import annotations

import logging
import weakref
from contextlib import suppress
from typing import Any

from nn import optim


def optimizer_of(given: Any, model: Any, lr: Any) -> optim.Optimizer:
    """The optimizer of the model's parameters; one that comes as it is keeps its learning rate as yet."""
    if isinstance(given, optim.Optimizer):
        return given
    kind = optim.by_name(given) if isinstance(given, str) else given
    if not (isinstance(kind, type) and issubclass(kind, optim.Optimizer)):
        raise TypeError(f"optimizer must be a name, an optimizer or its class, not {given!r:.60}")
    if not hasattr(model, "parameters"):
        raise TypeError(
            f"model must have parameters(), and {type(model).__name__} has none; make the optimizer of "
            f"its parameters and pass that"
        )
    made = kind(model.parameters(), lr)
    _say_if_again(model, kind)
    return made


_known: dict[int, tuple[weakref.ref[Any], bool]] = {}
"""The models that were trained with optimizers that nobody else holds, by id, and whether it was said what that means."""


def _say_if_again(model: Any, kind: type[optim.Optimizer]) -> None:
    """Say, once for a model, that an optimizer made anew does not go on where the one before it was."""
    known = _known.get(id(model))
    again = known is not None and known[0]() is model
    if again and known is not None and not known[1]:
        _log.warning(
            "fit made another %s, which starts anew: at step 0, with the first order of samples; to go on training, make the "
            "optimizer yourself and pass it each time",
            kind.__name__,
        )
    key = id(model)
    with suppress(TypeError):  # of some objects there are no weak references
        _known[key] = weakref.ref(model, lambda _: _known.pop(key, None)), again


_log = logging.getLogger("nn")
