"""An array program as a picture: a box for each instruction, an arrow for each array that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.drawing.model import Cluster, Edge, Graph, Node, number, plural

from .ir.program import CONSTANTS, LANES, ONCE, ROWS, View

if TYPE_CHECKING:
    from autograd.drawing.model import Options

    from .ir.program import Instruction, Program

_ARENAS = {
    ONCE: "shared by all lanes",
    LANES: "in each lane",
    ROWS: "arguments",
    CONSTANTS: "constants",
}


def diagram(program: Program, options: Options) -> Graph:
    """The instructions of a program, forward and reverse, and what flows between them.

    A box says the operation and, in the program's own notation, where its result stands and of what
    shape; ``L`` is the number of lanes.
    """
    import numpy as np

    graph = Graph(clusters=[Cluster("forward"), Cluster("reverse")])
    sizes = {ONCE: program.once, LANES: program.lanes, ROWS: program.rows}
    sizes[CONSTANTS] = len(program.constants)
    # For each number of each arena the box that wrote it last; -1 for what is given, -2 for what needs no box.
    writers = {arena: np.full(max(size, 1), -1) for arena, size in sizes.items()}
    for ones in program.ones:
        writers[ones.arena][ones.positions] = -2
    names = _ARENAS if program.laned else {**_ARENAS, ONCE: "given"}
    sources: dict[str, int] = {}
    for i, instruction in enumerate(program.instructions):
        tails: dict[int, None] = {}
        for view in instruction.operands:
            if not isinstance(view, View):
                continue
            wrote = writers[view.arena][instruction.reads(view)]
            tails.update(dict.fromkeys(int(t) for t in np.unique(wrote) if t >= 0))
            if (wrote == -1).any():
                name = str(view)
                if name not in sources:
                    sources[name] = len(graph.nodes)
                    graph.nodes.append(Node(name, (names[view.arena],), kind="input"))
                tails[sources[name]] = None
        place = len(graph.nodes)
        reverse = int(i >= program.forward)
        graph.nodes.append(
            Node(_title(instruction, options), (str(instruction.out),), cluster=reverse)
        )
        graph.edges.extend(Edge(tail, place) for tail in tails)
        writers[instruction.out.arena][instruction.writes] = place
    for group in program.outputs:
        for ref in group:
            if not isinstance(ref, float):
                for place in np.unique(writers[ref.arena][ref.positions]):
                    if place >= 0:
                        graph.nodes[int(place)].output = True
    graph.notes.append(plural(len(program.instructions), "instruction"))
    return graph.nearest(options.max_nodes)


def _title(instruction: Instruction, options: Options) -> str:
    """The operation, with the numbers among its operands."""
    name = instruction.op
    if name == "reduce":
        kind, axes = instruction.detail
        name = f"{kind} over the last {'axis' if axes == 1 else f'{axes} axes'}"
    numbers = [x for x in instruction.operands if not isinstance(x, View)]
    if not numbers:
        return name
    shown = [
        "•" if isinstance(x, View) else number(x, options.digits) for x in instruction.operands
    ]
    return f"{name}({', '.join(shown)})"
