"""A random program against the native core: what it calls with, and what those things do when Python asks them.

The steps that it takes are those of :mod:`tests.native.steps`; ``python -m tests.native.fuzz`` runs programs.
"""

from __future__ import annotations

import contextlib
import gc
import random
from collections import Counter
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import nn
from autograd import Value
from autograd.native import core
from autograd.primitives import TABLE
from autograd.state import state
from nn.modules.scoping import call_from_outside

if TYPE_CHECKING:
    from collections.abc import Callable

SLOTS = [name for name in dir(Value) if name not in {"__class__", "__subclasshook__"}]


class Slotted(Value):
    """A subclass with room of its own."""

    __slots__ = ("kept",)


class Bare(Value):
    """A subclass without."""

    __slots__ = ()


class Open(Value):
    """A subclass with a dictionary."""


class Twice(Open):
    """A subclass of that."""


CLASSES = (Open, Slotted, Bare, Twice, Value, nn.Parameter)


class Program:
    """One program: what it has to call with, and the dice."""

    def __init__(self, seed: int, kinds: list[Callable[[Program], None]]) -> None:
        self.kinds = kinds
        self.dice = random.Random(seed)
        self.nested = 0
        self.raised: Counter[str] = Counter()
        self.calls = 0
        self.before = [(row, row.forward, row.partials, row.traced) for row in TABLE.values()]
        self.classes = [(kind, dict(vars(kind))) for kind in CLASSES]
        self.pool: list[Any] = [Value(0.5, "x"), Value(2.0), Open(1.5), Slotted(-1.0), Bare(3.0)]
        for number in (
            0.0,
            1.0,
            -2.5,
            float("nan"),
            float("inf"),
            2,
            -(10**400),
            True,
            3 + 1j,
            "1",
        ):
            self.pool.append(number)
        self.pool += [
            None,
            NotImplemented,
            (),
            [],
            {},
            object(),
            Mock(spec=Value),
            Value,
            Open,
            int,
        ]
        self.pool += [
            TABLE["mul"],
            TABLE["sum"],
            TABLE["where"],
            state,
            core,
            range(3),
            b"",
            slice(1),
        ]
        self.pool += [nn.MLP(2, [2, 1], seed=1), nn.Neuron(2, seed=1), nn.Layer(2, 2, seed=1)]
        self.pool += [Hostile(self) for _ in range(4)]
        self.pool.append(Parts(self))

    def any(self) -> Any:
        """Anything."""
        return self.dice.choice(self.pool) if self.pool else None

    def node(self) -> Any:
        """A Value, if chance finds one."""
        for _ in range(20):
            found = self.any()
            if isinstance(type(found), type) and issubclass(type(found), Value):
                return found
        return Value(self.dice.uniform(-2.0, 2.0))

    def some(self, most: int = 5) -> list[Any]:
        """A few things, most of them Values."""
        count = self.dice.randrange(most)
        return [self.node() if self.dice.random() < 0.6 else self.any() for _ in range(count)]

    def tried(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call, and keep what comes back."""
        self.calls += 1
        try:
            answer = function(*arguments, **options)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (whatever a hostile object raises)
            self.raised[type(error).__name__] += 1
            return None
        if len(self.pool) < 200:
            self.pool.append(answer)
        else:
            self.pool[self.dice.randrange(len(self.pool))] = answer
        return answer

    def step(self) -> None:
        """One step of some kind."""
        kinds = self.kinds if self.nested == 0 else self.kinds[:6]
        try:
            self.dice.choice(kinds)(self)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
            self.raised[type(error).__name__] += 1

    def further(self) -> None:
        """What hostile objects do when they are called: a step inside a step."""
        if self.nested < 3 and self.dice.random() < 0.5:
            self.nested += 1
            if self.dice.random() < 0.2:
                gc.collect()
            try:
                self.step()
            finally:
                self.nested -= 1

    def interrupted(self, *_: Any) -> None:
        """What a signal's handler does."""
        self.further()
        if self.dice.random() < 0.3:
            raise KeyboardInterrupt

    def end(self) -> None:
        """Put everything back."""
        state.active = 0
        state.scope = None
        core.set_call_from_outside(call_from_outside)
        for row, *rules in self.before:
            row.forward, row.partials, row.traced = rules
        self.put_classes_back()
        self.pool.clear()
        gc.set_threshold(700)
        gc.collect()

    def put_classes_back(self) -> None:
        """The classes as they were."""
        Twice.__bases__ = (Open,)
        for kind, members in self.classes:
            for name in set(vars(kind)) - set(members):
                delattr(kind, name)
            for name, member in members.items():
                if vars(kind).get(name) is not member:
                    setattr(kind, name, member)


class Hostile:
    """Answers every question of Python's with a further step, and then with anything."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def _answer(self, *_: Any, **__: Any) -> Any:
        program = self.program
        program.further()
        if program.dice.random() < 0.2:
            raise program.dice.choice(
                (TypeError, ValueError, KeyError, AttributeError, MemoryError)
            )
        return program.any()

    __float__ = __index__ = __bool__ = __len__ = __iter__ = __call__ = __getattr__ = _answer
    __add__ = __radd__ = __mul__ = __rmul__ = __pow__ = __rpow__ = __sub__ = __rtruediv__ = _answer
    __eq__ = __lt__ = __gt__ = __getitem__ = __str__ = __repr__ = __enter__ = __exit__ = _answer  # type: ignore[assignment]

    def __hash__(self) -> int:
        self.program.further()
        return 1

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.program.further()

    @property
    def __class__(self) -> Any:  # type: ignore[override]
        self.program.further()
        return Value if self.program.dice.random() < 0.5 else Hostile


class Arity:
    """A number of arguments that is another one by the time it is told."""

    def __init__(self, program: Program, row: Any) -> None:
        self.program, self.row = program, row

    def __index__(self) -> int:
        program, row = self.program, self.row
        program.tried(setattr, row, "arity", program.dice.choice((None, 1, 2, 3)))
        row.forward, row.partials = (lambda *_: 1.0), (lambda *_: 1.0,) * 3
        for count in (1, 2, 3):
            program.tried(program.node()._apply, row, *(program.node() for _ in range(count)))
        return program.dice.choice((1, 2, 3, 4))


class Parts:
    """A scope that knows all modules, and may let go of itself when it is asked."""

    def __init__(self, program: Program) -> None:
        self.program = program

    @property
    def parts(self) -> Any:
        """Scopes by the modules' ids."""
        self.program.further()
        if self.program.dice.random() < 0.5:
            state.scope = self.program.any()
        return {id(thing): self.program.any() for thing in self.program.pool}
