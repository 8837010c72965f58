"""Notebook 8: a branch that compiles, many points at once, a number that stays alive."""

from __future__ import annotations

from typing import Any

from autograd import TraceError, Value, compile, value_and_grad

from ..marking import WrongError, call, close, plain


def branch(answer: Any) -> str:
    """A function leaky(x), x above 0 and 0.01 x elsewhere, that can be compiled."""
    call(answer, 2.0)
    fast = compile(value_and_grad(answer))
    for x, right in ((2.0, (2.0, 1.0)), (-3.0, (-0.03, 0.01)), (5.0, (5.0, 1.0))):
        try:
            found = fast(x)
        except TraceError:
            raise WrongError(
                "It cannot be compiled: a recording has no number to decide `if` by. Compute both sides, and choose by where(condition, a, b)."
            ) from None
        except Exception as error:
            raise WrongError(f"Compiled, it raises {type(error).__name__}: {error}") from error
        if close(found, (right[0], -right[1])):
            raise WrongError(f"At {x} the value is right and the slope has the other sign.")
        if not close(plain(found)[0], right[0]):
            raise WrongError(
                f"At {x} it is {plain(found)[0]:.6g}, and {right[0]:.6g} would be right."
            )
        if not close(found, right):
            raise WrongError(
                f"At {x} its slope is {plain(found)[1]:.6g}, and {right[1]:.6g} would be right."
            )
    return "Both sides are computed, and one is taken: the price of a recording that holds for every number."


def many(answer: Any) -> str:
    """A function many(f, xs, ys) that gives f at all pairs, and calls f a few times only, however many there are."""
    calls = 0

    def f(x: Any, y: Any) -> Any:
        nonlocal calls
        calls += 1
        return x * y + y

    xs, ys = [0.5 * i for i in range(200)], [3.0 - i for i in range(200)]
    found = plain(call(answer, f, xs, ys))
    right = [x * y + y for x, y in zip(xs, ys, strict=True)]
    if not close(found, right):
        if isinstance(found, list) and len(found) != len(right):
            raise WrongError(f"For 200 pairs it gives {len(found)} numbers.")
        raise WrongError("It does not give f(x, y) for each pair.")
    if calls > 20:
        raise WrongError(
            f"Right, and f was called {calls} times for 200 pairs: a loop. vmap maps a function, and compile records it."
        )
    return "Two hundred pairs, and f was not called for each: what runs is on arrays."


def alive(answer: Any) -> str:
    """A function make() that gives a compiled function of x, a scale times x, and the scale, a Value that may change later."""
    made = call(answer)
    if not (isinstance(made, (tuple, list)) and len(made) == 2):
        raise WrongError("It is to return two things: the compiled function and the scale.")
    fast, scale = made
    if not isinstance(scale, Value):
        raise WrongError("The scale is to be a Value: a float becomes part of the recording.")
    scale.data = 2.0
    first = plain(call(fast, 3.0))
    scale.data = 10.0
    second = plain(call(fast, 3.0))
    if close([first, second], [6.0, 30.0]):
        if not hasattr(fast, "program"):
            raise WrongError("It works, and is not compiled yet: compile(...).")
        return "Captured Values are read at each call; captured floats were read once. nn.fit compiles with the weights so."
    if close(first, second):
        raise WrongError(
            f"The scale went from 2 to 10, and the function still gives {second:.6g} at 3: it captured the number, not the Value."
        )
    raise WrongError(f"With the scale 2 it gives {first:.6g} at 3, and 6 would be right.")


CHECKS = branch, many, alive
