"""A graph as a tape: flat instructions of basic operations, which the native core runs (``native/tape.h``).

Every row unfolds into operations that C knows (:mod:`autograd.emit.operations`); an instruction takes one to two
nanoseconds, where a line of generated Python takes 25.
"""

from __future__ import annotations

from array import array
from collections import Counter
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ..emit.operations import OPERATIONS, Unfolded, unfold
from ..namespaces import IEEE
from ..native import core
from ..operations import Opaque

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..primitives import Primitive
    from .ir.scalar import ScalarGraph


NONE = ((0, 0, 0), (0, 0), (0,), ())
"""What stands for the operands that an operation does not have, by how many it has."""


class Code(NamedTuple):
    """A straight-line program of basic operations.

    A number is a leaf, by its place, or the result of an operation, counted on from the leaves; ``~k`` is constant k.

    >>> from autograd import sigmoid
    >>> from autograd.compiler.stages import simplified
    >>> print(encode(simplified(lambda x, y: sigmoid(x) * y - 1.0, 1.0, 1.0)))
    2 leaves
    2 = less_equal 0.0, 0
    3 = abs 0
    4 = neg 3
    5 = exp 4
    6 = where 2, 1.0, 5
    7 = add 1.0, 5
    8 = div 6, 7
    9 = mul 8, 1
    10 = sub 9, 1.0
    return 10
    """

    leaves: int
    constants: array[float]
    operations: array[int]
    """Four for each: the number of its operation, and three operands; 0 for those that it does not have."""
    outputs: array[int]

    def steps(self) -> Iterable[tuple[int, int, tuple[int, ...]]]:
        """Each operation: its result, its number, and its operands."""
        code = self.operations.tolist()
        for i in range(0, len(code), 4):
            operation = code[i]
            last = i + 1 + OPERATIONS[operation].arity
            yield self.leaves + i // 4, operation, tuple(code[i + 1 : last])

    def __str__(self) -> str:
        def name(i: int) -> str:
            return str(i) if i >= 0 else str(self.constants[~i])

        lines = [f"{self.leaves} leaves"]
        for result, operation, operands in self.steps():
            lines.append(
                f"{result} = {OPERATIONS[operation].name} {', '.join(map(name, operands))}"
            )
        return "\n".join([*lines, f"return {', '.join(map(name, self.outputs))}"])

    def closed(self, numbers: Sequence[float]) -> Code:
        """The same with the last leaves' numbers as constants."""
        count = self.leaves - len(numbers)
        constants = self.constants + array("d", numbers)
        first = len(self.constants)

        def place(i: int) -> int:
            if i < count:
                return i
            return ~(first + i - count) if i < self.leaves else i - len(numbers)

        operations = array("i")
        for _, operation, operands in self.steps():
            operations.extend((operation, *map(place, operands), *NONE[len(operands)]))
        return Code(count, constants, operations, array("i", map(place, self.outputs)))


def check(code: Code) -> None:
    """See that every operation is one, and reads what was made before it.

    Raises:
        ValueError: naming the first that does not.
    """
    least, flat = -len(code.constants), code.operations.tolist()
    for i in range(0, len(flat), 4):
        operation, *operands = flat[i : i + 4]
        if len(operands) != 3:
            raise ValueError("the tape ends within an operation")
        if not 0 <= operation < len(OPERATIONS):
            raise ValueError(f"operation {i // 4} of the tape has the number {operation}")
        arity = OPERATIONS[operation].arity
        wrong = [x for x in operands[:arity] if not least <= x < code.leaves + i // 4]
        if wrong or any(operands[arity:]):
            raise ValueError(f"operation {i // 4} of the tape reads {operands}")
    for x in code.outputs:
        if not least <= x < code.leaves + len(flat) // 4:
            raise ValueError(f"an output of the tape is {x}, which is no number of it")


def evaluate(code: Code, leaves: Sequence[float]) -> list[float]:
    """What a tape means: its outputs, one operation after the other, in Python.

    Raises:
        IndexError: if an operand is no number made before.
    """
    numbers = list(leaves)
    for _, operation, operands in code.steps():
        values = [numbers[i] if i >= 0 else code.constants[~i] for i in operands]
        numbers.append(_MEANING[operation](*values))
    return [numbers[i] if i >= 0 else code.constants[~i] for i in code.outputs]


def _meaning(name: str) -> Any:
    """An operation on floats."""
    own = {
        "neg": lambda a: -a,
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "less": lambda a, b: float(a < b),
        "less_equal": lambda a, b: float(a <= b),
        "equal": lambda a, b: float(a == b),
        "isnan": lambda a: float(a != a),
        "muladd": lambda a, b, c: a * b + c,
        "mulsub": lambda a, b, c: a * b - c,
        "submul": lambda a, b, c: c - a * b,
    }
    return own.get(name) or getattr(IEEE, name)


_MEANING = [_meaning(operation.name) for operation in OPERATIONS]


def encode(graph: ScalarGraph) -> Code:
    """A graph as a tape.

    Raises:
        TypeError: if a row's rule cannot be unfolded; a user's may be any function of floats.
    """
    writer = _Writer(graph.leaves)
    place = [*range(graph.leaves)]
    known, write, constants = place.__getitem__, writer.write, graph.constants
    rows = zip(graph.primitives, graph.operands, strict=True)
    for i, (row, operands) in enumerate(islice(rows, graph.leaves, None), graph.leaves):
        if row is None:
            place.append(writer.constant(constants[i]))
        else:
            place.append(write(row, tuple(map(known, operands))))
    outputs = array("i", map(known, graph.outputs))
    return Code(graph.leaves, writer.constants, array("i", writer.operations), outputs)


class _Writer:
    """Writes operations down, row by row."""

    def __init__(self, leaves: int) -> None:
        self.next = leaves
        self.constants = array("d")
        self.operations: list[int] = []
        self._known: dict[str, int] = {}
        self._plain: dict[Primitive, int] = {}

    def constant(self, number: float) -> int:
        """The number of a constant."""
        key = number.hex()  # 0.0 and -0.0 are two
        known = self._known.get(key)
        if known is None:
            self.constants.append(number)
            known = self._known[key] = ~(len(self.constants) - 1)
        return known

    def write(self, row: Primitive, operands: tuple[int, ...]) -> int:
        """The number of a row's result."""
        operation = self._plain.get(row)
        if operation is not None:
            self.operations += (operation, *operands, *NONE[len(operands)])
            self.next += 1
            return self.next - 1
        unfolded = _unfolded(row, len(operands))
        steps = unfolded.steps
        if len(steps) == 1 and steps[0][1] == tuple(range(len(operands))):
            self._plain[row] = steps[0][0]
            return self.write(row, operands)
        places = list(operands)

        def number(operand: float) -> int:
            return places[operand] if type(operand) is int else self.constant(operand)

        for operation, needed in steps:
            self.operations += (operation, *map(number, needed), *NONE[len(needed)])
            places.append(self.next)
            self.next += 1
        return number(unfolded.result)


@lru_cache(4096)
def _unfolded(row: Primitive, count: int) -> Unfolded:
    if isinstance(row, Opaque):
        raise TypeError(f"{row.name} computes with floats alone")
    try:
        return unfold(row, count)
    except Exception as error:  # a user's rule may do anything with what is no float
        raise TypeError(f"{row.name} does not unfold: {error}") from error


PLAIN = 0.8
"""Nanoseconds an operation takes that is a processor's instruction."""
FUNCTION = 7.0
"""Nanoseconds a function of the C library takes."""
_FUNCTIONS = {
    number
    for number, operation in enumerate(OPERATIONS)
    if "ag_" in operation.text
    and operation.name not in {"abs", "isnan", "maximum", "minimum", "sqrt"}
}


def nanoseconds(graph: ScalarGraph) -> float:
    """What a graph will take as a tape, roughly; of a users' row that is none, as much as a function."""
    kinds = Counter(zip(graph.primitives, map(len, graph.operands), strict=True))
    return sum(
        count * _nanoseconds(row, operands)
        for (row, operands), count in kinds.items()
        if row is not None
    )


@lru_cache(4096)
def _nanoseconds(row: Primitive, count: int) -> float:
    try:
        steps = _unfolded(row, count).steps
    except TypeError:
        return FUNCTION
    return sum(FUNCTION if operation in _FUNCTIONS else PLAIN for operation, _ in steps)


def tape(code: Code) -> Any:
    """The tape that runs a code, in the native core.

    Raises:
        ValueError: if the code is none.
    """
    assert core is not None
    return core.Tape(code.leaves, code.constants, code.operations, code.outputs)


def tape_of(graph: ScalarGraph) -> Any:
    """The tape that runs a graph; None where there is no native core, or a user's row does not unfold."""
    if core is None:
        return None
    try:
        return tape(encode(graph))
    except TypeError:
        return None
