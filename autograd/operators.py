"""Operators and methods of a traced number, written once for Values and for the compiler's symbols."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

from . import primitives as p
from .reals import real

if TYPE_CHECKING:
    from typing import Self, SupportsIndex

    from .primitives import Primitive


_EXACT_POWERS_OF_TEN = 22  # the last power of ten that is a float


class Operators:
    """Python's arithmetic and NumPy's methods, each as the application of one primitive.

    The one abstract step is :meth:`_apply`. ``np.exp(v)`` and ``np.tanh(object_array)`` call the method of
    that name, hence NumPy's spellings (``arctan``) beside those of :mod:`math`.
    """

    __slots__ = ()

    def _apply(self, primitive: Primitive, *operands: Any) -> Self:
        """The primitive applied to operands, of which self is one; NotImplemented for foreign types."""
        raise NotImplementedError

    def __add__(self, other: Any) -> Self:
        return self._apply(p.add, self, other)  # self + other

    def __radd__(self, other: Any) -> Self:
        return self._apply(p.add, other, self)  # other + self

    def __sub__(self, other: Any) -> Self:
        return self._apply(p.sub, self, other)  # self - other

    def __rsub__(self, other: Any) -> Self:
        return self._apply(p.sub, other, self)  # other - self

    def __mul__(self, other: Any) -> Self:
        return self._apply(p.mul, self, other)  # self * other

    def __rmul__(self, other: Any) -> Self:
        return self._apply(p.mul, other, self)  # other * self

    def __truediv__(self, other: Any) -> Self:
        return self._apply(p.div, self, other)  # self / other

    def __rtruediv__(self, other: Any) -> Self:
        return self._apply(p.div, other, self)  # other / self

    def __mod__(self, other: Any) -> Self:
        return self._apply(p.mod, self, other)  # self % other

    def __rmod__(self, other: Any) -> Self:
        return self._apply(p.mod, other, self)  # other % self

    def __floordiv__(self, other: Any) -> Self:
        return self._apply(p.floordiv, self, other)  # self // other

    def __rfloordiv__(self, other: Any) -> Self:
        return self._apply(p.floordiv, other, self)  # other // self

    def __divmod__(self, other: Any) -> tuple[Self, Self]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Self, Self]:
        return other // self, other % self

    def __pow__(self, other: Any) -> Self:
        return self._apply(p.pow_, self, other)  # self ** other

    def __rpow__(self, other: Any) -> Self:
        return self._apply(p.pow_, other, self)  # other ** self

    def __neg__(self) -> Self:
        return self._apply(p.neg, self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return self._apply(p.abs_, self)

    def __floor__(self) -> Self:
        return self._apply(p.floor, self)  # math.floor(self)

    def __ceil__(self) -> Self:
        return self._apply(p.ceil, self)  # math.ceil(self)

    def __round__(self, ndigits: SupportsIndex | None = None) -> Self:
        digits = 0 if ndigits is None else operator.index(ndigits)
        if not digits:
            return self._apply(p.round_, self)
        if not -_EXACT_POWERS_OF_TEN <= digits <= _EXACT_POWERS_OF_TEN:
            raise ValueError(
                f"ndigits must be from -{_EXACT_POWERS_OF_TEN} to {_EXACT_POWERS_OF_TEN}, not {digits}"
            )
        # As NumPy rounds, and compiled programs with it. Python's floats round their exact decimal value:
        # 1.115, which is a little less, to 1.11.
        if digits < 0:
            scale = 10.0**-digits
            return self._apply(p.round_, self / scale) * scale
        scale = 10.0**digits
        return self._apply(p.round_, self * scale) / scale

    def exp(self) -> Self:
        return self._apply(p.exp, self)

    def expm1(self) -> Self:
        return self._apply(p.expm1, self)

    def log(self) -> Self:
        return self._apply(p.log, self)

    def log1p(self) -> Self:
        return self._apply(p.log1p, self)

    def log2(self) -> Self:
        return self._apply(p.log2, self)

    def log10(self) -> Self:
        return self._apply(p.log10, self)

    def exp2(self) -> Self:
        return self._apply(p.exp2, self)

    def cbrt(self) -> Self:
        return self._apply(p.cbrt, self)

    def sqrt(self) -> Self:
        return self._apply(p.sqrt, self)

    def sin(self) -> Self:
        return self._apply(p.sin, self)

    def cos(self) -> Self:
        return self._apply(p.cos, self)

    def tan(self) -> Self:
        return self._apply(p.tan, self)

    def asin(self) -> Self:
        return self._apply(p.asin, self)

    def acos(self) -> Self:
        return self._apply(p.acos, self)

    def atan(self) -> Self:
        return self._apply(p.atan, self)

    def atan2(self, x: Any) -> Any:
        return apply(p.atan2, self, x)

    def sinh(self) -> Self:
        return self._apply(p.sinh, self)

    def cosh(self) -> Self:
        return self._apply(p.cosh, self)

    def tanh(self) -> Self:
        return self._apply(p.tanh, self)

    def asinh(self) -> Self:
        return self._apply(p.asinh, self)

    def acosh(self) -> Self:
        return self._apply(p.acosh, self)

    def atanh(self) -> Self:
        return self._apply(p.atanh, self)

    def hypot(self, other: Any) -> Any:
        return apply(p.hypot, self, other)

    def deg2rad(self) -> Self:
        return self * (math.pi / 180.0)

    def rad2deg(self) -> Self:
        return self * (180.0 / math.pi)

    def sign(self) -> Self:
        return self._apply(p.sign, self)

    def floor(self) -> Self:
        return self._apply(p.floor, self)

    def ceil(self) -> Self:
        return self._apply(p.ceil, self)

    def rint(self) -> Self:
        return self._apply(p.round_, self)

    def conjugate(self) -> Self:
        return self  # np.var and np.std ask for it

    def relu(self) -> Self:
        return self._apply(p.relu, self)

    def sigmoid(self) -> Self:
        return self._apply(p.sigmoid, self)

    arcsin = asin
    arccos = acos
    arctan = atan
    arctan2 = atan2
    arcsinh = asinh
    arccosh = acosh
    arctanh = atanh
    radians = deg2rad
    degrees = rad2deg


def apply(primitive: Primitive, *operands: Any, of: str = "") -> Any:
    """Apply a primitive to Values, symbols and plain numbers in any mixture.

    Args:
        primitive: the row.
        operands: the numbers.
        of: what the user has called, for messages; by default the row's name.

    Raises:
        TypeError: if an operand is none of these.
    """
    refused = None  # a class is asked once, or n weights before n symbols would cost n * n
    for operand in operands:
        if isinstance(operand, Operators) and type(operand) is not refused:
            result = operand._apply(primitive, *operands)
            if result is not NotImplemented:
                return result
            refused = type(operand)
    if refused is not None:
        for operand in operands:  # let the message name the operand that was refused
            if not isinstance(operand, Operators):
                real(operand, f"an argument of {of or primitive.name}")
    numbers = [
        x if type(x) is float else real(x, f"an argument of {of or primitive.name}")
        for x in operands
    ]
    return primitive.forward(*numbers)


class _Probe(Operators):
    """Tells which primitive a method applies."""

    __slots__ = ()

    def _apply(self, primitive: Primitive, *operands: Any) -> Any:
        return primitive if operands == (self,) else None


def unary_methods() -> dict[str, str]:
    """The public methods that apply a primitive to the number alone, with the primitive's name."""
    probe, found = _Probe(), {}
    for name, method in vars(Operators).items():
        if not name.startswith("_") and method.__code__.co_argcount == 1:
            row: Any = method(probe)
            if isinstance(row, p.Primitive):
                found[name] = row.name
    return found
