"""A small world of Python state, a model, a loss, callbacks and more that read and write it, and a run of training in it.

What happens is told by a script, so that a world can be made twice, and trained compiled and eagerly.
"""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import nn
from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Callable

# --- places where numbers are kept ---------------------------------------------------------------

FIRST = 0.0
SECOND = [0.0]


class Attribute(nn.Module):
    """A number in an attribute of a module, which may be a buffer."""

    buffers = ("number",)

    def __init__(self, number: float) -> None:
        self.number = number

    def read(self) -> float:
        return self.number

    def write(self, number: float) -> None:
        self.number = number


class Slot:
    __slots__ = ("number",)

    def __init__(self, number: float) -> None:
        self.number = number

    def read(self) -> float:
        return self.number

    def write(self, number: float) -> None:
        self.number = number


class Item:
    """A number in a container in a container."""

    def __init__(self, number: float) -> None:
        self.held = {"a": [(0.0, [number])]}

    def read(self) -> float:
        return self.held["a"][0][1][0]

    def write(self, number: float) -> None:
        self.held["a"][0][1][0] = number


class InArray:
    def __init__(self, number: float) -> None:
        self.array = np.array([0.0, number])

    def read(self) -> float:
        return float(self.array[1])

    def write(self, number: float) -> None:
        self.array[1] = number


class First:
    """A global that is another object each time."""

    def __init__(self, number: float) -> None:
        self.write(number)

    def read(self) -> float:
        return FIRST

    def write(self, number: float) -> None:
        global FIRST
        FIRST = number


class Second:
    """A global that is changed in place."""

    def __init__(self, number: float) -> None:
        self.write(number)

    def read(self) -> float:
        return SECOND[0]

    def write(self, number: float) -> None:
        SECOND[0] = number


def in_class(number: float) -> Any:
    """An attribute of a class."""

    class Holder:
        held = number

        def read(self) -> float:
            return self.held

        def write(self, number: float) -> None:
            type(self).held = number

    return Holder()


class Pair(NamedTuple):
    """Two functions of one state."""

    read: Callable[[], float]
    write: Callable[[float], None]


def in_cell(number: float) -> Pair:
    """A variable of a function around."""

    def read() -> float:
        return number

    def write(new: float) -> None:
        nonlocal number
        number = new

    return Pair(read, write)


def in_default(number: float) -> Pair:
    """What a function keeps in a default."""

    def read(kept: list[float] = [number]) -> float:  # noqa: B006
        return kept[0]

    return Pair(read, lambda new: read.__defaults__[0].__setitem__(0, new))  # type: ignore[index]


def in_function(number: float) -> Pair:
    """An attribute of a function."""

    def read() -> float:
        return read.number  # type: ignore[attr-defined,no-any-return]

    read.number = number  # type: ignore[attr-defined]
    return Pair(read, lambda new: setattr(read, "number", new))


def in_value(number: float) -> Pair:
    """The number of a Value that nobody trains."""
    value = Value(number)

    def write(new: float) -> None:
        value.data = new

    return Pair(lambda: value.data, write)


PLACES: dict[str, Callable[[float], Any]] = {
    "attribute": Attribute,
    "slot": Slot,
    "item": Item,
    "array": InArray,
    "global": First,
    "inside a global": Second,
    "class": in_class,
    "cell": in_cell,
    "default": in_default,
    "function": in_function,
    "value": in_value,
}

# --- what model and loss do with them ------------------------------------------------------------

USES = ("scale", "shift", "branch", "leaf", "loop", "power", "where", "penalty")
"""What only reads."""
MEDDLINGS = (
    "write",
    "draw",
    "draw own",
    "draw numpy",
    "data",
    "data branch",
    "steps",
    "next",
    "keep",
)
"""What changes something by itself, or depends on what training moves."""
MOMENTS = ("always", "training", "evaluation")


class Deed(NamedTuple):
    """One thing that the model or the loss does at each call."""

    kind: str
    place: int
    moment: str = "always"
    unless: int | None = None
    """A place: nothing is done while its number is below 0.5."""


class Event(NamedTuple):
    """What a callback does once."""

    kind: str
    place: int
    number: float
    epoch: int
    batch: int | None
    """After which batch, or at the end of the epoch."""


EVENTS = (
    *("set", "add", "parameter", "lr", "draw", "dropout", "freeze", "mode", "hyper"),
    *("layer", "activation", "deeds", "seed", "hook", "group"),
)


class Script(NamedTuple):
    """What happens in a run."""

    places: tuple[tuple[str, float], ...]
    model: tuple[Deed, ...]
    loss: tuple[Deed, ...]
    events: tuple[Event, ...]
    metric: Event | None
    rate: str
    optimizer: str
    dropout: bool
    held_out: int
    batches: bool
    """Whether callbacks come after batches too, if there is no event."""
    epochs: int


class World:
    """All that a script tells of, ready to be trained."""

    def __init__(self, script: Script) -> None:
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002
        self.script = script
        self.places = [PLACES[kind](number) for kind, number in script.places]
        self.own = random.Random(2)
        self.numpys = np.random.default_rng(3)
        self.iterator = itertools.cycle([0.5, 1.0, 1.5])
        self.views: list[Any] = []
        self.model = Net(self)
        kind = nn.optim.SGD if script.optimizer == "sgd" else nn.optim.Adam
        self.optimizer = kind(self.model.parameters(), lr=0.02)
        self.extra = nn.Parameter(0.5)
        self.model.extra = self.extra
        self.added: list[Any] = []
        self.loss = self._loss()

    def _loss(self) -> Callable[[Any, Any], Any]:
        deeds = [self.deed(deed, None) for deed in self.script.loss]

        def loss(output: Any, target: Any) -> Any:
            gap = output - target
            for deed in deeds:
                gap = deed(gap)
            return gap * gap

        return loss

    def deed(self, deed: Deed, model: Any) -> Callable[[Any], Any]:
        """A function that does something to a number, and reaches what it needs for that and no more."""
        do = getattr(self, f"_{deed.kind.replace(' ', '_')}")(self.places[deed.place], model)
        unless = None if deed.unless is None else self.places[deed.unless]
        moment = deed.moment

        def done(x: Any) -> Any:
            if unless is not None and unless.read() < 0.5:
                return x
            if (
                model is not None
                and moment != "always"
                and model.training != (moment == "training")
            ):
                return x
            return do(x)

        return done

    # --- deeds -------------------------------------------------------------------------------

    def _scale(self, place: Any, _: Any) -> Any:
        return lambda x: x * place.read()

    def _shift(self, place: Any, _: Any) -> Any:
        return lambda x: x + place.read()

    def _branch(self, place: Any, _: Any) -> Any:
        return lambda x: x * 1.25 if place.read() > 0.7 else x - 0.5

    def _leaf(self, place: Any, _: Any) -> Any:
        return lambda x: x * Value(place.read())

    def _loop(self, place: Any, _: Any) -> Any:
        def loop(x: Any) -> Any:
            for _ in range(int(4 * place.read()) % 4):
                x = x * 0.75 + 0.25
            return x

        return loop

    def _power(self, place: Any, _: Any) -> Any:
        return lambda x: (x * x + 1.0) ** (0.5 * place.read())

    def _where(self, place: Any, _: Any) -> Any:
        from autograd import where

        return lambda x: where(x > place.read(), x, 0.5 * x)

    def _penalty(self, place: Any, model: Any) -> Any:
        parameters = self.model.parameters() if model is None else model.parameters()
        return lambda x: x + place.read() * 0.1 * sum(p * p for p in parameters)

    # --- meddlings ---------------------------------------------------------------------------

    def _write(self, place: Any, _: Any) -> Any:
        def write(x: Any) -> Any:
            place.write(min(place.read() + 0.01, 1.5))
            return x

        return write

    def _draw(self, place: Any, _: Any) -> Any:
        return lambda x: x + 0.1 * random.random() * place.read()

    def _draw_own(self, place: Any, _: Any) -> Any:
        own = self.own
        return lambda x: x + 0.1 * own.random() * place.read()

    def _draw_numpy(self, place: Any, _: Any) -> Any:
        own = self.numpys
        return lambda x: x * 1.1 if own.random() < 0.1 else x

    def _data(self, place: Any, model: Any) -> Any:
        parameter = (self.model if model is None else model).parameters()[0]
        return lambda x: x * (1.0 + 0.1 * parameter.data)

    def _data_branch(self, place: Any, model: Any) -> Any:
        parameter = (self.model if model is None else model).parameters()[1]
        return lambda x: x * 1.25 if parameter.data > place.read() - 0.5 else x

    def _steps(self, place: Any, _: Any) -> Any:
        world = self
        return lambda x: x * (1.0 + 0.05 * world.optimizer.steps)

    def _next(self, place: Any, _: Any) -> Any:
        iterator = self.iterator
        return lambda x: x * next(iterator)

    def _keep(self, place: Any, _: Any) -> Any:
        kept: list[Any] = []

        def keep(x: Any) -> Any:
            kept[:] = [x]
            return x

        return keep

    # --- events ------------------------------------------------------------------------------

    def happen(self, event: Event) -> None:
        place, number = self.places[event.place], event.number
        if event.kind == "set":
            place.write(number)
        elif event.kind == "add":
            place.write(min(place.read() + 0.125, 1.5))
        elif event.kind == "parameter":
            self.optimizer.parameters()[event.place].data = number
        elif event.kind == "lr":
            self.optimizer.lr = 0.02 * number
        elif event.kind == "hyper":
            group = self.optimizer.param_groups[0]
            name = "momentum" if "momentum" in group else "eps"
            group[name] = 0.1 * number if name == "momentum" else 1e-3 * (number + 0.1)
        elif event.kind == "draw":
            random.random()
            self.own.random()
            self.numpys.random()
        elif event.kind == "dropout":
            self.model.dropout.p = 0.25 * number
        elif event.kind == "freeze":
            self.model.layers[0].requires_grad_(number > 0.7)
        elif event.kind == "mode":
            self.model.train(number > 0.7)
        elif event.kind == "layer":
            # The optimizer goes on with the old one's parameters, which nobody uses.
            self.model.layers[1] = nn.Linear(2, 1, seed=int(8 * number))
        elif event.kind == "activation":
            self.model.activation = "relu" if number > 0.7 else "tanh"
        elif event.kind == "deeds":
            self.model.deeds.reverse()
        elif event.kind == "seed":
            self.model.dropout.seed = int(8 * number)
        elif event.kind == "hook":
            parameter = self.model.layers[0].weight[0][0]
            parameter.register_hook(lambda gradient: number * gradient)
        elif event.kind == "group" and not self.added:
            self.added.append(self.extra)
            self.extra.grad = 0.0  # of what no optimizer has, eager steps alone add gradients up
            self.optimizer.add_param_group({"params": [self.extra], "lr": 0.01})

    def view(self, what: str, run: Any) -> None:
        """Note all that a callback can see."""
        parameters = self.optimizer.parameters()
        self.views.append(
            {
                "what": [what, run.epoch, run.batch],
                "loss": run.loss,
                "data": [p.data for p in parameters],
                "grad": [p.grad for p in parameters],
                "places": [place.read() for place in self.places],
                "draws": self.draws(),
                "calls": int(self.model.dropout.calls),
                "steps": self.optimizer.steps,
            }
        )

    def draws(self) -> list[Any]:
        """What would be drawn next."""
        state = random.getstate()[1][-1], self.own.getstate()[1][-1]
        return [*state, int(self.numpys.bit_generator.state["state"]["state"])]

    # --- the run -----------------------------------------------------------------------------

    def train(self, compile: bool | str) -> dict[str, Any]:
        """Train; all that can be seen of it."""
        script, world = self.script, self
        rng = random.Random(4)
        X = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(7)]
        y = [0.5 * a - b for a, b in X]
        V = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(script.held_out)]
        seen = {"epoch": 0}

        class See(nn.Callback):
            def on_batch_end(self, run: Any) -> None:
                world.view("batch", run)
                for event in script.events:
                    if event.epoch == run.epoch and event.batch == run.batch:
                        world.happen(event)

        class SeeEpochs(nn.Callback):
            def on_epoch_end(self, run: Any) -> None:
                world.view("epoch", run)
                for event in script.events:
                    if event.epoch == run.epoch and event.batch is None:
                        world.happen(event)

        def metric(outputs: Any, targets: Any) -> float:
            seen["epoch"] += 1
            if script.metric is not None and seen["epoch"] == script.metric.epoch:
                world.happen(script.metric)
            return float(sum(outputs) / len(outputs))

        by_batch = script.batches or any(event.batch is not None for event in script.events)
        callbacks = [SeeEpochs(), *([See()] if by_batch else [])]
        options: dict[str, Any] = {}
        if script.held_out:
            options["validation_data"] = V, [0.5 * a - b for a, b in V]
        if script.metric is not None:
            options["metrics"] = {"mean": metric}
        ending = ""
        history: Any = {}
        try:
            history = nn.fit(
                self.model, X, y, loss=self.loss, optimizer=self.optimizer, lr=self._rate(),
                epochs=script.epochs, batch_size=3, callbacks=callbacks, progress=False,
                compile=compile, **options,
            ).columns  # fmt: skip
        except ArithmeticError as error:
            ending = type(error).__name__
        return {
            "ending": ending,
            "history": {name: column for name, column in history.items() if name != "seconds"},
            "views": self.views,
            "parameters": [p.data for p in self.model.parameters()],
            "places": [place.read() for place in self.places],
            "draws": self.draws(),
            "optimizer": self.optimizer.state_dict()["state"],
        }

    def _rate(self) -> Any:
        if self.script.rate == "number":
            return 0.02
        if self.script.rate == "pure":
            return lambda step: 0.02 / (1.0 + 0.1 * step)
        place = self.places[0]

        def meddling(step: int) -> float:
            if step % 3 == 1:
                place.write(0.25 + 0.125 * (step % 5))
            return 0.02

        return meddling


class Net(nn.Module):
    """A model of some parameters, and what a script has it do."""

    def __init__(self, world: World) -> None:
        script = world.script
        self.layers = [nn.Linear(2, 2, seed=5), nn.Linear(2, 1, seed=6)]
        self.dropout = nn.Dropout(0.25 if script.dropout else 0.0, seed=7)
        self.activation = "tanh"
        self.extra = nn.Parameter(0.5)
        self.held = [place for place in world.places if isinstance(place, nn.Module)]
        self.deeds = [world.deed(deed, self) for deed in script.model]

    def forward(self, x: Any) -> Any:
        hidden = [getattr(h, self.activation)() for h in self.layers[0](x)]
        out = self.layers[1](self.dropout(hidden)) + self.extra * x[0]
        for deed in self.deeds:
            out = deed(out)
        return out


def differences(a: Any, b: Any, path: str = "") -> list[str]:
    """Where two records of a run differ by more than rounding."""
    if isinstance(a, dict):
        if not isinstance(b, dict) or a.keys() != b.keys():
            return [f"{path}: {a!r:.80} and {b!r:.80}"]
        return [x for key in a for x in differences(a[key], b[key], f"{path}.{key}")]
    if isinstance(a, (list, tuple)) or hasattr(a, "tolist"):
        a, b = list(a), list(b)
        if len(a) != len(b):
            return [f"{path}: {len(a)} and {len(b)} entries"]
        pairs = enumerate(zip(a, b, strict=True))
        return [x for i, (p, q) in pairs for x in differences(p, q, f"{path}[{i}]")]
    if isinstance(a, float) and isinstance(b, float):
        if a == b or (a != a and b != b) or abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1.0):
            return []
        return [f"{path}: {a} and {b}"]
    return [] if a == b else [f"{path}: {a!r:.80} and {b!r:.80}"]
