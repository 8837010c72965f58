"""Switches that change what an operation on Values does: ``no_grad``, ``detect_anomaly`` and ``trace_lines``.

Each holds for the thread or task that entered it. Operations ask ``state.active`` first (:mod:`autograd.state`), so
that the switches cost nothing while none is on.
"""

from __future__ import annotations

import math
import sys
import threading
from contextlib import ContextDecorator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from .state import state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextvars import Token
    from types import FrameType, TracebackType
    from typing import Self

    from .node import Node

_lock = threading.Lock()

recording: ContextVar[bool] = ContextVar("recording", default=True)
"""Whether operations record the graph."""

dropped: ContextVar[list[str] | None] = ContextVar("dropped", default=None)
"""Where Values were turned into floats during the call of the function that a transform is differentiating;
None outside of any."""

anomalies: ContextVar[detect_anomaly | None] = ContextVar("anomalies", default=None)
"""The innermost ``detect_anomaly``."""

_tracing_lines: ContextVar[bool] = ContextVar("tracing_lines", default=False)
"""Whether operations remember the line that called them."""

_lines: WeakKeyDictionary[Node, tuple[str, int]] = WeakKeyDictionary()
"""The file and line of nodes made under ``trace_lines``."""

lifting: ContextVar[Callable[[Any], Any] | None] = ContextVar("lifting", default=None)
"""What makes a symbol of a captured Value while a function is recorded; None outside of recordings."""

_entered: ContextVar[tuple[tuple[_Switch, Token[Any]], ...]] = ContextVar("entered", default=())
"""The switches that are on, outermost first, and how to switch each off."""


class _Switch(ContextDecorator):
    """Sets a context variable while it is on; may be entered again while it is on, and by others."""

    _variable: ContextVar[Any]

    def _setting(self) -> Any:
        raise NotImplementedError

    def __enter__(self) -> Self:
        with _lock:
            state.active += 1
        token = self._variable.set(self._setting())
        _entered.set((*_entered.get(), (self, token)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        entered = _entered.get()
        last = max(i for i, (switch, _) in enumerate(entered) if switch is self)
        self._variable.reset(entered[last][1])
        _entered.set(entered[:last] + entered[last + 1 :])
        with _lock:
            state.active -= 1


class no_grad(_Switch):  # noqa: N801  (a switch reads like a word, as in PyTorch)
    """Compute without recording a graph: results are leaves. A context manager and a decorator.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.operands
    (9.0, ())
    """

    _variable = recording

    def _setting(self) -> bool:
        return False


class enable_grad(_Switch):  # noqa: N801
    """Record the graph again inside a ``no_grad``, as transforms must to differentiate there."""

    _variable = recording

    def _setting(self) -> bool:
        return True


class lift(_Switch):  # noqa: N801
    """While it is on, the comparison of captured Values is recorded, and not settled at once."""

    _variable = lifting

    def __init__(self, symbol_of: Callable[[Any], Any]) -> None:
        self._symbol_of = symbol_of

    def _setting(self) -> Callable[[Any], Any]:
        return self._symbol_of


class trace_lines(_Switch):  # noqa: N801
    """Have operations remember the line of code that called them, for :func:`autograd.explore` to show. Slower.

    A context manager and a decorator.

    >>> from autograd import Value, trace_lines
    >>> x = Value(3.0)
    >>> with trace_lines():
    ...     y = x * x
    """

    _variable = _tracing_lines

    def _setting(self) -> bool:
        return True


def line_of(node: Node) -> tuple[str, int] | None:
    """The file and line that made a node, if that was under :class:`trace_lines`."""
    return _lines.get(node)


class AnomalyError(ArithmeticError):
    """A nan or an infinity was born; the message names the operation, its label and its source line.

    >>> from autograd import AnomalyError, Value, detect_anomaly, log
    >>> with detect_anomaly():
    ...     try:
    ...         log(Value(-1.0))
    ...     except AnomalyError as error:
    ...         print("log" in str(error))
    True
    """


class detect_anomaly(_Switch):  # noqa: N801
    """Stop at the operation where the first nan or infinity is born, forward or backward.

    An infinity that is put in (a mask of ``-inf``) is not an anomaly; one that comes out of finite
    numbers is, and so is every nan. Slower: each operation remembers the line that called it.

    Raises:
        AnomalyError: at that operation. A backward pass that raises leaves all gradients as they were.

    >>> from autograd import Value, detect_anomaly, log
    >>> with detect_anomaly():
    ...     log(Value(0.0, label="p"))
    Traceback (most recent call last):
        ...
    autograd.modes.AnomalyError: log(p=0.0) gave -inf, at ...
    """

    _variable = anomalies

    def __init__(self) -> None:
        self._sites: WeakKeyDictionary[Node, str] = WeakKeyDictionary()

    def _setting(self) -> detect_anomaly:
        return self

    def check_forward(self, node: Node) -> None:
        """Remember where the node was made, and raise if it is an anomaly."""
        self._sites[node] = call_site()
        out = node.data
        if is_anomaly(out, node.primals):
            raise AnomalyError(f"{describe(node)} gave {out}, {self._sites[node]}")

    def check_backward(self, node: Node, operand: Node, above: float, cotangent: float) -> None:
        """Raise if the cotangent that the node hands to its operand is an anomaly."""
        if is_anomaly(cotangent, (above,)):
            site = self._sites.get(node, "made outside detect_anomaly")
            raise AnomalyError(
                f"{describe(node)} handed {describe(operand)} the gradient {cotangent} "
                f"(the gradient arriving there is {above}), {site}"
            )


def recorded(node: Node) -> bool:
    """Whether a new node is to remember what it was computed from, asked while a switch is on.

    Raises:
        AnomalyError: under :class:`detect_anomaly`.
    """
    watch = anomalies.get()
    if watch is not None:
        watch.check_forward(node)
    if _tracing_lines.get():
        _lines[node] = calling_line()
    return recording.get()


def is_anomaly(out: float, operands: Sequence[float]) -> bool:
    """Whether a number is nan, or an infinity that came out of finite numbers (or out of nothing)."""
    if math.isinf(out):
        return all(map(math.isfinite, operands))
    return out != out


def describe(node: Node) -> str:
    """A node as its label, operation and numbers: ``y = log(p=0.0)``."""
    if node.primitive is None:
        return f"{node.label or 'a leaf'} = {node.data}"
    shown = []
    for operand, primal in zip(node.operands[:6], node.primals, strict=False):
        label = "" if isinstance(operand, float) else operand.label
        shown.append(f"{label}={primal}" if label else f"{primal}")
    if len(node.operands) > 6:
        shown.append(f"... {len(node.operands) - 6} more")
    call = f"{node.primitive.name}({', '.join(shown)})"
    return f"{node.label} = {call}" if node.label else call


def check_key(depth: int = 1) -> None:
    """Refuse a Value as a key while a transform calls a function, where ``==`` is by number: hashes are by identity.

    Args:
        depth: how many calls away the code is that looks it up.

    Raises:
        TypeError: if it is not code of our own that looks a Value up.
    """
    if dropped.get() is None:
        return
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None and _is_own(frame, ("weakref",)):  # that of a WeakKeyDictionary
        frame = frame.f_back
    if frame is not None and not _is_own(frame, (__package__, "nn")):
        raise TypeError(
            f"a number that a transform may follow is used as a key of a dict or in a set, {call_site()}, where it would "
            f"not be found as its float is: use == and if, or id() for identity"
        )


def _is_own(frame: FrameType, packages: tuple[str | None, ...]) -> bool:
    return frame.f_globals.get("__name__", "").partition(".")[0] in packages


def call_site() -> str:
    """The nearest line of code outside our own packages and NumPy, which calls our operators on object arrays."""
    file, line = calling_line()
    return f"at {file}, line {line}"


def calling_line() -> tuple[str, int]:
    """The file and number of that line."""
    own = (__package__, "nn", "numpy")
    frame = sys._getframe(1)
    while frame.f_back is not None:
        if not _is_own(frame, own):
            break
        frame = frame.f_back
    return _source(frame.f_code.co_filename), frame.f_lineno


def _source(filename: str) -> str:
    """A file's name; for a notebook's cell, which is no file that anybody knows, what IPython calls it."""
    ipython = sys.modules.get("IPython")
    shell = getattr(ipython, "get_ipython", lambda: None)()
    name_of = getattr(getattr(shell, "compile", None), "format_code_name", None)
    named = name_of and name_of(filename)
    return " ".join(named) if named else filename
