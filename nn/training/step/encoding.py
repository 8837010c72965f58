"""A sample as a compiled step takes it: one row of numbers, its target's, its noise and its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import TraceError
from autograd.compiler.recording import Recorder
from autograd.compiler.stages import tracing
from autograd.structure import Structure, flatten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nn.losses import Loss

    Array = Any

UNRECORDABLE = (TraceError, TypeError, ValueError, RuntimeError, IndexError, KeyError)
"""What a function raises that cannot be called on symbols."""


class Encoding:
    """How samples become rows.

    Args:
        target: the structure in which the loss is given a target.
        encode: makes an array (samples, numbers) of targets.
        noise: how many numbers the model draws for a sample.
        inputs: the structure of a sample.

    Attributes:
        structure: of a row: the target, the noise, the inputs.
        noisy: where in a row the noise is.
    """

    def __init__(
        self, target: Structure, encode: Callable[[Any], Array], noise: int, inputs: Structure
    ) -> None:
        _, drawn = flatten([0.0] * noise)
        parts = target, drawn, inputs  # the inputs last, so that there may be a 1 after them
        self.structure = Structure(tuple, sum(part.size for part in parts), children=parts)
        self.noisy = slice(target.size, target.size + noise)
        self._encode = encode
        self._noise = noise

    def rows(self, X: Any, y: Any) -> Array:
        """Samples and their targets as an array (samples, numbers), with zeros for the noise."""
        import numpy as np

        return np.concatenate(
            [self._encode(y), np.zeros((len(X), self._noise)), _numbers(X)], axis=1
        )


def encodings(X: Any, y: Any, loss: Loss, output: Any, noise: int) -> Iterator[Encoding]:
    """Ways to hand samples over, the best first.

    Numbers as numbers first. A loss that wants a class's index cannot be given a symbol; if it takes
    probabilities too, as cross-entropy does, the class is recorded one-hot.

    Args:
        X, y: the samples and their targets.
        loss: what takes the targets.
        output: the model's output for the first sample.
        noise: how many numbers the model draws for a sample.
    """
    import numpy as np

    _, inputs = flatten(plain(X[0]))
    first = plain(y[0])
    listed = isinstance(output, list) and isinstance(first, int) and not isinstance(first, bool)
    if not listed or _takes_symbols(loss, output):
        yield Encoding(flatten(first)[1], _numbers, noise, inputs)
    if listed:
        classes = len(output)

        def one_hot(labels: Any) -> Array:
            return np.eye(classes)[np.asarray(labels, dtype=int)]

        yield Encoding(flatten([0.0] * classes)[1], one_hot, noise, inputs)


def plain(x: Any) -> Any:
    """A sample or a target as numbers and lists."""
    return x.tolist() if hasattr(x, "tolist") else x


def _numbers(entries: Any) -> Array:
    """Samples as an array (samples, numbers)."""
    import numpy as np

    array = np.asarray(entries, dtype=float)
    return array.reshape(len(array), -1)


def _takes_symbols(loss: Loss, output: Any) -> bool:
    """Whether a loss can be recorded on its own, the target being one number; that is soon found out."""
    recorder = Recorder()
    try:
        with tracing(recorder):
            structure = flatten(output)[1]
            symbols = [recorder.argument() for _ in range(structure.size)]
            loss(structure.unflatten(symbols), recorder.argument())
    except UNRECORDABLE:
        return False
    return True
