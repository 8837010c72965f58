"""The way of a compiled function's call past Python: what the native core is told of arguments and answers.

A :class:`Compiled <.compiled.Compiled>` is a shortcut. In the native core (``native/shortcut.h``) its call takes arguments
apart, runs a tape and puts the answer together in C, for what C knows: floats, ints, lists, tuples, dicts, arrays of
float64. For everything else, and without the core, there is ``_call``.
"""

from __future__ import annotations

import sys
from types import NoneType
from typing import TYPE_CHECKING, Any

from ..native import core, in_c

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..structure import Structure
    from ..value import Value

NUMBER, LIST, TUPLE, DICT, NONE, ARRAY, MADE = range(7)
"""The kinds of forms; ``native/forms.h`` has the same."""
DEEPEST = 100
"""How deep forms may be nested."""


@in_c
class Shortcut:
    """What is called, and knows ways past its own ``_call``.

    Attributes:
        latest: whose way the last call took.
    """

    latest: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(*args, **kwargs)

    def _call(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def remember(self, route: Any) -> None:
        """Try a route first from now on."""


def form(structure: Structure, is_answer: bool, depth: int = 0) -> tuple[Any, ...] | None:
    """A structure as the core is told it; None where it is for Python to read.

    Args:
        structure: of an argument or an answer.
        is_answer: whether it is put together, and not taken apart.
        depth: in how many others it is.
    """
    kind = structure.kind
    if kind is None:
        return (NUMBER,)
    if kind is NoneType:
        return (NONE,)
    if structure.is_array:
        return (ARRAY, None, structure.shape) if knows_arrays() else None
    inside: Any = structure.size
    if structure.children:
        inside = tuple(form(part, is_answer, depth + 1) for part in structure.children)
    if depth == DEEPEST or (structure.children and None in inside):
        return None
    if kind is list:
        return (LIST, inside, None)
    if kind is tuple:
        return (TUPLE, inside, None)
    if kind is dict:
        return (DICT, inside, structure.keys)
    return (MADE, inside, structure.assemble) if is_answer else None


def route(
    tape: Any,
    arguments: Structure,
    answer: Structure,
    captured: Sequence[Value],
    doubtful: bool,
    owner: Any,
) -> Any:
    """What the core needs to call a tape without Python; None where it cannot.

    Args:
        tape: of the native core.
        arguments: the structure of ``args``.
        answer: the structure of the answer, in the order of the tape's outputs.
        captured: the Values whose numbers are the tape's leaves after those of the arguments.
        doubtful: whether Python is to look at an answer with a nan.
        owner: what ``latest`` is to be after a call.
    """
    given, made = form(arguments, is_answer=False), form(answer, is_answer=True)
    if core is None or given is None or made is None:
        return None
    return core.Route(tape, given, made, tuple(captured), doubtful, owner)


# --- NumPy's arrays --------------------------------------------------------------------------

_looked: list[bool] = []


def knows_arrays() -> bool:
    """Whether the core sees arrays as they are; it is asked where there is one, so that NumPy is loaded."""
    if not _looked:
        _looked.append(core is not None and _sees_arrays())
    return _looked[0]


def _sees_arrays() -> bool:
    """Let the core look at some arrays, and compare with what NumPy says of them."""
    import numpy as np

    package = sys.modules.get("numpy._core") or sys.modules.get("numpy.core")
    capsule = getattr(getattr(package, "_multiarray_umath", None), "_ARRAY_API", None)
    if capsule is None or np.ndarray.__basicsize__ < 72:
        return False
    core.use_numpy(np.ndarray, np.float64, np.dtype(np.float64), capsule)
    plain = np.arange(24.0).reshape(2, 3, 4)
    probes = [plain, plain.T, plain[::-1, 1:, ::2], plain.astype(np.float32), np.zeros((3, 0))]
    probes += [plain.astype(plain.dtype.newbyteorder()), np.arange(3), np.zeros(5)[::2]]
    for array in probes:
        address = array.__array_interface__["data"][0]
        kind = int(array.dtype == np.float64 and array.dtype.isnative)
        told = (address, array.shape, array.strides, kind, int(array.flags.c_contiguous))
        if core.array_seen(array) != told:
            core.use_numpy(None, None, None, None)
            return False
    return True
