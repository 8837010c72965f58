"""Compiled programs in files: the tape with the structure of its arguments and its answer.

A file is a line that says what it is, a digest of all that follows, then JSON and the tape's numbers. Nothing in it is
executed but the tape, whose operations are checked when it is read: each reads what was made before it, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

from ..emit.operations import NUMBER, OPERATIONS
from ..files import write_atomically
from ..native import core
from ..reals import real
from ..structure import Structure
from .shortcut import DEEPEST, Shortcut, route
from .tape import Code, check, evaluate, tape
from .trees import build

if TYPE_CHECKING:
    import os

MAGIC = b"valuegrad program 1\n"
"""What a file begins with; the number is that of the format."""
_DIGEST = 32
_LARGEST = 1 << 31


class ProgramError(ValueError):
    """A file is no saved program, or a damaged one.

    >>> import tempfile
    >>> from pathlib import Path
    >>> import autograd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "broken.vg"
    ...     _ = path.write_bytes(b"no program")
    ...     try:
    ...         autograd.load_program(path)
    ...     except autograd.ProgramError as error:
    ...         print("broken.vg" in str(error))
    True
    """


class Saved(NamedTuple):
    """What stands in a file."""

    name: str
    arguments: Structure
    """Of ``args``."""
    answer: Structure
    code: Code
    exact: Code | None
    """What is run where an answer has a nan that may be wrong; None where none is."""


class LoadedProgram(Shortcut):
    """What :func:`load_program` returns: called as the compiled function was.

    Attributes:
        name: the function's.
        arguments: the structure of its arguments.
        answer: the structure of its answer.

    >>> import tempfile
    >>> from autograd import compile, grad, load_program
    >>> slope = compile(grad(lambda x: x**3))
    >>> slope(2.0)
    12.0
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     slope.save(f"{folder}/slope.json")
    ...     program = load_program(f"{folder}/slope.json")
    >>> program(3.0)
    27.0
    """

    def __init__(self, saved: Saved) -> None:
        self.name = self.__name__ = saved.name
        self.arguments, self.answer = saved.arguments, saved.answer
        self._run = _runner(saved.code)
        self._exact = None if saved.exact is None else _runner(saved.exact)
        if core is not None:
            made, doubtful = self._run.__self__, saved.exact is not None
            way = route(made, saved.arguments, saved.answer, (), doubtful, None)
            if way is not None:
                self.remember(way)

    def _call(self, *args: Any, **kwargs: Any) -> Any:
        """The answer for arguments of the saved structure.

        Raises:
            TypeError: if they are named, or no numbers.
            ValueError: if they have another structure.
        """
        if kwargs:
            raise TypeError(f"{self.name} was saved for arguments by position, not {[*kwargs]}")
        leaves = self.arguments.match(args, "args", f"what {self.name} was saved for")
        numbers = [
            x if type(x) is float else real(x, f"argument {self.arguments.path(i) or i}")
            for i, x in enumerate(leaves)
        ]
        found = self._run(numbers, [])
        if self._exact is not None and any(x != x for x in found):
            found = self._exact(numbers, [])
        return build(self.answer, found)

    def __repr__(self) -> str:
        return f"<program {self.name}: {self.arguments} -> {self.answer}>"


def _runner(code: Code) -> Any:
    """What runs a code: called with the arguments' numbers, and none of captured Values."""
    if core is not None:
        return tape(code).run
    return lambda numbers, _: evaluate(code, numbers)


# --- writing ---------------------------------------------------------------------------------


def save(saved: Saved, path: str | os.PathLike[str]) -> None:
    """Write a program to a file, whole or not at all.

    Raises:
        TypeError: if an argument or the answer is in a container that a file cannot tell of.
        OSError: if the file cannot be written.
    """
    codes = [saved.code] if saved.exact is None else [saved.code, saved.exact]
    head = {
        "name": saved.name,
        "arguments": _told(saved.arguments, "an argument"),
        "answer": _told(saved.answer, "the answer"),
        "operations": [operation.name for operation in OPERATIONS],
        "codes": [[code.leaves, *(len(part) for part in code[1:])] for code in codes],
    }
    text = json.dumps(head, separators=(",", ":")).encode()
    parts = [len(text).to_bytes(4, "little"), text]
    for code in codes:
        for numbers in (code.constants, code.operations, code.outputs):
            parts.append(_little(numbers).tobytes())
    content = b"".join(parts)
    write_atomically(path, MAGIC + hashlib.sha256(content).digest() + content)


def _little(numbers: array[Any]) -> array[Any]:
    """Numbers in the order of bytes that files have."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers


def _told(structure: Structure, what: str) -> Any:
    kind = structure.kind
    if kind is None:
        return "number"
    if kind is NoneType:
        return "none"
    if structure.is_array:
        return ["array", list(structure.shape)]
    inside: Any = structure.size
    if structure.children:
        inside = [_told(part, what) for part in structure.children]
    if kind in (list, tuple):
        return [kind.__name__, inside]
    if kind is dict and all(type(key) in (str, int) for key in structure.keys):
        return ["dict", inside, list(structure.keys)]
    raise TypeError(
        f"{what} is {structure.describe()}{' with such keys' if kind is dict else ''}; a file can tell of lists, tuples, "
        f"dicts with texts or whole numbers as keys, None and arrays"
    )


# --- reading ---------------------------------------------------------------------------------


def load_program(path: str | os.PathLike[str]) -> LoadedProgram:
    """A program that :meth:`Compiled.save <autograd.compiler.Compiled.save>` has written.

    It needs neither the function nor what it captured, and takes no time to compile. Without the native core it runs
    too, slowly.

    Raises:
        ProgramError: if the file is no saved program, is of another version, or is damaged.
        OSError: if it cannot be read.

    >>> import tempfile
    >>> from autograd import compile, sin, value_and_grad
    >>> f = compile(value_and_grad(lambda xs: sin(xs[0]) * xs[1]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     f.lower([0.0, 0.0]).save(f"{folder}/f.vg")
    ...     g = load_program(f"{folder}/f.vg")
    >>> g([0.0, 2.0])
    (0.0, [2.0, 0.0])
    """
    content = Path(path).read_bytes()
    try:
        return LoadedProgram(_read(content))
    except ProgramError as error:
        raise ProgramError(f"{path}: {error}") from None
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        raise ProgramError(f"{path} is damaged: {error}") from None


def _read(content: bytes) -> Saved:
    start = len(MAGIC) + _DIGEST
    if not content.startswith(MAGIC):
        if content.startswith(MAGIC[:-2]):
            raise ProgramError("it was saved by another version of valuegrad")
        raise ProgramError("it is no saved program")
    if (
        len(content) < start
        or hashlib.sha256(content[start:]).digest() != content[len(MAGIC) : start]
    ):
        raise ProgramError("it is damaged: its digest is not that of its content")
    size = int.from_bytes(content[start : start + 4], "little")
    head = json.loads(content[start + 4 : start + 4 + size])
    rest = memoryview(content)[start + 4 + size :]
    if not isinstance(head, dict) or not isinstance(head["name"], str):
        raise ProgramError("it is damaged: it does not say what it is")
    renumbered = []
    for name in head["operations"]:
        if name not in NUMBER:
            raise ProgramError(f"it has the operation {name!r:.40}, which this version has not")
        renumbered.append(NUMBER[name])
    codes = []
    for leaves, *counts in head["codes"]:
        parts = []
        for kind, count in zip("dii", counts, strict=True):
            numbers = array(kind)
            width = _whole(count) * numbers.itemsize
            if width > len(rest):
                raise ProgramError("it is damaged: it ends too early")
            numbers.frombytes(rest[:width])
            rest = rest[width:]
            parts.append(_little(numbers))
        constants, operations, outputs = parts
        for i in range(0, len(operations), 4):
            operations[i] = renumbered[operations[i]] if operations[i] >= 0 else -1
        code = Code(_whole(leaves), constants, operations, outputs)
        check(code)
        codes.append(code)
    arguments, answer = _structure(head["arguments"]), _structure(head["answer"])
    fits = arguments.kind is tuple and len(codes) in (1, 2) and not len(rest)
    for code in codes:
        fits = fits and code.leaves == arguments.size and len(code.outputs) == answer.size
    if not fits:
        raise ProgramError("it is damaged: its parts do not fit together")
    return Saved(head["name"], arguments, answer, codes[0], codes[1] if len(codes) > 1 else None)


def _whole(number: Any) -> int:
    if type(number) is not int or not 0 <= number < _LARGEST:
        raise ProgramError(f"it is damaged: {number!r:.40} is no size")
    return number


def _structure(told: Any, depth: int = 0) -> Structure:
    """The structure that a file tells of."""
    if depth > DEEPEST:
        raise ProgramError("it is damaged: its structures are too deep")
    if told == "number":
        return Structure(None, 1)
    if told == "none":
        return Structure(NoneType, 0)
    if not isinstance(told, list) or len(told) < 2:
        raise ProgramError(f"it is damaged: {told!r:.40} is no structure")
    kind, inside, *more = told
    if kind == "array":
        import numpy as np

        shape = tuple(map(_whole, inside))
        size = 1
        for length in shape:
            size = _whole(size * length)
        if not 1 <= len(shape) <= 32 or more:
            raise ProgramError("it is damaged: it has an array of no shape")
        return Structure(np.ndarray, size, shape=shape)
    children: tuple[Structure, ...] = ()
    if isinstance(inside, list):
        children = tuple(_structure(part, depth + 1) for part in inside)
        size = _whole(sum(part.size for part in children))
    else:
        size = _whole(inside)
    if kind in ("list", "tuple") and not more:
        return Structure(list if kind == "list" else tuple, size, children=children)
    keys = tuple(more[0]) if kind == "dict" and len(more) == 1 else None
    count = len(children) if isinstance(inside, list) else size
    if keys is None or len(set(keys)) != count or {type(key) for key in keys} - {str, int}:
        raise ProgramError(f"it is damaged: {kind!r:.40} is no structure")
    return Structure(dict, size, keys, children)
