"""What a compiled function may run on, and how one of these is forced on every program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.compiler import entry, pipeline, running
from autograd.compiler.ir.program import LANES, ONCE, Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.compiler.pipeline import Task

SWITCH = "AUTOGRAD_TESTS_PATH"
"""The environment variable that names a path for all tests."""


def _arrays(graph: Any, task: Task) -> Any:
    return pipeline.group(graph, task) if task.batched or graph.operations else None


def _no_arrays(graph: Any, task: Task) -> Any:
    return pipeline.group(graph, task) if task.batched else None


class OnJax(running.Workspace):
    """The buffers of a program, whose results JAX computes."""

    def run(self) -> None:
        import jax

        from autograd.compiler.xla.lowering import lower

        if not hasattr(self, "_jitted"):
            self._jitted = jax.jit(lower(self.program))
        lanes = None if self.lanes is None else self.rows
        with jax.enable_x64(self.dtype == "float64"):
            groups = self._jitted(self.once[: self.program.given], lanes)
        for refs, group in zip(self.program.outputs, groups, strict=True):
            found, start = self.np.asarray(group), 0
            for ref in refs:
                stop = start + (len(ref.positions) if isinstance(ref, Ref) else 1)
                if isinstance(ref, Ref) and ref.arena in (ONCE, LANES):
                    buffer = (self.once, self.lane)[ref.arena]
                    part = found[start:stop]
                    buffer[ref.positions] = part if ref.laned or part.ndim == 1 else part[:, 0]
                start = stop


_ON_ARRAYS = {
    (entry, "choose"): _arrays,
    (entry, "has_lanes_on_tape"): lambda schedule, graph: False,
}
PATHS: dict[str, dict[tuple[Any, str], Callable[..., Any]]] = {
    "arrays": _ON_ARRAYS,
    "tape": {
        (entry, "choose"): _no_arrays,
        (entry, "has_lanes_on_tape"): lambda schedule, graph: True,
    },
    "python": {(entry, "choose"): _no_arrays, (entry, "tape_of"): lambda graph: None},
    "jax": {**_ON_ARRAYS, (running, "Workspace"): OnJax},
}
"""What is put in the place of which function, by name of the path. On Python's, lanes are arrays."""
ALWAYS = ["tape", "arrays", "python"]
"""The paths that need nothing installed."""


def force(set_attribute: Callable[[Any, str, Any], None], path: str) -> None:
    """Let every program that is compiled from now on take a path.

    Args:
        set_attribute: ``setattr``, or that of a monkeypatch.
        path: the name.
    """
    for (module, name), function in PATHS[path].items():
        set_attribute(module, name, function)
