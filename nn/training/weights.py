"""How much each sample counts: weights beside the targets, and the loss that takes both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn._arguments import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nn.losses import Loss


class Weighted:
    """A loss of an output and a pair, a target and its weight: the loss of the target times the weight."""

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    def __call__(self, output: Any, pair: Any) -> Any:
        target, weight = pair
        return weight * self.loss(output, target)


def weights_of(
    targets: Sequence[Any], sample_weight: Any, class_weight: Any, names: Sequence[str] | None
) -> list[float] | None:
    """The weight of each sample, or None if all count alike.

    Args:
        targets: plain numbers.
        sample_weight, class_weight: as for :func:`nn.fit`.
        names: of the classes, where targets came as names.

    Raises:
        TypeError, ValueError: if there is no weight for a sample, or a weight is no number from 0.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights = [1.0] * len(targets)
    if sample_weight is not None:
        given = sample_weight.tolist() if hasattr(sample_weight, "tolist") else list(sample_weight)
        if len(given) != len(targets):
            raise ValueError(
                f"sample_weight has {len(given)} weights, and there are {len(targets)} samples"
            )
        weights = [number(f"sample_weight[{i}]", w, 0.0) for i, w in enumerate(given)]
    if class_weight is not None:
        known = _by_class(targets, class_weight, names)
        weights = [w * known[target] for w, target in zip(weights, targets, strict=True)]
    return weights


def _by_class(
    targets: Sequence[Any], given: Any, names: Sequence[str] | None
) -> Mapping[Any, float]:
    if any(isinstance(target, list) for target in targets):
        raise TypeError("class_weight needs a class for each sample, and targets are lists")
    there = set(targets)
    if given == "balanced":
        return {label: len(targets) / (len(there) * targets.count(label)) for label in there}
    if not hasattr(given, "items"):
        raise TypeError(
            f"class_weight must be a dict of weights by class, or 'balanced', not {given!r:.60}"
        )
    found = {}
    for label in there:
        shown = label if names is None else names[label]
        if shown not in given:
            raise ValueError(f"class_weight has no weight for class {shown!r:.40}")
        found[label] = number(f"class_weight[{shown!r}]", given[shown], 0.0)
    return found
