"""The stages by themselves, for looking at what each one makes of a function."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import modes
from ..structure import ENTRY, Structure, flatten
from ..tracing import note_on_arrays
from .ir.scalar import COMPUTED, CONST, ScalarGraph
from .recording import Recorder, TraceError, ids_of
from .simplify import simplify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from autograd.drawing.model import Graph, Options


class Recording(NamedTuple):
    """What a function did."""

    recorder: Recorder
    arguments: Sequence[int]
    """The ids of the arguments' entries."""
    outputs: Sequence[int]
    """The ids of the results."""
    out: Structure
    """Their structure."""

    def graph(self) -> ScalarGraph:
        """The recording as a scalar graph: all of it, leaves first."""
        recorder = self.recorder
        captured = [i for i in recorder.parameters if i not in set(self.arguments)]
        first = [*self.arguments, *captured]
        inner = [i for i in range(len(recorder.operands)) if i not in set(first)]
        new_id = {old: new for new, old in enumerate([*first, *inner])}
        roles = [CONST if i in recorder.constants else COMPUTED for i in inner]
        return ScalarGraph(
            len(self.arguments),
            tuple([recorder.parameters[i] for i in captured]),
            [recorder.primitives[i] for i in new_id],
            [tuple([new_id[x] for x in recorder.operands[i]]) for i in new_id],
            bytearray([*[COMPUTED] * len(first), *roles]),
            {new_id[i]: number for i, number in recorder.constants.items()},
            tuple([new_id[i] for i in self.outputs]),
        ).assigned()

    def __str__(self) -> str:
        return str(self.graph())

    def _drawing(self, options: Options) -> Graph:
        return self.graph()._drawing(options)


def record(function: Callable[..., Any], structure: Structure, exact: bool = False) -> Recording:
    """Call a function once on symbols.

    Args:
        function: what to call.
        structure: the structure of ``(args, kwargs)``.
        exact: whether derivatives are to tell what is absent from 0; see :mod:`.masked`.
    """
    recorder = Recorder(exact)
    symbols = [recorder.argument() for _ in range(structure.size)]
    args, kwargs = structure.unflatten(symbols)
    with tracing(recorder):
        answer = function(*args, **kwargs)
    leaves, out = ([None], ENTRY) if answer is None else flatten(answer)  # None alone is refused
    return Recording(recorder, [s._id for s in symbols], ids_of(recorder, leaves), out)


@contextmanager
def tracing(recorder: Recorder) -> Iterator[None]:
    """Around the call of a function on symbols: nothing that it captures may be frozen unnoticed."""
    # A transform inside connects its answer with captured Values only if another one is at work.
    dropped: list[str] = []
    token = modes.dropped.set(dropped)
    try:
        symbol_of = modes.lift(lambda value: recorder.symbol(ids_of(recorder, [value])[0]))
        with symbol_of, nullcontext() if modes.recording.get() else modes.enable_grad():
            yield
    except TypeError as error:
        note_on_arrays(error)
        raise
    finally:
        modes.dropped.reset(token)
    if dropped:
        raise TraceError(
            f"a captured Value was turned into a float, {dropped[0]}: its number would be frozen; use "
            f"autograd's function of the same name instead of math's, or .data if that is meant"
        )


def simplified(function: Callable[..., Any], *args: Any) -> ScalarGraph:
    """The simplified graph of a function of arguments like these.

    >>> print(simplified(lambda xs: sum(x * 2 for x in xs), [1.0, 1.0]))
    x0, x1
    v3 = x0 × 2
    v4 = x1 × 2
    v5 = v3 + v4
    return v5
    """
    recorder, arguments, outputs, _ = record(function, flatten((args, {}))[1])
    return simplify(recorder, arguments, outputs)


def numbers(args: Sequence[Any]) -> list[Any]:
    """The entries of arguments, in order."""
    return flatten(args)[0]
