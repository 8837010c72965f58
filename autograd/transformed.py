"""What a transform returns: a function that remembers what it was made from."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .decorated import global_name
from .tracing import name_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., Any]
    Argnums = int | tuple[int, ...]


class Transformed:
    """A function made by a transform, which remembers what it was made from.

    Attributes:
        transform: the transform's name, such as ``"grad"``.
        function: the function that was transformed.
        argnums: the arguments it differentiates by, as they were given; None where that is not a choice.
        has_aux: whether the function returns a pair, of what to differentiate and anything else.
        mode: of :func:`jacobian`: ``"forward"``, ``"reverse"``, or None for whichever takes fewer sweeps.
        sparse: of :func:`jacobian` and :func:`hessian`: whether the answer is a sparse matrix.
        in_axes: what :func:`vmap` maps over, as it was given; None for the other transforms.
        out_axes: where it puts the new axis.
    """

    def __init__(
        self,
        run: Callable[..., Any],
        function: Function,
        argnums: Argnums | None = None,
        *,
        has_aux: bool = False,
        mode: str | None = None,
        sparse: bool = False,
        in_axes: Any = None,
        out_axes: Any = None,
    ) -> None:
        self.transform = run.__name__.removeprefix("run_")
        if not callable(function):
            raise TypeError(f"{self.transform} needs a function, not {shown(function)}")
        functools.update_wrapper(self, function, updated=())
        if self.transform in {"jvp", "hvp"}:  # which have a signature of their own
            del self.__dict__["__wrapped__"]
        self.__name__ = self.__qualname__ = f"{self.transform}({name_of(function)})"
        self.run = run
        self.function = function
        self.argnums = argnums
        self.has_aux = checked_flag(self.transform, "has_aux", has_aux)
        self.mode = mode
        self.sparse = checked_flag(self.transform, "sparse", sparse)
        self.in_axes = in_axes
        self.out_axes = out_axes

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(self, *args, **kwargs)

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        # As a function would, so that a method can be decorated.
        return self if instance is None else functools.partial(self, instance)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return global_name(self) or super().__reduce_ex__(protocol)

    def __repr__(self) -> str:
        return f"<{self.__name__}>"


def checked_flag(transform: str, name: str, flag: Any) -> bool:
    """A flag, if it is one.

    Raises:
        TypeError: if it is no bool.
    """
    if not isinstance(flag, bool):
        raise TypeError(f"{transform} needs {name} as True or False, not {flag!r:.60}")
    return flag


def checked_argnums(transform: str, argnums: Any) -> Argnums:
    """The numbers of arguments, if they are such.

    Raises:
        TypeError: if they are neither an int nor a tuple of ints.
    """
    numbers = tuple(argnums) if isinstance(argnums, (tuple, list)) else (argnums,)
    if not numbers or any(type(number) is not int for number in numbers):
        raise TypeError(
            f"{transform} needs argnums as an int or a tuple of ints, such as 0 or (0, 2), not "
            f"{argnums!r}"
        )
    return numbers if isinstance(argnums, (tuple, list)) else numbers[0]
