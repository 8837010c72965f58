"""Value: one number, and one node of the graph that computed it."""

from __future__ import annotations

import numbers
import operator
import warnings
from typing import TYPE_CHECKING, Any, cast

from . import modes, scopes
from .graph import topological_order
from .operators import Operators
from .sweeps import reverse_sweep, sweeping

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar

    from .primitives import Primitive
    from .scopes import Scope

_new = object.__new__


class GradientDropped(UserWarning):
    """A Value was turned into a float where its gradient would be lost."""


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
        TypeError: if data is not a real number.
        OverflowError: if data is an integer or a fraction too large for a float.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> loss = a * b + a**2
    >>> loss.backward()
    >>> loss, a.grad, b.grad
    (Value(data=-2.0, grad=1.0), 1.0, 2.0)

    ``==`` and hash are by identity (a Value is a vertex of a graph); ``<``, ``<=``, ``>``, ``>=`` compare data.
    """

    __slots__ = (
        "__weakref__",
        "_cotangent",
        "_data",
        "grad",
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
    grad: float
    label: str
    primitive: Primitive | None
    operands: tuple[Value | float, ...]
    primals: tuple[float, ...]
    scope: Scope | None

    def __init__(self, data: Any, label: str = "") -> None:
        self._data = data if type(data) is float else real(data, "data")
        self.grad = 0.0
        self.label = label
        self.primitive = None
        self.operands = ()
        self.primals = ()
        self.scope = scopes.current
        self._cotangent = None

    @property
    def data(self) -> float:
        """The number. Only a leaf's can be set; what was computed from it keeps the old one."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        if self.primitive is not None:
            raise AttributeError(
                f"data of a computed Value cannot be set (this one is {modes.describe(self)}); "
                f"set the data of the leaves it came from and compute it again"
            )
        self._data = data if type(data) is float else real(data, "data")

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
        node.grad = 0.0
        node.label = ""
        node.primitive = primitive
        node.operands = operands
        node.primals = primals
        node.scope = scopes.current
        node._cotangent = None
        return _under_modes(node) if modes.active else node

    def backward(self, gradient: float = 1.0) -> None:
        """Add the derivative of this Value with respect to each leaf to the leaf's ``grad``.

        One reverse sweep over the graph in topological order. The nodes between get their ``grad`` set to
        this pass's, so that a picture can show it.

        Args:
            gradient: the derivative to start from, of some further number with respect to this one.

        Raises:
            AnomalyError: under :class:`detect_anomaly`.
            TypeError: if gradient, or the ``grad`` of a leaf, is not a real number.

        Whatever is raised, all leaves' gradients are then as before.
        """
        seed = real(gradient, "gradient")
        order = topological_order(self)
        reached = []
        with sweeping:
            for node in order:
                if node.primitive is not None:
                    node.grad = 0.0
            for node, cotangent in reverse_sweep(order, [(self, seed)]):
                if node.primitive is not None:
                    node.grad = cotangent
                else:
                    before = node.grad
                    if type(before) is not float:
                        before = real(before, f"the grad of {modes.describe(node)}")
                    reached.append((node, before + cotangent))
            for leaf, total in reached:  # only now, so that an exception changes no leaf
                leaf.grad = total

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

    def _equal(self, a: Any, b: Any) -> bool:
        """Whether two operands' numbers are equal; ``==`` is identity."""
        if modes.active and modes.lifting.get() is not None:
            return cast("bool", known(self)._equal(a, b))
        x = a if type(a) is float else a._data
        return bool(x == (b if type(b) is float else b._data))

    def _isnan(self) -> bool:
        if modes.active and modes.lifting.get() is not None:
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
        label = self.label if len(self.label) <= 100 else f"{self.label[:99]}…"
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


def known(value: Value) -> Any:
    """A Value's number; inside a recorded function, where it is not to be settled yet, its symbol."""
    symbol_of = modes.lifting.get() if modes.active else None
    return value._data if symbol_of is None else symbol_of(value)


def _compare(comparison: Callable[[Any, Any], bool], value: Value, other: Any) -> bool:
    """Compare numbers; a comparison with a symbol of a recording is the symbol's affair: it records it."""
    if isinstance(other, Value):
        other = known(other)
    elif isinstance(other, Operators):
        return cast("bool", NotImplemented)
    return comparison(known(value), other)


def _apply_foreign(self: Value, primitive: Primitive, operands: tuple[Any, ...]) -> Any:
    """Apply with operands that are neither Values nor floats: other numbers are converted."""
    converted: list[Value | float] = []
    for operand in operands:
        if isinstance(operand, Value):
            converted.append(operand)
        elif is_real(operand):
            converted.append(real(operand, "an operand"))
        else:
            return NotImplemented
    return self._apply(primitive, *converted)


def _under_modes(node: Value) -> Value:
    """Finish a new node while ``no_grad`` or ``detect_anomaly`` is on."""
    watch = modes.anomalies.get()
    if watch is not None:
        watch.check_forward(node)
    if not modes.recording.get():
        node.primitive = None
        node.operands = node.primals = ()
    return node


def is_real(number: Any) -> bool:
    """Whether an object is a real number that a Value can hold (a Value itself is not)."""
    if isinstance(number, (int, float, numbers.Real)):  # the ABC is slow, and comes last
        return True
    if getattr(number, "shape", None) == () and hasattr(number, "item"):  # NumPy, 0-d
        return isinstance(number.item(), numbers.Real)
    return type(number).__name__ == "Decimal"  # known without importing decimal


def real(number: Any, name: str) -> float:
    """A real number as a float.

    Args:
        number: what came.
        name: the argument's name, for messages.

    Raises:
        TypeError: if it is not a real number; the message says what to do.
        OverflowError: if it is an integer or a fraction too large for a float.
    """
    if not is_real(number):
        raise TypeError(f"{name} must be a real number, not {_advice(number)}")
    try:
        return float(number)
    except OverflowError:
        raise OverflowError(f"{name} is too large for a float") from None


def _advice(number: Any) -> str:
    kind = type(number).__name__
    if isinstance(number, Value):
        return "a Value; use the Value itself, or its .data"
    if isinstance(number, str):
        return f"the str {number[:40]!r}; convert it with float() first"
    if isinstance(number, numbers.Complex):
        return "complex; use two Values, for the real and the imaginary part"
    if isinstance(number, (list, tuple)) or hasattr(number, "shape"):
        return f"{kind}; a Value is one number, so make one for each element"
    return kind
