"""How often gradient checkers cry wolf, and how small an error they find.

    python -m benchmarks.gradcheck_accuracy [cases] [seed]

Random smooth functions, half of them benign (a few operations on numbers around 1), half nasty (up to 30
operations on numbers from 1e-4 to 1e4). Each checker is shown the right derivative, and the right one times
1 + e. A FAIL on the right one is a false alarm. A wrong one counts as found only where the checker says FAIL:
where it declines to decide, it has not found it.

Left out, and counted, are cases whose derivative floats do not determine: where rounding may have changed
more than a thousandth of it, a right derivative and a wrong one cannot be told apart.

Every checker gets the same function of one float and the same derivative. PyTorch's and JAX's are their own
code with their own defaults; they are left out where they are not installed.
"""

from __future__ import annotations

import math
import random
import sys
import time
import warnings
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.testing.dual_numbers import tangent
from autograd.testing.entries import DECISIVE, ULPS, backward_of, decide
from autograd.testing.finite_differences import derivative
from autograd.testing.generation import grow, row_names
from autograd.testing.replay import Replay
from autograd.testing.report import Verdict
from autograd.testing.running_error import Bound, backward, value_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.testing.programs import Program

ERRORS = (0.0, 1e-2, 1e-4, 1e-6)


class Case(NamedTuple):
    """A function of one float, and its derivative at a point."""

    program: Program
    place: int
    """Which input varies."""
    derivative: float
    bound: Bound

    @property
    def x(self) -> float:
        """The point."""
        return self.program.inputs[self.place]

    def at(self, x: float) -> list[float]:
        """The inputs with another number in the varying place."""
        inputs = list(self.program.inputs)
        inputs[self.place] = x
        return inputs

    def __call__(self, x: float) -> float:
        return float(self.program(*self.at(x)))


class RandomChooser:
    """Choices of a seeded random generator.

    Args:
        generator: a ``random.Random``.
        more: how likely the answer yes is.
        largest: the largest magnitude of a number.
        smallest: the smallest; magnitudes are spread evenly over the orders between.
    """

    def __init__(
        self,
        generator: random.Random,
        more: float = 0.8,
        largest: float = 3.0,
        smallest: float = 0.1,
    ) -> None:
        self._generator, self._more = generator, more
        self._low, self._high = math.log(smallest), math.log(largest)

    def boolean(self) -> bool:
        return self._generator.random() < self._more

    def index(self, count: int) -> int:
        return self._generator.randrange(count)

    def number(self) -> float:
        size = math.exp(self._generator.uniform(self._low, self._high))
        return size if self._generator.random() < 0.5 else -size


def cases(count: int, seed: int) -> tuple[list[Case], int]:
    """Functions with a derivative other than 0, every other one nasty; and how many were left out."""
    generator = random.Random(seed)
    ops = row_names(None, smooth=True)
    found: list[Case] = []
    left_out = 0
    while len(found) < count:
        nasty = len(found) % 2 == 1
        chooser = (
            RandomChooser(generator, more=0.93, largest=1e4, smallest=1e-4)
            if nasty
            else RandomChooser(generator, more=0.8, largest=3.0, smallest=0.1)
        )
        inputs = [chooser.number() for _ in range(generator.randrange(1, 4))]
        program = grow(chooser, inputs, ops, 30 if nasty else 10)
        root, leaves = program.record()
        gradients = backward_of(root, leaves)
        places = [i for i, g in enumerate(gradients) if abs(g) > 1e-250]
        if not places:
            continue
        place = generator.choice(places)
        bound = backward(root)[leaves[place]]
        if not bound.error <= DECISIVE * abs(gradients[place]):
            left_out += 1
            continue
        found.append(Case(program, place, gradients[place], bound))
    return found, left_out


# A checker prepares a case, and then answers for a derivative: True passes, False fails, None is undecided.


def _answer(verdict: Verdict) -> bool | None:
    return None if verdict is Verdict.INCONCLUSIVE else verdict is Verdict.PASS


def replay(case: Case) -> Callable[[float], bool | None]:
    """Checker B."""
    root, leaves = case.program.record()
    known = Replay(root).slopes(leaves[case.place], case.bound.error)
    return lambda g: _answer(decide(g, known, case.bound, 0, root.data)[0])


def ladder(case: Case) -> Callable[[float], bool | None]:
    """Checker A, with the running error of the recorded function; and its graph, where rounding drowns that."""
    errors: dict[float, float] = {}

    def f(x: float) -> float:
        program = case.program
        root, _ = type(program)(case.at(x), program.steps).record()
        errors[x] = value_error(root)
        return root.data

    root, leaves = case.program.record()
    known = derivative(f, case.x, errors.__getitem__)
    told_by_graph = cache(lambda: tangent(root, leaves[case.place], case.bound.error) or known)

    def answer(g: float) -> bool | None:
        found = _answer(decide(g, known, case.bound)[0])
        return found if found is not None else _answer(decide(g, told_by_graph(), case.bound)[0])

    return answer


def opaque_ladder(case: Case) -> Callable[[float], bool | None]:
    """Checker A on a function of floats that nothing is known about."""
    known = derivative(case.__call__, case.x)
    return lambda g: _answer(decide(g, known, Bound(ULPS * abs(g), abs(g)))[0])


def pytorch() -> Callable[[Case], Callable[[float], bool | None]] | None:
    """``torch.autograd.gradcheck`` with its defaults."""
    try:
        import torch
    except ImportError:
        return None
    warnings.simplefilter("ignore")

    def prepare(case: Case) -> Callable[[float], bool | None]:
        def answer(g: float) -> bool:
            class Function(torch.autograd.Function):  # type: ignore[misc,unused-ignore]
                @staticmethod
                def forward(ctx: Any, x: Any) -> Any:
                    return x.new_tensor(case(float(x)))

                @staticmethod
                def backward(ctx: Any, *cotangents: Any) -> Any:
                    return cotangents[0] * g

            point = torch.tensor(case.x, dtype=torch.float64, requires_grad=True)
            return bool(torch.autograd.gradcheck(Function.apply, point, raise_exception=False))

        return answer

    return prepare


def jax() -> Callable[[Case], Callable[[float], bool | None]] | None:
    """The reverse-mode half of ``jax.test_util.check_grads`` with its defaults for float64."""
    try:
        import jax as library
        import numpy as np
        from jax.test_util import check_vjp
    except ImportError:
        return None
    library.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call,unused-ignore]

    def prepare(case: Case) -> Callable[[float], bool | None]:
        def f(x: Any) -> Any:
            return np.float64(case(float(x)))

        def answer(g: float) -> bool:
            def f_vjp(x: Any) -> tuple[Any, Any]:
                return f(x), lambda cotangent: (np.float64(cotangent * g),)

            try:
                check_vjp(f, f_vjp, (np.float64(case.x),))  # type: ignore[no-untyped-call,unused-ignore]
            except AssertionError:
                return False
            return True

        return answer

    return prepare


def main(count: int = 5000, seed: int = 1) -> None:
    """Print the table."""
    checkers = {
        "ladder (A)": ladder,
        "ladder, opaque function": opaque_ladder,
        "replay (B)": replay,
        "PyTorch gradcheck": pytorch(),
        "JAX check_grads": jax(),
    }
    drawn, left_out = cases(count, seed)
    print(f"{count} smooth random cases, half of them nasty; seed {seed}")
    print(f"({left_out} more left out, whose derivative rounding drowns)\n")
    print("| method | false alarms | undecided | finds e=1e-2 | 1e-4 | 1e-6 | ms a case |")
    print("|---|---|---|---|---|---|---|")
    for name, checker in checkers.items():
        if checker is None:
            print(f"| {name} | not installed |")
            continue
        fails: Counter[float] = Counter()
        undecided = 0
        start = time.perf_counter()
        for case in drawn:
            answer = checker(case)
            for e in ERRORS:
                verdict = answer(case.derivative * (1.0 + e))
                fails[e] += verdict is False
                undecided += e == 0.0 and verdict is None
        milliseconds = 1e3 * (time.perf_counter() - start) / count
        cells = [fails[0.0], undecided, *(fails[e] for e in ERRORS[1:])]
        shown = " | ".join(f"{100 * cell / count:.2f}%" for cell in cells)
        print(f"| {name} | {shown} | {milliseconds:.1f} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
