"""What the compiler asks of operations, read off the columns of their tables: no list of names stands anywhere else."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ... import primitives as p
from ...table import ABSENT
from .. import conditions as c

if TYPE_CHECKING:
    from ...primitives import Primitive

ROWS = {**p.TABLE, **c.CONDITIONS}
"""All rows by name, those of recordings only too."""
KERNELS = frozenset(row for row in ROWS.values() if row.kernel)
"""Those that are one instruction of an array program; others are put together from these by their own rules."""
COMMUTATIVE = frozenset(row for row in ROWS.values() if row.commutative and row.arity == 2)
"""Those of two arguments that may be exchanged."""
REDUCING = frozenset(row for row in ROWS.values() if row.folds)
"""Those of any number of arguments that are the reduction of one of two."""
LINEAR = frozenset({p.add, p.sub, p.neg, p.sum_})
"""Those that a sum of many terms is made of."""
FOLDED = {p.maximum: c.highest, p.minimum: c.lowest}
"""What a chain of one row of two arguments becomes, each of which is used by the next alone."""
UFUNCS = {p.add: "add", p.mul: "multiply", p.maximum: "maximum", p.minimum: "minimum"}
"""What NumPy calls the rows that it has a reduction of."""


def reduction(row: Primitive) -> str:
    """What NumPy calls the reduction that a row of any number of arguments is.

    >>> reduction(p.prod)
    'multiply'
    """
    return UFUNCS[ROWS[row.folds]]


@cache
def hands_nothing_on(row: Primitive | None) -> bool:
    """Whether no argument of a row gets a cotangent, ever.

    >>> hands_nothing_on(p.floordiv), hands_nothing_on(p.floor)
    (True, False)
    """
    if row is None or row.arity is None:
        return row is c.largest
    return all(partial is ABSENT for partial in row.partials)
