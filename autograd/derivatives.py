"""How transforms run: each records one call of its function, and sweeps over what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .batching import over_axes
from .sparse import pattern_of, sparse_hessian, sparse_jacobian
from .structure import Structure, flatten, stack
from .tracing import Record, as_numbers, connection, name_of, shown
from .transformed import Transformed

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_grad(self: Transformed, *args: Any, **kwargs: Any) -> Any:
    found, slopes = run_value_and_grad(self, *args, **kwargs)
    return (slopes, found[1]) if self.has_aux else slopes


def run_value_and_grad(self: Transformed, *args: Any, **kwargs: Any) -> Any:
    recorded = record(self, args, kwargs)
    if recorded.out.kind is not None:
        raise TypeError(
            f"{self.transform} needs a function that returns one number, but {name_of(self.function)} "
            f"returned {recorded.out.describe()}; use jacobian for the derivatives of each"
        )
    derivatives = recorded.answer(recorded.pull([1.0]))
    value = recorded.answer(recorded.outputs)[0]
    if self.has_aux:
        value = value, recorded.answer_aux()
    return value, _by_argument(self, recorded, derivatives)


def run_jacobian(self: Transformed, *args: Any, **kwargs: Any) -> Any:
    recorded = record(self, args, kwargs)
    if self.sparse:
        return _with_aux(self, recorded, sparse_jacobian(recorded, self.mode))
    columns, rows = range(len(recorded.inputs)), range(len(recorded.outputs))
    if self.mode == "reverse" or (self.mode is None and len(rows) <= len(columns)):
        matrix = [recorded.pull([1.0 if i == row else None for i in rows]) for row in rows]
    else:
        pushed = [
            recorded.push([1.0 if j == column else None for j in columns]) for column in columns
        ]
        matrix = [[pushed[column][row] for column in columns] for row in rows]
    matrix = [recorded.answer(row) for row in matrix]
    inputs = recorded.structures[0]
    if not isinstance(self.argnums, int):
        inputs = Structure(tuple, len(columns), children=tuple(recorded.structures))
    return _with_aux(self, recorded, _blocks(recorded.out, inputs, matrix))


def run_hessian(self: Transformed, *args: Any, **kwargs: Any) -> Any:
    argnums: Any = self.argnums
    if self.sparse:
        slopes = Transformed(run_grad, self.function, argnums, has_aux=self.has_aux)
        outer = Transformed(run_hessian, slopes, argnums, has_aux=self.has_aux)
        slopes.transform = self.transform  # for messages
        recorded = record(outer, args, kwargs)
        return _with_aux(self, recorded, sparse_hessian(recorded))
    first = Transformed(run_jacobian, self.function, argnums, has_aux=self.has_aux)
    second = Transformed(run_jacobian, first, argnums, has_aux=self.has_aux)
    first.transform = second.transform = self.transform  # for messages
    return second(*args, **kwargs)


def run_jvp(self: Transformed, primals: Any, tangents: Any) -> Any:
    directions = _directions(primals, tangents)
    recorded = Record(self.transform, self.function, primals, {}, range(len(primals)), self.has_aux)
    if recorded.connect is None:
        recorded.connect = connection(set(map(type, directions)))
    pushed = recorded.answer(recorded.push(directions))
    value = recorded.out.unflatten(recorded.answer(recorded.outputs))
    return value, recorded.out.unflatten(pushed), *_aux(self, recorded)


def run_vjp(self: Transformed, *primals: Any) -> Any:
    recorded = Record(self.transform, self.function, primals, {}, range(len(primals)), self.has_aux)

    def pullback(cotangent: Any) -> Any:
        cotangents = as_numbers(
            recorded.out.match(
                cotangent, "the cotangent", f"the value of {name_of(self.function)}"
            ),
            recorded.out,
            "the cotangent",
        )
        connect = recorded.connect or connection(set(map(type, cotangents)))
        pulled = recorded.pull(cotangents, connected=connect is not None)
        pulled = [connect(x) for x in pulled] if connect is not None else recorded.answer(pulled)
        return _split(recorded.structures, pulled)

    value = recorded.out.unflatten(recorded.answer(recorded.outputs))
    return value, pullback, *_aux(self, recorded)


def run_hvp(self: Transformed, primals: Any, tangents: Any) -> Any:
    _directions(primals, tangents)
    derivatives = Transformed(run_grad, self.function, tuple(range(len(primals))))
    return Transformed(run_jvp, derivatives)(primals, tangents)[1]


def run_vmap(self: Transformed, *args: Any, **kwargs: Any) -> Any:
    return over_axes(self.function, self.in_axes, self.out_axes, args, kwargs)


def record(self: Transformed, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Record:
    """Record a call of a transformed function whose argnums were chosen."""
    argnums = (self.argnums,) if isinstance(self.argnums, int) else self.argnums or ()
    count = len(args)
    for argnum in argnums:
        if not -count <= argnum < count:
            raise TypeError(
                f"{self.transform} differentiates argument {argnum} of {name_of(self.function)}, but "
                f"{count} arguments came by position"
            )
    chosen = [argnum % count for argnum in argnums]
    if len(set(chosen)) < len(chosen):
        raise TypeError(f"argnums={self.argnums} names one of {count} arguments twice")
    return Record(self.transform, self.function, args, kwargs, chosen, self.has_aux)


def run_sparsity(self: Transformed, *args: Any, **kwargs: Any) -> Any:
    return pattern_of(record(self, args, kwargs))


def _with_aux(self: Transformed, record: Record, found: Any) -> Any:
    return (found, record.answer_aux()) if self.has_aux else found


def _aux(self: Transformed, record: Record) -> tuple[Any, ...]:
    return (record.answer_aux(),) if self.has_aux else ()


def _by_argument(self: Transformed, record: Record, numbers: list[Any]) -> Any:
    if isinstance(self.argnums, int):
        return record.structures[0].unflatten(numbers)
    return _split(record.structures, numbers)


def _split(structures: Sequence[Structure], numbers: Sequence[Any]) -> tuple[Any, ...]:
    """A tuple of trees from all their entries."""
    trees, start = [], 0
    for structure in structures:
        trees.append(structure.unflatten(numbers[start : start + structure.size]))
        start += structure.size
    return tuple(trees)


def _directions(primals: Any, tangents: Any) -> list[Any]:
    """The entries of tangents, which must have the structure of primals."""
    for name, tree in (("primals", primals), ("tangents", tangents)):
        if not isinstance(tree, (tuple, list)):
            raise TypeError(
                f"{name} must be a tuple with an entry for each argument, such as (x,), not "
                f"{shown(tree)}"
            )
    structure = flatten(tuple(primals))[1]
    return as_numbers(
        structure.match(tuple(tangents), "tangents", "primals"), structure, "tangents"
    )


def _blocks(out: Structure, inputs: Structure, matrix: list[list[Any]]) -> Any:
    """A Jacobian's rows and columns in the structures of outputs and inputs, the outputs' outside."""
    if out.kind is None:
        return inputs.unflatten(matrix[0])
    if not out.is_array:
        items, start = [], 0
        for part in out.parts:
            items.append(_blocks(part, inputs, matrix[start : start + part.size]))
            start += part.size
        return out.assemble(items)
    if inputs.kind is not None and not inputs.is_array:
        items, start = [], 0
        for part in inputs.parts:
            stop = start + part.size
            items.append(_blocks(out, part, [row[start:stop] for row in matrix]))
            start = stop
        return inputs.assemble(items)
    return stack([number for row in matrix for number in row], out.shape + inputs.shape)
