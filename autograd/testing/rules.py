"""The table of primitives bound to a namespace of the checks, row by row as rows are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.operations import Opaque
from autograd.table import TABLE, bind_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.namespaces import Namespace
    from autograd.table import Primitive, Rule


class Rules:
    """Rows bound to one namespace; a row that is added to the table later is found too.

    Args:
        namespace: what they are bound to.
        opaque: gives the rule of a row whose own rules compute with floats only.
    """

    def __init__(
        self, namespace: Namespace, opaque: Callable[[Primitive], Rule] | None = None
    ) -> None:
        self.namespace = namespace
        self._opaque = opaque
        self._bound: dict[Callable[[Namespace], Rule], Rule] = {}

    def __getitem__(self, row: Primitive) -> Rule:
        rule = self._bound.get(row.bind)
        if rule is None:
            # Rules may use rows that stand before them, so all that are new are bound, in order.
            for known in TABLE.values():
                if known.bind not in self._bound:
                    self._bound[known.bind] = bind_row(known, self.namespace)
            if row.bind not in self._bound:  # a user's, whose name is his own affair
                opaque = self._opaque if isinstance(row, Opaque) else None
                self._bound[row.bind] = opaque(row) if opaque else row.bind(self.namespace)
            rule = self._bound[row.bind]
        return rule
