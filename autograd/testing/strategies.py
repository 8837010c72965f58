"""For Hypothesis: strategies of Values, programs, kinks, modules and datasets, and ``@check_gradients``."""

from __future__ import annotations

import functools
import inspect
import math
from typing import TYPE_CHECKING, Any

from autograd.table import TABLE
from autograd.value import Value

from .exact import require
from .generation import grow, row_names
from .gradcheck import gradcheck, gradgradcheck
from .kinks import kink_points
from .programs import Program, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

    from nn import Module

    Dataset = tuple[list[list[float]], list[Any]]

SMOOTH_ACTIVATIONS = ("tanh", "sigmoid", "softplus", "gelu", "silu")
KINKED_ACTIVATIONS = ("relu", "leaky_relu", "elu")


def _strategies() -> Any:
    return require("hypothesis.strategies", "autograd.testing's strategies")


def numbers(min_value: float = -1000.0, max_value: float = 1000.0) -> SearchStrategy[float]:
    """Floats of everyday size, whole and round ones often; never nan, infinite or subnormal.

    Args:
        min_value: the smallest.
        max_value: the largest.
    """
    st = _strategies()
    choices = [st.floats(min_value, max_value, allow_subnormal=False)]
    if max(min_value, -3.0) < min(max_value, 3.0):
        small = st.floats(max(min_value, -3.0), min(max_value, 3.0), allow_subnormal=False)
        choices.insert(0, small)
    if math.ceil(min_value) <= math.floor(max_value):
        whole = st.integers(math.ceil(min_value), math.floor(max_value))
        choices.insert(0, whole.map(float))
    found: SearchStrategy[float] = st.one_of(choices)
    return found


def values(
    min_value: float = -1000.0, max_value: float = 1000.0, labels: bool = False
) -> SearchStrategy[Value]:
    """Finite leaves. ``st.from_type(Value)`` draws these.

    Args:
        min_value: the smallest number.
        max_value: the largest.
        labels: whether they may have labels.

    >>> from hypothesis import given
    >>> from autograd.testing import values
    >>> @given(values())
    ... def doubling_doubles(x):
    ...     assert (2 * x).data == 2 * x.data
    >>> doubling_doubles()
    """
    st = _strategies()
    names = st.sampled_from(["", "x", "loss", "w[0]"]) if labels else st.just("")
    found: SearchStrategy[Value] = st.builds(Value, numbers(min_value, max_value), names)
    return found


class _DrawChooser:
    """Choices that Hypothesis makes, and shrinks."""

    def __init__(self, draw: DrawFn) -> None:
        st = _strategies()
        self._draw, self._boolean, self._number = draw, st.booleans(), constants()
        self._integers = st.integers

    def boolean(self) -> bool:
        chosen: bool = self._draw(self._boolean)
        return chosen

    def index(self, count: int) -> int:
        chosen: int = self._draw(self._integers(0, count - 1))
        return chosen

    def number(self) -> float:
        chosen: float = self._draw(self._number)
        return chosen


def constants() -> SearchStrategy[float]:
    """Numbers for programs: of moderate size, in steps of 1/16 so that they read well, or any."""
    st = _strategies()
    tidy = st.integers(-48, 48).map(lambda n: n / 16.0)
    loose = st.floats(-20.0, 20.0, allow_subnormal=False)
    found: SearchStrategy[float] = st.one_of(tidy, loose)
    return found


def expressions(
    n_inputs: int | None = None,
    ops: Collection[Any] | None = None,
    max_nodes: int = 20,
    smooth: bool = True,
) -> SearchStrategy[Program]:
    """Programs: functions of a few inputs, together with a point at which to look at them.

    A :class:`Program` is callable on Values, numbers and lists of either's kind; ``program.inputs`` is the point,
    ``program.record()`` its graph there, and ``print(program.source())`` prints it as Python. Shared nodes,
    operands used twice and constants all occur. Shrinking drops lines and makes numbers round.

    Args:
        n_inputs: how many inputs; by default one to three.
        ops: which primitives, by name or as functions; all by default.
        max_nodes: how many nodes there may be, inputs included.
        smooth: whether each program must be smooth in a neighbourhood of its point: no kink, pole or edge of a
            domain comes nearer than a margin while the inputs move by an eighth of themselves. It holds by
            construction: nothing is drawn and rejected.

    Raises:
        ValueError: if an op is not a primitive, or the numbers do not fit together.
    """
    st = _strategies()
    names = row_names(ops, smooth)
    if n_inputs is not None and n_inputs < 1:
        raise ValueError(f"n_inputs must be at least 1, not {n_inputs}")
    if max_nodes < (n_inputs or 1) + 1:
        raise ValueError(f"max_nodes={max_nodes} leaves no room for an operation")
    most = n_inputs if n_inputs is not None else min(3, max_nodes - 1)

    def programs(draw: DrawFn) -> Program:
        count = n_inputs if n_inputs is not None else draw(st.integers(1, most))
        inputs = [draw(constants()) for _ in range(count)]
        return grow(_DrawChooser(draw), inputs, names, max_nodes, smooth)

    found: SearchStrategy[Program] = st.composite(programs)()
    return found


def kinks(ops: Collection[Any] | None = None) -> SearchStrategy[Program]:
    """Programs that stand exactly at a kink, a tie or a jump of one operation, with smooth ones after it.

    Args:
        ops: which primitives' kinks; by default those of all that have any.

    Raises:
        ValueError: if an op is not a primitive, or has no kinks.
    """
    st = _strategies()
    points = {name: kink_points(TABLE[name]) for name in row_names(ops, smooth=False)}
    if ops is not None:
        for name, found in points.items():
            if not found:
                raise ValueError(f"ops: {name!r} has no kinks")
    pairs = [(name, point) for name, found in points.items() for point in found]

    def programs(draw: DrawFn) -> Program:
        name, point = draw(st.sampled_from(pairs))
        operands: list[Any] = []
        inputs: list[float] = []
        for place, x in enumerate(point):
            constant = place > 0 and draw(st.booleans())
            operands.append(x if constant else len(inputs))
            if not constant:
                inputs.append(x)
        first = Step(name, tuple(operands))
        kinked = len(inputs)
        # An affine function of the kink, so that what comes after neither hides nor adds one.
        steps = [first]
        if draw(st.booleans()):
            steps.append(Step("mul", (kinked, draw(st.sampled_from([2.0, -1.0, 0.5, -3.0])))))
            if draw(st.booleans()):
                steps.append(Step("add", (kinked + 1, 0)))
        return Program(inputs, steps)

    made: SearchStrategy[Program] = st.composite(programs)()
    return made


def modules(
    n_inputs: int | None = None,
    n_outputs: int = 1,
    smooth: bool = True,
    max_layers: int = 3,
    max_width: int = 4,
) -> SearchStrategy[Module]:
    """Small multi-layer perceptrons, with weights of everyday size and biases that are not 0.

    Args:
        n_inputs: how many inputs; by default one to three.
        n_outputs: how many outputs.
        smooth: whether all activations are smooth, so that gradients are wherever one looks.
        max_layers: how many layers there may be.
        max_width: how wide they may be.

    Raises:
        ImportError: if ``nn`` is not there.

    >>> from hypothesis import given, settings
    >>> from autograd.testing import modules
    >>> @settings(max_examples=10)
    ... @given(modules())
    ... def nets_have_parameters(net):
    ...     assert net.parameters()
    >>> nets_have_parameters()
    """
    st = _strategies()
    nn = require("nn", "modules()")
    activations = SMOOTH_ACTIVATIONS if smooth else SMOOTH_ACTIVATIONS + KINKED_ACTIVATIONS

    def perceptrons(draw: DrawFn) -> Module:
        count = n_inputs if n_inputs is not None else draw(st.integers(1, 3))
        hidden = draw(st.lists(st.integers(1, max_width), max_size=max_layers - 1))
        model: Module = nn.MLP(
            count,
            [*hidden, n_outputs],
            activation=draw(st.sampled_from(activations)),
            bias=draw(st.booleans()),
            bias_init="normal",
            seed=draw(st.integers(0, 10_000)),
        )
        return model

    found: SearchStrategy[Module] = st.composite(perceptrons)()
    return found


def datasets(
    n_inputs: int = 2,
    classes: int | None = None,
    min_rows: int = 1,
    max_rows: int = 8,
) -> SearchStrategy[Dataset]:
    """Small datasets: a list of rows of inputs, and a list of targets as long.

    Args:
        n_inputs: how many numbers a row has.
        classes: how many classes there are, for targets that are whole numbers below that; by default the
            targets are numbers to regress on.
        min_rows: the least number of rows.
        max_rows: the largest.

    >>> from hypothesis import given, settings
    >>> from autograd.testing import datasets
    >>> @settings(max_examples=10)
    ... @given(datasets())
    ... def rows_have_targets(dataset):
    ...     X, y = dataset
    ...     assert len(X) == len(y)
    >>> rows_have_targets()
    """
    st = _strategies()
    row = st.lists(constants(), min_size=n_inputs, max_size=n_inputs)
    target = constants() if classes is None else st.integers(0, classes - 1)
    pairs = st.lists(st.tuples(row, target), min_size=min_rows, max_size=max_rows)
    found: SearchStrategy[Dataset] = pairs.map(
        lambda rows: ([list(x) for x, _ in rows], [y for _, y in rows])
    )
    return found


def check_gradients(
    *, order: int = 1, parameters: Sequence[Value] = (), **strategies: SearchStrategy[Any]
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Turn a function of Values into a Hypothesis test that checks its gradients wherever it is drawn.

    What the strategies draw goes to the function by name, and is checked as in :func:`gradcheck`: numbers,
    Values, and containers of them. The test fails with the report of the simplest failing example. The
    function must return Values. It may be a method, and what it takes besides (fixtures) it gets as it comes.

    An exact check takes a hundred times as long as the function, and Hypothesis fails an example that takes over
    200 ms: put ``@hypothesis.settings(deadline=None)`` above, or a profile, where the function is large.

    Args:
        order: 1 for first derivatives, 2 for second ones too.
        parameters: leaf Values that the function uses without being given them.
        strategies: one for each of the function's arguments that is to be drawn.

    Raises:
        ImportError: if Hypothesis is not installed.
        ValueError: if the order is neither 1 nor 2, or there is no strategy.

    >>> from hypothesis import strategies as st
    >>> from autograd import tanh
    >>> @check_gradients(x=st.floats(-3, 3), y=st.floats(-3, 3))
    ... def test_my_loss(x, y):
    ...     return (tanh(x) - y) ** 2
    >>> test_my_loss()
    """
    hypothesis = require("hypothesis", "@check_gradients")
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, not {order}")
    if not strategies:
        raise ValueError("check_gradients needs a strategy for each argument of the function")
    check = gradcheck if order == 1 else gradgradcheck

    names = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in strategies]

    def decorate(function: Callable[..., Any]) -> Callable[..., None]:
        # What Hypothesis calls must have no arguments but those it draws and those it is to hand on;
        # functools.wraps would give the function's own signature, which is just those.
        @functools.wraps(function)
        def test(*instance: Any, **named: Any) -> None:
            drawn = [named.pop(name) for name in strategies]

            def of_drawn(*args: Any) -> Any:
                return function(*instance, **dict(zip(strategies, args, strict=True)), **named)

            functools.update_wrapper(of_drawn, function)
            of_drawn.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]
            check(of_drawn, *drawn, parameters=parameters, raise_on_failure=True)

        tested: Callable[..., None] = hypothesis.given(**strategies)(test)
        return tested

    return decorate
