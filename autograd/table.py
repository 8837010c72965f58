"""What a row of the table of primitives is, and how it is bound to kinds of numbers.

The rows themselves stand in :mod:`autograd.primitives`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .namespaces import IEEE, Namespace, traced_function, traced_namespace
from .native import in_c

if TYPE_CHECKING:
    from collections.abc import Callable

    from .namespaces import Function

    Row = tuple[Any, ...]
    """What a row's function returns: the forward rule, then the partials."""


class Rule(NamedTuple):
    """A row bound to a namespace."""

    forward: Function
    """``forward(*args) -> out``."""
    partials: tuple[Any, ...]
    """One ``partial(out, *args)`` or number per argument. For a primitive of any number of arguments, a
    single function of ``(out, *args)`` that returns the sequence of all partials."""


@in_c
class BoundRow:
    """What the engine computes with: a row's rules, bound to floats and to nodes.

    Attributes:
        arity: the number of arguments, or None where any number will do.
        forward: the forward rule on Python floats.
        partials: the partials on Python floats, as in :class:`Rule`.
        traced: the partials on nodes of a graph.
    """

    __slots__ = ("arity", "forward", "partials", "traced")

    arity: int | None
    forward: Function
    partials: tuple[Any, ...]
    traced: tuple[Any, ...]


class Primitive(BoundRow):
    """One row of the table.

    Attributes:
        name: the name, as of the public function.
        symbol: the short sign used in drawings and in printed programs.
        doc: one line on what it computes.
        commutative: whether exchanging its two arguments changes nothing.
        domain: a function of the arguments returning expressions that are all positive strictly inside
            the set where the primitive is defined and smooth; None where that is everywhere.
        kinks: a function of the arguments returning expressions that vanish just where the
            derivative is a convention (a kink, a tie, a jump); None where there are none.
        kernel: whether it is one instruction of an array program, the function of that name in NumPy's namespace.
        folds: of a row of any number of arguments, the name of that of two that it applies from one to the next; ""
            for others.
        identity: what it leaves the other argument as it is with, where there is such a number.
    """

    __slots__ = (
        *("bind", "commutative", "doc", "domain", "folds", "identity", "kernel", "kinks"),
        *("name", "symbol"),
    )

    bind: Callable[[Namespace], Rule]

    def __init__(
        self,
        define: Callable[[Namespace], Row],
        symbol: str,
        arity: int | None,
        commutative: bool,
        domain: Function | None,
        kinks: Function | None,
        kernel: bool = False,
        folds: str = "",
        identity: float | None = None,
    ) -> None:
        self.name = define.__name__.rstrip("_")
        self.symbol = symbol or self.name
        self.doc = define.__doc__ or ""
        self.arity = arity
        self.commutative = commutative
        self.domain = domain
        self.kinks = kinks
        self.kernel = kernel
        self.folds = folds
        self.identity = identity

        def bind(xp: Namespace) -> Rule:
            forward, *partials = define(xp)
            return Rule(forward, tuple(partials))

        self.bind = bind

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return row_named, (self.name,)  # the row of that name, when copied or unpickled


ABSENT = None
"""The partial of an argument that gets no cotangent at all, not even zero: what was computed for a branch of ``where``
that was not taken, or on a flat piece of ``relu``, must not turn 0 times infinity into nan. A rule answers it as a branch
of ``xp.where`` (``xp.where(x <= 0.0, ABSENT, slope)``), or in the place of a partial."""

TABLE: dict[str, Primitive] = {}
"""Every primitive by name, in the order of definition."""

USERS: dict[str, Primitive] = {}
"""The rows of users' own operations (:mod:`autograd.operations`), of each name the last one."""


def row_named(name: str) -> Primitive:
    """The row of a name, of the table or a user's.

    Raises:
        KeyError: if there is none.
    """
    return TABLE[name] if name in TABLE else USERS[name]


TRACED = traced_namespace()
"""The functions of the table applied to nodes, and to floats, whichever comes."""


def primitive(
    symbol: str = "",
    arity: int | None = 1,
    commutative: bool = False,
    domain: Function | None = None,
    kinks: Function | None = None,
    kernel: bool = False,
    folds: str = "",
    identity: float | None = None,
) -> Callable[[Callable[[Namespace], Row]], Primitive]:
    """Make the decorated function a row of the table (see :class:`Primitive` for the arguments).

    The function's name, less a trailing underscore, is the row's, and its docstring the row's doc. A row of a
    name that the table has already takes that one's place for whatever is computed from then on.

    >>> @primitive(domain=lambda x: (x,))
    ... def cube_root(xp):
    ...     "The cube root, for x > 0."
    ...     return lambda x: xp.pow(x, 1 / 3), lambda out, x: xp.div(out, 3.0 * x)
    >>> from autograd import Value
    >>> x = Value(8.0)
    >>> TRACED.cube_root(x).backward()
    >>> round(x.grad, 12)
    0.083333333333
    >>> del TABLE["cube_root"]
    """

    def enter(define: Callable[[Namespace], Row]) -> Primitive:
        row = Primitive(define, symbol, arity, commutative, domain, kinks, kernel, folds, identity)
        TABLE[row.name] = row
        row.forward, row.partials = bind_row(row, IEEE)
        TRACED.take_in(row.name, traced_function(row))
        row.traced = row.bind(TRACED).partials
        return row

    return enter


def bind_row(row: Primitive, xp: Namespace) -> Rule:
    """Bind a row to a namespace: the function of that name is the namespace's own if it has one, or else the row's."""
    rule = row.bind(xp)
    xp.take_in(row.name, rule.forward)
    return rule._replace(forward=getattr(xp, row.name))


def bind_table(xp: Namespace) -> dict[str, Rule]:
    """Bind every row to a namespace, in the order of definition, so that rows can use earlier ones."""
    return {name: bind_row(row, xp) for name, row in TABLE.items()}
