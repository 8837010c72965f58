"""Whether a function of the count of steps can be seen to compute a number and nothing else."""

from __future__ import annotations

import builtins
import dis
import math
import types
from typing import Any

from nn.training.reach import has_users_code
from nn.training.reach.holders import ATOMS
from nn.training.reach.photograph import names_in

_BUILTINS = {
    "abs",
    "bool",
    "divmod",
    "float",
    "int",
    "len",
    "max",
    "min",
    "pow",
    "range",
    "round",
    "sum",
}
_FORBIDDEN = set(dir(builtins)) - _BUILTINS
_METHODS = {*dir(math), "clip", "get", "interp", "maximum", "minimum", "power"}
_CHANGING = ("STORE_", "DELETE_", "IMPORT_", "YIELD")


def visibly_pure(function: Any) -> bool:
    """Whether a function neither changes anything nor depends on anything that the function itself could have changed.

    Those of :mod:`nn.optim.schedules` are; one of the user's is if its code stores nothing but local variables and calls
    nothing but :mod:`math`, a few builtins, and others of the kind.

    >>> visibly_pure(lambda step: 0.1 * 0.99**step)
    True
    >>> __name__ = "__main__"  # a user's code, and not ours
    >>> seen = []
    >>> visibly_pure(lambda step: 0.1 if seen.append(step) else 0.2)
    False
    """
    return _pure(function, set())


def _pure(x: Any, seen: set[int]) -> bool:
    if isinstance(x, ATOMS) or id(x) in seen:
        return True
    seen.add(id(x))
    if not has_users_code(it=x):
        return not hasattr(x, "__next__")
    if isinstance(x, types.MethodType):
        return _pure(x.__func__, seen)
    if not isinstance(x, types.FunctionType):
        call = next((vars(c)["__call__"] for c in type(x).__mro__ if "__call__" in vars(c)), None)
        return isinstance(call, types.FunctionType) and _pure(call, seen)
    if not _stores_nothing(x.__code__):
        return False
    cells = [cell.cell_contents for cell in x.__closure__ or ()]
    known = [x.__globals__[name] for name in names_in(x.__code__) if name in x.__globals__]
    return all(_harmless(inner, seen) for inner in (*cells, *known))


def _harmless(x: Any, seen: set[int]) -> bool:
    """What may be read: numbers, containers, the math module; functions only if they are pure."""
    if isinstance(x, types.ModuleType):
        return x.__name__ in {"math", "numpy", "nn"}
    if isinstance(x, (dict, list, set, tuple)):
        return not has_users_code(it=x)
    return not callable(x) or isinstance(x, type) or _pure(x, seen)


def _stores_nothing(code: types.CodeType) -> bool:
    """Whether some code stores local variables only, and calls nothing by an unknown name."""
    instructions = list(dis.get_instructions(code))
    for instruction in instructions:
        name = instruction.opname
        if name.startswith(_CHANGING) and not name.startswith("STORE_FAST"):
            return False
        method = name == "LOAD_METHOD" or (
            name == "LOAD_ATTR" and "NULL|self" in (instruction.argrepr or "")
        )
        if method and instruction.argval not in _METHODS:
            return False
        if name == "LOAD_GLOBAL" and instruction.argval in _FORBIDDEN:
            return False
    return all(
        _stores_nothing(inner) for inner in code.co_consts if isinstance(inner, types.CodeType)
    )
