"""Learning-rate schedules: plain functions of the count of steps taken so far, 0 at the first step.

Any function will do, so micrograd's is ``lr=lambda k: 1.0 - 0.9 * k / 100``. The functions here make the
usual ones. Rates are per step of the optimizer (a mini-batch), not per epoch.

>>> from autograd import Value
>>> from nn import optim
>>> optimizer = optim.SGD([Value(1.0)], lr=optim.schedules.cosine(0.1, steps=100))
>>> optimizer.lr
0.1
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from nn._arguments import count, number

if TYPE_CHECKING:
    from collections.abc import Callable

    Schedule = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """The same rate at every step.

    >>> constant(0.1)(1000)
    0.1
    """
    return partial(_constant, number("lr", lr, 0.0))


def step_decay(lr: float, every: int, factor: float = 0.1) -> Schedule:
    """Multiply by factor after every so many steps.

    >>> [step_decay(1.0, every=10, factor=0.5)(k) for k in (0, 9, 10, 25)]
    [1.0, 1.0, 0.5, 0.25]
    """
    start, every, factor = (
        number("lr", lr, 0.0),
        count("every", every),
        number("factor", factor, 0.0),
    )
    return partial(_step_decay, start, every, factor)


def exponential(lr: float, gamma: float) -> Schedule:
    """``lr * gamma**step``.

    >>> exponential(1.0, gamma=0.5)(3)
    0.125
    """
    return partial(_exponential, number("lr", lr, 0.0), number("gamma", gamma, 0.0))


def linear(lr: float, steps: int, final: float = 0.0) -> Schedule:
    """A straight line from lr at step 0 to final at the given step, and final from there on.

    micrograd's rate, ``1.0 - 0.9 * k / 100``, is ``linear(1.0, 100, final=0.1)``.

    >>> [linear(1.0, 100, final=0.1)(k) for k in (0, 50, 100, 500)]
    [1.0, 0.55, 0.1, 0.1]
    """
    start, steps, end = number("lr", lr, 0.0), count("steps", steps), number("final", final, 0.0)
    return partial(_linear, start, steps, end)


def cosine(lr: float, steps: int, final: float = 0.0) -> Schedule:
    """Half a cosine from lr at step 0 down to final at the given step (Loshchilov and Hutter 2017).

    >>> [round(cosine(1.0, 100)(k), 6) for k in (0, 50, 100, 500)]
    [1.0, 0.5, 0.0, 0.0]
    """
    start, steps, end = number("lr", lr, 0.0), count("steps", steps), number("final", final, 0.0)
    return partial(_cosine, start, steps, end)


def warmup(steps: int, then: float | Schedule) -> Schedule:
    """Rise in a straight line for so many steps to the first rate of another schedule, then follow that.

    Args:
        steps: how many steps the rise takes; the first of them is not 0 but one part in steps.
        then: a rate, or a schedule, whose step 0 is the first after the rise.

    >>> schedule = warmup(4, then=cosine(1.0, 100))
    >>> [round(schedule(k), 6) for k in (0, 1, 2, 3, 4, 54)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 0.5]
    """
    steps = count("steps", steps)
    return partial(_warmup, steps, then if callable(then) else constant(then))


# --- the rates at a step: functions with a name, so that optimizers can be pickled -------------


def _constant(lr: float, step: int) -> float:
    del step
    return lr


def _step_decay(lr: float, every: int, factor: float, step: int) -> float:
    return lr * factor ** (step // every)


def _exponential(lr: float, gamma: float, step: int) -> float:
    return lr * gamma**step


def _linear(start: float, steps: int, end: float, step: int) -> float:
    return start + (end - start) * step / steps if step < steps else end


def _cosine(start: float, steps: int, end: float, step: int) -> float:
    if step >= steps:
        return end
    return end + (start - end) * (1.0 + math.cos(math.pi * step / steps)) / 2.0


def _warmup(steps: int, then: Schedule, step: int) -> float:
    return then(0) * (step + 1) / steps if step < steps else then(step - steps)
