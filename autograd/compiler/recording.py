"""Stage 1, record: call a function once on symbols and note down what it does.

A :class:`Symbol` has the operators of a Value; applying a primitive appends one entry to the flat lists of
a :class:`Recorder`, so that ids are topological and nothing needs to be walked. What would bake a decision
into the recording (a branch, a conversion to float) raises :class:`TraceError`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

from .. import hooks, modes
from .. import primitives as p
from ..graph import topological_order
from ..modes import call_site
from ..operators import Operators
from ..reals import is_real, real
from ..state import state
from ..table import ABSENT
from ..value import Value
from . import conditions as c
from .ir.scalar import key_of
from .masked import as_number, is_partial, select

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..primitives import Primitive


LARGEST = sys.float_info.max
"""The largest float: an infinite number is cut to it before it is subtracted from itself."""


class TraceError(TypeError):
    """A recorded function asked for the number of something that has none yet.

    >>> from autograd import TraceError, compile
    >>> try:
    ...     compile(lambda x: x if x > 0 else -x)(2.0)
    ... except TraceError as error:
    ...     print("use where" in str(error))
    True
    """


class Recorder:
    """What a function did: a list of primitives and, in step with it, a list of their operands' ids.

    An id is an entry of these lists. Arguments, parameters (captured leaves) and constants are entries whose primitive
    is None.

    Attributes:
        primitives: the primitive of each entry.
        operands: the ids of its operands.
        constants: the distinct numbers met, by the id of their entry.
        parameters: the captured leaves, by the id of their entry.
        exact: whether derivatives tell what is absent from what is 0; see :mod:`.masked`.
        doubtful: whether one has read something absent as 0, so that a nan may be wrong.
    """

    __slots__ = (
        "_constant_ids",
        "_value_ids",
        "constants",
        "doubtful",
        "exact",
        "operands",
        "parameters",
        "primitives",
    )

    def __init__(self, exact: bool = False) -> None:
        self.exact = exact
        self.doubtful = False
        self.primitives: list[Primitive | None] = []
        self.operands: list[tuple[int, ...]] = []
        self.constants: dict[int, float] = {}
        self.parameters: dict[int, Value] = {}
        self._constant_ids: dict[float | bytes, int] = {}
        self._value_ids: dict[Value, int] = {}

    def argument(self) -> Symbol:
        """A new symbol for an argument of the recorded function."""
        return Symbol(self, self.append(None, ()))

    def append(self, primitive: Primitive | None, operands: tuple[int, ...]) -> int:
        """Add an entry; its id."""
        self.primitives.append(primitive)
        self.operands.append(operands)
        return len(self.operands) - 1

    def constant(self, number: float) -> int:
        """The id of a constant."""
        key = key_of(number)
        known = self._constant_ids.get(key)
        if known is None:
            known = self._constant_ids[key] = self.append(None, ())
            self.constants[known] = number
        return known

    def id_of(self, operand: Any) -> int | None:
        """The id of a symbol, an eager Value or a number; None for anything else.

        Raises:
            TraceError: if a symbol of another recording comes.
        """
        kind = type(operand)
        if kind is float:
            return self.constant(operand)
        if isinstance(operand, _Recorded):
            if operand._recorder is not self:
                raise TraceError(
                    f"a symbol of another recording came back, {call_site()}: a compiled function must "
                    f"not keep symbols from one call to the next"
                )
            return operand._id
        if isinstance(operand, Value):
            known = self._value_ids.get(operand)
            return self._capture(operand) if known is None else known
        if is_real(operand):
            return self.constant(real(operand, "an operand"))
        return None

    def known(self, operand: Any) -> int:
        """The id of what is known to be a number."""
        identity = self.id_of(operand)
        assert identity is not None
        return identity

    def apply(self, primitive: Primitive, operands: tuple[int, ...]) -> int:
        """The id of a primitive applied to ids, where gradients are recorded and where they are not."""
        self.primitives.append(primitive)
        self.operands.append(operands)
        identity = len(self.operands) - 1
        if state.active and not modes.recording.get():
            return self.append(c.detach, (identity,))
        return identity

    def _capture(self, value: Value) -> int:
        """Take in an eager Value: a leaf as a live parameter, anything else through its graph."""
        ids = self._value_ids
        for node in topological_order(value):
            if node in ids:
                continue
            if state.hooked and hooks.are_on(node):
                raise TraceError(
                    f"a Value with hooks is used in a compiled function, {call_site()}, which would not call them; "
                    f"remove them, or use .detach()"
                )
            if node.primitive is None:
                ids[node] = self.append(None, ())
                self.parameters[ids[node]] = node
            else:
                operands = [
                    self.constant(x) if isinstance(x, float) else ids[x] for x in node.operands
                ]
                ids[node] = self.append(node.primitive, tuple(operands))
        return ids[value]

    def symbol(self, identity: int) -> Symbol | float:
        """The symbol of an id, or the number of a constant's."""
        number = self.constants.get(identity)
        return Symbol(self, identity) if number is None else number


class _Recorded:
    """What symbols and conditions have in common: an id, and no number."""

    __slots__ = ("_id", "_recorder")

    _recorder: Recorder
    _id: int

    def __init__(self, recorder: Recorder, identity: int) -> None:
        self._recorder = recorder
        self._id = identity

    def __bool__(self) -> NoReturn:  # noqa: PLE0304
        _refuse(
            "a branch on it",
            "where, maximum, minimum, clip or relu, which are recorded; a plain setting belongs outside the "
            "arguments, as in functools.partial(f, setting=True)",
        )

    def __float__(self) -> NoReturn:
        _refuse("float() or a function of math", "autograd's function of the same name")

    def __int__(self) -> NoReturn:
        _refuse("int()", "floor, ceil or round from autograd")

    def __index__(self) -> NoReturn:  # noqa: PLE0305
        _refuse("its use as an index", "where, or a plain int from outside the function")

    def __complex__(self) -> NoReturn:
        _refuse("complex()", "two numbers, for the real and the imaginary part")

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __copy__(self) -> Any:
        return self

    def __reduce__(self) -> NoReturn:
        _refuse("pickling", "the compiled function's result")

    def __hash__(self) -> NoReturn:  # noqa: PLE0309
        _refuse("its use as a key of a dict or in a set", "where, or id() for identity")


class Symbol(_Recorded, Operators):
    """A number of the recorded function that is not known yet."""

    __slots__ = ()

    def _apply(self, primitive: Primitive, *operands: Any) -> Any:
        recorder = self._recorder
        known = recorder._constant_ids
        ids = []
        for operand in operands:
            if type(operand) is Symbol and operand._recorder is recorder:
                ids.append(operand._id)
                continue
            if type(operand) is float and operand in known:
                ids.append(known[operand])
                continue
            identity = recorder.id_of(operand)
            if identity is None:
                return NotImplemented
            ids.append(identity)
        return Symbol(recorder, recorder.apply(primitive, tuple(ids)))

    def detach(self) -> Symbol:
        """The same number, through which no gradient flows back."""
        recorder = self._recorder
        return Symbol(recorder, recorder.append(c.detach, (self._id,)))

    # --- comparisons -------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        # Of Values it is identity, of floats a comparison: whichever was meant, a False would be baked in.
        if self is not other and (isinstance(other, Operators) or is_real(other)):
            _refuse("==, != or in", "<= and >= in where, which are recorded, or `is` for identity")
        return self is other

    __hash__ = _Recorded.__hash__  # which a class that has __eq__ loses

    def __lt__(self, other: Any) -> Any:
        return _compare(self._recorder, c.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return _compare(self._recorder, c.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return _compare(self._recorder, c.lt, other, self)

    def __ge__(self, other: Any) -> Any:
        return _compare(self._recorder, c.le, other, self)

    def _equal(self, a: Any, b: Any) -> Any:
        return _compare(self._recorder, c.equal, a, b)

    def _isnan(self) -> Condition:
        recorder = self._recorder
        return Condition(recorder, recorder.append(c.isnan, (self._id,)))

    def _where(self, a: Any, b: Any) -> Any:
        return self._truth()._where(a, b)

    def _select(self, a: Any, b: Any) -> Any:
        return self._truth()._select(a, b)

    def _truth(self) -> Condition:
        """Whether it is true: a number is, unless it is 0."""
        found: Condition = ~_compare(self._recorder, c.equal, self, 0.0)
        return found

    def _largest(self, xs: Sequence[Any]) -> Symbol:
        """The largest of some numbers, within the range of floats; through it flows no gradient."""
        recorder = self._recorder
        top = Symbol(recorder, recorder.append(c.largest, tuple(recorder.known(x) for x in xs)))
        found: Symbol = p.TRACED.minimum(p.TRACED.maximum(top, -LARGEST), LARGEST)
        return found

    def _refused(self, what: str, alternative: str) -> NoReturn:
        _refuse(what, alternative)  # for functions of what this package does not know

    # --- derivatives, for the transforms -----------------------------------------------------

    def _pull(self, seeds: Sequence[tuple[Any, Any]], inputs: Sequence[Any]) -> list[Any]:
        """Reverse mode: the cotangents of inputs, from those of outputs."""
        from .derivative import gradient

        recorder = self._recorder
        found = [(recorder.known(node), cotangent) for node, cotangent in seeds]
        return gradient(recorder, found, [recorder.known(node) for node in inputs])

    def _push(self, seeds: Sequence[tuple[Any, Any]], outputs: Sequence[Any]) -> list[Any]:
        """Forward mode: the tangents of outputs, from those of inputs."""
        from .derivative import tangents

        recorder = self._recorder
        found = [(recorder.known(node), tangent) for node, tangent in seeds]
        return tangents(recorder, found, [recorder.known(node) for node in outputs])

    # --- what a symbol has not ---------------------------------------------------------------

    @property
    def data(self) -> NoReturn:
        _refuse(".data", "the recorded value itself")

    @property
    def grad(self) -> NoReturn:
        _refuse(".grad", "compile(grad(f)) or compile(value_and_grad(f))")

    def item(self) -> NoReturn:
        """Refuses: there is no number yet."""
        _refuse(".item()", "the recorded value itself")

    def backward(self, gradient: Any = None) -> NoReturn:  # noqa: ARG002
        """Refuses: inside a recorded function the transforms take derivatives."""
        _refuse(".backward()", "compile(grad(f)) or compile(value_and_grad(f))")

    def register_hook(self, hook: Any) -> NoReturn:  # noqa: ARG002
        """Refuses: a recorded function has no sweeps."""
        _refuse(".register_hook()", "it outside, on Values")

    @property
    def label(self) -> str:
        """Symbols keep no labels."""
        return ""

    @label.setter
    def label(self, label: str) -> None:
        pass

    def __repr__(self) -> str:
        return f"<recorded value {self._id}>"


class Condition(_Recorded):
    """A comparison in a recorded function: true or false, not known yet. For ``where``."""

    __slots__ = ()

    def _where(self, a: Any, b: Any) -> Any:
        recorder = self._recorder
        ids = [recorder.id_of(a), recorder.id_of(b)]
        for operand, identity in zip((a, b), ids, strict=True):
            if identity is None:
                raise TypeError(f"where needs numbers to choose from, not {operand!r:.60}")
        return Symbol(recorder, recorder.apply(p.where, (self._id, *ids)))  # type: ignore[arg-type]

    def _select(self, a: Any, b: Any) -> Any:
        """The choice of a rule: between numbers or partials."""
        if not is_partial(a) and not is_partial(b):
            return self._where(a, b)
        recorder = self._recorder
        if recorder.exact:
            return select(self, a, b)
        recorder.doubtful = True
        if a is ABSENT and self._holds_where_zero(b):
            return b
        return self._where(as_number(a), as_number(b))

    def _holds_where_zero(self, number: Any) -> bool:
        """Whether it asks if just this number is 0."""
        recorder = self._recorder
        if recorder.primitives[self._id] is not c.equal or type(number) is not Symbol:
            return False
        a, b = recorder.operands[self._id]
        return a == number._id and recorder.constants.get(b) == 0.0

    def __and__(self, other: Any) -> Any:
        return _connect(c.both, self, other)

    def __or__(self, other: Any) -> Any:
        return _connect(c.either, self, other)

    def __invert__(self) -> Condition:
        return Condition(self._recorder, self._recorder.append(c.negation, (self._id,)))

    __rand__ = __and__
    __ror__ = __or__

    def __eq__(self, other: object) -> bool:
        if self is not other:  # whichever it is, a branch on it would be baked in
            _refuse("a comparison of a comparison", "where, or `&`, `|` and `~` of conditions")
        return True

    __hash__ = _Recorded.__hash__

    def _as_number(self, _: object) -> NoReturn:
        _refuse("arithmetic with a comparison", "where(condition, 1.0, 0.0)")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _as_number
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = _as_number

    def __repr__(self) -> str:
        return f"<recorded condition {self._id}>"


def _compare(recorder: Recorder, primitive: Primitive, a: Any, b: Any) -> Any:
    x, y = recorder.id_of(a), recorder.id_of(b)
    if x is None or y is None:
        return NotImplemented
    return Condition(recorder, recorder.append(primitive, (x, y)))


def _connect(primitive: Primitive, a: Condition, b: Any) -> Any:
    if isinstance(b, bool):
        b = float(b)
    elif not isinstance(b, Condition):
        return NotImplemented
    ids = a._id, a._recorder.known(b)
    return Condition(a._recorder, a._recorder.append(primitive, ids))


def ids_of(recorder: Recorder, leaves: Iterable[Any]) -> list[int]:
    """The ids of a recorded function's results.

    Raises:
        TypeError: if one of them is not a number.
    """
    ids = []
    for leaf in leaves:
        identity = None if isinstance(leaf, Condition) else recorder.id_of(leaf)
        if identity is None:
            raise TypeError(
                f"a compiled function must return numbers, or lists, tuples, dicts and arrays of "
                f"them, not {_kind(leaf)}"
            )
        ids.append(identity)
    return ids


def _kind(leaf: Any) -> str:
    if isinstance(leaf, Condition):
        return "a comparison; use where(condition, 1.0, 0.0)"
    return "None (is a return missing?)" if leaf is None else type(leaf).__name__


def _refuse(what: str, alternative: str) -> NoReturn:
    raise TraceError(
        f"{what} needs a number, and inside a compiled function there is none yet, {call_site()}: "
        f"use {alternative}"
    )
