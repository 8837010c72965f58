"""Expressions as the text of a language of C's family; in what languages differ, each says itself."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .number import TRUTHS

if TYPE_CHECKING:
    from .number import Number

INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
INFIX |= {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}


@dataclass(frozen=True)
class Printer:
    """Prints expressions in one language.

    Attributes:
        function: what stands before the name of a function.
        equal, unequal: the operators.
        nan, infinity: the constants.
        absent: how an absent partial is written, or "" where it cannot be.
    """

    function: str
    equal: str
    unequal: str
    nan: str
    infinity: str
    absent: str = ""
    _infix: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_infix", INFIX | {"equal": self.equal})

    def text(self, e: Number) -> str:
        """An expression.

        Raises:
            TypeError: if it computes with an absent partial, or singles out one of any number of arguments.
        """
        if e.op == "constant":
            return self.literal(e.value)
        if e.op in {"name", "truth"}:
            return str(e.value)
        if e.op == "absent" and self.absent:
            return self.absent
        if not e.operands:
            raise TypeError(f"a rule computes with an {e.op} partial")
        if e.op == "where":
            condition, a, b = e.operands
            return f"{self.truth(condition)} ? {self.operand(a)} : {self.operand(b)}"
        if e.op == "neg":
            return f"-{self.operand(e.operands[0])}"
        if e.op in self._infix:
            a, b = e.operands
            return f"{self.operand(a)} {self._infix[e.op]} {self.operand(b)}"
        return f"{self.function}{e.op}({', '.join(map(self.text, e.operands))})"

    def truth(self, e: Number) -> str:
        """An expression as a condition: a number is true unless it is 0, as in Python."""
        return self.operand(e) if e.op in TRUTHS else f"({self.operand(e)} {self.unequal} 0.0)"

    def literal(self, x: float) -> str:
        """A float: Python's shortest digits that give it back, which other languages read as the same float."""
        if math.isnan(x):
            return self.nan
        return repr(x).replace("inf", self.infinity)

    def operand(self, e: Number) -> str:
        """An expression as part of another one."""
        written = self.text(e)
        compound = e.op in self._infix or e.op in {"neg", "where"} or written.startswith("-")
        return f"({written})" if compound else written
