"""The steps of a random program: each calls some of what the native core offers, with anything."""

from __future__ import annotations

import copy
import gc
import operator
import pickle
import signal
import weakref
from array import array
from typing import TYPE_CHECKING, Any

import autograd as ag
import nn
from autograd import Value
from autograd.native import core
from autograd.primitives import TABLE
from autograd.state import state

from .hostile import CLASSES, SLOTS, Arity, Open, Parts, Program, Slotted, Twice

if TYPE_CHECKING:
    from collections.abc import Callable

ATTRIBUTES = ("data", "grad", "label", "scope", "primitive", "operands", "primals", "_data")
BINARY = ("add", "sub", "mul", "truediv", "pow", "lt", "le", "eq", "ne", "gt", "ge", "iadd", "mod")
UNARY = ("neg", "pos", "abs", "index", "not_", "truth", "invert")
TRANSFORMS = ("grad", "value_and_grad", "jacobian", "hessian", "hvp", "jvp", "vjp", "vmap")


def operate(program: Program) -> None:
    """An operator, or a function of the table."""
    dice = program.dice
    how = dice.randrange(4)
    if how == 0:
        pair = [program.node(), program.some(2)[0] if dice.random() < 0.3 else program.any()]
        dice.shuffle(pair)
        program.tried(getattr(operator, dice.choice(BINARY)), *pair)
    elif how == 1:
        program.tried(getattr(operator, dice.choice(UNARY)), program.node())
    elif how == 2:
        program.tried(
            getattr(
                ag,
                dice.choice(
                    (
                        "exp",
                        "log",
                        "hypot",
                        "atan2",
                        "sigmoid",
                        "sum",
                        "dot",
                        "clip",
                        "where",
                        "softmax",
                        "logsumexp",
                        "prod",
                    )
                ),
            ),
            *program.some(4),
        )
    else:
        program.tried(ag.sum, [program.node() for _ in range(dice.choice((1, 2, 3, 50)))])


def call(program: Program) -> None:
    """A function of the core's, or a method of something, with any arguments."""
    dice = program.dice
    if dice.random() < 0.5:
        names = [n for n in vars(core) if not n.startswith("__") and callable(getattr(core, n))]
        function = getattr(core, dice.choice(names))
    else:
        function = getattr(
            dice.choice((program.node(), type(program.node()))), dice.choice(SLOTS), None
        )
    options = {}
    if dice.random() < 0.2:
        options[dice.choice(("until", "create_graph", "gradient", "data", "label", "x"))] = (
            program.any()
        )
    if dice.random() < 0.3:
        program.tried(function, program.some(), *program.some(4), **options)
    else:
        program.tried(function, *program.some(), **options)


def attribute(program: Program) -> None:
    """Get, set or delete an attribute."""
    node, name = program.node(), program.dice.choice(ATTRIBUTES)
    how = program.dice.randrange(4)
    if how == 0:
        program.tried(setattr, node, name, program.any())
    elif how == 1:
        program.tried(delattr, node, name)
    elif how == 2 and isinstance(node, (Open, Slotted)):
        program.tried(setattr, node, "kept", program.some())
    else:
        program.tried(getattr, node, name)


def sweep(program: Program) -> None:
    """Back and forth."""
    dice, node = program.dice, program.node()
    how = dice.randrange(5)
    if how == 0:
        program.tried(node.backward, *program.some(2))
        return
    order = program.tried(ag.topological_order, *program.some(3), until=program.some(3))
    if how == 1 or not isinstance(order, list):
        return
    if dice.random() < 0.3:
        dice.shuffle(order)
    inputs, outputs = program.some(), program.some(3)
    if how == 2 and order:
        inputs, outputs = [dice.choice(order) for _ in range(2)], order[-1:]
    made = program.tried(core.Sweep, order, inputs, outputs)
    if made is None:
        return
    graph = dice.random() < 0.5
    seeds = [program.node() if graph else 1.0 for _ in (outputs if how < 4 else inputs)]
    if dice.random() < 0.3:
        seeds = program.some()
    program.tried(made.pull if how < 4 else made.push, seeds, graph)


def exchange(program: Program) -> None:
    """Another rule for a row, or another row."""
    dice = program.dice

    def rule(*arguments: Any) -> Any:
        program.further()
        return program.any() if dice.random() < 0.3 else 1.0

    rules = [
        rule,
        (rule, rule),
        (1.0, None),
        [rule] * 3,
        (lambda out, *x: [1.0] * len(x),),
        program.any(),
    ]
    if dice.random() < 0.1:
        row = type("Row", (core.BoundRow,), {})()
        program.pool.append(row)
        arities = (None, 1, 2, 3, 4, 7, 0, -1, 10**20, "2", Arity(program, row))
        program.tried(setattr, row, "arity", dice.choice(arities))
        if dice.random() < 0.8:
            row.forward = rule
            row.partials = row.traced = dice.choice(rules)
    else:
        row = dice.choice(list(TABLE.values()))
    for kind in ("forward", "partials", "traced"):
        if dice.random() < 0.3:
            program.tried(setattr, row, kind, dice.choice(rules))
    program.tried(program.node()._apply, row, *program.some(8))


def watch(program: Program) -> None:
    """A weak reference whose callback goes on; a signal whose handler does."""
    program.tried(weakref.ref, program.node(), lambda _: program.further())
    if program.dice.random() < 0.3:
        signal.raise_signal(signal.SIGINT)


def tower(program: Program) -> None:
    """Nodes on top of each other, which die together: operands, watched, or, sometimes many, labels and scopes."""
    dice = program.dice
    how = dice.choice(("label", "scope", "operand"))
    nodes = [program.node() for _ in range(4)]
    for _ in range(20_000 if how != "operand" and dice.random() < 0.02 else 10):
        if how == "operand":
            nodes = [program.tried(operator.mul, *dice.sample(nodes, 2)) for _ in range(3)]
            nodes = [node if isinstance(node, Value) else program.node() for node in nodes]
            if dice.random() < 0.5:
                program.tried(weakref.ref, nodes[0], lambda _: program.further())
        else:
            node = Value(1.0)
            setattr(node, how, nodes[0])
            nodes[0] = node


def module_call(program: Program) -> None:
    """A module in a scope that knows it."""
    modules = [thing for thing in program.pool if type(thing) in {nn.MLP, nn.Neuron, nn.Layer}]
    if modules:
        state.scope = Parts(program)
        program.tried(program.dice.choice(modules), [program.node(), program.node()])
        program.tried(getattr, state.scope, "parts")


def forget(program: Program) -> None:
    """Let go of some of it, and collect."""
    for _ in range(program.dice.randrange(20)):
        if len(program.pool) > 30:
            program.pool.pop(program.dice.randrange(len(program.pool)))
    if program.dice.random() < 0.3:
        gc.collect()
    gc.set_threshold(program.dice.choice((1, 10, 700)))


def switch(program: Program) -> None:
    """A switch, a scope, or the state itself set to anything."""
    dice = program.dice
    how = dice.randrange(5)
    if how == 0:
        program.tried(setattr, state, "active", dice.choice((0, 0, 1, -1, 10**30, None, "1")))
    elif how == 1:
        program.tried(setattr, state, "scope", program.any())
    elif how == 2:
        program.tried(delattr, state, dice.choice(("scope", "active")))
    elif how == 3:
        with dice.choice((ag.no_grad, ag.detect_anomaly))():
            program.step()
    else:
        with ag.scope("part"):
            program.step()


def transform(program: Program) -> None:
    """A transform of a function that goes on inside."""
    dice = program.dice

    def function(*arguments: Any) -> Any:
        program.further()
        values = [x for a in arguments for x in (a if isinstance(a, list) else [a])]
        return ag.sum([ag.tanh(x * x) for x in values]) if dice.random() < 0.8 else program.any()

    point = [dice.uniform(-1.0, 1.0) for _ in range(3)]
    name = dice.choice(TRANSFORMS)
    transformed = program.tried(getattr(ag, name), function)
    if callable(transformed):
        program.tried(transformed, point)
    else:
        program.tried(getattr(ag, name), function, (point,), ([1.0, 0.0, 1.0],))


def replicate(program: Program) -> None:
    """Copy, pickle, make without init, init again."""
    node = program.node()
    how = program.dice.randrange(6)
    if how == 0:
        program.tried(copy.deepcopy, node)
    elif how == 1:
        program.tried(lambda: pickle.loads(pickle.dumps(node, program.dice.randrange(6))))  # noqa: S301
    elif how == 2:
        program.tried(type(node).__new__, program.dice.choice((Value, Open, Slotted, int)))
    elif how == 3:
        program.tried(node.__init__, *program.some(3))
    elif how == 4:
        program.tried(object.__reduce_ex__, node, 2)
    else:
        program.tried(object.__new__, type(node))


def retype(program: Program) -> None:
    """Change a class, or the class of something."""
    kind = program.dice.choice(CLASSES)
    how = program.dice.randrange(3)
    if how == 0:
        program.tried(setattr, program.node(), "__class__", kind)
    elif how == 1:
        program.tried(setattr, Twice, "__bases__", (kind,))
    else:
        name = program.dice.choice(SLOTS)
        if name == "__new__":  # which Python does not let one put back
            return
        program.tried(setattr, kind, name, program.any())
        for _ in range(3):
            program.step()
        program.put_classes_back()


def model(program: Program) -> None:
    """A model's call, with parts of it exchanged."""
    made = nn.Layer(2, 2, seed=1)
    for neuron in made.neurons:
        if program.dice.random() < 0.3:
            setattr(neuron, program.dice.choice(("w", "b", "activation", "forward")), program.any())
        if program.dice.random() < 0.3:
            neuron.w = program.some()
    program.tried(made, [program.node(), program.any()])
    if program.dice.random() < 0.1:
        program.tried(core.set_call_from_outside, program.any())


class Short(core.Shortcut if core is not None else object):  # type: ignore[misc]
    """What has ways past Python."""

    def _call(self, *args: Any, **kwargs: Any) -> Any:
        return args, kwargs


def _form(program: Program, depth: int = 0) -> Any:
    """What might be a form of arguments or of an answer."""
    dice = program.dice
    kind = dice.randrange(-1, 8) if dice.random() < 0.1 else dice.randrange(7)
    if kind in (0, 4) and dice.random() < 0.9:
        return (kind,)
    inside: Any = dice.choice((0, 1, 2, 3, -1, 2**40, None))
    if depth < 3 and dice.random() < 0.6:
        inside = tuple(_form(program, depth + 1) for _ in range(dice.randrange(4)))
    count = len(inside) if isinstance(inside, tuple) else inside
    shape = tuple(dice.choice((0, 1, 2, 3, -1, 2**31)) for _ in range(dice.randrange(4)))
    keys = tuple("abcd"[: count if type(count) is int and 0 <= count < 4 else 2])
    third = {3: keys, 5: shape, 6: lambda items: items}.get(kind)
    return (kind, inside, program.any() if dice.random() < 0.05 else third)


def shorten(program: Program) -> None:
    """A tape, a route over it, and calls past Python."""
    dice = program.dice
    leaves, count = dice.randrange(4), dice.randrange(5)
    flat = array("i")
    for i in range(count):
        operands = [dice.randrange(-1, leaves + i + 1) for _ in range(3)]
        flat.extend([dice.randrange(48), *operands[: dice.randrange(1, 4)], 0, 0][:4])
    outputs = array("i", [dice.randrange(-1, leaves + count) for _ in range(dice.randrange(4))])
    tape = program.tried(core.Tape, leaves, array("d", [0.5]), flat, outputs)
    if tape is None:
        tape = core.Tape(leaves, array("d"), array("i"), array("i", range(leaves)))
    program.tried(tape.run, [program.any() for _ in range(leaves)], [])
    program.tried(tape.lanes, program.any(), [*range(leaves)], [], program.any())
    short = Short()
    nodes = tuple(program.node() for _ in range(dice.randrange(2)))
    for _ in range(4):
        given = (2, tuple(_form(program) for _ in range(dice.randrange(3))), None)
        if dice.random() < 0.5:
            given = (2, leaves - len(nodes), None)
        answer = (1, len(outputs), None) if dice.random() < 0.7 else _form(program)
        route = program.tried(core.Route, tape, given, answer, nodes, True, program.any())
        program.tried(short.remember, program.any() if route is None else route)
    for _ in range(4):
        numbers = [dice.choice((1.0, 2, program.any())) for _ in range(leaves - len(nodes))]
        program.tried(short, *numbers)
        program.tried(short, *program.some(3))
    short.latest = program.any()
    short.itself = short


KINDS: list[Callable[[Program], None]] = [
    operate, call, attribute, sweep, exchange, watch,
    operate, call, sweep, forget, switch, transform, replicate, retype, model, tower, module_call, shorten,
]  # fmt: skip
"""Of these the first six may be taken inside others."""
