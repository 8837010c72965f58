"""The ways of running a program compiled, and what the engine answers to the same."""

from __future__ import annotations

import math
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd import Value, compile, dot, grad, hessian, hvp, jacobian, value_and_grad, vmap
from autograd.compiler import entry
from autograd.compiler.pipeline import Task, group
from autograd.structure import flatten
from autograd.testing.programs import Program
from autograd.testing.rounded import TINY

from .reference import Answers, Expected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

STRAIGHT, ARRAYS = "straight line", "arrays"
DIRECTION = (1.0, -0.5, 2.0, 0.25, -1.5)


class Case:
    """A function with what it is looked at with besides its inputs, all of it made from these alone.

    Args:
        function: a :class:`Program`, or another function of numbers.
        inputs: the numbers.
        name: what to call it in a report.
    """

    def __init__(
        self, function: Callable[..., Any], inputs: Sequence[float], name: str = ""
    ) -> None:
        self.function = function
        self.name = name
        self.inputs = list(inputs)
        count = len(self.inputs)
        self.direction = [DIRECTION[i % len(DIRECTION)] for i in range(count)]
        turned = self.inputs[1:] + self.inputs[:1]
        moved = [x * 1.01 if i % 2 else x * 0.97 for i, x in enumerate(self.inputs)]
        self.points = [self.inputs, turned, moved, self.inputs]
        self._answers: dict[str, Answers] = {}

    def at(self, point: Sequence[float]) -> Answers:
        """The engine's answers at a point."""
        key = repr(list(point))
        if key not in self._answers:
            self._answers[key] = Answers(self.function, point)
        return self._answers[key]

    def __call__(self, xs: Any) -> Any:
        return self.function(*xs)


Answered = tuple[Any, "list[Expected]"]
"""A compiled function's answer, of any structure, and the numbers in it by the engine."""


class Way(NamedTuple):
    """A way of running compiled."""

    name: str
    run: Callable[[Case], list[Answered]]
    paths: tuple[str, ...] = (STRAIGHT, ARRAYS)


def _value(case: Case) -> list[Answered]:
    return [(compile(case)(case.inputs), [case.at(case.inputs).value])]


def _results(case: Case) -> list[Answered]:
    """All results of a program at once, and those of several lanes."""
    program = case.function
    if not isinstance(program, Program):
        return []

    def results(xs: Any) -> Any:
        return program.results(*xs)

    expected = [case.at(point).results for point in case.points]
    found = compile(results)(case.inputs)
    return [
        (found, expected[0]),
        (compile(vmap(results))(case.points), [x for lane in expected for x in lane]),
    ]


def _jacobian(case: Case) -> list[Answered]:
    """The derivatives of a program's last results."""
    program = case.function
    if not isinstance(program, Program):
        return []
    count = min(3, len(program.steps))

    def last(xs: Any) -> Any:
        return program.results(*xs)[-count:]

    expected = []
    for left in reversed(range(count)):
        steps = program.steps[: len(program.steps) - left]
        expected += Answers(Program(case.inputs, steps), case.inputs).gradient()
    wide = len(case.inputs) >= count  # else by forward mode, which meets other infinities times 0
    return [(compile(jacobian(last))(case.inputs), expected)] if wide else []


def _both(case: Case, point: Sequence[float]) -> list[Expected]:
    answers = case.at(point)
    return [answers.value, *answers.gradient()]


def _gradient(case: Case) -> list[Answered]:
    f = compile(value_and_grad(case))
    return [(f(point), _both(case, point)) for point in case.points[:2]]


def _containers(case: Case) -> list[Answered]:
    """The inputs in an array, one by one, and in dicts, tuples and lists; the derivatives come in the same."""
    expected = _both(case, case.inputs)
    count = len(case.inputs)
    half = count // 2

    def nested(tree: Any) -> Any:
        return case([*tree["a"], *tree["b"][0], *tree["b"][1]])

    tree = {
        "a": tuple(case.inputs[:half]),
        "b": [[], np.array(case.inputs[half:])],
    }
    every = tuple(range(count))
    single = compile(value_and_grad(lambda *xs: case(xs), every))(*case.inputs)
    backwards = compile(value_and_grad(lambda *xs: case(xs), every[::-1]))(*case.inputs)
    found = compile(value_and_grad(nested))(tree)
    assert isinstance(found[1]["a"], tuple)
    assert isinstance(found[1]["b"][1], np.ndarray)
    return [
        (compile(value_and_grad(case))(np.array(case.inputs)), expected),
        (found, expected),
        (single, expected),
        (backwards, [expected[0], *expected[:0:-1]]),
    ]


def _captured(case: Case) -> list[Answered]:
    """Every second input a Value that the function captures, and that changes between two calls."""
    leaves = [Value(x) if i % 2 else None for i, x in enumerate(case.inputs)]

    def rest(xs: Any) -> Any:
        given = iter(xs)
        return case([next(given) if leaf is None else leaf for leaf in leaves])

    f = compile(value_and_grad(rest))
    found = []
    for point in case.points[:2]:
        for leaf, x in zip(leaves, point, strict=True):
            if leaf is not None:
                leaf.data = x
        both = _both(case, point)
        found.append((f(point[::2]), [both[0], *both[1::2]]))
    return found


def _plain(case: Case) -> list[Answered]:
    """Every second input a plain number that the function captures."""

    def rest(xs: Any) -> Any:
        return case([xs[i // 2] if i % 2 == 0 else x for i, x in enumerate(case.inputs)])

    both = _both(case, case.inputs)
    return [(compile(value_and_grad(rest))(case.inputs[::2]), [both[0], *both[1::2]])]


def _product(case: Case) -> list[Answered]:
    def product(xs: Any, v: Any) -> Any:
        return hvp(case, (xs,), (v,))[0]

    expected = case.at(case.inputs).product(case.direction)
    return [(compile(product)(case.inputs, case.direction), expected)]


def _twice(case: Case) -> list[Answered]:
    def slope(xs: Any, v: Any) -> Any:
        return dot(grad(case)(xs), v)

    expected = case.at(case.inputs).twice(case.direction)
    return [(compile(grad(slope))(case.inputs, case.direction), expected)]


def _hessian(case: Case) -> list[Answered]:
    if len(case.inputs) > 5:
        return []
    return [(compile(hessian(case))(case.inputs), case.at(case.inputs).hessian())]


def _lanes(case: Case) -> list[Answered]:
    expected = [_both(case, point) for point in case.points]
    values = [both[0] for both in expected]
    slopes = [x for both in expected for x in both[1:]]
    return [(compile(vmap(value_and_grad(case)))(np.array(case.points)), values + slopes)]


def _shared(case: Case) -> list[Answered]:
    """Every second input the same in all lanes."""
    lanes = [point[::2] for point in case.points]
    shared = case.inputs[1::2]
    points = []
    for lane in lanes:
        point = list(case.inputs)
        point[::2] = lane
        points.append(point)

    def mixed(xs: Any, ys: Any) -> Any:
        point = [*case.inputs]
        point[::2], point[1::2] = list(xs), list(ys)
        return case(point)

    found = compile(vmap(value_and_grad(mixed, (0, 1)), in_axes=(0, None)))(lanes, shared)
    both = [_both(case, point) for point in points]
    expected = [x[0] for x in both]
    expected += [slope for x in both for slope in x[1::2]]
    expected += [slope for x in both for slope in x[2::2]]
    return [(found, expected)]


def _lanes_captured(case: Case) -> list[Answered]:
    """Every second input a Value that the function captures, the others in a dict of columns; many lanes."""
    leaves = [Value(x) for x in case.inputs]

    def rest(tree: dict[str, Any]) -> Any:
        point: list[Any] = [*leaves]
        point[::2] = tree["first"], *tree["others"]
        return case(point)

    points = []
    for lane in case.points:
        point = list(case.inputs)
        point[::2] = lane[::2]
        points.append(point)
    columns = list(zip(*(point[::2] for point in points * 20), strict=True))
    tree = {"first": list(columns[0]), "others": tuple(map(np.array, columns[1:]))}
    values, slopes = compile(vmap(value_and_grad(rest)))(tree)
    both = [_both(case, point) for point in points] * 20
    expected = [x[0] for x in both]
    for i in range(1, len(case.inputs) + 1, 2):
        expected += [x[i] for x in both]
    return [([values, slopes["first"], *slopes["others"]], expected)]


def _lane_products(case: Case) -> list[Answered]:
    def product(xs: Any, v: Any) -> Any:
        return hvp(case, (xs,), (v,))[0]

    found = compile(vmap(product, in_axes=(0, None)))(case.points, case.direction)
    expected = [x for point in case.points for x in case.at(point).product(case.direction)]
    return [(found, expected)]


WAYS = [
    Way("value", _value),
    Way("all results", _results),
    Way("gradient", _gradient),
    Way("gradient by containers", _containers),
    Way("gradient, Values captured", _captured),
    Way("gradient, numbers captured", _plain),
    Way("Hessian-vector product", _product),
    Way("the same, reverse twice", _twice),
    Way("Hessian", _hessian),
    Way("Jacobian", _jacobian),
    Way("vmapped gradient", _lanes, (ARRAYS,)),
    Way("vmapped, inputs shared", _shared, (ARRAYS,)),
    Way("vmapped, Values captured", _lanes_captured, (ARRAYS,)),
    Way("vmapped product", _lane_products, (ARRAYS,)),
]
"""All ways."""


@contextmanager
def forced(path: str) -> Iterator[None]:
    """Everything that has no lanes runs on one path, whatever it would cost."""
    kept = entry.choose
    entry.choose = group if path == ARRAYS else _straight
    try:
        yield
    finally:
        entry.choose = kept


def _straight(graph: Any, task: Task) -> Any:
    return group(graph, task) if task.batched else None


class Disagreement(NamedTuple):
    """Two numbers that differ by more than rounding explains."""

    found: float
    expected: float
    allowed: float


class Tally:
    """How well the numbers of one way agreed."""

    def __init__(self) -> None:
        self.runs = self.numbers = self.equal = self.well = self.ill = self.unsure = 0
        self.worst = 0.0
        """The largest relative difference where the quantity is well conditioned."""
        self.apart = 0.0
        """The largest relative difference where nothing is known of what rounding can do."""
        self.share = 0.0
        """The largest share of the bound that a difference took, where it is not."""

    def compare(self, found: float, expected: Expected) -> Disagreement | None:
        """Count a number; the disagreement, if it is one."""
        self.numbers += 1
        wanted, error = expected
        if found == wanted or (found != found and wanted != wanted):
            self.equal += 1
            return None
        off = abs(found - wanted)
        if error == math.inf:
            self.unsure += 1
            self.apart = max(self.apart, off / max(abs(wanted), TINY) if off == off else math.inf)
            return None
        conditioned = 2.0 * error <= 1e-12 * abs(wanted)
        allowed = max(2.0 * error, 1e-12 * abs(wanted))
        if not off <= allowed or off == math.inf:
            return Disagreement(found, wanted, allowed)
        if conditioned:
            self.well += 1
            self.worst = max(self.worst, off / abs(wanted))
        else:
            self.ill += 1
            self.share = max(self.share, off / allowed)
        return None


def check(case: Case, way: Way, path: str, tally: Tally) -> Disagreement | Exception | None:
    """Compare a program run in one way on one path with the engine."""
    tally.runs += 1
    with forced(path), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            answered = way.run(case)
        except Exception as error:  # noqa: BLE001 (whatever it is, the engine did not raise it)
            return error
    worst: Disagreement | None = None
    for tree, expected in answered:
        numbers = [float(x) for x in flatten(tree)[0]]
        for found, wanted in zip(numbers, expected, strict=True):
            worst = tally.compare(found, wanted) or worst
    return worst
