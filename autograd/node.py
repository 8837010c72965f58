"""What the engine's lower rooms know of a node of the graph; :class:`autograd.Value` is the class that has it all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .primitives import Primitive


class Node(Protocol):
    """A number, and where it came from."""

    @property
    def data(self) -> float:
        """The number."""
        ...

    @property
    def label(self) -> str:
        """Its name, or an empty string."""
        ...

    @property
    def primitive(self) -> Primitive | None:
        """The operation that made it; None of a leaf."""
        ...

    @property
    def operands(self) -> Sequence[Any]:
        """What it was made from, nodes and floats."""
        ...

    @property
    def primals(self) -> Sequence[float]:
        """The operands' numbers at that time."""
        ...
