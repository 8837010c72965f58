"""What losses are given: one sample or many, one output or several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import functions as ag
from autograd.operators import Operators
from autograd.reals import real
from nn._arguments import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Loss = Callable[[Any, Any], Any]


def mean(losses: Sequence[Any]) -> Any:
    if not losses:
        raise ValueError("there are no outputs to take a loss of")
    return losses[0] if len(losses) == 1 else ag.mean(losses)


def mean_over(one: Loss, output: Any, target: Any) -> Any:
    """The mean of a loss over outputs, over samples or over both."""
    output, target = plain(output), plain(target)
    if not isinstance(output, list):
        if isinstance(target, list):
            same_length(1, len(target), "outputs")
            target = target[0]
        return one(number(output, "an output"), number(target, "a target"))
    if not isinstance(target, list):
        target = [target]
    if output and is_many(output[0]):
        return over_samples(lambda o, t: mean_over(one, o, t), output, target)
    same_length(len(output), len(target), "outputs")
    losses = []
    for o, t in zip(output, target, strict=True):
        if is_many(t):  # a bare output for each sample, its target in a list of one
            losses.append(mean_over(one, o, t))
        else:
            losses.append(one(number(o, "an output"), number(t, "a target")))
    return mean(losses)


def over_samples(
    one: Loss, output: Any, target: Any, together: Callable[[list[Any]], Any] = mean
) -> Any:
    """The loss of a sample, or the mean over many.

    Args:
        one: the loss of a sample.
        output, target: of a sample or of many.
        together: what becomes of many losses.
    """
    output, target = plain(output), plain(target)
    if not isinstance(output, list):
        raise TypeError(
            "the output must be a list with a score for each class, not one number; for one logit a "
            "sample there is binary_cross_entropy_with_logits"
        )
    if not output:
        raise ValueError("there are no outputs to take a loss of")
    if not is_many(output[0]):
        if isinstance(target, list):
            target = [number(t, "a target") for t in target]
        return one([number(o, "an output") for o in output], target)
    if not isinstance(target, list) or len(target) != len(output):
        came = len(target) if isinstance(target, list) else 1
        raise ValueError(f"{len(output)} samples have outputs, and {came} have targets")
    each = [over_samples(one, o, t, together) for o, t in zip(output, target, strict=True)]
    return together(each)


def plain(x: Any) -> Any:
    """Arrays and tuples as lists, NumPy's numbers as Python's; anything else as it is."""
    if hasattr(x, "tolist"):
        return x.tolist()
    return list(x) if isinstance(x, tuple) else x


def is_many(x: Any) -> bool:
    """Whether something is a list, a tuple or an array rather than a number."""
    return isinstance(x, (list, tuple)) or getattr(x, "shape", ()) != ()


def number(x: Any, name: str) -> Any:
    """A float, Value or symbol, so that ``type(x) is float`` tells plain numbers from the others."""
    return x if type(x) is float or isinstance(x, Operators) else real(x, name)


def same_length(outputs: int, targets: int, of_what: str, others: str = "targets") -> None:
    """Refuse numbers that are not equal.

    Raises:
        ValueError: with both.
    """
    if outputs != targets:
        raise ValueError(f"{outputs} {of_what} and {targets} {others}: they must be equally many")


def brief(numbers: list[Any]) -> str:
    first = ", ".join(map(shown, numbers[:6]))
    return f"[{first}{', ...' if len(numbers) > 6 else ''}]"
