"""``@check_gradients``: a property-based test of a function's gradients in one line."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from ._extras import require
from .gradcheck import gradcheck, gradgradcheck

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hypothesis.strategies import SearchStrategy

    from autograd.value import Value


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
