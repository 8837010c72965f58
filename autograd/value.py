"""Value: one number, and one node of the graph that computed it."""

from __future__ import annotations

import operator
import warnings
from typing import TYPE_CHECKING, Any, cast

from . import hooks, modes
from .graph import topological_order
from .native import core, stored_in_c
from .operators import Operators, unary_methods
from .primitives import TABLE
from .reals import is_real, real
from .state import state
from .sweeps import refuse_stale, reverse_sweep, sweeping

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar

    from .hooks import Handle
    from .primitives import Primitive
    from .scopes import Scope

_new = object.__new__


class GradientDropped(UserWarning):
    """A Value was turned into a float where its gradient would be lost.

    >>> import warnings
    >>> from autograd import GradientDropped, Value
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     float(Value(2.0))
    2.0
    >>> [warning.category.__name__ for warning in caught]
    ['GradientDropped']
    """


class Value(Operators):
    """A real number that remembers how it was computed.

    Args:
        data: int, float, bool, Fraction, Decimal, a NumPy scalar or an array of no dimensions.
        label: a name for drawings and messages.

    Attributes:
        grad: the derivative of the last ``backward()``'s root with respect to this Value. Leaves add up
            the passes until somebody sets ``grad`` to 0; other nodes show the last pass only.
        label: the name.
        primitive: the operation that made this Value, or None if it is a leaf.
        operands: what it was made from, Values and floats (constants); empty for a leaf.
        primals: the operands' numbers at that time.
        scope: the part of a model it was made in (see :class:`autograd.scope`), or None.

    Raises:
        TypeError: if data is not a real number, or label no str.
        OverflowError: if data is an integer or a fraction too large for a float.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> loss = a * b + a**2
    >>> loss.backward()
    >>> loss, a.grad, b.grad
    (Value(data=-2.0, grad=1.0), 1.0, 2.0)

    ``==`` and hash are by identity (a Value is a vertex of a graph); ``<``, ``<=``, ``>``, ``>=`` compare data. Inside a
    function that a transform calls (``grad``, ``jvp``...) ``==`` compares data too, as the function does of floats, and a
    Value as a key of a dict or in a set is a TypeError, since it would not be found as its float is.
    """

    __slots__ = (
        "__weakref__",
        "_cotangent",
        "_data",
        "_grad",
        "label",
        "operands",
        "primals",
        "primitive",
        "scope",
    )

    is_parameter: ClassVar[bool] = False
    """Whether pictures show Values of this class as parameters."""

    _cotangent: Any  # what the sweep under way has gathered so far; None between sweeps
    _data: float
    _grad: float
    label: str
    primitive: Primitive | None
    operands: tuple[Value | float, ...]
    primals: tuple[float, ...]
    scope: Scope | None

    def __init__(self, data: Any, label: str = "") -> None:
        self._data = data if type(data) is float else real(data, "data")
        if not isinstance(label, str):
            raise TypeError(f"label must be a str, not {label!r:.60}")
        self._grad = 0.0
        self.label = label
        self.primitive = None
        self.operands = ()
        self.primals = ()
        self.scope = state.scope
        self._cotangent = None

    @property
    def data(self) -> float:
        """The number. Only a leaf's can be set; what was computed from it keeps the old one."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        if self.primitive is not None:
            _refuse_data(self)
        self._data = data if type(data) is float else real(data, "data")

    @property
    def grad(self) -> float:
        """The derivative of the last ``backward()``'s root with respect to this Value."""
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        self._grad = grad if type(grad) is float else real(grad, "grad")

    def item(self) -> float:
        """The number."""
        return self._data

    # --- recording ---------------------------------------------------------------------------

    def _apply(self, primitive: Primitive, *operands: Any) -> Any:
        # One allocation path for all operations: this method is what eager speed is made of.
        if len(operands) == 2:
            a, b = operands
            if type(a) is float:
                x = a
            elif isinstance(a, Value):
                x = a._data
            elif type(a) is int:  # 2 * x and x**2 are as common as floats
                x = real(a, "an operand")
                operands = x, b
            else:
                return _apply_foreign(self, primitive, operands)
            if type(b) is float:
                y = b
            elif isinstance(b, Value):
                y = b._data
            elif type(b) is int:
                y = real(b, "an operand")
                operands = a, y
            else:
                return _apply_foreign(self, primitive, operands)
            primals: tuple[float, ...] = (x, y)
            out = primitive.forward(x, y)
        else:
            for kind in set(map(type, operands)):  # many operands are of few classes
                if kind is not float and not issubclass(kind, Value):
                    return _apply_foreign(self, primitive, operands)
            primals = tuple([x if type(x) is float else x._data for x in operands])
            out = primitive.forward(*primals)
        node = _new(Value)
        node._data = out
        node._grad = 0.0
        node.label = ""
        node.primitive = primitive
        node.operands = operands
        node.primals = primals
        node.scope = state.scope
        node._cotangent = None
        if state.active and not modes.recorded(node):
            node.primitive = None
            node.operands = node.primals = ()
        return node

    def backward(self, gradient: float = 1.0) -> None:
        """Add the derivative of this Value with respect to each leaf to the leaf's ``grad``.

        One reverse sweep over the graph in topological order. The nodes between get their ``grad`` set to
        this pass's, so that a picture can show it.

        Args:
            gradient: the derivative to start from, of some further number with respect to this one.

        Raises:
            AnomalyError: under :class:`detect_anomaly`.
            TypeError: if gradient is not a real number.

        Whatever is raised, all leaves' gradients are then as before.
        """
        seed = real(gradient, "gradient")
        order = topological_order(self)
        reached = []
        with sweeping:
            for node in order:
                if node.primitive is not None:
                    node._grad = 0.0
            for node, cotangent in reverse_sweep(order, [(self, seed)]):
                if node.primitive is not None:
                    node._grad = cotangent
                else:
                    reached.append((node, node._grad + cotangent))
            for leaf, total in reached:  # only now, so that an exception changes no leaf
                leaf._grad = total

    def register_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Have each backward sweep call a function with the whole derivative that has reached this Value.

        What it returns takes the derivative's place, in ``grad`` and in all that is handed on; None leaves it as it is. Sweeps
        that make a graph of the derivatives call it with a Value. Forward mode calls no hooks.

        Args:
            hook: it must not sweep the graph that it is called from, nor wait for a thread that sweeps another. One that
                refers to this Value keeps it alive.

        Returns:
            A handle; ``handle.remove()`` takes the hook off.

        Raises:
            TypeError: if the hook cannot be called; by a sweep, if it returns something else than a real number.

        >>> x = Value(3.0)
        >>> y = x * x
        >>> handle = y.register_hook(lambda derivative: 10.0 * derivative)
        >>> y.backward()
        >>> x.grad
        60.0
        """
        return hooks.register(self, hook)

    def detach(self) -> Value:
        """A leaf with the same number, through which no gradient flows back."""
        return Value(self._data, self.label)

    # --- comparisons and conversions ---------------------------------------------------------

    def __lt__(self, other: Any) -> bool:
        return _compare(operator.lt, self, other)

    def __le__(self, other: Any) -> bool:
        return _compare(operator.le, self, other)

    def __gt__(self, other: Any) -> bool:
        return _compare(operator.gt, self, other)

    def __ge__(self, other: Any) -> bool:
        return _compare(operator.ge, self, other)

    def __eq__(self, other: object) -> bool:
        return _alike(self, other, True)

    def __ne__(self, other: object) -> bool:
        return _alike(self, other, False)

    def __hash__(self) -> int:
        if state.transforming:
            modes.check_key(2)
        return object.__hash__(self)

    def _equal(self, a: Any, b: Any) -> bool:
        """Whether two operands' numbers are equal; ``==`` is identity."""
        if state.active and modes.lifting.get() is not None:
            return cast("bool", known(self)._equal(a, b))
        x = a if type(a) is float else a._data
        return bool(x == (b if type(b) is float else b._data))

    def _isnan(self) -> bool:
        if state.active and modes.lifting.get() is not None:
            return cast("bool", known(self)._isnan())
        return self._data != self._data

    def __bool__(self) -> bool:
        return bool(known(self))

    def __float__(self) -> float:
        sites = modes.dropped.get()
        if sites is not None:
            sites.append(modes.call_site())
        warnings.warn(
            "a Value was turned into a float, which drops its gradient: use autograd's function of the "
            "same name instead of math's, or .data if the number is all you want",
            GradientDropped,
            stacklevel=2,
        )
        return self._data

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)

    def __repr__(self) -> str:
        label = str(self.label)  # which may have been set to anything
        label = label if len(label) <= 100 else f"{label[:99]}…"
        named = f", label={label!r}" if label else ""
        return f"Value(data={self._data}, grad={self.grad}{named})"

    # --- copies ------------------------------------------------------------------------------

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self.primitive is not None:
            raise TypeError(
                f"only leaves can be copied or pickled, and this Value was computed "
                f"({modes.describe(self)}); use .detach() for a leaf with its number"
            )
        return _restore, (type(self), self._data, self.grad, self.label)

    # --- micrograd's names -------------------------------------------------------------------

    @property
    def _prev(self) -> set[Value]:
        """The set of operands that are nodes, as micrograd's drawing code expects it."""
        return {operand for operand in self.operands if isinstance(operand, Value)}

    @property
    def _op(self) -> str:
        """The operation's symbol, as micrograd's drawing code expects it."""
        return self.primitive.symbol if self.primitive is not None else ""


def _restore(kind: type[Value], data: float, grad: float, label: str) -> Value:
    leaf = kind(data, label)
    leaf.grad = grad
    return leaf


def _refuse_data(value: Value) -> None:
    raise AttributeError(
        f"data of a computed Value cannot be set (this one is {modes.describe(value)}); "
        f"set the data of the leaves it came from and compute it again"
    )


def known(value: Value) -> Any:
    """A Value's number; inside a recorded function, where it is not to be settled yet, its symbol."""
    symbol_of = modes.lifting.get() if state.active else None
    return value._data if symbol_of is None else symbol_of(value)


def _compare(comparison: Callable[[Any, Any], bool], value: Value, other: Any) -> bool:
    """Compare numbers; a comparison with a symbol of a recording is the symbol's affair: it records it."""
    if isinstance(other, Value):
        other = known(other)
    elif isinstance(other, Operators):
        return cast("bool", NotImplemented)
    return comparison(known(value), other)


def _alike(value: Value, other: Any, wanted: bool) -> bool:
    """``==``, or ``!=`` where False is wanted: identity, but of numbers while a function is transformed or recorded.

    There the same lines may have been written for floats, and a branch must come out as theirs does.
    """
    if (
        value is other
    ):  # also where it is nan, or weak references to it could not be told to be of one
        return wanted
    if (state.transforming and modes.dropped.get() is not None) or (
        state.active and modes.lifting.get() is not None
    ):
        if isinstance(other, Value):
            other = known(other)
        if is_real(other) or isinstance(other, Operators):
            return (known(value) == other) is wanted
    return cast("bool", NotImplemented)


def _apply_foreign(self: Value, primitive: Primitive, operands: tuple[Any, ...]) -> Any:
    """Apply with operands that are neither Values nor floats: other numbers are converted."""
    converted: list[Value | float] = []
    for operand in operands:
        if issubclass(type(operand), Value):  # not what only says so, as a mock does
            _ = operand._data  # raises where a subclass has not called __init__
            converted.append(operand)
        elif is_real(operand):
            converted.append(real(operand, "an operand"))
        else:
            return NotImplemented
    return self._apply(primitive, *converted)


if core is not None:  # the same class in C, which falls back to what stands above
    core.adopt(TABLE.values())  # the rows so far, whose rules it has
    Value = stored_in_c(Value, unary_methods())  # type: ignore[misc]
    _COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

    def _compare_by_symbol(value: Value, other: Any, symbol: str) -> bool:
        if symbol in {"==", "!="}:
            return _alike(value, other, symbol == "==")
        return _compare(_COMPARISONS[symbol], value, other)

    core.connect(
        real=real,
        foreign=_apply_foreign,
        under_modes=modes.recorded,
        compare=_compare_by_symbol,
        refuse_data=_refuse_data,
        refuse_stale=refuse_stale,
        watch=modes.anomalies.get,
        hooks=hooks.changed,
        check_key=modes.check_key,
    )
