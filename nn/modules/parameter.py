"""Parameters, the numbers that training changes, and lists of them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ClassVar

from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Iterator


class Parameter(Value):
    """A leaf :class:`~autograd.Value` that training changes: what ``parameters()`` finds.

    >>> Parameter(0.5, label="w")
    Parameter(data=0.5, grad=0.0, label='w')
    """

    __slots__ = ()  # what has none the native core computes with as quickly as with Values

    is_parameter: ClassVar[bool] = True
    freezings: ClassVar[int] = 0
    """How often any parameter was frozen or freed: recordings of training steps look whether it is as it was."""

    _free: ClassVar[type[Parameter] | None] = None
    """Of the class of a frozen parameter: the class that it had, and has again when it is freed."""

    @property
    def requires_grad(self) -> bool:
        """Whether training changes it: True, unless set to False.

        Optimizers leave a frozen parameter, its share of their state and what is kept of it by weight decay or momentum
        as they are, and set its gradient to 0.
        """
        return self._free is None

    @requires_grad.setter
    def requires_grad(self, required: bool) -> None:
        if not isinstance(required, bool):
            raise TypeError(f"requires_grad must be True or False, not {required!r:.40}")
        free = self._free or type(self)
        self.__class__ = free if required else _frozen(free)  # type: ignore[arg-type] # classes can be hashed
        Parameter.freezings += 1

    def __reduce_ex__(self, protocol: Any) -> Any:
        restore, (_, *facts) = super().__reduce_ex__(protocol)
        return restore, (self._free or type(self), *facts), self.requires_grad

    def __setstate__(self, required: bool) -> None:
        self.requires_grad = required

    def __repr__(self) -> str:
        return "Parameter" + super().__repr__().removeprefix("Value")


@functools.cache
def _frozen(kind: type[Parameter]) -> type[Parameter]:
    """The class of a frozen parameter: the mark of it that takes no room in each."""
    names = {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    return type(kind.__name__, (kind,), {**names, "_free": kind})


def shape_of_parameters(value: Any) -> tuple[int, ...] | None:
    """The shape of a parameter or of a rectangular list of parameters; None for anything else."""
    if isinstance(value, Value):
        return () if isinstance(value, Parameter) else None
    if not isinstance(value, (list, tuple)) or not value:
        return None
    shape = shape_of_parameters(value[0])
    if shape is None:
        return None
    if shape == ():
        return (len(value),) if all(isinstance(v, Parameter) for v in value) else None
    same = all(shape_of_parameters(v) == shape for v in value)
    return (len(value), *shape) if same else None


def indexed(entry: Any, suffix: str) -> Iterator[tuple[str, Parameter]]:
    """The parameters of an entry, each with what its name ends in."""
    if isinstance(entry, (list, tuple)):
        for i, inner in enumerate(entry):
            yield from indexed(inner, f"{suffix}[{i}]")
    else:
        yield suffix, entry
