"""A model's architecture as a picture: neurons in columns, or layers as boxes where it is larger.

Nothing is computed and the model is not called: what is drawn is what it holds. Arrows go where the order is
known, which is inside MLP and Sequential; ``draw(model, x)`` shows what another module does with x.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autograd.drawing.model import Cluster, Edge, Graph, Node, number, plural, shorten
from nn import activations
from nn.modules.layers import MLP, Layer, Neuron
from nn.modules.linear import Linear
from nn.modules.module import Module
from nn.modules.sequential import Sequential

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.drawing.model import Options

COLUMN = 10
"""More neurons of a layer than this are drawn as the first few and a count."""

NEURONS = 60
"""More neurons than this, after that, and layers are drawn as boxes."""


@dataclass
class _Stage:
    """One step of a chain: its name, the module or function, and the neurons in it if it has any."""

    name: str
    step: Any
    weights: list[list[float]] | None = None
    biases: list[float] | None = None
    activation: str = ""

    @property
    def title(self) -> str:
        return " · ".join(shorten(part) for part in (self.name, _kind(self.step)) if part)

    def facts(self) -> list[str]:
        facts = []
        if self.weights:
            facts.append(f"{len(self.weights[0])} → {len(self.weights)}")
            if self.activation not in {"", "linear"}:
                facts[0] += f", {self.activation}"
        parameters = _parameters(self.step)
        if parameters:
            facts.append(plural(parameters, "parameter"))
        return facts


def diagram(model: Module, options: Options) -> Graph:
    """The architecture of a model."""
    stages = _chain(model, "")
    if not stages:
        return _containment(model, options)
    neurons = sum(_shown(len(stage.weights)) for stage in stages if stage.weights)
    most = options.max_nodes - _shown(len(stages[0].weights[0]) if stages[0].weights else 0)
    most = min(NEURONS, most) if options.collapse is None else most
    wanted = options.collapse is None or options.collapse is False
    if wanted and neurons and neurons <= most and stages[0].weights:
        return _columns(model, stages, options)
    return _boxes(model, stages, options)


# --- what is in a model ----------------------------------------------------------------------


def _chain(model: Any, name: str) -> list[_Stage] | None:
    """The steps of a model that is nothing but steps in a row; None if it may be something else."""
    stages: list[_Stage] = []
    # (module, its name), the next on top
    stack = [(model, name)]
    while stack:
        step, own = stack.pop()
        inner = own + "." if own else ""
        if isinstance(step, (MLP, Sequential)) and _is_own(step):
            steps: Sequence[Any] = step.layers
            stack.extend((steps[i], f"{inner}layers[{i}]") for i in range(len(steps) - 1, -1, -1))
        elif own or _neurons(step) is not None:
            stages.append(_neurons(step, own) or _Stage(own, step))
        else:
            return None
    return stages


def _is_own(module: Module) -> bool:
    """Whether a module computes what its class in this package does, not what a subclass made of it."""
    return type(module).forward in {MLP.forward, Sequential.forward}


def _neurons(step: Any, name: str = "") -> _Stage | None:
    if isinstance(step, Layer) and type(step).forward is Layer.forward:
        neurons = step.neurons
    elif isinstance(step, Neuron) and type(step).forward is Neuron.forward:
        neurons = [step]
    elif isinstance(step, Linear) and type(step).forward is Linear.forward:
        weights = [[w.data for w in row] for row in step.weight]
        biases = None if step.bias is None else [b.data for b in step.bias]
        return _Stage(name, step, weights, biases, "linear")
    else:
        return None
    weights = [[w.data for w in neuron.w] for neuron in neurons]
    if len({len(row) for row in weights}) != 1:
        return None
    biases = [neuron.b.data for neuron in neurons if neuron.b is not None]
    functions = {activations.shown(neuron.activation).strip("'") for neuron in neurons}
    return _Stage(
        name,
        step,
        weights,
        biases if len(biases) == len(weights) else None,
        functions.pop() if len(functions) == 1 else "",
    )


def _kind(step: Any) -> str:
    if isinstance(step, Module):
        return type(step).__name__
    return getattr(step, "__name__", type(step).__name__)


def _named(step: Any) -> str:
    """A step with its arguments, if it is a module: a function's repr would be different on each run."""
    return repr(step) if isinstance(step, Module) else _kind(step)


def _parameters(step: Any) -> int:
    return len(step.parameters()) if isinstance(step, Module) else 0


def _shown(count: int) -> int:
    return count if count <= COLUMN else COLUMN - 1


# --- neurons in columns ----------------------------------------------------------------------


def _columns(model: Module, stages: list[_Stage], options: Options) -> Graph:
    graph = Graph(straight=True)
    frame = _frame(graph, model)
    first = stages[0].weights or [[]]
    before = _column(graph, [Node(f"x[{i}]", kind="input") for i in range(len(first[0]))], None)
    top = 0.0
    i = 0
    while i < len(stages):
        stage = stages[i]
        title, facts = stage.title, stage.facts()
        activation = stage.activation
        i += 1
        if stage.weights and i < len(stages) and type(stages[i].step) in _ELEMENTWISE:
            activation = repr(stages[i].step).removesuffix("()")
            activation = activation.removeprefix("Activation('").removesuffix("')").lower()
            title = f"{title}, {stages[i].title}"
            i += 1
        cluster = len(graph.clusters)
        graph.clusters.append(Cluster(" · ".join([title, *facts[-1:]]), frame))
        if stage.weights is None:
            lines = tuple(shorten(line) for line in facts)
            here = _column(
                graph, [Node(shorten(_named(stage.step)), lines, kind="module")], cluster
            )
            graph.edges.extend(Edge(t, h) for h in here for t in before)
        else:
            nodes = []
            for k in range(len(stage.weights)):
                bias = (f"b = {number(stage.biases[k], options.digits)}",) if stage.biases else ()
                nodes.append(Node(activation or "neuron", bias))
            here = _column(graph, nodes, cluster)
            for k, head in enumerate(here):
                for j, tail in enumerate(before):
                    real = "more" not in {graph.nodes[head].kind, graph.nodes[tail].kind}
                    weight = stage.weights[k][j] if real and j < len(stage.weights[k]) else None
                    edge = Edge(tail, head)
                    if weight is not None:
                        edge.weight, edge.negative = abs(weight), weight < 0
                        top = max(top, abs(weight)) if weight - weight == 0 else top
                    graph.edges.append(edge)
        before = here
    for place in before:
        graph.nodes[place].output = graph.nodes[place].kind != "more"
    for edge in graph.edges:
        if edge.weight is not None:
            finite = edge.weight - edge.weight == 0
            edge.weight = edge.weight / top if finite and top else float(not finite)
    graph.notes.append("Lines are weights: thick ones large, dashed ones negative")
    return graph


_ELEMENTWISE = (
    activations.Activation,
    activations.ReLU,
    activations.LeakyReLU,
    activations.ELU,
    activations.GELU,
    activations.SiLU,
    activations.Sigmoid,
    activations.Softplus,
    activations.Tanh,
)


def _column(graph: Graph, nodes: list[Node], cluster: int | None) -> list[int]:
    """Add a column of nodes, or the first of them and a count; their places."""
    shown = nodes[: _shown(len(nodes))]
    if len(shown) < len(nodes):
        shown = [*shown, Node(f"… {len(nodes) - len(shown):,} more", kind="more")]
    places = []
    for node in shown:
        node.cluster = cluster
        places.append(len(graph.nodes))
        graph.nodes.append(node)
    graph.columns.append(places)
    return places


# --- layers as boxes -------------------------------------------------------------------------


def _boxes(model: Module, stages: list[_Stage], options: Options) -> Graph:
    graph = Graph()
    frame = _frame(graph, model)
    graph.nodes.append(Node("input", kind="input"))
    if stages[0].weights:
        graph.nodes[0].lines = (plural(len(stages[0].weights[0]), "number"),)
    room = options.max_nodes - 2  # for the input and the output
    shown = stages if len(stages) <= room else stages[: max(room - 1, 1)]
    graph.nodes.extend(_box(stage, frame) for stage in shown)
    if len(shown) < len(stages):
        graph.nodes.append(Node(f"… {len(stages) - len(shown):,} more", kind="more"))
    graph.nodes.append(Node("output", kind="op", output=True))
    if stages[-1].weights:
        graph.nodes[-1].lines = (plural(len(stages[-1].weights), "number"),)
    graph.edges = [Edge(i, i + 1) for i in range(len(graph.nodes) - 1)]
    return graph


def _containment(model: Module, options: Options) -> Graph:
    """Modules inside modules, in the order of their attributes."""
    graph = Graph()
    frames: dict[str, int] = {}
    places: dict[str, int] = {}
    named = dict(model.named_modules())
    parents = {name: _parent(name, named) for name in named}
    holders = {parent for parent in parents.values() if parent is not None}
    for name, module in named.items():
        parent = parents[name]
        if parent is not None and parent not in frames:
            continue  # it is part of what is drawn as one box
        own = name if parent is None else name[len(parent) :].lstrip(".")
        cluster = None if parent is None else frames[parent]
        stage = _neurons(module, own)
        if stage is None and name in holders:
            frames[name] = len(graph.clusters)
            graph.clusters.append(Cluster(_Stage(own, module).title, cluster))
        elif len(graph.nodes) < options.max_nodes:
            places[name] = len(graph.nodes)
            graph.nodes.append(_box(stage or _Stage(own, module), cluster))
        else:
            graph.notes.append(f"Only the first {plural(options.max_nodes, 'module')} are shown")
            break
    for name, module in named.items():
        if isinstance(module, (MLP, Sequential)) and _is_own(module):
            prefix = name + "." if name else ""
            steps = [places.get(f"{prefix}layers[{i}]") for i in range(len(module.layers))]
            for tail, head in pairwise(steps):
                if tail is not None and head is not None:
                    graph.edges.append(Edge(tail, head))
    graph.notes.append("What its parts are; draw(model, x) shows what it does with them")
    return graph


def _parent(name: str, named: dict[str, Module]) -> str | None:
    """The name of the module that holds a module; None for the outermost."""
    for i in range(len(name) - 1, 0, -1):
        if name[i] == "." and name[:i] in named:
            return name[:i]
    return "" if name else None


def _box(stage: _Stage, cluster: int | None) -> Node:
    title = stage.name or _kind(stage.step)
    kind = [_kind(stage.step)] if stage.name else []
    lines = kind if stage.weights else [_named(stage.step)]
    lines = [shorten(line) for line in (*lines, *stage.facts())]
    return Node(shorten(title), tuple(lines), kind="module", cluster=cluster)


def _frame(graph: Graph, model: Module) -> int:
    """A frame around all of it."""
    graph.clusters.append(
        Cluster(f"{type(model).__name__} · {plural(_parameters(model), 'parameter')}")
    )
    return len(graph.clusters) - 1
