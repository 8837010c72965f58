"""A graph as columns of numbers, which the page of :func:`autograd.explore` reads: see ``page/tape.js``.

Nodes are numbered in topological order. A column is a str, base64 of little-endian numbers; all else is as JSON has it.
"""

from __future__ import annotations

import base64
import linecache
import sys
from array import array
from typing import TYPE_CHECKING, Any

from autograd.graph import topological_order
from autograd.modes import line_of
from autograd.sweeps import Sweep

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from autograd.primitives import Primitive
    from autograd.scopes import Scope
    from autograd.value import Value

LIMIT = 1_000_000
"""How many nodes a page takes."""

LABEL = 200
"""How many characters of a name it is told."""


class Columns:
    """A graph, column by column.

    Args:
        roots: the results; gradients are those of the first.
        names: labels of Values that have none themselves.
        parameters: leaves that count as parameters, besides those that say they are.
        seed: the derivative to start from.

    Attributes:
        rows: the rows of the table that the graph uses.
        size: the number of nodes.

    Raises:
        ValueError: if there are more than a page takes.
    """

    def __init__(
        self,
        roots: Sequence[Value],
        names: Mapping[Value, str],
        parameters: Collection[Value],
        seed: float,
    ) -> None:
        self._order = order = topological_order(*roots)
        if len(order) > LIMIT:
            raise ValueError(
                f"explore shows graphs of up to {LIMIT:,} nodes, and this one has {len(order):,}; "
                f"explore a part of it, or use draw"
            )
        self.size = len(order)
        self._at = {node: i for i, node in enumerate(order)}
        self._roots = [self._at[root] for root in roots]
        self._seed = seed
        self._names = names
        self._parameters = parameters
        self._scopes: dict[Scope, int] = {}
        self._files: dict[str, int] = {}
        self.rows: list[Primitive] = list(
            dict.fromkeys(node.primitive for node in order if node.primitive is not None)
        )

    def content(self, untranslated: Collection[str]) -> dict[str, Any]:
        """All of it, for JSON.

        Args:
            untranslated: names of the rows that the page has no rules of, but needs the partials of.
        """
        leaves = self._leaves()
        data = array("d", [node.data if node.operands else 0.0 for node in self._order])
        for i, primals in leaves.items():
            data[i] = primals[-1]
        found = self._operations()
        found |= {
            "n": self.size,
            "roots": self._roots,
            "seed": self._seed,
            "data": _column(data),
            "grad": _column(self._gradients()),
            "stale": self._stale(leaves),
            "partials": self._partials(untranslated),
        }
        return found | self._words() | {"lines": self._lines(), "files": list(self._files)}

    def _operations(self) -> dict[str, Any]:
        numbers = {row: k for k, row in enumerate(self.rows, 1)}
        op, args, counts, consts = array("H"), array("i"), array("i"), array("d")
        at, places = self._at, dict[str, int]()
        for node in self._order:
            row = node.primitive
            op.append(0 if row is None else numbers[row])
            if row is not None and row.arity is None:
                counts.append(len(node.operands))
            for operand in node.operands:
                if type(operand) is not float:
                    args.append(at[operand])  # type: ignore[index]
                    continue
                place = places.setdefault(operand.hex(), len(consts))
                if place == len(consts):
                    consts.append(operand)
                args.append(~place)
        rows = [
            {
                "name": row.name[:LABEL],
                "symbol": row.symbol[:LABEL],
                "arity": row.arity,
                "doc": " ".join(row.doc.partition("\n\n")[0].split())[:400],
                "commutative": row.commutative,
            }
            for row in self.rows
        ]
        columns: dict[str, array[Any]] = {
            "op": op,
            "args": args,
            "counts": counts,
            "consts": consts,
        }
        return {"rows": rows, **{name: _column(column) for name, column in columns.items()}}

    def _leaves(self) -> dict[int, list[float]]:
        """The numbers that each leaf had when it was used; of one that is not used, the one it has."""
        found: dict[int, list[float]] = {
            i: [] for i, node in enumerate(self._order) if not node.operands
        }
        at = self._at
        for node in self._order:
            for operand, primal in zip(node.operands, node.primals, strict=True):
                if type(operand) is not float and not operand.operands:  # type: ignore[union-attr]
                    primals = found[at[operand]]  # type: ignore[index]
                    if not primals or primals[-1].hex() != primal.hex():
                        primals.append(primal)
        for i, primals in found.items():
            if not primals:
                primals.append(self._order[i].data)
        return found

    def _stale(self, leaves: Mapping[int, Sequence[float]]) -> list[list[Any]]:
        """The leaves that were changed, each with the number it has now and how many it had."""
        return [
            [i, _number(self._order[i].data), len(primals)]
            for i, primals in leaves.items()
            if len(primals) > 1 or primals[0].hex() != self._order[i].data.hex()
        ]

    def _gradients(self) -> array[float]:
        order = self._order
        cotangents = Sweep(order, order, [order[self._roots[0]]]).pull([self._seed])
        return array("d", [0.0 if c is None else c for c in cotangents])

    def _partials(self, names: Collection[str]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for i, node in enumerate(self._order):
            row = node.primitive
            if row is not None and row.name in names:
                if row.arity is None:
                    local: list[Any] = list(row.partials[0](node.data, *node.primals))
                else:
                    local = [
                        p(node.data, *node.primals) if callable(p) else p for p in row.partials
                    ]
                found[str(i)] = [None if x is None else _number(x) for x in local]
        return found

    def _words(self) -> dict[str, Any]:
        scopes, parameters = array("i"), array("B")
        labels: dict[str, str] = {}
        listed: list[list[Any]] = []
        for i, node in enumerate(self._order):
            scopes.append(-1 if node.scope is None else self._scope(node.scope, listed))
            parameters.append(node.is_parameter or node in self._parameters)
            label = node.label or self._names.get(node, "")
            if label:
                labels[str(i)] = label[:LABEL]
        return {
            "scope": _column(scopes),
            "parameter": _column(parameters),
            "scopes": listed,
            "labels": labels,
        }

    def _scope(self, scope: Scope, listed: list[list[Any]]) -> int:
        """The number of a scope, with those around it before it."""
        if scope not in self._scopes:
            for around in scope.line():
                if around not in self._scopes:
                    parent = -1 if around.parent is None else self._scopes[around.parent]
                    self._scopes[around] = len(listed)
                    listed.append([around.name[:LABEL], around.kind[:LABEL], parent])
        return self._scopes[scope]

    def _lines(self) -> dict[str, list[Any]]:
        """Of nodes made under ``trace_lines``: the file's number, the line's, and what stands there."""
        found: dict[str, list[Any]] = {}
        for i, node in enumerate(self._order):
            line = line_of(node)
            if line is not None:
                file, number = line
                place = self._files.setdefault(file, len(self._files))
                text = linecache.getline(file, number).strip()
                found[str(i)] = [place, number, text[:LABEL]]
        return found


def _column(numbers: array[Any]) -> str:
    if sys.byteorder != "little":
        numbers = numbers[:]
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()


def _number(x: float) -> float | str:
    """A float for JSON, which has no word for some."""
    if x != x:
        return "NaN"
    return x if abs(x) != float("inf") else "Infinity" if x > 0 else "-Infinity"
