"""Units: what becomes one box of a picture of Values.

A *unit* is a Value; a tuple of leaves that are drawn as one vector; or a Scope, which is a module
collapsed to one box.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from autograd.scopes import Scope
from autograd.value import Value

from .model import stem_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Unit = Value | tuple[Value, ...] | Scope

ALIKE = 6
"""More leaves than this that a collapsed module depends on are folded together whatever their names."""


class Units:
    """A graph as units that depend on units.

    Attributes:
        fold: how many leaves of one name are drawn as one vector.
        tops: for each scope in a collapsed module that module's.
        members: for each collapsed module the nodes in it.
    """

    def __init__(
        self, fold: int, is_parameter: Callable[[Value], bool], label: Callable[[Value], str]
    ) -> None:
        self.fold = fold
        self._label = label
        self.tops: dict[Scope, Scope] = {}
        self.members: dict[Scope, list[Value]] = {}
        self._is_parameter = is_parameter
        self._operands: dict[Unit, list[Unit]] = {}
        self._sources: dict[Scope, list[Value]] = {}

    def collapse(self, tops: dict[Scope, Scope], nodes: Iterable[Value]) -> None:
        """Draw the modules that ``tops`` names as single boxes.

        Args:
            tops: for each scope in a collapsed module that module's.
            nodes: all nodes of the graph, in the order in which their operands are to be listed.
        """
        self.tops = tops
        self.members = {}
        self._operands = {}
        self._sources = {}
        for value in nodes:
            scope = value.scope
            if scope is not None and scope in tops:
                self.members.setdefault(tops[scope], []).append(value)

    def of(self, value: Value) -> Unit:
        """The unit that a Value is drawn in, if it is not in a vector."""
        scope = value.scope
        return value if scope is None else self.tops.get(scope, value)

    def values(self, unit: Unit) -> Iterable[Value]:
        """The Values in a unit."""
        if isinstance(unit, Value):
            return (unit,)
        return self.members[unit] if isinstance(unit, Scope) else unit

    def sources(self, module: Scope) -> list[Value]:
        """All operands of the nodes in a module, inside and outside, each once."""
        known = self._sources.get(module)
        if known is None:
            # By the standard library's loops: there may be millions.
            operands = chain.from_iterable([value.operands for value in self.members[module]])
            every: Iterable[Any] = dict.fromkeys(operands)
            known = [operand for operand in every if type(operand) is not float]
            self._sources[module] = known
        return known

    def operands(self, unit: Unit) -> list[Unit]:
        """The units that a unit depends on, in the order of its operands."""
        if isinstance(unit, tuple):
            return []
        known = self._operands.get(unit)
        if known is None:
            if isinstance(unit, Value):
                every: Iterable[Any] = dict.fromkeys(unit.operands)
                known = self._folded([x for x in every if type(x) is not float])
            else:
                known = self._operands_of_module(unit)
            self._operands[unit] = known
        return known

    def _operands_of_module(self, module: Scope) -> list[Unit]:
        values = []
        for value in self.sources(module):
            if value.operands:
                if self.of(value) is not module:
                    values.append(value)
            elif self.of(value) is value and not self._is_parameter(value):
                values.append(value)
        units = self._folded(values)
        # A module that was called for many samples depends on leaves of as many names.
        return units if len(units) <= ALIKE else self._folded(values, by_name=False)

    def _folded(self, values: Iterable[Value], by_name: bool = True) -> list[Unit]:
        """Values as units, with leaves of one kind (and name) folded together where they are many."""
        found: dict[Any, Any] = {}  # units; and where leaves stand first, the list of those alike
        tops = self.tops
        for value in values:
            scope = value.scope
            if scope is not None and scope in tops:
                found[tops[scope]] = tops[scope]
            elif value.operands:
                found[value] = value
            else:
                label = self._label(value) if by_name else ""
                stem = stem_of(label)
                if stem is None and label:
                    found[value] = value
                else:
                    found.setdefault((self._is_parameter(value), stem), []).append(value)
        units: list[Unit] = []
        for entry in found.values():
            if not isinstance(entry, list):
                units.append(entry)
            elif len(entry) >= self.fold:
                units.append(tuple(entry))
            else:
                units.extend(entry)
        return units
