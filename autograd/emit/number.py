"""A number that is written down rather than computed, and what a rule may do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., Any]

TRUTHS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "isnan", "truth"})
"""The operations that answer with true or false."""


class Number:
    """An operation and its operands, or a leaf: an operation without operands, and a value.

    Leaves are a ``constant`` (a float), an ``argument`` of a row of any number of them (its position), a ``name``
    (of a variable of the text; ``truth`` if it holds true or false), and ``absent``, which is no number at all.

    Rules may use ``+ - *``, comparisons and the functions of their namespace; what else they do with a number
    raises a TypeError that says what to do instead.
    """

    __slots__ = ("op", "operands", "value")

    op: str
    operands: tuple[Self, ...]
    value: Any

    @classmethod
    def make(cls, op: str, *operands: Self, value: Any = None) -> Self:
        """A new number; which ones are one object is for a reading to say."""
        new = object.__new__(cls)
        new.op, new.operands, new.value = op, operands, value
        return new

    @classmethod
    def apply(cls, op: str, *operands: Any) -> Self:
        """An operation on what a rule has: such numbers, and Python's, which become constants."""
        return cls.make(op, *map(cls.of, operands))

    @classmethod
    def of(cls, number: Any) -> Self:
        """What a rule has as such a number.

        Raises:
            TypeError: if it is not a number, but for example the answer of a comparison.
        """
        if isinstance(number, cls) and number.op in TRUTHS:
            raise TypeError("a rule computes with a comparison; it must select with xp.where")
        if isinstance(number, cls):
            return number
        if isinstance(number, (int, float)):
            return cls.make("constant", value=float(number))
        raise TypeError(f"a rule computes with {number!r}, which is no number")

    @classmethod
    def choose(cls, condition: Any, a: Any, b: Any) -> Any:
        """``where``: of a condition that is known at once, else written down; None is the absent partial."""
        if not isinstance(condition, cls):
            return a if condition else b
        absent = cls.make("absent")
        arms = (absent if arm is None else cls.of(arm) for arm in (a, b))
        return cls.make("where", condition, *arms)

    def __add__(self, other: Any) -> Self:
        return self.apply("add", self, other)

    def __radd__(self, other: Any) -> Self:
        return self.apply("add", other, self)

    def __sub__(self, other: Any) -> Self:
        return self.apply("sub", self, other)

    def __rsub__(self, other: Any) -> Self:
        return self.apply("sub", other, self)

    def __mul__(self, other: Any) -> Self:
        return self.apply("mul", self, other)

    def __rmul__(self, other: Any) -> Self:
        return self.apply("mul", other, self)

    def __neg__(self) -> Self:
        return self.apply("neg", self)

    def __lt__(self, other: Any) -> Self:
        return self.apply("less", self, other)

    def __le__(self, other: Any) -> Self:
        return self.apply("less_equal", self, other)

    def __gt__(self, other: Any) -> Self:
        return self.apply("greater", self, other)

    def __ge__(self, other: Any) -> Self:
        return self.apply("greater_equal", self, other)

    def __bool__(self) -> NoReturn:
        raise TypeError("a rule branches on a number; it must select with xp.where")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("a rule compares numbers with ==; it must use xp.equal")

    __hash__ = object.__hash__  # by identity: a dictionary never asks whether two of them are equal

    def __float__(self) -> NoReturn:
        raise TypeError("a rule takes a number out of its expression; it must use functions of xp")

    __int__ = __float__

    def __repr__(self) -> str:
        if not self.operands:
            return self.op if self.value is None else str(self.value)
        return f"{self.op}({', '.join(map(repr, self.operands))})"


def may_be_absent(number: Number) -> bool:
    """Whether a partial is absent, or is so in one arm of its choices."""
    if number.op == "where":
        return any(map(may_be_absent, number.operands[1:]))
    return number.op == "absent"


def function(kind: type[Number], op: str) -> Function:
    """The function of a namespace that writes an operation down."""

    def write(*operands: Any) -> Number:
        return kind.apply(op, *operands)

    write.__name__ = write.__qualname__ = op
    return write
