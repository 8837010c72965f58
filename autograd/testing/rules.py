"""The table of primitives bound to a namespace of the checks, row by row as rows are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.table import TABLE, bind_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.namespaces import Namespace
    from autograd.table import Primitive, Rule


class Rules:
    """Rows bound to one namespace; a row that is added to the table later is found too."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        self._bound: dict[Callable[[Namespace], Rule], Rule] = {}

    def __getitem__(self, row: Primitive) -> Rule:
        rule = self._bound.get(row.bind)
        if rule is None:
            # Rules may use rows that stand before them, so all that are new are bound, in order.
            for known in (*TABLE.values(), row):
                if known.bind not in self._bound:
                    self._bound[known.bind] = bind_row(known, self.namespace)
            rule = self._bound[row.bind]
        return rule
