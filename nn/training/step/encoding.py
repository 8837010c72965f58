"""A sample as a compiled step takes it: one row of numbers, its target's, its noise and its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.compiler.training import Recording
from autograd.structure import Structure, flatten
from nn import losses
from nn.training.steady import CannotCompile
from nn.training.weights import Weighted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Array = Any


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
        self._parts = target, noise, inputs

    def weighted(self) -> Encoding:
        """The same for targets that have a weight beside them."""
        target, noise, inputs = self._parts

        def encode(pairs: Any) -> Array:
            import numpy as np

            weights = _numbers([weight for _, weight in pairs])
            return np.concatenate([self._encode([t for t, _ in pairs]), weights], axis=1)

        pair = Structure(tuple, target.size + 1, children=(target, flatten(0.0)[1]))
        return Encoding(pair, encode, noise, inputs)

    def rows(self, X: Any, y: Any) -> Array:
        """Samples and their targets as an array (samples, numbers), with zeros for the noise."""
        import numpy as np

        return np.concatenate(
            [self._encode(y), np.zeros((len(X), self._noise)), _numbers(X)], axis=1
        )


def encodings(X: Any, y: Any, loss: losses.Loss, output: Any, noise: int) -> Iterator[Encoding]:
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

    if isinstance(loss, Weighted):
        for inner in encodings(X, [target for target, _ in y], loss.loss, output, noise):
            yield inner.weighted()
        return
    _, inputs = flatten(plain(X[0]))
    first = plain(y[0])
    listed = isinstance(output, list) and _is_whole(first)
    many = isinstance(first, list) and first and all(map(_is_whole, first))
    # A class for each of several outputs, such as those after each step of a sequence.
    several = many and isinstance(output, list) and all(isinstance(o, list) for o in output)
    if several or not listed or _takes_symbols(loss, output):
        yield Encoding(flatten(first)[1], _numbers, noise, inputs)
    if listed or several:
        classes = len(output[0]) if several else len(output)
        ignored = losses.ignored(loss)

        def one_hot(labels: Any) -> Array:
            numbers = np.asarray(labels, dtype=float)
            indices = numbers.astype(int)
            counted = indices != ignored
            indices = np.where(counted, indices, 0)
            numbers = np.where(counted, numbers, 0)
            if not ((indices == numbers) & (indices >= 0) & (indices < classes)).all():
                raise CannotCompile(f"targets must be class numbers from 0 to {classes - 1}")
            # Of no class there is no loss.
            return (np.eye(classes)[indices] * counted[..., None]).reshape(len(labels), -1)

        hot: Any = [0.0] * classes
        yield Encoding(flatten([hot] * len(first) if several else hot)[1], one_hot, noise, inputs)


def plain(x: Any) -> Any:
    """A sample or a target as numbers and lists."""
    return x.tolist() if hasattr(x, "tolist") else x


def _numbers(entries: Any) -> Array:
    """Samples as an array (samples, numbers)."""
    import numpy as np

    array = np.asarray(entries, dtype=float)
    return array.reshape(len(array), -1)


def _is_whole(target: Any) -> bool:
    """Whether a target may be the number of a class, as an int or as a float."""
    return (
        not isinstance(target, bool) and isinstance(target, int | float) and target == int(target)
    )


def _takes_symbols(loss: losses.Loss, output: Any) -> bool:
    """Whether a loss can be recorded on its own, the target being one number; that is soon found out."""
    parts = flatten(output)[1], flatten(0.0)[1]
    structure = Structure(tuple, sum(part.size for part in parts), children=parts)
    try:
        Recording(loss, structure)
    except Exception:  # noqa: BLE001 (whatever it is, the loss is then given something else)
        return False
    return True
