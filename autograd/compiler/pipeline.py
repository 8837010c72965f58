"""The passes from a recorded function to what runs, in order.

::

    record -> simplify -> softmax -> nary -> group -> build -> vjp -> legalize -> merge -> emit
                   \\-> derive (where there is no array worth its instructions; run by straightline.py)

``emit`` writes the program with the places that layout.search finds; running.py binds it to NumPy.

Each pass takes a structure, which it does not change, and returns one, which can be printed. Under
``AUTOGRAD_COMPILE_DEBUG=1`` the invariants of each (:mod:`.ir.verify`) are checked after it, and a line on stderr says
how many operations there were before and after, and how long it took.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from . import costing
from .array.build import build
from .array.legalize import legalize
from .array.merge import merge
from .array.vjp import vjp
from .derivative import gradient
from .emit.emit import emit
from .flatten import Flat, flatten
from .ir.array import ArrayGraph, verify
from .ir.program import Program
from .ir.verify import verify_groups, verify_nary, verify_program, verify_scalar, verify_simple
from .layout.search import placed
from .reroll import Schedule, reroll
from .simplify import simplify
from .softmax import shifted, unshifted
from .stages import Recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ir.scalar import ScalarGraph


class Task(NamedTuple):
    """What is asked of a recording, besides its results."""

    wanted: tuple[int, ...] = ()
    """The leaves to differentiate the first result by, ascending."""
    batched: tuple[int, ...] = ()
    """The arguments that differ from lane to lane."""
    exact: bool = False
    """Whether derivatives are to tell what is absent from 0; see :mod:`.masked`."""
    seeded: bool = False
    """Whether the cotangent to begin with is a number to be set before each run (``Program.seed``) rather than 1."""
    parts: tuple[int, ...] = ()
    """Where the parts of the leaves end that may be put in another order (``Program.order``)."""


def _simplify(found: Recording, task: Task) -> ScalarGraph:
    graph = simplify(found.recorder, found.arguments, found.outputs)
    return graph.assigned(task.wanted, task.batched)


def _softmax(graph: ScalarGraph, task: Task) -> ScalarGraph:
    return unshifted(shifted(graph) if task.wanted else graph)


def _derive(found: Recording, task: Task) -> ScalarGraph:
    recorder, arguments, outputs, _ = found
    slopes = gradient(recorder, [(outputs[0], 1.0)], [arguments[i] for i in task.wanted], last=True)
    ids = [i for x in slopes if (i := recorder.id_of(x)) is not None]
    return simplify(recorder, arguments, [*outputs, *ids])


class Pass(NamedTuple):
    """A step of the way."""

    name: str
    run: Callable[[Any, Task], Any]
    verify: Callable[[Any], None]


RECORD = "record"
"""What comes before all passes: see :func:`.stages.record`."""
SIMPLIFY = Pass("simplify", _simplify, verify_simple)
DERIVE = Pass("derive", _derive, verify_simple)
GROUP = (
    Pass("softmax", _softmax, verify_scalar),
    Pass("nary", lambda graph, task: flatten(graph, task.exact), lambda flat: verify_nary(flat.graph, flat.mixed)),
    Pass("group", lambda flat, task: reroll(flat, task.wanted, task.exact), lambda s: verify_groups(s.flat.graph, s.groups)),
)  # fmt: skip
LOWER = (
    Pass("build", lambda found, task: build(found, task.parts), verify),
    Pass("vjp", lambda graph, task: vjp(graph, task.wanted, task.seeded, task.exact), verify),
    Pass("legalize", lambda graph, task: legalize(graph), lambda g: verify(g, legal=True)),
    Pass("merge", lambda graph, task: merge(graph), lambda g: verify(g, legal=True)),
    Pass("emit", lambda graph, task: emit(graph, placed(graph)), verify_program),
)
"""From groups to a program, by way of an array graph."""
PASSES = (SIMPLIFY, *GROUP, *LOWER)
"""From a recording to an array program."""


def run(structure: Any, task: Task, *passes: Pass) -> Any:
    """What passes make of a structure.

    Raises:
        InvariantError: under ``AUTOGRAD_COMPILE_DEBUG=1``, if a pass breaks an invariant.
    """
    if os.environ.get("AUTOGRAD_COMPILE_DEBUG", "0") in {"", "0"}:
        for each in passes:
            structure = each.run(structure, task)
        return structure
    for each in passes:
        before, start = size_of(structure), time.perf_counter()
        structure = each.run(structure, task)
        milliseconds = 1e3 * (time.perf_counter() - start)
        change = f"{before:7} -> {size_of(structure):7} operations"
        sys.stderr.write(f"{each.name:9} {change} {milliseconds:9.2f} ms\n")
        each.verify(structure)
    return structure


def size_of(structure: Any) -> int:
    """How many operations, groups or instructions a structure has."""
    if isinstance(structure, Schedule):
        return len(structure.groups)
    if isinstance(structure, Program):
        return len(structure.instructions)
    if isinstance(structure, Recording):
        return sum(row is not None for row in structure.recorder.primitives)
    graph: ScalarGraph | ArrayGraph = structure.graph if isinstance(structure, Flat) else structure
    return graph.operations


def group(graph: ScalarGraph, task: Task) -> Schedule:
    """The groups of a simplified graph."""
    found: Schedule = run(graph, task, *GROUP)
    return found


def choose(graph: ScalarGraph, task: Task) -> Schedule | None:
    """The schedule of an array program if that is the faster way to run a graph, else None."""
    if task.batched:
        return group(graph, task)
    most = costing.most_groups(graph, task.wanted)
    if not most or costing.is_deeper(graph, most):
        return None
    found = group(graph, task)
    return found if len(found.groups) < most else None
