"""A row read whole: the bodies of its forward rule and of its partials, for any language to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .expressions import Expression, named
from .loops import looped
from .steps import straight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..table import Primitive, Rule
    from .steps import Body


class Bodies(NamedTuple):
    """What a row does: the forward rule, and a partial for each argument, or one for all if it takes any number."""

    forward: Body
    partials: tuple[Body, ...]


def bodies(row: Primitive, rule: Rule, names: Sequence[str]) -> Bodies:
    """Read a row.

    Args:
        row: the row.
        rule: the row bound to :func:`.expressions.expressions`.
        names: what its arguments are called; of a row of any number of arguments, none.

    Raises:
        TypeError: if it does what cannot be written down. Rules may raise anything else besides.
    """
    if row.arity is None:
        forward = looped(lambda length: Expression.of(rule.forward(*_arguments(length))))
        partials = looped(
            lambda length: [
                Expression.of(p) for p in rule.partials[0](named("out"), *_arguments(length))
            ]
        )
        return Bodies(forward, (partials,))
    arguments = [named(name) for name in names]
    read = []
    for partial in rule.partials:
        found = partial(named("out"), *arguments) if callable(partial) else partial
        result = Expression.make("absent") if found is None else Expression.of(found)
        read.append(straight(result))
    return Bodies(straight(Expression.of(rule.forward(*arguments))), tuple(read))


def _arguments(length: int) -> list[Expression]:
    return [Expression.make("argument", value=i) for i in range(length)]
