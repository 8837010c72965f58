"""Initialisers: how a layer's numbers are drawn before training.

An initialiser is a function of a random generator and of the numbers of inputs (fan-in) and of outputs
(fan-out) of the layer, and returns one number. By name or as a function it goes to a layer's ``init=``.

>>> import random
>>> he_uniform(random.Random(0), fan_in=6, fan_out=3)
0.6888437030500962
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

from ._arguments import named, seeded

if TYPE_CHECKING:
    from collections.abc import Callable

    Initializer = Callable[[Any, int, int], float]


def generator(seed: int | None = None, rng: Any = None) -> Any:
    """The random generator that layers draw from.

    Args:
        seed: gives a generator of its own, ``random.Random(seed)``; a whole number from 0.
        rng: a generator: a ``random.Random``, the module :mod:`random`, a ``numpy.random.Generator``.
            With neither, it is Python's global one, as in micrograd, to be seeded by ``random.seed``.

    Raises:
        ValueError: if both are given, or the seed is below 0.
        TypeError: if rng is no generator, or the seed no whole number.

    >>> import nn
    >>> nn.init.generator(0).random() == nn.init.generator(0).random()
    True
    """
    if seed is not None and rng is not None:
        raise ValueError("give seed= or rng=, not both")
    if seed is not None:
        return seeded(seed)
    if rng is not None and not (hasattr(rng, "uniform") and hasattr(rng, "random")):
        raise TypeError(f"rng must be a random generator such as random.Random(0), not {rng!r:.60}")
    return random if rng is None else rng


def uniform(low: float, high: float) -> Initializer:
    """Numbers spread evenly between two bounds.

    >>> import random
    >>> uniform(-0.1, 0.1)(random.Random(0), 2, 1)
    0.0688...
    """

    def draw(rng: Any, fan_in: int, fan_out: int) -> float:
        return float(rng.uniform(low, high))

    return draw


def normal(std: float = 1.0, mean: float = 0.0) -> Initializer:
    """Numbers from the normal distribution.

    >>> import random
    >>> normal(std=0.01)(random.Random(0), 2, 1)
    0.0094...
    """

    def draw(rng: Any, fan_in: int, fan_out: int) -> float:
        return _gauss(rng, mean, std)

    return draw


def constant(number: float) -> Initializer:
    """The same number everywhere.

    >>> import random
    >>> constant(0.5)(random.Random(0), 2, 1)
    0.5
    """

    def draw(rng: Any, fan_in: int, fan_out: int) -> float:
        return float(number)

    return draw


def _gauss(rng: Any, mean: float, std: float) -> float:
    gauss = rng.gauss if hasattr(rng, "gauss") else rng.normal  # NumPy's name is normal
    return float(gauss(mean, std))


def _uniform(rng: Any, variance: float) -> float:
    bound = math.sqrt(3.0 * variance)
    return float(rng.uniform(-bound, bound))


def _normal(rng: Any, variance: float) -> float:
    return _gauss(rng, 0.0, math.sqrt(variance))


def xavier_uniform(rng: Any, fan_in: int, fan_out: int) -> float:
    """Evenly spread, with variance ``2.0 / (fan_in + fan_out)``.

    Glorot and Bengio 2010: variances stay level forwards and backwards, on average; for tanh.

    >>> import random
    >>> xavier_uniform(random.Random(0), fan_in=6, fan_out=3)
    0.562438...
    """
    return _uniform(rng, 2.0 / (fan_in + fan_out))


def xavier_normal(rng: Any, fan_in: int, fan_out: int) -> float:
    """From the normal distribution, with variance ``2.0 / (fan_in + fan_out)``.

    Glorot and Bengio 2010: variances stay level forwards and backwards, on average; for tanh.

    >>> import random
    >>> xavier_normal(random.Random(0), fan_in=6, fan_out=3)
    0.443928...
    """
    return _normal(rng, 2.0 / (fan_in + fan_out))


def he_uniform(rng: Any, fan_in: int, fan_out: int) -> float:
    """Evenly spread, with variance ``2.0 / fan_in``.

    He et al. 2015: it makes up for the half that relu cuts off.

    >>> import random
    >>> he_uniform(random.Random(0), fan_in=6, fan_out=3)
    0.688843...
    """
    return _uniform(rng, 2.0 / fan_in)


def he_normal(rng: Any, fan_in: int, fan_out: int) -> float:
    """From the normal distribution, with variance ``2.0 / fan_in``.

    He et al. 2015: it makes up for the half that relu cuts off.

    >>> import random
    >>> he_normal(random.Random(0), fan_in=6, fan_out=3)
    0.543699...
    """
    return _normal(rng, 2.0 / fan_in)


def lecun_uniform(rng: Any, fan_in: int, fan_out: int) -> float:
    """Evenly spread, with variance ``1.0 / fan_in``.

    LeCun et al. 1998: the variance stays level forwards.

    >>> import random
    >>> lecun_uniform(random.Random(0), fan_in=6, fan_out=3)
    0.487086...
    """
    return _uniform(rng, 1.0 / fan_in)


def lecun_normal(rng: Any, fan_in: int, fan_out: int) -> float:
    """From the normal distribution, with variance ``1.0 / fan_in``.

    LeCun et al. 1998: the variance stays level forwards.

    >>> import random
    >>> lecun_normal(random.Random(0), fan_in=6, fan_out=3)
    0.384453...
    """
    return _normal(rng, 1.0 / fan_in)


INITIALIZERS: dict[str, Initializer] = {
    "uniform": uniform(-1.0, 1.0),  # micrograd's
    "normal": normal(),
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "lecun_uniform": lecun_uniform,
    "lecun_normal": lecun_normal,
    "zeros": constant(0.0),
    "ones": constant(1.0),
}


def get(init: str | float | Initializer) -> Initializer:
    """An initialiser by name; a number stands for that constant; a function is returned as it is.

    Raises:
        ValueError: if there is none of that name; the message lists those there are.
        TypeError: if it is none of these.

    >>> import nn
    >>> nn.init.get("xavier_uniform") is nn.init.xavier_uniform
    True
    """
    if isinstance(init, (int, float)):
        return constant(init)
    if not isinstance(init, str) and not callable(init):
        raise TypeError(f"init must be a name, a number or a function, not {init!r:.60}")
    return named("init", init, INITIALIZERS, what="initialiser")
