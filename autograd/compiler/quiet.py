"""Array code without NumPy's floating-point warnings, at next to no cost a call."""

from __future__ import annotations

from contextvars import Context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def quiet() -> Callable[..., Any]:
    """What calls a function, with its arguments, as under ``numpy.errstate(all="ignore")``.

    Entering ``errstate`` takes 0.8 us, as long as three array operations; entering a context in which it was set
    beforehand takes 0.03. Code that runs so sees no context variables from outside: it is to be array code alone.
    One such function is for one thread at a time.

    >>> import numpy as np
    >>> quiet()(np.log, np.zeros(1))
    array([-inf])
    """
    import numpy as np

    context = Context()
    with np.errstate(all="warn"):
        context.run(np.seterr, all="ignore")
        kept_apart = np.geterr() == dict.fromkeys(np.geterr(), "warn")
    if kept_apart:
        return context.run

    def run(function: Callable[..., Any], *arguments: Any) -> Any:  # NumPy 1: set for the thread
        with np.errstate(all="ignore"):
            return function(*arguments)

    return run
