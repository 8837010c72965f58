"""The compiler's structures as pictures: a box for each operation, group or instruction, an arrow for what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.drawing.model import Cluster, Edge, Graph, Node, number, plural

from .ir.program import CONSTANTS, LANES, ONCE, ROWS, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.drawing.model import Kind, Options

    from .ir.array import ArrayGraph
    from .ir.program import Instruction, Program
    from .ir.scalar import ScalarGraph
    from .reroll import Schedule

_ARENAS = {
    ONCE: "shared by all lanes",
    LANES: "in each lane",
    ROWS: "arguments",
    CONSTANTS: "constants",
}


def scalar_diagram(graph: ScalarGraph, options: Options) -> Graph:
    """The operations of a scalar graph; its constants stand in the boxes of those that use them."""
    picture = Graph()
    places: dict[int, int] = {}
    for identity, row in enumerate(graph.primitives):
        if identity in graph.constants:
            continue
        places[identity] = len(picture.nodes)
        if row is None:
            kind: Kind = "input" if identity < graph.arguments else "parameter"
            picture.nodes.append(Node(graph.name(identity), kind=kind))
            continue
        ids = graph.operands[identity]
        numbers = [graph.constants.get(i) for i in ids]
        picture.nodes.append(Node(_applied(row.name, numbers, options), (graph.name(identity),)))
        tails = dict.fromkeys([places[i] for i in ids if i in places])
        picture.edges.extend(Edge(tail, places[identity]) for tail in tails)
    for i in graph.outputs:
        if i in places:
            picture.nodes[places[i]].output = True
    picture.notes.append(plural(graph.operations, "operation"))
    return picture.nearest(options.max_nodes)


def schedule_diagram(schedule: Schedule, options: Options) -> Graph:
    """The groups of a schedule, and what flows between them."""
    graph = schedule.flat.graph
    names = {0: "arguments", 1: "captured"}
    picture = Graph(nodes=[Node(name, kind="input") for name in names.values()])
    group_of = {i: int(i >= graph.arguments) for i in range(graph.leaves)}
    for group in schedule.groups:
        place = len(picture.nodes)
        title, _, marks = str(group).partition(" (")
        picture.nodes.append(
            Node(title.replace(" x ", " × "), (marks.rstrip(")"),) if marks else ())
        )
        tails = {group_of[i] for node in group.nodes for i in graph.operands[node] if i in group_of}
        picture.edges.extend(Edge(tail, place) for tail in sorted(tails))
        group_of.update(dict.fromkeys(group.nodes, place))
    for i in graph.outputs:
        if i in group_of:
            picture.nodes[group_of[i]].output = True
    picture.notes.append(plural(len(schedule.groups), "group"))
    return picture.nearest(options.max_nodes)


def array_diagram(graph: ArrayGraph, options: Options) -> Graph:
    """The values of an array graph; constants stand in the boxes of those that use them."""
    import numpy as np

    picture = Graph()
    owner = np.full(graph.size, -1)
    for place, value in enumerate(graph.values):
        leaf = value.op == "input"
        shape = " × ".join([*map(str, value.shape), *(["lanes"] if value.batched else [])])
        numbers = [x if isinstance(x, float) else None for x in value.args]
        title = "leaves" if leaf else _applied(value.name, numbers, options)
        picture.nodes.append(Node(title, (shape,), kind="input" if leaf else "op"))
        tails = {int(x) for elements in value.reads for x in np.unique(owner[elements]) if x >= 0}
        picture.edges.extend(Edge(tail, place) for tail in sorted(tails))
        owner[value.base : value.stop] = place
    for place in np.unique(owner[[*graph.outputs, *graph.gradients]]):
        if place >= 0:
            picture.nodes[int(place)].output = True
    picture.notes.append(plural(graph.operations, "operation"))
    return picture.nearest(options.max_nodes)


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
                name = program.text(view)
                if name not in sources:
                    sources[name] = len(graph.nodes)
                    graph.nodes.append(Node(name, (names[view.arena],), kind="input"))
                tails[sources[name]] = None
        place = len(graph.nodes)
        reverse = int(i >= program.forward)
        graph.nodes.append(
            Node(_title(instruction, options), (program.text(instruction.out),), cluster=reverse)
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
    return _applied(
        name, [None if isinstance(x, View) else x for x in instruction.operands], options
    )


def _applied(name: str, numbers: Sequence[float | None], options: Options) -> str:
    """An operation with the numbers among its operands."""
    if all(x is None for x in numbers):
        return name
    shown = ["•" if x is None else number(x, options.digits) for x in numbers]
    return f"{name}({', '.join(shown)})"
